"""Filling gaps by chains: copies of a row go down a chain, and those that bear out its known cells go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.conditioning.particles import count_between, draw_allowed, resample_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.chains.generator import ChainGenerator

PARTICLES = 32  # begun for each row; those that bear out its known cells go on
CHAINS_PER_ROW = 4  # of which one is drawn: those that come to the gaps last, and so know most of the row by then
NEAR_SHARE = 0.025  # of the rows, to either side: how near a number bears out a known one
BLOCK_ROWS = 2_048
_PRIOR_ROWS = 0.5


def fill_by_chains(
    generator: ChainGenerator,
    codes: NDArray[np.int32],
    known: NDArray[np.bool_],
    streams: Streams,
    *,
    gaps: bool = False,
) -> NDArray[np.int32]:
    """Codes ``[rows, columns]`` with those that are not known drawn anew; where ``gaps`` says so, as missing values, too.

    A particle filter for each row: several copies of it go down a chain, cells that are known weigh them by how much of
    their leaf is like the cell, and copies are drawn anew by these weights.
    """
    rng = streams.numpy("impute")
    result = codes.copy()
    ranks = np.array([np.argsort(chain.order) for chain in generator.chains])
    depth = (~known).astype(np.float64) @ ranks.T + rng.random((len(codes), len(ranks))) * 1e-3
    nearest = np.argsort(-depth, axis=1)[:, :CHAINS_PER_ROW]
    chosen = nearest[np.arange(len(codes)), rng.integers(nearest.shape[1], size=len(codes))]
    for index in np.unique(chosen):
        mine = np.flatnonzero(chosen == index)
        for start in range(0, len(mine), BLOCK_ROWS):
            rows = mine[start : start + BLOCK_ROWS]
            result[rows] = _fill_block(generator, int(index), codes[rows], known[rows], rng, gaps=gaps)
    return result


def _fill_block(
    generator: ChainGenerator,
    index: int,
    codes: NDArray[np.int32],
    known: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    gaps: bool,
) -> NDArray[np.int32]:
    """One chain's answer to some rows."""
    chain, layout, mode_features = generator.chains[index], generator.layout, generator.mode_features
    rows = len(codes)
    codes, known = codes.repeat(PARTICLES, axis=0), known.repeat(PARTICLES, axis=0)
    features = np.zeros((len(codes), int(mode_features.widths.sum())), dtype=np.float32)
    for column in chain.order:
        leaf = chain.trees.leaves(column, features)
        start, count = chain.start[leaf], chain.count[leaf]
        part = slice(layout.starts[column], layout.starts[column] + layout.sizes[column])
        gap = ~known[:, column]
        if gap.any():
            allowed = (layout.emitted[part] & (gaps | ~layout.missing[part])).astype(np.float64)
            drawn, share = draw_allowed(chain.codes, start[gap], count[gap], allowed, rng)
            odds = allowed * (mode_features.shares[part] + 1e-9)
            anywhere = rng.choice(len(odds), size=int(gap.sum()), p=odds / odds.sum())
            codes[gap, column] = np.where(share > 0, drawn, anywhere)
        if not gap.all():
            low, high = near(layout.has_residual[part], mode_features.shares[part])
            own = codes[:, column].astype(np.int64)
            found = count_between(chain.codes, start, count, low[own], high[own])
            running = np.concatenate([[0.0], np.cumsum(mode_features.shares[part])])
            usual = running[high[own] + 1] - running[low[own]]
            weights = np.where(gap, 1.0, (found + _PRIOR_ROWS * (usual + 1e-6)) / (count + _PRIOR_ROWS))
            again = resample_groups(weights.reshape(rows, PARTICLES), rng)
            codes, features = codes[again], features[again]
        first = int(chain.first_feature[column])
        features[:, first : first + mode_features.widths[column]] = mode_features.features(
            codes[:, column], layout, column
        )
    return codes[::PARTICLES]


def near(has_residual: NDArray[np.bool_], shares: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each mode of a column the first and last mode that count as like it: its neighbours if it is a smooth one."""
    low = np.arange(len(has_residual))
    high = low.copy()
    smooth = np.flatnonzero(has_residual)
    if len(smooth):
        middle = np.cumsum(shares[smooth]) - shares[smooth] / 2
        first = np.searchsorted(middle, middle - NEAR_SHARE)
        last = np.searchsorted(middle, middle + NEAR_SHARE, side="right") - 1
        low[smooth], high[smooth] = smooth[first], smooth[np.maximum(last, first)]
    return low, high
