"""Utility: how good, on real rows, a model trained on synthetic rows is beside one trained on real rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate, around, auc, r_squared, standard_error
from synthgan.metrics.utility.models import boosted, linear, numbers_among
from synthgan.metrics.utility.task import MAX_CLASSES, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name, Tables
    from synthgan.metrics.utility.models import Predictor
    from synthgan.runtime import Streams

    Array = NDArray[np.float64]
    Fit = Callable[[Task, Array, Array], Predictor]

MAX_ROWS = 100_000  # to train on
MAX_LINEAR_ROWS = 20_000  # ... a linear model, which is in need of fewer
MIN_ROWS = 10
TEST_SHARE = 0.2  # of the real rows, where there is no holdout
SIDES = ("real", "synthetic")
NO_TARGET = "not computed: no target was named"
WHY_NOT = (
    f"not computed: needs another column, {MIN_ROWS} rows with a known target in each table, "
    "and two values of it among the test rows"
)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What models of a target are trained and tested on.

    Attributes:
        task: What they predict.
        train: Per side the rows to train on.
        test: The rows to test on, those whose target is known.
        truth: [test rows] float64, as ``Task.split`` gives it.
        seen: Whether the synthesizer has seen the test rows, for want of a holdout.
    """

    task: Task
    train: dict[str, Columns]
    test: Columns
    truth: Array
    seen: bool

    @classmethod
    def of(cls, tables: Tables, target: Name, rng: np.random.Generator) -> Trial:
        """Take the holdout to test on; without one a fifth of the real rows, kept from the model trained on real rows."""
        task = Task.of(target, tables.real)
        real, test = _parts(tables.real, rng) if tables.holdout is None else (tables.real, tables.holdout)
        train = dict(zip(SIDES, (real, tables.synthetic), strict=True))
        return cls(task, train, task.known(test), task.split(test)[1], tables.holdout is None)

    @property
    def possible(self) -> bool:
        """Whether the test rows suffice and there is a column to predict from."""
        enough = len(self.truth) >= MIN_ROWS and len(self.test.names) > 1
        return enough and bool(self.truth.var() > 0)


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
        return model_scores("utility", None, {})
    rng = streams.numpy("utility")
    trial = Trial.of(tables, target, rng)
    return model_scores("utility", trial, boosted_predictions(trial, rng))


def boosted_predictions(trial: Trial, rng: np.random.Generator) -> dict[str, Array | None]:
    """Return, per side, what boosted trees trained on it predict for the test rows; None where they cannot be trained."""
    return {side: _predicted(trial, side, boosted, MAX_ROWS, rng) for side in SIDES}


def linear_predictions(trial: Trial, rng: np.random.Generator) -> dict[str, Array | None]:
    """Return the same of linear models."""
    numbers = numbers_among(trial.test, trial.task)

    def fit(task: Task, features: Array, target: Array) -> Predictor:
        return linear(task, features, target, numbers)

    return {side: _predicted(trial, side, fit, MAX_LINEAR_ROWS, rng) for side in SIDES}


def _predicted(trial: Trial, side: str, fit: Fit, rows_at_most: int, rng: np.random.Generator) -> Array | None:
    known, its_target = trial.task.split(trial.train[side].draw(rows_at_most, rng))
    if len(known) < MIN_ROWS or not trial.possible:
        return None
    return fit(trial.task, known, its_target)(trial.task.split(trial.test)[0])


def model_scores(stem: str, trial: Trial | None, predicted: dict[str, Array | None]) -> list[Score]:
    """Return ``<stem>_real`` and ``<stem>_synthetic``: how good one kind of model is, trained on either.

    Args:
        stem: ``utility`` or ``utility_linear``.
        trial: What they were trained and tested on; None where no target was named.
        predicted: Per side the predictions, as ``boosted_predictions`` returns them.
    """
    if trial is None:
        return [scored(f"{stem}_{side}", None, reference=None, goal="maximize", reading=NO_TARGET) for side in SIDES]
    scores: list[Score] = []
    for side in SIDES:
        found = predicted[side]
        estimate = None if found is None else performance(trial.task, trial.truth, found)
        reference = None if trial.seen or not scores else scores[0].value
        reading = WHY_NOT if estimate is None else _reading(stem, trial, side)
        scores.append(scored(f"{stem}_{side}", estimate, reference=reference, goal="maximize", reading=reading))
    return scores


def performance(task: Task, truth: Array, predicted: Array) -> Estimate | None:
    """Return the AUC in [0, 1], or R² (at most 1; None where it is beyond float64), for rows of at least two values."""
    with np.errstate(over="ignore", invalid="ignore"):
        value, influence = influences(task, truth, predicted)
    if not np.isfinite(value):
        return None
    least = -np.inf if task.classes is None else 0.0
    return around(value, standard_error(influence), least=least)


def influences(task: Task, truth: Array, predicted: Array) -> tuple[float, Array]:
    """Return the AUC (the mean of one against the rest, of more than two) or R², and each row's influence on it."""
    if task.classes is None:
        return r_squared(truth, predicted)
    found = [auc(truth == number, predicted[:, number]) for number in task.present(truth)]
    return float(np.mean([area for area, _ in found])), np.mean([influence for _, influence in found], axis=0)


def _parts(real: Columns, rng: np.random.Generator) -> tuple[Columns, Columns]:
    """Split the real rows at random into four fifths to train on and a fifth to test on."""
    order = rng.permutation(real.rows)
    tested = round(TEST_SHARE * real.rows)
    return real.take(order[tested:]), real.take(order[:tested])


def _reading(stem: str, trial: Trial, side: str) -> str:
    task = trial.task
    what = "R²" if task.classes is None else "AUC"
    model, most = ("model", MAX_ROWS) if stem == "utility" else ("linear model", MAX_LINEAR_ROWS)
    where = "a fifth of the real rows, which the synthesizer has seen" if trial.seen else "unseen real rows"
    pooled = task.classes is not None and len(task.classes) > MAX_CLASSES
    rest = f"; its rarer levels beyond {MAX_CLASSES} count as one" if pooled else ""
    used = min(trial.train[side].rows, most)
    return f"{what} for {task.target} of a {model} trained on {used:,} {side} rows, tested on {where}{rest}"
