"""What is computed is right in rows that were drawn apart: also under conditions, in gaps, and in a model file."""

import json

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.formulas.find import find_formulas, with_formulas
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import SchemaError
from synthgan.io.contract import MisfitError
from synthgan.runtime import Streams
from synthgan.tabular.encoding.computed import Computed
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import TableTransform

ROWS = 2_000


def patients(rows=ROWS, seed=0):
    """Measures, a stamp with its parts, codes with their texts, and what follows from them, some of it in chains."""
    rng = np.random.default_rng(seed)
    height = rng.normal(168, 10, rows).round(1)
    weight = (rng.gamma(18, 4.2, rows) * (height / 168) ** 2).round(1)
    weight[rng.random(rows) < 0.1] = np.nan
    bmi = (weight / (height / 100) ** 2).round(1)
    labelled = np.array(list("abcd"))[np.digitize(bmi, [18.5, 25, 30])]
    stamp = pd.Timestamp("2022-03-01") + pd.to_timedelta(rng.integers(0, 900 * 1440, rows), unit="min")
    code, origin, goal = (
        rng.geometric(0.12, rows).clip(max=24),
        rng.integers(0, 3, rows),
        rng.geometric(0.1, rows).clip(max=30),
    )
    distance = rng.integers(80, 2600, (3, 31))
    first, second, third = (rng.gamma(2, 100, rows).round(2) for _ in range(3))
    return pd.DataFrame({
        "height": height, "weight": weight, "bmi": bmi, "class": pd.Series(labelled).where(~np.isnan(bmi)),
        "stamp": stamp, "year": stamp.year, "month": stamp.month, "weekday": stamp.day_name(), "hour": stamp.hour,
        "code": [f"K{c:02d}" for c in code], "text": [f"diagnosis {c}" for c in code], "chapter": [f"chapter {c % 5}" for c in code],
        "origin": [f"O{o}" for o in origin], "goal": [f"G{g:02d}" for g in goal], "km": distance[origin, goal],
        "first": first, "second": second, "third": third, "bill": (first + second + third).round(2),
        "log_first": np.log(first.clip(0.01)).round(4), "ward": rng.choice(list("abc"), rows),
    })  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return Table.read(patients())


@pytest.fixture(scope="module")
def transform(table):
    return TableTransform.fit(table, EncodingConfig(), Streams(0), FINE)


@pytest.fixture(scope="module")
def strangers(table, transform):
    """Codes and residuals of rows whose cells are those of different rows: the worst that a generator could draw."""
    encoded = transform.transform(table, Streams(1))
    rng = np.random.default_rng(0)
    drawn = [codec.encoder.emitted for codec in transform.codecs]  # rare levels are not
    codes = np.column_stack(
        [rng.choice(column[emitted[column]], ROWS) for column, emitted in zip(encoded.codes.T, drawn, strict=True)]
    )
    residuals = rng.normal(size=encoded.residuals.shape).astype(np.float32)
    return Encoded(codes, residuals)


def wrong(made, table):
    return {formula.target: round(float(formula.broken(made).mean()), 4) for formula in find_formulas(table)}


def test_all_is_computed_however_rows_were_drawn(transform, strangers, table):
    targets = {"bmi", "class", "year", "month", "weekday", "hour", "text", "chapter", "km", "bill", "log_first"}
    assert transform.computed.targets == targets
    made = transform.inverse(strangers, Streams(0))
    assert wrong(made, table) == dict.fromkeys(targets, 0.0)
    frame, real = made.frame(), patients()
    assert frame.notna().all(axis=1).mean() == pytest.approx(0.9, abs=0.03)
    for key, value in (("code", "text"), ("text", "code"), ("code", "chapter")):
        assert set(map(tuple, frame[[key, value]].drop_duplicates().values)) <= set(
            map(tuple, real[[key, value]].to_numpy())
        )
    pairs = ["origin", "goal", "km"]
    assert set(map(tuple, frame[pairs].to_numpy())) <= set(map(tuple, real[pairs].to_numpy()))
    for name in ("bmi", "bill", "log_first"):
        scale = transform.scales[name]
        assert frame[name].between(scale.lowest - scale.step, scale.highest + scale.step)[frame[name].notna()].all()


@pytest.mark.parametrize(
    "fixed",
    [*(["bmi"], ["class"], ["bill"], ["log_first"], ["year"], ["weekday"], ["text"], ["chapter"], ["km"], ["month", "hour"]),
     *(["bmi", "height"], ["bill", "first", "second"], ["class", "weight"], ["code", "km"])],
    ids=" ".join,
)  # fmt: skip
def test_what_a_condition_speaks_of_stays_and_is_still_computed(transform, strangers, table, fixed):
    """What stays is a value that was drawn: the same, or in rows that cannot be solved, that of another row."""
    drawn = Table.of(transform.schema, transform.values(strangers), ROWS).frame()
    made = transform.inverse(strangers, Streams(0), fixed=fixed)
    assert max(wrong(made, table).values()) == 0
    frame = made.frame()
    for name in fixed:
        assert set(frame[name].dropna()) <= set(drawn[name].dropna())
        assert frame[name].isna().any() == drawn[name].isna().any()


