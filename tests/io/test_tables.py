"""Tables of every kind are recognised, read from files and written to them, whole or not at all."""

from __future__ import annotations

import datetime as dt
import errno
import gzip
import io
import os
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest
from helpers.frame_strategies import pandas_frames
from hypothesis import given, reject, settings

from synthgan.data.rows import concat, number_of_rows, select, take
from synthgan.errors import DataError, ResourceError
from synthgan.io.readers import read_table
from synthgan.io.sources import as_frame
from synthgan.io.writers import write_csv, write_table

FRAME = pd.DataFrame({
    "age": pd.array([30, None, 50], "Int64"), "sex": pd.Categorical(["m", "f", None]), "score": [0.5, 1.5, np.nan],
    "seen": pd.to_datetime(["2020-01-01 10:00", None, "2021-01-01 11:00"]).as_unit("us").tz_localize("UTC"),
})  # fmt: skip
TABLE = pa.table({"age": [30, None, 50], "code": ["00123", "7", None]})


def written(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# ----------------------------------------------------------------------------------------------------------- any table


@pytest.mark.parametrize("data", [FRAME, pl.from_arrow(TABLE), TABLE])
def test_frames_are_taken_as_they_are(data):
    assert as_frame(data) is data


def test_paths_batches_and_streams_become_frames(tmp_path):
    path = tmp_path / "table.parquet"
    pyarrow.parquet.write_table(TABLE, path)
    assert as_frame(path).equals(TABLE)
    assert as_frame(str(path)).equals(TABLE)
    assert as_frame(TABLE.to_batches()[0]).equals(TABLE)

    class Stream:
        """What any library that speaks Arrow offers (PyCapsule interface)."""

        def __arrow_c_stream__(self, requested_schema=None):
            return TABLE.__arrow_c_stream__(requested_schema)

    assert as_frame(Stream()).equals(TABLE)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pl.LazyFrame({"x": [1]}), r"found a polars LazyFrame; call \.collect\(\) first"),
        (pl.Series([1]), r"found a Series \(one column\); call \.to_frame\(\) first"),
        (pd.Series([1]), r"found a Series \(one column\); call \.to_frame\(\) first"),
        (np.zeros((2, 2)), r"found a ndarray; wrap it: pandas\.DataFrame"),
        ([[1]], r"found a list; wrap it: pandas\.DataFrame"),
        ({"x": [1]}, r"found a dict; wrap it: pandas\.DataFrame"),
        (pa.array([1]), r"found a pyarrow .*Array \(one column\); wrap it: pyarrow\.table"),
        (7, "found int; pass a DataFrame, a pyarrow.Table or a path"),
        (None, "found NoneType; pass a DataFrame"),
    ],
)
def test_what_is_no_table_is_refused_with_the_remedy(data, message):
    with pytest.raises(
        DataError, match=f"a table must be a pandas, polars or pyarrow one, or a path, however: {message}"
    ):
        as_frame(data)


def test_a_broken_stream_is_refused():
    class Broken:
        def __arrow_c_stream__(self, requested_schema=None):
            raise ValueError("no data")

    with pytest.raises(DataError, match="found Broken"):
        as_frame(Broken())


@pytest.mark.parametrize(
    "frame", [FRAME, pl.from_pandas(FRAME), pa.Table.from_pandas(FRAME)], ids=["pandas", "polars", "pyarrow"]
)
def test_rows_and_columns_are_taken_and_joined(frame):
    assert number_of_rows(frame) == 3
    chosen = select(frame, ["score", "age"])
    assert list(getattr(chosen, "column_names", None) or chosen.columns) == ["score", "age"]
    again = take(frame, [2, 0, 0])
    assert type(again) is type(frame)
    assert pa.table(again)["age"].to_pylist() == [50, 30, 30]
    both = concat([frame, again])
    assert pa.table(both)["age"].to_pylist() == [30, None, 50, 50, 30, 30]
    if isinstance(frame, pd.DataFrame):
        assert both.dtypes.equals(frame.dtypes)
        assert list(both.index) == list(range(6))
    with pytest.raises(DataError, match="column 'height' must be in the table, however: found 'age', 'sex'"):
        select(frame, ["height"])


def test_only_frames_of_one_container_are_joined():
    with pytest.raises(DataError, match="found pandas, pyarrow"):
        concat([FRAME, TABLE])
    with pytest.raises(DataError, match="found none"):
        concat([])


