"""One table behind a URL is read and written like a file, nothing else is touched, and no secret is told."""

from __future__ import annotations

import sqlite3

import duckdb
import fsspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan import Chains, Synthesizer
from synthgan.errors import DataError, PrivacyError
from synthgan.io.databases.onetable import OneTable, with_query
from synthgan.io.sources import as_frame, as_private_frame
from synthgan.io.tableurls import is_table_url, read_url, stem_of, write_url

VISITS = pd.DataFrame(
    {"age": [30, 41, 52] * 20, "sex": ["F", "M", None] * 20, "seen": pd.date_range("2020-01-01", periods=60)}
)
SECRET = "s3cret-of-nobody"  # noqa: S105 (of no store)


@pytest.fixture(params=["duckdb", "sqlite"])
def url(request, tmp_path):
    path = tmp_path / f"clinic.{request.param}"
    frame = pa.Table.from_pandas(VISITS, preserve_index=False)
    write_url(frame, f"{request.param}:///{path}?table=visits")
    write_url(frame.slice(0, 5), f"{request.param}:///{path}?table=few+rows")
    return f"{request.param}:///{path}"


def test_a_table_comes_back_as_it_went_in_and_the_others_stay(url):
    found = read_url(f"{url}?table=visits").to_pandas()
    assert found.age.tolist() == VISITS.age.tolist()
    assert found.sex.isna().sum() == 20
    assert pd.to_datetime(found.seen).tolist() == VISITS.seen.tolist()
    assert len(read_url(f"{url}?table=few%20rows")) == 5


def test_what_a_query_gives_is_read(url):
    asked = with_query(
        url, "SELECT sex, count(*) AS n, max(age) AS oldest FROM visits WHERE age > 30 GROUP BY sex ORDER BY sex;"
    )
    assert sorted(map(tuple, pl.from_arrow(read_url(asked)).rows()), key=str) == [("M", 20, 41), (None, 20, 52)]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM visits",
        "SELECT 1; DROP TABLE visits",
        "SELECT 1) AS x; DROP TABLE visits; --",
        "WITH gone AS (DELETE FROM visits RETURNING *) SELECT * FROM gone",
        "ATTACH 'other.db' AS other",
    ],
)
def test_a_query_cannot_write(url, query):
    with pytest.raises(DataError):
        read_url(with_query(url, query))
    assert len(read_url(f"{url}?table=visits")) == 60


def test_a_query_reads_no_other_file(url, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(DataError):
        read_url(with_query(url, f"SELECT * FROM '{tmp_path}/secret.csv'"))  # noqa: S608 (what is tried)


def test_a_table_that_is_there_is_not_replaced(url):
    with pytest.raises(
        DataError, match="must not hold a table 'visits', however: it does; drop it, or name another table"
    ):
        write_url(pa.table({"x": [1]}), f"{url}?table=visits")
    assert len(read_url(f"{url}?table=visits")) == 60


def test_a_new_file_that_could_not_be_filled_is_not_left_behind(tmp_path):
    with pytest.raises(DataError):
        write_url(pa.table({"x": pa.array([2**64 - 1], pa.uint64())}), f"sqlite:///{tmp_path}/new.sqlite?table=t")
    assert not (tmp_path / "new.sqlite").exists()


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("?table=visit", "must hold the table 'visit', however: it does not; did you mean 'visits'"),
        ("?table=", "name of a table, however: it is empty"),
        ("?table=a&query=SELECT+1", "a table or a query, however: both were given"),
        ("?query=DROP+TABLE+visits", "a query must begin with SELECT or WITH"),
        ("?query=SELECT+*+FROM+visits+WHERE+age+%3E+99", "must hold rows, however: found none"),
        ("", "must name one table, however: it is a whole database; add .table=NAME"),
    ],
)
def test_what_names_no_table_is_refused_in_one_line(url, ending, words):
    with pytest.raises(DataError, match=words):
        as_frame(f"{url}{ending}")


def test_a_query_is_no_place_to_write(url):
    with pytest.raises(DataError, match="it is a query"):
        write_url(pa.table({"x": [1]}), with_query(url, "SELECT 1"))


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_file_that_is_none_is_refused(tmp_path, kind):
    with pytest.raises(DataError, match="there is no such file"):
        read_url(f"{kind}:///{tmp_path}/none.db?table=x")
    (tmp_path / "text.db").write_text("no database at all, but text")
    with pytest.raises(DataError, match="must be such as can be read"):
        read_url(f"{kind}:///{tmp_path}/text.db?table=x")
    with pytest.raises(DataError, match="must be such as can be written"):
        write_url(pa.table({"x": [1]}), f"{kind}:///{tmp_path}/text.db?table=x")
    assert (tmp_path / "text.db").read_text() == "no database at all, but text"


