"""How well linked tables and sequences are imitated: all data of the catalogue, judged by person as ``evaluate`` judges them.

``python -m benchmarks linked --data-sets baseball`` learns the 10,000 players of the split of the TabularARGN paper with their seasons,
draws as many, and judges them, and what its authors drew with five other systems, against the players of the whole database that nobody
learned. Players count by what the peers can be judged by: country, weight, height, hands.

* ``siblings``: players with seasons in the field and at bat, half of the players learned.
* ``sepsis2019``: hours of patients with all columns, at most ``--people`` learned and as many kept.
* ``mimic3demo``, ``chinook``, ``synthea27``, ``omop_synthea27``, ``f1_coded``: whole databases. Below 200 people only what holds for any
  number of them is judged: keys, times in the stay, orders, rules, copied histories.

Beside each figure stands what the real people score in the place of the synthetic ones. ``--epsilon`` learns baseball under epsilon, by
player.
"""

from __future__ import annotations

import argparse
import itertools
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.datasets.linked_parts import (
    KEY,
    ORDER,
    PEERS,
    PLAYER,
    UNIT,
    WHOLE_DATABASES,
    judged_by,
    parts_of,
    players_of,
    told_of_careers,
)
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import Store, describe
from synthgan import Database, DatabaseSynthesizer, Synthesizer, evaluate
from synthgan.errors import DataWarning

if TYPE_CHECKING:
    import pandas as pd

    from benchmarks.datasets.linked_parts import Parts
    from synthgan import Report

OURS, GROUPS = "synthgan", "synthgan groups"  # of baseball both: as two tables, and as one table of seasons
DATA_SETS = ("baseball", "siblings", "sepsis2019", *WHOLE_DATABASES)
SHOWN = (
    *("syntherela_accuracy", "c2st_aggregates", "c2st_trajectory", "c2st_transition", "c2st_rows", "cardinality"),
    *("joint_counts_error", "nearer_to_train", "histories_copied", "membership_tpr_at_1pct_fpr"),
    *("utility_real", "utility_synthetic", "orphans", "foreign_key_violations", "primary_keys_broken"),
    *("rows_outside_stay", "orders_broken"),
)

Drawn = dict[str, "pd.DataFrame"]


def drawn_of(parts: Parts, seed: int, *, grouped: bool, epsilon: float | None) -> tuple[Any, dict[str, float]]:
    """What synthgan draws, as many people as it learned, and the processor seconds of fitting and drawing."""
    learned, began = parts.learned, time.process_time()
    if grouped or epsilon is not None:
        made, fitted = as_groups(parts, seed, epsilon)
    elif isinstance(learned, Database):
        synthesizer = DatabaseSynthesizer(seed=seed).fit(learned)
        fitted = time.process_time()
        made = synthesizer.sample(learned.rows[str(learned.unit)])
    else:
        of = dict(parts.judging or {})
        sequences = Synthesizer(seed=seed).fit(learned, group=of["group"], order=of["order"])
        fitted = time.process_time()
        made = sequences.sample(learned[of["group"]].nunique())
    ended = time.process_time()
    return made, {"fit_seconds": round(fitted - began, 1), "draw_seconds": round(ended - fitted, 1)}


def as_groups(parts: Parts, seed: int, epsilon: float | None) -> tuple[Drawn, float]:
    """Players drawn as groups of seasons, and when the fit was done; those without seasons are not learned."""
    if not isinstance(parts.learned, Database) or set(parts.learned.tables) != {UNIT, "fielding"}:
        raise SystemExit(f"error: --epsilon and {GROUPS!r} must be for baseball, however: other data is named")
    events, schema = told_of_careers(parts.learned.tables)
    synthesizer = Synthesizer(seed=seed, epsilon=epsilon)
    synthesizer.fit(events, group=KEY, order=ORDER, schema=None if epsilon is None else schema)
    fitted = time.process_time()
    made = synthesizer.sample(events[KEY].nunique() if epsilon is None else parts.learned.rows[UNIT])
    players = made.drop_duplicates(KEY)[[KEY, *PLAYER]].reset_index(drop=True)
    return {UNIT: players, "fielding": made.drop(columns=list(PLAYER))}, fitted


