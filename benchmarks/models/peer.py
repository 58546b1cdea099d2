"""Fits one peer on one table and samples it; runs in the peers' own environment (``make peers``), without synthgan.

``.venv-peers/bin/python benchmarks/models/peer.py MODEL TRAIN.parquet SYNTHETIC.parquet SEED OPTIONS``; the last line printed is one
of JSON, as ``worker.py`` prints it. ``peer.py versions`` prints the versions instead. All peers run at their defaults. OPTIONS are
JSON, and may ask CTGAN for so many rows of one level of a column: ``{"rows": 100, "column": "ill", "level": 1}``.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.models.costs import peak_memory_gb

PACKAGES = ("ctgan", "rdt", "mostlyai-engine", "torch", "numpy", "pandas")
MAX_DISCRETE = 20  # numeric columns of so few values are declared discrete to CTGAN and TVAE
MISSING = "<missing>"
TRIES = 100  # draws for a level, before what lacks is given up


def versions() -> dict[str, str]:
    """The versions of the packages in this environment."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def for_ctgan(train: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table as CTGAN and TVAE take it, and the names of its discrete columns.

    They refuse missing numbers. Such a column gets its median in the gaps and a companion, a category that says where the
    gaps were; ``from_ctgan`` puts the gaps back. Discrete columns become text, missing a level among others.
    """
    columns: dict[str, pd.Series] = {}
    discrete = []
    for name, column in train.items():
        if column.dtype.kind not in "iuf" or column.nunique() <= MAX_DISCRETE:
            columns[name] = column.astype(object).where(column.notna(), MISSING).astype(str)
            discrete.append(name)
            continue
        columns[name] = column.fillna(column.median())
        if column.isna().any():
            columns[f"{name}{MISSING}"] = column.isna().astype(str)
            discrete.append(f"{name}{MISSING}")
    return pd.DataFrame(columns), discrete


def from_ctgan(made: pd.DataFrame, train: pd.DataFrame) -> pd.DataFrame:
    """Undo ``for_ctgan``."""
    columns = {}
    for name in train.columns:
        gaps = made[f"{name}{MISSING}"] == "True" if f"{name}{MISSING}" in made else made[name] == MISSING
        columns[name] = made[name].astype(object).mask(gaps, None)
    return pd.DataFrame(columns)


def restored(made: pd.DataFrame, train: pd.DataFrame) -> pd.DataFrame:
    """The columns, their order and their dtypes as in the training table, whatever the peer made of them."""
    columns = {}
    for name, column in train.items():
        values = made[name].reset_index(drop=True)
        if column.dtype.kind == "b":
            columns[name] = values.astype(str).str.lower().isin(["true", "1"])
        elif column.dtype.kind in "iuf":
            numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
            whole = column.dtype.kind in "iu" and bool(numbers.notna().all())
            columns[name] = numbers.round().astype(column.dtype) if whole else numbers
        else:
            columns[name] = values.astype(object).where(values.notna(), None)
    return pd.DataFrame(columns)


class Classic:
    """CTGAN or TVAE, at the defaults of 300 epochs."""

    def __init__(self, model: str, seed: int) -> None:
        import ctgan

        self.model = {"ctgan": ctgan.CTGAN, "tvae": ctgan.TVAE}[model](epochs=300)
        self.model.set_random_state(seed)

    def fit(self, train: pd.DataFrame) -> None:
        """Learn a table."""
        self.train = train
        self.model.fit(*for_ctgan(train))

    def sample(self, rows: int, column: str | None = None, level: Any = None) -> pd.DataFrame:
        """Draw rows, of one level of a column where one is named.

        A condition only makes the level likelier, so what came out otherwise is drawn again.
        """
        if column is None:
            return from_ctgan(self.model.sample(rows), self.train)
        kept: list[pd.DataFrame] = []
        for _ in range(TRIES):
            made = self.model.sample(rows, column, str(level))
            kept.append(made[made[column] == str(level)])
            if sum(map(len, kept)) >= rows:
                return from_ctgan(pd.concat(kept, ignore_index=True).iloc[:rows], self.train)
        raise RuntimeError(f"{rows} rows of {column}={level} must be drawn, however: {sum(map(len, kept))} were")


class Argn:
    """TabularARGN of mostlyai-engine, at its defaults."""

    def __init__(self, seed: int) -> None:
        from mostlyai.engine import TabularARGN

        self.model = TabularARGN(random_state=seed)

    def fit(self, train: pd.DataFrame) -> None:
        """Learn a table."""
        self.model.fit(train)

    def sample(self, rows: int) -> pd.DataFrame:
        """Draw rows."""
        return self.model.sample(n_samples=rows)


def main() -> None:
    """Do what the command line says."""
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["versions"]:
        print(json.dumps(versions()))
        return
    pd.options.future.infer_string = False  # CTGAN knows text as objects alone
    model, path, output, seed, words = sys.argv[1:]
    options = json.loads(words)
    rows = options.pop("rows", None)
    train = pd.read_parquet(path)
    generator: Any = Argn(int(seed)) if model == "argn" else Classic(model, int(seed))
    started, started_cpu = time.perf_counter(), time.process_time()
    generator.fit(train)
    fit_seconds, fit_cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
    started = time.perf_counter()
    synthetic = generator.sample(rows or len(train), **options)
    seconds = time.perf_counter() - started
    costs = {
        "fit_seconds": round(fit_seconds, 2),
        "fit_cpu_seconds": round(fit_cpu_seconds, 2),  # of this process alone, without any it started
        "sampled_rows_per_second": round(len(synthetic) / seconds),
        "peak_memory_gb": round(peak_memory_gb(), 3),
    }
    restored(synthetic, train).to_parquet(output)
    print(json.dumps(costs))


if __name__ == "__main__":
    main()
