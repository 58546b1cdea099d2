"""Tables are written to files of every format, whole or not at all."""

from __future__ import annotations

import datetime as dt
import errno
import io
import os
import uuid

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest
from helpers.files import FRAME, TABLE, written
from helpers.frame_strategies import pandas_frames
from hypothesis import given, reject, settings

from synthgan.data.rows import take
from synthgan.errors import DataError, ResourceError
from synthgan.io.readers import read_table
from synthgan.io.writers import write_csv, write_table

ENDINGS = ["parquet", "pq", "csv", "csv.gz", "tsv", "tsv.gz", "arrow", "feather", "ipc"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "frame", [FRAME, pl.from_pandas(FRAME), pa.Table.from_pandas(FRAME)], ids=["pandas", "polars", "pyarrow"]
)
def test_batches_are_written_and_read_again(tmp_path, ending, frame):
    path = tmp_path / f"table.{ending}"
    assert write_table(iter([frame, take(frame, [0])]), path) == 4
    again = pa.table(read_table(path))
    assert again.column_names == ["age", "sex", "score", "seen"]
    assert again["age"].to_pylist() == [30, None, 50, 30]
    assert again["sex"].to_pylist() == ["m", "f", None, "m"]
    assert again["seen"].to_pylist()[0] == dt.datetime(2020, 1, 1, 10, tzinfo=dt.UTC)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@settings(max_examples=40, deadline=None)
@given(pandas_frames())
def test_pandas_frames_are_written_as_pandas_would(tmp_path_factory, frame):
    folder = tmp_path_factory.mktemp("parquet")
    try:
        frame.to_parquet(folder / "pandas.parquet")
    except pa.ArrowException:  # objects that an older Arrow does not know (UUIDs)
        reject()
    assert write_table(frame, folder / "ours.parquet") == len(frame)
    ours, theirs = (read_table(folder / f"{name}.parquet") for name in ("ours", "pandas"))
    assert type(ours) is type(theirs)
    if isinstance(ours, pd.DataFrame):
        pd.testing.assert_frame_equal(ours, theirs)
        pd.testing.assert_frame_equal(ours, pd.read_parquet(folder / "pandas.parquet"))
    else:
        assert ours.schema == theirs.schema
        assert str(ours.to_pylist()) == str(theirs.to_pylist())  # as text, NaN equals NaN


def test_a_frame_is_one_batch_and_keeps_its_row_groups(tmp_path):
    write_table([TABLE, TABLE], tmp_path / "t.parquet")
    assert pyarrow.parquet.ParquetFile(tmp_path / "t.parquet").num_row_groups == 2
    assert write_table(TABLE, tmp_path / "t.parquet") == 3


def test_keys_of_uuid_objects_are_written(tmp_path):
    keys = [uuid.UUID(int=1), None]
    frame = pd.DataFrame({"key": pd.Series(keys, dtype=object), 0: pd.Series(keys, dtype=object), "n": [1, 2]})
    write_table(frame[["key", "n"]], tmp_path / "t.parquet")
    again = read_table(tmp_path / "t.parquet")["key"]
    assert str(again[0]) == str(keys[0])
    assert pd.isna(again[1])
    assert frame["key"][0] is keys[0]


def test_empty_batches_are_written(tmp_path):
    table = pa.table({"wait": pa.array([], pa.duration("s")), "code": pa.array([], pa.string()).dictionary_encode()})
    assert write_table([table, table], tmp_path / "t.parquet") == 0
    assert write_csv(table, io.BytesIO()) == 0


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(TABLE, path)

    def failing(error):
        yield TABLE
        assert read_table(path).num_rows == 3
        raise error

    for error in (KeyboardInterrupt(), RuntimeError("x"), DataError("x")):
        with pytest.raises(type(error)):
            write_table(failing(error), path)
        assert [entry.name for entry in tmp_path.iterdir()] == ["t.parquet"]
        assert read_table(path).num_rows == 3


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_said_and_nothing_is_left(tmp_path, ending, code):
    def full():
        yield TABLE
        raise OSError(code, os.strerror(code))

    with pytest.raises(ResourceError, match="must fit on the disk, however: the disk is full"):
        write_table(full(), tmp_path / f"t.{ending}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("nowhere/t.csv", "must be a place to write, however: there is no folder .*nowhere; make it first"),
        ("folder.csv", "must be a file to write, however: found a folder; name a file in it"),
        ("t.csv/t.csv", "must be a place to write, however: not a directory; name another"),
        ("t.txt", "a table's file must end in one of .parquet, .*, however: found 't.txt'"),
        ("a\0b.csv", "must be a place to write, however: embedded null byte; name another"),
        ("x" * 300 + ".csv", "must be a place to write, however: file name too long"),
    ],
)
def test_places_that_cannot_be_written_are_refused(tmp_path, index, message):
    (tmp_path / "folder.csv").mkdir()
    written(tmp_path / "t.csv", "a\n1\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=message):
        write_table(TABLE, tmp_path / index)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow"])
@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([], "a table to write must have one batch or more, however: found none"),
        ([7], "a table to write must be a pandas, polars or pyarrow one, however: found int"),
        (
            [pd.DataFrame({"x": pd.Series([1, "a"], dtype=object)})],
            "a table to write must be such as Arrow can hold, however: ",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, ending, batches, message):
    with pytest.raises(DataError, match=message):
        write_table(batches, tmp_path / f"t.{ending}")
    assert not list(tmp_path.iterdir())


def test_the_file_has_the_rights_of_any_new_file(tmp_path):
    write_table(TABLE, tmp_path / "t.csv")
    ordinary = written(tmp_path / "ordinary", "")
    assert (tmp_path / "t.csv").stat().st_mode == ordinary.stat().st_mode
