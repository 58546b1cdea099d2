"""Calibration: whether the probabilities that a model promises come true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.details import Calibration
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import jackknife
from synthgan.metrics.utility.utility import NO_TARGET, SIDES, WHY_NOT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.utility.task import Task
    from synthgan.metrics.utility.utility import Trial
    from synthgan.runtime import Streams

    Array = NDArray[np.float64]

GROUPS_OF_PROMISES = 10
JACKKNIFE_GROUPS = 20
_TWO = 2


def calibration_scores(
    trial: Trial | None, predicted: dict[str, Array | None], streams: Streams
) -> tuple[list[Score], tuple[Calibration, ...]]:
    """Return calibration_error_real and calibration_error_synthetic of the boosted models, and the curves behind them.

    Intervals are a jackknife over groups of test rows. The error of finite rows is above 0 even of perfect promises; that of the
    model trained on real rows is the reference.

    Args:
        trial: What the models were trained and tested on; None where no target was named.
        predicted: Per side their predictions, as ``utility.boosted_predictions`` returns them.
        streams: Source of randomness.
    """
    scores: list[Score] = []
    curves = []
    for side in SIDES:
        name, found = f"calibration_error_{side}", predicted.get(side)
        if trial is None or trial.task.classes is None or found is None:
            why = "not computed: the target is a number, and its model promises no probabilities"
            why = NO_TARGET if trial is None else (why if trial.task.classes is None else WHY_NOT)
            scores.append(scored(name, None, reference=None, goal="minimize", reading=why))
            continue
        promised, came_true = promises(trial.task, trial.truth, found)
        statistics, curve = expected_error(promised, came_true, streams.numpy("calibration"))
        reference = None if trial.seen or not scores else scores[0].value
        reading = (
            f"predicted probabilities of the model trained on {side} rows are off by {statistics[0]:.1%} on average"
        )
        scores.append(scored(name, jackknife(statistics), reference=reference, goal="minimize", reading=reading))
        curves.append(Calibration(side, *curve))
    return scores, tuple(curves)


def promises(task: Task, truth: Array, probabilities: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return what was promised of each row, and whether it came true, [rows] each.

    Of two classes it is the probability of the rarer one, of more that of the likeliest.
    """
    if task.classes is not None and len(task.classes) <= _TWO:
        return probabilities[:, 1], truth == 1
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == truth


def expected_error(
    promised: Array, came_true: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Array, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return the expected calibration error over ten groups of equally many rows of like promise.

    Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning", equation 4, with the
    groups of equal size of Nixon et al. 2019, arXiv:1904.01685.

    Args:
        promised: [rows] float64 probabilities.
        came_true: [rows] bool.
        rng: Deals the rows into the jackknife's groups.

    Returns:
        [1 + groups] float64: the error on all rows, then without each group of the jackknife; and per group of like promise the
        mean promise and the share that came true.
    """
    edges = np.unique(np.quantile(promised, np.arange(1, GROUPS_OF_PROMISES) / GROUPS_OF_PROMISES))
    cells = np.searchsorted(edges, promised, side="left")
    groups = min(JACKKNIFE_GROUPS, len(promised))
    dealt = rng.permutation(np.arange(len(promised)) % groups)
    size = groups * (len(edges) + 1)
    rows, sums, hits = (
        np.bincount(dealt * (len(edges) + 1) + cells, weights, minlength=size).reshape(groups, -1)
        for weights in (np.ones(len(promised)), promised, came_true.astype(np.float64))
    )
    gaps = np.abs((sums - hits).sum(axis=0) - np.vstack([np.zeros(len(edges) + 1), sums - hits]))
    left = rows.sum() - np.append(0, rows.sum(axis=1))
    used = rows.sum(axis=0) > 0
    mean, share = (part.sum(axis=0)[used] / rows.sum(axis=0)[used] for part in (sums, hits))
    return gaps.sum(axis=1) / left, (tuple(mean.tolist()), tuple(share.tolist()))
