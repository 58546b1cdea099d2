"""A real PostgreSQL: read in a transaction that cannot write, written with its keys, and no secret is told."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy
from helpers.linked_tables import keys_of, made_database, made_tables
from helpers.postgres import PASSWORD, binaries, server

from synthgan import Database, DataError
from synthgan.data.containers.origin import origin_of
from synthgan.io.databases.addresses import address_of
from synthgan.io.databases.onetable import with_query
from synthgan.io.databases.sql import _begin_reading, _connected
from synthgan.io.databases.stores import read_database
from synthgan.io.tableurls import check_free, read_url, write_url

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(binaries() is None, reason="PostgreSQL (initdb, pg_ctl) is not installed"),
]

HOSPITAL = """
CREATE TABLE patients (id serial PRIMARY KEY, sex char(1) NOT NULL, born date, uid uuid, notes jsonb, tags text[], photo bytea);
CREATE TABLE admissions (
  patient_id integer NOT NULL REFERENCES patients, number smallint NOT NULL, began timestamptz NOT NULL, cost numeric(10, 2),
  urgent boolean, before_patient integer, before_number smallint, PRIMARY KEY (patient_id, number),
  FOREIGN KEY (before_patient, before_number) REFERENCES admissions (patient_id, number));
CREATE TABLE "Lab Results" ("Id" bigint PRIMARY KEY, patient_id integer, number smallint, "value" real, at time, took interval,
  FOREIGN KEY (patient_id, number) REFERENCES admissions);
