"""Shows what every stage of chains adds: the whole one beside itself with one stage left out.

``python -m benchmarks ablation --tables adult,magic --output FILE.json``: seed 0, one process; what does not need a fit of its own
(no training, no balanced samples) is drawn from the fitted whole. Prints C2ST against training and test rows, pair TVD, and how
far utility falls behind that of real rows.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from benchmarks.datasets.tables import TASKS, chosen, command_line, data_folder, load
from benchmarks.runs.store import describe
from synthgan import Chains, Synthesizer
from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity.detection import c2st
from synthgan.metrics.fidelity.fidelity import fidelity_scores
from synthgan.metrics.utility.utility import utility_scores
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.datasets.tables import Task

WHOLE = "nothing"


def _no_axes(_codes: np.ndarray, counts: np.ndarray, *_: object) -> np.ndarray:
    return np.zeros((len(counts), 0), dtype=np.float32)


REFITTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what is left out: constructor parameters, and what is put in the place of a name in the library
    "many orders: one chain": ({"generator__chains": 1}, {}),
    "fine modes: 50 at most": ({"max_modes": 50}, {}),
    "axes: levels by their order alone": ({}, {"synthgan.tabular.chains.features._main_axes": _no_axes}),
    "waves: leaves differ in their means": ({}, {"synthgan.tabular.chains.features.WAVES": ()}),
    "leaves filled with all rows, grown on some": ({"generator__chain_share": 1.0}, {}),
}
SCORES = ("pair_tvd", "utility_real", "utility_synthetic")


def scored(train: pd.DataFrame, synthetic: pd.DataFrame, test: pd.DataFrame, task: Task) -> dict[str, float | None]:
    """The scores of one synthetic table."""
    tables, _ = align(train, synthetic, test, target=task.target)
    found = [*fidelity_scores(tables, Streams(0)), *utility_scores(tables, task.target, Streams(0))]
    told = {
        name: c2st(side, tables.synthetic, Streams(0).numpy("detector"))
        for name, side in (("c2st_train", tables.real), ("c2st_test", tables.holdout))
        if side is not None
    }
    return {name: score and score.value for name, score in told.items()} | {
        score.name: score.value for score in found if score.name in SCORES
    }


@contextlib.contextmanager
def instead(names: dict[str, Any]) -> Iterator[None]:
    """The library with other things in the place of these."""
    with contextlib.ExitStack() as stack:
        for name, other in names.items():
            stack.enter_context(mock.patch(name, other))
        yield


def drawn(train: pd.DataFrame, left_out: list[str]) -> Iterator[tuple[str, pd.DataFrame, dict[str, Any]]]:
    """Name of what is left out, synthetic rows, training summary; one after the other."""
    whole = Synthesizer(generator=Chains(), seed=0).fit(train)
    yield WHOLE, whole.sample(len(train)), whole.manifest()["training"]
    with instead({"synthgan.tabular.chains.criticised.MIN_ROWS": np.inf}):
        yield "balanced samples", whole.sample(len(train)), {}
    generator = whole.model_.generator.sampler_
    if generator.critic is not None:
        generator.critic = None
        yield "the game", whole.sample(len(train)), {}
    for name in left_out:
        options, names = REFITTED[name]
        with instead(names):
            other = Synthesizer(generator=Chains(), seed=0).set_params(**options).fit(train)
            yield name, other.sample(len(train)), other.manifest()["training"]


def line(result: dict[str, Any]) -> str:
    """A result as a row of text."""
    scores = result["scores"]
    gap = scores["utility_real"] - scores["utility_synthetic"]
    return (
        f"{result['table']:<16} {result['without']:<44} {scores['c2st_train']:>10.3f} {scores['c2st_test']:>9.3f} "
        f"{100 * scores['pair_tvd']:>10.2f} {gap:>12.4f}"
    )


def main() -> None:
    """Run the benchmark from the command line."""
    given = command_line(__doc__).parse_args()
    results: dict[str, Any] = describe({}) | {"runs": []}
    print(f"{'table':<16} {'without':<44} {'C2ST train':>10} {'C2ST test':>9} {'pair TVD %':>10} {'utility lost':>12}")
    for name in chosen(given.tables):
        train, test = load(name, data_folder(given.data))
        for without, synthetic, training in drawn(train, list(REFITTED)):
            kept = {key: training[key] for key in ("critic_gain_nats", "kept_share") if key in training}
            scores = scored(train, synthetic, test, TASKS[name])
            results["runs"].append({"table": name, "without": without, "scores": scores} | kept)
            print(line(results["runs"][-1]), flush=True)
            if given.output:
                given.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
