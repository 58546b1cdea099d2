"""How well linked tables and sequences are imitated: baseball beside what others drew for it, and whether keys of databases hold.

``python -m benchmarks linked`` learns the 10,000 players of the split of the TabularARGN paper with their seasons, draws as many, and
judges them, and what its authors drew with five other systems, against the players of the whole database that nobody learned.
SyntheRela's accuracy is that of its detector of aggregates: .5 is indistinguishable. All others are C2ST: 1 is. The share nearer to
train than to test is of whole careers: half is none. Parents count by what the peers can be judged by: country, weight, height, hands.

``--databases mimic3demo,synthea27`` learns databases, with their true keys declared, and counts broken keys beside those of the real
one, and rows outside the times of their owner.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.datasets.linked import tables_of
from benchmarks.datasets.tables import data_folder
from synthgan import Database, DatabaseSynthesizer, Synthesizer
from synthgan.data.column import Kind
from synthgan.data.links import link
from synthgan.data.schema import Schema
from synthgan.metrics.data.alignment import align
from synthgan.metrics.relational.detection import cardinality, detect_linked
from synthgan.metrics.relational.linked import Linked
from synthgan.runtime import Streams

PLAYER = ["birthCountry", "weight", "height", "bats", "throws"]
KEY, ORDER = "playerID", "yearID"
WHOLE = frozenset({"GS", "InnOuts", "E", "weight", "height"})
PEERS = {
    "TabularARGN": ("TabARGN_baseball_players", "TabARGN_baseball_fielding_run_1"),
    "REaLTabFormer": ("RTF_baseball_players", "RTF_baseball_fielding_run_1"),
    "TabularARGN-DP": ("TabARGN_baseball_players_dp", "TabARGN_baseball_fielding_dp_run_1"),
    "RCTGAN": ("RCTGAN_baseball_players_run_1", "RCTGAN_baseball_fielding_run_1"),
    "SDV PAR": ("SDV_PAR_baseball_players_run_1", "SDV_PAR_baseball_fielding_run_1"),
}
DIMENSIONS = {"mimic3demo": ("d_items", "d_icd_diagnoses"), "chinook": ("Genre", "MediaType")}

Tables = tuple[pd.DataFrame, pd.DataFrame]


def read(folder: Path, players: str, fielding: str) -> Tables:
    """Players and their seasons; REaLTabFormer's keys are text in one table and numbers in the other."""
    tables = (pd.read_parquet(folder / f"{name}.parquet") for name in (players, fielding))
    first, second = (table.assign(**{KEY: table[KEY].astype(str)}) if KEY in table else table for table in tables)
    return first, second


def others(folder: Path, train: Tables) -> Tables:
    """The players of the whole database that are not among those learned.

    The test part of the published split is no holdout: 4,955 of its 9,878 players are in its training part as well.
    """
    players, fielding = read(folder, "players", "fielding")
    players, fielding = players.set_axis(train[0].columns, axis=1), fielding.set_axis(train[1].columns, axis=1)
    kept = players[~players[KEY].isin(train[0][KEY])].reset_index(drop=True)
    return kept, fielding[fielding[KEY].isin(kept[KEY])].reset_index(drop=True)


def linked(first: Tables, second: Tables) -> tuple[Linked, Linked]:
    """Two sides, reduced to aligned arrays."""
    rows = [name for name in first[1].columns if name != KEY]
    parents, _ = align(first[0][PLAYER], second[0][PLAYER])
    children, _ = align(first[1][rows], second[1][rows])
    sides = zip((first, second), (parents.real, parents.synthetic), (children.real, children.synthetic), strict=True)
    made = []
    for (players, seasons), parent, child in sides:
        owner = pd.Index(players[KEY]).get_indexer(pd.Index(seasons[KEY])).astype(np.int64)
        made.append(Linked.of(parent, child, owner, seasons[ORDER].to_numpy(np.float64)))
    return made[0], made[1]


def judged(real: Tables, synthetic: Tables, seed: int) -> dict[str, float | None]:
    """All measures of synthetic players against real ones that nobody learned."""
    one, other = linked(real, synthetic)
    found = detect_linked(one, other, Streams(seed))
    named = ("aggregates", "trajectory", "transition", "rows")
    scores = {name: None if getattr(found, name) is None else round(getattr(found, name).value, 4) for name in named}
    return {
        "accuracy": found.accuracy,
        **scores,
        "cardinality": round(cardinality(one.groups.counts, other.groups.counts), 4),
        "rows_drawn": other.groups.rows,
    }


def nearer_to_train(train: Tables, test: Tables, synthetic: Tables) -> float:
    """The share of synthetic players whose nearest career is one that was learned, of as many that were and were not."""
    from scipy.stats import rankdata
    from sklearn.neighbors import NearestNeighbors

    base, made = linked(train, synthetic)
    unseen = linked(train, test)[1]
    followed = base.followed()
    sides = [side.trajectories(followed).matrix() for side in (base, unseen, made)]
    ranked = np.column_stack(
        [
            rankdata(np.nan_to_num(np.concatenate(one), nan=-1e9))
            for one in zip(*(side.T for side in sides), strict=True)
        ]
    )
    ends = np.cumsum([len(side) for side in sides])
    learned, others, drawn = np.split(ranked / ranked.max(0), ends[:-1])
    size = min(len(learned), len(others))
    rng = np.random.default_rng(0)
    near = [
        NearestNeighbors(n_neighbors=1, algorithm="brute")
        .fit(side[rng.permutation(len(side))[:size]])
        .kneighbors(drawn)[0]
        for side in (learned, others)
    ]
    return float(((near[0] < near[1]) + 0.5 * (near[0] == near[1])).mean())


