"""What a formula computes with: numbers, moments and levels of all rows at once, read from a table and written back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.calendars import counted
from synthgan.data.column import CODED, NUMBERS, Kind
from synthgan.data.stamps import NANOSECONDS, unit_of
from synthgan.data.values import Levels, Stamps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.values import Values

SECOND: Final = 1_000_000  # of a moment's counts
DAY: Final = 86_400 * SECOND
_UNIT: Final = {unit: length / 1_000 for unit, length in NANOSECONDS.items()}  # microseconds


class Columns(Protocol):
    """What a formula must know of a schema."""

    @property
    def container(self) -> str:
        """What holds the table."""

    def column(self, name: str | int) -> Column:
        """The column of a name."""


class Cells(Protocol):
    """What a formula must know of a table."""

    @property
    def schema(self) -> Columns:
        """What the table is."""

    @property
    def columns(self) -> Mapping[str | int, Values]:
        """What each column holds."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Dates and stamps.

    Attributes:
        counts: int64 [rows]: microseconds since 1970-01-01, UTC where there is a zone; 0 where missing.
        missing: bool [rows].
        zone: the zone whose clock people look at; None for none.
    """

    counts: NDArray[np.int64]
    missing: NDArray[np.bool_]
    zone: str | None = None

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.counts)

    def local(self) -> NDArray[np.int64]:
        """The counts of the clock on the wall, int64 [rows]."""
        if self.zone is None or self.zone == "UTC":
            return self.counts
        stamps = pa.array(self.counts).cast(pa.timestamp("us", self.zone))
        return np.asarray(pc.local_timestamp(stamps).cast(pa.int64()))


Vector: TypeAlias = "NDArray[np.float64] | Moments | Levels"
"""Numbers (NaN = missing; durations in seconds; whole numbers that are moments as written), moments or levels, [rows]."""


def vector_of(table: Cells, name: str | int) -> Vector:
    """A column as a formula sees it."""
    column, values = table.schema.column(name), table.columns[name]
    if isinstance(values, Levels):
        return values
    if isinstance(values, Stamps):
        if column.kind is Kind.DURATION:
            return values.float64("second")
        own = NANOSECONDS[unit_of(values.values.type)]
        counts = values.counts * (own // 1_000) if own >= 1_000 else values.counts // (1_000 // own)  # noqa: PLR2004
        return Moments(counts, values.missing, column.timezone)
    return replace(values, moment=None).float64()  # as they are written: 1435 // 100 is the hour


def numbers_of(vector: Vector) -> NDArray[np.float64] | None:
    """A vector as numbers, float64 [rows]; None where it is none: truth is 1 and 0, levels must be numbers."""
    if isinstance(vector, Moments):
        return None
    if not isinstance(vector, Levels):
        return vector
    if not all(isinstance(level, (bool, int, float)) for level in vector.levels):
        return None
    return np.array([*vector.levels, np.nan], dtype=np.float64)[vector.codes]


def missing_in(vector: Vector) -> NDArray[np.bool_]:
    """Where a vector is missing, bool [rows]."""
    return np.isnan(vector) if isinstance(vector, np.ndarray) else vector.missing


def drawn_of(vector: Vector, column: Column, levels: tuple[object, ...]) -> NDArray[np.float64] | Levels | None:
    """A vector as `synthgan.data.containers.storing.rounded` takes it for a column; None where it is of another sort.

    Args:
        vector: what was computed.
        column: where it is to go.
        levels: the levels that the column has, where it has some.
    """
    if column.kind in CODED | {Kind.CONSTANT}:
        return vector if isinstance(vector, Levels) else _as_levels(numbers_of(vector), levels, column)
    if column.kind in {Kind.DATE, Kind.DATETIME}:
        if not isinstance(vector, Moments):
            return None
        return np.where(vector.missing, np.nan, vector.counts / _UNIT[str(column.unit)])
    numbers = numbers_of(vector)
    if numbers is None or (column.kind not in NUMBERS and column.kind is not Kind.DURATION):
        return None
    if column.moment is not None:
        return counted(np.rint(numbers), column.moment)
    return numbers * SECOND / _UNIT[str(column.unit)] if column.kind is Kind.DURATION else numbers


def step_of(column: Column) -> float:
    """What the values of a column are multiples of, as `drawn_of` counts them; 0 for any real number."""
    if column.kind in NUMBERS and column.kind is not Kind.INTEGER:
        return 0.0 if column.decimals is None else 10.0**-column.decimals
    return 1.0


def _as_levels(numbers: NDArray[np.float64] | None, levels: tuple[object, ...], column: Column) -> Levels | None:
    """Numbers as those levels that equal them; what equals none is missing."""
    if column.kind is Kind.BOOLEAN:
        levels = levels if len(levels) == 2 else (False, True)  # noqa: PLR2004
    if numbers is None or not all(isinstance(level, (bool, int, float)) for level in levels):
        return None
    codes = np.full(len(numbers), -1, dtype=np.int32)
    for code, level in enumerate(levels):
        codes[numbers == level] = code
    return Levels(codes, levels)  # type: ignore[arg-type]
