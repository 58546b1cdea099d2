"""Rows of two tables that belong to one owner fit each other: the later table sees what was drawn of the earlier one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, ModelFileError
from synthgan.config import EncodingConfig
from synthgan.data.groups import Groups
from synthgan.data.table import Table
from synthgan.io import modelfile
from synthgan.relational.history import MISSING
from synthgan.relational.lesson import Lesson
from synthgan.relational.rows import RowCodec, Rows
from synthgan.relational.sharing import with_clocks
from synthgan.relational.siblings import Beside, Sibling, _first
from synthgan.relational.walk import Walk
from synthgan.runtime import Streams
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.grower import fill_with_codes
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.table import TableTransform

STREAMS = Streams(0)
PLAYERS = 120


def players(seed: int = 0) -> dict[str, pd.DataFrame]:
    """Players who bat in each of their seasons, from any year of a century on, and mostly stand in the field in the same seasons."""
    rng = np.random.default_rng(seed)
    began, seasons = rng.integers(1900, 2000, PLAYERS), rng.integers(0, 6, PLAYERS)
    whose = np.repeat(np.arange(PLAYERS), seasons)
    batting = pd.DataFrame({"id": whose, "year": began[whose] + Groups(seasons).position})
    batting["runs"] = rng.integers(0, 60, len(batting))
    batting["side"] = rng.choice(["left", "right"], PLAYERS)[whose]
    fielding = batting[rng.random(len(batting)) < 0.9].rename(columns={"runs": "games"}).reset_index(drop=True)
    fielding["games"] = fielding["games"] + rng.integers(0, 5, len(fielding))
    awards = batting[rng.random(len(batting)) < 0.5][["id", "runs"]].reset_index(drop=True)  # of no time
    return {
        "awards": awards,
        "players": pd.DataFrame({"id": np.arange(PLAYERS), "height": rng.integers(60, 80, PLAYERS)}),
        "batting": batting,
        "fielding": fielding,
    }


REAL = players()


class Side:
    """One table as a walk sees it."""

    def __init__(self, name: str, beside: Beside | None = None) -> None:
        frame = REAL[name].drop(columns="id")
        self.groups = Groups(np.bincount(REAL[name]["id"], minlength=PLAYERS))
        table = Table.read(frame)
        transform = TableTransform.fit(table, EncodingConfig(), STREAMS, FINE)
        place = RowCodec.bare(transform).names.index("year")
        beside = beside and with_clocks(beside, RowCodec.bare(transform).read_numbers(table), self.groups, place)
        self.beside = beside or Beside(PLAYERS)
        origin = self.beside.origin(len(RowCodec.bare(transform).names))
        codec = RowCodec.fit(transform, table, self.groups, {"year"}, 0, EncodingConfig(), FINE, STREAMS, origin)
        self.read = codec.read(table, STREAMS)
        nothing = np.zeros((PLAYERS, 0), np.float32)
        self.lesson = Lesson.fit(codec, self.read, self.groups, nothing, 0, STREAMS, self.beside)
        self.memory = self.lesson.walk.memory
        self.year = place


@pytest.fixture(scope="module")
def batting():
    return Side("batting")


@pytest.fixture(scope="module")
def fielding(batting):
    sibling = Sibling("batting", batting.memory, (batting.year, 0))
    return Side("fielding", Beside.of([sibling], {"batting": (batting.read, batting.groups)}, PLAYERS))


def test_the_first_time_after_another_is_found():
    rng = np.random.default_rng(0)
    groups = Groups(rng.integers(0, 5, 50))
    times = rng.integers(0, 9, groups.rows).astype(float)
    times = times[np.lexsort((times, groups.owner))]
    since = np.where(np.arange(50) % 7 == 0, -np.inf, rng.integers(0, 9, 50))
    begin, end = groups.starts, groups.starts + groups.counts
    for strictly, side in ((False, "left"), (True, "right")):
        found = _first(times, begin, end, since, strictly=strictly)
        assert found.tolist() == [
            low + np.searchsorted(times[low:high], one, side) for low, high, one in zip(begin, end, since, strict=True)
        ]


def test_a_time_is_told_from_that_of_the_sibling(fielding):
    (one,) = fielding.beside.siblings
    assert one.times is not None
    steps = fielding.lesson.numbers[:, fielding.year] - fielding.lesson.past.before[:, fielding.year]
    assert (np.abs(steps) <= 5).all()  # of a century


def test_what_siblings_show_is_what_stands_in_their_rows(batting, fielding):
    """Of each row of the field: the season at bat in the year of the last one, the one after it, and how many there are."""
    (one,) = fielding.beside.siblings
    owner, before = fielding.lesson.past.owner, fielding.lesson.past.before
    seen = fielding.beside.steps(owner, before)
    assert seen.shape == (len(owner), one.step_width)
    runs = batting.memory.rows.names.index("runs")
    codec, own = batting.memory.rows, REAL["batting"]
    for row in range(0, len(owner), 5):
        years = own.loc[own["id"] == owner[row], "year"].to_numpy()
        theirs = own.loc[own["id"] == owner[row], "runs"].to_numpy()
        last = before[row, fielding.year]
        assert seen[row, 0] == (years <= last).sum()
        assert seen[row, 1] == (years > last).sum()
        here = np.flatnonzero(years >= last)
        wanted = (theirs[here[0]] - codec.start[runs]) / codec.spread[runs] if len(here) else MISSING
        assert np.isclose(seen[row, 3 + runs], wanted, atol=1e-5)


def test_the_row_beside_is_seen_once_the_time_is_known(batting, fielding):
    """Every season in the field is one at bat, too."""
    (one,), lesson = fielding.beside.siblings, fielding.lesson
    walk, rows = lesson.walk, Rows(lesson.numbers, lesson.codes)
    seen = walk.seen(walk.leading[-1], rows.codes, rows.numbers, lesson.past, walk.here(lesson.past, rows))
    count, away, theirs = seen[:, -one.row_width - 1], seen[:, -one.row_width], seen[:, 1 - one.row_width :]
    assert (count == 1).all()
    assert (away == 0).all()
    runs = batting.memory.rows.names.index("runs")
    season = REAL["batting"].set_index(["id", "year"])["runs"]
    of_rows = season.loc[list(zip(lesson.past.owner, rows.numbers[:, fielding.year], strict=True))].to_numpy()
    codec = batting.memory.rows
    assert np.allclose(theirs[:, runs], (of_rows - codec.start[runs]) / codec.spread[runs], atol=1e-5)


def test_what_all_rows_say_tells_how_many_levels_and_times_there_are(batting, fielding):
    whole = fielding.beside.above(np.zeros((PLAYERS, 0), np.float32))
    own = REAL["batting"].groupby("id").nunique().reindex(range(PLAYERS), fill_value=0)
    assert np.array_equal(whole[:, -2:], own[["side", "year"]].to_numpy())


def test_players_without_rows_of_a_sibling_show_nothing(batting, fielding):
    (one,) = fielding.beside.siblings
    empty = np.flatnonzero(batting.groups.counts == 0)
    whole = fielding.beside.above(np.zeros((PLAYERS, 0), np.float32))
    assert whole.shape == (PLAYERS, one.whole_width)
    assert (whole[empty, 0] == 0).all()
    assert (whole[empty, 1 : 1 + 3 * len(batting.memory.rows.names)] == MISSING).all()
    assert np.isnan(fielding.beside.origin(2)[empty]).all()


def test_drawing_looks_at_what_training_looked_at(fielding, monkeypatch):
    """Rows drawn are taken for real ones: the features of training are those that the walk saw."""
    chain = fielding.lesson.grow(ChainConfig(chains=1, leaf_rows=10), STREAMS, 0, fill_with_codes)
    walk = replace(fielding.lesson.walk, chains=(chain,))
    seen = []
    step = Walk._step
    monkeypatch.setattr(Walk, "_step", lambda self, past, *rest: (seen.append(past.known), step(self, past, *rest))[1])
    nothing = np.zeros((PLAYERS, 0), np.float32)
    drawn = walk.draw(None, fielding.groups, nothing, STREAMS, beside=fielding.beside)
    codec = replace(walk.memory.rows, repeats=())
    again = Lesson.fit(codec, drawn, fielding.groups, nothing, 0, STREAMS, fielding.beside)
    order = np.argsort(-fielding.groups.counts, kind="stable")
    known = np.full((fielding.groups.rows, again.walk.known.max() + 1), np.nan)
    known[:, again.walk.known] = again.past.known
    both = np.isin(walk.known, again.walk.known)
    # levels are seen as the rows have them that trees are grown on, so only what siblings show is compared
    beside = walk.known >= walk.memory.width + sum(one.whole_width for one in fielding.beside.siblings)
    for position, features in enumerate(seen):
        rows = fielding.groups.starts[order[: len(features)]] + position
        kept = both & beside
        assert kept.sum() > 5
        assert np.allclose(features[:, kept], known[rows][:, walk.known[kept]])


def test_groups_taken_are_those_groups(batting, fielding):
    chosen = np.array([7, 3, 3, 50])
    taken = fielding.beside.take(chosen)
    nothing = np.zeros((PLAYERS, 0), np.float32)
    assert np.array_equal(taken.above(nothing[:4]), fielding.beside.above(nothing)[chosen])
    last = np.full((4, 2), 1950.0)
    assert np.array_equal(taken.steps(np.arange(4), last), fielding.beside.steps(chosen, last))
    assert taken.count == 4


def test_critics_see_how_far_times_lie_apart(batting, fielding):
    apart = fielding.beside.apart(fielding.read, fielding.groups)
    moved = Rows(fielding.read.numbers + np.eye(2)[fielding.year] * 30, fielding.read.codes)
    far = fielding.beside.apart(moved, fielding.groups)
    some = (fielding.groups.counts > 0) & (batting.groups.counts > 0)
    assert np.allclose(far[some] - apart[some], 30 / batting.memory.rows.spread[batting.year], atol=1e-4)


def test_times_that_have_nothing_to_do_with_each_other_are_no_clock(batting):
    sibling = Sibling("batting", batting.memory, (batting.year, 0))
    beside = Beside.of([sibling], {"batting": (batting.read, batting.groups)}, PLAYERS)
    numbers = np.random.default_rng(0).permutation(batting.read.numbers)
    assert with_clocks(beside, numbers, batting.groups, batting.year).siblings[0].times is None
    assert with_clocks(beside, batting.read.numbers, batting.groups, batting.year).siblings[0].times is not None
    assert with_clocks(beside, batting.read.numbers, batting.groups, None).siblings[0].times is None


def test_several_siblings_are_seen_each_by_itself(batting, fielding):
    """One that has the same clock, and one that has none."""
    clock = Sibling("batting", batting.memory, (batting.year, 0))
    none = Sibling("awards", batting.memory)
    own = batting.read, batting.groups
    both = Beside.of([none, clock, none], {"batting": own, "awards": own}, PLAYERS)
    told = with_clocks(both, fielding.read.numbers, fielding.groups, fielding.year)
    assert [one.times is None for one in told.siblings] == [True, False, True]
    alone = told.take(np.arange(PLAYERS)).told_by(told.siblings)
    some, last = np.arange(PLAYERS), np.full((PLAYERS, 2), 1950.0)
    assert np.array_equal(alone.steps(some, last), fielding.beside.steps(some, last))
    assert np.array_equal(told.origin(2), fielding.beside.origin(2), equal_nan=True)
    assert told.above(np.zeros((PLAYERS, 0), np.float32)).shape[1] == sum(one.whole_width for one in told.siblings)


@pytest.fixture(scope="module")
def fitted():
    database = Database(
        REAL, primary_keys={"players": "id"}, order=dict.fromkeys(("batting", "fielding"), "year"), unit="players"
    )
    for name in ("awards", "batting", "fielding"):
        database.key(name, "id").references("players", kind="owner")
    with small_walks():
        return DatabaseSynthesizer(seed=0, generator="chains").fit(database)


def first_years(tables):
    return (
        tables["batting"]
        .groupby("id")["year"]
        .min()
        .to_frame("bat")
        .join(tables["fielding"].groupby("id")["year"].min())
        .dropna()
    )


def test_the_years_of_two_tables_fit_each_other(fitted):
    years = first_years(fitted.sample(150))
    assert (years["bat"] - years["year"]).abs().median() <= 2
    assert (years["bat"] - years["year"]).abs().mean() < 8  # of a century; drawn apart it is about thirty


def test_one_table_is_asked_of_and_both_fit(fitted):
    tables = fitted.sample(30, where=["fielding.year>=1960"])
    assert (tables["fielding"].groupby("id")["year"].max() >= 1960).all()
    years = first_years(tables)
    assert (years["bat"] - years["year"]).abs().median() <= 2


def test_a_file_draws_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "players.synthgan")
    again = DatabaseSynthesizer.load(tmp_path / "players.synthgan").sample(20)
    for name, frame in fitted.sample(20).items():
        pd.testing.assert_frame_equal(again[name], frame)


@pytest.mark.parametrize("damage", ["table", "itself", "times", "twice", "none"])
def test_a_forged_file_is_refused(fitted, tmp_path, damage):
    manifest, tensors = fitted.manifest(), dict(fitted.model_.tensors())
    part = next(one for one in manifest["parts"] if one["role"] == "grown" and one["walk"]["siblings"])
    siblings = part["walk"]["siblings"]
    if damage == "table":
        siblings[0]["table"] = "players"
    elif damage == "itself":
        siblings[0]["table"] = part["name"]
    elif damage == "times":
        siblings[0]["times"] = [99, 0]
    elif damage == "twice":
        siblings.append(siblings[0])
    else:
        siblings.clear()
    modelfile.write(tmp_path / "forged.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match=r"forged.synthgan"):
        DatabaseSynthesizer.load(tmp_path / "forged.synthgan")