def own(train: Tables, seed: int, epsilon: float | None = None) -> tuple[Tables, float, float]:
    """What synthgan draws, and the processor seconds of fitting and drawing."""
    events = train[1].merge(train[0][[KEY, *PLAYER]], on=KEY)
    began = time.process_time()
    schema = None if epsilon is None else declared(events)
    synthesizer = Synthesizer(seed=seed, epsilon=epsilon).fit(events, group=KEY, order=ORDER, schema=schema)
    fitted = time.process_time()
    made = synthesizer.sample(len(train[0]))
    players = made.drop_duplicates(KEY)[[KEY, *PLAYER]].reset_index(drop=True)
    return (players, made.drop(columns=PLAYER)), fitted - began, time.process_time() - fitted


def declared(events: pd.DataFrame) -> Schema:
    """What a private fit is told of the columns: which one is the key, and which hold whole numbers; nothing of any row."""
    schema = Schema.infer(events, identifiers=[KEY], types_only=True)
    whole = (replace(column, kind=Kind.INTEGER, decimals=None) if column.name in WHOLE else column for column in schema)
    return schema.of_columns(whole)


def baseball(data: Path, seed: int, systems: list[str], epsilon: float | None = None) -> list[dict[str, Any]]:
    """A row of results for each system."""
    folder = data / "linked" / "argn_baseball_split"
    train = read(folder, "players_train", "fielding_train")
    test = others(data / "linked" / "baseball", train)
    results = []
    for name in systems:
        costs: dict[str, float] = {}
        if name == "synthgan":
            drawn, fitted, drew = own(train, seed, epsilon)
            costs = {"fit_seconds": round(fitted, 1), "draw_seconds": round(drew, 1)}
        else:
            drawn = read(folder / "peers", *PEERS[name])
        near = round(nearer_to_train(train, test, drawn), 4)
        results.append(
            {"data": "baseball", "system": name, "seed": seed, **judged(test, drawn, 0), "nearer": near, **costs}
        )
        print(json.dumps(results[-1]), flush=True)
    return results


def broken(database: Database, drawn: dict[str, pd.DataFrame]) -> dict[str, list[float]]:
    """By key, the shares of synthetic and of real rows that it leads nowhere in, where either is not 0."""
    found = {}
    for table, keys in database.schema.tables.items():
        for key in keys.foreign_keys:
            made = link(drawn[table], key.columns, drawn[key.table], key.referenced)
            shares = [float((side < -1).mean()) if len(side) else 0.0 for side in (made, database.links(table, key))]
            if any(shares):
                found[f"{table}.{key}"] = [round(share, 4) for share in shares]
    return found


def cardinalities(database: Database, drawn: dict[str, pd.DataFrame]) -> dict[str, float]:
    """By key, one minus the Kolmogorov-Smirnov distance of how often rows are referred to."""
    found = {}
    for table, keys in database.schema.tables.items():
        for key in keys.foreign_keys:
            made = link(drawn[table], key.columns, drawn[key.table], key.referenced)
            sides = (database.links(table, key), database.rows[key.table]), (made, len(drawn[key.table]))
            counts = [np.bincount(links[links >= 0], minlength=rows) for links, rows in sides]
            found[f"{table}.{key}"] = round(cardinality(*counts), 4)
    return found


def twins(database: Database, drawn: dict[str, pd.DataFrame]) -> int:
    """Rows whose primary key stands in one before them, or is missing."""
    keys = {name: list(one.primary_key) for name, one in database.schema.tables.items() if one.primary_key}
    return sum(
        int((drawn[name].duplicated(key) | drawn[name][key].isna().any(axis=1)).sum()) for name, key in keys.items()
    )


def databases(names: list[str], data: Path, seed: int) -> list[dict[str, Any]]:
    """A row of results for each database."""
    results = []
    for name in names:
        database = Database(tables_of(name, data))
        for table, keys in database.schema.tables.items():
            for key in keys.foreign_keys:
                if key.table in DIMENSIONS.get(name, ()):
                    database.key(table, *key.columns).references(key.table, kind="dimension")
        began = time.process_time()
        synthesizer = DatabaseSynthesizer(seed=seed).fit(database)
        fitted = time.process_time()
        drawn = synthesizer.sample(database.rows[str(database.unit)])
        seconds = {"fit_seconds": round(fitted - began, 1), "draw_seconds": round(time.process_time() - fitted, 1)}
        sizes = {table: [len(drawn[table]), rows] for table, rows in database.rows.items()}
        results.append(
            {
                "data": name,
                "broken": broken(database, drawn),
                "twins": twins(database, drawn),
                "cardinality": cardinalities(database, drawn),
                "rows": sizes,
                **seconds,
            }
        )
        print(json.dumps(results[-1]), flush=True)
    return results


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks linked", description=__doc__)
    parser.add_argument(
        "--data", help="folder that holds linked/ and tables/ (default: $SYNTHGAN_DATA, else ../shared/data)"
    )
    parser.add_argument("--systems", default=",".join(("synthgan", *PEERS)), help="for baseball; empty for none")
    parser.add_argument("--databases", default="", help="names of databases")
    parser.add_argument("--epsilon", type=float, help="learn baseball under epsilon, by player")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the fit")
    parser.add_argument("--output", type=Path, help="a JSON file for the results")
    given = parser.parse_args()
    data = data_folder(given.data)
    results = baseball(data, given.seed, [name for name in given.systems.split(",") if name], given.epsilon)
    results += databases([name for name in given.databases.split(",") if name], data, given.seed)
    if given.output:
        given.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