CREATE VIEW seen AS SELECT * FROM patients;
CREATE SCHEMA ward; CREATE TABLE ward.beds (bed integer PRIMARY KEY, patient_id integer REFERENCES patients);
INSERT INTO patients VALUES (1, 'F', '1950-01-01', '00000000-0000-0000-0000-000000000001', '{"a": 1}', '{x,y}', '\\x00ff');
INSERT INTO patients VALUES (2, 'M', NULL, NULL, NULL, NULL, NULL);
INSERT INTO admissions VALUES (1, 1, '2020-01-01 10:00+00', 12.50, true, NULL, NULL), (1, 2, '2021-01-01 10:00+00', NULL, NULL, 1, 1);
INSERT INTO "Lab Results" VALUES (9007199254740993, 1, 1, 1.5, '10:30', '2 days'), (7, NULL, NULL, 'NaN', NULL, NULL);
INSERT INTO ward.beds VALUES (5, 2);
CREATE ROLE reader LOGIN PASSWORD 'reader-secret';
GRANT SELECT ON patients, admissions TO reader;
"""


@pytest.fixture(scope="module")
def postgres():
    with server() as url:
        yield url


def _engine(url):
    return sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+pg8000:"), poolclass=sqlalchemy.NullPool)


def _execute(url, *statements):
    with _engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return [connection.execute(sqlalchemy.text(one.replace(":", "\\:"))) for one in statements]


@pytest.fixture(scope="module")
def hospital(postgres):
    _execute(f"{postgres}/postgres", "CREATE DATABASE hospital")
    _execute(f"{postgres}/hospital", *HOSPITAL.strip().removesuffix(";").split(";\n"))
    return f"{postgres}/hospital"


def test_tables_and_declared_keys_are_read(hospital):
    database = Database.read(hospital, unit="patients")
    assert keys_of(database) == {
        "Lab Results": (("Id",), ["patient_id, number -> admissions.patient_id, number"]),
        "admissions": (
            ("patient_id", "number"),
            [
                "before_patient, before_number -> admissions.patient_id, number",
                "patient_id -> patients.id",
            ],
        ),
        "patients": (("id",), []),
    }
    assert database.path("Lab Results") == ("Lab Results", "admissions", "patients")
    assert database.source.name == hospital.replace(f"owner:{PASSWORD}@", "")


def test_values_are_exact(hospital):
    tables = read_database(hospital).tables
    first, second = tables["patients"].to_pylist()
    assert (first["born"], first["uid"][-1], first["photo"]) == (dt.date(1950, 1, 1), "1", b"\x00\xff")
    assert json.loads(first["notes"]) == {"a": 1}
    assert json.loads(first["tags"]) == ["x", "y"]
    assert set(second.values()) == {2, "M", None}
    labs = tables["Lab Results"].to_pylist()
    assert (labs[0]["Id"], labs[0]["at"], labs[0]["took"]) == (2**53 + 1, dt.time(10, 30), dt.timedelta(days=2))
    stays = tables["admissions"].to_pylist()
    assert stays[0]["cost"] == Decimal("12.50")
    assert stays[0]["began"] == dt.datetime(2020, 1, 1, 10, tzinfo=dt.UTC)
    assert [stay["urgent"] for stay in stays] == [True, None]


def test_another_schema_is_named_in_the_url(hospital):
    assert list(read_database(f"{hospital}?schema=ward").tables) == ["beds"]


def test_what_is_read_cannot_be_written(hospital):
    with _engine(hospital).connect() as connection:
        _begin_reading(connection)
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="read-only transaction"):
            connection.execute(sqlalchemy.text("INSERT INTO ward.beds VALUES (6, 1)"))


def test_all_tables_are_of_one_moment(hospital):
    with _engine(hospital).connect() as connection:
        _begin_reading(connection)
        counted = "SELECT count(*) FROM ward.beds"
        before = connection.execute(sqlalchemy.text(counted)).scalar()
        _execute(hospital, "INSERT INTO ward.beds VALUES (70, 1)")
        assert connection.execute(sqlalchemy.text(counted)).scalar() == before
        _execute(hospital, "DELETE FROM ward.beds WHERE bed = 70")


def test_a_user_who_may_read_some_tables_is_told_which_not(hospital):
    url = hospital.replace(f"owner:{PASSWORD}", "reader:reader-secret")
    with pytest.raises(DataError, match="permission denied for table Lab Results") as caught:
        Database.read(url)
    assert "reader" not in str(caught.value)


def test_the_password_may_stand_in_a_variable(hospital, monkeypatch):
    url = hospital.replace(f":{PASSWORD}@", "@")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert "patients" in read_database(url).tables
    monkeypatch.setenv("PGPASSWORD", "wr0ng-one")
    with pytest.raises(DataError) as caught:
        Database.read(url)
    assert "wr0ng-one" not in str(caught.value)


def test_a_wrong_password_is_not_told(hospital):
    with pytest.raises(DataError) as caught:
        Database.read(hospital.replace(PASSWORD, "wr0ng-one") + "?application_name=hush-hush")
    text = f"{caught.value} {caught.value.__cause__!r}"
    assert "127.0.0.1" in text
    assert "password authentication failed" in text or "unexpected keyword" in text
    assert not any(secret in text for secret in ("wr0ng-one", "owner", "hush-hush"))


def test_tables_are_written_with_their_keys(postgres):
    _execute(f"{postgres}/postgres", "CREATE DATABASE written")
    made_database().write(f"{postgres}/written")
    back = Database.read(f"{postgres}/written", unit="patients")
    assert keys_of(back) == keys_of(made_database())
    for name, frame in made_tables().items():
        assert len(back.tables[name]) == len(frame)
    assert back.tables["doses"]["dose"].tolist() == made_tables()["doses"]["dose"].tolist()
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="violates foreign key constraint"):
        _execute(f"{postgres}/written", "INSERT INTO stays VALUES ('p-9', 1, NULL, NULL)")
    with pytest.raises(DataError, match="must not hold a table 'staff', however: it does"):
        made_database().write(f"{postgres}/written")


def _fill_twice(url):
    with _connected(address_of(url), url.replace(":", "+pg8000:", 1)) as connection:
        for statement in ("CREATE TABLE t (name text UNIQUE)", "INSERT INTO t VALUES ('Ann'), ('Ann')"):
            connection.execute(sqlalchemy.text(statement))


def test_values_of_rows_are_not_told(postgres):
    _execute(f"{postgres}/postgres", "CREATE DATABASE told")
    url = f"{postgres}/told"
    with pytest.raises(DataError) as caught:
        _fill_twice(url)
    assert "duplicate key value violates unique constraint" in str(caught.value)
    assert "Ann" not in f"{caught.value}{caught.value.__cause__}"


def test_all_or_nothing_is_written(postgres):
    _execute(f"{postgres}/postgres", "CREATE DATABASE nothing_there")
    tables = made_tables()
    tables["patients"]["weight"] = ["ok", "not \x00 this", "x"]  # a character that PostgreSQL cannot store
    with pytest.raises(DataError, match="must be a database that can be used"):
        made_database().write(f"{postgres}/nothing_there", tables)
    with pytest.raises(DataError, match="must hold tables, however: found none"):
        Database.read(f"{postgres}/nothing_there")


def test_a_schema_to_write_into_is_named_in_the_url(postgres):
    _execute(f"{postgres}/postgres", "CREATE DATABASE elsewhere")
    _execute(f"{postgres}/elsewhere", "CREATE SCHEMA synthetic")
    Database({"t": pd.DataFrame({"t_id": [1, 2]})}).write(f"{postgres}/elsewhere?schema=synthetic")
    assert list(read_database(f"{postgres}/elsewhere?schema=synthetic").tables) == ["t"]


def test_one_table_a_view_or_what_a_query_gives_is_read(hospital):
    assert read_url(f"{hospital}?table=admissions").column("number").to_pylist() == [1, 2]
    assert read_url(f"{hospital}?table=seen").num_rows == 2
    assert read_url(f"{hospital}?schema=ward&table=beds").to_pylist() == [{"bed": 5, "patient_id": 2}]
    assert read_url(f"{hospital}?table=Lab+Results").num_rows == 2
    asked = with_query(
        hospital, "SELECT sex, count(*) AS n FROM patients WHERE sex LIKE '%F%' AND '10:30' <> 'x' GROUP BY sex"
    )
    assert read_url(asked).to_pylist() == [{"sex": "F", "n": 1}]
    with pytest.raises(
        DataError, match="must hold the table 'admission', however: it does not; did you mean 'admissions'"
    ):
        read_url(f"{hospital}?table=admission")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; DROP TABLE patients",
        "SELECT 1) AS x; COMMIT; DELETE FROM patients; --",
        "WITH gone AS (DELETE FROM patients RETURNING *) SELECT * FROM gone",
        "SELECT nextval('patients_id_seq')",
        "SELECT * FROM nowhere",
    ],
)
def test_a_query_cannot_write_and_no_secret_is_told(hospital, query):
    with pytest.raises(DataError) as caught:
        read_url(with_query(hospital, query))
    assert PASSWORD not in str(caught.value)
    assert read_url(f"{hospital}?table=patients").num_rows == 2


def test_samples_are_written_beside_the_other_tables(postgres):
    _execute(f"{postgres}/postgres", "CREATE DATABASE written_one")
    url = f"{postgres}/written_one?table=made"
    made = pa.table({"age": [30, None], "sex": ["F", "M"], "seen": [dt.datetime(2020, 1, 1), None]})
    assert write_url([made, made], url, {"synthetic": True, "model": "it's \\ 100%"}) == 4
    assert origin_of(read_url(url)) == {"synthetic": True, "model": "it's \\ 100%"}
    assert read_url(url).column("sex").to_pylist() == ["F", "M"] * 2
    for refused in (lambda: write_url(made, url), lambda: check_free(url)):
        with pytest.raises(DataError, match="must not hold a table 'made'"):
            refused()
    check_free(url.replace("table=made", "table=another"))
    assert read_url(url).num_rows == 4
