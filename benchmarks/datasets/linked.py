"""The benchmark databases: their tables, and their true keys, which were written down before any were looked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

KEYS = Path(__file__).with_name("keys.json")


@dataclass(frozen=True)
class Truth:
    """The true keys of a database.

    Attributes:
        source: where they are stated.
        primary: by table, the columns that may be its primary key, one way or another; tables without one are not there.
        foreign: as "table.column -> table.column".
        empty: foreign keys of which no row has a value: they cannot be seen in the rows, and count neither way.
        undecided: "table.column" of which the source says nothing, or something else than the rows: they count neither way.
    """

    source: str
    primary: dict[str, list[list[str]]]
    foreign: frozenset[str]
    empty: frozenset[str]
    undecided: frozenset[str]


def truths() -> dict[str, Truth]:
    """The true keys of every database."""
    return {
        name: Truth(
            given["source"],
            given["primary"],
            frozenset(given["foreign"]),
            frozenset(given["empty"]),
            frozenset(given["undecided"]),
        )
        for name, given in _given().items()
    }


def tables_of(name: str, data: Path) -> dict[str, pd.DataFrame]:
    """The tables of a database, by name."""
    given = _given()[name]
    files = sorted((data / given["folder"]).glob(f"{given['prefix']}*.parquet"))
    return {file.stem.removeprefix(given["prefix"]): pd.read_parquet(file) for file in files}


def _given() -> dict[str, dict[str, str]]:
    return json.loads(KEYS.read_text(encoding="utf-8"))
