"""Describes synthetic rows, in a file or a folder of parts, in Croissant: JSON-LD by which machines know data sets (MLCommons, 1.0)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

from synthgan.data.rows import arrow_of
from synthgan.errors import DataError
from synthgan.io.databases.ddl import sort_of
from synthgan.io.folders import files_in
from synthgan.io.formats import ending_of, format_of
from synthgan.io.hashing import sha256_of
from synthgan.io.plain import is_folder, plain_file
from synthgan.io.readers import read_any_table
from synthgan.io.sidecar import origin_at
from synthgan.report.wording import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

CONFORMS: Final = "http://mlcommons.org/croissant/1.0"
# As the specification prints it: https://docs.mlcommons.org/croissant/docs/croissant-spec.html#appendix-1-json-ld-context
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        name: f"cr:{name}"
        for name in (
            *(
                "extract",
                "field",
                "fileProperty",
                "fileObject",
                "fileSet",
                "format",
                "includes",
                "isLiveDataset",
                "jsonPath",
            ),
            *(
                "key",
                "md5",
                "parentField",
                "path",
                "recordSet",
                "references",
                "regex",
                "repeated",
                "replace",
                "separator",
            ),
            *("source", "subField", "transform"),
        )
    },
    "sc": "https://schema.org/",
}
_MEDIA: Final = {
    "Parquet": "application/x-parquet",
    "CSV": "text/csv",
    "Excel": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "JSON lines": "application/jsonlines",
    "JSON": "application/json",
    "Arrow": "application/vnd.apache.arrow.file",
}
_TYPES: Final = {
    "whole": "sc:Integer",
    "number": "sc:Float",
    "decimal": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "moment": "sc:DateTime",
}


def croissant_of(path: str | Path) -> str:
    """Return what a file of synthetic rows is, or a folder of parts, as JSON-LD; the same file gives the same text.

    Of the rows it says their number, and of columns names and types alone. Paths in it lead from where the file or folder
    lies. Licence, address and author are its owner's to add.

    Raises:
        DataError: If it is no table, or does not say that its rows are synthetic.
    """
    path = Path(path)
    whole = is_folder(path)
    if not whole:
        plain_file(path)
    origin = origin_at(path)
    if origin is None:
        raise DataError(
            f"{path} must say that its rows are synthetic, however: it does not; draw them with `synthgan sample` into a file of their own"
        )
    schema, rows, distribution = _parts(path) if whole else _file(path)
    name = path.resolve().name if whole else path.name.removesuffix(ending_of(path))
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": plain(name),
        "description": _description(origin, rows),
        "conformsTo": CONFORMS,
        "keywords": ["synthetic data", "tabular"],
        "version": "1.0.0",
        **({"datePublished": origin["made"]} if isinstance(origin.get("made"), str) else {}),
        "distribution": distribution,
        "recordSet": [_row_set(schema, distribution[-1])],
    }
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _file(path: Path) -> tuple[pa.Schema, int, list[dict[str, Any]]]:
    """The columns of a file, its number of rows, and what tells of the file."""
    table = arrow_of(read_any_table(path))
    return table.schema, len(table), [_object(path, path.name)]


def _parts(folder: Path) -> tuple[pa.Schema, int, list[dict[str, Any]]]:
    """The columns of a folder of parts, their number of rows, and what tells of each part, then of all together.

    Raises:
        DataError: They are not Parquet files of the same columns.
    """
    paths, name = files_in(folder), folder.resolve().name
    heads = [pq.read_metadata(path) if path.suffix == ".parquet" else None for path in paths]
    first = heads[0].schema.to_arrow_schema() if heads and heads[0] else None
    rows = 0
    for path, head in zip(paths, heads, strict=True):
        if head is None or not head.schema.to_arrow_schema().equals(first):
            raise DataError(
                f"{folder} must hold parts of one table in Parquet, however: {path.name} is none; name one file of it"
            )
        rows += head.num_rows
    assert first is not None  # noqa: S101 (one without files does not say that its rows are synthetic)
    listed = [_object(path, f"{name}/{path.relative_to(folder).as_posix()}") for path in paths]
    together = {"@type": "cr:FileSet", "@id": name, "name": plain(name), "encodingFormat": _MEDIA["Parquet"]}
    return first, rows, [*listed, together | {"includes": f"{name}/*.parquet"}]


def _object(path: Path, place: str) -> dict[str, Any]:
    """What tells of a file; its place is where it lies beside the description."""
    return {
        "@type": "cr:FileObject",
        "@id": place,
        "name": plain(place),
        "contentUrl": place,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _MEDIA.get(format_of(path).name, "application/octet-stream"),
        "sha256": sha256_of(path).hex(),
    }


def _description(origin: Mapping[str, Any], rows: int) -> str:
    """What it is, in sentences."""
    what = "Synthetic rows beside real ones" if "real" in origin else "Synthetic rows"
    promise = origin.get("privacy")
    proof = "Nothing is proved of the privacy of who was learned."
    if isinstance(promise, dict):
        proof = f"Differentially private: ε = {promise.get('epsilon')}, δ = {promise.get('delta')} for {promise.get('unit')}."
    model = f"by {origin.get('by')} from the model with the tensors SHA-256 {origin.get('model')}"
    return plain(f"{what}: {rows:,}, drawn {model}. {proof}", longest=1000)


def _row_set(schema: pa.Schema, source: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a file or of a set of files, with their types."""
    kind = "fileSet" if source["@type"] == "cr:FileSet" else "fileObject"
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"rows/{number}",
            "name": plain(column.name),
            "dataType": _TYPES.get(sort_of(column.type), "sc:Text"),
            "source": {kind: {"@id": source["@id"]}, "extract": {"column": column.name}},
        }
        for number, column in enumerate(schema)
    ]
    return {"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": fields}
