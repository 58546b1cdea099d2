"""Neighbouring tables through every reader: given the same answers, files, messages, endings and counts are the same."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from benchmarks.attacks.neighbours import command, leaks
from synthgan import Synthesizer
from synthgan.config import PrivacyConfig
from synthgan.data.codebook import public_schema
from synthgan.data.schema import Column, Kind, Schema
from synthgan.privacy.sealing import sealed_call
from synthgan.tabular.intake import take_in
from synthgan.tabular.private.columns import measure_columns

pytestmark = pytest.mark.usefixtures("quickest")
ROWS = 60
DAY = dt.date(2020, 1, 1)


@pytest.fixture
def quickest(quick, monkeypatch):
    """Hardly any steps: nothing but the answers reaches them."""
    for name in ("FIRST_STEPS", "ROUND_STEPS", "LAST_STEPS"):
        monkeypatch.setattr(f"synthgan.tabular.private.rounds.{name}", 2)


def plain(rows=ROWS):
    return {
        "age": [20 + row % 50 for row in range(rows)],
        "cost": [row / 10 for row in range(rows)],
        "sex": ["F", "M", "F"] * (rows // 3),
        "died": [row % 4 == 0 for row in range(rows)],
        "day": [DAY + dt.timedelta(row % 9) for row in range(rows)],
        "seen": [dt.datetime(2020, 1, 1, row % 24) for row in range(rows)],
        "unit": [row // 2 for row in range(rows)],
    }


CODEBOOK = [
    {"name": "age", "kind": "integer", "minimum": 0, "maximum": 99},
    {"name": "cost", "kind": "decimal"},
    {"name": "sex", "levels": ["F", "M"]},
    {"name": "died", "kind": "boolean"},
    {"name": "day", "kind": "date"},
    {"name": "seen", "kind": "datetime"},
]
SCHEMA = public_schema(pa.schema([(name, pa.string()) for name in plain()]), CODEBOOK, typed=False)
FEW = Schema("pyarrow", tuple(column for column in SCHEMA if column.name in {"age", "sex", "seen"}))
ODD_TEXT = {
    "age": ["43.5", "unknown", "007", "-5", "1e400", "9" * 30, "", " 12 "],
    "cost": ["n/a", "1.23456789", "inf", "-0.0", "1,5", ""],
    "sex": ["X (HIV clinic)", "", "f", "\t", "ü"],
    "died": ["maybe", "yes", "1", ""],
    "day": ["2020-01-01T10:00:00", "01.02.2020", "9999-12-31", ""],
    "seen": ["2020-01-01T10:00:00Z", "2020-01-01T10:00:00+02:00", "2020-01-01T10:00:00.123456", "never", ""],
    "unit": ["", "a", "00", "1.0"],
}
ODD_OBJECTS = [
    43.5, "maybe", dt.datetime(2020, 1, 1, 5), dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "unknown", "007", Decimal("1.12345678"),
    Decimal("sNaN"), b"\xff", [1, 2], {"a": 1}, None, float("nan"), pd.NA, pd.NaT, 10**40, True, object(), "\ud800", 1j,
]  # fmt: skip


def asked(intake):
    """What is told of single columns, and all that was said."""
    known = measure_columns(intake.schema, intake.curator, lambda _, share: 2 / share**0.5, 1e-9)
    return [codec.state() for codec in known.transform.codecs], known.transform.schema.to_json(), list(known.lacking())


def reads(schema=None, **options):
    """A run up to the columns, where alone cells are read; the rest of a fit asks of what was read there."""
    privacy = PrivacyConfig(epsilon=1.0, **options)
    return lambda frame, _: sealed_call(lambda: asked(take_in(frame, schema, privacy)))


def fits(schema=None, **options):
    """A run to the model file, with what is told on the way."""

    def run(frame, folder):
        model = Synthesizer(epsilon=1.0, delta=1e-6, seed=0, **options)
        told = [str(step) for step in model.fit_steps(frame, schema=schema)]
        model.save(folder / "m.synthgan")
        return told, model.manifest(), model.sample(5).to_dict() if isinstance(frame, pd.DataFrame) else None

    return run


def one_more(columns, odd):
    """A table of the columns, and one with a further row."""
    return columns, {name: [*values, odd.get(name)] for name, values in columns.items()}


@pytest.mark.parametrize("odd", ODD_OBJECTS, ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize("schema", [None, SCHEMA], ids=["types", "declared"])
def test_an_odd_cell_of_an_object_column_says_nothing(odd, schema):
    sides = [pd.DataFrame(side, dtype=object) for side in one_more(plain(), dict.fromkeys(plain(), odd))]
    assert leaks(reads(schema), *sides) == []
    assert leaks(reads(schema), *reversed(sides)) == []


@pytest.mark.parametrize("odd", [b"\xff", None, 1.0, "1", [1]], ids=str)
def test_an_odd_name_of_a_unit_says_nothing(odd):
    sides = [pd.DataFrame(side, dtype=object) for side in one_more(plain(), {"unit": odd})]
    assert leaks(reads(unit="unit", max_rows_per_unit=2), *sides) == []


@pytest.mark.parametrize(("column", "cell"), [(name, cell) for name, cells in ODD_TEXT.items() for cell in cells])
def test_an_odd_cell_of_text_says_nothing(column, cell):
    sides = [
        pa.table({name: pa.array([str(value) for value in values], pa.string()) for name, values in side.items()})
        for side in one_more(plain(), {**{name: values[0] for name, values in plain().items()}, column: cell})
    ]
    assert leaks(reads(SCHEMA, unit="unit"), *sides) == []


TYPED = {
    "age": pa.int64(), "cost": pa.float64(), "sex": pa.string(), "died": pa.bool_(), "day": pa.date32(),
    "seen": pa.timestamp("us"), "unit": pa.int64(),
}  # fmt: skip
ODD_ROWS = [
    dict.fromkeys(plain()),
    {"age": -(2**62), "cost": 1e300, "sex": "patient zero", "died": True, "day": dt.date(1, 1, 1), "seen": dt.datetime(9999, 1, 1)},
    {"age": 43, "cost": 0.123456789, "sex": "", "died": None, "day": DAY, "seen": dt.datetime(2020, 1, 1, 1, 1, 1, 1), "unit": 0},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_ROWS, ids=["gaps", "extremes", "digits"])
@pytest.mark.parametrize("schema", [None, SCHEMA], ids=["types", "declared"])
@pytest.mark.parametrize("kind", ["arrow", "polars", "pandas", "pandas of Arrow"])
def test_an_odd_row_of_a_typed_frame_says_nothing(odd, schema, kind):
    sides = [pa.table({n: pa.array(v, TYPED[n]) for n, v in side.items()}) for side in one_more(plain(), odd)]
    made = {
        "arrow": lambda table: table,
        "polars": pl.from_arrow,
        "pandas": lambda table: table.to_pandas().astype({"age": "Int64", "died": "boolean", "unit": "Int64"}),
        "pandas of Arrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    }[kind]
    assert leaks(reads(schema), *map(made, sides)) == []


@pytest.mark.parametrize("odd", [43.5, "x", None, [1]], ids=str)
def test_an_odd_level_of_a_category_of_objects_says_nothing(odd):
    first = pd.Series(["a", "b"] * 30, dtype=object)
    sides = [
        first.astype("category").to_frame("a"),
        pd.Series([*first, odd], dtype=object).map(lambda x: x).to_frame("a"),
    ]
    if not isinstance(odd, list):
        sides[1] = sides[1].astype("category")
        assert leaks(reads(), *sides) == []
    assert leaks(reads(Schema("pandas", (Column("a", Kind.CATEGORY, "object"),))), *sides) == []


def test_a_whole_fit_of_objects_says_nothing_of_a_row():
    odd = {
        "age": "43.5",
        "cost": Decimal("1.23456789"),
        "sex": b"F",
        "died": "maybe",
        "day": [DAY],
        "seen": "2020-01-01T00:00:00Z",
    }
    sides = [pd.DataFrame(side, dtype=object) for side in one_more(plain(), odd)]
    assert leaks(fits(FEW), *sides) == []


def test_an_empty_table_is_a_neighbour_like_any_other():
    frame = pd.DataFrame(plain())[["age", "sex", "died"]].head(1)
    assert leaks(fits(), frame, frame.head(0)) == []


def written(side):
    """What writes a table of all formats into a folder."""

    def write(folder):
        table = pa.table({name: pa.array(values, TYPED[name]) for name, values in side.items()})
        pa.feather.write_feather(table, folder / "t.arrow", "uncompressed")
        pa.parquet.write_table(table, folder / "t.parquet")
        pandas = pa.Table.from_pandas(
            table.to_pandas().head(0)
        ).schema.metadata  # its reader would choose types by gaps
        pa.parquet.write_table(table.replace_schema_metadata(pandas), folder / "of_pandas.parquet")

    return write


@pytest.mark.parametrize("name", ["t.arrow", "t.parquet", "of_pandas.parquet"])
def test_the_command_says_nothing_of_a_row_of_a_typed_file(name):
    dropped = [word for column in ("died", "day", "unit") for word in ("--drop", column)]
    run = command("fit", name, "--epsilon", "1", "--seed", "0", "-o", "m.synthgan", *dropped)
    first, second = one_more(plain(), dict.fromkeys(plain()))
    assert leaks(run, written(first), written(second)) == []


def write_csv(schema, line=""):
    """What writes a CSV file with one further line, and a schema where there is one."""

    def write(folder):
        pd.DataFrame(plain()).to_csv(folder / "t.csv", index=False)
        with (folder / "t.csv").open("a") as file:
            file.write(line)
        if schema is not None:
            (folder / "t.json").write_text(schema.to_json())

    return write


@pytest.mark.parametrize(
    "line",
    ["43.5,n/a,X (HIV clinic),maybe,2020-01-01T10:00:00,2020-01-01T10:00:00Z,\n", ",,,,,,\n", '007,"","",,,,x\n'],
)
def test_the_command_says_nothing_of_a_row_of_a_csv_file(line):
    run = command("fit", "t.csv", "--schema", "t.json", "--epsilon", "1", "--seed", "0", "-o", "m.synthgan")
    assert leaks(run, write_csv(FEW), write_csv(FEW, line)) == []


@pytest.mark.parametrize("line", ["43.5,,,,,,\n", "x,x,x,x,x,x,x\n"])
def test_a_csv_file_without_a_schema_is_refused_whatever_it_holds(line, tmp_path, capsys):
    run = command("fit", "t.csv", "--epsilon", "1", "-o", "m.synthgan")
    assert leaks(run, write_csv(None), write_csv(None, line)) == []
    write_csv(None)(tmp_path)
    from synthgan_cli.__main__ import main

    assert main(["fit", str(tmp_path / "t.csv"), "--epsilon", "1"]) == 4
    told = capsys.readouterr().err
    assert "must come with a schema under epsilon" in told
    assert "synthgan schema --public" in told


@pytest.mark.parametrize("name", ["t.arrow", "t.parquet"])
def test_a_public_schema_says_nothing_of_rows(name):
    run = command("schema", "--public", name)
    other = {key: values[::-1] for key, values in plain().items()}
    assert leaks(run, written(plain()), written(other)) == []
    assert leaks(run, written(plain()), written({key: [] for key in plain()})) == []


@pytest.mark.parametrize("line", ["43.5,x\n", '"\n', "1\n1\n" * 9])
def test_a_public_schema_of_a_csv_file_is_that_of_its_header(line):
    """Of a file that is damaged further on, too: rows are not read."""
    run = command("schema", "--public", "t.csv", "-o", "t.schema.json")
    assert leaks(run, write_csv(None), write_csv(None, line)) == []


def test_delta_is_held_against_a_noisy_count():
    """A fit of 60 rows at a delta of one in 60 and a half: 61 rows ask and say the same, given the same answers."""
    frame = pd.DataFrame(plain())[["age", "sex"]]

    def run(side, folder):
        Synthesizer(epsilon=1.0, delta=1 / (ROWS + 0.5), seed=0).fit(side).save(folder / "m.synthgan")

    assert leaks(run, frame, pd.concat([frame, frame.head(1)], ignore_index=True)) == []


def test_a_column_called_like_a_key_is_refused_by_its_name_alone():
    sides = [pd.DataFrame({"visit_id": [1, 1, 2]}), pd.DataFrame({"visit_id": np.arange(1_000)})]
    assert leaks(reads(), *sides) == []
