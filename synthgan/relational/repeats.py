"""Levels that stay: of columns that mostly say what they said in the row before, "as before" is a mode of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.encoding.codec import LevelModes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.encoding.codec import ModeSet

    Codes = NDArray[np.int32]

MIN_LEVELS = 9  # of fewer, trees see each by itself, and which was the last
MIN_TIMES = 2.0  # as often as by chance the level before must come again
MIN_ROWS = 20


@dataclass(frozen=True)
class WithRepeat(LevelModes):
    """The modes of a column of levels, and one more, the last: the level of the row before.

    Attributes:
        own: the modes of the levels.
    """

    own: ModeSet

    @property
    def modes(self) -> int:
        """How many there are in all."""
        return self.own.modes + 1

    @property
    def has_missing(self) -> bool:
        """The last mode is not "missing"; the one before it may be."""
        return False

    @property
    def emitted(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: which modes are generated."""
        return np.append(self.own.emitted, True)

    @property
    def ranks(self) -> NDArray[np.float32]:
        """Float32 ``[modes]``: as the levels have them."""
        return np.append(self.own.ranks, np.float32(self.own.modes)).astype(np.float32)


def repeats(codes: Codes, earlier: Codes, levels: int) -> bool:
    """Whether a column of many levels says mostly what it said before.

    Args:
        codes: int32 ``[rows]``.
        earlier: int32 ``[rows]``: those of the row before; -1 where there was none.
        levels: how many there are.
    """
    after = earlier >= 0
    if levels < MIN_LEVELS or after.sum() < MIN_ROWS:
        return False
    shares = np.bincount(codes, minlength=levels) / len(codes)
    return bool((codes == earlier)[after].mean() > MIN_TIMES * (shares**2).sum())
