"""Attribute inference: whoever knows all of a person but one column reads that column off the nearest synthetic row."""

from __future__ import annotations

from dataclasses import replace
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

    Array = NDArray[np.float64]

MAX_ATTACKS = 2_000  # learned rows, and as many others
MAX_SYNTHETIC = 50_000  # rows to look among
MAX_TARGETS = 30  # columns to infer
TOLERANCE = 0.05  # of the span of a column of numbers
_SPAN = (0.01, 0.99)  # the quantiles it lies between: one outlier shall not make every guess right
_BLOCK_ROWS = 64
_NAMES = ("attribute_inference_risk", "attribute_inference_risk_mean")
_ATTACK = "attribute inference"
_WHY_NOT = (
    f"cannot be known: needs {MIN_ATTACKS} real rows that nothing was fitted on, as a holdout, and two columns of which one "
    "has two values or more"
)


def inference_scores(tables: Tables, streams: Streams) -> tuple[list[Score], tuple[Risk, ...]]:
    """Return attribute_inference_risk, of the worst column, and attribute_inference_risk_mean, over columns; and the risk of each.

    The attack of Giomi et al. 2023, section 5.3, on learned rows and as many of the holdout: what a row that was not learned gives
    away is knowledge about people like it, and no more than that is held against the table. A level is inferred where it is the
    same, a number within 5 % of the span from the first to the last percentile of its synthetic column. The worst column is chosen
    on half of the rows and judged on the others, so that having many columns raises no alarm. The baseline guesses what is most
    often right of all people.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    outcomes = infer(tables, streams.numpy("attribute inference"))
    trials = [tried for tried in (_trials(outcome) for outcome in outcomes) if len(tried.train) >= MIN_ATTACKS]
    if not trials:
        return [risk_score(name, None, found="", why_not=_WHY_NOT) for name in _NAMES], ()
    chosen, mean = risk_of(_ATTACK, worst(trials)), risk_of(_ATTACK, _trials(_averaged(outcomes)))
    column = str(chosen.about).replace("{", "{{").replace("}", "}}")
    out_of = "of {attacks} learned rows, {control} of as many others"
    worst_found = f"{column}, the worst of {len(trials)} columns, is inferred right in {{train}} {out_of}"
    mean_found = f"on average over {len(outcomes)} columns, one is inferred right in {{train}} {out_of}"
    scores = [
        risk_score(_NAMES[0], chosen, found=worst_found, why_not=_WHY_NOT),
        risk_score(_NAMES[1], mean, found=mean_found, why_not=_WHY_NOT),
    ]
    return scores, tuple(risk_of(_ATTACK, tried) for tried in trials)


def _trials(outcome: Trials) -> Trials:
    """Leave out what is NaN for not having been attacked, and as much of the longer side as makes both equally long."""
    train, control = (side[~np.isnan(side)] for side in (outcome.train, outcome.control))
    count = min(len(train), len(control))
    return replace(outcome, train=train[:count], control=control[:count])


def _averaged(outcomes: list[Trials]) -> Trials:
    """Return the share of a row's columns that were inferred right; NaN where none was attacked."""
    means = []
    for sides in ([outcome.train for outcome in outcomes], [outcome.control for outcome in outcomes]):
        attacked = np.sum([~np.isnan(side) for side in sides], axis=0)
        means.append(np.nansum(sides, axis=0) / np.where(attacked, attacked, np.nan))
    return Trials("all columns", means[0], means[1], float(np.mean([outcome.baseline for outcome in outcomes])))


def infer(tables: Tables, rng: np.random.Generator) -> list[Trials]:
    """Attack each column in turn, MAX_TARGETS of them drawn at random.

    Args:
        tables: Real, synthetic and holdout rows.
        rng: Draws the rows and the columns.

    Returns:
        One entry per column that has two values among the synthetic rows and is known in a row on either side; NaN stands for a row
        in which it is missing. None without a second column or enough holdout rows.
    """
    names = tables.real.names
    rows = 0 if tables.holdout is None else min(tables.real.rows, tables.holdout.rows, MAX_ATTACKS)
    if tables.holdout is None or rows < MIN_ATTACKS or len(names) < 2:  # noqa: PLR2004
        return []
    among = tables.synthetic.draw(MAX_SYNTHETIC, rng)
    # Those drawn first are looked at first: a table's order may mean something, and halves are taken by it.
    sides = [side.take(rng.permutation(side.rows)[:rows]) for side in (tables.real, tables.holdout)]
    parts = [_points(name, among, sides) for name in names]
    targets = rng.permutation(len(names))[:MAX_TARGETS]
    neighbours = leaving_out([part[0] for part in parts], [part[1] for part in parts], targets)
    found = [
        _attack(names[target], among, sides, indices.reshape(2, rows))
        for target, indices in zip(targets, neighbours, strict=True)
    ]
    return [tried for tried in found if tried is not None]


