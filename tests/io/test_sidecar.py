"""Files of synthetic rows say so, in their metadata or beside them; files of real rows say nothing, whatever stood there before."""

from __future__ import annotations

import json
import zipfile

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.data.containers.origin import KEY, origin_of, with_origin
from synthgan.data.keys import TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.io import read_table, write_table
from synthgan.io.databases.stores import write_database
from synthgan.io.sidecar import origin_at, origin_of_source, place_beside
from synthgan.io.tableurls import read_url, write_url

ORIGIN = {"synthetic": True, "model": "ab" * 32, "privacy": None, "seed": 7, "where": ['name="*/ \' ü"']}
ROWS = pd.DataFrame({"age": [30, 41], "sex": ["F", "M"]})
ENDINGS = ("parquet", "parquet.gz", "arrow", "csv", "tsv", "csv.gz", "jsonl", "json", "xlsx", "sav", "dta", "xpt")
INSIDE = ("parquet", "parquet.gz", "arrow")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["pandas", "pyarrow", "polars"])
def test_a_file_of_every_format_says_where_its_rows_come_from(tmp_path, ending, kind):
    frames = {"pandas": ROWS, "pyarrow": pa.Table.from_pandas(ROWS), "polars": pl.from_pandas(ROWS)}
    path = tmp_path / f"made.{ending}"
    write_table(frames[kind], path, private=True, origin=ORIGIN)
    assert origin_at(path) == ORIGIN
    assert origin_of(read_table(path)) == ORIGIN
    beside = place_beside(path)
    assert beside.exists() == (ending not in INSIDE)
    if beside.exists():
        assert beside.name == f"made.{ending}.synthetic.json"
        assert beside.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_a_frame_carries_goes_into_its_file_and_real_rows_say_nothing(tmp_path, ending):
    path = tmp_path / f"made.{ending}"
    write_table(with_origin(ROWS, ORIGIN), path)
    assert origin_at(path) == ORIGIN
    write_table(read_table(path), path)
    assert origin_at(path) == ORIGIN, "a copy of synthetic rows is synthetic"
    write_table(ROWS, path)
    assert origin_at(path) is None
    assert origin_of(read_table(path)) is None
    assert not place_beside(path).exists()


def test_what_was_said_of_another_file_is_not_believed(tmp_path):
    path = tmp_path / "made.csv"
    write_table(ROWS, path, origin=ORIGIN)
    path.write_text("age,sex\n82,F\n")
    assert origin_at(path) is None
    assert origin_of(read_table(path)) is None


def test_a_zip_file_may_hold_a_table_with_its_mark_and_is_believed_of_this_table_alone(tmp_path):
    made, packed = tmp_path / "made.csv", tmp_path / "made.zip"
    write_table(pd.DataFrame({"n": [1, 2]}), made, origin=ORIGIN)
    for content, told in ((made.read_bytes(), ORIGIN), (b"n\n3\n", None)):
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("made.csv", content)
            archive.write(place_beside(made), "made.csv.synthetic.json")
        assert origin_at(packed) == told
        assert read_table(packed).column_names == ["n"]


def test_pandas_and_its_own_writer_hand_the_origin_on(tmp_path):
    made = with_origin(ROWS, ORIGIN)
    assert made.iloc[:1].attrs[KEY] == ORIGIN
    made.to_parquet(tmp_path / "made.parquet")
    assert origin_at(tmp_path / "made.parquet") == ORIGIN
    assert origin_of(read_table(tmp_path / "made.parquet")) == ORIGIN
    assert ROWS.attrs == {}


def test_folders_of_files_with_others_beside_them_are_read_as_tables(tmp_path):
    for name in ("a.csv", "b.csv"):
        write_table(ROWS, tmp_path / name, origin=ORIGIN)
    assert len(read_table(tmp_path)) == 4
    assert origin_at(tmp_path) == ORIGIN


@pytest.mark.parametrize("said", ["", "[]", "{", '{"synthetic": false}', '{"synthetic": 1}', "[" * 10_000, "\x00"])
def test_what_is_no_origin_says_nothing(tmp_path, said):
    path = tmp_path / "made.csv"
    ROWS.to_csv(path, index=False)
    place_beside(path).write_text(said)
    assert origin_at(path) is None
    assert len(read_table(path)) == 2
    forged = pa.Table.from_pandas(ROWS).replace_schema_metadata({KEY: said, "PANDAS_ATTRS": said})
    assert origin_of(forged) is None


def test_a_name_that_leaves_no_room_beside_it_is_written_where_rows_are_real(tmp_path):
    path = tmp_path / f"{'x' * 245}.csv"
    ROWS.to_csv(path, index=False)
    assert len(read_table(path)) == 2
    assert origin_at(path) is None


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_table_of_a_database_says_so_in_a_comment(tmp_path, kind):
    url = f"{kind}:///{tmp_path}/clinic.{kind}"
    write_url(pa.Table.from_pandas(ROWS), f"{url}?table=real")
    write_url(pa.Table.from_pandas(ROWS), f"{url}?table=made+(1)", ORIGIN)
    assert origin_of(read_url(f"{url}?table=real")) is None
    found = origin_of(read_url(f"{url}?table=made+(1)"))
    assert found["model"] == ORIGIN["model"]
    assert len(read_url(f"{url}?table=made+(1)")) == 2


@pytest.mark.parametrize("target", ["made.duckdb", "made.sqlite", "made/"])
def test_linked_tables_say_so(tmp_path, target):
    tables = {"a": with_origin(ROWS, ORIGIN), "b": with_origin(pl.from_pandas(ROWS), ORIGIN)}
    schema = DatabaseSchema({"a": TableKeys(), "b": TableKeys()})
    path = write_database(tables, schema, f"{tmp_path}/{target}", private=True, ending=".csv")
    assert origin_at(path / "a.csv" if path.is_dir() else path) == ORIGIN


def test_urls_and_frames_of_others_say_nothing():
    assert origin_of_source("s3://bucket/made.csv") is None
    assert origin_of_source(ROWS) is None
    assert origin_of_source(with_origin(ROWS, ORIGIN)) == ORIGIN
    assert json.loads(json.dumps(ORIGIN)) == ORIGIN