def test_a_synthesizer_learns_a_table_where_it_lives(url):
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), check=False).fit(f"{url}?table=visits")
    made = synthesizer.sample(7, seed=1)
    assert isinstance(made, pa.Table)
    assert write_url(made, f"{url}?table=made") == 7
    assert set(pl.from_arrow(read_url(f"{url}?table=made"))["sex"]) <= {"F", "M", None}


def test_only_types_that_no_row_chose_are_learned_privately(url):
    if url.startswith("duckdb"):
        assert len(as_private_frame(f"{url}?table=visits", None)) == 60
    else:
        with pytest.raises(PrivacyError, match="write it to a Parquet file, or to DuckDB"):
            as_private_frame(f"{url}?table=visits", None)


def test_files_in_a_store_are_read_and_written_whole():
    with fsspec.open("memory://clinic/visits.csv", "w") as file:
        VISITS.to_csv(file, index=False)
    assert read_url("memory://clinic/visits.csv").column("age").to_pylist() == VISITS.age.tolist()
    assert write_url([VISITS, VISITS], "memory://clinic/made.parquet") == 120
    assert len(as_frame("memory://clinic/made.parquet")) == 120
    with pytest.raises(PrivacyError, match=r"memory://clinic/visits.csv must come with a schema"):
        as_private_frame("memory://clinic/visits.csv", None)
    assert len(as_private_frame("memory://clinic/made.parquet", None)) == 120
    with pytest.raises(DataError, match="the output must be new"):
        write_url(VISITS, "memory://clinic/made.parquet")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("memory://clinic/none.csv", "must be a file that can be reached"),
        ("memory://clinic", "ends in no format"),
        ("memory://clinic/bad.parquet", "memory://clinic/bad.parquet must be Parquet as its ending says"),
        ("ftp://127.0.0.1:1/visits.csv", "must be a file that can be reached"),
    ],
)
def test_what_cannot_be_fetched_is_refused_by_its_own_name(name, words):
    with fsspec.open("memory://clinic/bad.parquet", "wb") as file:
        file.write(b"no table at all")
    with pytest.raises(DataError, match=words) as caught:
        read_url(name)
    assert "/tmp" not in str(caught.value)  # noqa: S108 (our copy is nobody's business)


def test_no_secret_of_a_url_is_told():
    class Telling(fsspec.AbstractFileSystem):
        protocol = "sftp"

        def _open(self, path, mode="rb", **options):
            raise RuntimeError(f"cannot open {path} as ann:{SECRET} with key={SECRET}")

    fsspec.register_implementation("sftp", Telling, clobber=True)
    with pytest.raises(DataError) as caught:
        read_url(f"sftp://ann:{SECRET}@host/visits.csv?key={SECRET}")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_store_without_its_package_says_what_to_install(monkeypatch):
    def missing(*_, **__):
        raise ModuleNotFoundError("No module named 's3fs'", name="s3fs")

    monkeypatch.setattr(fsspec, "open", missing)
    with pytest.raises(DataError, match=r"s3fs is not installed; pip install 'synthgan.cloud.'"):
        read_url("s3://bucket/visits.parquet")


def test_urls_of_tables_are_told_from_those_of_databases():
    assert is_table_url("https://host/visits.csv")
    assert is_table_url("postgresql://host/db?table=visits")
    assert not is_table_url("postgresql://host/db?schema=ward")
    assert not is_table_url("visits.csv")
    assert not is_table_url(None)
    assert stem_of("s3://bucket/a/visits.csv.gz") == stem_of("postgresql://host/db?table=visits") == "visits"
    place = OneTable.of("postgresql+psycopg://ann:pw@host:5432/db?schema=ward&table=visits&sslmode=require")
    assert place.url == "postgresql+psycopg://ann:pw@host:5432/db?schema=ward&sslmode=require"
    assert place.shown == "postgresql+psycopg://host:5432/db: table 'visits'"


def test_views_and_tables_of_other_schemas_are_read(tmp_path):
    path = tmp_path / "v.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS x; CREATE VIEW seen AS SELECT x + 1 AS y FROM t")
        connection.execute(
            'CREATE SCHEMA ward; CREATE TABLE ward.beds AS SELECT 5 AS bed; CREATE TABLE "a.b" AS SELECT 7 AS z'
        )
    tables = {name: read_url(f"duckdb:///{path}?table={name}").to_pylist() for name in ("seen", "ward.beds")}
    assert tables == {"seen": [{"y": 2}], "ward.beds": [{"bed": 5}]}
    with sqlite3.connect(tmp_path / "v.sqlite") as connection:
        connection.executescript(
            "CREATE TABLE t (x BOOLEAN); INSERT INTO t VALUES (1); CREATE VIEW seen AS SELECT x FROM t"
        )
    connection.close()
    assert read_url(f"sqlite:///{tmp_path}/v.sqlite?table=t").to_pylist() == [{"x": True}]
    assert read_url(f"sqlite:///{tmp_path}/v.sqlite?table=seen").num_rows == 1
