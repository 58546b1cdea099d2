"""Fits benchmark tables at the defaults, samples as many rows as were learned, and prints how good they are.

``python -m benchmarks.tabular --tables adult,magic --seeds 3``. Every figure stands beside its floor: the test rows,
which nothing was fitted on, judged in place of the synthetic ones. The judge is ``synthgan.evaluate``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.tables import TASKS, data_folder, load
from synthgan import Synthesizer, __version__, evaluate

if TYPE_CHECKING:
    import pandas as pd

SPEED_ROWS = 1_000_000
COMMON_LEVEL = 0.005


def lost_levels(train: pd.DataFrame, synthetic: pd.DataFrame) -> list[str]:
    """Levels that hold at least ``COMMON_LEVEL`` of the training rows and are not in the synthetic ones."""
    lost = []
    for name in train.columns:
        shares = train[name].value_counts(normalize=True, dropna=False)
        missing = set(shares[shares >= COMMON_LEVEL].index.map(str)) - set(synthetic[name].map(str))
        lost += [f"{name}={level}" for level in sorted(missing)]
    return lost


def rows_per_second(synthesizer: Synthesizer) -> float:
    """Rows a second, from the model to frames, over ``SPEED_ROWS`` rows."""
    started = time.perf_counter()
    rows = sum(map(len, synthesizer.sample_batches(SPEED_ROWS)))
    return rows / (time.perf_counter() - started)


def run(name: str, seed: int, folder: Path, options: dict[str, object]) -> dict[str, object]:
    """One fit of one table and all its figures."""
    train, test = load(name, folder)
    started = time.perf_counter()
    synthesizer = Synthesizer(seed=seed, **options).fit(train)
    fit_seconds = time.perf_counter() - started
    synthetic = synthesizer.sample(len(train))
    report = evaluate(train, synthetic, holdout=test, target=TASKS[name].target, seed=seed)
    return {
        "table": name,
        "seed": seed,
        "rows": len(train),
        "fit_seconds": round(fit_seconds, 1),
        "sampled_rows_per_second": round(rows_per_second(synthesizer)),
        "peak_memory_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "lost_levels": lost_levels(train, synthetic),
        "training": {key: value for key, value in synthesizer.manifest()["training"].items() if key != "history"},
        "scores": json.loads(report.to_json())["scores"],
    }


def show(result: dict[str, object]) -> None:
    """Print one run."""
    print(
        f"\n{result['table']}, seed {result['seed']}, {result['rows']:,} rows: fit {result['fit_seconds']} s, ", end=""
    )
    print(f"{result['sampled_rows_per_second']:,} rows/s sampled, peak memory {result['peak_memory_gb']} GB")
    print(f"common levels lost: {', '.join(result['lost_levels']) or 'none'}; training {result['training']}")  # type: ignore[arg-type]
    print(f"{'score':<22}{'value':>9}{'floor':>9}")
    for score in result["scores"]:  # type: ignore[attr-defined]
        value, reference = ("–" if score[key] is None else f"{score[key]:.4f}" for key in ("value", "reference"))
        print(f"{score['name']:<22}{value:>9}{reference:>9}")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder that holds tables/ (default: $SYNTHGAN_DATA, else ../shared/data)")
    parser.add_argument("--tables", default="adult", help=f"comma-separated, of {', '.join(TASKS)}")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from 0")
    parser.add_argument("--steps", type=int, help="generator steps (default: the synthesizer's own)")
    parser.add_argument("--output", type=Path, help="a JSON file for the results")
    given = parser.parse_args()
    options = {} if given.steps is None else {"steps": given.steps}
    results = []
    for name in given.tables.split(","):
        if name not in TASKS:
            sys.exit(f"error: a table must be one of {', '.join(TASKS)}, however: {name!r}")
        for seed in range(given.seeds):
            results.append(run(name, seed, data_folder(given.data), options))
            show(results[-1])
    if given.output:
        machine = {"processors": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
        given.output.write_text(
            json.dumps({"synthgan": __version__, "machine": machine, "runs": results}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
