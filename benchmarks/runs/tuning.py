"""What a search of the parameters wins over the defaults, on rows that no trial saw.

``pip install 'synthgan[tune]'``, then ``python -m benchmarks tuning --output FILE.json``. Of each of four tables 1,000 rows (or all) are
parted as ``synthgan tune`` parts them. Fidelity is C2ST against the rows that no trial saw; found is the share of the rows learned that an
attack by density on the samples finds at 1 % false positives. Both are means over three seeds of the fit that the search did not have.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.datasets.tables import TASKS, data_folder, load
from benchmarks.runs.markdown import headed, row
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import Store, describe
from synthgan.tuning.search import tune

TABLES = ("shoppers", "brfss2015_diabetes", "magic", "heart_disease")
ROWS = 1_000


def run(
    name: str, folder: Path, generator: str | None, trials: int, minutes: float | None, seed: int, rows: int
) -> dict[str, Any]:
    """One search on one table."""
    whole = pd.concat(load(name, folder), ignore_index=True)
    table = whole.iloc[np.random.default_rng(seed).permutation(len(whole))[:rows]].reset_index(drop=True)
    started = time.process_time()

    def told(done: int, of: int, best: float | None) -> None:
        print(f"{name}: {done} of {of}, best {best}", file=sys.stderr, flush=True)

    found = tune(table, generator=generator, trials=trials, minutes=minutes, seed=seed, progress=told)
    scores = found.to_dict() | {"cpu_seconds": round(time.process_time() - started), "rows": len(table)}
    return {"table": name, "model": generator or "default", "seed": seed, "scores": scores}


def page(runs: list[dict[str, Any]]) -> list[str]:
    """A line for each search."""
    lines = headed(
        "table", "trials (ended early)", "fidelity, defaults", "best found", "gain ± standard error", "found", "taken"
    )
    for each in runs:
        found = each["scores"]
        sides = [found[name] for name in ("default", "best")]
        lines.append(
            row(
                f"{each['table']}, {each['model']}",
                f"{found['trials']} ({found['pruned']})",
                *(f"{side['fidelity']:.3f}" for side in sides),
                f"{found['gain']:+.3f} ± {found['gain_error']:.3f}",
                " → ".join(f"{side['found']:.1%}" for side in sides),
                "yes" if found["parameters"] else "no, the defaults stay",
            )
        )
    return lines


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder that holds tables/ (default: $SYNTHGAN_DATA, else ../shared/data)")
    parser.add_argument("--tables", default=",".join(TABLES), help=f"comma-separated, of {', '.join(TASKS)}")
    parser.add_argument("--generator", help="whose parameters (default: the default)")
    parser.add_argument("--trials", type=int, default=40, help="of each search (default: 40)")
    parser.add_argument("--minutes", type=float, help="begin no further trial after so many")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of each table, at most (default: {ROWS})")
    parser.add_argument("--seed", type=int, default=0, help="of rows and search (default: 0)")
    add_workers(parser)
    parser.add_argument("--output", type=Path, help="a JSON file for the results; runs that it has are not repeated")
    given = parser.parse_args(words)
    names = given.tables.split(",")
    if unknown := [name for name in names if name not in TASKS]:
        sys.exit(f"error: a table must be one of {', '.join(TASKS)}, however: {unknown[0]!r}")
    store, model = Store(given.output, describe({})), given.generator or "default"
    limits = (given.trials, given.minutes, given.seed, given.rows)
    lacking = [name for name in names if store.get(name, model, given.seed) is None]
    calls = [(name, data_folder(given.data), given.generator, *limits) for name in lacking]
    for found in spread(run, calls, given.workers):
        store.put(found)
    print("\n".join(page(store.runs)))
