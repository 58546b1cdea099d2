"""What the chains of a walk are grown on: each row beside what was known before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.relational.history import Memory, replay
from synthgan.relational.past import Past
from synthgan.relational.rows import Rows
from synthgan.relational.siblings import Beside
from synthgan.relational.stepping import before_each
from synthgan.relational.walk import Walk
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.grower import grow_tree, join_trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.relational.rows import Numbers, RowCodec
    from synthgan.runtime import Streams
    from synthgan.tabular.chains.config import ChainConfig
    from synthgan.tabular.chains.grower import Chain, Filled, Filler
    from synthgan.tabular.encoding.layout import Encoded, Layout

    Floats = NDArray[np.float32]

MAX_ROWS = 150_000  # that one chain is grown on and filled with
TRIED = 60  # features by each tree: those most correlated with what it draws


@dataclass(frozen=True)
class Lesson:
    """What chains are grown on.

    Attributes:
        walk: the walk, without chains.
        past: what was known before each row.
        codes: int32 ``[rows, columns]``: the rows.
        told: the same as they are drawn: of some levels, that they come again.
        numbers: their numbers, float64 ``[rows, numbers]``.
    """

    walk: Walk
    past: Past
    codes: NDArray[np.int32]
    told: NDArray[np.int32]
    numbers: Numbers

    @classmethod
    def fit(
        cls,
        rows: RowCodec,
        read: Rows,
        groups: Groups,
        context: Floats,
        first: int,
        streams: Streams,
        beside: Beside | None = None,
    ) -> Lesson:
        """What chains are to be grown on: rows of groups that stand side by side.

        Args:
            rows: how they are encoded.
            read: the rows.
            groups: whose rows they are.
            context: float32 ``[groups, width]``: what is known of each group's parent.
            first: how many rows of each group are drawn elsewhere.
            streams: randomness.
            beside: the rows of siblings; None where there are none.
        """
        beside = Beside(len(groups)) if beside is None else beside
        before, earlier = rows_before(read, groups, beside)
        rows = replace(rows.with_repeats(read, earlier), linked=beside.linked(rows))
        encoded = rows.encode(read, before, streams)
        memory = Memory(rows, _views(rows, encoded, streams))
        drawn = np.flatnonzero(groups.position >= first)
        features = known_before(memory, read, groups, context, first, beside, before)
        known = np.flatnonzero(np.ptp(features, axis=0) > 0) if len(drawn) else np.arange(0)
        walk = Walk(memory, known, first, siblings=beside.siblings)
        past = Past(features[:, known], before[drawn], earlier[drawn], groups.owner[drawn], beside)
        codes, numbers = encoded.codes[drawn], read.numbers[drawn]
        own = Rows(numbers, codes)
        told = rows.told(own, earlier[drawn], walk.here(past, own).beside)
        return cls(walk=walk, past=past, codes=codes, told=told, numbers=numbers)

    def grow(self, config: ChainConfig, streams: Streams, index: int, fill: Filler) -> Chain:
        """Grow the chain that stands at ``index``: the columns in an order of its own, on the rows of some of the groups."""
        rng = streams.numpy("chain", index)
        walk, layout, features = self.walk, self.walk.memory.rows.layout, self.walk.memory.mode_features
        order = rng.permutation(len(walk.columns))
        order = np.append(np.array(walk.leading, dtype=order.dtype), order[~np.isin(order, walk.leading)])
        some = self._some(rng)
        told = self.told[some].astype(np.int64)
        features = replace(features, shares=_shares(told, layout))
        base = self.past.known.shape[1]
        first_feature = np.empty(len(order), dtype=np.int64)
        first_feature[order] = base + np.cumsum([0, *walk.widths[order][:-1]])
        seen = np.zeros((len(some), base + int(walk.widths.sum())), dtype=np.float32)
        past, codes, numbers = self.past.take(some), self.codes[some], self.numbers[some]
        here = walk.here(past, Rows(numbers, codes))
        seen[:, :base] = past.known
        grown: list[Filled] = [None] * len(order)  # type: ignore[list-item]
        for column in order:
            width = int(first_feature[column])
            targets = features.targets(layout, int(column))
            tree = grow_tree(seen[:, :width], targets, told[:, column], TRIED, config, rng)
            grown[column] = fill(tree, layout, int(column), rng)
            view = walk.seen(int(column), codes, numbers, past, here)
            seen[:, width : width + view.shape[1]] = view
        return join_trees(order, first_feature, grown, np.min_scalar_type(max(layout.sizes) - 1))

    def _some(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """All rows of as many groups as one chain is grown on."""
        owner = self.past.owner
        if len(owner) <= MAX_ROWS:
            return np.arange(len(owner))
        groups = np.unique(owner)
        kept = np.zeros(int(groups[-1]) + 1, dtype=bool)
        share = MAX_ROWS / len(owner)
        kept[rng.permutation(groups)[: max(1, int(share * len(groups)))]] = True
        return np.flatnonzero(kept[owner])


def rows_before(read: Rows, groups: Groups, beside: Beside) -> tuple[Numbers, NDArray[np.int32]]:
    """The last numbers before each row, float64 ``[rows, numbers]``, and the codes of the row before; -1 where there is none."""
    before, origin = before_each(read.numbers, groups), beside.origin(read.numbers.shape[1])
    earlier = np.vstack([np.full((1, read.codes.shape[1]), -1, np.int32), read.codes])[:-1]
    earlier[groups.first] = -1
    return np.where(np.isnan(before), origin[groups.owner], before), earlier


def known_before(
    memory: Memory,
    read: Rows,
    groups: Groups,
    context: Floats,
    first: int,
    beside: Beside,
    before: Numbers,
    told: NDArray[np.int64] | None = None,
) -> Floats:
    """What is known before each row from the ``first`` of its group on, float32 ``[such rows, width]``; ``told`` as ``replay`` has it."""
    drawn = np.flatnonzero(groups.position >= first)
    owner = groups.owner[drawn]
    history = replay(memory, read, groups, first, told)[drawn]
    return np.hstack([beside.above(context)[owner], history, beside.steps(owner, before[drawn])])


def _views(rows: RowCodec, encoded: Encoded, streams: Streams) -> ModeFeatures:
    """What trees see of each mode; nothing of what other rows say, which is never seen."""
    views = ModeFeatures.fit(encoded, rows.layout, streams.numpy("views"))
    table = views.table.copy()
    for index in range(len(rows.codecs)):
        stop = rows.layout.spans[index].stop
        table[stop - rows.references(index) : stop] = 0
    return replace(views, table=table)


def _shares(codes: NDArray[np.int64], layout: Layout) -> NDArray[np.float64]:
    """Each mode's share of the rows."""
    counts = [np.bincount(codes[:, index], minlength=span.size) for index, span in enumerate(layout.spans)]
    return np.concatenate(counts) / max(len(codes), 1)