# -------------------------------------------------------------------------------------------------------------- reading


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


def csv_column(tmp_path, cells):
    table = read_table(
        written(tmp_path / "table.csv", "x,row\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate(cells)))
    )
    return table["x"].type, table["x"].to_pylist()


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", ""], "int64", [1, -2, None]),
        (["1", "NA", "?"], "int64", [1, None, None]),
        (["1.5", "2", "1e3"], "double", [1.5, 2, 1000]),
        (["0", "0.5", "10"], "double", [0, 0.5, 10]),
        (["00123", "7", ""], "string", ["00123", "7", None]),
        (["-05", "7"], "string", ["-05", "7"]),
        (["12345678901234567890", "1"], "string", ["12345678901234567890", "1"]),
        (["250.83", "V45"], "string", ["250.83", "V45"]),
        (["1", "None", "x"], "string", ["1", "None", "x"]),
        (["NA", "None"], "string", ["NA", "None"]),
        (["True", "FALSE", "NA"], "bool", [True, False, None]),
        (["2020-02-29", "NaN"], "date32[day]", [dt.date(2020, 2, 29), None]),
        (
            ["2020-02-29 10:00:00", "2020-02-28"],
            "timestamp[us]",
            [dt.datetime(2020, 2, 29, 10), dt.datetime(2020, 2, 28)],
        ),
        (["2020-02-29T10:00:00.000000001"], "timestamp[ns]", None),
        (["2020-02-29T10:00:00Z", ""], "timestamp[us, tz=UTC]", [dt.datetime(2020, 2, 29, 10, tzinfo=dt.UTC), None]),
        (["01/02/2020", "03/04/2020"], "string", ["01/02/2020", "03/04/2020"]),
        (["inf", "1"], "string", ["inf", "1"]),
        (["", ""], "null", [None, None]),
        (['""', "a", ""], "string", ["", "a", None]),
        (['"a, ""b""\nc"', "ä"], "string", ['a, "b"\nc', "ä"]),
    ],
)
def test_csv_cells_get_the_narrowest_type_that_fits_all(tmp_path, cells, kind, values):
    found, read = csv_column(tmp_path, cells)
    assert str(found) == kind
    assert values is None or read == values


