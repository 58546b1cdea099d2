"""Rows of many files that are read a few columns at a time, as often as need be: the whole never stands in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from synthgan.distributed.pieces import BATCH_ROWS, Files, source_of_rows
from synthgan.distributed.scanning import MAX_ROWS
from synthgan.errors import DataError
from synthgan.io.choices import reading_as
from synthgan.io.databases.addresses import is_url
from synthgan.io.parquet import parquet_head
from synthgan.io.plain import is_folder
from synthgan.io.readers import guarded
from synthgan.io.sources import as_private_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.panderas import AnySchema


@dataclass(frozen=True)
class Shards:
    """Rows of Parquet files, in the types that the files say; what folders say (``year=2020``) is text.

    Attributes:
        path: of the file or folder.
        files: what stands there.
        head: a table of the names and types, without rows.
        taking: by piece, which of its rows take part, bool ``[rows]``; none for a piece of which all do.
    """

    path: Path
    files: Files
    head: pa.Table
    taking: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many rows take part."""
        left_out = sum(int((~rows).sum()) for rows in self.taking.values())
        return int(self.files.rows or 0) - left_out

    @property
    def pieces(self) -> int:
        """How many pieces may be read by themselves."""
        return self.files.pieces

    def read(self, piece: int, names: Sequence[str]) -> Iterator[pa.Table]:
        """Some columns of the rows of a piece that take part, batch by batch; at least one batch, which may be empty.

        Raises:
            DataError: if the file has become another, or its types do not fit.
        """
        part, done = self.files.parts[piece], 0
        constants = {name: value for name, value in part.constants.items() if name in names}
        wanted, schema = [name for name in names if name not in constants], self.head.select(names).schema
        yield schema.empty_table()
        with pyarrow.parquet.ParquetFile(part.path) as file:
            for batch in file.iter_batches(BATCH_ROWS, row_groups=[part.group], columns=wanted):
                table = pa.Table.from_batches([batch])
                for name, value in constants.items():
                    table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), batch.num_rows))
                table, stop = table.select(names).cast(schema), done + batch.num_rows
                taking = self.taking.get(piece)
                yield table if taking is None else table.filter(pa.array(taking[done:stop]))
                done = stop

    def limited(self, taken: NDArray[np.int64]) -> Shards:
        """With those rows alone, counted over all pieces, int64 ``[taken]``."""
        takes_part, taking, done = np.zeros(int(self.files.rows or 0), dtype=bool), {}, 0
        takes_part[taken] = True
        for piece, part in enumerate(self.files.parts):
            taking[piece] = takes_part[done : done + part.rows]
            done += part.rows
        return replace(self, taking=taking)


def private_rows(data: Any, schema: AnySchema | None) -> Frame | Shards:
    """The rows of a private fit: shards of a folder of Parquet files, and of one of many rows; else a frame (see ``as_private_frame``).

    Raises:
        PrivacyError: it is the path of a file that says no types, and no schema was given.
        DataError: it cannot be read so; a folder must be of Parquet files.
    """
    if isinstance(data, Shards):
        return data
    if isinstance(data, (str, Path)) and not is_url(data):
        path = Path(data)
        with reading_as(source=getattr(schema, "source", None)):
            found = guarded(path, lambda: _shards(path))
        if found is not None and (is_folder(path) or len(found) > MAX_ROWS):
            return found
    return as_private_frame(data, schema)


def _shards(path: Path) -> Shards | None:
    source = source_of_rows(path) if is_folder(path) or path.suffix.lower() in {".parquet", ".pq"} else None
    if not isinstance(source, Files) or not source.spreads or not source.parts:
        if is_folder(path):
            raise DataError(
                f"{path} must be a folder of Parquet files under epsilon, however: it is of other files, or empty; write Parquet, or "
                f"join them in one file"
            )
        return None
    heads = {part.path: parquet_head(part.path) for part in source.parts}
    stored = {part.path: pyarrow.parquet.read_schema(part.path).names for part in source.parts}
    first = source.parts[0]
    if source.alone and set(heads[first.path].names) - set(stored[first.path]):
        return None  # an index that pandas counts out again
    joined = pa.unify_schemas([head.remove_metadata() for head in heads.values()], promote_options="permissive")
    names = [name for name in heads[first.path].names if name in stored[first.path]]
    fields = [joined.field(name) for name in names] + [pa.field(name, pa.string()) for name in first.constants]
    return Shards(path, source, pa.schema(fields).empty_table())
