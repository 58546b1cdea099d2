"""What linked benchmarks learn, and the people that nothing is fitted on: parts of the data of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.datasets.linked import tables_of
from synthgan import Database
from synthgan.data.column import Kind
from synthgan.data.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY, ORDER, UNIT = "playerID", "yearID", "players"
BELOW = ("batting", "fielding")
PLAYER = (
    "birthCountry",
    "weight",
    "height",
    "bats",
    "throws",
)  # what the peers can be judged by: they drop names and dates
WHOLE = frozenset({"GS", "InnOuts", "E", "weight", "height"})
PEERS = {
    "TabularARGN": ("TabARGN_baseball_players", "TabARGN_baseball_fielding_run_1"),
    "REaLTabFormer": ("RTF_baseball_players", "RTF_baseball_fielding_run_1"),
    "TabularARGN-DP": ("TabARGN_baseball_players_dp", "TabARGN_baseball_fielding_dp_run_1"),
    "RCTGAN": ("RCTGAN_baseball_players_run_1", "RCTGAN_baseball_fielding_run_1"),
    "SDV PAR": ("SDV_PAR_baseball_players_run_1", "SDV_PAR_baseball_fielding_run_1"),
}
DIMENSIONS = {"mimic3demo": ("d_items", "d_icd_diagnoses"), "chinook": ("Genre", "MediaType")}
WHOLE_DATABASES = ("mimic3demo", "chinook", "synthea27", "omop_synthea27", "f1_coded")
PATIENT, HOUR, LABEL = "patient_id", "ICULOS", "SepsisLabel"

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Parts:
    """Data in two parts.

    Attributes:
        learned: linked tables with their keys, or rows in groups.
        unseen: the same of other people, or None where there are too few to keep any.
        judging: how ``evaluate`` is told of groups, and of the target.
        where: the folder of what peers drew, where they drew anything.
    """

    learned: Database | pd.DataFrame
    unseen: Mapping[str, pd.DataFrame] | pd.DataFrame | None = None
    judging: Mapping[str, Any] | None = None
    where: Path | None = None


def parts_of(name: str, data: Path, seed: int = 0, people: int = 20_000) -> Parts:
    """The parts of some data, by name.

    Args:
        name: "baseball", "siblings", "sepsis2019", or one of ``WHOLE_DATABASES``.
        data: the folder that holds linked/ and tables/.
        seed: draws who is learned, where no published split says it.
        people: of sepsis2019 so many are learned at most, and as many kept.
    """
    if name == "baseball":
        return baseball(data)
    if name == "siblings":
        return siblings(data, seed)
    return sepsis(data, seed, people) if name == "sepsis2019" else Parts(whole_database(name, data))


def baseball(data: Path) -> Parts:
    """Players and their seasons in the field: the training part of the TabularARGN paper, and all players who are not in it.

    The test part of the published split is no holdout: 4,955 of its 9,878 players are in its training part as well.
    """
    folder = data / "linked" / "argn_baseball_split"
    train = players_of(folder, "players_train", "fielding_train")
    return Parts(careers(train), others(data / "linked" / "baseball", train), where=folder / "peers")


def players_of(folder: Path, players: str, fielding: str) -> Tables:
    """Players and their seasons; REaLTabFormer's keys are text in one table and numbers in the other."""
    tables = [pd.read_parquet(folder / f"{name}.parquet") for name in (players, fielding)]
    first, second = (table.assign(**{KEY: table[KEY].astype(str)}) if KEY in table else table for table in tables)
    return {UNIT: first, "fielding": second}


def judged_by(tables: Tables) -> Tables:
    """The columns that every system is judged by."""
    return tables | {UNIT: tables[UNIT][[KEY, *PLAYER]]}


def others(folder: Path, train: Tables) -> Tables:
    """The players of the whole database that are not among those learned."""
    whole = players_of(folder, "players", "fielding")
    players, fielding = (frame.set_axis(train[name].columns, axis=1) for name, frame in whole.items())
    kept = players[~players[KEY].isin(train[UNIT][KEY])].reset_index(drop=True)
    return judged_by({UNIT: kept, "fielding": fielding[fielding[KEY].isin(kept[KEY])].reset_index(drop=True)})


def careers(tables: Tables) -> Database:
    """Players with their seasons as linked tables."""
    database = Database(judged_by(tables), primary_keys={UNIT: KEY}, order={"fielding": ORDER}, unit=UNIT)
    return database.key("fielding", KEY).references(UNIT, kind="owner")


def siblings(data: Path, seed: int) -> Parts:
    """Players with seasons in the field and at bat; half of the players are learned."""
    folder = data / "linked" / "baseball"
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in (UNIT, *BELOW)}
    tables[UNIT] = tables[UNIT].drop(columns=["nameFirst", "nameLast"])
    order = np.random.default_rng([seed, 22]).permutation(len(tables[UNIT]))
    sides = []
    for half in np.array_split(order, 2):
        kept = tables[UNIT].iloc[np.sort(half)].reset_index(drop=True)
        below = {
            name: tables[name][tables[name]["players_id"].isin(kept["id"])].reset_index(drop=True) for name in BELOW
        }
        sides.append({UNIT: kept, **below})
    database = Database(sides[0], primary_keys={UNIT: "id"}, order=dict.fromkeys(BELOW, "year"), unit=UNIT)
    for name in BELOW:
        database.key(name, "players_id").references(UNIT, kind="owner")
    return Parts(database, sides[1])


def sepsis(data: Path, seed: int, people: int) -> Parts:
    """Hours of patients in intensive care, half of them at most learned."""
    events = pd.read_parquet(data / "tables" / "sepsis2019.parquet")
    patients = np.random.default_rng([seed, 22]).permutation(events[PATIENT].unique())
    people = min(people, len(patients) // 2)
    learned, unseen = (
        events[events[PATIENT].isin(patients[at * people : (at + 1) * people])].reset_index(drop=True) for at in (0, 1)
    )
    return Parts(learned, unseen, {"group": PATIENT, "order": HOUR, "target": LABEL})


def whole_database(name: str, data: Path) -> Database:
    """All of a database, its public lists declared."""
    database = Database(tables_of(name, data))
    for table, keys in database.schema.tables.items():
        for key in keys.foreign_keys:
            if key.table in DIMENSIONS.get(name, ()):
                database.key(table, *key.columns).references(key.table, kind="dimension")
    return database


def told_of_careers(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, Schema]:
    """Seasons with what is known of their player, and what a private fit is told of the columns: nothing of any row."""
    events = tables["fielding"].merge(tables[UNIT], on=KEY)
    schema = Schema.infer(events, identifiers=[KEY], types_only=True)
    whole = (replace(column, kind=Kind.INTEGER, decimals=None) if column.name in WHOLE else column for column in schema)
    return events, schema.of_columns(whole)
