"""A latent-class mixture fitted by EM: seconds of NumPy, and the honest opponent of every generator here."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

MAX_BINS = 50
CHUNK_ROWS = 8192  # responsibilities are worked out for so many rows at a time
PRIOR_ROWS = 0.01  # so many rows of the whole table are mixed into every class, so that no level is impossible


class Bins:
    """One column as bins: levels, or quantile bins of the sorted numbers; missing values are a bin of their own."""

    def __init__(self, column: pd.Series) -> None:
        self.dtype, self.values = column.dtype, None
        if column.dtype.kind not in "iuf":
            codes, levels = pd.factorize(column)
            self.levels = np.append(np.asarray(levels, dtype=object), None)
            self.codes, self.count = np.where(codes < 0, len(levels), codes), len(levels) + 1
            return
        present = column.notna().to_numpy()
        numbers = column.to_numpy(dtype=np.float64)
        self.values = np.sort(numbers[present])
        edges = _upper_edges(self.values)
        self.starts = np.concatenate([[0], np.searchsorted(self.values, edges, side="right")])
        self.codes, self.count = np.where(present, np.searchsorted(edges, numbers), len(edges)), len(edges) + 1
        self.decimals = next((d for d in range(5) if (np.round(self.values, d) == self.values).all()), None)

    def draw(self, codes: np.ndarray, rng: np.random.Generator) -> pd.Series:
        """Values of these bins: a level, or a number between two neighbours among the sorted real ones."""
        if self.values is None:
            values = pd.Series(self.levels[codes], dtype=object)
            return values.astype(self.dtype)
        missing = codes == self.count - 1
        codes = np.where(missing, 0, codes)
        first, last = self.starts[codes], self.starts[codes + 1] - 1
        positions = first + rng.random(len(codes)) * (last - first)
        numbers = np.interp(positions, np.arange(len(self.values)), self.values)
        numbers = numbers if self.decimals is None else np.round(numbers, self.decimals)
        return pd.Series(np.where(missing, np.nan, numbers)).astype(self.dtype)


def _upper_edges(values: np.ndarray) -> np.ndarray:
    """The largest value of each bin: every value where there are few; else frequent ones, and quantiles of the rest."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= MAX_BINS:
        return distinct
    frequent = np.flatnonzero(counts * MAX_BINS >= len(values))
    alone = np.union1d(distinct[frequent], distinct[np.maximum(frequent - 1, 0)])
    rest = values[~np.isin(values, distinct[frequent])]
    levels = np.linspace(0, 1, max(MAX_BINS - len(alone), 1) + 1)[1:]
    return np.union1d(alone, np.append(np.quantile(rest, levels, method="inverted_cdf"), distinct[-1]))


class Mixture:
    """Rows fall into classes; inside a class the columns are independent (Lazarsfeld and Henry 1968)."""

    def __init__(self, *, classes: int = 400, steps: int = 40, seed: int = 0) -> None:
        self.classes, self.steps, self.seed = classes, steps, seed

    def fit(self, train: pd.DataFrame) -> Mixture:
        """Learn a table by expectation maximisation; every class starts from the whole table and a little of a random row."""
        rng = np.random.default_rng([self.seed, 0])
        self.columns = {name: Bins(train[name]) for name in train.columns}
        counts = [column.count for column in self.columns.values()]
        self.ends = np.cumsum(counts)
        cells = np.stack([column.codes for column in self.columns.values()], axis=1) + (self.ends - counts)
        rows, width = cells.shape
        ones = np.ones(rows * width, np.float32)
        table = csr_array((ones, cells.ravel(), np.arange(0, rows * width + 1, width)), shape=(rows, self.ends[-1]))
        whole = np.asarray(table.sum(axis=0))[:, None]
        starts = table[rng.choice(rows, self.classes, replace=rows < self.classes)].toarray().T
        self.weights = np.full(self.classes, 1 / self.classes)
        self._settle(0.05 * starts + whole / rows, whole)
        for _ in range(self.steps):
            sizes, sums = np.zeros(self.classes), np.zeros((self.ends[-1], self.classes))
            with np.errstate(divide="ignore"):
                log_weights, logs = np.log(self.weights).astype(np.float32), np.log(self.shares).astype(np.float32)
            for start in range(0, rows, CHUNK_ROWS):
                part = table[start : start + CHUNK_ROWS]
                scores = part @ logs + log_weights
                scores = np.exp(scores - scores.max(axis=1, keepdims=True))
                scores /= scores.sum(axis=1, keepdims=True)
                sizes += scores.sum(axis=0)
                sums += part.T @ scores
            self.weights = sizes / sizes.sum()
            self._settle(sums, whole)
        return self

    def _settle(self, sums: np.ndarray, whole: np.ndarray) -> None:
        """Turn weighted counts [cells, classes] into each column's shares inside each class."""
        parts = np.split(sums + PRIOR_ROWS * whole / whole[: self.ends[0]].sum(), self.ends[:-1])
        # A bin that nobody falls into (missing, where nothing is) must have no logarithm of 0 where it is never used.
        self.shares = np.concatenate([np.maximum(part / part.sum(axis=0), 1e-30) for part in parts])

    def sample(self, rows: int) -> pd.DataFrame:
        """Draw rows: a class, then a bin of every column, then a value in the bin."""
        rng = np.random.default_rng([self.seed, 1])
        classes = rng.choice(self.classes, rows, p=self.weights)
        made = {}
        for (name, column), shares in zip(self.columns.items(), np.split(self.shares, self.ends[:-1]), strict=True):
            codes = np.empty(rows, dtype=np.int64)
            for number in np.unique(classes):
                inside = np.flatnonzero(classes == number)
                share = shares[:, number] * (shares[:, number] > 1e-20)
                codes[inside] = rng.choice(column.count, len(inside), p=share / share.sum())
            made[name] = column.draw(codes, rng)
        return pd.DataFrame(made)
