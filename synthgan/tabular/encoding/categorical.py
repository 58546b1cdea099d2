"""Levels of a categorical column as codes, with the rare ones kept out of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.rare import NEAREST, label_of, prefix_in
from synthgan.tabular.encoding.codec import LevelModes

if TYPE_CHECKING:
    from collections.abc import Sequence

LEARNED, MISSING = "learned", "missing"
PLACES = (LEARNED, MISSING, NEAREST)


@dataclass(frozen=True)
class LevelEncoder(LevelModes):
    """A categorical column's modes, in this order: released levels, "rare" and "missing" where there are such.

    Attributes:
        levels: the released levels: declared in the schema, or held by at least ``rare_below`` rows; then what stands for
            others: a name for each of ``prefixes``, and the ``placeholder``.
        has_rare: whether there is a mode for all other levels; it is learned, never generated.
        has_missing: whether the last mode is "missing".
        ordered: whether the levels stand in an order that means something.
        prefixes: beginnings that levels which are not released are named by; the first that fits counts.
        placeholder: the level that stands for all other levels; None where none does.
        others: what becomes of them then: ``"learned"`` (the mode "rare"), ``"missing"``, or ``"nearest"`` (the nearest level).
    """

    levels: tuple[Any, ...]
    has_rare: bool
    has_missing: bool
    ordered: bool = False
    prefixes: tuple[str, ...] = ()
    placeholder: str | None = None
    others: str = LEARNED

    @property
    def modes(self) -> int:
        """How many modes there are in all."""
        return len(self.levels) + self.has_rare + self.has_missing

    @property
    def emitted(self) -> np.ndarray:
        """Bool ``[modes]``: which modes are generated."""
        emitted = np.ones(self.modes, dtype=bool)
        if self.has_rare:
            emitted[len(self.levels)] = False
        return emitted

    @property
    def ranks(self) -> np.ndarray:
        """Float32 ``[modes]``: each level's rank in their order, else when sorted; "rare" and missing come last."""
        ranks = np.arange(self.modes, dtype=np.float32)
        if self.ordered:
            return ranks
        known = self.levels[: len(self.levels) - len(self.prefixes) - (self.placeholder is not None)]
        try:  # levels that are numbers sort as numbers
            order = np.argsort([float(level) for level in known], kind="stable")
        except (TypeError, ValueError):
            order = np.argsort([str(level) for level in known], kind="stable")
        ranks[order] = np.arange(len(known))
        return ranks

    @property
    def takes_others(self) -> bool:
        """Whether there is a mode for levels that are not released."""
        return self.has_rare or bool(self.prefixes) or self.placeholder is not None or self.others != LEARNED

    def encode(self, codes: np.ndarray, levels: tuple[Any, ...]) -> np.ndarray:
        """Modes, int32 ``[rows]``, of codes into any tuple of levels (-1 for missing)."""
        index = {level: code for code, level in enumerate(self.levels)}
        at = [index.get(level, -1) for level in levels]
        places = [
            self._place(level, at, where, index) if at[where] < 0 else at[where] for where, level in enumerate(levels)
        ]
        return np.array([*places, self.modes - 1], dtype=np.int32)[codes]

    def _place(self, level: Any, at: Sequence[int], where: int, index: dict[Any, int]) -> int:
        """The mode of a level that is not released, which stands at ``where`` among those whose modes are ``at`` (-1: none)."""
        prefix = prefix_in(level, self.prefixes)
        if prefix is not None:
            return index[label_of(prefix)]
        if self.placeholder is not None:
            return index[self.placeholder]
        if self.others == NEAREST:
            return self._nearest(level, at, where)
        if self.others == MISSING:
            return self.modes - 1
        return len(self.levels) if self.has_rare else 0

    def _nearest(self, level: Any, at: Sequence[int], where: int) -> int:
        """The released level nearest in number or, where levels are no numbers, in the order that they stand in."""
        if isinstance(level, (int, float)):
            return int(np.abs(np.array(self.levels, dtype=np.float64) - level).argmin())
        released = np.flatnonzero(np.array(at) >= 0)
        return at[int(released[np.abs(released - where).argmin()])] if len(released) else 0

    def decode(self, modes: np.ndarray) -> np.ndarray:
        """Codes, int32 ``[rows]``, into the released levels (-1 for missing)."""
        return np.where(modes < len(self.levels), modes, -1).astype(np.int32)
