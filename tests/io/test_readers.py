"""Tables are read from files; bad files are refused in one line."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import zipfile

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest
from helpers.files import FRAME, TABLE, written

from synthgan.errors import DataError
from synthgan.io.readers import read_table


def test_parquet_of_pandas_comes_back_as_pandas_and_other_as_arrow(tmp_path):
    FRAME.set_index("age", drop=False).to_parquet(tmp_path / "pandas.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "pandas.parquet"), FRAME)
    pl.from_pandas(FRAME).write_parquet(tmp_path / "polars.pq")
    assert isinstance(read_table(tmp_path / "polars.pq"), pa.Table)


def test_arrow_files_and_streams(tmp_path):
    for name, new in (("file.arrow", pyarrow.ipc.new_file), ("stream.ipc", pyarrow.ipc.new_stream)):
        with new(str(tmp_path / name), TABLE.schema) as writer:
            writer.write_table(TABLE)
        assert read_table(tmp_path / name).equals(TABLE)
    pl.from_arrow(TABLE).write_ipc(tmp_path / "polars.feather")
    assert read_table(tmp_path / "polars.feather").num_rows == 3


def parquet_bytes(table=TABLE):
    stream = io.BytesIO()
    pyarrow.parquet.write_table(table, stream)
    return stream.getvalue()


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def locked(archive):
    """A zip file whose flags say that a password is needed."""
    at = archive.index(b"PK\x01\x02") + 8
    return archive[:at] + b"\x01" + archive[at + 1 :]


TWINS = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.parquet", b"", r"t.parquet must hold a table, however: it is empty \(0 bytes\)"),
        ("t.csv", b"", r"t.csv must hold a table, however: it is empty \(0 bytes\)"),
        ("t.parquet", b"a,b\n1,2\n", r"must be Parquet as its ending says, however: found text \(CSV\?\)"),
        ("t.csv", parquet_bytes(), "must be CSV as its ending says, however: found Parquet"),
        ("t.arrow", parquet_bytes(), "must be Arrow as its ending says, however: found Parquet"),
        ("t.arrow", b"a,b\n1,2\n", "must be Arrow as its ending says, however: found text"),
        ("t.csv.gz", b"a,b\n1,2\n", "must be gzip as its ending says, however: found text"),
        ("t.csv", gzip.compress(b"a,b\n1,2\n", mtime=0), "must be CSV as its ending says, however: found gzip"),
        ("t.csv", b"PK\x03\x04", r"must be CSV as its ending says, however: found a zip file \(Excel\?\)"),
        ("t.csv", b"\x80\x04\x00pickle", "must be CSV as its ending says, however: found something else"),
        ("t.parquet", parquet_bytes()[:-20], "must be a readable .parquet file, however: "),
        ("t.parquet", parquet_bytes()[:9], "must be a readable .parquet file, however: "),
        ("t.arrow", b"ARROW1\x00\x00", "must be a readable .arrow file, however: "),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 100, mtime=0)[:-30], "must be a readable .csv.gz file, however: "),
        ("t.csv", b"a,b\n1,2\n3\n", "must be a readable .csv file, however: CSV parse error"),
        ("t.csv", "a,b\nмир,1\n".encode("cp1251"), "must be text in an encoding that shows, however: it is neither"),
        ("t.csv", "a,b\näöü,ß\n".encode() + b"\xff,1\n", "must be text in an encoding that shows, however: "),
        ("t.csv.xz", b"a,b\n1,2\n", "must be xz as its ending says, however: found text"),
        ("t.csv.xz", lzma.compress(b"a,b\n1,2\n" * 100)[:-20], "must be a readable .csv.xz file, however: "),
        ("t.csv.bz2", bz2.compress(b"a,b\n1,2\n" * 100)[:-20], "must be a readable .csv.bz2 file, however: "),
        ("t.zip", b"PK\x03\x04", "must be a readable .zip file, however: "),
        (
            "t.csv.zip",
            zipped({"a.csv": b"a\n1\n", "b.csv": b"a\n1\n"}),
            "hold one table, however: found a.csv, b.csv; unpack",
        ),
        ("t.zip", zipped({}), "must be zip as its ending says, however: found something else"),
        ("t.zip", zipped({".a": b""}), "must hold one table, however: found none; unpack it"),
        ("t.zip", zipped({"a.exe": b"x"}), "must hold a table .*, however: found 'a.exe'"),
        (
            "t.csv.zip",
            locked(zipped({"a.csv": b"a\n1\n"})),
            "must be a readable .csv.zip file, however: it is locked by a",
        ),
        ("t.csv", b"a,b\n", "must hold rows, however: found none"),
        ("t.csv", b"a,a\n1,2\n", "must have columns of different names, however: found 'a' twice"),
        ("t.parquet", parquet_bytes(TWINS), "must have columns of different names, however: found 'x' twice"),
        ("t.parquet", parquet_bytes(TABLE.slice(0, 0)), "must hold rows, however: found none"),
        ("t.parquet", parquet_bytes(pa.table({})), "must hold columns, however: found none"),
        ("t.xls", b"PK\x03\x04", "a table's file must end in one of .parquet, .*, however: found 't.xls'"),
        ("t.gz", b"\x1f\x8b", "a table's file must end in one of"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, name, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_table(written(tmp_path / name, content))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv must be a file to read, however: there is no such file"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="must be a file to read, however: embedded null byte"):
        read_table("a\0b.csv")
    with pytest.raises(DataError, match="must be a file to read, however: file name too long"):
        read_table(tmp_path / ("x" * 300 + ".csv"))
    (tmp_path / "folder.csv").mkdir()
    for folder in (tmp_path, tmp_path / "folder.csv"):
        with pytest.raises(DataError, match="must hold tables, however: found none"):
            read_table(folder)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = written(tmp_path / "t.csv", "a\n1\n")

    def denied(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(path), "open", denied)
    with pytest.raises(DataError, match="must be a file to read, however: permission denied"):
        read_table(path)


def test_what_pandas_cannot_read_again_comes_as_arrow(tmp_path):
    forged = TABLE.replace_schema_metadata(
        {"pandas": '{"index_columns": ["nowhere"], "columns": [], "column_indexes": [{}]}'}
    )
    assert read_table(written(tmp_path / "t.parquet", parquet_bytes(forged))).equals(TABLE)


def test_a_time_zone_that_is_no_text_is_refused(tmp_path):
    stamps = pa.table({"t": pa.array([1, 2], pa.timestamp("us", "Europe/Berlin"))})
    path = tmp_path / "t.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, stamps.schema) as stream:
        stream.write_table(stamps)
    path.write_bytes(path.read_bytes().replace(b"Europe/Berlin", b"Europe/Berl\x80n"))
    with pytest.raises(DataError, match=r"t.arrow must be"):
        read_table(path)