def test_a_late_code_does_not_break_a_long_column(tmp_path):
    kind, values = csv_column(tmp_path, [*range(300_000), "V45"])
    assert kind == pa.string()
    assert values[-2:] == ["299999", "V45"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_what_parts_the_cells_is_found(tmp_path, mark):
    text = f'"a,b;c"{mark}d\n1{mark}2\n'
    assert read_table(written(tmp_path / "table.csv", text)).to_pydict() == {"a,b;c": [1], "d": [2]}


def test_tabs_part_the_cells_of_tsv_and_gzip_is_opened(tmp_path):
    assert read_table(written(tmp_path / "t.tsv", "a,b\tc\n1\t2\n")).to_pydict() == {"a,b": [1], "c": [2]}
    assert read_table(written(tmp_path / "t.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0))).to_pydict() == {
        "a": [1],
        "b": [2],
    }
    assert read_table(written(tmp_path / "bom.csv", "\ufeffa,b\r\n1,2\r\n")).to_pydict() == {"a": [1], "b": [2]}


def parquet_bytes(table=TABLE):
    stream = io.BytesIO()
    pyarrow.parquet.write_table(table, stream)
    return stream.getvalue()


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
        ("t.csv", "a,b\nä,1\n".encode("latin-1"), "must be a readable .csv file, however: .*UTF8"),
        ("t.csv", b"a,b\n", "must hold rows, however: found none"),
        ("t.csv", b"a,a\n1,2\n", "must have columns of different names, however: found 'a' twice"),
        ("t.parquet", parquet_bytes(TWINS), "must have columns of different names, however: found 'x' twice"),
        ("t.parquet", parquet_bytes(TABLE.slice(0, 0)), "must hold rows, however: found none"),
        ("t.parquet", parquet_bytes(pa.table({})), "must hold columns, however: found none"),
        ("t.xlsx", b"PK\x03\x04", "a table's file must end in one of .parquet, .*, however: found 't.xlsx'"),
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
        with pytest.raises(DataError, match="must be a file to read, however: found a folder; name a file in it"):
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


# -------------------------------------------------------------------------------------------------------------- writing

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


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_types_widen_when_a_later_batch_needs_it(tmp_path, ending):
    batches = [
        pd.DataFrame({"note": pd.Series([None, None], dtype=object), "price": [Decimal("0.5"), None], "n": [1, 2]}),
        pd.DataFrame({"note": pd.Series(["a", None], dtype=object), "price": [Decimal("100.25"), None], "n": [3, 4]}),
        pd.DataFrame({"note": pd.Series([None], dtype=object), "price": [Decimal(7)], "n": [5]}),
    ]
    path = tmp_path / f"t.{ending}"
    assert write_table(batches, path) == 5
    assert pa.table(read_table(path)).to_pydict() == {
        "note": [None, None, "a", None, None], "price": [Decimal("0.50"), None, Decimal("100.25"), None, Decimal("7.00")],
        "n": [1, 2, 3, 4, 5],
    }  # fmt: skip
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_the_levels_of_arrow_files_grow(tmp_path):
    batches = [pa.table({"x": pa.array(values).dictionary_encode()}) for values in (["a", "b"], ["c", "a"], ["b"])]
    write_table(batches, tmp_path / "t.arrow")
    assert read_table(tmp_path / "t.arrow")["x"].to_pylist() == ["a", "b", "c", "a", "b"]


def test_keys_of_uuid_objects_are_written(tmp_path):
    keys = [uuid.UUID(int=1), None]
    frame = pd.DataFrame({"key": pd.Series(keys, dtype=object), 0: pd.Series(keys, dtype=object), "n": [1, 2]})
    write_table(frame[["key", "n"]], tmp_path / "t.parquet")
    again = read_table(tmp_path / "t.parquet")["key"]
    assert str(again[0]) == str(keys[0])
    assert pd.isna(again[1])
    assert frame["key"][0] is keys[0]


def test_csv_spells_everything_out():
    table = pa.table({
        "code": pa.array(["a", None]).dictionary_encode(), "text": ["", "x,y"], "wait": pa.array([90, None], pa.duration("s")),
        "clock": pa.array([dt.time(8, 30), None]), "half": pa.array([np.float16(0.5), None], pa.float16()), "n": [1, None],
    })  # fmt: skip
    stream = io.BytesIO()
    assert write_csv([table, table.slice(0, 1)], stream) == 3
    assert stream.getvalue().decode().splitlines() == [
        '"code","text","wait","clock","half","n"',
        '"a","","PT90S","08:30:00.000000",0.5,1',
        ',"x,y",,,,',
        '"a","","PT90S","08:30:00.000000",0.5,1',
    ]
    assert not stream.closed


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


def test_a_real_full_disk_is_said():
    """Linux has a device that is always full."""
    if not os.path.exists("/dev/full"):  # noqa: PTH110 (a device, not a path of ours)
        pytest.skip("no /dev/full here")
    with pytest.raises(OSError, match="No space left"), open("/dev/full", "wb", buffering=0) as stream:  # noqa: PTH123
        write_csv(TABLE, stream)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere/t.csv", "must be a place to write, however: there is no folder .*nowhere; make it first"),
        ("folder.csv", "must be a file to write, however: found a folder; name a file in it"),
        ("t.csv/t.csv", "must be a place to write, however: not a directory; name another"),
        ("t.txt", "a table's file must end in one of .parquet, .*, however: found 't.txt'"),
        ("a\0b.csv", "must be a place to write, however: embedded null byte; name another"),
        ("x" * 300 + ".csv", "must be a place to write, however: file name too long"),
    ],
)
def test_places_that_cannot_be_written_are_refused(tmp_path, place, message):
    (tmp_path / "folder.csv").mkdir()
    written(tmp_path / "t.csv", "a\n1\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=message):
        write_table(TABLE, tmp_path / place)
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


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"y": [1]}, r"batches must have the same columns, however: found \['y'\] after \['x'\]"),
        ({"x": [[1]]}, "batches must have types that fit together, however: "),
    ],
)
def test_batches_that_do_not_fit_together_are_refused(tmp_path, second, message):
    with pytest.raises(DataError, match=message):
        write_table([pa.table({"x": [1]}), pa.table(second)], tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


def test_the_file_has_the_rights_of_any_new_file(tmp_path):
    write_table(TABLE, tmp_path / "t.csv")
    ordinary = written(tmp_path / "ordinary", "")
    assert (tmp_path / "t.csv").stat().st_mode == ordinary.stat().st_mode
