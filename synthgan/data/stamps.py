"""Turns dates, stamps and durations into whole numbers of a unit, into ISO 8601 text, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

NANOSECONDS: Final = {
    "day": 86_400_000_000_000,
    "hour": 3_600_000_000_000,
    "minute": 60_000_000_000,
    "second": 1_000_000_000,
    "millisecond": 1_000_000,
    "microsecond": 1_000,
    "nanosecond": 1,
}
"""How many nanoseconds each unit lasts, coarsest first."""

_ARROW_UNITS: Final = {"s": "second", "ms": "millisecond", "us": "microsecond", "ns": "nanosecond"}
_NUMPY_UNITS: Final = {"D": "day", "h": "hour", "m": "minute"} | _ARROW_UNITS
_OFFSET: Final = re.compile(r"(?:Z|([+-])(\d{2}):?(\d{2}))$")
_CLOCK: Final = re.compile(r"(-?)(\d+):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?")
_DURATION: Final = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?")


def is_temporal(kind: pa.DataType) -> bool:
    """Says whether an Arrow type is a date, a stamp, a duration or a time of day."""
    return bool(pa.types.is_temporal(kind)) and not pa.types.is_interval(kind)


def unit_of(kind: pa.DataType) -> str:
    """Names the unit in which an Arrow temporal type counts: "day" for date32, "microsecond" for timestamp[us]."""
    if pa.types.is_date32(kind):
        return "day"
    return "millisecond" if pa.types.is_date64(kind) else _ARROW_UNITS[kind.unit]


def to_counts(values: pa.Array) -> NDArray[np.int64]:
    """Reads an Arrow temporal array as int64 [rows]: its own units since 1970-01-01 (UTC), or of duration; nulls are 0."""
    whole = values.cast(f"int{values.type.bit_width}")
    return np.asarray(whole.fill_null(0)).astype(np.int64, copy=False)


def from_counts(counts: NDArray[np.int64], kind: pa.DataType, is_missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Writes int64 [rows] counts of a type's own unit as an Arrow temporal array, the inverse of `to_counts`."""
    whole = pa.array(counts.astype(f"i{kind.bit_width // 8}", copy=False), mask=is_missing)
    return whole.cast(kind)


def to_text(count: int, kind: pa.DataType) -> str:
    """Writes one count of a type's own unit as ISO 8601: "2020-02-29", "2020-02-29T12:00:00Z", "PT90S".

    >>> to_text(18_321, pa.date32()), to_text(-1_500, pa.duration("ms")), to_text(0, pa.timestamp("s", "Europe/Rome"))
    ('2020-02-29', '-PT1.5S', '1970-01-01T00:00:00Z')
    """
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        seconds, rest = divmod(abs(count) * NANOSECONDS[unit_of(kind)], NANOSECONDS["second"])
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        return f"{'-' if count < 0 else ''}PT{seconds}{fraction}S"
    if pa.types.is_date(kind):
        return str(np.datetime64(count, "D" if pa.types.is_date32(kind) else "ms").astype("M8[D]"))
    return str(np.datetime64(count, kind.unit)) + ("Z" if kind.tz else "")


def has_zone(text: str) -> bool:
    """Says whether ISO 8601 text of a stamp ends in a zone ("Z" or an offset such as "+01:00")."""
    return "T" in text and bool(_OFFSET.search(text))


def from_text(text: str, kind: pa.DataType) -> int:
    """Reads ISO 8601 text as a count of a type's own unit, the inverse of `to_text`; durations also as "08:30:00".

    Raises:
        ValueError: the text is no ISO date, stamp or duration, or is finer than the type's unit.
    """
    is_length = pa.types.is_duration(kind) or pa.types.is_time(kind)
    nanoseconds = _duration(text) if is_length else _moment(text)
    count, rest = divmod(nanoseconds, NANOSECONDS[unit_of(kind)])
    if rest:
        raise ValueError(f"{text!r} is finer than a {unit_of(kind)}")
    return count


def _duration(text: str) -> int:
    if clock := _CLOCK.fullmatch(text):
        text = f"{clock[1]}PT{clock[2]}H{clock[3]}M{clock[4] or 0}S"
    match = _DURATION.fullmatch(text)
    if not match or text.endswith("T") or not any(match.groups()[1:]):
        raise ValueError(f"{text!r} is no ISO 8601 duration such as 'P1DT12H' or 'PT90S'")
    sign, *parts, fraction = match.groups()
    units = ("day", "hour", "minute", "second")
    total = sum(int(part or 0) * NANOSECONDS[unit] for part, unit in zip(parts, units, strict=True))
    total += int((fraction or "").ljust(9, "0"))
    return -total if sign else total


def _moment(text: str) -> int:
    offset = _OFFSET.search(text) if has_zone(text) else None
    plain = text[: offset.start()] if offset else text
    try:
        stamp = np.datetime64(plain)
    except ValueError as error:
        raise ValueError(f"{text!r} is no ISO 8601 date or stamp such as '2020-02-29T12:00:00'") from error
    if np.isnat(stamp) or np.datetime_data(stamp.dtype)[0] not in _NUMPY_UNITS:
        raise ValueError(f"{text!r} is no ISO 8601 date or stamp such as '2020-02-29T12:00:00'")
    unit = _NUMPY_UNITS[np.datetime_data(stamp.dtype)[0]]
    # Python's whole numbers: no overflow, whatever the unit.
    nanoseconds = int(stamp.astype(np.int64)) * NANOSECONDS[unit]
    if offset and offset[1]:
        shift = int(offset[2]) * NANOSECONDS["hour"] + int(offset[3]) * NANOSECONDS["minute"]
        nanoseconds -= shift if offset[1] == "+" else -shift
    return nanoseconds
