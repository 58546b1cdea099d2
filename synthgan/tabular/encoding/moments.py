"""The codec of dates and stamps that keep to hours, weekdays or a day of the month, as clocks of their zone show them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from synthgan.data.scale import resolution_of
from synthgan.data.schema import Column, Kind
from synthgan.data.stamps import NANOSECONDS
from synthgan.io.contract import Array, Record, Whole, check, require
from synthgan.tabular.encoding.calendar import DAY, Month, Week, find_calendar, from_local, seconds_of, to_local
from synthgan.tabular.encoding.continuous import ModeSpecificNormalizer
from synthgan.tabular.encoding.numbers import NumberCodec, withheld_of
from synthgan.tabular.encoding.tails import limits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.scale import Scale
    from synthgan.tabular.encoding.codec import Values
    from synthgan.tabular.encoding.continuous import Cut

_NUDGE = 1e-11  # of the line: what a bound is moved inwards by
_WEEK = Record(
    {
        "cell": Whole(low=1, high=DAY),
        "starts": Array("i8", ("starts",), low=0, high=7 * DAY, rising="strictly"),
        "room": Array("f8", ("parts",), low=0, high=1),
    }
)
_MONTH = Record(
    {"day": Whole(high=28), "time": Whole(high=DAY - 1), "room": Array("f8", (12,), low=0, high=1)},
)


@dataclass(frozen=True)
class MomentCodec(NumberCodec):
    """A column of moments, learned on a line on which only those moments have room that the calendar allows.

    Attributes:
        calendar: where on the line moments lie.
    """

    name: ClassVar[str] = "moments"

    calendar: Week | Month | None = None

    @property
    def scale(self) -> Scale:
        """The range of the column; it changes places only with columns whose moments may lie where its own do."""
        assert self.calendar is not None  # noqa: S101 (no codec is without)
        return replace(super().scale, calendar=str(self.calendar.form))

    @classmethod
    def claim(cls, columns: Sequence[Column]) -> list[tuple[Column, ...]]:
        """Every column of dates or stamps that are whole seconds."""
        kinds = {Kind.DATE, Kind.DATETIME}
        return [
            (column,)
            for column in columns
            if column.kind in kinds and NANOSECONDS[str(column.unit)] >= NANOSECONDS["second"]
        ]

    @classmethod
    def fit(  # type: ignore[override]  # it may leave a column to numbers
        cls,
        columns: tuple[Column, ...],
        values: tuple[Values, ...],
        config: EncodingConfig,
        cut: Cut,
        rng: np.random.Generator,
    ) -> Self | None:
        """Find the calendar and the modes; None where moments fall on any hour, weekday and day of the month alike."""
        (column,), (numbers,) = columns, values
        assert isinstance(numbers, np.ndarray)  # noqa: S101 (moments are read so)
        present = numbers[~np.isnan(numbers)]
        calendar = find_calendar(_local(present, column), column, config.rare_below)
        if calendar is None or config.keep_extremes:
            return None
        empty = np.empty(0)
        bare = ModeSpecificNormalizer(0.0, empty, None, empty, empty, empty, empty, has_missing=False)
        codec = cls(column, bare, None, calendar)
        low, high = limits_of(column)
        ends = codec.line(np.array([low, high], dtype=np.float64))
        encoder = ModeSpecificNormalizer.fit(
            codec.line(numbers), config, step=0.0, minimum=float(ends[0]), maximum=float(ends[1]), cut=cut, rng=rng
        )
        return replace(codec, encoder=encoder, withheld=withheld_of(column, encoder, len(present)))

    def line(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where numbers of the column lie on the line: in the middle of their room; NaN where missing."""
        assert self.calendar is not None  # noqa: S101 (no codec is without)
        found = np.full(len(numbers), np.nan)
        there = ~np.isnan(numbers)
        local = _local(numbers[there], self.column)
        length = self.calendar.cell if isinstance(self.calendar, Week) else 1
        found[there] = (self.calendar.positions(local) + self.calendar.positions(local + length)) / 2
        return found

    def numbers(self, line: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of ``line``."""
        assert self.calendar is not None  # noqa: S101
        found = np.full(len(line), np.nan)
        there = ~np.isnan(line)
        seconds = from_local(self.calendar.moments(line[there]), self.column.timezone)
        found[there] = seconds / seconds_of(self.column)
        low, high = self.column.bounds
        return np.clip(found, low, high) if (low, high) != (None, None) else found

    def encode(
        self, values: tuple[Values, ...], rng: np.random.Generator
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes and residuals of moments."""
        (numbers,) = values
        assert isinstance(numbers, np.ndarray)  # noqa: S101
        return super().encode((self.line(numbers),), rng)

    def decode(self, codes: NDArray[np.int32], residuals: NDArray[np.float32]) -> tuple[Values, ...]:
        """Moments that the calendar allows."""
        inside = residuals[:, 0] if residuals.shape[1] else np.zeros(len(codes), np.float32)
        return (self.numbers(self.encoder.decode(codes, inside)),)

    def within(
        self, bounds: tuple[float, float], on_grid: tuple[float, float] | None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The modes, and the parts of them, whose moments lie between two bounds, both included."""
        assert self.calendar is not None  # noqa: S101
        low, high = on_grid or bounds
        ends = [-np.inf, np.inf]
        if np.isfinite(low):
            ends[0] = float(self.calendar.positions(_local(np.array([low]), self.column))[0]) + _NUDGE
        if np.isfinite(high):
            ends[1] = float(self.calendar.positions(_local(np.array([high]), self.column) + 1)[0]) - _NUDGE
        if ends[0] > ends[1]:
            ends = [np.inf, np.inf]
        return self.encoder.within((ends[0], ends[1]), (ends[0], ends[1]))

    @property
    def released(self) -> tuple[float, float]:
        """The lowest and highest moment that is ever decoded; infinite where there is none."""
        low, high = self.encoder.released
        if not np.isfinite([low, high]).all():
            return low, high
        ends = self.numbers(np.array([low, high]))
        return float(ends[0]), float(ends[1])

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that was learned, as JSON and arrays."""
        fields, arrays = super().state()
        calendar = self.calendar
        assert calendar is not None  # noqa: S101
        if isinstance(calendar, Week):
            own: dict[str, Any] = {"cell": calendar.cell}
            arrays |= {"calendar_starts": calendar.starts}
        else:
            own = {"day": calendar.day, "time": calendar.time}
        return fields | {"calendar": own}, arrays | {"calendar_room": calendar.room}

    @classmethod
    def from_state(
        cls, columns: tuple[Column, ...], fields: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """The codec that ``state`` described."""
        own = {key.removeprefix("calendar_"): array for key, array in arrays.items() if key.startswith("calendar_")}
        given = dict(fields["calendar"]) | own
        is_week = "cell" in given
        sizes = check(given, _WEEK if is_week else _MONTH, "calendar")
        room = given["room"]
        require(abs(float(room.sum()) - 1) < 1e-6, "room of a calendar", "shares of a whole")  # noqa: PLR2004
        if is_week:
            starts, cell = given["starts"], given["cell"]
            require(sizes["starts"] == sizes["parts"] + 1, "starts of a week", "one more than its parts")
            require(starts[0] == 0 and starts[-1] == 7 * DAY, "starts of a week", "those of a whole one")
            require(not (np.diff(starts) % cell).any(), "starts of a week", "whole cells apart")
        calendar = Week(given["cell"], given["starts"], room) if is_week else Month(given["day"], given["time"], room)
        rest = {key: value for key, value in fields.items() if key != "calendar"}
        others = {key: array for key, array in arrays.items() if not key.startswith("calendar_")}
        (column,) = columns
        plain = replace(column, step=None, offset=None)
        require(fields["step"] == 0, "step", "0 on a line of moments")
        inner = NumberCodec.from_state((plain,), rest | {"step": resolution_of(plain)}, others)
        return cls(column, replace(inner.encoder, step=0.0), None, calendar)


def _local(numbers: NDArray[np.float64], column: Column) -> NDArray[np.int64]:
    """What clocks of the column's zone show, in seconds since 1970."""
    return to_local(np.rint(numbers * seconds_of(column)).astype(np.int64), column.timezone)
