"""Attack by a classifier: how sure boosted trees are that a candidate is synthetic, after seeing other real rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.privacy.membership.candidates import Scores

TREES = 50
DEPTH = 4
RATE = 0.2


def classifier_attack(pool: Columns, synthetic: Columns, rng: np.random.Generator) -> Scores:
    """Return float64 ``[candidates]``: log odds of being synthetic; larger says member.

    Trees learn to tell synthetic rows from the candidates of one half, not knowing who is a member, and judge those of the other
    half: where a generator has learned its rows too well, they look more synthetic than others (the density ratio of van
    Breugel et al. 2023, equation 2, by classification; Houssiau et al., "TAPAS: a toolbox for adversarial privacy auditing of
    synthetic data", 2022).

    Args:
        pool: The candidates.
        synthetic: Synthetic rows.
        rng: Parts the candidates.
    """
    import xgboost

    real, synthetic_points = _features(pool, pool), _features(synthetic, pool)
    half = rng.permutation(len(real)) % 2 == 0
    scores = np.empty(len(real))
    parameters = {"objective": "binary:logistic", "max_depth": DEPTH, "eta": RATE, "tree_method": "hist", "seed": 0}
    for held_out in (half, ~half):
        rows = np.vstack([real[~held_out], synthetic_points])
        labels = np.repeat([0.0, 1.0], [int((~held_out).sum()), len(synthetic_points)])
        weights = np.where(labels == 1, (labels == 0).sum() / max(len(synthetic_points), 1), 1.0)
        known = xgboost.QuantileDMatrix(rows, labels, weight=weights)
        trees = xgboost.train(parameters, known, num_boost_round=TREES)
        scores[held_out] = trees.inplace_predict(real[held_out], predict_type="margin")
    return scores


def _features(table: Columns, known: Columns) -> NDArray[np.float32]:
    """Return float32 ``[rows, columns]``, NaN where missing; numbers as places among the known, as float32 holds no giants."""
    features = table.matrix()
    for index in range(len(table.number_names)):
        present = ~np.isnan(features[:, index])
        values = np.unique(known.numbers[:, index])  # NaN comes last, above all numbers
        below = np.searchsorted(values, features[present, index], side="left")
        features[present, index] = below + np.searchsorted(values, features[present, index], side="right")
    return features.astype(np.float32)
