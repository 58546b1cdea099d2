"""Levels of a categorical column as codes, with the rare ones kept out of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from synthgan.config import EncodingConfig


@dataclass(frozen=True)
class LevelEncoder:
    """A categorical column's modes, in this order: released levels, "rare" and "missing" where there are such.

    Attributes:
        levels: the released levels: declared in the schema, or held by at least ``rare_below`` rows.
        has_rare: whether there is a mode for all other levels; it is learned, never generated.
        has_missing: whether the last mode is "missing".
        ordered: whether the levels stand in an order that means something.
    """

    levels: tuple[Any, ...]
    has_rare: bool
    has_missing: bool
    ordered: bool = False

    @classmethod
    def fit(
        cls,
        name: str | int,
        codes: np.ndarray,
        levels: tuple[Any, ...],
        declared: tuple[Any, ...] | None,
        config: EncodingConfig,
        *,
        ordered: bool = False,
    ) -> LevelEncoder:
        """Decide which levels are released.

        Args:
            name: the column, for messages.
            codes: int32 ``[rows]`` into ``levels``, -1 for missing.
            levels: the levels found, in the order they are to be kept in.
            declared: the levels the schema declares public, None where it declares none.
            config: gives ``rare_below``.
            ordered: whether the levels stand in an order that means something.

        Raises:
            DataError: if no level is held by enough rows.
        """
        missing = codes < 0
        if declared is not None:
            return cls(declared, has_rare=False, has_missing=bool(missing.any()), ordered=ordered)
        counts = np.bincount(codes[~missing], minlength=len(levels))
        common = counts >= config.rare_below
        if len(levels) and not common.any():
            raise DataError(
                f"column {name!r} must have a level held by at least {config.rare_below} rows, however: its commonest of "
                f"{len(levels)} levels is held by {counts.max()}",
                remedy=Remedy.option("drop", [name], "leave it out")
                | Remedy.option("identifiers", [name], "regenerate it")
                | "declare its levels in the schema",
            )
        released = tuple(level for level, keep in zip(levels, common, strict=True) if keep)
        return cls(released, has_rare=bool(counts[~common].sum()), has_missing=bool(missing.any()), ordered=ordered)

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
        try:  # levels that are numbers sort as numbers
            order = np.argsort([float(level) for level in self.levels], kind="stable")
        except (TypeError, ValueError):
            order = np.argsort([str(level) for level in self.levels], kind="stable")
        ranks[order] = np.arange(len(self.levels))
        return ranks

    @property
    def levels_only(self) -> bool:
        """The modes are levels."""
        return True

    @property
    def discrete(self) -> bool:
        """A level says all there is to say."""
        return True

    @property
    def residuals(self) -> int:
        """None."""
        return 0

    @property
    def has_residual(self) -> np.ndarray:
        """Bool ``[modes]``: no mode has residuals."""
        return np.zeros(self.modes, dtype=bool)

    def scores(self) -> tuple[np.ndarray, np.ndarray]:
        """Levels have no number line: zeros, float32 ``[modes]``."""
        return np.zeros(self.modes, dtype=np.float32), np.zeros(self.modes, dtype=np.float32)

    def encode(self, codes: np.ndarray, levels: tuple[Any, ...]) -> np.ndarray:
        """Modes, int32 ``[rows]``, of codes into any tuple of levels (-1 for missing)."""
        index = {level: code for code, level in enumerate(self.levels)}
        other = len(self.levels) if self.has_rare else 0
        table = np.array([index.get(level, other) for level in levels] + [self.modes - 1], dtype=np.int32)
        return table[codes]

    def decode(self, modes: np.ndarray) -> np.ndarray:
        """Codes, int32 ``[rows]``, into the released levels (-1 for missing)."""
        return np.where(modes < len(self.levels), modes, -1).astype(np.int32)
