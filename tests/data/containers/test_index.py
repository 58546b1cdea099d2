"""The named levels of a pandas index are columns, and come back as the index."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan import Schema, SchemaError, Synthesizer
from synthgan.data.containers.raw import index_names, names_of, raw_column
from synthgan.data.rows import concat, select, take
from synthgan.data.table import Table
from synthgan.io.readers import head_of, read_indexed, read_plainly, read_table
from synthgan.io.sources import as_frame
from synthgan.io.writers import write_csv, write_table

N = 40
RNG = np.random.default_rng(0)
FLAT = pd.DataFrame({
    "site": pd.Categorical(RNG.choice(list("abc"), N)), "day": pd.to_datetime(RNG.integers(0, 90, N), unit="D", utc=True),
    3: RNG.integers(0, 9, N), "x": RNG.normal(size=N).round(2),
})  # fmt: skip


@pytest.mark.parametrize("levels", [["site"], ["day"], [3], ["site", "day"], ["day", 3, "site"]])
def test_named_levels_come_back_as_the_index(levels):
    frame = FLAT.set_index(levels)
    table = Table.read(frame)
    assert table.schema.index == tuple(levels)
    assert list(table.schema.names) == [*levels, *frame.columns]
    pd.testing.assert_frame_equal(table.frame(), frame)
    assert Schema.from_json(table.schema.to_json()) == table.schema


def test_a_nameless_index_and_one_of_a_columns_name_are_left_out():
    for frame in (FLAT.set_axis(range(5, 5 + N)), FLAT.set_index("site", drop=False), FLAT.rename_axis([("a", 1)])):
        assert Table.read(frame).schema.names == ("site", "day", 3, "x")
        assert Table.read(frame).frame().index.equals(pd.RangeIndex(N))


def test_of_a_partly_named_index_the_named_levels_are_columns(tmp_path):
    frame = FLAT.set_index(["site", "day"]).rename_axis(["site", None])
    assert index_names(frame) == ["site"]
    wanted = FLAT.drop(columns="day").set_index("site")
    pd.testing.assert_frame_equal(Table.read(frame).frame(), wanted)
    write_table(frame.rename(columns=str), tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read_indexed(tmp_path / "t.parquet"), wanted.rename(columns=str))


def test_a_level_that_is_dropped_is_in_no_index():
    assert Schema.infer(FLAT.set_index(["site", "day"]), drop=["day"]).index == ("site",)
    assert Schema.infer(FLAT.set_index("site"), drop=["site"]).index == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"index": ["nowhere"]}, "index must name columns of the schema, each once, however: found 'nowhere'"),
        ({"index": ["site", "site"]}, "index must name columns of the schema, each once, however: found 'site'"),
        ({"index": "site"}, "index must be a list of names, however: found 'site'"),
        (
            {"container": "pyarrow", "index": ["site"]},
            "an index must be of a pandas table, however: found one of pyarrow",
        ),
    ],
)
def test_a_wrong_index_is_refused(change, message):
    given = Schema("pandas", Schema.infer(FLAT).columns[:1]).to_dict()
    if "container" in change:
        given["columns"][0]["dtype"] = "string"
    with pytest.raises(SchemaError, match=message):
        Schema.from_dict(given | change)


def test_rows_keep_their_index():
    frame = FLAT.set_index(["site", "day"])
    pd.testing.assert_frame_equal(take(frame, [3, 1]), frame.iloc[[3, 1]])
    pd.testing.assert_frame_equal(concat([frame[:5], frame[5:]]), frame)
    assert names_of(select(frame, ["x", "day"])) == ["site", "day", "x"]
    assert names_of(select(frame, ["x"])) == ["x"]
    assert raw_column(frame, "site").dtype == raw_column(FLAT, "site").dtype


def test_a_file_with_an_index_is_read_and_written_with_it(tmp_path):
    frame = FLAT.rename(columns=str).set_index(["site", "day"])
    frame.to_parquet(tmp_path / "pandas.parquet")
    write_table([frame[:7], frame[7:]], tmp_path / "ours.parquet")
    for name in ("pandas", "ours"):
        found = read_indexed(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(found, frame, check_index_type=False)
        flat = read_table(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(flat, frame.reset_index(), check_column_type=False)
        assert set(head_of(tmp_path / f"{name}.parquet")[0].names) == {"site", "day", "3", "x"}
        assert set(read_plainly(tmp_path / f"{name}.parquet", declared=False).column_names) == {"site", "day", "3", "x"}
    stream = io.BytesIO()
    write_csv(frame, stream)
    assert stream.getvalue().startswith(b'"site","day","3","x"')


def test_what_is_learned_from_a_file_has_its_index(tmp_path):
    FLAT.rename(columns=str).set_index("day").to_parquet(tmp_path / "visits.parquet")
    assert as_frame(tmp_path / "visits.parquet").index.name == "day"


@pytest.fixture(scope="module")
def fitted(tiny_options):
    frame = FLAT.set_index(["site", "day"])
    return frame, Synthesizer(seed=0, **tiny_options).fit(frame)


def test_a_sample_has_the_index_and_a_gap_in_it_is_filled(fitted):
    frame, synthesizer = fitted
    sample = synthesizer.sample(7, where={"site": "a"})
    assert sample.index.names == ["site", "day"]
    assert sample.dtypes.equals(frame.dtypes)
    assert set(sample.index.get_level_values("site")) == {"a"}
    gaps = FLAT.assign(site=FLAT["site"].mask(FLAT.index < 9)).set_index(["site", "day"])
    filled = synthesizer.impute(gaps)
    assert not filled.index.get_level_values("site").isna().any()
    pd.testing.assert_frame_equal(filled[9:], gaps[9:], check_index_type=False, check_categorical=False)


@given(st.lists(st.sampled_from([None, "a", "b", "x", 3, 1.5]), min_size=1, max_size=3))
def test_any_names_of_an_index_give_columns_that_differ(names):
    frame = pd.DataFrame({"x": [1, 2], 3: [3, 4]})
    frame.index = pd.MultiIndex.from_arrays([[5, 6]] * len(names), names=names)
    found = names_of(frame)
    assert len(set(found)) == len(found)
    read = [raw_column(frame, name).values for name in found]  # noqa: PD011 (an Arrow array)
    assert all(values.to_pylist() in ([1, 2], [3, 4], [5, 6]) for values in read)
