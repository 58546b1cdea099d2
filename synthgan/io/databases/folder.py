"""Reads and writes a folder in which every file is a table, called as its file is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.errors import DataError
from synthgan.io.atomic import new_folder
from synthgan.io.databases.stored import FOLDER, Stored
from synthgan.io.folders import files_in
from synthgan.io.formats import ending_of, endings
from synthgan.io.packed import packing_of
from synthgan.io.readers import read_any_table
from synthgan.io.writers import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from synthgan.data.containers.raw import Frame


def tables_in(folder: Path) -> dict[str, Path]:
    """Lists the files of a folder that are tables, by the names of the tables.

    Raises:
        DataError: two files are called alike.
    """
    found: dict[str, Path] = {}
    for path in files_in(folder):
        if path.parent != folder or not path.name.lower().removesuffix(packing_of(path.name)).endswith(endings()):
            continue
        name = path.name[: -len(ending_of(path))]
        if name in found:
            raise DataError(
                f"{folder} must hold each table once, however: found {found[name].name!r} and {path.name!r}; remove one"
            )
        found[name] = path
    return found


def read_tables(folder: Path) -> Stored:
    """Reads every file of a folder as a table; one may have no rows.

    Raises:
        DataError: there is none, or one cannot be read.
    """
    found = tables_in(folder)
    tables = {name: read_any_table(path) for name, path in found.items()}
    ending = ending_of(next(iter(found.values()))) if found else ""
    return Stored(FOLDER, folder.name, tables, ending=ending)


def write_tables(
    tables: Mapping[str, Frame], folder: Path, ending: str, origin: Mapping[str, Any] | None = None
) -> None:
    """Writes every table as a file of a new folder, which appears whole or not at all.

    Args:
        tables: by name.
        folder: where; there is nothing, or an empty folder.
        ending: of the files, such as ".parquet" or ".csv.gz".
        origin: where synthetic rows come from; None where the tables carry it, and of real rows.

    Raises:
        DataError: the place cannot be written, something stands there, or the name of a table is none of a file.
        ResourceError: the disk is full.
    """
    odd = next(
        (name for name in tables if not name or "/" in name or "\\" in name or name.startswith((".", "_"))), None
    )
    if odd is not None:
        raise DataError(f"a table's name must be one that a file can have, however: found {odd!r}; rename it")
    with new_folder(folder) as temporary:
        for name, frame in tables.items():
            write_table(frame, temporary / f"{name}{ending}", origin=origin)
