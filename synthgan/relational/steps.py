"""What steps are chosen by: boosted trees that tell drawn next rows from real ones, given the same past, and the support of pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.relational.rows import Rows
from synthgan.relational.support import find_supports
from synthgan.tabular.chains.critics import MIN_GAIN_NATS, fit_booster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.relational.lesson import Lesson
    from synthgan.relational.walk import Walk
    from synthgan.runtime import Streams

MAX_STEPS = 100_000  # real ones, and as many drawn
MIN_STEPS = 500
TREES = 300


def with_odds(
    lesson: Lesson, walk: Walk, units: NDArray[np.int64], rare_below: int, streams: Streams
) -> tuple[Walk, float]:
    """The walk with what its steps are chosen by, a critic and the support of pairs, and what the critic gained.

    Each real row stands beside one drawn given its own past. The critic is stopped by groups it was not trained on; where it found
    too little there is none.

    Args:
        lesson: real rows.
        walk: the walk, with its chains.
        units: int64 ``[groups]``: the person that each group is of.
        rare_below: the fewest people who must share what is told of single values.
        streams: randomness.
    """
    rng = streams.numpy("steps")
    some = rng.permutation(len(lesson.past))[:MAX_STEPS]
    if len(some) < MIN_STEPS:
        return walk, 0.0
    real = walk.seen_rows(lesson.past.take(some), lesson.codes[some], lesson.numbers[some])
    drawn, seen = _beside(lesson, walk, some, np.empty_like(real), rng)
    owner = np.unique(lesson.past.owner[some], return_inverse=True)[1]
    booster, gain = fit_booster(real, seen, streams.numpy("step critic"), units=(owner, owner), trees=TREES)
    if gain >= MIN_GAIN_NATS:
        walk = replace(walk, critic=booster)
    rows = Rows(lesson.numbers, lesson.codes)
    odds = walk.odds(drawn, seen)
    supports = find_supports(walk.memory.rows, rows, units[lesson.past.owner], drawn, odds, rare_below)
    return replace(walk, supports=supports), gain


def _beside(
    lesson: Lesson, walk: Walk, some: NDArray[np.int64], seen: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Rows, NDArray[np.float32]]:
    """A row drawn given the past of each of some real ones, and what a critic sees of it."""
    drawn = Rows(
        np.full((len(some), lesson.numbers.shape[1]), np.nan), np.zeros((len(some), len(walk.columns)), np.int32)
    )
    chains = rng.integers(len(walk.chains), size=len(some))
    for index, chain in enumerate(walk.chains):
        at = np.flatnonzero(chains == index)
        mine = some[at]
        if len(at):
            rows, seen[at] = walk.row(chain, lesson.past.take(mine), rng)
            drawn.numbers[at], drawn.codes[at] = rows.numbers, rows.codes
    return drawn, seen