def test_state_comes_back(transform, table):
    state, tensors = transform.state()
    again = TableTransform.from_state(transform.schema, json.loads(json.dumps(state)), tensors)
    assert again.computed == transform.computed
    assert [str(formula) for formula in transform.schema.formulas] == list(map(str, transform.computed.formulas))
    older = {name: part for name, part in state.items() if name != "formulas"}
    assert TableTransform.from_state(transform.schema, older, tensors).computed == Computed()


@pytest.mark.parametrize(
    ("formulas", "why"),
    [
        ([("a", "b"), ("b", "a")], "order"),
        ([("b", "a"), ("a", "c")], "order"),
        ([("a", "b"), ("a", "c")], "different columns"),
    ],
)
def test_a_file_whose_formulas_go_round_in_a_circle_is_refused(formulas, why):
    columns = [{"name": name, "kind": "decimal", "dtype": "float64"} for name in "abc"]
    schema = Schema.from_dict({"container": "pandas", "columns": columns})
    with pytest.raises(MisfitError, match=why):
        Computed.from_state(schema, [{"target": target, "formula": text} for target, text in formulas])


def declared(frame, *formulas):
    schema = Schema.infer(frame).to_dict() | {
        "formulas": [{"target": target, "formula": text} for target, text in formulas]
    }
    return Table.read(frame, Schema.from_dict(schema))


def test_declared_formulas_alone_are_used_and_a_look_up_is_learned():
    frame = patients()[["height", "weight", "bmi", "code", "text", "first"]]
    computed = Computed.fit(declared(frame, ("text", "lookup(code)")), 10)
    assert [formula.target for formula in computed.formulas] == ["text"]
    assert len(computed.formulas[0].lookup.keys) == (frame.code.value_counts() >= 10).sum()
    assert Computed.fit(declared(frame), 10) == Computed()


def test_rows_that_break_a_declared_formula_are_counted():
    frame = patients()[["height", "weight", "first"]]
    with pytest.warns(UserWarning, match=r"2,000 of 2,000 rows break the declared formula first = height \* 2"):
        computed = Computed.fit(declared(frame, ("first", "height * 2")), 10)
    assert computed.targets == {"first"}


@pytest.mark.parametrize(
    ("text", "why"), [("lookup(first) + 1", "inside a formula"), ("lookup(first)", "at least 10 rows hold")]
)
def test_a_look_up_that_cannot_be_learned_is_refused(text, why):
    with pytest.raises(SchemaError, match=why):
        Computed.fit(declared(patients(100), ("bill", text)), 10)


def test_without_a_look_at_rows_a_look_up_must_have_its_table():
    frame = patients(100)[["code", "text"]]
    with pytest.raises(SchemaError, match="under epsilon"):
        Computed.declared(declared(frame, ("text", "lookup(code)")).schema)


def test_a_schema_lists_what_was_found_and_reads_it_again():
    frame = patients()[["height", "weight", "bmi", "code", "text", "first"]]
    listed = with_formulas(Schema.infer(frame), frame)
    assert [str(formula) for formula in listed.formulas] == [
        "bmi = 10000 * weight / height ** 2",
        "text = lookup(code)",
    ]
    again = Schema.from_json(listed.to_json())
    assert again == listed
    found = Computed.fit(Table.read(frame, again), 10)
    assert {formula.target: formula.lookup for formula in found.formulas} == {
        formula.target: formula.lookup for formula in find_formulas(Table.read(frame))
    }


def test_what_stands_for_rare_codes_has_the_text_that_stands_for_rare_texts():
    rng = np.random.default_rng(0)
    code = np.where(rng.random(1_000) < 0.7, rng.integers(0, 8, 1_000), 100 + np.arange(1_000) // 3)
    frame = pd.DataFrame({"code": [f"K{c}" for c in code], "text": [f"diagnosis {c}" for c in code]})
    transform = TableTransform.fit(Table.read(frame), EncodingConfig(), Streams(0), FINE)
    encoded = transform.transform(Table.read(frame), Streams(1))
    apart = Encoded(np.column_stack([rng.permutation(column) for column in encoded.codes.T]), encoded.residuals)
    made = transform.inverse(apart, Streams(0)).frame()
    real = set(map(tuple, frame.to_numpy()))
    strange = {pair for pair in map(tuple, made.to_numpy()) if pair not in real}
    assert all(name not in set(frame.code) | set(frame.text) for pair in strange for name in pair)


def test_marks_among_numbers_outlive_a_row_that_is_put_right():
    """Rows in which a formula was put right lost the "." of all their columns, which came back as missing."""
    rng = np.random.default_rng(0)
    rows = 400
    table = pd.DataFrame({"a": rng.normal(5, 1, rows).round(2), "b": rng.normal(3, 1, rows).round(2)})
    table["ratio"] = (table.a / table.b).round(3)
    table["lab"] = [
        f"{value:.2f}" if known else "."
        for value, known in zip(rng.normal(9, 2, rows), rng.random(rows) < 0.7, strict=True)
    ]
    made = Synthesizer(generator="chains", seed=0).fit(table).sample(1000)
    assert not made["lab"].isna().any()
    assert 0.2 < (made["lab"] == ".").mean() < 0.4
