"""CSV cells get the narrowest type that fits a whole column, and are written out."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest
from helpers.files import TABLE, written

from synthgan.io.readers import read_table
from synthgan.io.writers import write_csv, write_table


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


@pytest.mark.parametrize(
    ("cells", "again"),
    [
        (["TRUE", "FALSE", "", "TRUE"], ['"TRUE"', '"FALSE"', "", '"TRUE"']),
        (["True", "NA", "False"], ['"True"', "", '"False"']),
        (["TRUE"] * 3, ['"TRUE"'] * 3),
        (["true", "false"], ["true", "false"]),
        (["TRUE", "false"], ["true", "false"]),
    ],
)
def test_what_is_true_is_so_in_the_words_of_the_file(tmp_path, cells, again):
    (tmp_path / "a.csv").write_text("x,b\n" + "".join(f"{row},{cell}\n" for row, cell in enumerate(cells)))
    table = read_table(tmp_path / "a.csv")
    assert table["b"].type == pa.bool_()
    write_table(table, tmp_path / "b.csv")
    lines = (tmp_path / "b.csv").read_text().splitlines()[1:]
    assert [line.partition(",")[2] for line in lines] == again
    assert read_table(tmp_path / "b.csv")["b"].equals(table["b"])


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


def test_a_real_full_disk_is_said():
    """Linux has a device that is always full."""
    if not os.path.exists("/dev/full"):  # noqa: PTH110 (a device, not a path of ours)
        pytest.skip("no /dev/full here")
    with pytest.raises(OSError, match="No space left"), open("/dev/full", "wb", buffering=0) as stream:  # noqa: PTH123
        write_csv(TABLE, stream)
