"""Usefulness: all that models of the target tell about a synthetic table, from one pair of boosted models where that will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.details import Details
from synthgan.metrics.scores import Scores
from synthgan.metrics.utility.calibration import calibration_scores
from synthgan.metrics.utility.importances import importance_scores
from synthgan.metrics.utility.subgroups import subgroup_scores
from synthgan.metrics.utility.utility import Trial, boosted_predictions, linear_predictions, model_scores

if TYPE_CHECKING:
    from synthgan.metrics.data.columns import Name, Tables
    from synthgan.runtime import Streams


def usefulness(tables: Tables, target: Name | None, streams: Streams) -> Scores:
    """Return the scores of utility, linear utility, importances, calibration and subgroups, and what lies behind the last three.

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
    details = Details(importances=importances, calibrations=calibrations, subgroups=subgroups)
    return Scores((*models, *agreement, *errors, *gaps), details=details)
