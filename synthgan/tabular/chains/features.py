"""How trees see a column: every mode of a table as a few numbers to split on, and a few to be split by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import ndtri

if TYPE_CHECKING:
    from synthgan.tabular.encoding.layout import Encoded, Layout

WIDTH = 4  # numbers a mode at most
MISSING_SCORE = -4.0  # below all but the lowest three in a hundred thousand
FEW_LEVELS = 8  # up to here one axis beside the order of the levels is enough
ONE_HOT = 16  # levels that a split is judged by one by one; the rest count by their position on the axes
SPIKE_SHARE = 0.02
WAVES = (1.0, 2.0)
MAX_ROWS = 50_000
MAX_INDICATORS = 256
_PRIOR_ROWS = 5.0
_EDGE = 1e-4


@dataclass(frozen=True)
class ModeFeatures:
    """What trees see of each mode.

    A number is seen as its normal score. A level is seen as its rank in the order of the levels and on the main axes of what
    it goes with: trees then find groups of alike levels with few splits, however many levels there are.

    Attributes:
        table: float32 ``[modes, WIDTH]``; numbers beyond a column's width are zero.
        widths: int64 ``[columns]``: how many numbers each column is seen by.
        shares: float64 ``[modes]``: each mode's share of the rows.
    """

    table: np.ndarray
    widths: np.ndarray
    shares: np.ndarray

    @classmethod
    def fit(cls, encoded: Encoded, layout: Layout, rng: np.random.Generator) -> ModeFeatures:
        """Learn how the levels of an encoded table go together."""
        codes = encoded.codes
        rows = [np.bincount(codes[:, index], minlength=span.size) for index, span in enumerate(layout.spans)]
        shares = np.concatenate(rows) / max(len(codes), 1)
        if len(codes) > MAX_ROWS:
            codes = codes[np.sort(rng.choice(len(codes), MAX_ROWS, replace=False))]
        flat = codes + layout.starts
        counts = np.bincount(flat.ravel(), minlength=layout.modes).astype(np.float64)
        table = np.zeros((layout.modes, WIDTH), dtype=np.float32)
        widths = np.ones(len(layout.spans), dtype=np.int64)
        indicators = _indicators(codes, counts, layout, rng)
        for index, span in enumerate(layout.spans):
            part = slice(span.start, span.stop)
            if not span.levels:
                table[part, 0] = np.where(layout.missing[part], MISSING_SCORE, layout.centers[part])
                continue
            table[part, 0] = _ordered_scores(layout.ranks[part], counts[part])
            axes = 0 if span.size <= 2 else 1 if span.size <= FEW_LEVELS else WIDTH - 1  # noqa: PLR2004
            if axes:
                others = indicators.without(index)
                found = _main_axes(codes[:, index], counts[part], others, axes)
                table[part, 1 : 1 + found.shape[1]] = found
                widths[index] += found.shape[1]
        return cls(table, widths, shares)

    def features(self, codes: np.ndarray, layout: Layout, column: int) -> np.ndarray:
        """What trees see of a column, float32 ``[rows, width]``, given its codes ``[rows]``."""
        start = layout.starts[column]
        return self.table[start : start + layout.sizes[column], : self.widths[column]].take(codes, axis=0)

    def targets(self, layout: Layout, column: int) -> np.ndarray:
        """What a split of that column is judged by, float64 ``[modes of the column, outputs]``.

        A tree lowers the squared error of all outputs together, so that its leaves differ in their whole distribution and
        not in their mean alone (after Ćevid et al., "Distributional random forests", 2022, section 2.3, with a handful
        of fixed features in the place of random ones).
        """
        span = layout.spans[column]
        part = slice(span.start, span.stop)
        shares, scores = self.shares[part], self.table[part].astype(np.float64)
        if not layout.has_residual[part].any():
            hot = _one_hot(np.argsort(-shares, kind="stable")[:ONE_HOT], shares)
            near = 0.5 * scores[:, : self.widths[column]]
            return np.hstack([hot, near]) if span.size > FEW_LEVELS or not span.levels else hot
        spikes = np.flatnonzero(~layout.has_residual[part] & (shares > SPIKE_SHARE))
        spikes = spikes[np.argsort(-shares[spikes], kind="stable")][:ONE_HOT]
        waves = [0.5 * wave(speed * scores[:, :1]) for speed in WAVES for wave in (np.sin, np.cos)]
        return np.hstack([scores[:, :1], _one_hot(spikes, shares), *waves])


@dataclass(frozen=True)
class _Indicators:
    """Standardised indicators of all columns' modes (and scores of numbers), for levels to be compared by.

    Attributes:
        values: float32 ``[rows, indicators]``.
        column: int64 ``[indicators]``: the column each one belongs to.
    """

    values: np.ndarray
    column: np.ndarray

    def without(self, column: int) -> np.ndarray:
        """Those of all other columns."""
        return self.values[:, self.column != column]


def _indicators(codes: np.ndarray, counts: np.ndarray, layout: Layout, rng: np.random.Generator) -> _Indicators:
    """The commonest levels of every column and the score of every number, ``MAX_INDICATORS`` at most."""
    wanted: list[tuple[int, int]] = []
    for index, span in enumerate(layout.spans):
        common = np.argsort(-counts[span.start : span.stop], kind="stable")[:10] if span.levels else np.array([-1, -2])
        wanted += [(index, int(mode)) for mode in common]
    if len(wanted) > MAX_INDICATORS:
        keep = np.sort(rng.choice(len(wanted), MAX_INDICATORS, replace=False))
        wanted = [wanted[at] for at in keep]
    values = np.empty((len(codes), len(wanted)), dtype=np.float32)
    for at, (index, mode) in enumerate(wanted):
        if mode >= 0:
            values[:, at] = codes[:, index] == mode
        else:
            score = layout.centers[layout.starts[index] + codes[:, index]]
            values[:, at] = score if mode == -1 else np.abs(score)
    values -= values.mean(0)
    values /= values.std(0) + np.float32(1e-6)
    return _Indicators(values, np.array([index for index, _ in wanted], dtype=np.int64))


def _main_axes(codes: np.ndarray, counts: np.ndarray, others: np.ndarray, axes: int) -> np.ndarray:
    """Levels on the main axes of what they go with, ``[levels, axes]``, each axis scaled by how much it explains.

    The axes are those of a correspondence analysis: principal components of the levels' mean indicators, weighted by rows.
    """
    levels, rows = len(counts), len(codes)
    if not others.shape[1]:
        return np.zeros((levels, 0), dtype=np.float32)
    member = csr_matrix((np.ones(rows, dtype=np.float32), (codes, np.arange(rows))), shape=(levels, rows))
    means = (member @ others) / (counts[:, None] + _PRIOR_ROWS)
    weighted = means * np.sqrt(counts)[:, None]
    _, sizes, directions = np.linalg.svd(weighted, full_matrices=False)
    axes = min(axes, len(sizes))
    # The sign of a principal component is arbitrary: fixed here, so that a result does not hang on the library's choice.
    chosen = directions[:axes] * np.sign(directions[np.arange(axes), np.abs(directions[:axes]).argmax(1)])[:, None]
    scores = means @ chosen.T
    spread = np.sqrt((scores**2 * counts[:, None]).sum(0) / max(counts.sum(), 1)) + 1e-9
    return (scores / spread * (sizes[:axes] / max(sizes[0], 1e-9))).astype(np.float32)


def _ordered_scores(ranks: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Normal scores of levels in their order, each at the middle of its share of the rows."""
    order = np.argsort(ranks, kind="stable")
    after = np.empty(len(ranks))
    after[order] = np.cumsum(counts[order])
    middle = (after - counts / 2) / max(counts.sum(), 1)
    return ndtri(np.clip(middle, _EDGE, 1 - _EDGE))


def _one_hot(modes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """An output for each of these modes that has rows."""
    modes = modes[shares[modes] > 0]
    return (np.arange(len(shares))[:, None] == modes[None]).astype(np.float64)
