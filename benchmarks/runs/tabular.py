"""Fits our model and others on benchmark tables, samples as many rows as were learned, and prints how good they are.

``python -m benchmarks tabular --tables adult,magic --models ours,argn,mixture --seeds 3 --output results.json``. Every model
is fitted and sampled in a process of its own; one judge scores them all (``judge.py``). Every figure stands beside its floor:
the test rows, which nothing was fitted on, judged in place of the synthetic ones. Runs that the output file already has are
not repeated, so that the same command goes on where it was interrupted. Timings depend on OMP_NUM_THREADS: set it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.datasets.tables import HELD_OUT, TASKS, chosen, command_line, data_folder, load
from benchmarks.models import worker
from benchmarks.runs import report
from benchmarks.runs.judge import judge, published
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import Store, describe, peers_versions

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[2]
PEERS_PYTHON = REPOSITORY / ".venv-peers" / "bin" / "python"
PEERS = ("ctgan", "tvae", "argn")
SLOW = {"ctgan", "tvae", "argn"}
SLOW_TABLES = ("adult", "magic", "shoppers")
SLOW_SEEDS = 1
SLOW_NOTE = (
    f"{', '.join(sorted(SLOW))} are slow: {', '.join(SLOW_TABLES)} only, {SLOW_SEEDS} seed only "
    "(--slow-everywhere lifts this)"
)


def fitted_elsewhere(
    model: str, train: pd.DataFrame, seed: int, options: dict[str, Any]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Fit and sample in a process of its own: the synthetic rows, and what they cost."""
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder:
        train.to_parquet(f"{folder}/train.parquet")
        script = (
            [str(PEERS_PYTHON), str(REPOSITORY / "benchmarks" / "models" / "peer.py")]
            if model in PEERS
            else [sys.executable, "-m", "benchmarks", "worker"]
        )
        words = [model, f"{folder}/train.parquet", f"{folder}/synthetic.parquet", str(seed), json.dumps(options)]
        done = subprocess.run([*script, *words], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (our own scripts)
        if done.returncode:
            raise ChildProcessError(f"{model} must fit and sample, however: it ended with code {done.returncode}")
        return pd.read_parquet(f"{folder}/synthetic.parquet"), json.loads(done.stdout.splitlines()[-1])


def versions_of_peers(wanted: list[str]) -> dict[str, str]:
    """The versions in the environment of the peers, where one is wanted; leaves with one line where it is missing."""
    return peers_versions(wanted, PEERS_PYTHON, REPOSITORY / "benchmarks" / "models" / "peer.py", "peers")


def label(model: str, options: dict[str, Any]) -> str:
    """The name of a model in the results: ``ours[steps=100]`` where it is not at its defaults."""
    if model != "ours" or not options:
        return model
    return f"ours[{','.join(f'{name}={_word(value)}' for name, value in options.items())}]"


def run(table: str, model: str, seed: int, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """One fit of one table, and all its figures."""
    train, test = load(table, folder)
    synthetic, costs = fitted_elsewhere(model, train, seed, options)
    about = {"table": table, "model": label(model, options), "seed": seed, "rows": len(train)}
    return about | costs | judge(train, synthetic, test, TASKS[table])


def extremes_kept(table: str, seed: int, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Shape and Trend of ours where it may give the extremes of the training rows away, as published models do."""
    train, test = load(table, folder)
    synthetic, _ = fitted_elsewhere("ours", train, seed, options | {"keep_extremes": True})
    return published(train, synthetic, test, TASKS[table].coded)


def parse_option(text: str) -> tuple[str, Any]:
    """``steps=100``: a parameter of ours or of its generator; the value is JSON, or else text."""
    name, equals, word = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"an option must read name=value, however: {text!r}")
    try:
        return name, json.loads(word)
    except json.JSONDecodeError:
        return name, word


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = command_line(__doc__)
    known = (*worker.MODELS[:1], *PEERS, *worker.MODELS[1:])
    parser.add_argument("--models", default="ours", help=f"comma-separated, of {', '.join(known)}")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from 0")
    parser.add_argument("--option", type=parse_option, action="append", default=[], help="name=value, for ours")
    parser.add_argument("--keep-extremes", action="store_true", help="a second fit of ours, for comparison of Trend")
    parser.add_argument("--slow-everywhere", action="store_true", help=f"lift the limit on {', '.join(sorted(SLOW))}")
    add_workers(parser)
    parser.add_argument("--again", action="store_true", help="repeat runs that the output file already has")
    given = parser.parse_args(words)
    given.models = list(dict.fromkeys(given.models.split(",")))
    unknown = [model for model in given.models if model not in known]
    if unknown:
        sys.exit(f"error: a model must be one of {', '.join(known)}, however: {unknown[0]!r}")
    given.tables = chosen(given.tables)
    return given


def attempted(function: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any] | ChildProcessError:
    """What a run came to, or why it failed: the others can still run."""
    try:
        return function(*given)
    except ChildProcessError as error:
        return error


def work(given: argparse.Namespace, store: Store, table: str, asked: list[tuple[str, int]]) -> None:
    """The runs of a table, by model and seed, or what they still lack."""
    folder, options = (
        data_folder(given.data),
        {model: dict(given.option) if model == "ours" else {} for model, _ in asked},
    )
    names = {model: label(model, options[model]) for model in options}
    lacking = [(model, seed) for model, seed in asked if given.again or not store.get(table, names[model], seed)]
    calls = [(run, table, model, seed, folder, options[model]) for model, seed in lacking]
    for (model, seed), found in zip(lacking, spread(attempted, calls, given.workers), strict=True):
        if isinstance(found, ChildProcessError):
            store.fail(table, names[model], seed, found)
        else:
            store.put(found)
            print(f"{table}, {names[model]}, seed {seed}: done", flush=True)
    bare = []
    for model, seed in asked:
        found = store.get(table, names[model], seed)
        if found and model == "ours" and given.keep_extremes and "extremes_kept" not in found:
            bare.append((found, (extremes_kept, table, seed, folder, options[model])))
        elif found and (model, seed) not in lacking:
            print(f"{table}, {names[model]}, seed {seed}: already in {store.path}", flush=True)
    for (found, _), kept in zip(bare, spread(attempted, [call for _, call in bare], given.workers), strict=True):
        if isinstance(kept, ChildProcessError):
            store.fail(table, found["model"], found["seed"], kept)
        else:
            store.put(found | {"extremes_kept": kept})


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    given = arguments(words)
    store = Store(given.output, describe(versions_of_peers([model for model in given.models if model in PEERS])))
    for table in given.tables:
        asked: list[tuple[str, int]] = []
        for model in given.models:
            limited = model in SLOW and not given.slow_everywhere
            if limited:
                store.note(SLOW_NOTE)
            seeds = min(given.seeds, SLOW_SEEDS) if limited else given.seeds
            asked += [(model, seed) for seed in range(0 if limited and table not in SLOW_TABLES else seeds)]
        work(given, store, table, asked)
        if table in HELD_OUT:
            store.note(f"{', '.join(HELD_OUT)} are held out: never looked at while the defaults were chosen")
        print(report.table(table, store.runs), flush=True)
    store.write()
    print("", report.FLOOR_NOTE, *store.notes, sep="\n")
    if any(note.startswith("failed") for note in store.notes):
        sys.exit(1)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
