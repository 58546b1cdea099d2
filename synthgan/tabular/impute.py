"""Filling gaps, and rows of which some columns are known: a cell is drawn from what the generator says of it given the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.special import ndtri

from synthgan.data.containers.raw import container_of, index_names, names_of
from synthgan.data.parting import parted, parts_of, rejoined
from synthgan.data.rows import put, select
from synthgan.data.schema import Kind, Schema
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.errors import DataError, remedies_in_words
from synthgan.suggest import did_you_mean
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.obeying import fill_by_rules
from synthgan.tabular.encoding.spaced import repaired
from synthgan.tabular.encoding.table import read_values
from synthgan.tabular.protocol import Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.codec import Values
    from synthgan.tabular.encoding.table import TableTransform
    from synthgan.tabular.protocol import TableGenerator

OF_KIND = {
    "pandas": "give a pandas DataFrame, or the path of a Parquet file that pandas wrote",
    "polars": "give a polars DataFrame",
    "pyarrow": "give the file's path, or a pyarrow table",
}


@remedies_in_words()
def impute(
    frame: Frame,
    columns: Sequence[str | int] | None,
    transform: TableTransform,
    generator: TableGenerator,
    streams: Streams,
) -> Frame:
    """The same frame with its gaps filled; cells that were there stay as they are.

    Args:
        frame: of the container and columns that were learned; further columns are kept.
        columns: whose gaps to fill; None fills those of all learned columns.
        transform: the encoders of the table.
        generator: draws what is missing.
        streams: randomness.

    Raises:
        DataError: if a column is lacking or was never learned, or the container is another.
    """
    schema = transform.schema
    _check_container("gaps must be filled in", frame, schema)
    whole, frame = frame, parted(frame, schema.composites)
    learned = list(transform.owners)
    columns = None if columns is None else parts_of(columns, schema.composites)
    for name in columns or ():
        if name not in learned or schema.column(name).kind is Kind.TEXT:
            raise DataError(
                f"gaps must be those of a learned column, however: {name!r} is none",
                remedy=did_you_mean(name, learned) or "leave it out",
            )
    table = _read(frame, schema, learned)
    fillable = [name for name in learned if schema.column(name).kind is not Kind.TEXT]  # nobody knows what stood there
    gaps = {name: table.columns[name].missing for name in (fillable if columns is None else columns)}
    gaps = {name: gap for name, gap in gaps.items() if gap.any()}
    if not gaps:
        return whole
    filled = _drawn(frame, table, gaps, transform, generator, streams, missing=False)
    return rejoined(filled, whole, names_of(whole), schema.columns, schema.composites)


@remedies_in_words()
def complete(
    frame: Frame, sampled: Frame, transform: TableTransform, generator: TableGenerator, streams: Streams
) -> Frame:
    """Rows of all columns that keep those of the frame as they are; the others are drawn given these, missing values among them.

    Args:
        frame: some of the columns that were learned, in the container that was learned.
        sampled: as many synthetic rows; of columns that the generator does not know, keys say, what stands in them stays.
        transform: the encoders of the table.
        generator: draws what is not given.
        streams: randomness.

    Raises:
        DataError: if a column is given that was never learned, or the container is another.
    """
    schema = transform.schema
    _check_container("columns to keep must be those of", frame, schema)
    asked, composites = frame, schema.composites
    frame = parted(frame, composites)
    given = names_of(frame)
    for name in given:
        if name not in schema.names:
            raise DataError(
                f"columns to keep must be learned ones, however: {name!r} is none",
                remedy=did_you_mean(name, schema.names) or "leave it out",
            )
    learned, names = list(transform.owners), names_of(sampled)
    sampled = parted(sampled, composites)
    if schema.container == "pandas" and not index_names(sampled):
        sampled = cast("Any", sampled).set_axis(cast("Any", frame).index)
    whole = put(sampled, frame, list(given))
    table = _read(whole, schema, learned)
    gaps = {name: np.ones(len(table), dtype=bool) for name in learned if name not in given}
    whole = _drawn(whole, table, gaps, transform, generator, streams, missing=True) if gaps else whole
    return rejoined(whole, asked, names, schema.columns, composites)


def _check_container(what: str, frame: Frame, schema: Schema) -> None:
    if container_of(frame) != schema.container:
        raise DataError(
            f"{what} a {schema.container} table, as was learned, however: {container_of(frame)} table",
            remedy=OF_KIND[schema.container],
        )


def _drawn(
    frame: Frame,
    table: Table,
    gaps: Mapping[str | int, NDArray[np.bool_]],
    transform: TableTransform,
    generator: TableGenerator,
    streams: Streams,
    *,
    missing: bool,
) -> Frame:
    """The frame with these cells of its columns drawn anew; as missing values, too, where that is said."""
    schema, learned = transform.schema, list(transform.owners)
    known = np.ones((len(table), len(transform.codecs)), dtype=bool)
    for name, gap in gaps.items():
        known[:, transform.owners[name]] &= ~gap
    for index, hidden in enumerate(transform.hidden, len(transform.own_codecs)):
        for name in hidden.names:
            known[:, index] &= ~gaps.get(name, np.zeros(len(table), dtype=bool))
    rows = np.flatnonzero(~known.all(1))
    encoded = transform.transform(table, streams)
    anywhere = ndtri(streams.numpy("imputed places").uniform(1e-7, 1 - 1e-7, encoded.residuals.shape)).astype(
        np.float32
    )
    residuals = np.where(known[:, transform.layout.column_of_residual], encoded.residuals, anywhere)
    codes = encoded.codes.copy()
    completed = generator.complete(Known(Encoded(codes[rows], residuals[rows]), known[rows], gaps=missing), streams)
    codes[rows], residuals[rows] = completed.codes, completed.residuals
    values = _filled(table, transform, codes, residuals, gaps, streams)
    speaking = transform.constraints.names | {name for hidden in transform.hidden for name in hidden.names}
    numbers = {name: values[name] if name in values else table.float64(schema.column(name)) for name in speaking}
    there = {name: ~gaps.get(name, np.zeros(len(known), dtype=bool)) for name in learned}
    moved = repaired(transform, numbers | _behind(transform, codes, residuals), there)
    values, held = fill_by_rules(transform, table, numbers | values | moved, there, streams)
    drawn = Table.of(_only(schema, gaps), values, len(table))
    filled = table.filled(drawn, gaps)
    whole = Table(table.schema, {**table.columns, **filled.columns})
    made = transform.computed.put_in(whole, held, transform.scales)
    return put(frame, Table(filled.schema, {name: made.columns[name] for name in gaps}).frame(), list(gaps))


def _read(frame: Frame, schema: Schema, learned: Sequence[str | int]) -> Table:
    """The learned columns of a frame, and those identifiers of which a rule speaks, where it has them."""
    there = {str(name) for name in names_of(frame)}
    spoken = {name for rule in schema.rules for name in rule.names}
    keys = [
        column.name
        for column in schema
        if column.kind is Kind.IDENTIFIER and column.name in spoken and str(column.name) in there
    ]
    read = [*learned, *keys]
    return Table.read(select(frame, read), _only(schema, read), validate=False)


def _only(schema: Schema, names: Iterable[str | int]) -> Schema:
    """The schema of these columns alone."""
    return Schema(schema.container, tuple(schema.column(name) for name in names))


def _filled(
    table: Table,
    transform: TableTransform,
    codes: NDArray[np.int32],
    residuals: NDArray[np.float32],
    gaps: Mapping[str | int, NDArray[np.bool_]],
    streams: Streams,
) -> dict[str | int, Values]:
    """The values of all columns with gaps, filled."""
    filled: dict[str | int, Values] = {}
    for index in sorted({transform.owners[name] for name in gaps}):
        codec, slots = transform.codecs[index], transform.layout.spans[index].slots
        old = tuple(read_values(table, column) for column in codec.columns)
        rng = streams.numpy("imputed columns", index)
        drawn = codec.decode(*codec.agree(codes[:, index], residuals[:, slots], old, rng))
        for column, before, new in zip(codec.columns, old, drawn, strict=True):
            if column.name in gaps:
                filled[column.name] = _put_in(before, new, gaps[column.name])
    return filled


def _behind(
    transform: TableTransform, codes: NDArray[np.int32], residuals: NDArray[np.float32]
) -> dict[str | int, Values]:
    """The distances and equalities of all rows."""
    found: dict[str | int, Values] = {}
    for index, hidden in enumerate(transform.hidden, len(transform.own_codecs)):
        slots = transform.layout.spans[index].slots
        (found[hidden.column.name],) = transform.codecs[index].decode(codes[:, index], residuals[:, slots])
    return found


def _put_in(old: Values, new: Values, gap: NDArray[np.bool_]) -> Values:
    """A column's own values, and sampled ones where it has gaps."""
    if isinstance(old, Levels) and isinstance(new, Levels):
        levels = (*old.levels, *(level for level in new.levels if level not in old.levels))
        moved = np.array(
            [*(levels.index(level) for level in new.levels), -1], dtype=np.int32
        )  # -1, the last, is missing
        return Levels(np.where(gap, moved[new.codes], old.codes).astype(np.int32), levels)
    return np.where(gap, cast("NDArray[np.float64]", new), cast("NDArray[np.float64]", old))
