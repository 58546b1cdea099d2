"""Reads Delta and Iceberg tables: folders of Parquet files whose log says which of them count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from synthgan.errors import DataError, SynthganError
from synthgan.io.extras import required
from synthgan.io.memory import check_memory
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

_DELTA, _ICEBERG = "_delta_log", "metadata"
# 00003-5f8….metadata.json of most catalogs, v3.metadata.json of Hadoop's.
_VERSION: Final = re.compile(r"v?(\d+)(?:-.+)?(?:\.gz)?\.metadata\.json")


def is_logged(folder: Path) -> bool:
    """Whether a folder is a Delta or an Iceberg table: read as a folder, rows that were deleted would come back."""
    return (folder / _DELTA).is_dir() or bool(_versions(folder))


def read_logged(folder: Path) -> pa.Table:
    """Reads the latest version of a Delta or Iceberg table.

    Raises:
        DataError: it is damaged, or the package for it is not installed.
        ResourceError: it would take more than fits into memory.
    """
    kind, read = ("a Delta", _read_delta) if (folder / _DELTA).is_dir() else ("an Iceberg", _read_iceberg)
    try:
        table = read(folder)
    except SynthganError:
        raise
    except Exception as error:
        raise DataError(f"{folder} must be {kind} table that can be read, however: {one_line(error)}") from error
    check_memory(folder, table.nbytes)
    return table.replace_schema_metadata(None)


def _read_delta(folder: Path) -> pa.Table:
    found = required("deltalake", "delta").DeltaTable(str(folder))
    check_memory(folder, sum(found.get_add_actions(flatten=True)["size_bytes"].to_pylist()))
    table: pa.Table = found.to_pyarrow_table()
    return table


def _read_iceberg(folder: Path) -> pa.Table:
    package, latest = required("pyiceberg.table", "iceberg"), _latest(folder)
    scan = package.StaticTable.from_metadata(str(latest.resolve())).scan()
    check_memory(folder, sum(task.file.file_size_in_bytes for task in scan.plan_files()))
    table: pa.Table = scan.to_arrow()
    return table


def _versions(folder: Path) -> dict[Path, int]:
    """The versions of an Iceberg table that its folder holds."""
    found = {path: _VERSION.fullmatch(path.name) for path in (folder / _ICEBERG).glob("*.metadata.json")}
    return {path: int(named[1]) for path, named in found.items() if named}


def _latest(folder: Path) -> Path:
    """The version that counts, as far as a folder can say it: a catalog knows for sure, and is not asked.

    Raises:
        DataError: two are as late, as where two writers met and the catalog took one.
    """
    versions = _versions(folder)
    last = max(versions.values())
    found = sorted(path for path, version in versions.items() if version == last)
    if len(found) > 1:
        raise DataError(
            f"{folder} must have one latest version, however: {found[0].name} and {found[1].name} are as late; remove the one that its "
            "catalog does not name"
        )
    return found[0]
