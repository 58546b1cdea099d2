"""The way of a table to a peer and back, and what may not be imported there."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import REPOSITORY, make_people

from benchmarks.models import peer


def make_table():
    table = make_people(100, seed=2)[["age", "pressure", "ill"]]
    rng = np.random.default_rng(0)
    table["few"] = np.where(rng.random(100) < 0.2, np.nan, rng.integers(0, 4, 100))
    table["ward"] = pd.Series(rng.choice(["north", "south", None], 100), dtype=object)
    table["visits"] = rng.integers(0, 9, 100).astype(np.int16)
    return table


def test_ctgan_gets_numbers_without_gaps_and_text_and_gives_the_table_back():
    table = make_table()
    given, discrete = peer.for_ctgan(table)
    assert discrete == ["pressure<missing>", "ill", "few", "ward", "visits"]
    assert not given.isna().any(axis=None)
    assert all(given[name].map(type).eq(str).all() for name in discrete)
    assert given["pressure"][table["pressure"].isna()].eq(table["pressure"].median()).all()
    assert peer.restored(peer.from_ctgan(given, table), table).equals(table)


def test_what_a_peer_returns_in_other_dtypes_comes_back_as_it_was():
    table = make_table()
    made = table.astype({"visits": "Int64", "few": "Int64", "ill": object})[list(table)[::-1]]
    made["ill"] = made["ill"].map({True: "true", False: "false"})
    assert peer.restored(made, table).equals(table)


def test_gaps_in_a_column_that_had_none_stay_visible():
    table = make_table()
    made = table.astype({"age": "Int64"})
    made.loc[3, "age"] = pd.NA
    assert peer.restored(made, table)["age"].isna().tolist() == [row == 3 for row in range(100)]


class Generator:
    """What a peer draws: the wanted level in one row of three."""

    def __init__(self):
        self.asked = []

    def sample(self, rows, *condition):
        self.asked.append((rows, *condition))
        return pd.DataFrame({"age": np.arange(rows), "ill": np.where(np.arange(rows) % 3 == 0, "1", "0")})


def make_classic(generator):
    classic = peer.Classic.__new__(peer.Classic)
    classic.model, classic.train = generator, pd.DataFrame({"age": [1], "ill": [0]})
    return classic


def test_a_level_is_drawn_again_until_there_are_enough_rows_of_it():
    classic = make_classic(Generator())
    made = classic.sample(10, "ill", 1)
    assert made["ill"].tolist() == ["1"] * 10
    assert classic.model.asked == [(10, "ill", "1")] * 3
    assert classic.sample(4)["age"].tolist() == [0, 1, 2, 3]


def test_a_level_that_hardly_comes_is_given_up():
    with pytest.raises(RuntimeError, match="10 rows of ill=7 must be drawn, however: 0 were"):
        make_classic(Generator()).sample(10, "ill", 7)


def test_versions_of_absent_packages_are_called_absent():
    assert set(peer.versions()) == set(peer.PACKAGES)
    assert peer.versions()["numpy"] == np.__version__


def test_the_script_needs_nothing_of_ours():
    code = "import sys, benchmarks.models.peer; print([name for name in sys.modules if name.startswith('synthgan')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
