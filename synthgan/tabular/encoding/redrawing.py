"""Orders that only whole rows can keep: of computed columns, or such that moving values would bend a column.

Rows that break one are drawn again. Of several, each takes the place of the row that is most like it in the columns of the order, so
that no column loses one of its ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.data.schema import Kind
from synthgan.data.table import Table
from synthgan.tabular.encoding.bending import bends
from synthgan.tabular.encoding.mending import put_at
from synthgan.tabular.encoding.orders import breaks
from synthgan.tabular.encoding.spaced import keep_repairable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Encoded
    from synthgan.tabular.encoding.table import TableTransform

    Name = str | int
    Rows = NDArray[np.bool_]
    Numbers = NDArray[np.float64]
    Pairs = tuple[tuple[Name, Name], ...]

TRIES: Final = 4
POOL: Final = 4  # rows drawn for one that is replaced,
SPARE: Final = 64  # and a few more
BLOCK: Final = 256  # rows that are matched at once
MOST: Final = 0.5  # of the rows, that may have to be drawn again


def redrawn(table: Table, transform: TableTransform, draw: Callable[[int, int], Table]) -> Table:
    """The table with other rows, identifiers apart, in the place of those that break an order; a few may be left.

    Args:
        table: whole rows.
        transform: says what must hold.
        draw: draws so many further rows under the same conditions, at a try that is counted.
    """
    orders = transform.constraints.redrawn
    for index in range(TRIES if orders else 0):
        broken = _broken(_numbers(table, transform, orders), transform, orders)
        wrong = np.flatnonzero(np.any(broken, axis=0))
        if not len(wrong):
            break
        others = draw(POOL * len(wrong) + SPARE, index)
        rows, taken = _exchanged(table, broken, wrong, others, transform, orders)
        put = put_at(table, rows, others.take(taken))
        named = {column.name for column in table.schema if column.kind is Kind.IDENTIFIER}
        table = Table(
            table.schema, {name: table.columns[name] if name in named else one for name, one in put.columns.items()}
        )
    return table


def keep_holding(
    transform: TableTransform, drawn: Encoded, real: Encoded, streams: Streams
) -> tuple[TableTransform, list[str]]:
    """The transform with those constraints alone that drawn rows can be made to keep while no column's distribution changes.

    With it come the others, in words. An order that no drawn row breaks needs no keeping.

    Args:
        transform: what always held, or nearly always.
        drawn: rows of the generator.
        real: rows that it learned.
        streams: randomness.
    """
    asked = transform.constraints
    transform = keep_repairable(transform, drawn, real)
    kept, lost = transform.constraints, replace(asked, orders=(), usual=(), redrawn=())
    candidates = (*asked.redrawn, *asked.orders)
    if candidates:
        without_keys = replace(transform, keys=(), schema=_learned(transform))
        made, found = without_keys.inverse(drawn, streams), without_keys.values(real)
        redrawn, bending = _keepable(made, without_keys, candidates, found)
        kept = replace(kept, redrawn=redrawn)
        lost = replace(lost, orders=tuple(pair for pair in bending if pair not in kept.orders))
    lost = replace(lost, sums=tuple(one for one in asked.sums if one not in kept.sums))
    return replace(transform, constraints=kept), lost.words


def _keepable(
    made: Table, transform: TableTransform, candidates: Pairs, real: Mapping[Name, Any]
) -> tuple[Pairs, Pairs]:
    """Of orders that some rows break: those that other rows in their place keep without bending a column, and the rest."""
    values = _numbers(made, transform, candidates)
    broken = _broken(values, transform, candidates)
    kept: list[int] = []
    for at in np.argsort(broken.mean(axis=1), kind="stable").tolist():
        if broken[at].any() and np.any(broken[[*kept, at]], axis=0).mean() <= MOST:
            kept.append(at)
    while kept:
        orders, some = tuple(candidates[at] for at in kept), broken[kept]
        rows, taken = _exchanged(made, some, np.flatnonzero(np.any(some, axis=0)), made, transform, orders)
        put = {name: np.array(own) for name, own in values.items()}
        for name, own in put.items():
            own[rows] = values[name][taken]
        bent = {name for pair in orders for name in pair if bends(real[name], values[name], put[name])}
        if not bent:
            break
        # The order that asks for most of the rows that bend a column goes first.
        kept.remove(max((at for at in kept if bent & {*candidates[at]}), key=lambda at: int(broken[at].sum())))
    rest = [at for at in range(len(candidates)) if at not in kept and broken[at].any()]
    return tuple(candidates[at] for at in sorted(kept)), tuple(candidates[at] for at in rest)


def _learned(transform: TableTransform) -> Any:
    """The schema without columns of keys."""
    return transform.schema.of_columns(column for column in transform.schema if column.kind is not Kind.IDENTIFIER)


def _numbers(table: Table, transform: TableTransform, orders: Pairs) -> dict[Name, Numbers]:
    names = dict.fromkeys(name for pair in orders for name in pair)
    return {name: table.float64(transform.columns[name]) for name in names}


def _broken(values: Mapping[Name, Numbers], transform: TableTransform, orders: Pairs) -> Rows:
    """Where each order is broken, bool ``[orders, rows]``."""
    return np.stack([breaks(values, pair, transform.scales) for pair in orders])


def _exchanged(
    table: Table,
    broken: Rows,
    wrong: NDArray[np.int64],
    others: Table,
    transform: TableTransform,
    orders: Pairs,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which rows of a table give way to which others, that keep all orders: int64 ``[pairs]`` each, none of them twice."""
    given = _numbers(others, transform, orders)
    right = np.flatnonzero(~np.any(_broken(given, transform, orders), axis=0))[: POOL * len(wrong) + SPARE]
    own = _numbers(table, transform, orders)
    ranks = {name: _ranks(own[name][wrong], given[name][right]) for name in own}
    speaks = {
        name: np.any([row for row, pair in zip(broken[:, wrong], orders, strict=True) if name in pair], axis=0)
        for name in own
    }
    blocks = max(1, -(-len(wrong) // BLOCK))
    pairs = [
        _matched(rows, among, ranks, speaks)
        for rows, among in zip(
            np.array_split(np.arange(len(wrong)), blocks), np.array_split(np.arange(len(right)), blocks), strict=True
        )
    ]
    rows, taken = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return wrong[rows], right[taken]


def _matched(
    rows: NDArray[np.int64],
    among: NDArray[np.int64],
    ranks: Mapping[Name, tuple[Numbers, Numbers]],
    speaks: Mapping[Name, Rows],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows and the others that lie nearest to them by rank, in those columns that a broken order of theirs speaks of."""
    from scipy.optimize import linear_sum_assignment

    cost = np.zeros((len(rows), len(among)))
    for name, (own, other) in ranks.items():
        cost += speaks[name][rows, None] * np.abs(own[rows, None] - other[None, among])
    first, second = linear_sum_assignment(cost)
    return rows[first], among[second]


def _ranks(own: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
    """The ranks of two samples among both, from 0 to 1; what is missing comes first."""
    both = np.nan_to_num(np.concatenate([own, other]), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    ranks = np.searchsorted(np.sort(both), both) / max(len(both), 1)
    return ranks[: len(own)], ranks[len(own) :]
