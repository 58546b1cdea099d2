"""Delta and Iceberg tables are read by their log, or not at all: as a folder, deleted rows would come back."""

from __future__ import annotations

import shutil
import sys

import pandas as pd
import pyarrow as pa
import pytest

from synthgan.errors import DataError
from synthgan.io import read_table
from synthgan.io.folders import is_of_tables

ROWS = pd.DataFrame({"age": [30, 41, 52], "sex": ["F", "M", "F"]})


def make_delta(folder):
    deltalake = pytest.importorskip("deltalake", reason="pip install 'synthgan[delta]'")
    deltalake.write_deltalake(folder, ROWS)
    deltalake.write_deltalake(folder, ROWS, mode="append")
    deltalake.DeltaTable(folder).delete("age = 41")
    return folder / "_delta_log" / "00000000000000000000.json"


def make_iceberg(folder):
    sql = pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'synthgan[iceberg]'")
    catalog = sql.SqlCatalog(
        "made", uri=f"sqlite:///{folder.parent}/catalog.sqlite", warehouse=f"file://{folder.parent}"
    )
    catalog.create_namespace("ward")
    rows = pa.Table.from_pandas(ROWS)
    table = catalog.create_table("ward.visits", rows.schema, location=f"file://{folder}")
    for _ in range(2):
        table.append(rows)
    table.delete("age == 41")
    catalog.engine.dispose()
    return max((folder / "metadata").glob("*.metadata.json"))


@pytest.mark.parametrize(
    ("log", "extra"),
    [
        ("_delta_log/0.json", "delta"),
        ("metadata/00001-5f8a.metadata.json", "iceberg"),
        ("metadata/v2.metadata.json", "iceberg"),
    ],
)
def test_without_its_package_such_a_table_is_refused_and_not_read_as_a_folder(tmp_path, monkeypatch, log, extra):
    for package in ("deltalake", "pyiceberg.table"):
        monkeypatch.setitem(sys.modules, package, None)
    ROWS.to_parquet(tmp_path / "a.parquet")
    (tmp_path / log).parent.mkdir()
    (tmp_path / log).write_text("{}")
    with pytest.raises(DataError, match=rf"pip install 'synthgan\[{extra}\]'"):
        read_table(tmp_path)
    assert is_of_tables(tmp_path)


def test_of_two_versions_that_are_as_late_none_is_taken(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyiceberg.table", type("Package", (), {"StaticTable": None}))
    (tmp_path / "metadata").mkdir()
    for name in ("00001-a", "00002-b", "00002-c"):
        (tmp_path / "metadata" / f"{name}.metadata.json").write_text("{}")
    with pytest.raises(DataError, match=r"00002-b\.metadata\.json and 00002-c\.metadata\.json are as late"):
        read_table(tmp_path)


@pytest.mark.service
@pytest.mark.parametrize("make", [make_delta, make_iceberg])
def test_rows_that_were_deleted_do_not_come_back(tmp_path, make):
    place = tmp_path / "visits"
    log = make(place)
    assert sorted(read_table(place)["age"].to_pylist()) == [30, 30, 52, 52]
    from synthgan.distributed.scanning import scanned

    assert len(scanned(place, None, most="all", seed=0, rare_below=1, executor=None).frame) == 4
    log.write_text("{")
    with pytest.raises(DataError, match="table that can be read"):
        read_table(place)


@pytest.mark.service
def test_an_iceberg_table_that_was_moved_is_refused_as_its_files_are_named_by_where_they_were(tmp_path):
    make_iceberg(tmp_path / "visits")
    shutil.move(tmp_path / "visits", tmp_path / "moved")
    with pytest.raises(DataError, match="must be an Iceberg table that can be read"):
        read_table(tmp_path / "moved")
