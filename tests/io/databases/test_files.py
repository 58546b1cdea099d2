"""SQLite and DuckDB files and folders: what goes in comes out, with its keys, and what is none is refused."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers.linked_tables import keys_of, made_database, made_tables

from synthgan import Database, DataError, SchemaError
from synthgan.io.databases.stores import is_database, read_database
from synthgan.io.writers import write_table

ENDINGS = (".sqlite", ".duckdb", "")


@pytest.fixture(params=ENDINGS, ids=["SQLite", "DuckDB", "folder"])
def written(request, tmp_path):
    path = tmp_path / f"hospital{request.param}"
    made_database().write(path)
    return path


def _rows(frame):
    """The rows of a table in any order, as text: whole numbers and decimals whatever their type."""
    texts = frame.astype(object).where(frame.notna(), None)
    return sorted(
        str([str(value) if value is None else _plain(value) for value in row]) for row in texts.to_numpy().tolist()
    )


def _plain(value):
    if isinstance(value, dt.date):
        return str(pd.Timestamp(value))
    return float(value) if not isinstance(value, str) else value


def test_what_goes_in_comes_out(written):
    back = Database.read(written)
    for name, frame in made_tables().items():
        assert list(back.tables[name].columns) == list(frame.columns)
        assert _rows(back.tables[name]) == _rows(frame), name


def test_it_is_recognised(written):
    assert is_database(written)
    assert is_database(str(written))


@pytest.mark.parametrize("ending", ENDINGS[:2])
def test_keys_come_back_as_declared(tmp_path, ending):
    made_database().write(tmp_path / f"x{ending}")
    back = Database.read(tmp_path / f"x{ending}", unit="patients")
    assert keys_of(back) == keys_of(made_database())
    found_by = {key.found_by for keys in back.schema.tables.values() for key in keys.foreign_keys}
    assert found_by == {"declared"}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", ["an index", "polars", "Arrow"])
def test_tables_of_every_form_are_written(tmp_path, form, ending):
    plain = {"a": pd.DataFrame({"a_id": [1, 2], "x": [0.5, 1.5]}), "b": pd.DataFrame({"b_id": [7, 8], "a_id": [2, 2]})}
    forms = {
        "an index": lambda one: one.set_index(one.columns[0]),
        "polars": pl.from_pandas,
        "Arrow": pa.Table.from_pandas,
    }
    given = {name: forms[form](frame) for name, frame in plain.items()}
    database = Database(given)
    database.write(tmp_path / f"x{ending}")
    database.write(tmp_path / f"y{ending}", given)
    for name in "xy":
        back = Database.read(tmp_path / f"{name}{ending}").tables
        assert {name: _rows(frame) for name, frame in back.items()} == {
            name: _rows(frame) for name, frame in plain.items()
        }


def test_sqlite_finds_no_violation(tmp_path):
    made_database().write(tmp_path / "x.db")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert len(connection.execute("PRAGMA foreign_key_list(stays)").fetchall()) == 2
        with pytest.raises(sqlite3.IntegrityError):
            connection.executescript("PRAGMA foreign_keys = ON; INSERT INTO stays VALUES ('p-9', 1, NULL, NULL)")


def test_duckdb_keeps_the_keys(tmp_path):
    made_database().write(tmp_path / "x.duckdb")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection, pytest.raises(duckdb.ConstraintException):
        connection.execute("INSERT INTO stays VALUES ('p-9', 1, NULL, NULL)")


@pytest.mark.parametrize("ending", ENDINGS[:2])
def test_keys_that_do_not_hold_are_no_constraints(tmp_path, ending):
    database = made_database()
    tables = made_tables()
    tables["stays"].loc[0, "doctor"] = 99
    tables["patients"] = pd.concat([tables["patients"]] * 2)
    path = tmp_path / f"x{ending}"
    database.write(path, tables)
    stored = read_database(path)
    assert [key.table for key in stored.keys["stays"].foreign_keys] == []
    assert stored.keys.get("patients") is None
    assert len(stored.tables["patients"]) == 6


@pytest.mark.parametrize("ending", ENDINGS[:2])
def test_keys_are_of_one_type_on_both_sides(tmp_path, ending):
    tables = {
        "a": pd.DataFrame({"a_id": [1, 2]}),
        "b": pd.DataFrame({"a_id": [1.0, None]}),
        "c": pd.DataFrame({"a_id": [True, True]}),
    }
    database = Database(tables, foreign_keys={"c": {"a_id": "a"}})
    database.write(tmp_path / f"x{ending}")
    stored = read_database(tmp_path / f"x{ending}")
    assert str(stored.tables["b"].schema.field("a_id").type) == "int64"
    assert list(stored.keys) == ["a", "b", "c"]
    odd = {"a": tables["a"], "b": pd.DataFrame({"a_id": ["1", "x"]})}
    database.write(tmp_path / f"y{ending}", odd)
    assert list(read_database(tmp_path / f"y{ending}").keys) == ["a"]


def test_what_others_refer_to_beside_the_primary_key_is_unique(tmp_path):
    tables = {
        "items": pd.DataFrame({"row_id": [1, 2], "code": ["a", "b"]}),
        "events": pd.DataFrame({"code": ["b", "b", "a"]}),
    }
    database = Database(tables, primary_keys={"items": "row_id"}, foreign_keys={"events": {"code": "items.code"}})
    for ending in (".db", ".ddb"):
        database.write(tmp_path / f"x{ending}")
        assert [str(key) for key in read_database(tmp_path / f"x{ending}").keys["events"].foreign_keys] == [
            "code -> items.code"
        ]


def test_a_circle_can_be_written(tmp_path):
    tables = {
        "departments": pd.DataFrame({"department_id": [1, 2], "head": [1.0, None]}),
        "employees": pd.DataFrame({"employee_id": [1, 2, 3], "department_id": [1, 1, 2]}),
    }
    database = Database(tables).key("departments", "head").references("employees")
    database.write(tmp_path / "x.sqlite")
    assert keys_of(Database.read(tmp_path / "x.sqlite")) == keys_of(database)
    database.write(tmp_path / "x.duckdb")  # which can add no key later: the one that closes the circle is left out
    kept = Database.read(tmp_path / "x.duckdb", unit="departments")
    assert kept.owner("employees").table == "departments"


@pytest.mark.parametrize("buddies", [[2, 1, 1], [1, 1, 1]], ids=["each other", "themselves"])
def test_rows_that_refer_in_a_circle_come_into_duckdb_without_the_key(tmp_path, buddies):
    database = Database({"staff": pd.DataFrame({"staff_id": [1, 2, 3], "buddy": buddies})})
    database.key("staff", "buddy").references("staff").write(tmp_path / "x.duckdb")
    stored = read_database(tmp_path / "x.duckdb")
    assert len(stored.tables["staff"]) == 3


def test_a_long_chain_of_rows_comes_into_duckdb_without_the_key(tmp_path):
    for rows, kept in ((40, 1), (60, 0)):
        tables = {"visits": pd.DataFrame({"visit_id": range(rows), "previous": [None, *map(float, range(rows - 1))]})}
        database = Database(tables, foreign_keys={"visits": {"previous": "visits"}})
        database.write(tmp_path / f"{rows}.duckdb")
        stored = read_database(tmp_path / f"{rows}.duckdb")
        assert len(stored.keys["visits"].foreign_keys) == kept
        assert stored.tables["visits"].num_rows == rows


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".xlsx", ".jsonl.gz"])
def test_a_table_without_rows_may_be_in_a_folder(tmp_path, ending):
    tables = {"a": pd.DataFrame({"a_id": [1, 2]}), "none": pd.DataFrame({"a_id": pd.Series([], dtype="int64")})}
    (tmp_path / "in").mkdir()
    for name, frame in tables.items():
        write_table(frame, tmp_path / "in" / f"{name}{ending}")
    if ending.startswith(".jsonl"):  # a line a row: without rows nothing says what there was
        with pytest.raises(DataError):
            Database.read(tmp_path / "in")
        return
    assert {name: len(frame) for name, frame in Database.read(tmp_path / "in").tables.items()} == {"a": 2, "none": 0}


def test_sqlite_reads_types_as_declared_where_nothing_is_lost(tmp_path):
    path = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE t (flag BOOLEAN, odd BOOLEAN, day DATE, half DATE, at DATETIME, zoned TIMESTAMP, mix, blob BLOB);"
            "INSERT INTO t VALUES (1, 7, '2020-01-02', '2020-1-2', '2020-01-02 03:04:05', '2020-01-02 03:04:05+01:00', 1, x'00ff');"
            "INSERT INTO t VALUES (NULL, 0, NULL, NULL, NULL, NULL, 'a', NULL);"
            "CREATE VIEW v AS SELECT * FROM t; CREATE VIRTUAL TABLE f USING fts5(a);"
        )
    table = read_database(path).tables["t"]
    assert [str(field.type) for field in table.schema] == [
        "bool", "int64", "date32[day]", "string", "timestamp[us]", "string", "large_string", "binary",
    ]  # fmt: skip
    assert table.to_pylist()[0] == {
        "flag": True,
        "odd": 7,
        "day": dt.date(2020, 1, 2),
        "half": "2020-1-2",
        "at": dt.datetime(2020, 1, 2, 3, 4, 5),
        "zoned": "2020-01-02 03:04:05+01:00",
        "mix": "1",
        "blob": b"\x00\xff",
    }
    assert "v" not in read_database(path).tables


def test_sqlite_keys_without_columns_and_in_other_letters(tmp_path):
    path = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE Ward (id INTEGER PRIMARY KEY); CREATE TABLE bed (ward INTEGER REFERENCES WARD, out REFERENCES gone);"
            "INSERT INTO Ward VALUES (1); INSERT INTO bed VALUES (1, 5);"
        )
    (key,) = read_database(path).keys["bed"].foreign_keys
    assert (str(key), key.nullable) == ("ward -> Ward.id", True)


def test_large_sqlite_tables_are_read_in_parts_that_fit_together(tmp_path, monkeypatch):
    monkeypatch.setattr("synthgan.io.databases.sqlite._BATCH_ROWS", 2)
    path = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE t (a, b, c); CREATE TABLE none_there (a, b)")
        rows = [(1, None, 1), (2, None, 2), (2.5, 3, "x"), (None, 4, None)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        connection.commit()
    tables = read_database(path).tables
    assert tables["t"].to_pydict() == {"a": [1.0, 2.0, 2.5, None], "b": [None, None, 3, 4], "c": ["1", "2", "x", None]}
    assert tables["none_there"].column_names == ["a", "b"]


def test_duckdb_types_come_back(tmp_path):
    frame = pa.table(
        {
            "big": pa.array([2**63 + 5], pa.uint64()),
            "zoned": pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)], pa.timestamp("us", "UTC")),
            "exact": pa.array([1], pa.decimal128(10, 2)),
            "time": pa.array([dt.time(1, 2, 3)]),
            "level": pa.array(["x"]).dictionary_encode(),
        }
    )
    Database({"t": frame}).write(tmp_path / "x.duckdb")
    back = read_database(tmp_path / "x.duckdb").tables["t"]
    assert back.column("big").to_pylist() == [2**63 + 5]
    assert back.column("zoned").to_pylist() == frame.column("zoned").to_pylist()
    assert str(back.schema.field("exact").type) == "decimal128(10, 2)"
    assert back.column("time").to_pylist() == [dt.time(1, 2, 3)]
    assert back.column("level").to_pylist() == ["x"]


def test_duckdb_tables_of_other_schemas_are_called_by_both_names(tmp_path):
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute("CREATE SCHEMA ward; CREATE TABLE ward.p (id INTEGER PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE ward.q (p INTEGER NOT NULL REFERENCES ward.p (id)); CREATE TABLE p (x INTEGER)"
        )
    stored = read_database(tmp_path / "x.duckdb")
    assert sorted(stored.tables) == ["p", "ward.p", "ward.q"]
    (key,) = stored.keys["ward.q"].foreign_keys
    assert (key.table, key.nullable) == ("ward.p", False)


def test_a_folder_keeps_its_format(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, frame in made_tables().items():
        frame.to_csv(folder / f"{name}.csv.gz", index=False)
    (folder / "README.txt").write_text("no table")
    database = Database.read(folder)
    assert set(database.tables) == set(made_tables())
    database.write(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{name}.csv.gz" for name in sorted(database.tables)
    ]
    assert database.source.name == "in"


def test_parts_of_one_table_are_no_database(tmp_path):
    for name in ("men", "women"):
        pd.DataFrame({"age": [1, 2]}).to_csv(tmp_path / f"{name}.csv", index=False)
    assert not is_database(tmp_path)
    pd.DataFrame({"age": [1, 2]}).to_json(tmp_path / "more.json", orient="records")
    assert not is_database(tmp_path)
    pd.DataFrame({"sex": ["F"]}).to_csv(tmp_path / "other.csv", index=False)
    assert is_database(tmp_path)


def test_partitions_single_files_and_frames_are_no_database(tmp_path):
    (tmp_path / "year=2020").mkdir()
    pd.DataFrame({"age": [1, 2]}).to_parquet(tmp_path / "year=2020" / "a.parquet")
    assert not is_database(tmp_path)
    assert not is_database(tmp_path / "year=2020" / "a.parquet")
    assert not is_database(pd.DataFrame())


def test_nothing_is_left_where_writing_fails(tmp_path):
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"before")
    tables = {"t": pd.DataFrame({"a": pd.array([2**63 + 1], "uint64")})}
    with pytest.raises(DataError, match="must fit their keys"):
        Database(tables).write(path)
    assert path.read_bytes() == b"before"
    assert [left.name for left in tmp_path.iterdir()] == ["x.sqlite"]


def _empty_file(path):
    path.touch()
    return path


def _damaged(path, mark, at):
    path.write_bytes(b"\x00" * at + mark + b"\x01" * 5000)
    return path


REFUSED = {
    "an empty file": (lambda p: _empty_file(p / "x.db"), "must hold tables, however: it is empty"),
    "no file": (lambda p: p / "x.db", "must be a database, however: there is no such file"),
    "a file of something else": (
        lambda p: _damaged(p / "x.db", b"hello", 0),
        "must be a folder of tables, or a file of SQLite or DuckDB",
    ),
    "a damaged SQLite file": (
        lambda p: _damaged(p / "x.db", b"SQLite format 3\x00", 0),
        "must be a readable SQLite file",
    ),
    "a damaged DuckDB file": (lambda p: _damaged(p / "x.duckdb", b"DUCK", 8), "must be a readable DuckDB file"),
    "an empty folder": (lambda p: p, "must hold tables, however: found none"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_database_is_refused(tmp_path, make, message):
    with pytest.raises(DataError) as caught:
        Database.read(make(tmp_path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_without_tables_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.executescript("CREATE TABLE t (a); DROP TABLE t")
    with pytest.raises(DataError, match="must hold tables, however: found none"):
        Database.read(f"sqlite:///{tmp_path}/x.db")


def test_two_files_of_one_table_are_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_csv(tmp_path / "t.csv")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(
        DataError, match=r"must hold each table once, however: found 't.csv' and 't.parquet'; remove one"
    ):
        Database.read(tmp_path)


def test_a_table_that_no_file_can_be_called_after_is_refused(tmp_path):
    with pytest.raises(DataError, match="a table's name must be one that a file can have, however: found 'a/b'"):
        Database({"a/b": pd.DataFrame({"x": [1]})}).write(tmp_path / "out")


def test_a_table_of_another_name_is_not_written(tmp_path):
    with pytest.raises(SchemaError, match="found no 'staf'; did you mean 'staff'"):
        made_database().write(tmp_path / "x.db", {"staf": made_tables()["staff"]})


def test_urls_of_files_are_read_and_written(tmp_path):
    made_database().write(f"sqlite:///{tmp_path}/x.sqlite")
    assert keys_of(Database.read(f"sqlite:///{tmp_path}/x.sqlite", unit="patients")) == keys_of(made_database())
    made_database().write(f"duckdb:///{tmp_path}/x.duckdb")
    assert (tmp_path / "x.duckdb").exists()
