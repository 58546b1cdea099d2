"""Detection: whether a boosted-tree detector can tell two tables apart (classifier two-sample test)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.binning import ranks
from synthgan.metrics.data.columns import Tables
from synthgan.metrics.details import Details, Giveaway
from synthgan.metrics.fidelity.meaning import Meaning, in_both, spell_clocks
from synthgan.metrics.score import scored
from synthgan.metrics.scores import Scores
from synthgan.metrics.statistics.intervals import Estimate, around, auc, standard_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.score import Score
    from synthgan.runtime import Streams

FOLDS = 3
TREES = 200
DEPTH = 6
RATE = 0.1
MAX_ROWS = 50_000  # a side; more would cost minutes and hardly move the figure
MEANING_ROWS = 10_000  # a side, of the many more columns that spell out what a table means
MIN_ROWS = 10  # a side; below, three folds mean nothing
MAX_GIVEAWAYS = 10
GUESSING = 0.5


@dataclass(frozen=True, slots=True)
class Signs:
    """What a detector goes by; empty where it is not surely better than a coin, for its gains are noise then.

    Attributes:
        columns: The MAX_GIVEAWAYS columns with the largest shares of the detectors' gain: of the whole loss that splits on
            a column take away, mean over the three folds' detectors.
        rows: So many rows of the second table, counted from 0, that a detector which has not seen them is surest of.
    """

    columns: tuple[Giveaway, ...] = ()
    rows: tuple[int, ...] = ()


def detection_scores(tables: Tables, streams: Streams) -> Scores:
    """Return c2st_train and c2st_holdout and, as details, what the detector goes by.

    It sees the order of values and, of stamps, their clock and calendar, too.

    A score is 1 where the detector is no better than a coin, 0 where it never errs.

    Each stands beside the score of real rows against real rows: holdout against training rows, as many as
    the score itself had (or as there are), for a detector sees less in small tables. The signs are those of the score
    against unseen rows, where there are any.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    clocks = Tables(*map(spell_clocks, tables), order=tables.order)
    scores, signs = against_real(clocks, "c2st", "detector", streams)
    return Scores(tuple(scores), details=Details(giveaways=signs.columns, giveaway_rows=signs.rows))


