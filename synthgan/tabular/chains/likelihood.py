"""How likely chains are to draw given rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from synthgan.runtime import Streams
from synthgan.tabular.conditioning.particles import count_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.chains.criticised import CriticisedGenerator
    from synthgan.tabular.chains.generator import ChainGenerator
    from synthgan.tabular.chains.grower import Chain
    from synthgan.tabular.encoding.layout import Encoded, Layout

NORMALISING_ROWS = 16_384  # drawn to find how many rows the critics let pass
BLOCK_ROWS = 65_536
_PRIOR_ROWS = 0.5  # of the column's own distribution, in every leaf: no row is impossible


def log_likelihood(generator: ChainGenerator, encoded: Encoded) -> NDArray[np.float64]:
    """The log density of each row, ``[rows]``: of its modes under all chains, and of its residuals as normal scores.

    Each leaf counts as if it held ``_PRIOR_ROWS`` rows more, of the column's own distribution. Where critics choose among the
    rows, the density is that of the chains times the chance to be kept, over the share that is kept.
    """
    result = log_of_residuals(generator.layout, encoded) + log_of_critic(generator, encoded.codes)
    for start in range(0, len(encoded), BLOCK_ROWS):
        part = slice(start, start + BLOCK_ROWS)
        codes = encoded.codes[part]
        chains = np.stack([_of_chain(generator, chain, codes) for chain in generator.chains])
        result[part] += logsumexp(chains, axis=0) - np.log(len(generator.chains))
    return result


def log_of_residuals(layout: Layout, encoded: Encoded) -> NDArray[np.float64]:
    """The log density of each row's residuals as normal scores, ``[rows]``."""
    has_residual = layout.has_residual[
        encoded.codes[:, layout.column_of_residual] + layout.starts[layout.column_of_residual]
    ]
    return -0.5 * (has_residual * (encoded.residuals.astype(np.float64) ** 2 + np.log(2 * np.pi))).sum(1)


def log_of_critic(generator: CriticisedGenerator, codes: NDArray[np.int32]) -> NDArray[np.float64]:
    """By how much critics, if any, make each row likelier, ``[rows]``: its chance to be kept over the share that is kept."""
    result, critic, starts = np.zeros(len(codes)), generator.critic, generator.layout.starts
    if critic is None:
        return result
    drawn = generator.draw_uncriticised(NORMALISING_ROWS, Streams(0).below("likelihood"))
    kept = float(critic.chances(generator.features(drawn), drawn + starts).mean())
    for start in range(0, len(codes), BLOCK_ROWS):
        part = codes[start : start + BLOCK_ROWS]
        ratios = critic.log_ratios(generator.features(part), part + starts)
        result[start : start + BLOCK_ROWS] = np.minimum(ratios - critic.cap, 0) - np.log(kept)
    return result


def _of_chain(generator: ChainGenerator, chain: Chain, codes: NDArray[np.int32]) -> NDArray[np.float64]:
    """The log probability of each row's modes under one chain."""
    layout, mode_features = generator.layout, generator.mode_features
    features = np.zeros((len(codes), int(mode_features.widths.sum())), dtype=np.float32)
    total = np.zeros(len(codes))
    for column in chain.order:
        own, part = codes[:, column], slice(layout.starts[column], layout.starts[column] + layout.sizes[column])
        leaf = chain.trees.leaves(column, features)
        start, count = chain.start[leaf], chain.count[leaf]
        found = count_between(chain.codes, start, count, own.astype(np.int64), own.astype(np.int64))
        usual = mode_features.shares[part] + 1e-9
        total += np.log((found + _PRIOR_ROWS * (usual / usual.sum())[own]) / (count + _PRIOR_ROWS))
        first = int(chain.first_feature[column])
        features[:, first : first + mode_features.widths[column]] = mode_features.features(own, layout, column)
    return total
