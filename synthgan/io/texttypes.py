"""Gives a column of text the narrowest type that all of its cells have."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

# Text that means missing, but only in a column whose every other cell is a number, a moment or true/false.
_MISSING: Final = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
_TRUTH: Final = ("true", "false", "True", "False", "TRUE", "FALSE")
_CODE: Final = pc.MatchSubstringOptions(r"^[+-]?(0\d|\d{19,}$)")  # leading zeros, or more digits than a number keeps
_BEGINNINGS: Final = "+-.0123456789"  # of numbers, dates and stamps
_NUMBER: Final = pc.MatchSubstringOptions(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_OFFSET: Final = pc.MatchSubstringOptions(r":\d{2}(\.\d+)? ?[+-]\d{2}(:?\d{2})?$")
_PADDED: Final = pc.MatchSubstringOptions(r"^\s|\s$")
_THOUSANDS: Final = pc.MatchSubstringOptions(r"^[+-]?\d{1,3}(\.\d{3})*$")
_COMMA: Final = re.compile(r"\s*[+-]?(\d+|\d{1,3}([. ’']\d{3})+),\d*\s*")
_WHOLE: Final = re.compile(r"\s*[+-]?(\d+|\d{1,3}([. ’']\d{3})+)\s*")
_ENGLISH: Final = re.compile(r"\s*[+-]?[1-9]\d{0,2}(,\d{3})+\s*")
_FEW_CELLS: Final = 1_000


def typed(column: pa.ChunkedArray, decimal: str = ".") -> pa.ChunkedArray | pa.Array:
    """Gives a column of text as whole numbers, numbers, true/false, dates or stamps, where every cell is such.

    NA, N/A, NaN, null, None and ? are missing there, and blanks around cells do not count. Else it is given as it is.

    Args:
        column: text [rows].
        decimal: the mark before decimals in this file: where it is a comma, points may part thousands, and the column stays
            text.

    Example:
        >>> typed(pa.chunked_array([["1", " 2", "NA"]])).to_pylist()
        [1, 2, None]
        >>> typed(pa.chunked_array([["1.500", "2.000"]]), decimal=",").to_pylist()
        ['1.500', '2.000']
    """
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column))])
    values = column.chunk(0) if column.num_chunks == 1 else column
    first = values[0].as_py() if values[0].is_valid else None
    if first is None or first[:1].isspace() or first[-1:].isspace():
        present = values.drop_null()
        first = present[0].as_py()
    if first[:1].isspace() or first[-1:].isspace():
        values = _trimmed(values)
    plain, present = _present(values)
    if not len(present):
        return column
    first = present[0].as_py()
    if first in _TRUTH:
        is_truth = pc.all(pc.is_in(present, value_set=pa.array(_TRUTH))).as_py()
        return pc.utf8_lower(plain).cast(pa.bool_()) if is_truth else column
    if first[:1] not in _BEGINNINGS:  # all but text begins so; a wide table is read in half the time
        return column
    found = _numbers_or_moments(plain, present, decimal)
    if found is None and pc.any(_match(present, _PADDED)).as_py():
        plain, present = _present(_trimmed(values))
        found = _numbers_or_moments(plain, present, decimal) if len(present) else None
    return column if found is None else found


def truth_of(column: pa.ChunkedArray) -> list[str] | None:
    """Gives how a column of text says false and true; None where that is as CSV is written in any case, or varies.

    Example:
        >>> truth_of(pa.chunked_array([["TRUE", "FALSE", "TRUE", "NA"]]))
        ['FALSE', 'TRUE']
    """
    words = {cell.strip() for cell in column.unique().drop_null().to_pylist()}.intersection(_TRUTH)
    return next((list(said) for said in (("False", "True"), ("FALSE", "TRUE")) if words and words.issubset(said)), None)


def decimal_of(columns: list[pa.ChunkedArray]) -> str:
    """Finds the mark before decimals of a file: a comma where one of its first columns plainly writes numbers so.

    Example:
        >>> decimal_of([pa.chunked_array([["48,91", "7,5"]])]), decimal_of([pa.chunked_array([["1,234", "12,500"]])])
        (',', '.')
    """
    for column in columns:
        cells = [cell for cell in column.slice(0, _FEW_CELLS).to_pylist() if cell]
        with_comma = [cell for cell in cells if _COMMA.fullmatch(cell)]
        if not with_comma or not all(_COMMA.fullmatch(cell) or _WHOLE.fullmatch(cell) for cell in cells):
            continue
        if not all(_ENGLISH.fullmatch(cell) for cell in with_comma):
            return ","
    return "."


@cache
def _missing() -> pa.Array:
    """The marks as Arrow wants them; making an array imports pandas, and a file too large is refused before that."""
    return pa.array(_MISSING)


def _present(values: pa.ChunkedArray | pa.Array) -> tuple[pa.ChunkedArray | pa.Array, pa.ChunkedArray | pa.Array]:
    """The cells with null for marks that mean missing, and those that are there."""
    marks = pc.is_in(values, value_set=_missing())
    plain = pc.if_else(marks, pa.scalar(None, pa.string()), values) if pc.any(marks).as_py() else values
    return plain, plain.drop_null() if plain.null_count else plain


def _trimmed(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    bare = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(bare, ""), pa.scalar(None, bare.type), bare)


def _numbers_or_moments(
    plain: pa.ChunkedArray | pa.Array, present: pa.ChunkedArray | pa.Array, decimal: str
) -> pa.ChunkedArray | pa.Array | None:
    if pc.all(_match(present, _NUMBER)).as_py():
        if pc.any(_match(present, _CODE)).as_py() or (decimal == "," and _parts_thousands(present)):
            return None
        return _numbers(plain)
    if pc.any(_match(present, _OFFSET)).as_py():  # an offset is of the form, which text keeps
        return None
    for kind in (pa.date32(), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC")):
        try:
            return plain.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None


def _parts_thousands(present: pa.ChunkedArray | pa.Array) -> bool:
    has_point = pc.any(pc.match_substring(present, ".")).as_py()
    return bool(has_point and pc.all(_match(present, _THOUSANDS)).as_py())


def _match(values: pa.ChunkedArray | pa.Array, pattern: pc.MatchSubstringOptions) -> pa.ChunkedArray | pa.Array:
    return pc.call_function("match_substring_regex", [values], pattern)


def _numbers(plain: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    try:
        return plain.cast(pa.int64())
    except pa.ArrowInvalid:
        return plain.cast(pa.float64())
