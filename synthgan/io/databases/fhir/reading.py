"""Reads FHIR bundles, and files of a resource a line, as linked tables."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.errors import DataError
from synthgan.io.databases.fhir.paths import value_at
from synthgan.io.databases.fhir.resources import BY_KIND, RESOURCES, Part, Resource, keys_of_tables
from synthgan.io.databases.stored import FHIR, Stored
from synthgan.io.databases.values import table_of
from synthgan.io.folders import files_in
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BUNDLE, LINES = ".json", ".ndjson"
_HEAD_BYTES: Final = 65_536
_IS_RESOURCE: Final = re.compile(rb'"resourceType"\s*:\s*"')
_IS_BUNDLE: Final = re.compile(rb'"resourceType"\s*:\s*"Bundle"')


def is_fhir(path: Path) -> bool:
    """Whether a file is a bundle, or one of resources, a line each; or a folder whose first file is one."""
    if path.is_dir():
        first = next((one for one in files_in(path) if one.suffix.lower() in (BUNDLE, LINES)), None)
        return first is not None and is_fhir(first)
    if path.suffix.lower() not in (BUNDLE, LINES) or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return (_IS_BUNDLE if path.suffix.lower() == BUNDLE else _IS_RESOURCE).search(head) is not None


def read_fhir(path: Path) -> Stored:
    """Reads patients, encounters, conditions, observations and requests of medication; other resources are left out.

    Args:
        path: a bundle, a file of a resource a line, or a folder of either.

    Raises:
        DataError: a file is damaged, or no such resource is there.
    """
    files = [one for one in files_in(path) if one.suffix.lower() in (BUNDLE, LINES)] if path.is_dir() else [path]
    rows: dict[str, list[dict[str, Any]]] = {}
    drugs: dict[str, Any] = {}
    for file in files:
        for resource in _resources(file):
            _add(resource, rows, drugs)
    if not rows:
        raise DataError(f"{path} must hold FHIR resources ({', '.join(BY_KIND)}), however: found none")
    _name_drugs(rows.get("medication_request", []), drugs)
    tables = {}
    for one in RESOURCES:
        if one.table in rows:
            tables[one.table] = _table(rows[one.table], ["id"], one.parts, one.table)
        if one.below is not None and one.below[1] in rows:
            tables[one.below[1]] = _table(
                rows[one.below[1]], [f"{one.table}_id", "position"], one.below[2], one.below[1]
            )
    keys = keys_of_tables({name: table.column_names for name, table in tables.items()})
    ending = files[0].suffix.lower()
    return Stored(FHIR, path.name, tables, keys, ending=ending)


def _resources(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            if file.suffix.lower() == LINES:
                found: Iterable[Any] = [json.loads(line) for line in stream if line.strip()]
            else:
                given = json.load(stream)
                entries = given.get("entry", []) if isinstance(given, dict) else []
                found = [entry.get("resource") for entry in entries if isinstance(entry, dict)]
    except (OSError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise DataError(f"{file} must be a readable FHIR file, however: {one_line(error)}") from error
    yield from (one for one in found if isinstance(one, dict))


def _add(resource: dict[str, Any], rows: dict[str, list[dict[str, Any]]], drugs: dict[str, Any]) -> None:
    kind, key = resource.get("resourceType"), resource.get("id")
    if kind == "Medication" and isinstance(key, str):
        drugs[key] = resource.get("code")
    known = BY_KIND.get(str(kind))
    if known is None or not isinstance(key, str):
        return
    row = {"id": key} | _row(resource, known.parts)
    if known.kind == "MedicationRequest" and row["medication"] is None:
        row["drug"] = _referred(value_at(resource, "medicationReference.reference"))
    rows.setdefault(known.table, []).append(row)
    _add_below(resource, known, key, rows)


def _add_below(resource: dict[str, Any], known: Resource, key: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    if known.below is None:
        return
    name, table, parts = known.below
    entries = resource.get(name)
    for at, entry in enumerate(entries if isinstance(entries, list) else ()):
        rows.setdefault(table, []).append({f"{known.table}_id": key, "position": at + 1} | _row(entry, parts))


def _row(resource: Any, parts: Iterable[Part]) -> dict[str, Any]:
    found = {}
    for part in parts:
        value = value_at(resource, part.path)
        if value is None and part.instead:
            value = value_at(resource, part.instead)
        found[part.column] = _referred(value) if part.refers else value
    return found


def _referred(reference: Any) -> str | None:
    """The id that a reference names: of ``Patient/5``, ``urn:uuid:5`` or an address; None of a search.

    Example:
        >>> _referred("https://x.org/fhir/Patient/5/_history/2"), _referred("urn:uuid:5"), _referred("Patient?name=5")
        ('5', '5', None)
    """
    if not isinstance(reference, str) or "?" in reference:
        return None
    return re.split(r"[/:]", reference.partition("/_history")[0])[-1].removeprefix("#") or None


def _name_drugs(requests: list[dict[str, Any]], drugs: dict[str, Any]) -> None:
    """Gives requests that refer to a medication its code."""
    for row in requests:
        code = drugs.get(row.pop("drug", None) or "")
        for end, step in (("", "code"), ("_system", "system"), ("_display", "display")):
            if code is not None and row[f"medication{end}"] is None:
                row[f"medication{end}"] = value_at(code, f"coding[0].{step}")


def _table(rows: list[dict[str, Any]], first: list[str], parts: Iterable[Part], name: str) -> pa.Table:
    """The table of rows; columns without any value are left out."""
    parts = tuple(parts)
    names = first + [part.column for part in parts if any(row[part.column] is not None for row in rows)]
    table = table_of(names, [[tuple(row[column] for column in names) for row in rows]], f"FHIR {name}")
    for part in parts:
        if part.is_time and part.column in names:
            at = names.index(part.column)
            table = table.set_column(at, part.column, _times(table.column(at).to_pylist()))
    return table


def _times(values: list[Any]) -> pa.Array:
    """Times as dates, or as moments in UTC, where all are whole ones; else as text."""
    for read, kind in ((dt.date.fromisoformat, pa.date32()), (_moment, pa.timestamp("us", "UTC"))):
        try:
            return pa.array([None if value is None else read(value) for value in values], kind)
        except (ValueError, TypeError):
            continue
    return pa.array([None if value is None else str(value) for value in values], pa.large_string())


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(dt.UTC)
