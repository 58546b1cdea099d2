"""Modes of a column of levels from noisy counts: what few rows hold is never named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.schema import Kind
from synthgan.errors import PrivacyError, Remedy
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

    def questions(self, columns: tuple[Column, ...], *, declared: bool) -> dict[str, float]:  # noqa: ARG002
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
        encoder, deviation = _encoder_of(column, asking), asking.deviation("fine")
        counted = asking.count(LevelCells(column, encoder), "fine", f"how {column.name!r} is distributed")
        if encoder.has_missing and counted[-1] < SURE * deviation:
            encoder = replace(encoder, has_missing=False)
            counted = counted[:-1]
        kept = np.where(counted > VISIBLE * deviation, counted, 0.0)
        if not kept.any():
            kept = np.maximum(counted, 1.0)
        return LevelCodec(asking.known(column, has_missing=encoder.has_missing), encoder), kept


def _encoder_of(column: Column, asking: Asking) -> LevelEncoder:
    """The levels that are declared, or that enough rows share to be known."""
    name, ordered = repr(column.name), column.kind is Kind.ORDERED
    has_missing = not asking.declared or column.missing is not None
    if column.levels is not None:
        return LevelEncoder(column.levels, has_rare=False, has_missing=has_missing, ordered=ordered)
    released = asking.curator.find(
        ColumnLevels(column),
        noise=asking.noises["rough"],
        delta=asking.level_delta,
        stage="columns",
        purpose=f"which levels {name} has",
    )
    if not released:
        raise PrivacyError(
            f"column {name} must have a level that enough rows share, however: none of its levels stands out of the noise",
            remedy=Remedy(("raise delta (to below one in the number of rows)", "raise epsilon"))
            | Remedy.option("drop", [column.name], "leave it out")
            | Remedy.option("identifiers", [column.name], "regenerate it")
            | "declare its levels in the schema",
        )
    return LevelEncoder(released, has_rare=True, has_missing=has_missing, ordered=ordered)
