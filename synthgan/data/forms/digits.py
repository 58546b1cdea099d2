"""Writes the digits of many numbers at once: fixed decimals, groups of three, scientific and shortest notation."""

from __future__ import annotations

import decimal
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_EXACT: Final = 2.0**53  # whole numbers up to here are exact as floats
_WHOLE: Final = decimal.Context(prec=100)


def word(text: str) -> pa.Scalar:
    """A literal of the one type of text that all here is of."""
    return pa.scalar(text, pa.large_string())


def joined(*parts: pa.Array | str, by: str = "") -> pa.Array:
    """Joins text cell by cell; null where a part is."""
    return pc.binary_join_element_wise(*(word(part) if isinstance(part, str) else part for part in parts), word(by))


def fixed(
    values: pa.Array, least: int, most: int, whole: int, mark: str, thousands: str
) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Writes numbers with decimals, their sign left out; and says which are negative as they are written.

    Args:
        values: integers, floats or decimals [rows].
        least: decimals that are always written.
        most: decimals that are written where they are not zeros.
        whole: digits before the mark that are always written.
        mark: the decimal mark.
        thousands: what parts groups of three digits, or "".
    """
    scaled = _scaled(values, most)
    is_negative = np.asarray(pc.fill_null(pc.starts_with(scaled, "-"), fill_value=False))
    padded = pc.utf8_lpad(pc.utf8_ltrim(scaled, "-"), most + max(whole, 1), "0")
    before = padded if not most else pc.utf8_slice_codeunits(padded, 0, -most)
    if thousands:
        before = _grouped(before, thousands)
    if not most:
        return before, is_negative
    after = pc.utf8_slice_codeunits(padded, -most, None)
    if least < most:
        after = pc.utf8_rpad(pc.utf8_rtrim(after, "0"), least, "0")
    if not whole:
        before = pc.if_else(pc.and_(pc.equal(before, "0"), pc.not_equal(after, "")), word(""), before)
    behind = pc.if_else(pc.equal(after, ""), word(""), joined(mark, after))
    return joined(before, behind), is_negative


def scientific(values: pa.Array, least: int, most: int, mark: str, exponent: str) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Writes numbers with an exponent ("e+00", "E0"), their sign left out; and says which are negative."""
    numbers = np.asarray(values.cast(pa.float64(), safe=False)).astype(np.float64)
    always_signed, width = "+" in exponent, exponent.count("0")

    def write(number: float) -> str:
        mantissa, _, power = f"{abs(number):.{most}e}".partition("e")
        front, _, places = mantissa.partition(".")
        places = places.rstrip("0").ljust(least, "0")
        sign = "-" if power[0] == "-" else "+" * always_signed
        digits = power[1:].lstrip("0").rjust(width, "0")
        return f"{front}{mark + places if places else ''}{exponent[0]}{sign}{digits}"

    return _each(numbers, write), np.asarray(numbers < 0)


def general(values: pa.Array) -> pa.Array:
    """Writes numbers as Python does, sign included: the shortest text that reads as the same float64."""
    if pa.types.is_integer(values.type):
        return values.cast(pa.large_string())
    if pa.types.is_decimal(values.type):
        return pa.array([None if one is None else str(one) for one in values.to_pylist()], pa.large_string())
    return _each(np.asarray(values).astype(np.float64), repr)


def _each(numbers: NDArray[np.float64], write: Callable[[float], str]) -> pa.Array:
    return pa.array([None if number != number else write(number) for number in numbers.tolist()], pa.large_string())  # noqa: PLR0124 (NaN alone is not itself)


def _scaled(values: pa.Array, places: int) -> pa.Array:
    """Numbers times ten to the places, rounded, as text without a point; "-0" is "0"."""
    if pa.types.is_integer(values.type):
        texts = values.cast(pa.large_string())
        return pc.if_else(pc.equal(texts, "0"), word("0"), joined(texts, "0" * places))
    if not pa.types.is_decimal(values.type):
        numbers = np.asarray(values.cast(pa.float64(), safe=False)).astype(np.float64)
        is_missing = np.isnan(numbers)
        scaled = np.rint(np.where(is_missing, 0.0, numbers) * 10.0**places)
        if np.abs(scaled).max(initial=0) < _EXACT:
            return pa.array(scaled.astype(np.int64), mask=is_missing).cast(pa.large_string())
        values = pa.array(
            [
                None if gone else decimal.Decimal(repr(one))
                for one, gone in zip(numbers.tolist(), is_missing, strict=True)
            ]
        )
    return pa.array(
        [None if one is None else _whole_text(one, places) for one in values.to_pylist()], pa.large_string()
    )


def _whole_text(number: decimal.Decimal, places: int) -> str:
    return str(int(number.scaleb(places, _WHOLE).to_integral_value(decimal.ROUND_HALF_EVEN, _WHOLE)))


def _grouped(digits: pa.Array, mark: str) -> pa.Array:
    """Parts digits into groups of three from the right."""
    longest = pc.max(pc.utf8_length(digits)).as_py() or 0
    grouped = pc.utf8_slice_codeunits(digits, -3, None)
    for start in range(3, longest, 3):
        part = pc.utf8_slice_codeunits(digits, -start - 3, -start)
        grouped = pc.if_else(pc.equal(part, ""), grouped, joined(part, grouped, by=mark))
    return grouped
