"""Tells keys and prose from values worth learning, and says how to make new keys."""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_MIN_DISTINCT_ROWS: Final = 20
_MIN_ROWS: Final = 100
_KEY_WORDS: Final = frozenset(
    {"id", "ids", "key", "uuid", "guid", "uid", "mrn", "nbr", "no", "nr", "ssn", "identifier", "pid", "index", "rowid"}
)
_KEY_ENDING: Final = re.compile(
    r"(patient|subject|person|encounter|visit|row|record|case|stay|hadm|user|customer|client|account|order|item|sample|event)"
    r"_?(id|nr|no|nbr|num|number|key)$"
)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_UUID: Final = r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"


def has_key_name(name: str) -> bool:
    """Says whether a column's name is that of a key.

    >>> [has_key_name(name) for name in ("encounter_id", "patientID", "patient_nbr", "No", "noise", "paid", "mean")]
    [True, True, True, True, False, False, False]
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(words) and (words[-1] in _KEY_WORDS or bool(_KEY_ENDING.search(name.lower())))


def is_key(values: pa.Array, name: str) -> bool:
    """Says whether text or whole numbers are keys: of no meaning beyond telling rows (or people) apart.

    Text: all different (20 rows or more), or more than 95 % different (100 or more), and not prose; or more than half
    different (100 or more) under the name of a key. Whole numbers: none missing, all different (20 or more), and either
    the name of a key, or consecutive (from 0 or 1, or 100 rows or more), or of one number of digits, at least 6; or more
    than half different (100 or more) under the name of a key.

    Args:
        values: Arrow array [rows] of text or integers.
        name: the column's name.
    """
    present = values.drop_null()
    rows = len(present)
    if rows < _MIN_DISTINCT_ROWS:
        return False
    distinct = pc.count_distinct(present).as_py()
    half_of_many = rows >= _MIN_ROWS and distinct > 0.5 * rows and has_key_name(name)
    if not pa.types.is_integer(values.type):
        many = distinct == rows or (rows >= _MIN_ROWS and distinct > 0.95 * rows)
        return half_of_many or (many and not is_prose(values))
    if distinct < rows or values.null_count:
        return half_of_many
    return has_key_name(name) or _is_run(present) or _has_one_width(present)


def _is_run(values: pa.Array) -> bool:
    least, greatest = _range(values)
    # Thirty years in a row are thirty years: short runs must begin where counting begins.
    return greatest - least + 1 == len(values) and (least in (0, 1) or len(values) >= _MIN_ROWS)


def _has_one_width(values: pa.Array) -> bool:
    least, greatest = _range(values)
    return least >= 0 and len(str(least)) == len(str(greatest)) >= 6  # noqa: PLR2004 (documented above)


def _range(values: pa.Array) -> tuple[int, int]:
    ends = pc.min_max(values).as_py()
    return ends["min"], ends["max"]


def is_prose(values: pa.Array) -> bool:
    """Says whether text is free text: mostly different, and long or of several words (20 rows or more).

    Prose has more than half of its rows different, and on average at least 3 words of which 1 is written in lower or
    upper case letters, or 50 characters with a space among them.

    Args:
        values: Arrow array [rows] of text.
    """
    present = values.drop_null()
    rows = len(present)
    if rows < _MIN_DISTINCT_ROWS or pc.count_distinct(present).as_py() <= 0.5 * rows:
        return False
    words = 1 + pc.mean(pc.count_substring_regex(present, r"\S\s+\S")).as_py()
    length = pc.mean(pc.utf8_length(present)).as_py()
    return bool(words >= 3 or (length >= 50 and words > 1.5))  # noqa: PLR2004 (documented above)


def identifier_pattern(values: pa.Array) -> str:
    """Says how to make new keys that look like these: "uuid", "int:DIGITS" or "text:PREFIX:DIGITS".

    The prefix is what every row begins with, its closing digits left out; nothing else of the keys is kept.

    Args:
        values: Arrow array [rows] of text or integers, none missing.
    """
    if pa.types.is_integer(values.type):
        least, greatest = _range(values)
        return f"int:{min(max(len(str(abs(least))), len(str(abs(greatest)))), 18)}"
    if pc.all(pc.match_substring_regex(values, _UUID)).as_py():
        return "uuid"
    ends = pc.min_max(values).as_py()
    first, last = ends["min"], ends["max"]
    shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    prefix = first[:shared].rstrip("0123456789")
    longest = pc.max(pc.utf8_length(values)).as_py()
    return f"text:{prefix}:{min(max(longest - len(prefix), 1), 18)}"
