"""Modes of a column of levels from noisy counts: what few rows hold is never named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.schema import Kind
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.levels import LevelCodec
from synthgan.tabular.private.twins import SURE, VISIBLE
from synthgan.tabular.queries import ColumnLevels, LevelCells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.schema import Column
    from synthgan.tabular.private.twins import Asking

ROUGH_SHARE = 0.25  # of the column's budget: which levels there are


class PrivateLevels:
    """The private twin of ``LevelCodec``."""

    def questions(self, columns: tuple[Column, ...], container: str) -> dict[str, float]:  # noqa: ARG002
        """Which levels there are, unless they are declared, and how many rows each holds."""
        if self.seeks_levels(columns):
            return {"rough": ROUGH_SHARE, "fine": 1 - ROUGH_SHARE}
        return {"fine": 1.0}

    def seeks_levels(self, columns: tuple[Column, ...]) -> bool:
        """Where none are declared."""
        return columns[0].levels is None

    def measure(self, columns: tuple[Column, ...], asking: Asking) -> tuple[LevelCodec, NDArray[np.float64]]:
        """The codec, and the rows that each mode is thought to hold."""
        (column,) = columns
        encoder, deviation = (
            LevelEncoder(_levels_of(column, asking), has_rare=True, has_missing=True),
            asking.deviation("fine"),
        )
        encoder = replace(encoder, ordered=column.kind is Kind.ORDERED)
        counted = asking.count(LevelCells(column, encoder), "fine", f"how {column.name!r} is distributed")
        levels, (rare, missing) = share_faint(counted[:-2], deviation), counted[-2:]
        rare = rare if rare > VISIBLE * deviation else 0.0
        # Without a level that may be shown, all that can be drawn is nothing.
        has_missing = bool(missing > SURE * deviation) or not len(levels)
        has_rare = column.levels is None or bool(rare > SURE * deviation)
        encoder = replace(encoder, has_rare=has_rare, has_missing=has_missing)
        kept = np.array([*levels, *[rare] * has_rare, *[max(missing, 1.0)] * has_missing])
        if not kept[encoder.emitted].any():
            kept[encoder.emitted] = 1.0
        return LevelCodec(asking.known(column, has_missing=has_missing), encoder), kept


def share_faint(counted: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Levels whose own counts could be noise share evenly what they hold together, or hold nothing if that could be noise."""
    faint = counted <= VISIBLE * deviation
    together, many = counted[faint].sum(), faint.sum()
    return np.where(faint, together / many if together > VISIBLE * deviation * np.sqrt(many) else 0.0, counted)


def _levels_of(column: Column, asking: Asking) -> tuple[Any, ...]:
    """The levels that are declared, or that enough rows share to be known; none where none stands out of the noise."""
    if column.levels is not None:
        return column.levels
    return asking.curator.find(
        ColumnLevels(column),
        noise=asking.noises["rough"],
        delta=asking.level_delta,
        stage="columns",
        purpose=f"which levels {column.name!r} has",
    )
