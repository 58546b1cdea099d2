"""Who teaches: pooled chains, and small networks beside them where a table is mostly numbers and a detector finds them no worse."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import clone

from synthgan.gan.train import Progress
from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity.detection import c2st
from synthgan.tabular.autoregressive.autoregressive import Autoregressive
from synthgan.tabular.checkpoint import TableCheckpoint
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.pooled.pooled import Pooled

if TYPE_CHECKING:
    from collections.abc import Generator

    from synthgan.data import Frame
    from synthgan.runtime import Streams
    from synthgan.tabular.base import BaseGenerator
    from synthgan.tabular.protocol import Prepared

MIN_NUMBERS = 0.5  # share of the cells that lie somewhere inside a mode; of fewer, trees lead by far
TRIED = (500, 20_000)  # rows from which on a trial tells something, and up to which networks take minutes at most
TRIAL_ROWS = 5_000
JUDGED_SHARE = 0.25  # of the rows of a trial
TREES, TOGETHER = "trees", "trees_and_networks"
DRAWS = 3  # by which the judgement is averaged
BOTH = (Pooled(), Autoregressive())
# Of C2ST. A trial has few rows to judge by, sees coarse errors alone, and is off by 0.04: it keeps out networks that fail. On Magic the two
# together were 0.01 ahead to 0.08 behind in it, and 0.03 ahead of trees before 5,000 unseen rows; and networks tell less of each row.
MAX_BEHIND = 0.1


def worth_trying(prepared: Prepared) -> bool:
    """Whether networks may be as good as trees on a table, by its size and how many of its cells are numbers."""
    train, layout = prepared.train, prepared.layout
    if not TRIED[0] <= len(train) <= TRIED[1]:
        return False
    return bool(layout.has_residual[train.codes + layout.starts].mean() >= MIN_NUMBERS)


def tried(prepared: Prepared, streams: Streams) -> Generator[Progress, None, dict[str, float]]:
    """The C2ST of what trees draw, and of what trees and networks draw together, against rows that neither learned.

    Three quarters of the rows (5,000 rows at most take part) are learned for it. Two teachers err in different ways, so that half of
    each may be better than either: what counts is what they draw together.
    """
    order = streams.numpy("trial").permutation(len(prepared.train))[:TRIAL_ROWS]
    aside = int(JUDGED_SHARE * len(order))
    judged = prepared.train.take(order[:aside])
    lesson = replace(prepared, train=prepared.train.take(np.sort(order[aside:])), held_out=judged.take(order[:0]))
    draws = []
    for index, candidate in enumerate(map(clone, BOTH)):
        yield Progress("choosing a teacher", index, len(BOTH))
        own = streams.below("trial", index)
        deque(candidate.fit(lesson, own, TableCheckpoint()), maxlen=0)
        draws.append(Encoded.joined(candidate.sample(DRAWS * aside, None, own.below("draws"))))
    yield Progress("choosing a teacher", len(BOTH), len(BOTH))
    real = prepared.transform.inverse(judged, streams).frame()
    return {
        name: _indistinguishable(
            [part.take(np.arange(DRAWS * aside // len(parts))) for part in parts], real, prepared, streams
        )
        for name, parts in ((TREES, draws[:1]), (TOGETHER, draws))
    }


def chosen(found: dict[str, float]) -> tuple[BaseGenerator, ...]:
    """The teachers, by what a trial found; trees alone where there was none."""
    together = found and found[TOGETHER] >= found[TREES] - MAX_BEHIND
    return tuple(clone(teacher) for teacher in (BOTH if together else BOTH[:1]))


def _indistinguishable(parts: list[Encoded], real: Frame, prepared: Prepared, streams: Streams) -> float:
    """The mean C2ST of some draws, of which each part holds some of each, against rows."""
    transform = prepared.transform
    values = []
    for index in range(DRAWS):
        drawn = Encoded.joined(part.take(np.arange(index, len(part), DRAWS)) for part in parts)
        tables, _ = align(real, transform.inverse(drawn, streams).frame(), schema=transform.schema)
        estimate = c2st(tables.real, tables.synthetic, streams.numpy("detector", index))
        values.append(0.0 if estimate is None else estimate.value)
    return round(float(np.mean(values)), 4)
