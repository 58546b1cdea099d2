"""The benchmark tables and their published splits."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.datasets.made import codes, rings

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Task:
    """How a table is used.

    Attributes:
        target: the column that utility predicts.
        drop: columns left out before anything else.
        needed: columns whose missing rows are left out.
        coded: columns of whole numbers that the published protocol counts as categories. They count so in the
            published Shape and Trend only; models and all other scores see the column as the file has it.
        seed: the shuffle's seed; None where the table states its own split in the column ``split``.
        train: share of the rows that train.
        test: share of the rows that test.
        rows: how many rows, the first of the shuffle, are used at all; None takes them all.
        made: what makes that many rows, of a table that lies in no file.
    """

    target: str
    drop: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    coded: tuple[str, ...] = ()
    seed: int | None = 1234
    train: float = 0.9
    test: float = 0.1
    rows: int | None = None
    made: Callable[[int, np.random.Generator], pd.DataFrame] | None = None


# The coded columns are whole numbers that the authors of the published figures list as categorical: data/Info/*.json of
# github.com/amazon-science/tabsyn, and for Diabetes-130 of TabDiff.
TASKS = {
    "adult": Task("income", seed=None),
    "default": Task(
        "default payment next month",
        drop=("ID",),
        coded=(
            "SEX",
            "EDUCATION",
            "MARRIAGE",
            *(f"PAY_{month}" for month in (0, 2, 3, 4, 5, 6)),
            "default payment next month",
        ),
    ),
    "shoppers": Task("Revenue", coded=("OperatingSystems", "Browser", "Region", "TrafficType")),
    "magic": Task("class"),
    "beijing": Task("pm2.5", drop=("No",), needed=("pm2.5",), coded=("year", "month", "day", "hour")),
    "diabetes130": Task(
        "readmitted",
        drop=("encounter_id", "patient_nbr"),
        coded=("admission_type_id", "discharge_disposition_id", "admission_source_id"),
        seed=42,
        train=0.6,
        test=0.2,
    ),
    "news_sample20": Task("shares"),
    "brfss2015_diabetes": Task("Diabetes_binary"),
    "beijing_multisite": Task("PM2.5", drop=("No",), needed=("PM2.5",), rows=100_000),
    "heart_disease": Task("num"),
    "rings": Task("group", rows=20_000, made=rings),
    "codes": Task("ill", rows=20_000, made=codes),
}

# Never looked at while the defaults were chosen; reported last.
HELD_OUT = ("brfss2015_diabetes", "beijing_multisite", "heart_disease")


def chosen(names: str) -> list[str]:
    """The tables of a comma-separated list, held-out ones last; leaves with one line where one is unknown."""
    wanted = names.split(",")
    unknown = [name for name in wanted if name not in TASKS]
    if unknown:
        sys.exit(f"error: a table must be one of {', '.join(TASKS)}, however: {unknown[0]!r}")
    return sorted(dict.fromkeys(wanted), key=lambda name: name in HELD_OUT)


def command_line(description: str | None) -> argparse.ArgumentParser:
    """A parser of what every benchmark is told: ``--data``, ``--tables`` and ``--output``."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder that holds tables/ (default: $SYNTHGAN_DATA, else ../shared/data)")
    parser.add_argument("--tables", default="adult", help=f"comma-separated, of {', '.join(TASKS)}")
    parser.add_argument("--output", type=Path, help="a JSON file for the results")
    return parser


def data_folder(given: str | None) -> Path:
    """The folder of the data: ``--data``, else ``$SYNTHGAN_DATA``, else ``../shared/data``."""
    return Path(given or os.environ.get("SYNTHGAN_DATA") or "../shared/data")


def load(name: str, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test rows of a benchmark table; leaves with one line where its file is missing."""
    path, task = folder / "tables" / f"{name}.parquet", TASKS[name]
    if task.made is not None and task.rows is not None:
        rng = np.random.default_rng(task.seed)
        return task.made(task.rows, rng), task.made(task.rows, rng)
    if not path.exists():
        sys.exit(f"error: the benchmark needs {path}; name the folder that holds tables/ with --data")
    table = pd.read_parquet(path).drop(columns=list(task.drop)).dropna(subset=list(task.needed))
    if task.seed is None:
        is_train = table.pop("split") == "train"
        return table[is_train].reset_index(drop=True), table[~is_train].reset_index(drop=True)
    order = np.random.default_rng(task.seed).permutation(len(table))[: task.rows]
    first = int(task.train * len(order))
    last = len(order) if task.train + task.test >= 1 else first + int(task.test * len(order))
    return table.iloc[order[:first]].reset_index(drop=True), table.iloc[order[first:last]].reset_index(drop=True)
