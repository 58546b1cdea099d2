"""Shows what hard tables cost: very wide, very long, very short, nearly empty, and columns of ten thousand codes.

``python -m benchmarks hard --output FILE.json`` makes every table from a fixed seed, and fits and samples each in a process of its
own; it prints seconds, peak memory, and how far single columns and pairs are off (Shape error, pair TVD).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.models.costs import peak_memory_gb

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLED = 20_000


def _mixed(rows: int, columns: int, rng: np.random.Generator) -> pd.DataFrame:
    """Columns that hang together through a hidden class: numbers, codes and yes/no in turn."""
    hidden = rng.integers(8, size=rows)
    table = {}
    for index in range(columns):
        center = rng.normal(size=8)[hidden]
        value = center + 0.5 * rng.normal(size=rows)
        kind = index % 3
        table[f"x{index}"] = value.round(3) if kind == 0 else np.floor(2 * value) if kind == 1 else value > 0
        if kind == 1:
            table[f"x{index}"] = pd.Series(table[f"x{index}"]).astype(int).astype(str)
    return pd.DataFrame(table)


def ten_thousand_levels(rng: np.random.Generator) -> pd.DataFrame:
    """300,000 rows with a column of 10,000 codes, whose first letter says what goes with it."""
    odds = 1 / np.arange(10, 10_010)
    code = rng.choice(10_000, 300_000, p=odds / odds.sum())
    group = code % 20
    name = np.array([f"{chr(65 + number % 20)}{number:05d}" for number in range(10_000)])
    return pd.DataFrame(
        {"code": name[code], "cost": np.exp(group / 5 + rng.normal(size=len(code))).round(2), "ward": group // 4}
    )


def nearly_empty(rng: np.random.Generator) -> pd.DataFrame:
    """20,000 rows of ten columns that are missing 99 times in a hundred."""
    table = _mixed(20_000, 12, rng)
    for name in table.columns[2:]:
        table[name] = table[name].astype(object).where(rng.random(len(table)) < 0.01, None)
    return table.infer_objects()


def long_tails(rng: np.random.Generator) -> pd.DataFrame:
    """50,000 rows of heavy tails, long-tailed whole numbers and a target that one row in 200 has."""
    base = rng.pareto(1.2, 50_000)
    visits = rng.zipf(1.6, 50_000).clip(max=10**9)
    ill = rng.random(50_000) < 0.005 * np.minimum(base, 4)
    return pd.DataFrame(
        {"cost": (base * 100).round(2), "visits": visits, "debt": -base * rng.random(50_000), "ill": ill}
    )


HARD: dict[str, Callable[[np.random.Generator], pd.DataFrame]] = {
    "200 rows": lambda rng: _mixed(200, 12, rng),
    "1,000 columns": lambda rng: _mixed(2_000, 1_000, rng),
    "10,000 levels": ten_thousand_levels,
    "99 % missing": nearly_empty,
    "long tails": long_tails,
    "5,000,000 rows": lambda rng: _mixed(5_000_000, 12, rng),
}


def run(name: str) -> dict[str, Any]:
    """Fit and sample one table in this process."""
    from synthgan import Synthesizer, evaluate

    table = HARD[name](np.random.default_rng(0))
    before, started = peak_memory_gb(), time.perf_counter()
    synthesizer = Synthesizer(seed=0).fit(table)
    fitted = time.perf_counter()
    synthetic = synthesizer.sample(min(SAMPLED, len(table)))
    sampled = time.perf_counter()
    peak = peak_memory_gb()
    some = table.sample(min(len(table), SAMPLED), random_state=0).reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = {score.name: score.value for score in evaluate(some, synthetic).scores}
    return {
        "table": name,
        "rows": len(table),
        "columns": table.shape[1],
        "fit_seconds": round(fitted - started, 1),
        "sample_seconds": round(sampled - fitted, 1),
        "table_gb": round(before, 2),
        "peak_memory_gb": round(peak, 2),
        "scores": {key: scores[key] for key in ("shape_error", "pair_tvd", "c2st_train")},
    }


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=HARD, help="one table, in this process; the result as a line of JSON")
    parser.add_argument("--output", type=Path, help="a JSON file for the results")
    given = parser.parse_args()
    if given.only:
        print(json.dumps(run(given.only)))
        return
    results = []
    for name in HARD:
        done = subprocess.run(  # noqa: S603 (our own module)
            [sys.executable, "-m", "benchmarks", "hard", "--only", name], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"{name}: failed: {done.stderr.strip().splitlines()[-1]}")
            continue
        results.append(json.loads(done.stdout.splitlines()[-1]))
        result = results[-1]
        print(
            f"{name:<15} fit {result['fit_seconds']:>6} s, sample {result['sample_seconds']:>5} s, "
            f"peak {result['peak_memory_gb']:>5} GB (before the fit {result['table_gb']}), "
            + ", ".join(f"{key} {value:.4f}" for key, value in result["scores"].items()),
            flush=True,
        )
        if given.output:
            given.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
