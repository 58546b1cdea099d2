"""Rules hold together with what else holds between columns: orders, distances, computed columns; in gaps that are filled, too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.formulas.formula import Formula
from synthgan.data.ruled import breaches
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import DataError, DataWarning
from synthgan.runtime import Streams
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.keeping import Keeper
from synthgan.tabular.encoding.obeying import fill_by_rules
from synthgan.tabular.encoding.table import TableTransform

ROWS = 500


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    came = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 365 * 1440, ROWS), unit="min")
    height, weight = rng.normal(170, 9, ROWS).round(), rng.normal(80, 14, ROWS).round(1)
    return pd.DataFrame(
        {
            "came": came,
            "left": came + pd.to_timedelta(rng.exponential(4_000, ROWS).round(), unit="min"),
            "sex": rng.choice(["F", "M"], ROWS),
            "dead": rng.choice(["no", "yes"], ROWS, p=[0.8, 0.2]),
            "first": (first := rng.integers(0, 90, ROWS)),
            "second": first + rng.integers(0, 90, ROWS),
            "height": height,
            "weight": weight,
            "bmi": (weight / (height / 100) ** 2).round(1),
            "patient": rng.integers(1, 60, ROWS),
            "visit": rng.integers(1, 30, ROWS),
        }
    )


def made(table: pd.DataFrame, *rules: object, fixed: tuple[str, ...] = (), formula: bool = False) -> pd.DataFrame:
    """The rows encoded and decoded, and put right by rules."""
    formulas = (Formula.of("bmi", "weight / (height / 100) ** 2", list(table)),) if formula else ()
    schema = replace(Schema.infer(table), rules=rules, formulas=formulas)
    transform = TableTransform.fit(Table.read(table, schema), EncodingConfig(), Streams(0), FINE)
    encoded = transform.transform(Table.read(table, schema), Streams(1))
    rows = transform.inverse(encoded, Streams(2), fixed=fixed, keeper=Keeper(schema))
    assert breaches(rows) == []
    return rows.frame()


def test_an_order_is_repaired_and_a_stay_kept_after_a_rule_moved_one_end(table):
    rows = made(table, "came >= 2020-06-01")
    moved = rows["came"] == "2020-06-01"
    assert moved.sum() > 100
    assert (rows["came"] <= rows["left"]).all()
    stays = [(one["left"] - one["came"]).dt.total_seconds().quantile(0.9) for one in (table, rows[moved])]
    assert 0.7 < stays[1] / stays[0] < 1.4
    rows = made(table, "left < 2020-06-01")
    assert (rows["came"] <= rows["left"]).all()


def test_columns_without_a_distance_are_put_in_order_after_a_rule(table):
    rows = made(table, "sex = M => first >= 60")
    assert (rows["first"] <= rows["second"]).all()
    assert (rows["first"] >= 60).sum() > 100


def test_rules_have_the_last_word_over_orders(table):
    rows = made(table, "sex = M => first >= 60", "sex = M => second <= 55")
    assert (rows["first"] > rows["second"]).any()


@pytest.mark.parametrize("rule", ["bmi <= 27", "weight <= 75", "sex = F => bmi < 25", "bmi >= 24 => dead = no"])
def test_what_a_rule_says_of_a_computed_column_or_its_sources_holds_and_so_does_the_formula(table, rule):
    rows = made(table, rule, formula=True)
    right = (rows["weight"] / (rows["height"] / 100) ** 2 - rows["bmi"]).abs() < 0.05 + 1e-9
    assert right.all()


@pytest.fixture(scope="module")
def fitted(table):
    rules = ["dead = yes => left <= 2020-09-01", "sex = M => first >= 20", "bmi <= 28", "unique(patient, visit)"]
    schema = replace(
        Schema.infer(table), rules=rules, formulas=(Formula.of("bmi", "weight / (height / 100) ** 2", list(table)),)
    )
    with pytest.warns(UserWarning, match="is broken in"):
        return Synthesizer(generator=Chains(chains=2), seed=0).fit(table, schema=schema)


def test_conditions_and_rules_of_computed_columns_hold_together(fitted):
    rows = fitted.sample(300, where={"weight": (85, 90)})
    assert rows["weight"].between(85, 90).all()
    assert (rows["bmi"] <= 28).all()
    assert ((rows["weight"] / (rows["height"] / 100) ** 2 - rows["bmi"]).abs() < 0.05 + 1e-9).all()
    assert not rows.duplicated(["patient", "visit"]).any()


def test_a_condition_on_a_computed_column_of_which_a_rule_speaks_is_met(fitted):
    rows = fitted.sample(300, where={"bmi": (20, 22)})
    assert rows["bmi"].between(20, 22).all()
    assert ((rows["weight"] / (rows["height"] / 100) ** 2 - rows["bmi"]).abs() < 0.05 + 1e-9).all()


def test_rules_hold_in_gaps_that_are_filled(fitted, table):
    table = table[
        ~((table["dead"] == "yes") & (table["left"] > "2020-09-01"))
        & ~((table["sex"] == "M") & (table["first"] < 20))
        & ~table.duplicated(["patient", "visit"])
        & (table["bmi"] <= 28)
    ].reset_index(drop=True)
    holed = table.astype({"first": "Int64", "visit": "Int64"}).astype({"first": "float64", "visit": "float64"})
    third = len(table) // 3
    holed.loc[:third, ["first", "left", "bmi"]] = [np.nan, pd.NaT, np.nan]
    holed.loc[third:, ["dead", "visit"]] = np.nan
    holed.loc[::2, "sex"] = None
    filled = fitted.impute(holed)
    there = holed.notna()
    assert filled.notna().all(axis=None)
    for name in table:
        assert (filled[name] == table[name])[there[name]].all()
    read = Table.read(filled, fitted.schema_, validate=False)
    assert breaches(read) == []
    assert (filled["came"] <= filled["left"]).all()


def test_what_is_known_stays_though_it_keeps_no_rule_and_that_is_said(table):
    schema = replace(Schema.infer(table), rules=("unique(sex, dead)",), formulas=())
    read = Table.read(table, schema)
    transform = TableTransform.fit(read, EncodingConfig(), Streams(0), FINE)
    known = {name: np.ones(ROWS, dtype=bool) for name in table}
    known["dead"] = np.arange(ROWS) > 100
    with pytest.warns(DataWarning, match=r"'unique\(sex, dead\)' is broken in 97 rows whose gaps were filled"):
        values, held = fill_by_rules(transform, read, {"dead": read.columns["dead"]}, known, Streams(0))
    assert (values["sex"].codes == read.columns["sex"].codes).all()
    assert held["sex"].all()
    plain = replace(transform, schema=replace(schema, rules=()))
    assert fill_by_rules(plain, read, {}, known, Streams(0)) == ({}, known)


def test_more_rows_than_differ_are_refused(table):
    with pytest.raises(DataError, match="no more combinations to draw"):
        made(table, "unique(sex, dead)")
