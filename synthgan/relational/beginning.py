"""The first rows of groups, drawn by a walk of their own: they are unlike all others, which follow a row.

Trees that draw first and later rows alike share their leaves between both, and most rows are later ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups
from synthgan.relational.lesson import Lesson
from synthgan.relational.rows import RowCodec
from synthgan.relational.steps import with_odds
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.pooled.filling import Pooling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.table import Table
    from synthgan.relational.rows import Rows
    from synthgan.relational.siblings import Beside
    from synthgan.relational.walk import Walk
    from synthgan.runtime import Streams
    from synthgan.tabular.chains.config import ChainConfig
    from synthgan.tabular.encoding.table import TableTransform

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

LEAF_ROWS = 15  # at least
FEWEST = 100  # groups that have rows, and rows that follow, for first rows to have a walk of their own


def has_beginning(groups: Groups) -> bool:
    """Whether there are enough first rows, and enough others."""
    first = len(groups.first)
    return first >= FEWEST and groups.rows - first >= FEWEST


def learn_beginning(
    transform: TableTransform,
    table: Table,
    groups: Groups,
    units: Ints,
    context: Floats,
    stepped: set[str | int],
    encoding: EncodingConfig,
    config: ChainConfig,
    streams: Streams,
    beside: Beside,
) -> Walk:
    """A walk that draws the first row of each group; its parameters are those of ``grow``."""
    some = np.flatnonzero(groups.counts)
    first, own, near = table.take(groups.first), Groups(np.ones(len(some), dtype=np.int64)), beside.take(some)
    origin = near.origin(len(RowCodec.bare(transform).names))
    rows = RowCodec.fit(transform, first, own, stepped, 0, encoding, FINE, streams, origin)
    known = with_counts(context, groups)[some]
    lesson = Lesson.fit(rows, rows.read(first, streams), own, known, 0, streams, near)
    config, pooling = replace(config, leaf_rows=LEAF_ROWS), Pooling()  # a first row says most of who someone is
    chains = tuple(lesson.grow(config, streams, index, pooling) for index in range(config.chains))
    return with_odds(lesson, replace(lesson.walk, chains=chains), units[some], encoding.rare_below, streams)[0]


def begun(
    walk: Walk,
    given: Rows | None,
    known: Ints | None,
    groups: Groups,
    context: Floats,
    streams: Streams,
    beside: Beside,
) -> tuple[Rows, Ints]:
    """The rows that groups begin with, side by side, and how many of each: those given, where there are none the first one, drawn.

    Args:
        walk: draws first rows.
        given: the rows that groups have so far; None for none.
        known: int64 ``[groups]``: how many of each.
        groups: how many rows each group has in the end.
        context: float32 ``[groups, width]``: what is known of each.
        streams: randomness.
        beside: the rows of siblings.
    """
    so_far = np.zeros(len(groups), dtype=np.int64) if known is None else known
    some = np.flatnonzero((groups.counts > 0) & (so_far == 0))
    own = Groups(np.ones(len(some), dtype=np.int64))
    first = walk.draw(None, own, with_counts(context, groups)[some], streams, beside=beside.take(some))
    if given is None:
        return first, np.minimum(groups.counts, 1)
    order = np.argsort(np.concatenate([Groups(so_far).owner, some]), kind="stable")
    return given.followed_by(first).take(order), np.where((groups.counts > 0) & (so_far == 0), 1, so_far)


def with_counts(context: Floats, groups: Groups) -> Floats:
    """What is known of groups, and how many rows they have, as the history of a single row does not say."""
    return np.hstack([context, groups.counts[:, None].astype(np.float32)])
