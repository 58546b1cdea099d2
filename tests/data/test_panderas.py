"""Schemas of pandera are taken as they are: what can be kept to is, and what cannot is named."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pandera.polars as pl_pandera
import polars as pl
import pytest

from synthgan import Chains, Synthesizer
from synthgan.config import PrivacyConfig
from synthgan.data.panderas import own_schema
from synthgan.data.schema import Schema
from synthgan.errors import DataWarning, PrivacyError, SchemaError
from synthgan.tabular.intake import settle

ROWS = 200


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": [f"P-{number:04d}" for number in range(ROWS)],
            "age": rng.integers(0, 90, ROWS),
            "weight": rng.normal(80, 9, ROWS).round(1),
            "sex": rng.choice(["F", "M"], ROWS),
            "grade": pd.Categorical(rng.choice(list("ab"), ROWS), list("abc"), ordered=True),
            "came": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, ROWS), unit="h"),
            "stay": pd.to_timedelta(rng.integers(1, 99, ROWS), unit="h"),
            "score": rng.choice([1, 2, 3], ROWS),
            "patient": rng.integers(1, 400, ROWS),
            "lab_na": np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(140, 3, ROWS).round(1)),
        }
    )


def taken(given, frame, **options):
    schema, identifiers, drop = own_schema(given, frame, **options)
    assert (identifiers, drop) == ((), ())
    return schema


def column(table, name, *checks, **said):
    """What becomes of one column and the rules, where pandera says this of it."""
    schema = taken(pa.DataFrameSchema({name: pa.Column(checks=list(checks), **{"nullable": True, **said})}), table)
    return schema.column(name), [str(rule) for rule in schema.rules]


@pytest.fixture(autouse=True)
def _loud():
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        yield


@pytest.mark.parametrize(
    ("name", "check", "bounds", "rules"),
    [
        ("age", pa.Check.ge(3), (3, None), []),
        ("age", pa.Check.gt(3), (4, None), []),
        ("age", pa.Check.lt(120), (None, 119), []),
        ("age", pa.Check.in_range(-0.5, 120.5), (0, 120), []),
        ("weight", pa.Check.between(0, 500), (0, 500), []),
        ("weight", pa.Check.gt(0), (0, None), ['"weight" > "0"']),
        ("weight", pa.Check.in_range(0, 500, include_max=False), (0, 500), ['"weight" < "500"']),
        ("came", pa.Check.ge(pd.Timestamp("2019-01-01")), ("2019-01-01T00:00:00", None), []),
        ("came", pa.Check.le(dt.datetime(2030, 1, 1)), (None, "2030-01-01T00:00:00"), []),
        ("came", pa.Check.ge(np.datetime64("2019-01-01", "ns")), ("2019-01-01T00:00:00", None), []),
        ("stay", pa.Check.le(pd.Timedelta("9D")), (None, "P9DT0H0M0S"), []),
        ("stay", pa.Check.ge(dt.timedelta(0)), ("P0DT0H0M0S", None), []),
        ("age", pa.Check.isin([1, 2]), (None, None), ['"age" = "1"|"2"|']),
        ("age", pa.Check.notin([1, 2]), (None, None), ['"age" != "1"|"2"']),
        ("age", pa.Check.ne(1), (None, None), ['"age" != "1"']),
        ("score", pa.Check.eq(1), (None, None), ['"score" = "1"|']),
        ("grade", pa.Check.ge("b"), (None, None), ['"grade" >= "b"']),
        ("sex", pa.Check.ne("X"), (None, None), ['"sex" != "X"']),
    ],
)
def test_checks_become_bounds_and_rules(table, name, check, bounds, rules):
    found, said = column(table, name, check)
    assert ((found.minimum, found.maximum), said) == (bounds, rules)


def test_bounds_are_the_tightest_of_all(table):
    found, _ = column(table, "weight", pa.Check.ge(3), pa.Check.ge(1), pa.Check.le(500), pa.Check.le(900))
    assert (found.minimum, found.maximum) == (3, 500)


def test_levels_uniqueness_and_what_may_be_missing(table):
    assert column(table, "sex", pa.Check.isin(["F", "M", "X"]))[0].levels == ("F", "M", "X")
    assert column(table, "id", pa.Check.isin(["P-0001"]))[0].kind == "category"
    assert column(table, "grade", dtype=pd.CategoricalDtype(list("abc"), ordered=True))[0].levels == ("a", "b", "c")
    assert column(table, "lab_na", unique=True)[1] == ['unique("lab_na")']
    assert column(table, "id", unique=True)[1] == []
    assert column(table, "lab_na", nullable=False)[1] == ['"lab_na" !=']
    assert column(table, "age", nullable=False)[1] == []
    holed = table.assign(id=table["id"].where(table.index > 3))
    assert column(holed, "id")[0].missing is not None
    assert column(holed, "id", nullable=False)[0].missing is None
    schema = taken(pa.DataFrameSchema({}, unique=["patient", "score"]), table)
    assert [rule.unique for rule in schema.rules] == [("patient", "score")]
    assert [rule.unique for rule in taken(pa.DataFrameSchema({}, unique="patient"), table).rules] == [("patient",)]


def test_what_cannot_be_kept_is_named_in_one_line(table):
    given = pa.DataFrameSchema(
        {
            "age": pa.Column(float, [pa.Check(lambda ages: ages > 0), pa.Check.ge(0)]),
            "sex": pa.Column(str, [pa.Check.str_length(1), pa.Check.gt("A")]),
            "weight": pa.Column(float, pa.Check.ge(3, raise_warning=True), default=80.0),
            "score": pa.Column(int, [pa.Check.isin(["x"]), pa.Check.ge("high")]),
            "grade": pa.Column(checks=pa.Check.ne("age")),
            "id": pa.Column(str, pa.Check.str_startswith("P")),
            "came": pa.Column("datetime64[ns]"),
        },
        checks=pa.Check(lambda rows: rows["age"] > 0, name="adults"),
        unique=["patient", "score"],
    )
    with pytest.warns(DataWarning, match="the pandera schema says what is not kept to: ") as said:
        schema = taken(given, table)
    (line,) = (str(one.message) for one in said)
    for words in (
        "column 'age': type float64, for int64",
        "column 'age': check <lambda>",
        "column 'sex': check str_length",
        "column 'sex': check greater_than",
        "column 'weight': check greater_than_or_equal_to",
        "column 'weight': default",
        "column 'score': check greater_than_or_equal_to",
        "column 'grade': check not_equal_to (a value is called as a column is)",
        "column 'id': check str_startswith",
        "check adults",
        "write it as rules of the schema",
    ):
        assert words in line
    assert "'came'" not in line
    assert schema.column("age").minimum == 0


def test_models_expressions_indexes_and_other_frames(table):
    class People(pa.DataFrameModel):
        age: int = pa.Field(ge=0, le=120)
        lab: float = pa.Field(alias="^lab_", regex=True, ge=100, nullable=True)
        gone: int = pa.Field(nullable=True)

        class Config:
            strict = "filter"

        @classmethod
        def to_schema(cls):
            return super().to_schema().update_column("gone", required=False)

    schema = taken(People, table)
    assert schema.names == ("age", "lab_na")
    assert schema.column("lab_na").minimum == 100
    indexed = table.set_index("age")
    found = taken(pa.DataFrameSchema(index=pa.Index(int, pa.Check.ge(0), name="age")), indexed)
    assert (found.index, found.column("age").minimum) == (("age",), 0)
    frame = pl.DataFrame({"a": [1, 2] * 20, "b": ["x", "y"] * 20})
    given = pl_pandera.DataFrameSchema(
        {"a": pl_pandera.Column(int, pl_pandera.Check.ge(1)), "b": pl_pandera.Column(str)}
    )
    assert taken(given, frame).column("a").minimum == 1
    assert taken(given, frame.to_arrow()).column("a").minimum == 1


def test_what_the_table_lacks_or_has_too_much_is_refused(table):
    with pytest.raises(SchemaError, match="column 'gone' of the pandera schema must be in the table"):
        taken(pa.DataFrameSchema({"gone": pa.Column(int)}), table)
    strict = pa.DataFrameSchema({"age": pa.Column(int)}, strict=True)
    with pytest.raises(SchemaError, match="a strict pandera schema must name all columns, however: it has no 'id'"):
        taken(strict, table)
    assert taken(strict, table, drop=[name for name in table if name != "age"]).names == ("age",)
    with pytest.raises(SchemaError, match="must be a Schema or a schema of pandera, however: found dict"):
        own_schema({"age": int}, table)
    plain = Schema.infer(table)
    assert own_schema(plain, table, drop=["age"]) == (plain, (), ["age"])
    assert own_schema(None, table) == (None, (), ())


def test_a_fit_keeps_to_it(table):
    given = pa.DataFrameSchema(
        {
            "age": pa.Column(int, pa.Check.in_range(0, 89)),
            "weight": pa.Column(float, pa.Check.gt(70)),
            "sex": pa.Column(str, pa.Check.isin(["F", "M"])),
            "lab_na": pa.Column(float),
        },
        unique=["patient", "score"],
    )
    frame = table[table["weight"] > 70].drop_duplicates(["patient", "score"])
    with pytest.warns(UserWarning, match="'\"lab_na\" !=' is broken in"):
        model = Synthesizer(generator=Chains(chains=2), seed=0).fit(frame, schema=given, drop=["stay"])
    made = model.sample(300)
    assert "stay" not in made
    given.validate(made)
    assert not made["id"].isin(table["id"]).any()


def test_under_epsilon_only_what_it_declares_is_known(table):
    given = pa.DataFrameSchema(
        {"age": pa.Column(int, pa.Check.in_range(0, 120)), "sex": pa.Column(str, pa.Check.isin(["F", "M"]))}
    )
    schema = settle(table[["age", "sex"]], given, PrivacyConfig(epsilon=1.0))
    assert (schema.column("age").maximum, schema.column("sex").levels) == (120, ("F", "M"))
    with pytest.raises(PrivacyError, match="column 'id' must be named under epsilon"):
        settle(table, given, PrivacyConfig(epsilon=1.0))


def test_a_csv_file_under_epsilon_still_wants_a_schema_of_its_own(table, tmp_path):
    table[["age", "sex"]].to_csv(tmp_path / "t.csv", index=False)
    given = pa.DataFrameSchema({"age": pa.Column(int)})
    with pytest.raises(PrivacyError, match="schema"):
        Synthesizer(epsilon=1.0).fit(tmp_path / "t.csv", schema=given)
    assert Synthesizer().plan(tmp_path / "t.csv", schema=given).schema.names == ("age", "sex")


def test_pandera_is_never_imported_for_those_who_do_not_use_it():
    code = "import sys, synthgan.data.panderas; print('pandera' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
