"""Declared rules hold in every row: breaches are counted in the table, and put right in what is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.ruled import breaches, check_declared
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import DataError, SchemaError
from synthgan.tabular.encoding.keeping import Keeper
from synthgan.tabular.prepare import read_rows

ROWS = 400


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 90, ROWS), unit="D")
    return pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], ROWS),
            "pregnant": rng.choice(["yes", "no"], ROWS, p=[0.3, 0.7]),
            "dead": rng.choice([True, False], ROWS, p=[0.2, 0.8]),
            "again": rng.choice(["yes", "no", None], ROWS),
            "age": rng.integers(0, 90, ROWS),
            "low": rng.normal(100, 10, ROWS).round(1),
            "high": rng.normal(105, 10, ROWS).round(1),
            "came": day,
            "left": day + pd.to_timedelta(rng.integers(-5_000, 5_000, ROWS), unit="min"),
            "patient": rng.integers(1, 60, ROWS),
            "visit": rng.integers(1, 20, ROWS),
            "grade": pd.Categorical(rng.choice(list("abc"), ROWS), list("abc"), ordered=True),
        }
    )


def ruled(table: pd.DataFrame, *rules: object) -> Schema:
    return replace(Schema.infer(table), rules=rules)


def kept(table: pd.DataFrame, *rules: object, fixed: tuple[str, ...] = ()) -> pd.DataFrame:
    """The rows of a table, moved so that they keep rules."""
    read = Table.read(table, ruled(table, *rules))
    values = {
        column.name: held if hasattr(held := read.columns[column.name], "codes") else read.float64(column)
        for column in read.schema
    }
    held = {name: np.ones(len(table), bool) for name in fixed}
    moved = Keeper(read.schema).keep(values, len(table), held, np.random.default_rng(0))
    made = Table.of(read.schema, moved, len(table))
    assert breaches(made) == []
    assert made.frame().dtypes.equals(table.dtypes)
    return made.frame()


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ("dead = true => again = no", "again"),
        ("not (sex = M and pregnant = yes)", "pregnant"),
        ("age >= 18", "age"),
        ("age > 17.5", "age"),
        ("age != 30|31", "age"),
        ("low < high", "low"),
        ("high > low", "high"),
        ("came <= left", "came"),
        ("came >= 2020-02-01", "came"),
        ("dead = true => left <= came", "left"),
        ("again = => age = 50", "age"),
        ("sex = F => low = high", "low"),
        ("grade >= b", "grade"),
        ("sex = M => grade < c", "grade"),
        ("dead = true => again =", "again"),
        ({"columns": ["sex", "pregnant"], "allowed": [["F", "yes"], ["F", "no"], ["M", "no"]]}, "pregnant"),
    ],
)
def test_rows_are_put_right_where_they_break_a_rule_and_nowhere_else(table, rule, column):
    moved = kept(table, rule)
    found = breaches(Table.read(table, ruled(table, rule)))
    changed = (moved.map(str) != table.map(str)).any(axis=1)
    assert 0 < changed.sum() <= found[0][1] + 1e-9
    assert found[0][1] < ROWS
    assert (moved[column].map(str) != table[column].map(str)).any()


def test_what_is_fixed_stays_and_the_premise_gives_way(table):
    rule = "dead = true => again = no"
    moved = kept(table, rule, fixed=("again",))
    pd.testing.assert_series_equal(moved["again"], table["again"])
    assert (moved["dead"] != table["dead"]).any()
    with pytest.raises(DataError, match="'dead = true => again = no' and conditions on again, dead exclude each other"):
        kept(table, rule, fixed=("again", "dead"))
    moved = kept(table, "low <= high", fixed=("low",))
    pd.testing.assert_series_equal(moved["low"], table["low"])


def test_rules_that_exclude_each_other_are_refused(table):
    with pytest.raises(DataError, match="and the other rules exclude each other"):
        kept(table, "age > 50", "age < 40")


def test_rules_that_hang_together_all_hold(table):
    kept(table, "low < high", "high <= age", "dead = true => low > 95", "unique(patient, visit)")


def test_rows_differ_within_a_batch_and_between_batches(table):
    schema = ruled(table, "unique(patient, visit)")
    read = Table.read(table, schema)
    values = {name: read.float64(schema.column(name)) for name in ("patient", "visit")}
    keeper, rng = Keeper(schema), np.random.default_rng(0)
    parts = [pd.DataFrame(keeper.keep(values, ROWS, {}, rng)) for _ in range(3)]
    assert not pd.concat(parts).duplicated().any()
    assert (parts[0] != table[["patient", "visit"]]).any(axis=1).sum() <= 2 * breaches(read)[0][1]


def test_more_rows_than_combinations_are_refused(table):
    with pytest.raises(DataError, match="no more combinations to draw"):
        kept(table, "unique(sex, dead)")


def test_breaches_are_counted_and_said(table):
    schema = ruled(table, "age >= 18")
    wrong = int((table["age"] < 18).sum())
    with pytest.warns(UserWarning, match=rf"'age >= 18' is broken in {wrong} of 400 rows \(first in row "):
        read_rows(table, schema, EncodingConfig())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("age > old", "must compare column 'age' with a value of its kind, however: 'old'"),
        ("sex > F", "must compare it with = or !="),
        ("sex <= again", "must hold numbers or times"),
        ("age <= came", "must be of one kind, however: 'age' is a integer, 'came' a date"),
    ],
)
def test_rules_that_do_not_fit_the_columns_are_refused(table, rule, words):
    with pytest.raises(SchemaError, match=words):
        check_declared(ruled(table, rule))


@pytest.fixture(scope="module")
def fitted(table: pd.DataFrame) -> Synthesizer:
    schema = ruled(table, "dead = true => again = no", "low <= high", "unique(patient, visit)")
    with pytest.warns(UserWarning, match="is broken in"):
        return Synthesizer(generator=Chains(chains=2), seed=0).fit(table, schema=schema)


def test_rules_hold_in_what_a_fitted_model_draws(fitted, table, tmp_path):
    fitted.save(tmp_path / "m")
    loaded = Synthesizer.load(tmp_path / "m")
    made = loaded.sample(600)
    pd.testing.assert_frame_equal(made, fitted.sample(600))
    assert not (made["dead"] & (made["again"] != "no")).any()
    assert (made["low"] <= made["high"]).all()
    assert not made.duplicated(["patient", "visit"]).any()
    again = loaded.sample(60, where={"again": "yes"})
    assert set(again["again"]) == {"yes"}
    assert not again["dead"].any()
