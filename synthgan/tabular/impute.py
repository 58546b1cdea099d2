"""Filling gaps: each missing cell is drawn from what the generator says of it, given all the cells of its row that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.special import ndtri

from synthgan.data.containers.raw import container_of
from synthgan.data.rows import select
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.errors import DataError, remedies_in_words
from synthgan.suggest import did_you_mean
from synthgan.tabular.chains.generator import ChainGenerator
from synthgan.tabular.conditioning.particles import count_between, draw_allowed, resample_groups
from synthgan.tabular.encoding.table import read_values
from synthgan.tabular.network.impute import fill_by_network

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.codec import Values
    from synthgan.tabular.encoding.table import TableTransform
    from synthgan.tabular.network.generator import TabularGenerator

PARTICLES = 32  # begun for each row; those that bear out its known cells go on
CHAINS_PER_ROW = 4  # of which one is drawn: those that come to the gaps last, and so know most of the row by then
NEAR_SHARE = 0.025  # of the rows, to either side: how near a number bears out a known one
BLOCK_ROWS = 2_048
_PRIOR_ROWS = 0.5


@remedies_in_words()
def impute(
    frame: Frame,
    columns: Sequence[str | int] | None,
    transform: TableTransform,
    generator: ChainGenerator | TabularGenerator,
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
    if container_of(frame) != schema.container:
        raise DataError(
            f"gaps must be filled in a {schema.container} table, as was learned, however: {type(frame).__name__}"
        )
    learned = list(transform.owners)
    for name in columns or ():
        if name not in learned:
            raise DataError(
                f"gaps must be those of a learned column, however: {name!r} is none",
                remedy=did_you_mean(name, learned) or "leave it out",
            )
    table = Table.read(select(frame, learned), _only(schema, learned), validate=False)
    gaps = {name: table.columns[name].missing for name in (learned if columns is None else columns)}
    gaps = {name: gap for name, gap in gaps.items() if gap.any()}
    if not gaps:
        return frame
    known = np.ones((len(table), len(transform.codecs)), dtype=bool)
    for name, gap in gaps.items():
        known[:, transform.owners[name]] &= ~gap
    rows = np.flatnonzero(~known.all(1))
    encoded = transform.transform(table, streams)
    codes = encoded.codes.copy()
    places = ndtri(streams.numpy("imputed places").uniform(1e-7, 1 - 1e-7, encoded.places.shape)).astype(np.float32)
    if isinstance(generator, ChainGenerator):
        codes[rows] = fill(generator, encoded.codes[rows], known[rows], streams)
    else:
        codes[rows], places[rows] = fill_by_network(
            generator, encoded.take(rows), known[rows], transform.layout, streams
        )
    values = _filled(table, transform, codes, places, gaps, streams)
    others = {name: schema.column(name) for name in transform.relations.names if name not in values}
    numbers = {name: values[name] for name in transform.relations.names if name in values}
    numbers |= {name: table.float64(column) for name, column in others.items()}
    there = {name: ~gaps.get(name, np.zeros(len(known), dtype=bool)) for name in numbers}
    mended = transform.relations.mend(numbers, transform.scales, there)
    values |= {name: mended[name] for name in mended if name in gaps}
    drawn = Table.of(_only(schema, gaps), values, len(table))
    return _put(frame, table.filled(drawn, gaps).frame(), list(gaps))


def _only(schema: Schema, names: Iterable[str | int]) -> Schema:
    """The schema of these columns alone."""
    return Schema(schema.container, tuple(schema.column(name) for name in names))


def fill(
    generator: ChainGenerator, codes: NDArray[np.int32], known: NDArray[np.bool_], streams: Streams
) -> NDArray[np.int32]:
    """Codes ``[rows, columns]`` with those that are not known drawn anew.

    A particle filter for each row: several copies of it go down a chain, cells that are known weigh them by how much of
    their leaf is like the cell, and copies are drawn anew by these weights.
    """
    rng = streams.numpy("impute")
    result = codes.copy()
    places = np.array([np.argsort(chain.order) for chain in generator.chains])
    depth = (~known).astype(np.float64) @ places.T + rng.random((len(codes), len(places))) * 1e-3
    nearest = np.argsort(-depth, axis=1)[:, :CHAINS_PER_ROW]
    chosen = nearest[np.arange(len(codes)), rng.integers(nearest.shape[1], size=len(codes))]
    for index in np.unique(chosen):
        mine = np.flatnonzero(chosen == index)
        for start in range(0, len(mine), BLOCK_ROWS):
            rows = mine[start : start + BLOCK_ROWS]
            result[rows] = _fill_block(generator, int(index), codes[rows], known[rows], rng)
    return result


def _fill_block(
    generator: ChainGenerator,
    index: int,
    codes: NDArray[np.int32],
    known: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.int32]:
    """One chain's answer to some rows."""
    chain, layout, views = generator.chains[index], generator.layout, generator.views
    rows = len(codes)
    codes, known = codes.repeat(PARTICLES, axis=0), known.repeat(PARTICLES, axis=0)
    features = np.zeros((len(codes), int(views.widths.sum())), dtype=np.float32)
    for column in chain.order:
        leaf = chain.trees.leaves(column, features)
        start, count = chain.start[leaf], chain.count[leaf]
        part = slice(layout.starts[column], layout.starts[column] + layout.sizes[column])
        gap = ~known[:, column]
        if gap.any():
            allowed = (layout.emitted[part] & ~layout.missing[part]).astype(np.float64)
            drawn, share = draw_allowed(chain.codes, start[gap], count[gap], allowed, rng)
            odds = allowed * (views.shares[part] + 1e-9)
            anywhere = rng.choice(len(odds), size=int(gap.sum()), p=odds / odds.sum())
            codes[gap, column] = np.where(share > 0, drawn, anywhere)
        if not gap.all():
            low, high = _near(layout.placed[part], views.shares[part])
            near = codes[:, column].astype(np.int64)
            found = count_between(chain.codes, start, count, low[near], high[near])
            running = np.concatenate([[0.0], np.cumsum(views.shares[part])])
            usual = running[high[near] + 1] - running[low[near]]
            weights = np.where(gap, 1.0, (found + _PRIOR_ROWS * (usual + 1e-6)) / (count + _PRIOR_ROWS))
            again = resample_groups(weights.reshape(rows, PARTICLES), rng)
            codes, features = codes[again], features[again]
        first = int(chain.first_feature[column])
        features[:, first : first + views.widths[column]] = views.features(codes[:, column], layout, column)
    return codes[::PARTICLES]


