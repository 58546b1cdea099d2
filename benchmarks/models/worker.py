"""Fits one of our own models on one table in this process, samples it, and says what that cost.

``python -m benchmarks worker MODEL TRAIN.parquet SYNTHETIC.parquet SEED OPTIONS``; the last line printed is one of JSON.
``peer.py`` answers in the same way.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import pandas as pd

from benchmarks.models.costs import peak_memory_gb
from benchmarks.models.floors import Bootstrap, Independent
from benchmarks.models.mixture import Mixture

SPEED_ROWS = 262_144
FLOORS = {"mixture": Mixture, "independent": Independent, "bootstrap": Bootstrap}
MODELS = ("ours", *FLOORS)


def make(model: str, seed: int, options: dict[str, Any]) -> Any:
    """The model, not fitted yet."""
    if model in FLOORS:
        return FLOORS[model](seed=seed)
    from synthgan import Synthesizer

    synthesizer = Synthesizer(seed=seed)
    own = synthesizer.get_params(deep=False)
    return synthesizer.set_params(
        **{name if name in own else f"generator__{name}": value for name, value in options.items()}
    )


def rows_per_second(generator: Any, rows: int) -> float:
    """Rows a second, from the fitted model to frames: of ``SPEED_ROWS`` in batches where it makes batches."""
    started = time.perf_counter()
    if hasattr(generator, "sample_batches"):
        rows = sum(map(len, generator.sample_batches(SPEED_ROWS)))
    else:
        generator.sample(rows)
    return rows / (time.perf_counter() - started)


def run(model: str, train: pd.DataFrame, seed: int, options: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Fit and sample: the synthetic rows, and what they cost."""
    generator = make(model, seed, options)
    started, started_cpu = time.perf_counter(), time.process_time()
    generator.fit(train)
    costs: dict[str, Any] = {
        "fit_seconds": round(time.perf_counter() - started, 2),
        "fit_cpu_seconds": round(time.process_time() - started_cpu, 2),  # where others keep the processors busy too
    }
    synthetic = generator.sample(len(train))
    costs["sampled_rows_per_second"] = round(rows_per_second(generator, len(train)))
    costs["peak_memory_gb"] = round(peak_memory_gb(), 3)
    if hasattr(generator, "manifest"):
        training = generator.manifest()["training"]
        costs["training"] = {key: value for key, value in training.items() if key != "history"}
    return synthetic, costs


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("train", help="a Parquet file")
    parser.add_argument("synthetic", help="the Parquet file to write")
    parser.add_argument("seed", type=int)
    parser.add_argument("options", type=json.loads, help="parameters of ours, as JSON")
    given = parser.parse_args()
    synthetic, costs = run(given.model, pd.read_parquet(given.train), given.seed, given.options)
    synthetic.to_parquet(given.synthetic)
    print(json.dumps(costs))
