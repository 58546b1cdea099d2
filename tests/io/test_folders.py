"""A folder of files of one format is one table, in the order of their names; partitions are columns."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from helpers.files import TABLE, written

from synthgan import DataError, ResourceError
from synthgan.data.containers.source import source_of
from synthgan.io import folders
from synthgan.io.folders import is_of_tables
from synthgan.io.readers import read_table
from synthgan.io.writers import write_table
from synthgan_cli.__main__ import main
from synthgan_cli.files import is_images

VISITS = pa.table({
    "n": range(6), "ward": ["a", "b/c", None, "a", "b/c", "a"], "year": [2020, 2021, 2020, 2021, 2020, 2020],
})  # fmt: skip


def test_partitions_are_columns(tmp_path):
    pyarrow.parquet.write_to_dataset(VISITS, tmp_path / "visits", partition_cols=["year", "ward"])
    written(tmp_path / "visits" / "_SUCCESS", "")
    written(tmp_path / "visits" / ".crc", "x")
    table = read_table(tmp_path / "visits")
    assert table.schema.equals(pa.schema([("n", pa.int64()), ("year", pa.int64()), ("ward", pa.string())]))
    assert sorted(table.to_pylist(), key=lambda row: row["n"]) == VISITS.select(table.column_names).to_pylist()
    assert read_table(tmp_path / "visits").equals(table)
    assert is_of_tables(tmp_path / "visits")
    assert not is_images(tmp_path / "visits")


def test_what_pandas_partitions_is_read(tmp_path):
    VISITS.to_pandas().to_parquet(tmp_path / "visits", partition_cols=["year"])
    assert sorted(read_table(tmp_path / "visits")["year"].to_pylist()) == sorted(VISITS["year"].to_pylist())
    frame = VISITS.to_pandas().set_index("n")
    (tmp_path / "indexed").mkdir()
    for part in (0, 1):
        frame[part::2].to_parquet(tmp_path / "indexed" / f"{part}.parquet")
    assert read_table(tmp_path / "indexed")["n"].to_pylist() == [0, 2, 4, 1, 3, 5]


@pytest.mark.parametrize(
    "ending", ["csv", "csv.gz", "arrow", "parquet", "parquet.gz", "parquet.zip", "jsonl", "jsonl.xz"]
)
def test_files_of_one_schema_are_one_table(tmp_path, ending):
    (tmp_path / "parts").mkdir()
    for name in ("b", "a", "c"):
        write_table(TABLE.append_column("part", [[name] * 3]), tmp_path / "parts" / f"{name}.{ending}")
    table = read_table(tmp_path / "parts")
    assert table["part"].to_pylist() == list("aaabbbccc")
    assert table["code"].to_pylist() == TABLE["code"].to_pylist() * 3


def test_no_file_of_a_folder_is_read_twice(tmp_path, monkeypatch):
    VISITS.to_pandas().to_parquet(tmp_path / "a.parquet")
    seen, read = [], pyarrow.parquet.ParquetFile.read
    monkeypatch.setattr(
        pyarrow.parquet.ParquetFile, "read", lambda *given, **said: seen.append(1) or read(*given, **said)
    )
    assert read_table(tmp_path).num_rows == 6
    assert len(seen) == 1


def test_columns_of_csv_get_their_types_when_all_files_are_there(tmp_path):
    for name, text in (("a.csv", "x;y\n1;2\n"), ("b.csv", "y;x\n3;007\n")):
        written(tmp_path / name, text)
    table = read_table(tmp_path)
    assert table.to_pydict() == {"x": ["1", "007"], "y": [2, 3]}
    assert source_of(table)["delimiter"] == ";"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"a.csv": "x\n1\n", "b.csv": "y\n1\n"},
            r"b.csv must have the columns of a.csv, however: 'x' is in one of them only",
        ),
        (
            {"p=1/a.csv": "x\n1\n", "q=2/b.csv": "x\n1\n"},
            r"b.csv must have the columns of a.csv, however: 'p' is in one",
        ),
        (
            {"a.csv": "x\n1\n", "b.jsonl": '{"x": 1}\n'},
            r"b.jsonl must be CSV like a.csv, however: found JSON lines; keep to one",
        ),
        ({"a.csv": "x\n1\n", "b.txt": "x\n1\n"}, r"a table's file must end in one of .*, however: found 'b.txt'"),
        ({"x=1/a.csv": "x\n1\n"}, "must have partitions that are no columns, too, however: found 'x' twice"),
        ({"a.jsonl": '{"x": 1}\n', "b.jsonl": '{"x": "a"}\n'}, "must hold files whose types fit together, however: "),
        ({"a.csv": "x\n1\n", "b.csv": "x,y\n1\n"}, "must be a readable folder of tables, however: CSV parse error"),
    ],
)
def test_folders_that_are_no_table_are_refused(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        written(tmp_path / name, text)
    with pytest.raises(DataError, match=message) as caught:
        read_table(tmp_path)
    assert "\n" not in str(caught.value)


def test_too_many_files_and_too_large_ones_are_refused(tmp_path, monkeypatch):
    for name in "abc":
        write_table(TABLE.take([0] * 2000), tmp_path / f"{name}.arrow")
    with pytest.raises(ResourceError, match="must fit into 100 kB of memory"):
        read_table(tmp_path, memory="100kB")
    monkeypatch.setattr(folders, "_MAX_FILES", 2)
    with pytest.raises(DataError, match="must hold at most 2 files, however: found more; read a part of it"):
        read_table(tmp_path)


def test_folders_of_images_are_none_of_tables(tmp_path):
    (tmp_path / "cat").mkdir()
    written(tmp_path / "cat" / "1.png", b"x")
    assert is_images(tmp_path)
    written(tmp_path / "metadata.csv", "file_name\n1.png\n")
    assert is_images(tmp_path)
    (tmp_path / "empty").mkdir()
    assert is_images(tmp_path / "empty")


def test_commands_take_folders(tmp_path, capsys):
    pyarrow.parquet.write_to_dataset(VISITS, tmp_path / "visits", partition_cols=["year"])
    assert main(["schema", str(tmp_path / "visits")]) == 0
    assert '"name": "year"' in capsys.readouterr().out
    assert pd.read_parquet(tmp_path / "visits").shape == (6, 3)


def test_an_index_that_pandas_would_count_out_again_is_a_column(tmp_path):
    frame = pd.DataFrame({"a": list("xyzxyz")}, index=pd.RangeIndex(10, 22, 2, name="n"))
    for part in (0, 1):
        frame[part::2].to_parquet(tmp_path / f"{part}.parquet")
    table = read_table(tmp_path)
    assert table.to_pydict() == {"a": list("xzyyxz"), "n": [10, 14, 18, 12, 16, 20]}


@pytest.mark.parametrize("stop", [21, 10**30, -4, "x"])
def test_a_damaged_index_is_as_if_there_were_none(tmp_path, stop):
    frame = pd.DataFrame({"a": list("xyz")}, index=pd.RangeIndex(3, name="n"))
    table = pa.Table.from_pandas(frame)
    said = json.loads(table.schema.metadata[b"pandas"])
    said["index_columns"][0]["stop"] = stop
    pyarrow.parquet.write_table(
        table.replace_schema_metadata({b"pandas": json.dumps(said).encode()}), tmp_path / "a.parquet"
    )
    assert read_table(tmp_path).column_names == ["a"]
