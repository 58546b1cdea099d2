"""Levels of too few rows give way to levels of rows that are like theirs, so that a teacher learns what these rows have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, Distilled, Pooled, Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.table import Table
from synthgan.runtime import Streams
from synthgan.tabular.distilled import distilled
from synthgan.tabular.distilled.likeness import by_likeness
from synthgan.tabular.encoding.table import TableTransform

RNG = np.random.default_rng(8)
ROWS = 600
NORTH = np.arange(ROWS) % 2 == 0
RARE = np.flatnonzero(NORTH)[:45]  # 5 people of each of nine towns, all in the north
TOWN = np.where(NORTH, "Oslo", "Rome").astype(object)
TOWN[RARE] = [f"Village {at % 9}" for at in range(len(RARE))]
TABLE = pd.DataFrame(
    {"town": TOWN, "snow": np.where(NORTH, 40, 0) + RNG.integers(0, 20, ROWS), "dice": RNG.integers(0, 6, ROWS)}
)


def encoded(table: pd.DataFrame) -> tuple[TableTransform, Any]:
    read = Table.read(table)
    transform = TableTransform.fit(read, EncodingConfig(), Streams(0))
    return transform, transform.transform(read, Streams(0))


def test_a_rare_level_gives_way_to_one_of_rows_alike() -> None:
    transform, rows = encoded(TABLE)
    layout = transform.layout
    alike = by_likeness(rows, rows, layout, Streams(0))
    assert layout.emitted[alike.codes + layout.starts].all()
    town = transform.inverse(alike, Streams(0)).frame()["town"]
    assert (town[RARE] == "Oslo").all()
    kept = np.setdiff1d(np.arange(ROWS), RARE)
    assert np.array_equal(alike.codes[kept], rows.codes[kept])
    assert np.array_equal(alike.codes[:, 1:], rows.codes[:, 1:])
    assert np.array_equal(alike.residuals, rows.residuals)
    assert np.array_equal(alike.codes, by_likeness(rows, rows, layout, Streams(0)).codes)


def test_rows_may_be_like_others_and_where_all_levels_are_drawn_they_stay() -> None:
    transform, rows = encoded(TABLE)
    few, donors = rows.take(RARE[:7]), rows.take(np.arange(100, ROWS))
    town = transform.inverse(by_likeness(few, donors, transform.layout, Streams(1)), Streams(0)).frame()["town"]
    assert (town == "Oslo").all()
    common = rows.take(np.setdiff1d(np.arange(ROWS), RARE))
    assert by_likeness(common, rows, transform.layout, Streams(0)) is common


def test_a_column_on_its_own_takes_levels_as_often_as_they_are() -> None:
    transform, rows = encoded(TABLE[["town"]])
    town = transform.inverse(by_likeness(rows, rows, transform.layout, Streams(0)), Streams(0)).frame()["town"]
    assert set(town) == {"Oslo", "Rome"}
    assert 10 < (town[RARE] == "Oslo").sum() < 35


def test_what_rows_of_rare_levels_have_in_common_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every teacher gets rows of levels that are drawn only."""
    seen = []

    class Watched(Pooled):
        def fit(self, prepared: Any, streams: Any, saved: Any) -> Any:
            seen.append(prepared.layout.emitted[prepared.train.codes + prepared.layout.starts].all())
            return (yield from super().fit(replace(prepared), streams, saved))

    monkeypatch.setitem(distilled.PARTS, Pooled.name, Watched)
    generator = Distilled(teacher="pooled", student=Chains(chains=2, rounds=0), times=2)
    Synthesizer(generator=generator, seed=0).fit(TABLE)
    assert seen == [True]
