"""Importances: whether models trained on real and on synthetic rows go by the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.details import Importance
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate
from synthgan.metrics.utility.models import boosted
from synthgan.metrics.utility.utility import NO_TARGET, WHY_NOT, influences

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.utility.models import Predictor
    from synthgan.metrics.utility.utility import Trial
    from synthgan.runtime import Streams

    Array = NDArray[np.float64]

MAX_TRAINED = 15_000  # rows
MAX_TESTED = 2_000
MAX_COLUMNS = 100
MIN_COLUMNS = 3
MIN_ROWS = 50  # to train on; below, importances are all noise
REPEATS = 2
_NAME = "importance_agreement"


def importance_scores(trial: Trial | None, streams: Streams) -> tuple[list[Score], tuple[Importance, ...]]:
    """Return importance_agreement, and the importances it compares, the largest real one first.

    It is Spearman's rank correlation between the importances of the columns to two boosted models, trained on half of the real
    rows and on as many synthetic ones; the reference is that between the two halves of the real rows. Both are permutation
    importances (Breiman 2001, "Random forests", section 10) on the same test rows, at least 0.

    Args:
        trial: What the models are trained and tested on; None where no target was named.
        streams: Source of randomness.
    """
    if trial is None:
        return _without(NO_TARGET)
    rng = streams.numpy("importances")
    columns = len(trial.test.names) - 1
    real, synthetic = (trial.task.known(trial.train[side]) for side in ("real", "synthetic"))
    rows = min(real.rows // 2, synthetic.rows, MAX_TRAINED)
    if not trial.possible or rows < MIN_ROWS or columns < MIN_COLUMNS:
        return _without(f"{WHY_NOT}; here {MIN_COLUMNS} other columns and {MIN_ROWS} rows to train on")
    order = rng.permutation(real.rows)
    parts = [real.take(order[:rows]), synthetic.draw(rows, rng)]
    parts += [] if trial.seen else [real.take(order[rows : 2 * rows])]
    indices, found = _importances(trial, parts, rng)
    value = agreement(found[0], found[1])
    if value is None:
        return _without("not computed: to one of the models all columns matter equally little")
    reference = None if trial.seen else agreement(found[0], found[2])
    names = [name for name in trial.test.names if name != trial.task.target]
    listed = [
        Importance(names[index], float(first), float(second))
        for index, first, second in zip(indices, found[0], found[1], strict=True)
    ]
    listed.sort(key=lambda importance: -importance.real)
    reading = (
        f"rank correlation of how much each column matters to models trained on {rows:,} real and as many synthetic rows; "
        f"most to the real one: {listed[0].name}"
    )
    score = scored(_NAME, Estimate(value), reference=reference, goal="maximize", reading=reading)
    return [score], tuple(listed)


def _without(reading: str) -> tuple[list[Score], tuple[Importance, ...]]:
    return [scored(_NAME, None, reference=None, goal="maximize", reading=reading)], ()


def _importances(trial: Trial, parts: list[Columns], rng: np.random.Generator) -> tuple[NDArray[np.int64], list[Array]]:
    """Return the places of the columns looked at, and their importances to a model trained on each part."""
    features, truth = trial.task.split(trial.test)
    tested = np.sort(rng.permutation(len(truth))[:MAX_TESTED])
    columns = np.sort(rng.permutation(features.shape[1])[:MAX_COLUMNS])
    orders = rng.permuted(np.tile(np.arange(len(tested)), (len(columns), REPEATS, 1)), axis=2)
    features, truth = features[tested], truth[tested]

    def performs(predicted: Array) -> float:
        return 0.5 if truth.min() == truth.max() else influences(trial.task, truth, predicted)[0]

    models = [boosted(trial.task, *trial.task.split(part)) for part in parts]
    return columns, [permutation_importances(model, features, performs, columns, orders) for model in models]


def permutation_importances(
    model: Predictor,
    features: Array,
    performs: Callable[[Array], float],
    columns: NDArray[np.int64],
    orders: NDArray[np.int64],
) -> Array:
    """Return [columns] float64, at least 0: by how much a model gets worse where a column is shuffled, mean over the repeats.

    Args:
        model: The model.
        features: [rows, all columns] float64.
        performs: How good predictions for these rows are.
        columns: [columns] int64, which to shuffle.
        orders: [columns, repeats, rows] int64, how.
    """
    before = performs(model(features))
    result = np.zeros(len(columns))
    repeats, rows = orders.shape[1:]
    for number, column in enumerate(columns):
        shuffled = np.tile(features, (repeats, 1))
        shuffled[:, column] = features[orders[number].ravel(), column]
        predicted = model(shuffled)
        after = [performs(predicted[start : start + rows]) for start in range(0, repeats * rows, rows)]
        result[number] = max(0.0, before - float(np.mean(after)))
    return result


def agreement(first: Array, second: Array) -> float | None:
    """Return Spearman's rank correlation; None where one side is constant."""
    from scipy.stats import rankdata

    ranks = [rankdata(side) for side in (first, second)]
    if any(side.min() == side.max() for side in ranks):
        return None
    return float(np.corrcoef(*ranks)[0, 1])
