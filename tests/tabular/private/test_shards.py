"""Private rows in many files are asked as those of one table are: the same counts, the same ledger, units bounded over all files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthgan import DataError, Processes, ResourceError, Synthesizer, Threads
from synthgan.config import PrivacyConfig
from synthgan.data.table import Table
from synthgan.distributed import shards
from synthgan.distributed.shards import private_rows
from synthgan.io.memory import memory_bound
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.queries import count_cells
from synthgan.tabular.intake import head_of, limited, misfits, settle
from synthgan.tabular.private.columns import measure_columns
from synthgan.tabular.queries import TableCells, TableRecords
from synthgan.tabular.sharded import ShardRecords

ROWS = 3_000


def people():
    rng = np.random.default_rng(0)
    ward = rng.choice(["A", "B", "C", None], ROWS, p=[0.5, 0.3, 0.1, 0.1])
    return pa.table(
        {
            "owner": rng.integers(0, 400, ROWS),
            "age": pa.array(rng.integers(0, 90, ROWS), mask=rng.random(ROWS) < 0.1),
            "weight": np.round(rng.normal(70, 9, ROWS), 1),
            "ward": ward,
            "ill": pa.array(rng.random(ROWS) < 0.3),
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The rows in two files of several row groups; in one the ages have another type."""
    monkeypatch.setattr(shards, "BATCH_ROWS", 400)
    (tmp_path / "visits").mkdir()
    table = people()
    pq.write_table(table[:1_700], tmp_path / "visits" / "a.parquet", row_group_size=600)
    rest = table[1_700:]
    narrow = rest.set_column(rest.column_names.index("age"), "age", rest["age"].cast(pa.int16()))
    pq.write_table(narrow, tmp_path / "visits" / "b.parquet", row_group_size=900)
    return tmp_path / "visits"


def both(folder, executor=None):
    """The records of the folder, those of one table of the same rows, and the schema."""
    rows = private_rows(folder, None)
    schema = settle(head_of(rows), None, PrivacyConfig(epsilon=1.0, unit="owner"))
    return ShardRecords(rows, schema, executor), TableRecords(Table.coerce(people(), schema)), schema


@pytest.mark.parametrize("executor", [None, Threads(2), pytest.param(Processes(2), marks=pytest.mark.slow)])
def test_every_column_reads_as_that_of_one_table(folder, executor):
    split, whole, schema = both(folder, executor)
    assert len(split) == len(whole) == ROWS
    for name in ("age", "weight"):
        np.testing.assert_array_equal(split.numbers(schema.column(name)), whole.numbers(schema.column(name)))
    for name in ("ward", "ill"):
        found, wanted = split.levels(schema.column(name)), whole.levels(schema.column(name))
        assert found.levels == wanted.levels
        np.testing.assert_array_equal(found.codes, wanted.codes)


def test_counts_are_those_of_one_table_and_codes_stay_as_they_are(folder):
    split, whole, schema = both(folder)
    curator = Curator(whole, PrivacyLedger(1e-6))
    transform = measure_columns(schema, curator, lambda _, share: 2 / share**0.5, 1e-6).transform
    groups = tuple(np.arange(size) for size in transform.layout.sizes)
    for pair in ((0, 1), (2, 3), (0, 3)):
        cells = TableCells(transform, pair, groups)
        assert np.abs(count_cells(cells, split) - count_cells(cells, whole)).max() <= 40  # chance places some values
        assert count_cells(cells, split).sum() == ROWS
    codes = split.codes(transform)
    assert codes.dtype == np.uint8
    assert split.codes(transform) is codes
    np.testing.assert_array_equal(split.encoded(transform).codes, codes)
    np.testing.assert_array_equal(codes[:, 2], whole.codes(transform)[:, 2])  # of levels nothing is left to chance


@pytest.mark.parametrize("most", [1, 3])
def test_a_unit_takes_part_with_so_many_rows_though_they_stand_in_several_files(folder, most):
    rows = private_rows(folder, None)
    taken = limited(rows, PrivacyConfig(epsilon=1.0, unit="owner", max_rows_per_unit=most))
    owners = [table["owner"] for piece in range(taken.pieces) for table in taken.read(piece, ["owner"])]
    counts = pd.Series(np.concatenate([np.asarray(one) for one in owners])).value_counts()
    before = pd.Series(np.asarray(people()["owner"])).value_counts()
    assert counts.to_dict() == before.clip(upper=most).to_dict()
    assert len(taken) == counts.sum()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mechanism", ["marginals", pytest.param("dpsgd", marks=pytest.mark.slow)])
def test_a_fit_of_a_folder_spends_what_that_of_one_table_spends(folder, mechanism):
    told = {"epsilon": 3.0, "delta": 1e-5, "unit": "owner", "mechanism": mechanism, "seed": 0, "i_know": True}
    ledgers = []
    for data in (folder, people()):
        model = Synthesizer(**told).fit(data)
        ledger = model.manifest()["privacy"]  # which pairs are asked for is left to chance
        charges = [(one["stage"], one["mechanism"], one["sensitivity"]) for one in ledger["charges"]]
        ledgers.append({**ledger, "charges": charges})
        assert set(model.sample(200).column_names) == {"age", "weight", "ward", "ill"}
    assert ledgers[0] == ledgers[1]


def test_a_plan_counts_misfits_over_all_files(folder):
    rows, schema = private_rows(folder, None), both(folder)[2]
    assert misfits(rows, schema) == misfits(people(), schema)
    assert Synthesizer(epsilon=1.0, delta=1e-5, unit="owner", max_rows_per_unit=2).plan(folder).rows <= 800


def test_what_folders_say_is_text_whatever_it_is_like(tmp_path):
    for year in ("2020", "2021"):
        (tmp_path / "visits" / f"year={year}").mkdir(parents=True)
        pq.write_table(people()[:50], tmp_path / "visits" / f"year={year}" / "a.parquet")
    rows = private_rows(tmp_path / "visits", None)
    assert rows.head.schema.field("year").type == pa.string()
    found = [value for piece in range(2) for table in rows.read(piece, ["year"]) for value in table["year"].to_pylist()]
    assert found == ["2020"] * 50 + ["2021"] * 50


def test_one_file_of_many_rows_is_read_so_and_one_of_few_is_a_frame(tmp_path, monkeypatch):
    pq.write_table(people(), tmp_path / "visits.parquet")
    assert private_rows(tmp_path / "visits.parquet", None).num_rows == ROWS
    monkeypatch.setattr(shards, "MAX_ROWS", 100)
    assert isinstance(private_rows(tmp_path / "visits.parquet", None), shards.Shards)


def test_what_cannot_be_read_or_does_not_fit_is_one_line(folder, tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(
        DataError, match="must be a folder of Parquet files under epsilon, however: it is of other files"
    ):
        private_rows(tmp_path / "texts", None)
    with memory_bound(1_000), pytest.raises(ResourceError, match="must fit into 1 kB of memory, however"):
        Synthesizer(epsilon=1.0, delta=1e-5, unit="owner").fit(folder)
