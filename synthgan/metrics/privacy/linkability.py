"""Linkability: two halves of a person's columns, held by different people, joined through the synthetic rows."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.privacy.residual import MIN_ATTACKS, Trials, risk_of, risk_score, worst
from synthgan.metrics.statistics.neighbours import Embedding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name, Tables
    from synthgan.metrics.privacy.residual import Risk
    from synthgan.metrics.score import Score
    from synthgan.metrics.statistics.neighbours import Points
    from synthgan.runtime import Streams

MAX_ATTACKS = 2_000  # learned rows, and as many others
MAX_SYNTHETIC = 50_000  # rows to look among
SPLITS = 3  # of the columns into halves
NEIGHBOURS = (1, 4, 16)
_BLOCK_ROWS = 64
_TIE = np.float32(3e-6)  # squared distances closer than this are equal: float32 keeps no more of them
_NAME, _ATTACK = "linkability_risk", "linkability"
_WHY_NOT = f"cannot be known: needs {MIN_ATTACKS} real rows that nothing was fitted on, as a holdout, and two columns"


def linkability_scores(tables: Tables, streams: Streams) -> tuple[list[Score], tuple[Risk, ...]]:
    """Return linkability_risk, for the number of neighbours that does best, and the risk for each.

    Giomi et al. 2023, section 5.2: the columns are split in two, and a row is linked where one synthetic row is among the k nearest
    to both its halves (all that are as near as the k-th being among them). Success is averaged over SPLITS random splits. The number
    k is chosen on half of the rows attacked and judged on the others. The baseline draws k rows for either half at random.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    trials = link(tables, streams.numpy("linkability"))
    if not trials:
        return [risk_score(_NAME, None, found="", why_not=_WHY_NOT)], ()
    chosen = risk_of(_ATTACK, worst(trials))
    found = (
        f"given half of the columns and the {chosen.about}, {{train}} of {{attacks}} learned rows are linked to their other half, "
        "{control} of as many others"
    )
    score = risk_score(_NAME, chosen, found=found, why_not=_WHY_NOT)
    return [score], tuple(risk_of(_ATTACK, tried) for tried in trials)


def link(tables: Tables, rng: np.random.Generator) -> list[Trials]:
    """Attack with every number of neighbours.

    Args:
        tables: Real, synthetic and holdout rows.
        rng: Draws the rows and the splits.

    Returns:
        One entry per number of neighbours; none without enough holdout rows, a second column or as many synthetic rows.
    """
    names = tables.real.names
    if tables.holdout is None or len(names) < 2:  # noqa: PLR2004
        return []
    rows = min(tables.real.rows, tables.holdout.rows, MAX_ATTACKS)
    among = tables.synthetic.draw(MAX_SYNTHETIC, rng)
    counts = [count for count in NEIGHBOURS if count < among.rows]
    if rows < MIN_ATTACKS or not counts:
        return []
    # Those drawn first are looked at first: a table's order may mean something, and halves are taken by it.
    sides = [side.take(rng.permutation(side.rows)[:rows]) for side in (tables.real, tables.holdout)]
    linked = np.zeros((len(sides), rows, len(counts)))
    for _ in range(SPLITS):
        order = rng.permutation(len(names))
        halves = [[names[index] for index in order[start::2]] for start in range(2)]
        for index, side in enumerate(sides):
            first, second = (_points(half, among, side) for half in halves)
            linked[index] += _linked(first, second, counts) / SPLITS
    return [
        Trials(
            f"nearest synthetic row of {count}" if count > 1 else "nearest synthetic row",
            linked[0, :, index],
            linked[1, :, index],
            1 - comb(among.rows - count, count) / comb(among.rows, count),
        )
        for index, count in enumerate(counts)
    ]


def _points(names: list[Name], among: Columns, side: Columns) -> tuple[Points, Points]:
    """Those columns of the rows attacked, and of the synthetic ones, as points; what is known of them stands in the latter."""
    known = among.only(names)
    embedding = Embedding.of(known)
    return embedding.apply(side.only(names)), embedding.apply(known)


def _linked(first: tuple[Points, Points], second: tuple[Points, Points], counts: list[int]) -> NDArray[np.bool_]:
    """Return bool ``[rows, counts]``: whether a synthetic row is among so many nearest to a row's first half and to its second."""
    rows, others = len(first[0]), len(first[1])
    linked = np.empty((rows, len(counts)), dtype=bool)
    lengths = [(among**2).sum(axis=1) for _, among in (first, second)]
    buffers = [np.empty((_BLOCK_ROWS, others), dtype=np.float32) for _ in range(2)]
    for start in range(0, rows, _BLOCK_ROWS):
        size = min(_BLOCK_ROWS, rows - start)
        limits = []
        for (points, among), length, buffer in zip((first, second), lengths, buffers, strict=True):
            relative = buffer[:size]
            np.matmul(-2 * points[start : start + size], among.T, out=relative)
            relative += length
            # One cut and a sort of what lies below it: several cuts at once take NumPy seven times as long.
            ordered = np.sort(np.partition(relative, counts[-1] - 1, axis=1)[:, : counts[-1]], axis=1)
            limits.append([ordered[:, count - 1, None] + _TIE for count in counts])
        one, two = (buffer[:size] for buffer in buffers)
        for index in range(len(counts)):
            linked[start : start + size, index] = ((one <= limits[0][index]) & (two <= limits[1][index])).any(axis=1)
    return linked
