"""Shows that conditions are met exactly and faithfully: ten conditions a table, each judged on the real rows that meet it.

``python -m benchmarks conditional --tables adult,magic --output FILE.json``. For every condition, as many rows as really meet it
are sampled under it, and a detector (``synthgan.metrics``, which never played as a critic) tries to tell the two apart. Beside that
stands what it achieves on as many rows without any condition: a detector sees less in small tables; and on free rows that happen
to meet the condition: what those fall short by is the model's, not the conditioning's.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.datasets.tables import chosen, command_line, data_folder, load
from synthgan import Synthesizer
from synthgan.errors import DataError
from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity.detection import c2st

if TYPE_CHECKING:
    from pathlib import Path

MIN_REAL = 500  # rows behind a condition that is judged; the rare one alone may have fewer
MAX_REAL = 5_000
FREE_PER_REAL = 3
RARE = (30, 200)
CONDITIONS = {"level": 4, "pair": 2, "range": 3, "rare level": 1}

Condition = dict[str, Any]


def meets(table: pd.DataFrame, where: Condition) -> pd.Series:
    """Which rows meet a condition."""
    met = pd.Series(data=True, index=table.index)
    for name, wanted in where.items():
        met &= table[name].between(*wanted) if isinstance(wanted, tuple) else table[name] == wanted
    return met


def choose(table: pd.DataFrame, seed: int = 0) -> list[tuple[str, Condition]]:
    """Conditions of every kind on a table, drawn at random among those that enough rows meet."""
    rng = np.random.default_rng(seed)
    numbers = [name for name in table.columns if table[name].dtype.kind in "if" and table[name].nunique() > 20]
    levels = [name for name in table.columns if name not in numbers]
    chosen: list[tuple[str, Condition]] = []
    for kind, wanted in CONDITIONS.items():
        few, most = RARE if kind == "rare level" else (MIN_REAL, 0.9 * len(table))
        found = 0
        for _ in range(400):
            where = _candidate(kind, table, levels, numbers, rng)
            if where and few <= meets(table, where).sum() <= most and where not in [known for _, known in chosen]:
                chosen.append((kind, where))
                found += 1
            if found == wanted:
                break
    return chosen


def _candidate(
    kind: str, table: pd.DataFrame, levels: list[str], numbers: list[str], rng: np.random.Generator
) -> Condition:
    row = table.iloc[int(rng.integers(len(table)))]
    if kind == "range" or not levels:
        if not numbers:
            return {}
        name = numbers[rng.integers(len(numbers))]
        low, high = np.sort(rng.choice(table[name].dropna(), 2))
        return {name: (low.item(), high.item())}
    names = [str(name) for name in rng.choice(levels, 2 if kind == "pair" and len(levels) > 1 else 1, replace=False)]
    if kind == "rare level":
        counts = table[names[0]].value_counts()
        rare = counts[counts.between(*RARE)]
        return {names[0]: _plain(rare.index[int(rng.integers(len(rare)))])} if len(rare) else {}
    return {name: _plain(row[name]) for name in names if not pd.isna(row[name])}


def _plain(value: Any) -> Any:
    """A value as Python has it."""
    return value.item() if hasattr(value, "item") else value


def judge(name: str, folder: Path, seed: int) -> list[dict[str, Any]]:
    """Fit one table and judge all its conditions."""
    train, _ = load(name, folder)
    synthesizer = Synthesizer(seed=seed).fit(train)
    free = synthesizer.sample(FREE_PER_REAL * len(train), seed=seed + 1)
    results = []
    for kind, where in choose(train):
        real = train[meets(train, where)]
        real = real.sample(min(len(real), MAX_REAL), random_state=0)
        started = time.perf_counter()
        try:
            drawn = synthesizer.sample(len(real), where=where)
        except DataError as error:
            results.append({"table": name, "kind": kind, "where": str(where), "rows": len(real), "refused": str(error)})
            continue
        seconds = time.perf_counter() - started
        assert meets(drawn, where).all(), f"{name}: rows that do not meet {where}"
        lucky = free[meets(free, where)].head(len(real))
        results.append(
            {
                "table": name,
                "kind": kind,
                "where": str(where),
                "rows": len(real),
                "c2st": round(_c2st(train, real, drawn), 4),
                "unconditional": round(_c2st(train, train.sample(len(real), random_state=0), free.head(len(real))), 4),
                "free_that_meet": round(_c2st(train, real.head(len(lucky)), lucky), 4),
                "seconds": round(seconds, 2),
            }
        )
    return results


def _c2st(like: pd.DataFrame, real: pd.DataFrame, drawn: pd.DataFrame) -> float:
    """C2ST of two tables whose columns are what they are in a third."""
    tables, _ = align(like, drawn, real, schema=None, target=None)
    assert tables.holdout is not None
    estimate = c2st(tables.holdout, tables.synthetic, np.random.default_rng(0))
    return float("nan") if estimate is None else estimate.value


def show(results: list[dict[str, Any]]) -> None:
    """Print a line for each condition, and how far conditional scores fall short on average."""
    for result in results:
        if "refused" in result:
            print(f"{result['table']:<14} {result['kind']:<11} {result['rows']:>6} refused: {result['refused']}")
            continue
        figures = (
            f"{result['rows']:>6} {result['c2st']:>7.3f} {result['unconditional']:>7.3f} "
            f"{result['free_that_meet']:>9.3f} {result['seconds']:>7.2f} s"
        )
        print(f"{result['table']:<14} {result['kind']:<11} {figures}  {result['where']}")
    held_out = [result for result in results if "c2st" in result and result["rows"] >= MIN_REAL]
    if held_out:
        for key, beside in (("unconditional", "free rows"), ("free_that_meet", "free rows that meet it")):
            gaps = np.array([result[key] - result["c2st"] for result in held_out])
            print(
                f"{len(held_out)} conditions of {MIN_REAL} rows and more, beside {beside}: "
                f"{(gaps <= 0.05).mean():.0%} within .05, mean gap {gaps.mean():+.3f}"
            )


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command_line(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the seed of the fit")
    given = parser.parse_args()
    print(f"{'table':<14} {'kind':<11} {'rows':>6} {'c2st':>7} {'free':>7} {'free, met':>9} {'time':>7}    condition")
    results: list[dict[str, Any]] = []
    for name in chosen(given.tables):
        results += judge(name, data_folder(given.data), given.seed)
        if given.output:
            given.output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    show(results)
