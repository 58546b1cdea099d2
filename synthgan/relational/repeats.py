"""Values that come again: of columns that mostly say what the row before, or a sibling's row, says, this is a mode of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.encoding.codec import ModeSet

    Codes = NDArray[np.int32]

MIN_LEVELS = 9  # of fewer, trees see each by itself, and which was the last
MIN_TIMES = 2.0  # as often as by chance the level must come again
MIN_ROWS = 20


@dataclass(frozen=True)
class WithReferences:
    """The modes of a column, and behind them one or two more: what the row before says, what the row beside says.

    Attributes:
        own: the modes of the column.
        references: how many more.
    """

    own: ModeSet
    references: int

    @property
    def modes(self) -> int:
        """How many there are in all."""
        return self.own.modes + self.references

    @property
    def residuals(self) -> int:
        """As the column has them."""
        return self.own.residuals

    @property
    def levels_only(self) -> bool:
        """As the column is."""
        return self.own.levels_only

    @property
    def discrete(self) -> bool:
        """As the column is."""
        return self.own.discrete

    @property
    def has_residual(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: as the column has them."""
        return np.append(self.own.has_residual, np.zeros(self.references, dtype=bool))

    @property
    def has_missing(self) -> bool:
        """The last mode is not "missing"; one before it may be."""
        return False

    @property
    def emitted(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: which modes are generated."""
        return np.append(self.own.emitted, np.ones(self.references, dtype=bool))

    @property
    def ranks(self) -> NDArray[np.float32]:
        """Float32 ``[modes]``: as the levels have them."""
        return np.append(self.own.ranks, np.arange(self.own.modes, self.modes)).astype(np.float32)

    def scores(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Centers and widths, float32 ``[modes]``: as the column has them; what other rows say lies nowhere."""
        none = np.zeros(self.references, dtype=np.float32)
        center, width = (np.append(one, none).astype(np.float32) for one in self.own.scores())
        return center, width


def comes_again(codes: Codes, earlier: Codes, levels: int) -> bool:
    """Whether a column of many levels says mostly what another row says.

    Args:
        codes: int32 ``[rows]``.
        earlier: int32 ``[rows]``: what the other rows say; -1 where there is none.
        levels: how many there are.
    """
    after = earlier >= 0
    if levels < MIN_LEVELS or after.sum() < MIN_ROWS:
        return False
    shares = np.bincount(codes, minlength=levels) / len(codes)
    return bool((codes == earlier)[after].mean() > MIN_TIMES * (shares**2).sum())
