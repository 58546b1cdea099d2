"""Reads the schema of linked tables from a file that somebody may have edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.data.linked import DatabaseSchema
from synthgan.errors import SchemaError
from synthgan.io.plain import plain_file
from synthgan.io.reasons import reason_of

if TYPE_CHECKING:
    from pathlib import Path


def read_database_schema(path: Path) -> DatabaseSchema:
    """Reads what `synthgan schema` wrote of linked tables.

    Raises:
        SchemaError: the file is not there, or is no such schema; the message names the file.
    """
    plain_file(path, "a schema", SchemaError, remedy="make one with `synthgan schema SOURCE`")
    try:
        return DatabaseSchema.from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path}: a schema must be UTF-8 text, however: it is not") from error
    except OSError as error:
        raise SchemaError(f"{path} must be a schema to read, however: {reason_of(error)}") from error
    except SchemaError as error:
        raise SchemaError(f"{path}: {error.message}", remedy=error.remedy) from error
