"""Identifiers are made anew: of the same form, none of them real, as often missing and as often shared."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgan.data.column import Column, Kind
from synthgan.data.identifiers import overlap
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import DataError, SchemaError
from synthgan.io.contract import MisfitError
from synthgan.runtime import Streams
from synthgan.tabular.encoding.identifiers import FreshKeys
from synthgan.tabular.encoding.keysets import fit_keys, read_keys

RNG = np.random.default_rng(0)
STREAMS = Streams(0)
N = 300


def fitted(values, **changes):
    table = Table.read(pa.table({"key": values}), identifiers=["key"])
    column = replace(table.schema.column("key"), **changes)
    return FreshKeys.fit(column, Table(Schema("pyarrow", (column,)), table.columns), rare_below=10)


def draw(count):
    return RNG.choice(10**6, count, replace=False)


FORMS = {
    "in order": (np.arange(1, 2001), r"[1-9]\d{3,}"),
    "scattered": (draw(N) + 10**6, r"[1-9]\d{6}"),
    "negative": (-draw(N) - 10**6, r"-[1-9]\d{6}"),
    "beyond floats": (1_500_000_000_000_000_000 + draw(N) * 10**8 + draw(N), r"15\d{17}"),
    "prefix": ([f"MRN{100_000 + n}" for n in range(2_000)], r"MRN\d{6}"),
    "zeros": ([f"{n:06d}" for n in range(1, N)], r"0\d{5}"),
    "year inside": ([f"2023-{n:06d}" for n in range(N)], r"2023-0\d{5}"),
    "dashes": ([f"{n // 1000:03d}-{n % 97:02d}-{n % 10_000:04d}" for n in draw(N)], r"\d{3}-\d{2}-\d{4}"),
    "e-mail": ([f"user{n}@mail{n % 7}.example" for n in range(N)], r"user[1-9]\d*@mail[0-6]\.example"),
    "hash": ([f"{n * 2**40 + 12345:016x}" for n in draw(N)], r"[0-9a-f]{16}"),
    "plate": (
        [f"{chr(65 + n % 26)}{n // 26 % 100:02d}-{chr(65 + n // 2600 % 26)}" for n in draw(N) % 67_600],
        r"[A-Z]\d\d-[A-Z]",
    ),
    "all taken": ([f"{n:03d}" for n in range(1_000)], r"\d{4}"),
}


@pytest.mark.parametrize(("values", "form"), FORMS.values(), ids=FORMS)
def test_none_is_real_all_differ_and_the_form_is_kept(values, form):
    keys = fitted(values, repeats=None)
    made = keys.make(0, 1_000, STREAMS)
    assert overlap(values, made) == 0
    assert len(set(made)) == len(made)
    assert pd.Series(made).astype(str).str.fullmatch(form).all()
    assert keys.says().endswith("none is real")


@pytest.mark.parametrize("name", ["scattered", "e-mail", "plate", "hash"])
def test_batches_do_not_change_them_and_another_seed_does(name):
    keys = fitted(FORMS[name][0])
    whole = keys.make(0, 1_000, STREAMS)
    assert [*keys.make(0, 123, STREAMS), *keys.make(123, 877, STREAMS)] == whole.tolist()
    assert keys.make(0, 1_000, Streams(1)).tolist() != whole.tolist()


def test_millions_differ_and_a_form_grows_where_it_is_used_up():
    keys = fitted([f"P-{n:05d}" for n in RNG.permutation(10**5)[:400]])
    made = pd.Series(np.concatenate([keys.make(first, 10**5, STREAMS) for first in range(0, 10**6, 10**5)]))
    assert made.is_unique
    assert made.str.fullmatch(r"P-\d{5,8}").all()
    assert made.head(500).str.fullmatch(r"P-\d{5}").all()
    keys.check_room(10**7)


def test_a_form_that_does_not_grow_is_refused_where_it_has_no_room():
    keys = fitted([f"{n:03d}" for n in range(300)], pattern="like:[0-9]{3}")
    assert len(set(keys.make(0, 700, STREAMS))) == 700
    keys.check_room(700)
    with pytest.raises(
        DataError, match=r"column 'key' must have 701 identifiers, however: like:\[0-9\]\{3\} has 700 that"
    ):
        keys.check_room(701)


def test_types_bound_whole_numbers():
    keys = fitted(pa.array(np.arange(1, 101), pa.int8()))
    assert keys.make(0, 27, STREAMS).max() <= 127
    with pytest.raises(DataError, match="column 'key' must have 300 identifiers"):
        keys.check_room(300)
    floats = FreshKeys.blind(Column("key", Kind.IDENTIFIER, "float", pattern="int:7"), "pyarrow")
    assert floats.make(0, 1_000, STREAMS).max() <= 2**24


def test_missing_ones_stay_missing_at_their_rate():
    values = [None if gone else f"C-{n:06d}" for n, gone in zip(draw(1_000), RNG.random(1_000) < 0.6, strict=True)]
    keys = fitted(values)
    made = pd.Series(keys.make(0, 20_000, STREAMS))
    assert made.isna().mean() == pytest.approx(pd.Series(values).isna().mean(), abs=0.02)
    assert made.dropna().is_unique
    few = fitted([None] * 5 + [f"C-{n:06d}" for n in range(500)])
    assert few.missing == 0


@pytest.mark.parametrize("form", ["P-{:05d}", "{:d}"])
def test_shared_ones_are_shared_as_often(form):
    sizes = RNG.integers(1, 6, 400)
    values = [form.format(n + 1000) for n in np.repeat(draw(400), sizes)]
    keys = fitted(values if "P" in form else np.array(values, dtype=np.int64))
    made = pd.Series(keys.make(0, 12_000, STREAMS))
    assert overlap(values, made) == 0
    shares = made.value_counts().value_counts(normalize=True)
    real = pd.Series(values).value_counts().value_counts(normalize=True)
    assert (shares - real).abs().max() < 0.03
    assert keys.column.repeats


def test_sizes_that_few_have_are_put_together():
    sizes = np.concatenate([np.ones(300, int), [50, 60, 70]])
    keys = fitted(np.repeat(np.arange(1_000, 1_303), sizes))
    assert max(size for size, _ in keys.sizes.shares) < 50


def test_under_epsilon_only_the_form_speaks():
    column = Column("key", Kind.IDENTIFIER, "int64", pattern="int:6")
    keys = FreshKeys.blind(column, "pyarrow")
    made = keys.make(0, 10_000, STREAMS)
    assert len(set(made)) == 10_000
    assert ((made >= 10**5) & (made < 10**6)).all()
    assert keys.says() == "100000 to 999999; by their form alone: one may be real by chance"
    bare = FreshKeys.blind(Column("key", Kind.IDENTIFIER, "string"), "pyarrow")
    assert pd.Series(bare.make(0, 9, STREAMS)).str.fullmatch("[0-9a-f-]{36}").all()


def test_a_pattern_must_suit_the_type():
    with pytest.raises(
        SchemaError, match=r"column 'key': pattern must be of whole numbers that int64 can hold.*'uuid'"
    ):
        FreshKeys.blind(Column("key", Kind.IDENTIFIER, "int64", pattern="uuid"), "pyarrow")


def test_what_is_kept_is_read_again_and_names_no_real_one():
    for values, _ in FORMS.values():
        keys = fitted(values)
        state = json.loads(json.dumps(keys.state()))
        again = FreshKeys.from_state(Schema("pyarrow", (keys.column,)), state)
        assert again.make(5, 50, STREAMS).tolist() == keys.make(5, 50, STREAMS).tolist()
    assert read_keys(Schema("pyarrow", (keys.column,)), None) is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"form": "like:["}, "form of 'key' must be"),
        ({"missing": 2}, "missing must be"),
        ({"sizes": [[1, 0.0]]}, "sizes must be with their shares"),
        ({"lanes": []}, "lanes must be one or more"),
        ({"lanes": [{"shape": 3, "length": 5, "count": 1, "ranges": [[0, 9]]}]}, "shape must be one of"),
        ({"lanes": [{"shape": 0, "length": 99, "count": 1, "ranges": [[0, 9]]}]}, "length must be one of"),
        ({"lanes": [{"shape": 0, "length": 5, "count": 1, "ranges": [[9, 9]]}]}, "ranges must be in order"),
        ({"lanes": [{"shape": 0, "length": 5, "count": 1, "ranges": []}]}, "ranges must be in order"),
        ({"lanes": [{"shape": 0, "length": 5, "count": 1, "ranges": [[0, 10**9]]}]}, "ranges must be of identifiers"),
        ({"beside": 1.5}, "beside must be"),
        ({"extra": 1}, "without parts that nobody knows"),
    ],
)
def test_a_forged_part_is_refused(change, rule):
    keys = fitted([f"P-{n:05d}" for n in draw(N) % 10**5])
    with pytest.raises(MisfitError, match=rule):
        FreshKeys.from_state(Schema("pyarrow", (keys.column,)), keys.state() | change)
    with pytest.raises(MisfitError, match="identifiers must be of each such column"):
        read_keys(Schema("pyarrow", (keys.column,)), [])
    with pytest.raises(MisfitError, match="beside must be a column that is bound to none"):
        read_keys(Schema("pyarrow", (keys.column,)), [keys.state() | {"beside": "key"}])


def drawn_together(**columns):
    table = Table.read(pa.table(columns), identifiers=list(columns))
    keys = fit_keys(table, rare_below=10)
    read_keys(table.schema, json.loads(json.dumps([one.state() for one in keys])))
    return pd.DataFrame({one.column.name: one.make(0, 3_000, STREAMS) for one in keys})


def test_what_belongs_to_one_patient_stays_together():
    patients = np.repeat(draw(200) + 1_000, RNG.integers(1, 6, 200))
    codes = dict(zip(np.unique(patients).tolist(), RNG.permutation(10**4).tolist(), strict=False))
    made = drawn_together(
        patient=patients,
        card=[f"C-{codes[patient]:05d}" for patient in patients.tolist()],
        mail=[f"p{patient}@clinic.example" for patient in patients],
        visit=[f"V{n}" for n in draw(len(patients))],
    )
    assert made.groupby("patient").card.nunique().max() == made.groupby("card").patient.nunique().max() == 1
    assert (made.mail == "p" + made.patient.astype(str) + "@clinic.example").all()
    assert made.visit.is_unique
    assert not (made.visit.str[1:].astype(int) == made.patient).any()


def test_what_is_missing_together_is_missing_together():
    numbers = [None if gone else int(n) for n, gone in zip(draw(500), RNG.random(500) < 0.4, strict=True)]
    made = drawn_together(number=numbers, text=[None if n is None else f"X{n}" for n in numbers])
    assert (made.number.isna() == made.text.isna()).all()
    assert made.number.isna().mean() == pytest.approx(0.4, abs=0.08)
    there = made.dropna()
    assert (there.text == "X" + there.number.astype(int).astype(str)).all()
