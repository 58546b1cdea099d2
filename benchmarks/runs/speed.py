"""Times what people wait for: ``synthgan --help``, a fit, loading a model, and sampling at several batch sizes.

``OMP_NUM_THREADS=1 python -m benchmarks speed --tables adult,magic --rows 500000 --output speed.json`` prints wall and processor
seconds side by side: where the two differ, the machine was not ours alone.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.datasets.tables import chosen, command_line, data_folder, load
from benchmarks.runs.store import describe

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH_ROWS = (2_048, 8_192, 32_768, 131_072)


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What the work came to, and its wall and processor seconds, those of its child processes among them."""
    started, before = time.perf_counter(), _processor_seconds()
    result = work()
    return result, {
        "wall_seconds": round(time.perf_counter() - started, 3),
        "processor_seconds": round(_processor_seconds() - before, 3),
    }


def _processor_seconds() -> float:
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def help_seconds() -> dict[str, float]:
    """What ``synthgan fit --help`` costs from the start of Python on."""
    script = "import sys; from synthgan_cli.commands import app; sys.argv = ['synthgan', 'fit', '--help']; app()"
    command = [sys.executable, "-c", script]
    return timed(lambda: subprocess.run(command, capture_output=True, check=True))[1]  # noqa: S603 (our own command)


def of_table(name: str, folder: Path, rows: int) -> dict[str, Any]:
    """All timings of one table."""
    from synthgan import Synthesizer

    train, _ = load(name, folder)
    fitted, fit = timed(lambda: Synthesizer(seed=0).fit(train))
    with tempfile.TemporaryDirectory() as index:
        fitted.save(f"{index}/model")
        size = Path(f"{index}/model").stat().st_size
        loaded, loading = timed(lambda: Synthesizer.load(f"{index}/model"))
    loaded.sample(1_000)  # imports and caches are paid once
    sampling = []
    for batch_rows in BATCH_ROWS:
        drawing = loaded.model_.generator.student_  # of the default
        drawing.sampler_.batch_rows = batch_rows
        _, seconds = timed(lambda: loaded.sample(rows))
        sampling.append({"batch_rows": batch_rows, "rows": rows} | seconds)
    return {
        "table": name,
        "rows": len(train),
        "fit": fit,
        "load": loading,
        "megabytes": size / 1e6,
        "sampling": sampling,
    }


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command_line(__doc__)
    parser.add_argument("--rows", type=int, default=500_000, help="to sample at each batch size")
    given = parser.parse_args()
    results: dict[str, Any] = describe({}) | {"help": help_seconds(), "tables": []}
    print(f"synthgan fit --help: {results['help']}")
    for name in chosen(given.tables):
        found = of_table(name, data_folder(given.data), given.rows)
        results["tables"].append(found)
        print(f"{name}: {found['rows']:,} rows, fit {found['fit']}, load {found['load']}, {found['megabytes']:.1f} MB")
        print(f"{'rows a batch':>14} {'rows/s':>10} {'rows/processor second':>22}")
        for row in found["sampling"]:
            by_wall, by_processor = (row["rows"] / row[key] for key in ("wall_seconds", "processor_seconds"))
            print(f"{row['batch_rows']:>14,} {by_wall:>10,.0f} {by_processor:>22,.0f}", flush=True)
    if given.output:
        given.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
