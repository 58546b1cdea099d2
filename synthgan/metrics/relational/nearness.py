"""Leakage by person: whole histories that were copied, people nearer to those learned, and attacks on whole people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.privacy.privacy import nearer_to_train
from synthgan.metrics.relational.units import hashed_steps
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Tables
    from synthgan.metrics.relational.sides import Judged, Side
    from synthgan.runtime import Streams

MIN_STEPS = 3  # rows of a history; shorter ones are alike by chance


def copied_histories(judged: Judged) -> Score:
    """Return the share of synthetic histories of three rows or more that are, row for row, those of a person who was learned.

    A history is what a person has of one table. Times count from its first row on, so that a shift of all of them hides nothing.
    The reference is the share of unseen people's histories of which the same is true: what is common is no copy.
    """
    ours, longs = _copied(judged, judged.synthetic)
    reading = f"{ours:,} of {longs:,} synthetic histories of {MIN_STEPS} rows or more equal one that was learned"
    reference = None
    if judged.holdout is not None:
        unseen, others = _copied(judged, judged.holdout)
        reference = unseen / others if others else None
        reading += f"; of those of unseen people, {unseen:,} of {others:,} do"
    else:
        reading += "; without a holdout it cannot be known how many would by chance"
    if not longs:
        why = f"not computed: nobody has {MIN_STEPS} rows of a table"
        return scored("histories_copied", None, reference=reference, goal="minimize", reading=why)
    return scored("histories_copied", share(ours, longs), reference=reference, goal="minimize", reading=reading)


def _copied(judged: Judged, side: Side) -> tuple[int, int]:
    """How many long histories equal a real one of the same table, and how many there are."""
    hits, long = 0, 0
    for name in judged.below:
        if judged.real.columns[name].names:
            learned, others = (_histories(judged, one, name) for one in (judged.real, side))
            hits, long = hits + int(np.isin(others, learned).sum()), long + len(others)
    return hits, long


def _histories(judged: Judged, side: Side, name: str) -> NDArray[np.uint64]:
    """uint64 ``[people with MIN_STEPS rows or more]``: equal histories have equal numbers; the order of rows counts."""
    linked = judged.linked(side, name)
    groups = linked.groups
    if not groups.rows:
        return np.empty(0, dtype=np.uint64)
    salts = np.random.default_rng(0).integers(1, 2**63, int(groups.counts.max()), dtype=np.uint64) * np.uint64(
        2
    ) + np.uint64(1)
    weighed = hashed_steps(linked) * salts[groups.position]
    totals = np.add.reduceat(weighed, groups.first)
    return totals[groups.counts[groups.counts > 0] >= MIN_STEPS]


def nearness(people: Tables, streams: Streams) -> Score:
    """Return nearer_to_train of whole people: the share of synthetic ones nearer to one learned than to any of as many unseen."""
    found: Estimate | None = None
    if people.holdout is not None:
        found = nearer_to_train(people.real, people.synthetic, people.holdout, streams.numpy("neighbours"))
    if found is None:
        why = "cannot be known: needs real people that nothing was fitted on, as a holdout"
        return scored("nearer_to_train", None, reference=None, goal="reference", reading=why)
    reading = "share of synthetic people, with all their rows, nearer to one learned than to any of as many unseen ones; .5 is ideal"
    return scored("nearer_to_train", found, reference=0.5, goal="reference", reading=reading)
