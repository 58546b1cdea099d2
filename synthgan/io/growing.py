"""Writes a file of columns batch by batch, in types that widen when a later batch needs it."""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from synthgan.data.containers.source import with_source
from synthgan.errors import DataError
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class GrowingFile(ABC):
    """A file that is being written; where its types widen, what was written is written again.

    Attributes:
        rows: how many were written.
    """

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._path = path
        self._schema: Any = None
        self._writer: Any = None

    @abstractmethod
    def _opened(self, path: Path, schema: pa.Schema) -> Any:
        """A new file of that schema, as something with `write_table` and `close`."""

    @abstractmethod
    def _parts(self, path: Path) -> Iterator[pa.Table]:
        """What was written to a file, batch by batch."""

    def _as_written(self, table: pa.Table) -> pa.Table:
        """A batch in the form that the file holds it."""
        return table

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, tables: Iterator[pa.Table]) -> int:
        """Appends batches, and gives the number of rows.

        Raises:
            DataError: they do not fit together.
        """
        with self:
            for given in tables:
                table = with_source(given, None)  # what it came from was another file
                if self._schema is None:
                    self._open(table.schema)
                elif not table.schema.equals(self._schema):
                    self._widen(table.schema)
                self._append(table)
                self.rows += table.num_rows
        return self.rows

    def _open(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = self._opened(self._path, schema)

    def _append(self, table: pa.Table) -> None:
        self._writer.write_table(self._as_written(table.cast(self._schema)))

    def _widen(self, schema: pa.Schema) -> None:
        if schema.names != self._schema.names:
            raise DataError(
                f"batches must have the same columns, however: found {schema.names} after {self._schema.names}"
            )
        try:
            wider = pa.unify_schemas([self._schema, schema], promote_options="permissive")
        except pa.ArrowException as error:
            raise DataError(f"batches must have types that fit together, however: {one_line(error)}") from error
        if wider.equals(self._schema):
            return
        self._writer.close()
        narrow = self._path.with_suffix(".narrow")
        self._path.replace(narrow)
        rights = stat.S_IMODE(narrow.stat().st_mode)
        os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights))
        try:
            self._open(wider)
            for part in self._parts(narrow):
                self._append(part)
        finally:
            narrow.unlink()
