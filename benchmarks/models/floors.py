"""Two generators that learn next to nothing: what any figure of a real one stands beside."""

from __future__ import annotations

import numpy as np
import pandas as pd


class Bootstrap:
    """Training rows drawn with replacement: perfect in every respect but that all rows are copies."""

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, train: pd.DataFrame) -> Bootstrap:
        """Keep the rows."""
        self.train = train
        return self

    def sample(self, rows: int) -> pd.DataFrame:
        """Draw rows with replacement."""
        drawn = np.random.default_rng(self.seed).integers(0, len(self.train), rows)
        return self.train.iloc[drawn].reset_index(drop=True)


class Independent(Bootstrap):
    """Every column permuted on its own: perfect columns that have nothing to do with each other."""

    def sample(self, rows: int) -> pd.DataFrame:
        """Shuffle each column; beyond the rows there are, go round again."""
        rng = np.random.default_rng(self.seed)
        orders = {name: np.resize(rng.permutation(len(self.train)), rows) for name in self.train.columns}
        return pd.DataFrame({n: self.train[n].iloc[order].reset_index(drop=True) for n, order in orders.items()})
