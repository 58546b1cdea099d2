"""Describes a file of synthetic rows in Croissant, the JSON-LD by which machines know data sets (MLCommons, version 1.0)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from synthgan.data.rows import arrow_of
from synthgan.errors import DataError
from synthgan.io.databases.ddl import sort_of
from synthgan.io.formats import ending_of, format_of
from synthgan.io.hashing import sha256_of
from synthgan.io.plain import plain_file
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
    """Return what a file of synthetic rows is, as JSON-LD; the same file gives the same text.

    Of the rows it says their number, and of columns names and types alone. Licence, address and author are its owner's to add.

    Raises:
        DataError: If it is no table, or does not say that its rows are synthetic.
    """
    path = Path(path)
    plain_file(path)
    origin = origin_at(path)
    if origin is None:
        raise DataError(
            f"{path} must say that its rows are synthetic, however: it does not; draw them with `synthgan sample` into a file of their own"
        )
    table = arrow_of(read_any_table(path))
    distribution = {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": plain(path.name),
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _MEDIA.get(format_of(path).name, "application/octet-stream"),
        "sha256": sha256_of(path).hex(),
    }
    name = path.name.removesuffix(ending_of(path))
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": plain(name),
        "description": _description(origin, len(table)),
        "conformsTo": CONFORMS,
        "keywords": ["synthetic data", "tabular"],
        "version": "1.0.0",
        **({"datePublished": origin["made"]} if isinstance(origin.get("made"), str) else {}),
        "distribution": [distribution],
        "recordSet": [_row_set(table.schema, path.name)],
    }
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _description(origin: Mapping[str, Any], rows: int) -> str:
    """What it is, in sentences."""
    what = "Synthetic rows beside real ones" if "real" in origin else "Synthetic rows"
    promise = origin.get("privacy")
    proof = "Nothing is proved of the privacy of who was learned."
    if isinstance(promise, dict):
        proof = f"Differentially private: ε = {promise.get('epsilon')}, δ = {promise.get('delta')} for {promise.get('unit')}."
    model = f"by {origin.get('by')} from the model with the tensors SHA-256 {origin.get('model')}"
    return plain(f"{what}: {rows:,}, drawn {model}. {proof}", longest=1000)


def _row_set(schema: pa.Schema, file: str) -> dict[str, Any]:
    """The columns, with their types."""
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"rows/{number}",
            "name": plain(column.name),
            "dataType": _TYPES.get(sort_of(column.type), "sc:Text"),
            "source": {"fileObject": {"@id": file}, "extract": {"column": column.name}},
        }
        for number, column in enumerate(schema)
    ]
    return {"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": fields}
