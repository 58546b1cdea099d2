"""Reads keys from JSON that somebody may have edited, and names the table where something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from synthgan.data.keys import DECLARED, ForeignKey, KeyKind, Question, TableKeys
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean_or_known

_TABLE: Final = ("primary_key", "owner", "references", "order")
_KEY: Final = ("columns", "table", "referenced", "kind", "nullable", "found_by")


def read_table_keys(name: str, given: Any) -> TableKeys:
    """Reads the keys of a table.

    Raises:
        SchemaError: they are none.
    """
    where = f"table {name!r}"
    _check(given, _TABLE, where)
    primary, order = given.get("primary_key"), given.get("order")
    owner, references = given.get("owner"), given.get("references", [])
    if not isinstance(references, list):
        raise SchemaError(f"{where}: references must be a list of keys, however: found {references!r}")
    keys = [] if owner is None else [_read_key(owner, f"{where}: owner", "owner")]
    keys += [_read_key(one, f"{where}: a reference", None) for one in references]
    columns, found_by = _said(primary, "columns", f"{where}: primary_key")
    column, how = _said(order, "column", f"{where}: order")
    if column is not None and not isinstance(column, str):
        raise SchemaError(f"{where}: order must name one column, however: found {column!r}")
    try:
        return TableKeys(
            None if columns is None else _names(columns, f"{where}: primary_key"), found_by, tuple(keys), column, how
        )
    except SchemaError as error:
        raise SchemaError(f"{where}: {error.message}") from error


def read_question(given: Any) -> Question:
    """Reads a key that is asked for.

    Raises:
        SchemaError: it is none.
    """
    _check(given, ("of", *_KEY), "a key that is asked for")
    return Question(str(given.get("of")), _read_key({**given, "of": None}, "a key that is asked for", None))


def _read_key(given: Any, where: str, kind: KeyKind | None) -> ForeignKey:
    _check(given, (*_KEY, "of"), where)
    table, nullable, found_by = given.get("table"), given.get("nullable", True), given.get("found_by", DECLARED)
    if not isinstance(table, str) or not isinstance(nullable, bool) or not isinstance(found_by, str):
        raise SchemaError(f"{where} must name a table, and say whether it may be missing, however: it does not")
    columns, referenced = (_names(given.get(name), f"{where}: {name}") for name in ("columns", "referenced"))
    try:
        return ForeignKey(columns, table, referenced, kind or given.get("kind", "reference"), nullable, found_by)
    except SchemaError as error:
        raise SchemaError(f"{where}: {error.message}", remedy=error.remedy) from error


def _said(given: Any, what: str, where: str) -> tuple[Any, str]:
    """What an entry says, and what it was found by; nothing where there is none."""
    if given is None:
        return None, DECLARED
    _check(given, (what, "found_by"), where)
    found_by = given.get("found_by", DECLARED)
    if given.get(what) is None or not isinstance(found_by, str):
        raise SchemaError(f"{where} must say {what} and found_by, however: it does not")
    return given[what], found_by


def _names(given: Any, where: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        raise SchemaError(f"{where} must be a list of the names of columns, however: found {given!r}")
    return tuple(given)


def _check(given: Any, known: tuple[str, ...], where: str) -> None:
    if not isinstance(given, Mapping):
        raise SchemaError(f"{where} must be a JSON object, however: found {given!r}")
    stray = next((key for key in given if key not in known), None)
    if stray is not None:
        raise SchemaError(
            f"{where} must say {', '.join(known)} only, however: found {stray!r}",
            remedy=did_you_mean_or_known(stray, known),
        )
