"""Times one task on a table in one container, in this process, with whatever revision of synthgan is found first.

``PYTHONPATH=TREE python benchmarks/models/container_worker.py TASK CONTAINER TABLE.parquet ROWS TARGET DROP``; the last line
printed is one of JSON. It imports nothing of the benchmarks, so that older revisions are measured by the same lines.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import json
import runpy
import time
import warnings
from pathlib import Path
from typing import Any

CONTAINERS = ("pandas", "pyarrow", "polars")
TASKS = {  # the stage before which a task ends, where it is not done to its end
    "prepare": "growing",
    "align": "fidelity",
    "fit": None,
    "evaluate": None,
}
SHARES = (0.6, 0.2)  # of the shuffled rows: real ones, and those that stand for synthetic ones; the rest is held out
SHUFFLE_SEED = 42
FEW_CHAINS: dict[str, Any] = {
    "chains": 2,
    "rounds": 0,
}  # reading and encoding weigh, and the work is the same every time


class EnoughError(Exception):
    """The stages that were to be timed are done."""


class Clock:
    """Wall and processor seconds of the stages of one task, by name."""

    def __init__(self, last: str | None = None) -> None:
        self._last = last
        self.stages: dict[str, dict[str, float]] = {}
        self._name: str | None = None
        self._started = (0.0, 0.0)

    def stage(self, name: str | None) -> None:
        """End the stage that runs, and begin another; None begins none.

        Raises:
            EnoughError: if the one that would begin is no longer to be timed.
        """
        now = (time.perf_counter(), time.process_time())
        if self._name is not None:
            spent = self.stages.setdefault(self._name, {"wall_seconds": 0.0, "processor_seconds": 0.0})
            spent["wall_seconds"] += now[0] - self._started[0]
            spent["processor_seconds"] += now[1] - self._started[1]
        self._name, self._started = name, now
        if name is not None and name == self._last:
            raise EnoughError

    def figures(self) -> dict[str, Any]:
        """The seconds of all stages together, and of each."""
        whole = {
            key: sum(stage[key] for stage in self.stages.values()) for key in ("wall_seconds", "processor_seconds")
        }
        return whole | {"stages": self.stages}


def parts_of(table: Any, container: str, rows: int) -> list[Any]:
    """Real, synthetic (other real ones) and held-out rows of an Arrow table, in a container."""
    import numpy as np

    order = np.random.default_rng(SHUFFLE_SEED).permutation(len(table))[:rows]
    first, second = (int(share * len(order)) for share in SHARES)
    parts = (order[:first], order[first : first + second], order[first + second :])
    return [held(table.take(chosen).combine_chunks(), container) for chosen in parts]


def held(table: Any, container: str) -> Any:
    """An Arrow table in a container; texts of pandas are object columns."""
    if container == "polars":
        import polars as pl

        return pl.from_arrow(table)
    if container == "pyarrow":
        return table
    frame = table.replace_schema_metadata(None).to_pandas()
    return frame.astype({name: object for name, column in frame.items() if column.dtype.kind not in "biufM"})


def few_chains() -> Any:
    """A synthesizer of few chains without critics, in the spelling of this revision."""
    from synthgan import Synthesizer

    if "chains" in inspect.signature(Synthesizer).parameters:
        return Synthesizer(generator="chains", **FEW_CHAINS, seed=0, device="cpu")
    nested = {f"generator__{name}": value for name, value in FEW_CHAINS.items()}
    return Synthesizer(generator="chains", seed=0, device="cpu").set_params(**nested)


def work(task: str, parts: list[Any], target: str | None, clock: Clock) -> None:
    """Fit the real rows, or judge the synthetic ones; the stages are those that the library reports of itself."""
    real, synthetic, holdout = parts
    if task in ("prepare", "fit"):
        clock.stage("reading")
        for progress in few_chains().fit_steps(real):
            clock.stage(progress.stage)
    else:
        from synthgan import evaluate

        evaluate(real, synthetic, holdout=holdout, target=target, progress=clock.stage)
    clock.stage(None)


def measured(given: argparse.Namespace) -> dict[str, Any]:
    """The figures of one task; what is imported at first use is paid before."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    peak_memory_gb = runpy.run_path(str(Path(__file__).with_name("costs.py")))["peak_memory_gb"]
    table = pq.read_table(given.table)
    table = table.drop_columns([name for name in given.drop.split(",") if name])
    small = held(pa.table({"a": ["x", "y"] * 40, "b": list(range(80))}), given.container)
    work(given.task, [small, small, small], None, Clock())
    parts = parts_of(table, given.container, given.rows)
    del table
    before, clock = peak_memory_gb(), Clock(TASKS[given.task])
    with contextlib.suppress(EnoughError):
        work(given.task, parts, given.target or None, clock)
    return clock.figures() | {"rows": len(parts[0]), "peak_memory_gb": peak_memory_gb(), "peak_before_gb": before}


def main() -> None:
    """Do what the command line says."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("container", choices=CONTAINERS)
    parser.add_argument("table", help="a Parquet file")
    parser.add_argument("rows", type=int, help="of the file, shuffled")
    parser.add_argument("target", help="the column that utility predicts, or an empty word")
    parser.add_argument("drop", help="columns left out, parted by commas")
    print(json.dumps(measured(parser.parse_args())))


if __name__ == "__main__":
    main()