def judged(parts: Parts, made: Any) -> Report:
    """All that ``evaluate`` says."""
    return evaluate(parts.learned, made, holdout=parts.unseen, **(parts.judging or {}))


def figures(report: Report) -> dict[str, Any]:
    """What is kept of a report: every score beside its reference, and those of each table and key."""
    linked = report.details.linked
    kept: dict[str, Any] = {
        "scores": {one.name: [_rounded(one.value), _rounded(one.reference)] for one in report if one.value is not None}
    }
    if linked is not None:
        kept["tables"] = {
            table.name: {one.name: [_rounded(one.value), _rounded(one.reference)] for one in table.scores}
            | {"rows": list(table.rows)}
            for table in linked.tables
        }
        kept["cardinality"] = {
            f"{key.table}.{', '.join(key.columns)}": _rounded(key.cardinality)
            for key in linked.keys
            if key.cardinality is not None
        }
    return kept


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def line(run: dict[str, Any]) -> str:
    """A run in one line."""
    told = [f"{name} {run['scores'][name][0]:.3f}" for name in SHOWN if name in run["scores"]]
    keys = run.get("cardinality") or {}
    if keys:
        worst = min(keys, key=lambda one: keys[one])
        told.append(f"worst cardinality {keys[worst]:.3f} ({worst})")
    seconds = f", fit {run['fit_seconds']:.0f} s, draw {run['draw_seconds']:.0f} s" if "fit_seconds" in run else ""
    return f"{run['table']}, {run['model']}, seed {run['seed']}: {', '.join(told)}{seconds}"


def run(
    title: str, name: str, system: str, seed: int, folder: Path, people: int, epsilon: float | None
) -> dict[str, Any] | None:
    """One system on some data, with one seed; None where a peer has drawn nothing of the kind."""
    warnings.simplefilter("ignore", DataWarning)  # of what is withheld: it fills screens
    parts = parts_of(name, folder, 0, people)
    costs: dict[str, float] = {}
    if system not in PEERS:
        made, costs = drawn_of(parts, seed, grouped=system == GROUPS, epsilon=epsilon)
    elif parts.where is None:
        return None
    else:
        made = judged_by(players_of(parts.where, *PEERS[system]))
    return {"table": title, "model": system, "seed": seed, **figures(judged(parts, made)), **costs}


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks linked", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="folder that holds linked/ and tables/ (default: $SYNTHGAN_DATA)")
    parser.add_argument("--data-sets", default="baseball", help=f"comma-separated, of {', '.join(DATA_SETS)}")
    parser.add_argument(
        "--systems", default=OURS, help=f"comma-separated: {OURS}, of baseball {', '.join((GROUPS, *PEERS))}"
    )
    parser.add_argument("--people", type=int, default=20_000, help="patients of sepsis2019 that are learned, at most")
    parser.add_argument("--epsilon", type=float, help="learn baseball under epsilon, by player")
    parser.add_argument("--seeds", type=int, default=1, help="fits with the seeds 0, 1, ... (default: 1)")
    parser.add_argument("--output", type=Path, help="a JSON file for the results; runs that it has are not repeated")
    add_workers(parser)
    given = parser.parse_args(words)
    names, systems = given.data_sets.split(","), given.systems.split(",")
    for option, known, found in (("--data-sets", DATA_SETS, names), ("--systems", (OURS, GROUPS, *PEERS), systems)):
        stray = next((one for one in found if one not in known), None)
        if stray is not None:
            parser.error(f"{option} must be some of {', '.join(known)}, however: {stray!r}")
    store, folder, calls = Store(given.output, describe({})), data_folder(given.data), []
    for name, seed, system in itertools.product(names, range(given.seeds), systems):
        title = f"{name}, epsilon {given.epsilon:g}" if given.epsilon else name
        title += f", {given.people:,} patients" if name == "sepsis2019" else ""
        if store.get(title, system, seed) is None and (system not in PEERS or not seed):  # peers have one run each
            calls.append((title, name, system, seed, folder, given.people, given.epsilon))
    for found in spread(run, calls, given.workers):
        if found is not None:
            store.put(found)
            print(line(found), flush=True)
