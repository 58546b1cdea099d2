"""Nothing is overwritten in silence, and what is drawn is drawn anew."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from helpers.hospital import hospital

from synthgan import Database, DatabaseSynthesizer
from synthgan_cli.exits import USAGE


def refused(done, name):
    """Whether a command was refused in one line, because of that file, with the remedy."""
    assert done.code == USAGE, done.err
    (line,) = done.lines
    return (
        line == f"error: {name} must not be there yet, however: it is; add --force to replace it, or name another place"
    )


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("fit", "people.parquet", "-o", "people.synthgan"), "people.synthgan"),
        (("fit", "people.parquet", "--minutes", "0"), "people.synthgan"),
        (("sample", "people.synthgan", "-n", "10"), "people.synthetic.parquet"),
        (("sample", "people.synthgan", "-n", "10", "-o", "there.csv"), "there.csv"),
        (("schema", "people.parquet", "-o", "there.json"), "there.json"),
        (("evaluate", "people.parquet", "people.parquet", "--report", "there.html"), "there.html"),
        (("evaluate", "people.parquet", "people.parquet", "--report", "figures.html"), "figures.json"),
        (("demo",), "patients.parquet"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:1]),
)
def test_what_is_there_already_stays_as_it_is(run, table, model, folder, words, name):
    for other in (
        "people.synthetic.parquet",
        "there.csv",
        "there.json",
        "there.html",
        "figures.json",
        "patients.parquet",
    ):
        (folder / other).write_bytes(b"hours of work")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert refused(run(*words), name)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_force_replaces_it(run, model, folder):
    (folder / "there.csv").write_bytes(b"hours of work")
    done = run("sample", model, "-n", 7, "-o", "there.csv", "--force")
    assert done.code == 0, done.err
    assert len(pd.read_csv(folder / "there.csv")) == 7
    assert refused(run("sample", model, "-n", 7, "-o", "there.csv"), "there.csv")  # it held for that command alone


@pytest.mark.usefixtures("fresh_draws")
def test_two_draws_of_one_file_differ_and_the_seed_draws_again(run, model):
    first, second = (run("sample", model, "-n", 50, "-o", "-") for _ in range(2))
    assert first.out != second.out
    (seed,) = re.findall(
        r"^Wrote 50 rows in .* \(--seed (\d+) draws the same again\)\.$", first.err, flags=re.MULTILINE
    )
    again = run("sample", model, "-n", 50, "-o", "-", "--seed", seed)
    assert again.out == first.out
    assert "draws the same again" not in again.err


def test_a_database_is_not_overwritten_under_whatever_name_it_gets(run, folder):
    learned = Database(hospital(60, 0), unit="patients")
    learned.write(folder / "hospital.sqlite")
    DatabaseSynthesizer(generator="chains").fit(Database.read(folder / "hospital.sqlite"), unit="patients").save(
        folder / "h.synthgan"
    )
    (folder / "h.synthetic.sqlite").write_bytes(b"hours of work")
    for words in ((), ("-o", "h.synthetic.sqlite"), ("-o", "sqlite:///h.synthetic.sqlite")):
        assert refused(run("sample", "h.synthgan", "-n", 5, *words), "h.synthetic.sqlite")
    done = run("sample", "h.synthgan", "-n", 5, "--force")
    assert done.code == 0, done.err
    assert (folder / "h.synthetic.sqlite").stat().st_size > 100
