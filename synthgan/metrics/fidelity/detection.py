"""Detection: whether a boosted-tree detector can tell two tables apart (classifier two-sample test)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.binning import ranks
from synthgan.metrics.details import Details, Giveaway
from synthgan.metrics.score import scored
from synthgan.metrics.scores import Scores
from synthgan.metrics.statistics.intervals import Estimate, around, auc, standard_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.runtime import Streams

FOLDS = 3
TREES = 200
DEPTH = 6
RATE = 0.1
MAX_ROWS = 50_000  # a side; more would cost minutes and hardly move the figure
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

    A score is 1 where the detector is no better than a coin, 0 where it never errs.

    Each stands beside the score of real rows against real rows: holdout against training rows, as many as
    the score itself had (or as there are), for a detector sees less in small tables. The signs are those of the score
    against unseen rows, where there are any.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    floors: dict[int, float | None] = {}

    def floor(rows: int) -> float | None:
        if tables.holdout is None:
            return None
        rows = min(rows, tables.holdout.rows, tables.real.rows)
        if rows not in floors:
            estimate = c2st(tables.real, tables.holdout, streams.numpy("detector"), rows_at_most=rows)
            floors[rows] = None if estimate is None else estimate.value
        return floors[rows]

    scores = []
    signs = Signs()
    for name, side, called in (
        ("c2st_train", tables.real, "a training row"),
        ("c2st_holdout", tables.holdout, "an unseen real row"),
    ):
        if side is None:
            reading = "not computed: there is no holdout of real rows that nothing was fitted on"
            scores.append(scored(name, None, reference=None, goal="maximize", reading=reading))
            continue
        rows = min(side.rows, tables.synthetic.rows, MAX_ROWS)
        found = detect(side, tables.synthetic, streams.numpy("detector"))
        estimate, signs = found or (None, signs)
        scores.append(
            scored(
                name,
                estimate,
                reference=floor(rows),
                goal="maximize",
                reading=_reading(estimate, called, rows),
            )
        )
    return Scores(tuple(scores), details=Details(giveaways=signs.columns, giveaway_rows=signs.rows))


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
    features = _features(first.take(drawn[0]), second.take(drawn[1]))
    from_second = np.repeat([False, True], rows)
    folds = np.concatenate([rng.permutation(np.arange(rows) % FOLDS) for _ in range(2)])
    suspicion, gains = _out_of_fold(features, from_second, folds)
    area, influence = auc(from_second, suspicion)
    ability = around(area, standard_error(influence))
    high_area = area if ability.high is None else ability.high
    low_area = area if ability.low is None else ability.low
    estimate = Estimate(_indistinguishable(area), _indistinguishable(high_area), _indistinguishable(low_area))
    if _indistinguishable(low_area) == 1:
        return estimate, Signs()
    best = np.argsort(-gains, kind="stable")[:MAX_GIVEAWAYS]
    columns = tuple(Giveaway(first.names[index], float(gains[index])) for index in best if gains[index])
    surest = np.argsort(-suspicion[rows:], kind="stable")[:MAX_GIVEAWAYS]
    return estimate, Signs(columns, tuple(drawn[1][surest].tolist()))


def _indistinguishable(area: float) -> float:
    return 1 - (2 * max(area, 0.5) - 1)


def _out_of_fold(
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


def _features(first: Columns, second: Columns) -> NDArray[np.float32]:
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