def _points(name: Name, among: Columns, sides: list[Columns]) -> tuple[Points, Points]:
    """One column of all attacked rows, and of the synthetic ones, as points; what the attacker knows of it stands in the latter."""
    embedding = Embedding.of(among.only([name]))
    return np.vstack([embedding.apply(side.only([name])) for side in sides]), embedding.apply(among.only([name]))


def leaving_out(points: list[Points], among: list[Points], targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which of the others is nearest to each point when one column after the other is left out.

    The product of all columns is taken once, and that of the column left out is taken back.

    Args:
        points: Per column float32 ``[rows, its axes]``.
        among: Per column float32 ``[others, its axes]``.
        targets: The places of the columns to leave out.

    Returns:
        int64 ``[targets, rows]`` places among the others, the first of equals.
    """
    rows, others = len(points[0]), len(among[0])
    found = np.empty((len(targets), rows), dtype=np.int64)
    every, all_lengths = np.hstack(among), [(column**2).sum(axis=1) for column in among]
    lengths = np.sum(all_lengths, axis=0, dtype=np.float32)
    back = [np.vstack([2 * among[target].T, -all_lengths[target]]) for target in targets]
    relative, rest = (np.empty((_BLOCK_ROWS, others), dtype=np.float32) for _ in range(2))
    for start in range(0, rows, _BLOCK_ROWS):
        block = [column[start : start + _BLOCK_ROWS] for column in points]
        size = len(block[0])
        # |a - b|² = |a|² + |b|² - 2ab, whose smallest over b needs no |a|².
        np.matmul(-2 * np.hstack(block), every.T, out=relative[:size])
        relative[:size] += lengths
        for number, target in enumerate(targets):
            left_out = np.hstack([block[target], np.ones((size, 1), dtype=np.float32)])
            np.matmul(left_out, back[number], out=rest[:size])
            rest[:size] += relative[:size]
            found[number, start : start + size] = rest[:size].argmin(axis=1)
    return found


def _attack(target: Name, among: Columns, sides: list[Columns], indices: NDArray[np.int64]) -> Trials | None:
    """Compare the guesses ``[2, rows]`` for one column with the truth; None where there is nothing to guess."""
    values = among.column(target)
    present = values[~np.isnan(values)]
    if not len(present) or present.min() == present.max():
        return None
    within = 0.0
    if target in among.number_names:
        low, high = np.quantile(present, _SPAN, method="inverted_cdf")
        within = TOLERANCE * float(high) - TOLERANCE * float(low)  # the span itself may be larger than a float64 can be
    truths = [side.column(target) for side in sides]
    if any(np.isnan(truth).all() for truth in truths):
        return None
    train, control = (_right(values[guessed], truth, within) for guessed, truth in zip(indices, truths, strict=True))
    usual = _right(np.full(len(train), _usual(present, within)), truths[0], within)
    return Trials(target, train, control, float(np.nanmean(usual)))


def _right(guess: Array, truth: Array, within: float) -> Array:
    """Return [rows] float64: 1 where a guess is right, 0 where it is wrong or that the column is missing, NaN without a truth."""
    with np.errstate(over="ignore"):
        right = np.abs(guess - truth) <= within
    return np.where(np.isnan(truth), np.nan, right)


def _usual(present: Array, within: float) -> float:
    """Return the value that has most others within reach."""
    values = np.sort(present)
    with np.errstate(over="ignore"):
        low, high = values - within, values + within
    reached = np.searchsorted(values, high, "right") - np.searchsorted(values, low, "left")
    return float(values[reached.argmax()])
