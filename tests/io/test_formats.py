"""The registry of formats: a new one is a reader, a writer and a line, and every command can read and write it."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.json
import pytest

from synthgan.data.rows import take
from synthgan.errors import DataError
from synthgan.io import formats
from synthgan.io.readers import read_table
from synthgan.io.writers import write_table
from synthgan_cli.__main__ import main

FRAME = pd.DataFrame({"age": [30, 41, 50], "sex": ["m", "f", None]})


def read_lines(path):
    """Reads JSON lines."""
    return pyarrow.json.read_json(path)


def write_lines(tables, path, _):
    """Writes JSON lines, and gives the number of rows."""
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        for table in tables:
            pl.from_arrow(table).write_ndjson(file)
            rows += len(table)
    return rows


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """One more line in the registry."""
    lines = formats.Format("JSON lines", (".lines", ".lns"), (b"{",), read_lines, write_lines)
    monkeypatch.setattr(formats, "FORMATS", [*formats.FORMATS, lines])


def test_a_new_format_is_written_and_read_again(tmp_path):
    path = tmp_path / "table.lines"
    assert write_table(iter([FRAME, take(FRAME, [0])]), path) == 4
    assert read_table(path).to_pydict() == {"age": [30, 41, 50, 30], "sex": ["m", "f", None, "m"]}
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_commands_take_a_new_format(tmp_path, people_model, capsys):
    drawn = tmp_path / "drawn.lns"
    assert main(["sample", str(people_model), "-n", "8", "--seed", "1", "-o", str(drawn)]) == 0
    assert main(["schema", str(drawn)]) == 0
    assert '"name": "hospital"' in capsys.readouterr().out
    assert len(read_table(drawn)) == 8


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("table.lines", b"a,b\n1,2\n", "must be JSON lines as its ending says, however: found text (CSV?)"),
        ("table.csv", b'{"a": 1}\n', "must be CSV as its ending says, however: found JSON lines"),
        ("table.lines", b'{"a": \n', "must be a readable .lines file, however: "),
        ("table.xls", b"", r"a table's file must end in one of .parquet, .pq, .csv, "),
    ],
)
def test_a_file_is_refused_by_a_new_format_as_by_the_others(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content or b"x")
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert message in str(caught.value)
    if name.endswith("xls"):
        assert ".lines, .lns" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_of_a_new_format_that_cannot_be_written_leaves_nothing(tmp_path):
    def batches():
        yield FRAME
        raise pa.ArrowInvalid("no more")

    with pytest.raises(pa.ArrowInvalid):
        write_table(batches(), tmp_path / "table.lines")
    assert not list(tmp_path.iterdir())
