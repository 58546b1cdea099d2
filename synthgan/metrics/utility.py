"""Utility: how good, on real rows, a model trained on synthetic rows is beside one trained on real rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.intervals import Estimate, around, auc, r_squared, standard_error
from synthgan.metrics.score import Score, scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.columns import Columns, Name, Tables
    from synthgan.runtime import Streams

    Array = NDArray[np.float64]

CLASSES_AT_MOST = 10  # whole numbers with more values are regressed; rarer levels beyond these become one class
ROWS_AT_MOST = 100_000  # to train on
ROWS_AT_LEAST = 10
TEST_SHARE = 0.2  # of the real rows, where there is no holdout
_NAMES = ("utility_real", "utility_synthetic")
_WHY_NOT = (
    f"not computed: needs another column, {ROWS_AT_LEAST} rows with a known target in each table, "
    "and two values of it among the test rows"
)


@dataclass(frozen=True, slots=True)
class Task:
    """What to predict, and how.

    Attributes:
        target: Name of the column.
        classes: The codes or numbers to tell apart, the most frequent first, or None for a regression.
    """

    target: Name
    classes: tuple[float, ...] | None

    @classmethod
    def of(cls, target: Name, real: Columns) -> Task:
        """Choose: levels are classes, and so are whole numbers with at most CLASSES_AT_MOST values."""
        values = real.column(target)
        distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        few_whole = len(distinct) <= CLASSES_AT_MOST and bool((distinct == np.round(distinct)).all())
        if target in real.number_names and not few_whole:
            return cls(target, None)
        return cls(target, tuple(distinct[np.argsort(-counts, kind="stable")].tolist()))

    def split(self, table: Columns) -> tuple[Array, Array]:
        """Return the features [rows, columns - 1] and the target [rows] of the rows whose target is known.

        Classes become their place in ``classes``; those beyond the first CLASSES_AT_MOST share one.
        """
        matrix, place = table.matrix(), table.names.index(self.target)
        matrix = matrix[~np.isnan(matrix[:, place])]
        features, truth = np.delete(matrix, place, axis=1), matrix[:, place]
        if self.classes is None:
            return features, truth
        places = np.full(len(truth), CLASSES_AT_MOST, dtype=np.float64)
        for number, value in enumerate(self.classes[:CLASSES_AT_MOST]):
            places[truth == value] = number
        return features, places


def utility_scores(tables: Tables, target: Name | None, streams: Streams) -> list[Score]:
    """Return utility_real and utility_synthetic: how well models trained on either predict real rows.

    The model is scikit-learn's HistGradientBoosting at its defaults, levels as numbers. Classes are scored
    by AUC (the mean of one against the rest over the classes, of more than two), numbers by R². The test
    rows are the holdout; without one, a fifth of the real rows, kept from the model trained on real rows but
    not from the synthesizer. Intervals are DeLong's and the delta method's: the luck of the test rows, not
    of the training.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        target: Name of the column to predict, or None.
        streams: Source of randomness.
    """
    if target is None:
        reading = "not computed: no target was named"
        return [scored(name, None, reference=None, goal="maximize", reading=reading) for name in _NAMES]
    task = Task.of(target, tables.real)
    rng = streams.numpy("utility")
    seen = tables.holdout is None
    train, test = _parts(tables.real, rng) if tables.holdout is None else (tables.real, tables.holdout)
    scores: list[Score] = []
    for name, side in zip(_NAMES, (train, tables.synthetic), strict=True):
        estimate = utility(task, side, test, rng)
        reference = None if seen or not scores else scores[0].value
        reading = _reading(task, name, side.rows, seen=seen) if estimate else _WHY_NOT
        scores.append(scored(name, estimate, reference=reference, goal="maximize", reading=reading))
    return scores


def utility(task: Task, train: Columns, test: Columns, rng: np.random.Generator) -> Estimate | None:
    """Train on one table, test on another.

    Args:
        task: What to predict.
        train: Rows to train on; ROWS_AT_MOST of them are used.
        test: Rows to test on.
        rng: Draws the training rows where there are too many.

    Returns:
        AUC in [0, 1] or R² (at most 1). None where either table has fewer than ROWS_AT_LEAST rows with a
        known target, the test rows hold a single value of it, or there is no other column.
    """
    known, its_target = task.split(train.draw(ROWS_AT_MOST, rng))
    unseen, truth = task.split(test)
    if min(len(known), len(unseen)) < ROWS_AT_LEAST or truth.min() == truth.max() or not known.shape[1]:
        return None
    if task.classes is None:
        value, influence = r_squared(truth, _predict_number(known, its_target, unseen))
        return around(value, standard_error(influence), least=-np.inf)
    value, influence = _auc(truth, _predict_classes(known, its_target, unseen))
    return around(value, standard_error(influence))


def _predict_number(known: Array, target: Array, unseen: Array) -> Array:
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(early_stopping=False).fit(known, target)
    return np.asarray(model.predict(unseen), dtype=np.float64)


def _predict_classes(known: Array, target: Array, unseen: Array) -> Array:
    """Return [rows, CLASSES_AT_MOST + 1] float64 probabilities; 0 for classes the training rows lack."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    result = np.zeros((len(unseen), CLASSES_AT_MOST + 1))
    present = np.unique(target).astype(np.int64)
    if len(present) == 1:
        result[:, present[0]] = 1.0
        return result
    # Early stopping would set rows aside by class, which fails where a class has a single row.
    model = HistGradientBoostingClassifier(early_stopping=False).fit(known, target)
    result[:, present] = model.predict_proba(unseen)
    return result


def _auc(truth: Array, probabilities: Array) -> tuple[float, Array]:
    """Return the AUC (the mean of one against the rest, of more than two), and each row's influence."""
    classes = np.unique(truth).astype(np.int64)
    if len(classes) == 2:  # noqa: PLR2004
        classes = classes[1:]
    found = [auc(truth == number, probabilities[:, number]) for number in classes]
    return float(np.mean([area for area, _ in found])), np.mean([influence for _, influence in found], axis=0)


def _parts(real: Columns, rng: np.random.Generator) -> tuple[Columns, Columns]:
    """Split the real rows at random into four fifths to train on and a fifth to test on."""
    order = rng.permutation(real.rows)
    tested = round(TEST_SHARE * real.rows)
    return real.take(order[tested:]), real.take(order[:tested])


def _reading(task: Task, name: str, rows: int, *, seen: bool) -> str:
    kind = "synthetic" if name == "utility_synthetic" else "real"
    what = "R²" if task.classes is None else "AUC"
    where = "a fifth of the real rows, which the synthesizer has seen" if seen else "unseen real rows"
    pooled = task.classes is not None and len(task.classes) > CLASSES_AT_MOST
    rest = f"; its rarer levels beyond {CLASSES_AT_MOST} count as one" if pooled else ""
    used = min(rows, ROWS_AT_MOST)
    return f"{what} for {task.target} of a model trained on {used:,} {kind} rows, tested on {where}{rest}"
