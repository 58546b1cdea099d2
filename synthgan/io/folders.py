"""Reads a folder of files of one format and one schema as one table, in the order of their names; folders may be partitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pyarrow as pa

from synthgan.data.containers.source import source_of, with_source
from synthgan.errors import DataError
from synthgan.io.csvfile import read_cells, read_csv, typed_cells
from synthgan.io.formats import endings, format_of
from synthgan.io.loggedtable import is_logged
from synthgan.io.memory import check_memory
from synthgan.io.packed import packing_of
from synthgan.io.plain import BESIDE
from synthgan.io.texttypes import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

_PARTITION: Final = re.compile(r"([^=]+)=(.*)")
_MISSING: Final = "__HIVE_DEFAULT_PARTITION__"
_MAX_FILES: Final = 100_000
_METADATA: Final = "metadata"  # which a folder of images may hold


def files_in(folder: Path) -> list[Path]:
    """Lists the files of a folder and of those in it, by name; not what is hidden, begins with _ or tells of another file.

    Raises:
        DataError: there are too many.
    """
    found: list[Path] = []
    for entry in _entries(folder):
        found += files_in(entry) if entry.is_dir() and not entry.is_symlink() else [entry]
        if len(found) > _MAX_FILES:
            raise DataError(f"{folder} must hold at most {_MAX_FILES:,} files, however: found more; read a part of it")
    return found


def is_of_tables(folder: Path) -> bool:
    """Says whether a folder is a Delta or Iceberg table, or its first file is a table, and not one that tells of images."""
    if is_logged(folder):
        return True
    entries = _entries(folder)
    if any(entry.name.partition(".")[0] == _METADATA for entry in entries):
        return False
    first = next((entry for entry in entries if not entry.is_dir()), None)
    if first is not None:
        return _is_table(first)
    return bool(entries) and is_of_tables(entries[0])


def _entries(folder: Path) -> list[Path]:
    """What is in a folder and neither hidden nor a mark, by name."""
    return sorted(
        entry
        for entry in folder.iterdir()
        if (not entry.name.startswith((".", "_")) or _PARTITION.fullmatch(entry.name))
        and not entry.name.endswith(BESIDE)
    )


def _is_table(path: Path) -> bool:
    name = path.name.lower()
    return name.removesuffix(packing_of(name)).endswith(endings())


def read_folder(folder: Path, check: Callable[[Path], Path]) -> Any:
    """Reads all files of a folder as one table; partitions such as ``year=2020/`` become columns behind the others.

    Args:
        folder: where they are.
        check: gives the path of a file that begins as its ending says, or raises.

    Raises:
        DataError: there is no file, or they are of several formats or have several schemas.
        ResourceError: they would unpack to more than fits into memory.
    """
    files = files_in(folder)
    if not files:
        raise DataError(f"{folder} must hold tables, however: found none")
    wanted = format_of(check(files[0]), look=True)
    is_text = wanted.read is read_csv  # whose columns are given types when all are there
    tables: list[pa.Table] = []
    parts: list[dict[str, str | None]] = []
    source: dict[str, Any] | None = None
    size = 0
    for path in files:
        found = format_of(check(path), look=True)
        if found.name != wanted.name:
            raise DataError(
                f"{path} must be {wanted.name} like {files[0].name}, however: found {found.name}; keep to one format"
            )
        read: Callable[[Path], Any] = found.plain.read if found.plain else found.read
        table = read_cells(path) if is_text else read(path)
        source = source or source_of(table)
        tables.append(table)
        parts.append(partition_of(path, folder))
        size += table.nbytes
        check_memory(folder, size)
        check_alike(tables[0], tables[-1], parts, path, files[0])
    table = with_source(_joined(tables, parts, folder), source)
    return typed_cells(table) if is_text else with_typed(table, parts[0])


def with_typed(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """The table with a type for each column of text that partitions said."""
    for name in names:
        table = table.set_column(table.column_names.index(name), name, typed(table.column(name)))
    return table


def partition_of(path: Path, folder: Path) -> dict[str, str | None]:
    """What the folders above a file say: ``year=2020/month=1``."""
    found = (_PARTITION.fullmatch(part) for part in path.relative_to(folder).parts[:-1])
    return {unquote(one[1]): None if one[2] == _MISSING else unquote(one[2]) for one in found if one}


def check_alike(first: pa.Table, table: pa.Table, parts: Sequence[Mapping[str, Any]], path: Path, model: Path) -> None:
    """Refuses a file that has other columns, or says others by its folders, than the first one."""
    if set(table.column_names) != set(first.column_names) or parts[-1].keys() != parts[0].keys():
        odd = sorted({*table.column_names, *parts[-1]} ^ {*first.column_names, *parts[0]})
        raise DataError(f"{path} must have the columns of {model.name}, however: {odd[0]!r} is in one of them only")


def _joined(tables: Sequence[pa.Table], parts: Sequence[Mapping[str, str | None]], folder: Path) -> pa.Table:
    names = tables[0].column_names
    try:
        table = pa.concat_tables([one.select(names) for one in tables], promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(
            f"{folder} must hold files whose types fit together, however: {str(error).splitlines()[0]}"
        ) from error
    for name in parts[0]:
        if name in names:
            raise DataError(f"{folder} must have partitions that are no columns, too, however: found {name!r} twice")
        repeated = [
            pa.repeat(pa.scalar(part[name], pa.string()), len(one)) for part, one in zip(parts, tables, strict=True)
        ]
        table = table.append_column(name, pa.chunked_array(repeated))
    return table
