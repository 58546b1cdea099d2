"""The benchmark tables and their published splits."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Task:
    """How a table is used.

    Attributes:
        target: the column that utility predicts.
        drop: columns left out before anything else.
        needed: columns whose missing rows are left out.
        seed: the shuffle's seed; None where the table states its own split in the column ``split``.
        train: share of the rows that train.
        test: share of the rows that test.
    """

    target: str
    drop: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    seed: int | None = 1234
    train: float = 0.9
    test: float = 0.1


TASKS = {
    "adult": Task("income", seed=None),
    "default": Task("default payment next month", drop=("ID",)),
    "shoppers": Task("Revenue"),
    "magic": Task("class"),
    "beijing": Task("pm2.5", drop=("No",), needed=("pm2.5",)),
    "diabetes130": Task("readmitted", drop=("encounter_id", "patient_nbr"), seed=42, train=0.6, test=0.2),
    "news_sample20": Task("shares"),
}


def data_folder(given: str | None) -> Path:
    """The folder of the data: ``--data``, else ``$SYNTHGAN_DATA``, else ``../shared/data``."""
    return Path(given or os.environ.get("SYNTHGAN_DATA") or "../shared/data")


def load(name: str, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test rows of a benchmark table; leaves with one line where its file is missing."""
    path, task = folder / "tables" / f"{name}.parquet", TASKS[name]
    if not path.exists():
        sys.exit(f"error: the benchmark needs {path}; name the folder that holds tables/ with --data")
    table = pd.read_parquet(path).drop(columns=list(task.drop)).dropna(subset=list(task.needed))
    if task.seed is None:
        is_train = table.pop("split") == "train"
        return table[is_train].reset_index(drop=True), table[~is_train].reset_index(drop=True)
    order = np.random.default_rng(task.seed).permutation(len(table))
    first = int(task.train * len(table))
    last = len(table) if task.train + task.test >= 1 else first + int(task.test * len(table))
    return table.iloc[order[:first]].reset_index(drop=True), table.iloc[order[first:last]].reset_index(drop=True)
