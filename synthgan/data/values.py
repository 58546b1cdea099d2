"""What a column of a table holds, exactly: numbers, stamps, or codes into levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from synthgan.data.calendars import counted
from synthgan.data.containers.decimals import to_whole
from synthgan.data.labels import labelled
from synthgan.data.stamps import NANOSECONDS, to_counts, unit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Scalar


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers as they are: whole ones of any width, floats, or decimals.

    Attributes:
        values: Arrow array [rows] of integers, floats or decimals; missing is null, and nothing is infinite.
        decimals: digits after the point to which decimals are exact; None = all there are.
        base: what `float64` counts from, so that it is exact where numbers are large and alike.
        marks: of text, which mark stands where nothing is ("-", "n/a"); None where none does.
        moment: what clock times or dates the numbers write, which `float64` counts evenly; None where they are none.

    Example:
        >>> Numbers(pa.array([2**53 + 1, None])).values.to_pylist()
        [9007199254740993, None]
    """

    values: pa.Array
    decimals: int | None = None
    base: int = 0
    marks: Levels | None = None
    moment: str | None = None

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.values)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where nothing is: bool [rows]."""
        return np.asarray(self.values.is_null())

    def float64(self) -> NDArray[np.float64]:
        """The nearest float64 above the base [rows], NaN = missing, labelled by its mark; read-only where no copy was needed.

        Nothing is kept here.
        """
        found = self._float64()
        return _labelled(found if self.moment is None else counted(found, self.moment), self.marks)

    def _float64(self) -> NDArray[np.float64]:
        if self.base and not pa.types.is_floating(self.values.type):
            return self._above_base()
        numbers = np.asarray(self.values.cast(pa.float64(), safe=False)).astype(np.float64, copy=False)
        if self.decimals is not None and pa.types.is_decimal(self.values.type):
            return np.round(numbers, self.decimals)  # Arrow's conversion can be one bit off
        return numbers

    def take(self, indices: NDArray[np.int64]) -> Numbers:
        """The rows at these indices [taken], in this order."""
        return replace(self, values=self.values.take(pa.array(indices)), marks=_taken(self.marks, indices))

    def _above_base(self) -> NDArray[np.float64]:
        unit = 10 ** max(self.values.type.scale, 0) if pa.types.is_decimal(self.values.type) else 1
        times = 10 ** max(-self.values.type.scale, 0) if unit == 1 and pa.types.is_decimal(self.values.type) else 1
        whole = to_whole(self.values)
        return np.array([np.nan if one is None else (one * times - self.base * unit) / unit for one in whole])


@dataclass(frozen=True, eq=False)
class Stamps:
    """Dates, stamps, durations or times of day as they are: int64 counts of a unit of their type.

    Attributes:
        values: Arrow temporal array [rows]; missing is null.
        unit: what `float64` counts, unless it is asked for another: "day", "second", …
        marks: as of `Numbers`.

    Example:
        >>> stamps = Stamps(pa.array([36 * 3_600_000], pa.timestamp("ms")), "day")
        >>> stamps.counts.tolist(), stamps.float64().tolist(), stamps.float64("hour").tolist()
        ([129600000], [1.5], [36.0])
    """

    values: pa.Array
    unit: str
    marks: Levels | None = None

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.values)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where nothing is: bool [rows]."""
        return np.asarray(self.values.is_null())

    @property
    def counts(self) -> NDArray[np.int64]:
        """int64 [rows]: units of the type since 1970-01-01 (UTC where there is a zone), or of duration; missing is 0."""
        return to_counts(self.values)

    def float64(self, unit: str | None = None) -> NDArray[np.float64]:
        """The same in units of `unit`, float64 [rows], NaN = missing; whole numbers up to 2**53 are exact."""
        own, wanted = NANOSECONDS[unit_of(self.values.type)], NANOSECONDS[unit or self.unit]
        if own >= wanted:
            numbers = self.counts.astype(np.float64) * (own // wanted)
        else:
            whole, rest = np.divmod(self.counts, wanted // own)  # dividing whole numbers first keeps every digit
            numbers = whole.astype(np.float64)
            if rest.any():
                numbers += rest / (wanted // own)
        numbers[self.missing] = np.nan
        return _labelled(numbers, self.marks)

    def take(self, indices: NDArray[np.int64]) -> Stamps:
        """The rows at these indices [taken], in this order."""
        return Stamps(self.values.take(pa.array(indices)), self.unit, _taken(self.marks, indices))


@dataclass(frozen=True, eq=False)
class Levels:
    """Codes into levels.

    Attributes:
        codes: int32 [rows], indices in `levels`; -1 is missing.
        levels: the values, as JSON scalars (moments as ISO 8601, decimals as text).
    """

    codes: NDArray[np.int32]
    levels: tuple[Scalar, ...]

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.codes)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where nothing is: bool [rows]."""
        return self.codes < 0

    def take(self, indices: NDArray[np.int64]) -> Levels:
        """The rows at these indices [taken], in this order; the levels stay, used or not."""
        return Levels(self.codes[indices], self.levels)


def _labelled(numbers: NDArray[np.float64], marks: Levels | None) -> NDArray[np.float64]:
    return numbers if marks is None else labelled(numbers, marks.codes)


def _taken(marks: Levels | None, indices: NDArray[np.int64]) -> Levels | None:
    return None if marks is None else marks.take(indices)


Values: TypeAlias = Numbers | Levels | Stamps
