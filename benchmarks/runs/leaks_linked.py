"""What linked tables give away of the people who were learned, beside how faithful they are: whole trajectories are attacked.

``python -m benchmarks leaks_linked --data-sets siblings --people 1000,3000`` parts the people at random into members, a holdout as large,
and the rest. A generator learns the members and draws ten times as many people. ``evaluate`` attacks them as wholes, with all rows of
theirs, by nearness, classifiers and density, with as many others as members.

* TPR is the share of members that an attack finds at 1 % false alarms; chance finds 1 %. Beside the best attack stands that by density.
  At first sight is density by what belongs to a person, the first rows and the numbers of rows alone: what is drawn first.
* The file is attacked, too: by the density that it gives people with all rows of theirs, and by that over the density of the same
  pipeline, learned on half of the holdout.
* Copied are histories of three rows or more that equal one that was learned, row for row, beside those of unseen people that do.
* ``groups`` learns players of baseball as one table of seasons.
* ``nobody`` is the null: the rest of the real people in the place of samples. ``planted`` is the same with one in fifty of them replaced by
  a member, whole: what such a leak looks like. A bench that does not see it sees nothing.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.datasets.linked_parts import KEY, ORDER, UNIT, parts_of, told_of_careers
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import Store, describe
from synthgan import Database, DatabaseSynthesizer, Synthesizer, evaluate
from synthgan.data.links import link
from synthgan.errors import DataWarning
from synthgan.metrics.privacy.membership.ensemble import AT_FIRST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from benchmarks.datasets.linked_parts import Parts, Tables
    from synthgan import Report

NULL, PLANTED, GROUPS = "nobody", "planted", "groups"
GENERATORS = ("pooled", "chains", "distilled")
TIMES = 10
PLANTED_SHARE = 0.02
POOLED_PEOPLE = 3_000  # members that are attacked in all, at least
FIGURES = {
    "nearer": "nearer_to_train",
    "tpr_best": "membership_tpr_at_1pct_fpr",
    "tpr_density": "density_tpr_at_1pct_fpr",
    "auc_density": "density_auc",
    "p_value": "membership_p_value",
    "tpr_file": "file_tpr_at_1pct_fpr",
    "tpr_file_calibrated": "file_calibrated_tpr_at_1pct_fpr",
    "copied": "histories_copied",
    "c2st_units": "c2st_units",
    "c2st_rows": "c2st_rows",
}


def everybody(parts: Parts) -> Database:
    """Learned and unseen people in one database."""
    learned = parts.learned
    if not isinstance(learned, Database):
        raise SystemExit(
            "error: --data-sets must name linked tables, however: rows in groups are named; siblings is one"
        )
    unseen: Mapping[str, pd.DataFrame] = parts.unseen or {}  # type: ignore[assignment]  # (of databases, tables by name)
    tables = {
        name: pd.concat([frame, *([unseen[name]] if name in unseen else [])], ignore_index=True)
        for name, frame in learned.tables.items()
    }
    return Database(tables, schema=learned.schema)


def people_of(database: Database, people: NDArray[np.int64]) -> Tables:
    """Some people with all rows that belong to them; tables that belong to nobody stay whole."""
    unit = str(database.unit)
    kept = {unit: np.isin(np.arange(database.rows[unit]), people)}
    for name in database.schema.tables:
        _keep(database, name, kept)
    return {name: database.tables[name][rows].reset_index(drop=True) for name, rows in kept.items()}


def _keep(database: Database, name: str, kept: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Which rows of a table stay: those whose owner does."""
    if name not in kept:
        owner, rows = database.owner(name), database.rows[name]
        if owner is None:
            kept[name] = np.ones(rows, dtype=bool)
        else:
            above = _keep(database, owner.table, kept)
            to = link(database.tables[name], owner.columns, database.tables[owner.table], owner.referenced)
            kept[name] = (to >= 0) & above[np.maximum(to, 0)]
    return kept[name]


def planted(members: Tables, others: Tables, schema: Any, rng: np.random.Generator) -> Tables:
    """Other people, some of them replaced by members with all rows of theirs; they keep their keys, which nobody looks at."""
    databases = [Database(tables, schema=schema) for tables in (members, others)]
    counts = [database.rows[str(database.unit)] for database in databases]
    number = min(math.ceil(PLANTED_SHARE * counts[1]), counts[0])
    leaked = people_of(databases[0], rng.permutation(counts[0])[:number])
    rest = people_of(databases[1], rng.permutation(counts[1])[number:])
    return {name: pd.concat([rest[name], leaked[name]], ignore_index=True) for name in rest}


