"""Usefulness: all that models of the target tell about a synthetic table, from one pair of boosted models where that will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthgan.metrics.utility.calibration import calibration_scores
from synthgan.metrics.utility.importances import importance_scores
from synthgan.metrics.utility.subgroups import subgroup_scores
from synthgan.metrics.utility.utility import Trial, boosted_predictions, linear_predictions, model_scores

if TYPE_CHECKING:
    from synthgan.metrics.data.columns import Name, Tables
    from synthgan.metrics.details import Calibration, Importance, Subgroup
    from synthgan.metrics.score import Score
    from synthgan.runtime import Streams


@dataclass(frozen=True, slots=True)
class Usefulness:
    """Scores, and the figures behind them."""

    scores: tuple[Score, ...]
    importances: tuple[Importance, ...]
    calibrations: tuple[Calibration, ...]
    subgroups: tuple[Subgroup, ...]


def usefulness(tables: Tables, target: Name | None, streams: Streams) -> Usefulness:
    """Return the scores of utility, linear utility, importances, calibration and subgroups.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        target: Name of the column to predict, or None; only the groups' shares can be scored then.
        streams: Source of randomness.
    """
    trial, boosted, linear = None, {}, {}
    if target is not None:
        rng = streams.numpy("utility")  # the stream of utility_scores, whose figures these are
        trial = Trial.of(tables, target, rng)
        boosted = boosted_predictions(trial, rng)
        linear = linear_predictions(trial, streams.numpy("linear utility"))
    agreement, importances = importance_scores(trial, streams)
    errors, calibrations = calibration_scores(trial, boosted, streams)
    gaps, subgroups = subgroup_scores(tables, trial, boosted)
    models = [*model_scores("utility", trial, boosted), *model_scores("utility_linear", trial, linear)]
    return Usefulness((*models, *agreement, *errors, *gaps), importances, calibrations, subgroups)