def meaning_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return c2st_meaning_train and c2st_meaning_holdout: the same of a detector that sees what the values mean.

    See ``synthgan.metrics.fidelity.meaning`` for what is spelled out for it.
    """
    found = Meaning.of(tables.real)
    spelled = Tables(*(found.spell_out(side, learned=side is tables.real) for side in tables))
    return against_real(spelled, "c2st_meaning", "detector of meaning", streams, rows_at_most=MEANING_ROWS)[0]


def against_real(
    tables: Tables, name: str, stream: str, streams: Streams, *, rows_at_most: int = MAX_ROWS
) -> tuple[list[Score], Signs]:
    """Return the scores against training and unseen rows, and what the detector of the latter, if there is one, goes by."""
    floors: dict[int, float | None] = {}

    def floor(rows: int) -> float | None:
        if tables.holdout is None:
            return None
        rows = min(rows, tables.holdout.rows, tables.real.rows)
        if rows not in floors:
            estimate = c2st(tables.real, tables.holdout, streams.numpy(stream), rows_at_most=rows)
            floors[rows] = None if estimate is None else estimate.value
        return floors[rows]

    scores = []
    signs = Signs()
    for suffix, side, called in (
        ("train", tables.real, "a training row"),
        ("holdout", tables.holdout, "an unseen real row"),
    ):
        if side is None:
            reading = "not computed: there is no holdout of real rows that nothing was fitted on"
            scores.append(scored(f"{name}_{suffix}", None, reference=None, goal="maximize", reading=reading))
            continue
        rows = min(side.rows, tables.synthetic.rows, rows_at_most)
        found = detect(side, tables.synthetic, streams.numpy(stream), rows_at_most=rows_at_most)
        estimate, signs = found or (None, signs)
        reading = _reading(estimate, called, rows)
        if name != "c2st" and found and signs.columns:
            reading += f"; it goes by {signs.columns[0].name} first"
        scores.append(scored(f"{name}_{suffix}", estimate, reference=floor(rows), goal="maximize", reading=reading))
    return scores, signs


def c2st(first: Columns, second: Columns, rng: np.random.Generator, *, rows_at_most: int = MAX_ROWS) -> Estimate | None:
    """Return ``1 - (2 * max(AUC, 1/2) - 1)`` of a detector that is asked from which of two tables a row is.

    Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests", arXiv:1610.06545, with the AUC out of
    fold (3 folds, pooled) of XGBoost: 200 trees of depth 6 at rate 0.1. The larger table is sub-sampled to
    the size of the smaller, both to ``rows_at_most``. Levels enter as numbers, missing values as missing.
    The interval is DeLong's for the AUC, carried through the formula; it does not include the luck of
    training the detector.

    Args:
        first: One table.
        second: The other, of the same columns.
        rng: Draws the rows and the folds.
        rows_at_most: Most rows to use of each table.

    Returns:
        The estimate in [0, 1], or None with fewer than MIN_ROWS rows a table or without a column.
    """
    found = detect(first, second, rng, rows_at_most=rows_at_most)
    return None if found is None else found[0]


def detect(
    first: Columns, second: Columns, rng: np.random.Generator, *, rows_at_most: int = MAX_ROWS
) -> tuple[Estimate, Signs] | None:
    """Return what ``c2st`` does, and what the detectors went by."""
    rows = min(first.rows, second.rows, rows_at_most)
    if rows < MIN_ROWS or not first.names:
        return None
    drawn = [table.drawn(rows, rng) for table in (first, second)]
    sides = in_both(first.take(drawn[0]), second.take(drawn[1]))
    features = features_of(*sides)
    from_second = np.repeat([False, True], rows)
    folds = np.concatenate([rng.permutation(np.arange(rows) % FOLDS) for _ in range(2)])
    suspicion, gains = out_of_fold(features, from_second, folds)
    area, influence = auc(from_second, suspicion)
    ability = around(area, standard_error(influence))
    high_area = area if ability.high is None else ability.high
    low_area = area if ability.low is None else ability.low
    estimate = Estimate(indistinguishable(area), indistinguishable(high_area), indistinguishable(low_area))
    if indistinguishable(low_area) == 1:
        return estimate, Signs()
    best = np.argsort(-gains, kind="stable")[:MAX_GIVEAWAYS]
    columns = tuple(Giveaway(sides[0].names[index], float(gains[index])) for index in best if gains[index])
    surest = np.argsort(-suspicion[rows:], kind="stable")[:MAX_GIVEAWAYS]
    return estimate, Signs(columns, tuple(drawn[1][surest].tolist()))


def indistinguishable(area: float) -> float:
    """Return 1 for a detector that is no better than a coin, 0 for one that never errs."""
    return 1 - (2 * max(area, 0.5) - 1)


def out_of_fold(
    features: NDArray[np.float32], labels: NDArray[np.bool_], folds: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return [rows] float64: how likely a detector that has not seen a row takes it for the second's; and the columns' gains.

    These are [columns] float64 shares, which sum to 1 unless no detector found a split.
    """
    import xgboost

    parameters = {
        "objective": "binary:logistic",
        "max_depth": DEPTH,
        "eta": RATE,
        "tree_method": "hist",
        "seed": 0,
    }
    result, gains = np.empty(len(labels)), np.zeros(features.shape[1])
    for fold in range(FOLDS):
        inside = folds == fold
        known = xgboost.QuantileDMatrix(features[~inside], labels[~inside].astype(np.float32))
        detector = xgboost.train(parameters, known, num_boost_round=TREES)
        result[inside] = detector.inplace_predict(features[inside])
        for column, gain in detector.get_score(importance_type="total_gain").items():
            gains[int(column.removeprefix("f"))] += gain
    return result, gains / (gains.sum() or 1.0)


def features_of(first: Columns, second: Columns) -> NDArray[np.float32]:
    """Return [rows of both, columns] float32, NaN where missing.

    Numbers enter as ranks, over both tables: trees see only the order, and float32, all that XGBoost knows,
    would merge the seconds of a date into minutes.
    """
    features = np.vstack([first.matrix(), second.matrix()])
    for index in range(len(first.number_names)):
        present = ~np.isnan(features[:, index])
        features[present, index] = ranks(features[present, index], np.empty(0))[0]
    return features.astype(np.float32)


def _reading(estimate: Estimate | None, called: str, rows: int) -> str:
    if estimate is None:
        return f"not computed: each table needs at least {MIN_ROWS} rows"
    area = 1 - estimate.value / 2
    odds = "as by guessing" if round(area, 2) <= GUESSING else f"where guessing is right {GUESSING:.0%}"
    return (
        f"shown a synthetic and {called}, a detector is right about {area:.0%} of the time, {odds} (a score of 1 is "
        f"indistinguishable); {rows:,} rows of each"
    )