def _near(placed: NDArray[np.bool_], shares: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each mode of a column the first and last mode that count as like it: its neighbours if it is a smooth one."""
    low = np.arange(len(placed))
    high = low.copy()
    smooth = np.flatnonzero(placed)
    if len(smooth):
        middle = np.cumsum(shares[smooth]) - shares[smooth] / 2
        first = np.searchsorted(middle, middle - NEAR_SHARE)
        last = np.searchsorted(middle, middle + NEAR_SHARE, side="right") - 1
        low[smooth], high[smooth] = smooth[first], smooth[np.maximum(last, first)]
    return low, high


def _filled(
    table: Table,
    transform: TableTransform,
    codes: NDArray[np.int32],
    places: NDArray[np.float32],
    gaps: Mapping[str | int, NDArray[np.bool_]],
    streams: Streams,
) -> dict[str | int, Values]:
    """The values of all columns with gaps, filled."""
    filled: dict[str | int, Values] = {}
    for index in sorted({transform.owners[name] for name in gaps}):
        codec, slots = transform.codecs[index], transform.layout.spans[index].slots
        old = tuple(read_values(table, column) for column in codec.columns)
        rng = streams.numpy("imputed columns", index)
        drawn = codec.decode(*codec.agree(codes[:, index], places[:, slots], old, rng))
        for column, before, new in zip(codec.columns, old, drawn, strict=True):
            if column.name in gaps:
                filled[column.name] = _put_in(before, new, gaps[column.name])
    return filled


def _put_in(old: Values, new: Values, gap: NDArray[np.bool_]) -> Values:
    """A column's own values, and drawn ones where it has gaps."""
    if isinstance(old, Levels) and isinstance(new, Levels):
        levels = (*old.levels, *(level for level in new.levels if level not in old.levels))
        moved = np.array([levels.index(level) for level in new.levels], dtype=np.int32)
        return Levels(np.where(gap, moved[new.codes], old.codes).astype(np.int32), levels)
    return np.where(gap, cast("NDArray[np.float64]", new), cast("NDArray[np.float64]", old))


def _put(frame: Any, filled: Any, names: list[str | int]) -> Frame:
    """The frame with these columns in the place of its own."""
    container = container_of(frame)
    if container == "pandas":
        frame = frame.copy()
        for place, name in enumerate(names):
            frame.isetitem(frame.columns.get_loc(name), filled.iloc[:, place].set_axis(frame.index))
        return frame
    if container == "polars":
        return frame.with_columns(filled)
    for name in names:
        frame = frame.set_column(frame.column_names.index(name), filled.schema.field(name), filled.column(name))
    return frame
