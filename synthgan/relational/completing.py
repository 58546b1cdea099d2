"""What given rows will say in the end, such as how many rows belong to them: drawn given all else, none below what it is so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from synthgan.data.groups import Groups
from synthgan.relational.beginning import with_counts
from synthgan.relational.lesson import known_before, rows_before
from synthgan.relational.past import Past
from synthgan.relational.rows import Rows
from synthgan.relational.walk import Given
from synthgan.tabular.chains.impute import near
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.protocol import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from synthgan.data.table import Table
    from synthgan.relational.branch import Branch
    from synthgan.relational.siblings import Beside
    from synthgan.relational.walk import Walk
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.table import TableTransform
    from synthgan.tabular.model import TabularModel

    Name = str | int
    Floats = NDArray[np.float32]
    Numbers = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Draw = Callable[[Ints, Streams], Numbers]

TRIES = 16  # to draw what is none below what it is so far
PARTICLES = 8  # ways that a given row may be, of which one is chosen by how well it bears out what is known


def drawn_above(draw: Draw, floors: Numbers, several: int, streams: Streams) -> Numbers:
    """Values ``[several, rows, columns]``, none below its floor; of rows that none is drawn for, as others have that are so high.

    Args:
        draw: draws the values of some rows, ``[some, columns]``; NaN is a missing one.
        floors: float64 ``[rows, columns]``; -inf where there is none.
        several: how often each row is wanted.
        streams: randomness.
    """
    result = np.tile(floors, (several, 1, 1))
    found = np.zeros(len(floors), dtype=np.int64)
    every = [floors[:0]]
    for at in range(TRIES):
        lacking = np.flatnonzero(found < several)
        if not len(lacking):
            return result
        values = draw(lacking, streams.below("try", at))
        every.append(values)
        fits = ~(values < floors[lacking]).any(1)
        rows = lacking[fits]
        result[found[rows], rows] = values[fits]
        found[rows] += 1
    pool, rng = np.sort(np.concatenate(every), axis=0), streams.numpy("longer")
    for row in np.flatnonzero(found < several):
        if found[row]:
            result[found[row] :, row] = result[rng.integers(found[row], size=several - found[row]), row]
            continue
        for column, floor in enumerate(floors[row]):
            known = pool[~np.isnan(pool[:, column]), column]
            high = known[np.searchsorted(known, floor) :]
            if len(high):
                result[:, row, column] = rng.choice(high, several)
    return result


def by_table(model: TabularModel, table: Table, names: Sequence[Name], streams: Streams) -> Draw:
    """Draws columns of given rows of a flat table."""
    transform = model.transform
    encoded = transform.transform(table, streams.below("encoded"))
    cells = _known_cells(transform, names)

    def draw(rows: Ints, own: Streams) -> Numbers:
        codes, residuals = encoded.codes[rows], encoded.residuals[rows]
        anywhere = ndtri(own.numpy("places").uniform(1e-7, 1 - 1e-7, residuals.shape)).astype(np.float32)
        residuals = np.where(cells[transform.layout.column_of_residual], residuals, anywhere)
        known = np.tile(cells, (len(rows), 1))
        values = transform.values(model.generator.complete(Known(Encoded(codes.copy(), residuals), known), own))
        return np.column_stack([np.asarray(values[name], dtype=np.float64) for name in names])

    return draw


def by_walk(
    branch: Branch,
    groups: Groups,
    counts: Ints,
    context: Floats,
    beside: Beside,
    table: Table,
    names: Sequence[Name],
    streams: Streams,
) -> Draw:
    """Draws columns of given rows that belong to others, given the rows before.

    Args:
        branch: draws such rows.
        groups: whose they are.
        counts: int64 ``[groups]``: how many rows each has in the end.
        context: float32 ``[groups, width]``: what is known of each.
        beside: the rows of siblings.
        table: the rows, those of a group side by side and in order.
        names: of the columns, which are numbers.
        streams: randomness.
    """
    read = branch.read_first(table, streams.below("read"))
    cells = _known_cells(branch.rows.transform, names)
    places = [branch.rows.names.index(name) for name in names]
    ways = list(ways_of(branch, read, groups, counts, context, beside, streams))

    def draw(rows: Ints, own: Streams) -> Numbers:
        result = np.full((len(read), len(names)), np.nan)
        for index, way in enumerate(ways):
            mine = np.flatnonzero(np.isin(way.at, rows))
            if len(mine):
                result[way.at[mine]] = way.drawn(mine, cells, own.numpy("rows", index))[:, places]
        return result[rows]

    return draw


def _known_cells(transform: TableTransform, names: Sequence[Name]) -> NDArray[np.bool_]:
    """Which columns, as they are encoded, say nothing of these: bool ``[codecs]``."""
    hidden = transform.hidden
    named = [{one.name for one in codec.columns} for codec in transform.own_codecs] + [set(one.names) for one in hidden]
    return np.array([not one & set(names) for one in named], dtype=bool)


@dataclass(frozen=True)
class AsDrawn:
    """Given rows that one walk would draw, and what was known before each.

    Attributes:
        walk: the walk.
        at: which of all rows they are.
        rows: the rows.
        told: their codes as they are drawn.
        past: what was known before each.
    """

    walk: Walk
    at: Ints
    rows: Rows
    told: NDArray[np.int32]
    past: Past

    @property
    def alike(self) -> list[tuple[Ints, Ints]]:
        """By column, the first and the last code that count as like each of its codes."""
        layout, shares = self.walk.memory.rows.layout, self.walk.memory.mode_features.shares
        return [near(layout.has_residual[one.start : one.stop], shares[one.start : one.stop]) for one in layout.spans]

    def drawn(self, some: Ints, cells: NDArray[np.bool_], rng: np.random.Generator) -> Numbers:
        """The numbers of some rows, those of the cells that are not known drawn: of several ways the one that bears the others out."""
        walk, numbers, alike = self.walk, self.rows.numbers[some].copy(), self.alike
        chains = rng.integers(len(walk.chains), size=len(some))
        for index, chain in enumerate(walk.chains):
            mine = np.flatnonzero(chains == index)
            if not len(mine):
                continue
            at = np.tile(some[mine], PARTICLES)
            given = Given(self.rows.take(at), self.told[at], cells, alike, np.zeros(len(at)))
            rows, seen = walk.row(chain, self.past.take(at), rng, given)
            odds = walk.odds(rows, seen) + given.logs + rng.gumbel(size=len(at))
            best = odds.reshape(PARTICLES, -1).argmax(0) * len(mine) + np.arange(len(mine))
            numbers[mine] = rows.numbers[best]
        return numbers


def ways_of(
    branch: Branch, read: Rows, groups: Groups, counts: Ints, context: Floats, beside: Beside, streams: Streams
) -> Iterator[AsDrawn]:
    """The given rows by the walk that would draw them: first ones, and those that follow; ``counts`` are those in the end."""
    if branch.beginning is not None:
        some = np.flatnonzero(groups.counts)
        own, known = Groups(np.ones(len(some), dtype=np.int64)), with_counts(context, Groups(counts))[some]
        way = _way(branch.beginning, read.take(groups.first), own, None, known, beside.take(some), 0, streams)
        yield replace(way, at=groups.first)
    yield _way(branch.walk, read, groups, counts, context, beside, branch.walk.first, streams)


def _way(
    walk: Walk,
    read: Rows,
    groups: Groups,
    counts: Ints | None,
    context: Floats,
    beside: Beside,
    first: int,
    streams: Streams,
) -> AsDrawn:
    """The rows of groups from the ``first`` of each on."""
    codec, at = walk.memory.rows, np.flatnonzero(groups.position >= first)
    before, earlier = rows_before(read, groups, beside)
    known = known_before(walk.memory, read, groups, context, first, beside, before, counts)[:, walk.known]
    encoded = codec.encode(read, before, streams).codes
    past = Past(known, before[at], earlier[at], groups.owner[at], beside)
    rows = Rows(read.numbers[at], encoded[at])
    return AsDrawn(walk, at, rows, codec.told(rows, earlier[at], walk.here(past, rows).beside), past)
