"""Times a fit and an evaluation, and their peak memory, on a table held as pandas object columns, as Arrow and as polars.

``python -m benchmarks containers --runs 2 --output containers.json``: Diabetes-130, unless ``--table`` names another file.
Each measure has a process of its own with one thread. ``prepare`` is the reading and encoding of a fit, ``align`` the reading
of an evaluation. The whole fit has two chains and no training. ``--tree before=FOLDER --tree after=.`` measures several revisions
of synthgan in turn. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.models.container_worker import CONTAINERS, TASKS
from benchmarks.runs.markdown import Run, first, headed, row
from benchmarks.runs.store import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
WORKER = REPOSITORY / "benchmarks" / "models" / "container_worker.py"
DEFAULT = ("diabetes130", "readmitted", "encounter_id,patient_nbr")  # its table, target and columns left out
ALL_ROWS = 10**12
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
NAMES = {"pandas": "pandas, object columns", "pyarrow": "Arrow", "polars": "polars"}
# What a table has of each task: the stage behind each heading, None for all stages together.
HEADS: dict[str, dict[str, str | None]] = {
    "prepare": {"prepare: reading s": "reading", "encoding s": "encoding"},
    "align": {"align: aligning s": "aligning"},
    "fit": {"fit s": None},
    "evaluate": {"evaluate s": None},
}


def in_a_process(task: str, container: str, tree: Path, words: Sequence[str]) -> dict[str, Any]:
    """The figures of one task by the synthgan of one tree; leaves with one line where it fails."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": str(tree)}
    command = [sys.executable, str(WORKER), task, container, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (our own script)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no message"])[-1]
        sys.exit(f"error: {task} of {container} must end, however: {why}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(
    trees: dict[str, Path], containers: Sequence[str], tasks: Sequence[str], runs: int, words: Sequence[str]
) -> list[Run]:
    """All figures; trees take turns, so that a busy minute of the machine falls on each of them."""
    found = []
    for index in range(runs):
        for container in containers:
            for task in tasks:
                for name in trees if index % 2 == 0 else reversed(trees):
                    about = {"tree": name, "container": container, "task": task, "run": index}
                    found.append(about | in_a_process(task, container, trees[name], words))
                    seconds = f"{found[-1]['processor_seconds']:.1f} processor seconds"
                    print(f"{name}, {container}, {task}, run {index}: {seconds}", file=sys.stderr, flush=True)
    return found


def table(runs: Sequence[Run]) -> list[str]:
    """The lines of a Markdown table: medians of processor seconds, and the peak of the process in gigabytes."""
    tasks = [task for task in TASKS if any(run["task"] == task for run in runs)]
    heads = [head for task in tasks for head in (*HEADS[task], f"{task}: peak GB")]
    lines = headed("", "container", *heads)
    for container in first(run["container"] for run in runs):
        for tree in first(run["tree"] for run in runs):
            its = [run for run in runs if (run["container"], run["tree"]) == (container, tree)]
            cells = [cell for task in tasks for cell in cells_of([run for run in its if run["task"] == task])]
            lines.append(row(tree, NAMES[container], *cells))
    return lines


def cells_of(runs: Sequence[Run]) -> list[str]:
    """The cells of one task."""
    kept = HEADS[runs[0]["task"]].values()
    found = [[run if stage is None else run["stages"][stage] for run in runs] for stage in kept]
    seconds = [statistics.median(spent["processor_seconds"] for spent in some) for some in found]
    return [*(f"{value:.2f}" for value in seconds), f"{statistics.median(run['peak_memory_gb'] for run in runs):.2f}"]


def arguments(words: list[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, help="a Parquet file; default: tables/diabetes130.parquet of the data")
    parser.add_argument("--target", help="the column that utility predicts, of a table of your own")
    parser.add_argument("--drop", default="", help="columns to leave out of it, parted by commas")
    parser.add_argument("--rows", type=int, help="so many of the file, chosen at random; default: all")
    parser.add_argument("--containers", default=",".join(CONTAINERS), help="parted by commas")
    parser.add_argument("--tasks", default=",".join(TASKS), help="prepare and align end before models are fitted")
    parser.add_argument("--runs", type=int, default=1, help="of which the median counts")
    parser.add_argument("--tree", action="append", default=[], help="NAME=FOLDER of a revision; default: this one")
    parser.add_argument("--data", help="folder that holds tables/ (default: $SYNTHGAN_DATA, else ../shared/data)")
    parser.add_argument("--output", type=Path, help="a JSON file for the results")
    given = parser.parse_args(words)
    given.containers, given.tasks = given.containers.split(","), given.tasks.split(",")
    for what, names, known in (("container", given.containers, CONTAINERS), ("task", given.tasks, TASKS)):
        if unknown := [name for name in names if name not in known]:
            parser.error(f"a {what} must be one of {', '.join(known)}, however: {unknown[0]!r}")
    if wrong := [tree for tree in given.tree if not Path(tree.partition("=")[2] or "/absent", "synthgan").is_dir()]:
        parser.error(f"--tree must be NAME=FOLDER of a folder that holds synthgan/, however: {wrong[0]!r}")
    given.trees = {name: Path(folder).resolve() for name, _, folder in (tree.partition("=") for tree in given.tree)}
    return given


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    given = arguments(words)
    path, target, drop = given.table, given.target or "", given.drop
    if path is None:
        from benchmarks.datasets.tables import data_folder

        name, target, drop = DEFAULT
        path = data_folder(given.data) / "tables" / f"{name}.parquet"
    if not path.exists():
        sys.exit(f"error: the benchmark needs {path}; name the folder that holds tables/ with --data")
    about = [str(path.resolve()), str(given.rows or ALL_ROWS), target, drop]
    runs = measure(given.trees or {"this": REPOSITORY}, given.containers, given.tasks, given.runs, about)
    print("\n".join(table(runs)))
    if given.output:
        content = {"session": describe({}), "table": path.stem, "runs": runs}
        given.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