def attacked(name: str, database: Database, people: int, seed: int) -> dict[str, float]:
    """All figures of one generator on one split."""
    warnings.simplefilter("ignore", DataWarning)
    order = np.random.default_rng([seed, 22]).permutation(database.rows[str(database.unit)])
    members, others = (people_of(database, order[at * people : (at + 1) * people]) for at in (0, 1))
    rest = people_of(database, order[2 * people : (TIMES + 2) * people])
    learned, started = Database(members, schema=database.schema), time.process_time()
    seconds, model = 0.0, None
    if name == GROUPS:
        return figures_of(*of_groups(members, others, seed))
    if name == NULL:
        made: Any = rest
    elif name == PLANTED:
        made = planted(members, rest, database.schema, np.random.default_rng([seed, 23]))
    else:
        model = DatabaseSynthesizer(generator=name, seed=seed).fit(learned)
        seconds = time.process_time() - started
        made = model.sample(TIMES * people)
    return figures_of(evaluate(learned, made, holdout=others, model=model), seconds)


def of_groups(members: Tables, others: Tables, seed: int) -> tuple[Report, float]:
    """What is found of players who were learned as groups of seasons, and the processor seconds of the fit; without seasons nobody is."""
    if set(members) != {UNIT, "fielding"}:
        raise SystemExit(f"error: {GROUPS} must be for baseball, however: other data is named")
    learned, unseen = (told_of_careers(side)[0] for side in (members, others))
    started = time.process_time()
    synthesizer = Synthesizer(seed=seed).fit(learned, group=KEY, order=ORDER)
    seconds = time.process_time() - started
    made = synthesizer.sample(TIMES * learned[KEY].nunique())
    return evaluate(learned, made, holdout=unseen, model=synthesizer, group=KEY, order=ORDER), seconds


def figures_of(report: Report, seconds: float) -> dict[str, float]:
    """All figures of a report."""
    scores = {one.name: one for one in report}
    figures = {figure: scores[named].value for figure, named in FIGURES.items() if named in scores}
    figures["copied_unseen"] = scores["histories_copied"].reference
    first = next((one for one in report.details.attacks if one.name == AT_FIRST), None)
    if first is not None:
        figures["tpr_first"] = first.found[1].value
        figures["auc_first"] = float(np.trapezoid(first.true_positives, first.false_positives))
    return {figure: float(value) for figure, value in figures.items() if value is not None} | {"seconds": seconds}


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks leaks_linked",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", help="folder that holds linked/ and tables/ (default: $SYNTHGAN_DATA)")
    parser.add_argument("--data-sets", default="baseball", help="comma-separated: baseball, siblings")
    parser.add_argument("--people", default="1000", help="comma-separated: how many to learn")
    parser.add_argument(
        "--generators",
        default=f"pooled,{NULL},{PLANTED}",
        help=f"comma-separated, of {', '.join(GENERATORS)} (for the people; their rows are always walked), {GROUPS}, {NULL}, {PLANTED}",
    )
    parser.add_argument("--splits", type=int, help=f"(default: as many as make up {POOLED_PEOPLE:,} members)")
    parser.add_argument("--output", type=Path, help="a JSON file for the results; splits that it has are not repeated")
    add_workers(parser)
    given = parser.parse_args(words)
    names = given.generators.split(",")
    stray = next((name for name in names if name not in (*GENERATORS, GROUPS, NULL, PLANTED)), None)
    if stray is not None:
        parser.error(
            f"--generators must be some of {', '.join((*GENERATORS, GROUPS, NULL, PLANTED))}, however: {stray!r}"
        )
    store = Store(given.output, describe({}))
    for table in given.data_sets.split(","):
        database = everybody(parts_of(table, data_folder(given.data)))
        for people in map(int, given.people.split(",")):
            for name in names:
                key, splits = f"{table}, {people:,} people", range(given.splits or math.ceil(POOLED_PEOPLE / people))
                lacking = [seed for seed in splits if store.get(key, name, seed) is None]
                calls = [(name, database, people, seed) for seed in lacking]
                for seed, scores in zip(lacking, spread(attacked, calls, given.workers), strict=True):
                    store.put({"table": key, "model": name, "seed": seed, "scores": scores})
                    told = ", ".join(f"{figure} {value:.3f}" for figure, value in scores.items())
                    print(f"{key}, {name}, split {seed}: {told}", flush=True)
