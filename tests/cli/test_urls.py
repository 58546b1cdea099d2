"""Tables where they live: a URL is fitted, judged and written to like a file, and its secrets stand nowhere."""

from __future__ import annotations

import fsspec
import pandas as pd
import pyarrow as pa
import pytest
from helpers.store import SECRET, put_frames, url_of

from synthgan import Synthesizer
from synthgan.io.tableurls import read_url, write_url


@pytest.fixture
def clinic(folder, people):
    url = f"duckdb:///{folder}/clinic.duckdb"
    write_url(pa.Table.from_pandas(people, preserve_index=False), f"{url}?table=people")
    return url


@pytest.mark.usefixtures("small")
def test_a_table_is_fitted_and_samples_are_written_where_it_lives(run, clinic, folder, people):
    done = run("fit", f"{clinic}?table=people")
    assert done.code == 0, done.err
    assert f"Learned {len(people)} rows" in done.err
    assert (folder / "people.synthgan").exists()
    done = run("sample", "people.synthgan", "-n", 30, "-o", f"{clinic}?table=made")
    assert done.code == 0, done.err
    assert read_url(f"{clinic}?table=made").num_rows == 30
    assert read_url(f"{clinic}?table=people").num_rows == len(people)
    again = run("sample", "people.synthgan", "-n", 30, "-o", f"{clinic}?table=made")
    assert again.code == 3
    assert "must not hold a table 'made'" in again.err
    assert sorted(path.name for path in folder.iterdir()) == ["clinic.duckdb", "people.synthgan"]


@pytest.mark.parametrize("target", ["duckdb:///{}/c.duckdb?table=made", "sqlite:///{}/c.sqlite?table=made", "store"])
def test_a_target_that_is_taken_is_refused_before_a_row_is_drawn(
    run, folder, people, people_model, monkeypatch, target
):
    put_frames(made=people)
    url = url_of("made.csv") if target == "store" else target.format(folder)
    if target != "store":
        write_url(pa.Table.from_pandas(people, preserve_index=False), url)
    people.to_csv("people.csv")

    def opened(_, path):
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(Synthesizer, "load", classmethod(opened))
    for words in (("sample", people_model, "-n", 5), ("impute", "people.csv", "--model", people_model)):
        done = run(*words, "-o", url)
        assert done.code == 3, done.err
        assert "made" in done.err
        assert SECRET not in done.err
    assert len(read_url(url)) == len(people)


def test_a_new_file_of_a_database_where_nothing_can_be_written_is_refused_before(run, folder, people_model):
    for kind in ("duckdb", "sqlite"):
        done = run("sample", people_model, "-n", 5, "-o", f"{kind}:///nowhere/made.{kind}?table=made")
        assert done.code == 3
        assert "nowhere" in done.err
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("small")
def test_what_a_query_gives_is_fitted(run, clinic, folder, people):
    done = run("fit", clinic, "--query", "SELECT sex, age, ill FROM people WHERE age >= 40", "-o", "older.synthgan")
    assert done.code == 0, done.err
    assert f"Learned {(people.age >= 40).sum()} rows and 3 columns" in done.err
    refused = run("fit", clinic, "--query", "DROP TABLE people")
    assert refused.code == 3
    assert "only reading is allowed" in refused.err
    assert run("fit", "people.csv", "--query", "SELECT 1").code == 2


def test_a_dry_run_shows_the_plan_of_a_table_behind_a_url(run, clinic, folder):
    done = run("fit", f"{clinic}?table=people", "--dry-run")
    assert done.code == 0, done.err
    assert "patient_id" in done.out


@pytest.mark.usefixtures("small")
def test_no_secret_of_a_url_stands_in_anything_that_is_written_or_said(run, folder, people):
    put_frames()
    url = url_of("people.csv")
    with fsspec.open(url, "w") as file:
        people.to_csv(file, index=False, sep=";")
    told = []
    for words in (
        ("fit", url),
        ("fit", url, "--dry-run"),
        ("fit", url, "--epsilon", 1),
        ("fit", url.replace("people", "nobody")),
        ("--debug", "fit", url.replace("people", "nobody")),
        ("fit", url, "--query", "SELECT 1"),
        ("fit", url, "--drop", "nothing"),
        ("inspect", "people.synthgan"),
        ("inspect", "people.synthgan", "--json"),
        ("sample", "people.synthgan", "-n", 5, "-o", url.replace("people", "made")),
        ("sample", "people.synthgan", "-n", 5, "-o", url.replace("people", "made")),
        ("sample", "people.synthgan", "-n", 5, "-o", "made.csv"),
        ("evaluate", url, url.replace("people", "nobody")),
        ("evaluate", f"postgresql://ann:{SECRET}@127.0.0.1:1/hospital?table=x", url),
        ("fit", f"postgresql://ann:{SECRET}@127.0.0.1:1/hospital?table=x"),
        ("fit", f"postgresql://ann:{SECRET}@127.0.0.1:1/hospital?table=x&query={SECRET}"),
        ("sample", "people.synthgan", "-n", 5, "-o", f"postgresql://ann:{SECRET}@127.0.0.1:1/hospital?table=x"),
        ("balance", url, "--target", "ill"),
    ):
        done = run(*words)
        told.append((words, done.out + done.err))
        assert not any(SECRET in path.name for path in folder.iterdir())
    assert run("inspect", "people.synthgan").code == 0
    assert pd.read_csv("made.csv").shape[0] == 5
    assert [words for words, said in told if SECRET in said] == []
    assert [path.name for path in folder.iterdir() if SECRET.encode() in path.read_bytes()] == []


@pytest.mark.slow
def test_both_sides_may_be_urls_and_the_page_names_no_secret(run, clinic, folder, people):
    put_frames(made=people.sample(frac=1, random_state=0))
    url = url_of("made.csv")
    done = run("evaluate", f"{clinic}?table=people", url, "--report", "r.html")
    assert done.code == 0, done.err
    pages = list(folder.glob("r.*"))
    assert len(pages) == 2
    assert SECRET not in done.out + done.err + "".join(path.read_text() for path in pages)
