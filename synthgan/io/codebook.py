"""Reads a codebook: what is publicly known of the columns of a table, as CSV or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from synthgan.errors import SchemaError
from synthgan.io.memory import check_memory
from synthgan.io.plain import plain_file
from synthgan.io.readers import read_plainly
from synthgan.io.reasons import reason_of

if TYPE_CHECKING:
    from pathlib import Path


def read_codebook(path: Path) -> list[dict[str, Any]]:
    """Reads a codebook: one mapping for each column that it speaks of, with ``name`` and other attributes of a column.

    Args:
        path: a table with the columns name, kind, levels (parted by bars), minimum, maximum, decimals, unit, …, of which
            cells may be empty; or JSON (.json): a list of objects, or an object with one for each name.

    Raises:
        SchemaError: it is none.
        DataError: the table cannot be read.
    """
    if path.suffix.lower() != ".json":
        rows = read_plainly(path, declared=True).to_pylist()
        if rows and "name" not in rows[0]:
            raise SchemaError(f"{path}: a codebook must have a column 'name', however: found {', '.join(rows[0])}")
        return [{key: value for key, value in row.items() if value not in (None, "")} for row in rows]
    if path.exists():
        check_memory(path, plain_file(path, "a codebook", SchemaError))
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaError(f"{path}: the codebook cannot be read ({reason_of(error)})") from error
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{path}: a codebook must be JSON, however: {error}") from error
    if isinstance(given, dict):
        given = [{"name": name, **entry} if isinstance(entry, dict) else entry for name, entry in given.items()]
    if not isinstance(given, list) or not all(isinstance(entry, dict) and "name" in entry for entry in given):
        raise SchemaError(
            f"{path}: a codebook must be a list of objects with a name each, however: it is something else"
        )
    return given
