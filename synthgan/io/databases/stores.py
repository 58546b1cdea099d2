"""The kinds of databases: how they are recognised, and what reads and writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.data.containers.origin import first_origin
from synthgan.data.containers.raw import names_of
from synthgan.data.rows import arrow_of
from synthgan.errors import DataError, PrivacyError
from synthgan.io.atomic import replacing
from synthgan.io.databases.addresses import address_of, is_url
from synthgan.io.databases.duckdbfile import read_duckdb, write_duckdb
from synthgan.io.databases.fhir.reading import is_fhir, read_fhir
from synthgan.io.databases.fhir.writing import write_fhir
from synthgan.io.databases.folder import read_tables, tables_in, write_tables
from synthgan.io.databases.holding import holding, with_types_of_keys
from synthgan.io.databases.sql import read_sql, write_sql
from synthgan.io.databases.sqlite import read_sqlite, write_sqlite
from synthgan.io.databases.stored import DUCKDB, FHIR, SQLITE
from synthgan.io.formats import endings
from synthgan.io.plain import first_bytes, is_folder, plain_file
from synthgan.io.readers import head_of, read_any_table
from synthgan.io.sidecar import write_beside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.containers.raw import Frame
    from synthgan.data.linked import DatabaseSchema
    from synthgan.io.databases.stored import Stored

DUCKDB_ENDINGS: Final = (".duckdb", ".ddb")
SQLITE_ENDINGS: Final = (".sqlite", ".sqlite3", ".db", ".db3")
_SQLITE_MARK: Final = b"SQLite format 3\x00"
_DUCKDB_MARK, _DUCKDB_AT = b"DUCK", 8
_PARQUET: Final = ".parquet"


def is_database(source: object) -> bool:
    """Whether a source holds linked tables: a URL, a file of SQLite or DuckDB, FHIR, or a folder of tables of different columns."""
    if is_url(source):
        return True
    if not isinstance(source, (str, Path)):
        return False
    path = Path(source)
    if path.name.lower().endswith((*DUCKDB_ENDINGS, *SQLITE_ENDINGS)):
        return True
    if is_fhir(path):
        return True
    return path.is_dir() and not path.name.lower().endswith(_PARQUET) and _differ(path)


def _differ(folder: Path) -> bool:
    """Whether the tables of a folder have different columns, so that they are not parts of one."""
    if any("=" in entry.name for entry in folder.iterdir() if entry.is_dir()):
        return False
    first = None
    for path in tables_in(folder).values():
        try:
            names = tuple(sorted(head_of(path)[0].names))
        except PrivacyError:  # a format whose columns cannot be known without a look at rows
            names = tuple(sorted(map(str, names_of(read_any_table(path)))))
        if first is not None and names != first:
            return True
        first = names
    return False


def read_database(source: str | Path) -> Stored:
    """Reads linked tables, and the keys that they declare.

    Args:
        source: a folder of files of any format, a file of SQLite (`.sqlite`, `.db`) or DuckDB (`.duckdb`), a SQL URL, or FHIR:
            a bundle, a file of a resource a line, or a folder of either.

    Raises:
        DataError: it is none of these, cannot be read, or holds no tables; secrets of a URL are never told.
    """
    stored = _read(source)
    if not stored.tables:
        shown = address_of(str(source)).shown if is_url(source) else source
        raise DataError(f"{shown} must hold tables, however: found none")
    return stored


def _read(source: str | Path) -> Stored:
    if is_url(source):
        kind, path = _local(str(source))
        if path is None:
            return read_sql(str(source))
        source = path
        reader: Any = read_sqlite if kind == "sqlite" else read_duckdb
        return reader(_checked(Path(source)))
    path = Path(source)
    if is_fhir(path):
        return read_fhir(path)
    if is_folder(path):
        return read_tables(path)
    _checked(path)
    head = first_bytes(path, 16)
    if head.startswith(_SQLITE_MARK):
        return read_sqlite(path)
    if head[_DUCKDB_AT:].startswith(_DUCKDB_MARK):
        return read_duckdb(path)
    raise DataError(
        f"{path} must be a folder of tables, or a file of SQLite or DuckDB, however: it is neither; name a file of linked tables"
    )


def _local(url: str) -> tuple[str, Path | None]:
    """The kind of a URL, and the file that it names where it is one of SQLite or DuckDB."""
    address = address_of(url)
    kind = address.shown.partition("://")[0].partition("+")[0].lower()
    if kind not in {"sqlite", "duckdb"}:
        return kind, None
    path = address.shown.partition("://")[2]
    return kind, Path(path.removeprefix("/"))  # three slashes and a relative path, or four and an absolute one


def _checked(path: Path) -> Path:
    if not plain_file(path, "a database"):
        raise DataError(f"{path} must hold tables, however: it is empty (0 bytes)")
    return path


def write_database(
    tables: Mapping[str, Frame],
    schema: DatabaseSchema,
    target: str | Path,
    *,
    kind: str = "",
    ending: str = "",
    private: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> Path | None:
    """Writes linked tables, all or nothing; keys that every row keeps become constraints where there are such.

    Args:
        tables: by name, those that are referred to before those that refer to them.
        schema: the keys of these tables.
        target: a file of SQLite or DuckDB by its ending, a SQL URL of a database without such tables, or a new folder. What has
            no such ending is a file of the kind that they came from, or a folder where that is none, or where text ends in "/".
        kind: what they came from, as ``Stored.kind`` says it; "" for tables.
        ending: of the files of a folder; "" for Parquet.
        private: whether a new file is its owner's alone.
        origin: where synthetic rows come from; None where the first of the tables carries it, and of real rows.

    Returns:
        The file or folder; None for a database behind a URL.

    Raises:
        DataError: it cannot be written there; secrets of a URL are never told.
        ResourceError: the disk is full.
    """
    path, origin = place_of(target, kind), origin or first_origin(tables.values())
    if path is None:
        write_sql(*_to_store(tables, schema), str(target), origin)
        return None
    writer = _writer(path)
    if writer is not None:
        ready = _to_store(tables, schema)
        with replacing(path, private=private) as temporary:
            writer(*ready, temporary)
            write_beside(path, temporary, origin, private=private)
    elif kind == FHIR:
        write_fhir(_arrow(tables), path, ending)
    else:
        write_tables(tables, path, ending or _PARQUET, origin)
    return path


def place_of(target: str | Path, kind: str) -> Path | None:
    """Where a sample of what came from a database of some kind is written; None for a database behind a URL."""
    if not is_url(target):
        return _placed(target, kind)
    scheme, local = _local(str(target))
    if local is None:
        return None
    return _placed(local if local.suffix else local.with_suffix(f".{scheme}"), kind)


def _placed(target: str | Path, kind: str) -> Path:
    """Where to write what came from a database of some kind: in a file of that kind, but for a folder or another ending."""
    path, ending = Path(target), {SQLITE: SQLITE_ENDINGS, DUCKDB: DUCKDB_ENDINGS}.get(kind)
    is_told = path.is_dir() or str(target).endswith("/") or path.name.lower().endswith(endings())
    return path if ending is None or is_told or _writer(path) else path.with_name(path.name + ending[0])


def _writer(path: Path) -> Any:
    name = path.name.lower()
    if name.endswith(SQLITE_ENDINGS):
        return write_sqlite
    return write_duckdb if name.endswith(DUCKDB_ENDINGS) else None


def _to_store(tables: Mapping[str, Frame], schema: DatabaseSchema) -> tuple[dict[str, pa.Table], DatabaseSchema]:
    """The tables, with keys of one type on both sides, and the keys that hold in every row."""
    import pandas as pd

    arrow = with_types_of_keys(_arrow(tables), schema)
    frames = {name: table.to_pandas(types_mapper=pd.ArrowDtype) for name, table in arrow.items()}
    return arrow, holding(schema, frames)


def _arrow(tables: Mapping[str, Any]) -> dict[str, pa.Table]:
    return {name: as_arrow(frame) for name, frame in tables.items()}


def as_arrow(frame: Any) -> pa.Table:
    """Gives a frame as Arrow, levels of an index as columns, and without what pandas says of itself."""
    return frame if isinstance(frame, pa.Table) else arrow_of(frame).replace_schema_metadata(None)
