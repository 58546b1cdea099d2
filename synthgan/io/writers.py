"""Writes a table to a file of any format, batch by batch and all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from synthgan.data.containers.origin import origin_of, with_origin
from synthgan.data.containers.raw import container_of, index_names
from synthgan.errors import DataError
from synthgan.io.atomic import replacing
from synthgan.io.csvwriting import write_csv_tables
from synthgan.io.formats import cannot_write, ending_of, format_of
from synthgan.io.reasons import one_line
from synthgan.io.sidecar import write_beside

if TYPE_CHECKING:
    import gzip
    from collections.abc import Iterable, Iterator, Mapping

    from synthgan.data.containers.raw import Frame


def write_table(
    batches: Iterable[Frame] | Frame,
    path: str | Path,
    *,
    private: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> int:
    """Writes a table, one row group per batch, atomically: the file appears whole or not at all.

    Synthetic rows say so: in the metadata of Parquet and Arrow files, else in ``made.csv.synthetic.json`` beside ``made.csv``.

    Batches of slightly different types (a pandas object column that is all None in the first batch, say) are written in
    the type that holds them all. pandas frames keep their metadata, so that `read_table` gives pandas frames back.

    Args:
        batches: a frame, or frames with the same columns, one after another.
        path: where; the ending says the format, one of `synthgan.io.formats.FORMATS`.
        private: whether a new file is its owner's alone; one that is replaced hands on its rights.
        origin: where synthetic rows come from, as ``synthesizer.sample_origin_`` says it; None where frames carry it (those of
            pandas and pyarrow do), and of real rows.

    Returns:
        How many rows were written.

    Raises:
        DataError: the ending is unknown, the place cannot be written, there is no batch, or the batches do not fit
            together.
        ResourceError: the disk is full.
    """
    path = Path(path)
    wanted, ending = format_of(path), ending_of(path)
    if wanted.write is None:
        raise DataError(cannot_write(wanted))
    tables = _Carrying(_tables(batches), origin)
    with replacing(path, private=private) as temporary:
        rows = wanted.write(iter(tables), temporary, ending)
        write_beside(path, temporary, None if wanted.tells else tables.origin, private=private)
    return rows


def write_csv(batches: Iterable[Frame] | Frame, stream: IO[bytes] | gzip.GzipFile, *, delimiter: str = ",") -> int:
    """Writes a table as CSV to an open binary stream, with one header line; a missing value is an empty cell.

    Args:
        batches: a frame, or frames with the same columns, one after another.
        stream: where; binary (`sys.stdout.buffer`, say). It is not closed.
        delimiter: what stands between cells.

    Returns:
        How many rows were written.

    Raises:
        DataError: there is no batch.
    """
    return write_csv_tables(_tables(batches), stream, delimiter=delimiter)


class _Carrying:
    """Tables that all carry where their rows come from.

    Attributes:
        origin: what was said, or what the first of them carries; None of real rows, and before it was given out.
    """

    def __init__(self, tables: Iterator[pa.Table], origin: Mapping[str, Any] | None) -> None:
        self.origin = origin
        self._tables = tables

    def __iter__(self) -> Iterator[pa.Table]:
        """The tables, once."""
        for table in self._tables:
            self.origin = self.origin or origin_of(table)
            yield with_origin(table, self.origin)


def _tables(batches: Iterable[Frame] | Frame) -> Iterator[pa.Table]:
    table = None
    for frame in [batches] if container_of(batches) else batches:
        table = _to_arrow(frame)
        yield table
    if table is None:
        raise DataError("a table to write must have one batch or more, however: found none")


def _to_arrow(frame: Any) -> pa.Table:
    container = container_of(frame)
    if container is None:
        raise DataError(
            f"a table to write must be a pandas, polars or pyarrow one, however: found {type(frame).__name__}"
        )
    if container == "polars":
        return frame.to_arrow()
    if container == "pyarrow":
        return frame
    origin = origin_of(frame)
    frame = with_origin(frame, None)
    levels = index_names(frame)
    if levels:
        others = [at for at, name in enumerate(frame.index.names) if name not in levels]
        frame = frame.reset_index(level=others, drop=True)
    else:
        frame.index = range(len(frame))  # which Arrow writes as metadata only
    try:
        table = pa.Table.from_pandas(_without_uuids(frame), preserve_index=True if levels else None)
        table = table.select([*map(str, levels), *map(str, frame.columns)]) if levels else table
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"a table to write must be such as Arrow can hold, however: {one_line(error)}") from error
    return with_origin(table, origin)


def _without_uuids(frame: Any) -> Any:
    """Writes UUID objects of a pandas frame as text, where Arrow is too old to know them."""
    try:
        pa.array([UUID(int=0)])
    except pa.ArrowException:
        for name in frame.columns[frame.dtypes == "object"]:
            if isinstance(next(iter(frame[name].dropna()), None), UUID):
                frame[name] = frame[name].map(str, na_action="ignore")
    return frame
