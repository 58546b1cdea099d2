"""The classical modes of a number: components of a variational Gaussian mixture, as in CTGAN."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from synthgan.config import EncodingConfig

ROWS_PER_COMPONENT = 4  # times rare_below
GMM_COMPONENTS = 10
GMM_ROWS = 10_000


def fit_gaussians(
    values: np.ndarray, config: EncodingConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, standard deviations and weights of a variational Gaussian mixture (Xu et al., "Modeling tabular data", 2019, 4.2)."""
    from sklearn.mixture import BayesianGaussianMixture  # slow to import, and needed for this option only

    sample = values if len(values) <= GMM_ROWS else rng.choice(values, GMM_ROWS, replace=False)
    components = min(GMM_COMPONENTS, max(1, len(sample) // (ROWS_PER_COMPONENT * config.rare_below)))
    center, spread = sample.mean(), max(float(sample.std()), 1e-12)
    mixture = BayesianGaussianMixture(
        n_components=components,
        weight_concentration_prior=0.001,
        n_init=1,
        tol=1e-2,
        max_iter=200,
        random_state=int(rng.integers(2**31)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mixture that has not fully converged is still a sound set of modes
        mixture.fit((sample[:, None] - center) / spread)
    alive = mixture.weights_ > max(0.005, config.rare_below / len(values))
    order = np.argsort(mixture.means_[alive, 0])
    means = mixture.means_[alive, 0][order] * spread + center
    deviations = np.sqrt(mixture.covariances_[alive, 0, 0][order]) * spread
    return means, deviations, mixture.weights_[alive][order]


def encode_gaussians(
    values: np.ndarray,
    means: np.ndarray,
    deviations: np.ndarray,
    weights: np.ndarray,
    first_code: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw each value's component from its responsibilities; the residual is the value's score under it."""
    scores = (values[:, None] - means) / deviations
    log_density = np.log(weights) - np.log(deviations) - 0.5 * scores**2
    gumbel = -np.log(-np.log(rng.uniform(1e-12, 1, log_density.shape)))
    mode = (log_density + gumbel).argmax(1)
    return mode + first_code, scores[np.arange(len(values)), mode]
