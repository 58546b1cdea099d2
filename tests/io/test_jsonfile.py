"""JSON is read and written, a line or an object of a list for each row."""

from __future__ import annotations

import datetime as dt
import decimal
import json

import pyarrow as pa
import pytest
from helpers.files import written

from synthgan import DataError, PrivacyError, ResourceError, Schema
from synthgan.io.readers import read_plainly, read_table
from synthgan.io.writers import write_table

ROWS = [
    {"n": 1, "x": 2, "s": "a", "t": True, "day": "2020-01-01", "mix": 5, "none": None},
    {"n": 2, "x": 2.5, "s": "", "t": None, "day": "2020-01-02", "mix": "<5", "none": None},
    {"x": float("nan"), "s": "ä\n", "t": False, "day": None, "mix": 1.5, "none": None, "late": 7},
]
KINDS = {
    "n": "int64",
    "x": "double",
    "s": "string",
    "t": "bool",
    "day": "string",
    "mix": "string",
    "none": "null",
    "late": "int64",
}


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "json", "jsonl.gz", "json.xz", "json.zip"])
@pytest.mark.parametrize("indent", [None, 1])
def test_rows_are_read_and_written_again(tmp_path, ending, indent):
    text = "\n\n".join(map(json.dumps, ROWS)) if indent is None else json.dumps(ROWS, indent=indent)
    table = read_table(written(tmp_path / "t.json", "\ufeff" * (indent is None) + text))
    assert {field.name: str(field.type) for field in table.schema} == KINDS
    assert table["mix"].to_pylist() == ["5", "<5", "1.5"]
    assert table["x"].to_pylist() == [2, 2.5, None]
    assert write_table([table, table.slice(0, 1)], tmp_path / f"again.{ending}") == 4
    again = read_table(tmp_path / f"again.{ending}")
    assert again.slice(0, 3).equals(table)
    assert Schema.infer(again).source == {"format": "JSON", "columns": {"mix": {"mixed": True}}}


def test_marks_among_numbers_are_written_as_they_were(tmp_path):
    write_table(read_table(written(tmp_path / "t.jsonl", "\n".join(map(json.dumps, ROWS)))), tmp_path / "again.json")
    assert [row["mix"] for row in json.loads((tmp_path / "again.json").read_text())] == [5, "<5", 1.5]


def test_every_type_is_written(tmp_path):
    table = pa.table({
        "code": pa.array(["a", None]).dictionary_encode(), "d": [decimal.Decimal("2.50"), None], "t": [dt.time(8), None],
        "wait": pa.array([90, None], pa.duration("s")), "at": pa.array([dt.datetime(2020, 1, 1), None], pa.timestamp("us", "UTC")),
        "day": [dt.date(2020, 1, 1), None], "list": [[1, 2], None], "inf": [float("inf"), float("nan")],
    })  # fmt: skip
    write_table(table, tmp_path / "t.jsonl")
    assert json.loads((tmp_path / "t.jsonl").read_text().splitlines()[0]) == {
        "code": "a", "d": 2.5, "t": "08:00:00.000000", "wait": "PT90S", "at": "2020-01-01T00:00:00.000000Z", "day": "2020-01-01",
        "list": [1, 2], "inf": None,
    }  # fmt: skip
    assert set(json.loads((tmp_path / "t.jsonl").read_text().splitlines()[1]).values()) == {None}
    write_table(table.slice(0, 0), tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text()) == []


def test_whole_numbers_of_any_size_stay_what_they_are(tmp_path):
    table = read_table(written(tmp_path / "t.jsonl", '{"a": 9007199254740993, "b": 123456789012345678901}\n'))
    assert table.to_pylist() == [{"a": 2**53 + 1, "b": "123456789012345678901"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": \n', r"must be a readable \.json file, however: "),
        ('[{"a": 1}', r"must be a readable \.json file, however: "),
        ("[1, 2]", "each row must be an object of names and values, but one is a int"),
        ("[" * 100_000, r"must be a readable \.json file, however: "),
        ("[]", "must hold columns, however: found none"),
        (b"\x80\x04\x00", "must be JSON as its ending says, however: found something else"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_table(written(tmp_path / "t.json", content))
    assert "\n" not in str(caught.value)


def test_large_files_and_private_fits_are_refused(tmp_path):
    for text in ('{"a": 1}\n' * 3000, "[" + ",\n".join(['{"a": 1}'] * 9000) + "]"):
        with pytest.raises(ResourceError, match="must fit into 50 kB"):
            read_table(written(tmp_path / "t.json", text), memory="50kB")
    with pytest.raises(PrivacyError, match=r"of \.json files that is not known; convert it to Parquet"):
        read_plainly(tmp_path / "t.json", declared=True)
