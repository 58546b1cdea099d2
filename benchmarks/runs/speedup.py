"""Measures what a second worker brings, in pairs: growing what the default learns, and drawing parts.

``OMP_NUM_THREADS=1 python -m benchmarks speedup --tables adult --pairs 3`` fits and draws by one worker and by two, one after the other and
each time in another order, each in a process of its own. It prints, of each stage that is spread, the seconds by one and by two, and how
many processor seconds two cost more. Anything else that runs on the machine spoils it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.datasets.tables import data_folder, load
from benchmarks.runs.scale import apart
from benchmarks.runs.store import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from synthgan.distributed.executor import Executor


@dataclass
class Timed:
    """An executor that says how long the tasks of each name took together, from the first to the last.

    Attributes:
        inner: does them.
        seconds: by the name of a task.
    """

    inner: Executor
    seconds: Counter[str] = field(default_factory=Counter)

    @property
    def workers(self) -> int:
        """As many as inside."""
        return self.inner.workers

    def map(self, task: Callable[[Any, int], Any], indices: Iterable[int], shared: Any) -> Iterator[Any]:
        """The results in their order, all at once."""
        started = time.perf_counter()
        found = list(self.inner.map(task, indices, shared))
        self.seconds[task.__qualname__] += time.perf_counter() - started
        return iter(found)


def begun(workers: int) -> Executor:
    """So many processes that have begun, with synthgan read in; one works here."""
    from synthgan import Processes, Threads

    executor = Threads() if workers == 1 else Processes(workers)
    list(executor.map(_awake, range(workers), 1.0))
    return executor


def _awake(seconds: float, _: int) -> None:
    """A task so long that each worker begins for one, and reads in what its work will need."""
    import synthgan.tabular.chains.chains
    import synthgan.tabular.synthesizer  # noqa: F401

    time.sleep(seconds)


def closed(executor: Executor) -> float:
    """Ends workers; gives the processor seconds of this process and of those that it began."""
    getattr(executor, "close", tuple)()
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def fitted(table: str, data: Path, model: str, workers: int) -> dict[str, Any]:
    """Fit the default, and save it."""
    from synthgan import Synthesizer

    timed = Timed(begun(workers))
    started = time.perf_counter()
    Synthesizer(seed=0, executor=timed).fit(load(table, data)[0]).save(model)
    wall = time.perf_counter() - started
    return {"seconds": {**timed.seconds, "whole fit": wall}, "spent": closed(timed.inner)}


def sampled(model: str, rows: int, workers: int) -> dict[str, Any]:
    """Draw parts."""
    from synthgan import Synthesizer

    executor = begun(workers)
    synthesizer = Synthesizer.load(model).set_params(executor=executor)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        parts = [part.sha256 for part in synthesizer.sample_parts(rows, f"{place}/parts", seed=0)]
    wall = time.perf_counter() - started
    return {"seconds": {"drawing parts": wall}, "spent": closed(executor), "parts": parts}


def compared(work: Callable[..., dict[str, Any]], given: tuple[Any, ...], pairs: int) -> list[dict[str, Any]]:
    """Each stage of some work by one worker and by two: medians over pairs."""
    runs: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    first = {workers: apart(_first, workers)["spent"] for workers in runs}
    for pair in range(pairs):
        for workers in (1, 2) if pair % 2 == 0 else (2, 1):
            runs[workers].append(apart(work, *given, workers))
    digests = {str(run.get("parts")) for found in runs.values() for run in found}
    assert len(digests) == 1, "parts must be the same for any number of workers"
    spent = {
        workers: float(np.median([run["spent"] for run in found])) - first[workers] for workers, found in runs.items()
    }
    rows = []
    for stage in runs[1][0]["seconds"]:
        one, two = (np.array([run["seconds"][stage] for run in runs[workers]]) for workers in runs)
        rows.append(
            {
                "stage": stage,
                "one": round(float(np.median(one)), 2),
                "two": round(float(np.median(two)), 2),
                "times": [round(float(ratio), 2) for ratio in one / two],
                "more_processor_time": round(spent[2] / spent[1] - 1, 3),
            }
        )
    return rows


def _first(workers: int) -> dict[str, Any]:
    """Processor seconds that workers take to begin: what is left of a run's is work."""
    return {"spent": closed(begun(workers))}


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tables", default="adult")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=5_000_000, help="rows to draw")
    parser.add_argument("--data", type=Path, help="the folder of real tables")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # what workers of this machine have, too
    results: dict[str, Any] = describe({}) | {"pairs": given.pairs, "rows": given.rows}
    with tempfile.TemporaryDirectory() as place:
        for table in given.tables.split(","):
            model = f"{place}/{table}.synthgan"
            rows = compared(fitted, (table, data_folder(given.data), model), given.pairs)
            rows += compared(sampled, (model, given.rows), given.pairs)
            for row in rows:
                print({"table": table} | row, flush=True)
            results[table] = rows
    if given.output:
        given.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
