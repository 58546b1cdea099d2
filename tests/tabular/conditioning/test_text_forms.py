"""Conditions and rules speak of text that is numbers or moments as it stands there; marks stay marks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, DataError, Synthesizer
from synthgan.data.ruled import View, breaches
from synthgan.data.schema import Schema
from synthgan.data.table import Table

ROWS = 400


def german(number: float) -> str:
    return f"{number:,.2f} €".translate(str.maketrans(",.", ".,"))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    cost, rows = np.exp(rng.normal(7, 1, ROWS)).round(2), np.arange(ROWS)
    came = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, ROWS), unit="D")
    return pd.DataFrame(
        {
            "cost": np.where(rows % 10 == 3, "-", [german(one) for one in cost]),
            "half": np.where(rows % 10 == 3, "?", [german(one / 2) for one in cost]),
            "came": came.strftime("%d.%m.%Y"),
            "at": [f"{minute // 60:02d}:{minute % 60:02d}" for minute in rng.integers(0, 1440, ROWS)],
            "lab": np.where(rows % 8 == 1, "<0.1", rng.normal(5, 1, ROWS).round(1).astype(str)),
        }
    )


@pytest.fixture(scope="module")
def fitted(table: pd.DataFrame) -> Synthesizer:
    return Synthesizer(generator=Chains(chains=2), seed=0).fit(table)


def numbers(texts: pd.Series) -> pd.Series:
    plain = texts.str.removesuffix(" €").str.replace(".", "").str.replace(",", ".")
    return pd.to_numeric(plain, errors="coerce")


@pytest.mark.parametrize("bound", ["1.000,00 €", "1000", "1.000", "1000,00", "1000.0"])
def test_bounds_may_be_written_in_any_of_these_ways(fitted, bound):
    made = fitted.sample(60, where=f"cost>={bound}")
    assert (numbers(made["cost"]) >= 1000).all()
    pd.testing.assert_frame_equal(made, fitted.sample(60, where={"cost": (1000, None)}))


def test_dates_and_times_of_day_are_meant_as_they_stand_there(fitted):
    for bound in ("01.06.2021", "1.6.2021", "2021-06-01"):
        made = fitted.sample(30, where=[f"came>={bound}"])
        assert (pd.to_datetime(made["came"], format="%d.%m.%Y") >= "2021-06-01").all()
    assert (fitted.sample(30, where="at>=20:15")["at"] >= "20:15").all()


def test_marks_are_asked_for_by_name_and_come_back_as_they_were(fitted):
    assert set(fitted.sample(20, where="cost=-")["cost"]) == {"-"}
    assert set(fitted.sample(20, where="half=?")["half"]) == {"?"}
    assert set(fitted.sample(20, where="lab=<0.1")["lab"]) == {"<0.1"}
    assert "-" not in set(fitted.sample(200, where="cost!=-")["cost"])
    assert set(fitted.sample(99, where={"lab": ["<0.1", 5.0]})["lab"]) == {"<0.1", "5.0"}
    made = fitted.sample(len(asked := pd.DataFrame({"lab": ["<0.1", "5.0"] * 5})), where=asked)
    assert made["lab"].tolist() == asked["lab"].tolist()


def test_marks_of_computed_columns_come_at_their_rate(fitted, table):
    assert [formula.target for formula in fitted.schema_.formulas]
    made = fitted.sample(2_000)
    for name, mark in (("cost", "-"), ("half", "?"), ("lab", "<0.1")):
        assert abs((made[name] == mark).mean() - (table[name] == mark).mean()) < 0.04
        assert made[name].notna().all()


def test_what_means_nothing_is_refused_with_the_form(fitted):
    with pytest.raises(DataError, match=r"or as '#\.##0,00 €' writes it, however: 'dear'"):
        fitted.sample(3, where="cost>=dear")
    with pytest.raises(DataError, match=r"learned values lie between [\d.]+ and [\d.]+ \(minutes\)"):
        fitted.sample(3, where="at>=PT30H")


def test_rules_speak_of_text_as_it_stands_there(table):
    schema = replace(Schema.infer(table), rules=("cost >= 1.000,00 €", "came < 1.6.2020"))
    read = Table.read(table, schema)
    found = {str(rule): rows for rule, rows, _ in breaches(read)}
    assert found["cost >= 1.000,00 €"] == (numbers(table["cost"]) < 1000).sum()
    assert found["came < 1.6.2020"] == (pd.to_datetime(table["came"], format="%d.%m.%Y") >= "2020-06-01").sum()
    values = {name: read.float64(schema.column(name)) for name in ("cost", "came")}
    assert View(schema, values, ROWS).broken(schema.rules[0]).sum() == found["cost >= 1.000,00 €"]
