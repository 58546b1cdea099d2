"""Writes linked tables as FHIR bundles, a bundle for each patient, or as files of a resource a line."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from synthgan.errors import DataError
from synthgan.io.atomic import new_folder, replacing
from synthgan.io.databases.fhir.paths import put
from synthgan.io.databases.fhir.reading import BUNDLE, LINES
from synthgan.io.databases.fhir.resources import BY_KIND, RESOURCES, SYNTHETIC, TABLES, Part, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


def write_fhir(tables: Mapping[str, pa.Table], target: Path, ending: str) -> None:
    """Writes resources, each of them marked as made up.

    Args:
        tables: as `synthgan.io.databases.fhir.reading.read_fhir` gives them.
        target: a bundle where it ends in ``.json``; else a new folder.
        ending: of the files of a folder: ``.json`` for a bundle for each patient, ``.ndjson`` for a file for each type.

    Raises:
        DataError: a table is none of FHIR, or an id is none; or it cannot be written there.
        ResourceError: the disk is full.
    """
    stray = next((name for name in tables if name not in TABLES), None)
    if stray is not None:
        raise DataError(f"tables to write as FHIR must be {', '.join(TABLES)}, however: found {stray!r}; leave it out")
    found = list(_resources(tables))
    if target.suffix.lower() == BUNDLE:
        with replacing(target) as temporary:
            temporary.write_text(_bundle(found), encoding="utf-8")
        return
    with new_folder(target) as folder:
        for name, text in (_lines(found) if ending == LINES else _bundles(found)).items():
            (folder / name).write_text(text, encoding="utf-8")


def _resources(tables: Mapping[str, pa.Table]) -> Iterator[dict[str, Any]]:
    for known in RESOURCES:
        if known.table not in tables:
            continue
        below = _below(tables, known)
        for row in tables[known.table].to_pylist():
            key = str(row.get("id"))
            if not _ID.fullmatch(key):
                raise DataError(
                    f"table {known.table!r}: id must be one of FHIR (letters, digits, - and .), however: found {key!r}"
                )
            resource = {"resourceType": known.kind, "id": key, "meta": SYNTHETIC} | _nested(row, known.parts)
            for path, value in known.required.items():
                resource.setdefault(path, value)
            if known.below is not None and key in below:
                resource[known.below[0]] = below[key]
            yield resource


def _below(tables: Mapping[str, pa.Table], known: Resource) -> dict[str, list[dict[str, Any]]]:
    """The entries of lists in resources, by the id of the resource."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if known.below is None or known.below[1] not in tables:
        return found
    rows = tables[known.below[1]].to_pylist()
    for row in sorted(rows, key=lambda row: row.get("position") or 0):
        found[str(row[f"{known.table}_id"])].append(_nested(row, known.below[2]))
    return found


def _nested(row: Mapping[str, Any], parts: Iterable[Part]) -> dict[str, Any]:
    resource: dict[str, Any] = {}
    for part in parts:
        value = row.get(part.column)
        if value is not None and value == value:  # noqa: PLR0124 (NaN is missing)
            put(resource, part.path, f"{part.refers}/{value}" if part.refers else _plain(value))
    return resource


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return value if isinstance(value, (str, bool, int, float)) else str(value)


def _bundle(resources: Iterable[dict[str, Any]]) -> str:
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, ensure_ascii=False, indent=1)


def _bundles(resources: Iterable[dict[str, Any]]) -> dict[str, str]:
    """A bundle for each patient, by the names of files; what belongs to nobody is in one of its own."""
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in resources:
        whom = one["id"] if one["resourceType"] == "Patient" else one.get("subject", {}).get("reference", "nobody")
        grouped[whom.removeprefix("Patient/")].append(one)
    return {f"{whom}{BUNDLE}": _bundle(ones) for whom, ones in grouped.items()}


def _lines(resources: Iterable[dict[str, Any]]) -> dict[str, str]:
    grouped: dict[str, list[str]] = {kind: [] for kind in BY_KIND}
    for one in resources:
        grouped[one["resourceType"]].append(json.dumps(one, ensure_ascii=False))
    return {f"{kind}{LINES}": "\n".join(lines) + "\n" for kind, lines in grouped.items() if lines}
