"""What is learned of more rows than are learned: the same whoever reads, and no common level is lost."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import fsspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthgan import Chains, ConfigError, DataError, Processes, Schema, Synthesizer, Threads
from synthgan.data.column import Kind
from synthgan.distributed import levels, pieces
from synthgan.distributed.scanning import limit_of, scanned
from synthgan.errors import DataWarning
from synthgan.io.sources import as_frame

ROWS = 6_000
KNOWN = {"rare_below": 10, "seed": 3}


def table():
    rng = np.random.default_rng(0)
    ward = rng.choice(["A", "B"], ROWS).astype(object)
    ward[rng.permutation(ROWS)[:12]] = "rare"
    ward[rng.permutation(ROWS)[:4]] = "too rare"
    age = pd.array(rng.integers(0, 90, ROWS), dtype="Int64")
    age[rng.permutation(ROWS)[:11]] = pd.NA
    return pd.DataFrame({"number": np.arange(ROWS), "ward": ward, "age": age, "weight": rng.normal(70, 9, ROWS)})


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(pieces, "BATCH_ROWS", 500)


@pytest.fixture
def folder(tmp_path):
    """The rows in files of two partitions, several row groups each."""
    rows = table()
    for year, part in (("2020", rows[:2_500]), ("2021", rows[2_500:])):
        (tmp_path / "visits" / f"year={year}").mkdir(parents=True)
        arrow = pa.Table.from_pandas(part, preserve_index=False).replace_schema_metadata(None)
        pq.write_table(arrow, tmp_path / "visits" / f"year={year}" / "rows.parquet", row_group_size=1_000)
    return tmp_path / "visits"


def test_few_rows_are_all_learned_as_they_are_read(folder):
    found = scanned(folder, most=ROWS, **KNOWN)
    assert found.rows == ROWS
    assert found.frame.equals(as_frame(folder))


def test_a_file_behind_a_url_is_sampled_as_one_that_is_here(tmp_path):
    local, url = tmp_path / "visits.parquet", "memory://scanning/visits.parquet"
    pq.write_table(pa.Table.from_pandas(table(), preserve_index=False), local, row_group_size=1_000)
    fsspec.filesystem("memory").pipe("/scanning/visits.parquet", local.read_bytes())
    found, here = scanned(url, most=600, **KNOWN), scanned(local, most=600, **KNOWN)
    assert found.rows == here.rows == ROWS
    assert len(found.frame) < 650
    assert found.frame.equals(here.frame)
    with pytest.raises(DataError, match=r"memory://scanning/none\.parquet must be a file that can be reached"):
        scanned("memory://scanning/none.parquet", most=600, **KNOWN)


def test_a_sample_is_the_same_whoever_reads_and_lacks_no_common_level(folder):
    found = scanned(folder, most=600, **KNOWN)
    rows = found.frame.to_pandas()
    assert found.rows == ROWS
    assert 600 <= len(rows) <= 640
    assert rows.number.is_monotonic_increasing
    assert (rows.ward == "rare").sum() >= 10  # of 12 in all rows
    assert rows.age.isna().sum() >= 10  # of 11
    assert (rows.ward == "too rare").sum() <= 4
    assert rows.year.value_counts().to_dict() == pytest.approx({2020: 250, 2021: 350}, abs=60)
    assert rows.weight.mean() == pytest.approx(70, abs=1.5)
    for executor in (Threads(3), Processes(2)):
        assert scanned(folder, most=600, executor=executor, **KNOWN).frame.equals(found.frame)
    assert not scanned(folder, most=600, rare_below=10, seed=4).frame.equals(found.frame)


def coded(rows, codes):
    """So many rows with a whole number, of whose values the last ten have twelve rows each."""
    rng = np.random.default_rng(1)
    numbers = rng.integers(0, codes, rows)
    numbers[rng.permutation(rows)[:120]] = codes + np.arange(120) % 10
    return pa.table({"code": numbers, "name": [f"N{number}" for number in numbers], "weight": rng.normal(size=rows)})


def counted(table, column):
    return pd.Series(table[column].to_pylist()).value_counts()


def with_kind(table, kind):
    schema = Schema.infer(table)
    return schema.of_columns([replace(one, kind=Kind(kind)) if one.name == "code" else one for one in schema])


@pytest.mark.parametrize("kind", ["integer", "category"])
def test_rare_values_of_many_whole_numbers_and_names_are_kept(tmp_path, kind):
    path, table = tmp_path / "coded.parquet", coded(20_000, 60)
    pq.write_table(table, path, row_group_size=4_000)
    schema = with_kind(table, kind)
    for executor in (None, Threads(2)):
        found = scanned(path, schema, most=4_000, **KNOWN, executor=executor).frame
        for column in ("code", "name"):
            kept = counted(found, column)
            assert len(kept) == 70
            assert kept.min() >= 10
        assert 4_000 <= len(found) <= 4_200


def test_the_tail_of_a_number_bends_no_sample_but_all_values_of_a_category_are_kept(tmp_path):
    path, table = tmp_path / "coded.parquet", coded(40_000, 2_000)
    pq.write_table(table.drop_columns("name"), path)
    found = scanned(path, most=4_000, **KNOWN).frame
    assert len(found) == 4_000
    found = scanned(path, with_kind(table.drop_columns("name"), "category"), most=4_000, **KNOWN).frame
    kept = counted(found, "code")
    common = counted(table, "code")
    assert (kept.reindex(common[common >= 10].index) >= 10).all()


def test_of_more_than_ten_thousand_names_none_that_is_common_is_lost_and_of_too_many_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "BATCH_ROWS", 50_000)
    path, table = tmp_path / "names.parquet", coded(180_000, 12_000).select(["name", "weight"])
    pq.write_table(table, path)
    kept = counted(scanned(path, most=50_000, **KNOWN).frame, "name")
    common = counted(table, "name")
    assert len(common) > 12_000
    assert (kept.reindex(common[common >= 10].index) >= 10).all()
    monkeypatch.setattr(levels, "MAX_LEVELS", 5_000)
    with pytest.warns(DataWarning, match=r"column 'name' must have at most .* some that 10 rows hold may be lacking"):
        found = scanned(path, most=50_000, **KNOWN).frame
    assert len(found) == 50_000


def test_where_a_folder_stands_and_how_rows_are_grouped_changes_nothing(folder, tmp_path):
    found = scanned(folder, most=600, **KNOWN).frame
    folder.rename(tmp_path / "elsewhere")
    for path in (tmp_path / "elsewhere").rglob("*.parquet"):
        pq.write_table(pq.read_table(path, partitioning=None), path, row_group_size=333)
    assert scanned(tmp_path / "elsewhere", most=600, **KNOWN).frame.equals(found)


def test_sources_of_every_kind_give_frames_of_theirs(tmp_path):
    rows = table()
    rows.to_parquet(tmp_path / "one.parquet")
    (tmp_path / "texts").mkdir()
    rows[:3_000].to_csv(tmp_path / "texts" / "a.csv", index=False)
    rows[3_000:].to_csv(tmp_path / "texts" / "b.csv", index=False)
    rows.to_csv(tmp_path / "one.csv", index=False)
    lazy, query = pl.scan_parquet(tmp_path / "one.parquet"), duckdb.from_df(rows)
    kinds = [
        (tmp_path / "one.parquet", pd.DataFrame),
        (tmp_path / "texts", pa.Table),
        (tmp_path / "one.csv", pa.Table),
        (lazy, pl.DataFrame),
        (query, pa.Table),
    ]
    for data, kind in kinds:
        found = scanned(data, most=600, **KNOWN)
        assert isinstance(found.frame, kind), data
        assert found.rows == ROWS
        assert 600 <= len(found.frame) <= 640
        whole = scanned(data, most="all", **KNOWN).frame
        assert len(whole) == ROWS
        wards = list(found.frame["ward"]) if kind is not pa.Table else found.frame["ward"].to_pylist()
        assert sum(ward == "rare" for ward in wards) >= 10
    assert scanned(tmp_path / "one.parquet", most=600, **KNOWN).frame.dtypes.equals(rows.dtypes)
    assert scanned(rows, most=600, **KNOWN).frame is rows  # what is in memory is learned whole


def test_a_fit_learns_a_sample_and_says_of_how_many(folder):
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), learn_rows=600, seed=3).fit(
        folder, identifiers=["number"]
    )
    assert 600 <= synthesizer.manifest()["rows"] <= 640
    assert synthesizer.manifest()["training"]["scanned"] == ROWS
    assert "rare" in set(synthesizer.sample(5_000)["ward"].to_pylist())
    assert 600 <= synthesizer.plan(folder, identifiers=["number"]).rows <= 640


def test_what_cannot_be_read_is_one_line(folder, tmp_path):
    with pytest.raises(ConfigError, match='learn_rows must be a whole number of at least 1 or "all", however'):
        scanned(folder, most=0, **KNOWN)
    path = folder / "year=2021" / "rows.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:3_000] + bytes(2_000) + whole[5_000:])
    with pytest.raises(DataError, match="must be a readable folder of tables, however"):
        scanned(folder, most=600, **KNOWN)
    path.write_bytes(whole)
    other = pq.read_table(path, partitioning=None).drop_columns(["ward"])
    pq.write_table(other, path)
    with pytest.raises(DataError, match="'ward' is in one of them only"):
        scanned(folder, most=600, **KNOWN)


def test_wide_tables_are_learned_from_fewer_rows():
    assert [limit_of(None, columns) for columns in (None, 10, 100, 200, 5_000)] == [
        1_000_000,
        1_000_000,
        500_000,
        250_000,
        100_000,
    ]


@pytest.fixture
def groups(tmp_path):
    """Visits of 400 patients, each of whom has rows in both files; the ward of 12 of them is rare."""
    rng = np.random.default_rng(0)
    patients = [f"P{number:03d}" for number in range(400)]
    rare = set(rng.choice(patients, 12, replace=False))
    (tmp_path / "visits").mkdir()
    for name in ("a", "b"):
        owner = rng.permutation(np.repeat(patients, rng.integers(1, 8, 400)))
        ward = np.where([one in rare for one in owner], "rare", rng.choice(["A", "B"], len(owner)))
        visits = pa.table({"patient": owner, "ward": ward, "visit": np.arange(len(owner))})
        pq.write_table(visits, tmp_path / "visits" / f"{name}.parquet", row_group_size=300)
    return tmp_path / "visits"


@pytest.mark.parametrize("executor", [None, Threads(3)])
def test_of_each_unit_all_rows_are_kept_or_none(groups, executor):
    found, whole = scanned(groups, most=300, **KNOWN, unit="patient", executor=executor), as_frame(groups).to_pandas()
    rows = found.frame.to_pandas()
    assert found.rows == len(whole)
    assert 250 < len(rows) < 700
    kept = rows.groupby("patient").size()
    assert kept.equals(whole.groupby("patient").size()[kept.index])
    assert rows[rows.ward == "rare"].patient.nunique() == 12
    again = scanned(groups, most=300, **KNOWN, unit="patient")
    assert again.frame.equals(found.frame)
    assert not scanned(groups, most=300, rare_below=10, seed=4, unit="patient").frame.equals(found.frame)


def test_units_that_are_numbers_are_the_same_with_and_without_gaps(tmp_path):
    """Where a file has a gap, its numbers may come as floating-point ones."""
    frames = [pd.DataFrame({"patient": pd.array(part, dtype="Int64")}) for part in ([1, 2, 3, 4], [1, 2, None, 4])]
    (tmp_path / "t").mkdir()
    for index, frame in enumerate(frames):
        pq.write_table(pa.Table.from_pandas(frame), tmp_path / "t" / f"{index}.parquet")
    found = scanned(tmp_path / "t", most=3, **KNOWN, unit="patient").frame.to_pandas()
    counts = found.patient.value_counts(dropna=False)
    assert all(counts[number] == (1 if number == 3 else 2) for number in found.patient.dropna().unique())


def test_whole_groups_are_learned_of_a_large_folder(groups):
    synthesizer = Synthesizer(learn_rows=300, seed=3)
    plan = synthesizer.plan(groups, group="patient", order="visit")
    assert plan.rows == len(scanned(groups, most=300, **KNOWN, unit="patient").frame)
