"""The critic of steps: boosted trees that tell drawn next rows from real ones, given the same past."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.chains.critics import MIN_GAIN_NATS, fit_booster

if TYPE_CHECKING:
    from synthgan.relational.lesson import Lesson
    from synthgan.relational.walk import Walk
    from synthgan.runtime import Streams

MAX_STEPS = 100_000  # real ones, and as many drawn
MIN_STEPS = 500
TREES = 300


def with_critic(lesson: Lesson, walk: Walk, streams: Streams) -> tuple[Walk, float]:
    """The walk with a critic that its steps are chosen by, and what it gained; without one where it found too little.

    Each real row stands beside one drawn given its own past. The critic is stopped by groups it was not trained on.
    """
    rng = streams.numpy("steps")
    some = rng.permutation(len(lesson.owner))[:MAX_STEPS]
    if len(some) < MIN_STEPS:
        return walk, 0.0
    real = walk.seen_rows(
        lesson.known[some], lesson.codes[some], lesson.numbers[some], lesson.before[some], lesson.earlier[some]
    )
    drawn = np.empty_like(real)
    chains = rng.integers(len(walk.chains), size=len(some))
    for index, chain in enumerate(walk.chains):
        at = np.flatnonzero(chains == index)
        mine = some[at]
        if len(at):
            _, drawn[at] = walk.row(chain, lesson.known[mine], lesson.before[mine], lesson.earlier[mine], rng)
    owner = np.unique(lesson.owner[some], return_inverse=True)[1]
    booster, gain = fit_booster(real, drawn, streams.numpy("step critic"), units=(owner, owner), trees=TREES)
    return (replace(walk, critic=booster), gain) if gain >= MIN_GAIN_NATS else (walk, gain)
