"""Carries what a file said of itself, or was taken to say, beside the rows: in the metadata of an Arrow table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import pyarrow as pa

from synthgan.checks import is_whole
from synthgan.errors import SchemaError

_KEY: Final = b"synthgan.source"
_TEXTS: Final = ("format", "encoding", "delimiter", "quote", "decimal", "sheet", "label")
_KNOWN: Final = (*_TEXTS, "lines_above", "missing", "columns", "blanks")
_TEXT_FORMAT: Final = re.compile(r"A\d|\$|%-?\d*s")  # of SPSS, SAS and Stata
_MAX_LETTERS: Final = 10_000_000


def source_of(frame: object) -> dict[str, Any] | None:
    """Gives what an Arrow table carries of its file; None where it carries nothing, or nothing of that sort.

    Example:
        >>> source_of(with_source(pa.table({"x": [1]}), {"format": "CSV", "delimiter": ";"}))
        {'format': 'CSV', 'delimiter': ';'}
    """
    metadata = frame.schema.metadata if isinstance(frame, pa.Table) else None
    written = (metadata or {}).get(_KEY, b"")
    if not 0 < len(written) <= _MAX_LETTERS:
        return None
    try:
        return checked_source(json.loads(written))
    except (ValueError, RecursionError, SchemaError):  # forged, and then as if there were none
        return None


def with_source(table: pa.Table, source: Mapping[str, Any] | None) -> pa.Table:
    """Gives a table that carries this of its file; None takes away what it carries."""
    kept = {key: value for key, value in (table.schema.metadata or {}).items() if key != _KEY}
    if source:
        kept[_KEY] = json.dumps(source, ensure_ascii=False).encode()
    return table.replace_schema_metadata(kept or None)


def checked_source(given: Any) -> dict[str, Any]:
    """Checks what is said of a file: an object of known entries.

    Raises:
        SchemaError: it is none; the message names the entry.
    """
    if not isinstance(given, Mapping):
        raise SchemaError(f"source must be a JSON object, however: found {type(given).__name__}")
    stray = next((key for key in given if key not in _KNOWN), None)
    if stray is not None:
        raise SchemaError(f"source must say {', '.join(_KNOWN)} only, however: found {str(stray)[:60]!r}")
    for key in _TEXTS:
        if not isinstance(given.get(key, ""), str):
            raise SchemaError(f"source: {key} must be text, however: found {given[key]!r}")
    above = given.get("lines_above", 0)
    if not is_whole(above) or above < 0:
        raise SchemaError(f"source: lines_above must be a whole number of at least 0, however: found {above!r}")
    if not isinstance(given.get("blanks", False), bool):
        raise SchemaError(f"source: blanks must be true or false, however: found {given['blanks']!r}")
    marks = given.get("missing", [])
    if not isinstance(marks, list) or not all(isinstance(mark, str) for mark in marks):
        raise SchemaError(f"source: missing must be a list of texts, however: found {marks!r}")
    _check_signs(given)
    columns = given.get("columns", {})
    if not isinstance(columns, Mapping) or not all(isinstance(said, Mapping) for said in columns.values()):
        raise SchemaError("source: columns must be an object of an object for each column, however: it is not")
    for name, said in columns.items():
        wrong = next((key for key, value in said.items() if not _COLUMN.get(key, _nothing)(value)), None)
        if wrong is not None:
            raise SchemaError(
                f"source: {wrong} of column {str(name)[:60]!r} must be as a file says it, however: it is not"
            )
    return dict(given)


def _of_no_value(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a column but not of what stands in it; formats of text are as long as the longest, and left out."""
    return {
        key: value
        for key, value in said.items()
        if key in {"label", "number_format", "measure", "width"}
        or (key == "format" and not _TEXT_FORMAT.match(str(value)))
    }


def _check_signs(given: Mapping[str, Any]) -> None:
    """Refuses an encoding that there is none of, and what is no one sign."""
    try:
        "a".encode(given.get("encoding", "utf-8"))
    except (LookupError, ValueError) as error:
        raise SchemaError(
            f"source: encoding must be one that Python knows, however: found {given['encoding'][:60]!r}"
        ) from error
    for key in ("delimiter", "quote"):
        mark = given.get(key, ",")
        if len(mark) != 1 or not mark.isascii() or mark in "\r\n":
            raise SchemaError(f"source: {key} must be one sign, however: found {mark[:60]!r}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_code(value: Any) -> bool:
    """A number or text; or a range of numbers."""
    if isinstance(value, Mapping):
        return set(value) == {"lo", "hi"} and all(_is_code(end) for end in value.values())
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _are_labels(value: Any) -> bool:
    pairs = isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value)  # noqa: PLR2004
    return pairs and all(_is_code(code) and not isinstance(code, Mapping) and _is_text(label) for code, label in value)


def _nothing(_: Any) -> bool:
    return False


_COLUMN: Final[dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("label", "format", "number_format", "measure"), _is_text),
    "mixed": lambda value: isinstance(value, bool),
    "truth": lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_text, value)),  # noqa: PLR2004
    "width": is_whole,
    "labels": _are_labels,
    "codes": lambda value: isinstance(value, list) and all(map(_is_code, value)),
}


def source_of_columns(
    source: Mapping[str, Any] | None, names: Collection[str], anew: Collection[str] = ()
) -> dict[str, Any] | None:
    """Gives a source that speaks of no columns but these, and of those that are made anew by no value: labels of columns, formats.

    Example:
        >>> said = {"id": {"label": "Number", "format": "F8.0", "codes": [-9]}, "sex": {"codes": [9]}, "age": {"label": "Age"}}
        >>> source_of_columns({"format": "SPSS", "columns": said}, {"sex"}, {"id"})["columns"]
        {'id': {'label': 'Number', 'format': 'F8.0'}, 'sex': {'codes': [9]}}
    """
    if not source:
        return None
    given = source.get("columns", {}).items()
    columns = {
        name: dict(said) if name in names else _of_no_value(said) for name, said in given if name in {*names, *anew}
    }
    columns = {name: said for name, said in columns.items() if said}
    rest = {key: value for key, value in source.items() if key != "columns"}
    return rest | ({"columns": columns} if columns else {})
