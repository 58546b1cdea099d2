"""Files read in types that no row chooses, their heads read alone, and codebooks."""

from __future__ import annotations

import gzip
import json

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from synthgan import Schema
from synthgan.errors import DataError, PrivacyError, SchemaError
from synthgan.io import formats
from synthgan.io.codebook import read_codebook
from synthgan.io.readers import head_of, read_plainly
from synthgan.io.sources import as_private_frame


@pytest.mark.parametrize("content", ["n,flag\n1,true\n", "n,flag\n1,true\n43.5,maybe\n", "n,flag\n", "n,flag\n007,\n"])
def test_cells_of_csv_stay_text_whatever_they_are(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_text(content)
    table = read_plainly(path, declared=True)
    assert table.schema == pa.schema([("n", pa.string()), ("flag", pa.string())])
    assert len(table) == content.count("\n") - 1
    with pytest.raises(
        PrivacyError, match=r"must come with a schema under epsilon.*\.csv files say no types; declare its columns"
    ):
        read_plainly(path, declared=False)


@pytest.mark.parametrize("cell", [1, None])
def test_a_gap_changes_no_type_of_a_parquet_file(tmp_path, cell):
    """pandas' own reading would make a float, or an object, of a whole number or a truth with a gap."""
    table = pa.table({"n": pa.array([1, cell], pa.int64()), "flag": pa.array([True, cell and True], pa.bool_())})
    written = pd.DataFrame({"n": [1], "flag": [True]}, index=pd.Index([5]))
    metadata = pa.Table.from_pandas(written).schema.metadata
    indexed = table.append_column("__index_level_0__", pa.array([5, 6])).replace_schema_metadata(metadata)
    path = tmp_path / "t.parquet"
    pa.parquet.write_table(indexed, path)
    read = read_plainly(path, declared=False)
    assert read.schema == table.schema
    assert head_of(path) == (table.schema, True)
    assert read.equals(table)


def test_heads_are_read_without_rows(tmp_path):
    table = pa.table({"n": [1], "s": ["x"]})
    pa.feather.write_feather(table, tmp_path / "t.arrow", "uncompressed")
    assert head_of(tmp_path / "t.arrow") == (table.schema, True)
    with pa.ipc.new_stream(tmp_path / "s.arrow", table.schema) as writer:
        writer.write_table(table)
    assert head_of(tmp_path / "s.arrow") == (table.schema, True)
    text = pa.schema([("n", pa.string()), ("a\nb", pa.string())])
    for name, content in (
        ("t.csv", 'n,"a\nb"\n"'),
        ("u.csv", '\n\nn;"a\nb"'),
        ("v.tsv", 'n\t"a\nb"\r\n1\n1\t2\t3\n'),
    ):
        (tmp_path / name).write_text(content)
        assert head_of(tmp_path / name) == (text, False)
    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write('n,"a\nb"\n1,2\n')
    assert head_of(tmp_path / "t.csv.gz") == (text, False)


def test_heads_that_cannot_be_used_are_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,a\n1,2\n")
    with pytest.raises(DataError, match="found 'a' twice"):
        head_of(tmp_path / "t.csv")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match=r"must be a readable \.parquet file"):
        head_of(tmp_path / "t.parquet")


def test_a_format_that_does_not_say_how_is_not_read_under_epsilon(tmp_path, monkeypatch):
    lines = formats.Format("JSON lines", (".lines",), (b"{",), lambda _: None, lambda *_: 0)
    monkeypatch.setattr(formats, "FORMATS", [*formats.FORMATS, lines])
    (tmp_path / "t.lines").write_text("{}")
    with pytest.raises(PrivacyError, match="must be of a format whose types no row chooses"):
        read_plainly(tmp_path / "t.lines", declared=True)


def test_private_sources_are_paths_or_frames(tmp_path):
    frame = pd.DataFrame({"a": [1]})
    assert as_private_frame(frame, None) is frame
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert as_private_frame(tmp_path / "t.csv", Schema.infer(pa.table({"a": ["x", "x"]}))).to_pydict() == {"a": ["1"]}


SAID = [{"name": "age", "kind": "integer", "maximum": "120"}, {"name": "sex", "levels": "F|M"}]


def test_codebooks_are_tables_or_json(tmp_path):
    pd.DataFrame(SAID).to_csv(tmp_path / "c.csv", index=False)
    assert read_codebook(tmp_path / "c.csv") == SAID
    (tmp_path / "c.json").write_text(json.dumps(SAID))
    assert read_codebook(tmp_path / "c.json") == SAID
    (tmp_path / "c.json").write_text(json.dumps({"age": {"kind": "integer"}}))
    assert read_codebook(tmp_path / "c.json") == [{"name": "age", "kind": "integer"}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.csv", "column,kind\nage,integer\n", "must have a column 'name', however: found column, kind"),
        ("c.json", "{", "a codebook must be JSON"),
        ("c.json", "[1]", "must be a list of objects with a name each"),
        ("c.json", '{"age": 1}', "must be a list of objects with a name each"),
    ],
)
def test_what_is_no_codebook_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(SchemaError, match=message):
        read_codebook(tmp_path / name)
    with pytest.raises(SchemaError, match="cannot be read"):
        read_codebook(tmp_path / "none.json")
