"""Where rows stand that are read piece by piece: in files of a folder, in a lazy frame, in a query."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.parquet

from synthgan.data.containers.raw import first_repeated
from synthgan.errors import DataError
from synthgan.io.csvfile import read_cells, typed_cells
from synthgan.io.folders import check_alike, files_in, is_of_tables, partition_of, with_typed
from synthgan.io.formats import format_of
from synthgan.io.loggedtable import is_logged
from synthgan.io.parquet import as_pandas
from synthgan.io.plain import is_folder
from synthgan.io.readers import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from synthgan.data import Frame

BATCH_ROWS = 131_072
_PARQUET, _CSV = "Parquet", "CSV"


class Source(Protocol):
    """Rows in pieces, each of which may be read by anybody, and again.

    Attributes:
        pieces: how many there are.
        rows: of all pieces; None where nobody knows before they are read; so of ``columns``.
        spreads: whether a piece can be read by another process.
    """

    @property
    def pieces(self) -> int:
        """How many pieces."""

    @property
    def rows(self) -> int | None:
        """How many rows."""

    @property
    def columns(self) -> int | None:
        """How many columns."""

    @property
    def spreads(self) -> bool:
        """Whether others can read."""

    def read(self, piece: int) -> Iterator[tuple[str, int, pa.Table]]:
        """The rows of a piece: the name of their file, how many rows of it come before, and the rows."""

    def frame(self, table: pa.Table) -> Frame:
        """Rows of many pieces as a frame of the kind that the source gives."""


@dataclass(frozen=True)
class _Piece:
    """A row group of a Parquet file, or a file of text.

    Attributes:
        path: of the file, and ``name`` its name below the folder.
        group: the row group; None of text.
        first: how many rows of the file come before.
        rows: how many it has; 0 where nobody knows.
        constants: what the folders above say: columns of one value.
    """

    path: Path
    name: str
    group: int | None = None
    first: int = 0
    rows: int = 0
    constants: Mapping[str, str | None] = field(default_factory=dict)

    def read(self) -> Iterator[tuple[str, int, pa.Table]]:
        if self.group is None:
            yield self.name, self.first, self._whole(read_cells(self.path))
            return
        done = self.first
        with pyarrow.parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(BATCH_ROWS, row_groups=[self.group]):
                table = pa.Table.from_batches([batch], file.schema_arrow)
                yield self.name, done, self._whole(table)
                done += len(table)

    def _whole(self, table: pa.Table) -> pa.Table:
        for name, value in self.constants.items():
            if name in table.column_names:
                raise DataError(
                    f"{self.path.parent} must have partitions that are no columns, too, however: found {name!r} twice"
                )
            table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), len(table)))
        return table


@dataclass(frozen=True)
class Files:
    """Files of Parquet or CSV, in the order of their names."""

    parts: tuple[_Piece, ...]
    rows: int | None
    columns: int | None
    alone: bool
    spreads: bool

    @property
    def pieces(self) -> int:
        """How many row groups and files of text."""
        return len(self.parts)

    def read(self, piece: int) -> Iterator[tuple[str, int, pa.Table]]:
        """The rows of a piece (see ``Source``)."""
        return self.parts[piece].read()

    def frame(self, table: pa.Table) -> Frame:
        """Rows as reading all of the files would give them."""
        first = self.parts[0]
        if first.group is None:
            return typed_cells(table)
        return as_pandas(table) if self.alone else with_typed(table.replace_schema_metadata(None), first.constants)


@dataclass(frozen=True)
class Batches:
    """Rows that somebody gives batch by batch, as often as asked, always the same.

    Attributes:
        begin: begins anew.
        rows: how many there are; None where nobody knows.
        back: gives the frame that the rows came from, of a table.
    """

    begin: Callable[[], Iterator[pa.Table]]
    rows: int | None = None
    back: Callable[[pa.Table], Frame] = field(default=lambda table: table)
    columns: int | None = None
    pieces: int = 1
    spreads: bool = False

    def read(self, piece: int) -> Iterator[tuple[str, int, pa.Table]]:  # noqa: ARG002 (there is one)
        """All rows (see ``Source``)."""
        done = 0
        for table in self.begin():
            yield "", done, table
            done += len(table)

    def frame(self, table: pa.Table) -> Frame:
        """Rows as they came."""
        return self.back(table)


def source_of_rows(data: Any) -> Source | None:
    """The source of rows that need not all be in memory; None of anything else.

    Args:
        data: the path of a Parquet file or of a folder of Parquet or CSV files, a polars LazyFrame, or a DuckDB relation.

    Raises:
        DataError: if files do not fit together, or are damaged.
        pyarrow.ArrowException, OSError: if one cannot be read.
    """
    if isinstance(data, (str, Path)):
        return _files(Path(data))
    module, kind = type(data).__module__.partition(".")[0], type(data).__name__
    if module == "polars" and kind == "LazyFrame":
        import polars as pl

        def lazily() -> Iterator[pa.Table]:
            for frame in data.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
                yield frame.to_arrow()

        return Batches(lazily, back=lambda table: pl.from_arrow(table))  # noqa: PLW0108 (typed)
    if "duckdb" in module and kind == "DuckDBPyRelation":
        return Batches(lambda: map(_one_batch, data.to_arrow_reader(BATCH_ROWS)))
    return None


def in_memory(table: pa.Table) -> Source:
    """A table that is there already."""
    return Batches(lambda: map(_one_batch, table.to_batches(BATCH_ROWS)), len(table), columns=table.num_columns)


def _one_batch(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])


def _files(path: Path) -> Source | None:
    folder = is_folder(path)
    if folder and (is_logged(path) or not is_of_tables(path)):
        return None
    paths = files_in(path) if folder else [path]
    if not paths or any(format_of(checked(one), look=True).name != _PARQUET for one in paths[:1]):
        text = bool(paths) and folder and all(format_of(checked(one), look=True).name == _CSV for one in paths)
        if not text:
            return None
        named = [_Piece(one, _name(one, path), constants=partition_of(one, path)) for one in paths]
        return Files(tuple(named), None, None, alone=False, spreads=False)  # its dialect is chosen here
    parts: list[_Piece] = []
    rows = 0
    model: pa.Table | None = None
    said: list[Mapping[str, str | None]] = []
    for one in paths:
        if format_of(checked(one), look=True).name != _PARQUET:
            return None  # reading them whole says what is wrong
        with pyarrow.parquet.ParquetFile(one, pre_buffer=True) as file:
            next(file.iter_batches(1), None)  # pyarrow's own view of a damaged footer ends the process
            said.append(partition_of(one, path) if folder else {})
            empty = file.schema_arrow.empty_table()
            model = empty if model is None else model
            check_alike(model, empty, said, one, paths[0])
            first = 0
            for group in range(file.metadata.num_row_groups):
                held = file.metadata.row_group(group).num_rows
                parts.append(_Piece(one, _name(one, path), group, first, held, said[-1]))
                first += held
            rows += first
    names = [*(model.column_names if model is not None else ()), *said[0]]
    if first_repeated(names) is not None or not names:
        return None
    return Files(tuple(parts), rows, len(names), alone=not folder, spreads=True)


def _name(path: Path, folder: Path) -> str:
    """The name of a file below its folder: where the folder stands changes nothing."""
    return path.relative_to(folder).as_posix() if path != folder else path.name
