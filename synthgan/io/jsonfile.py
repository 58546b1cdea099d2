"""Reads and writes JSON: a line for each row, or a list of an object for each."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.data.containers.source import source_of, with_source
from synthgan.io.memory import check_memory
from synthgan.io.mixed import column_of, number_in, plain_number, scalars_of, spelt_out
from synthgan.io.packed import packing, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_BLOCK_ROWS: Final = 10_000
_CELL_BYTES: Final = 64  # of a Python object and its place
_LIST: Final = b"["


def read_json(path: Path) -> pa.Table:
    """Reads a line of JSON for each row, or a list of an object for each; what an object lacks is missing.

    Numbers, truths and text stay what they are; where a column holds several of them, it is text. Dates are text.

    Raises:
        ResourceError: it would unpack to more than fits into memory.
        OSError: the file is damaged, or holds anything but objects.
    """
    with unpacked(path) as (_, file):
        columns, rows = _collected(_objects(file, path), path)
    arrays: list[pa.Array] = []
    about: dict[str, dict[str, Any]] = {}
    for name, cells in columns.items():
        cells.extend([None] * (rows - len(cells)))
        values, is_mixed = column_of(cells)
        arrays.append(values)
        about |= {name: {"mixed": True}} if is_mixed else {}
    source = {"format": "JSON"} | ({"columns": about} if about else {})
    return with_source(pa.Table.from_arrays(arrays, names=list(columns)), source)


def _objects(file: IO[bytes], path: Path) -> Iterator[Any]:
    """Each object of the file."""
    lines = iter(file.readline, b"")
    first = next((line for line in lines if line.strip()), b"").removeprefix(b"\xef\xbb\xbf")
    try:
        if first.lstrip().startswith(_LIST):
            blocks, size = [first], len(first)
            for line in lines:
                blocks.append(line)
                size += len(line)
                check_memory(path, size)
            yield from json.loads(b"".join(blocks))
            return
        for line in chain((first,), lines):
            if line.strip():
                yield json.loads(line)
    except (ValueError, RecursionError) as error:
        raise OSError(str(error).splitlines()[0]) from error


def _collected(objects: Iterator[Any], path: Path) -> tuple[dict[str, list[Any]], int]:
    """The cells of each column, and the number of rows."""
    columns: dict[str, list[Any]] = {}
    rows = 0
    while block := list(islice(objects, _BLOCK_ROWS)):
        for row in block:
            if not isinstance(row, dict):
                raise OSError(f"each row must be an object of names and values, but one is a {type(row).__name__}")
            for name, value in row.items():
                cells = columns.setdefault(name, [])
                cells.extend([None] * (rows - len(cells)))
                cells.append(None if isinstance(value, float) and math.isnan(value) else value)
            rows += 1
        check_memory(path, sum(map(len, columns.values())) * _CELL_BYTES)
    return columns, rows


def write_lines(tables: Iterator[pa.Table], path: Path, ending: str) -> int:
    """Writes a line of JSON for each row, and gives the number of rows; moments are ISO 8601 text."""
    rows = 0
    with _stream(path, ending) as stream:
        for table in tables:
            for line in _lines(table):
                stream.write(line.encode() + b"\n")
            rows += table.num_rows
    return rows


def write_list(tables: Iterator[pa.Table], path: Path, ending: str) -> int:
    """Writes a list of an object for each row, and gives the number of rows."""
    rows = 0
    with _stream(path, ending) as stream:
        for table in tables:
            for line in _lines(table):
                stream.write((b",\n" if rows else b"[\n") + line.encode())
                rows += 1
        stream.write(b"\n]\n" if rows else b"[]\n")
    return rows


def _stream(path: Path, ending: str) -> Any:
    return packing(path, ending)


def _lines(table: pa.Table) -> Iterator[str]:
    about = (source_of(table) or {}).get("columns", {})
    columns = [_cells(table.column(name), about.get(name, {})) for name in table.column_names]
    for row in zip(*columns, strict=True):
        yield json.dumps(dict(zip(table.column_names, row, strict=True)), ensure_ascii=False, allow_nan=False)


def _cells(column: pa.ChunkedArray, said: Mapping[str, Any]) -> Iterable[Any]:
    values = scalars_of(spelt_out(column))
    return [_json(number_in(value) if said.get("mixed") and isinstance(value, str) else value) for value in values]


def _json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return plain_number(value) if isinstance(value, Decimal) else value
