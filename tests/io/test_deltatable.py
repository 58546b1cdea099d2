"""Delta tables are read by their log, or not at all: as a folder, deleted rows would come back."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from synthgan.errors import DataError
from synthgan.io import read_table

ROWS = pd.DataFrame({"age": [30, 41, 52], "sex": ["F", "M", "F"]})


def test_without_its_package_a_delta_table_is_refused_and_not_read_as_a_folder(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "deltalake", None)
    ROWS.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "_delta_log").mkdir()
    with pytest.raises(DataError, match=r"pip install 'synthgan\[delta\]'"):
        read_table(tmp_path)


@pytest.mark.service
def test_rows_that_were_deleted_do_not_come_back(tmp_path):
    deltalake = pytest.importorskip("deltalake", reason="pip install 'synthgan[delta]'")
    place = str(tmp_path / "visits")
    deltalake.write_deltalake(place, ROWS)
    deltalake.write_deltalake(place, ROWS, mode="append")
    deltalake.DeltaTable(place).delete("age = 41")
    assert sorted(read_table(place)["age"].to_pylist()) == [30, 30, 52, 52]
    from synthgan.distributed.scanning import scanned

    assert len(scanned(place, None, most="all", seed=0, rare_below=1, executor=None).frame) == 4
    (tmp_path / "visits" / "_delta_log" / "00000000000000000000.json").write_text("{")
    with pytest.raises(DataError, match="must be a Delta table that can be read"):
        read_table(place)
