"""Rows of two tables at the same time: the later table says the levels that the earlier one says, though trees cannot copy them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, ModelFileError
from synthgan.data.groups import Groups
from synthgan.data.table import Table
from synthgan.io import modelfile
from synthgan.relational.partners import LevelLink, Now
from synthgan.relational.rows import Rows
from synthgan.relational.siblings import Beside
from synthgan.runtime import Streams

PLAYERS, TEAMS = 250, 12
SAME = LevelLink(0, 0, np.arange(TEAMS, dtype=np.int32))


def players(seed: int = 0) -> dict[str, pd.DataFrame]:
    """Players who bat for one or two of many teams a year, and stand in the field for the same ones."""
    rng = np.random.default_rng(seed)
    seasons = rng.integers(1, 5, PLAYERS)
    whose = np.repeat(np.arange(PLAYERS), seasons)
    gaps = np.where(Groups(seasons).position == 0, 0, rng.integers(1, 7, len(whose)))  # no year says which comes next
    gone = np.cumsum(gaps) - np.repeat(np.cumsum(gaps)[Groups(seasons).first], seasons)
    year = rng.integers(1950, 2000, PLAYERS)[whose] + gone
    batting = pd.DataFrame({"id": whose, "year": year, "team": rng.integers(TEAMS, size=len(whose))})
    second = batting[rng.random(len(batting)) < 0.2]
    second = second.assign(team=(second["team"] + rng.integers(1, TEAMS, len(second))) % TEAMS)
    batting = pd.concat([batting, second]).sort_values(["id", "year"], kind="stable")
    batting["team"] = "team " + batting["team"].astype(str)
    batting["games"] = rng.integers(1, 160, len(batting))
    fielding = batting.loc[batting.index.repeat(rng.integers(1, 3, len(batting)))].reset_index(drop=True)
    return {
        "players": pd.DataFrame({"id": np.arange(PLAYERS), "height": rng.integers(60, 80, PLAYERS)}),
        "batting": batting.reset_index(drop=True),
        "fielding": fielding.assign(
            games=(fielding["games"] * rng.uniform(0.2, 1.8, len(fielding)).clip(0, 1)).astype(int)
        ),
    }


def fit(tables: dict[str, pd.DataFrame]) -> DatabaseSynthesizer:
    """A small fit of such tables."""
    order = dict.fromkeys(("batting", "fielding"), "year")
    database = Database(tables, primary_keys={"players": "id"}, order=order, unit="players")
    for name in ("batting", "fielding"):
        database.key(name, "id").references("players", kind="owner")
    with small_walks():
        return DatabaseSynthesizer(seed=0, generator="chains").fit(database)


def siblings_of(tables: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """How a fit of such tables sees the earlier table from the later one."""
    parts = fit(tables).manifest()["parts"]
    return next(one["walk"]["siblings"] for one in parts if one["role"] == "grown" and one["walk"]["siblings"])


@pytest.fixture(scope="module")
def fitted():
    return fit(players())


def share_beside(tables: dict[str, pd.DataFrame], *columns: str) -> float:
    """The share of rows of the later table that have one of the earlier one in which these columns say the same."""
    sides = [set(map(tuple, tables[name][["id", *columns]].to_numpy())) for name in ("fielding", "batting")]
    rows = map(tuple, tables["fielding"][["id", *columns]].to_numpy())
    return float(np.mean([row in sides[1] for row in rows]))


def now(codes: list[int], counts: list[int]) -> Now:
    """Rows of one owner whose levels are these, so many at each of some times one after the other."""
    rows = Rows(np.zeros((len(codes), 0)), np.array(codes, dtype=np.int32)[:, None])
    ends = np.cumsum(counts)
    return Now(rows, ends - counts, np.array(counts), np.zeros(len(counts), dtype=np.int64))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (-1, 3),  # of another time: the first
        (3, 5),  # the first one is done with
        (5, 7),
        (7, 7),  # none is left: the last one
        (9, 3),  # none of them
    ],
)
def test_what_a_sibling_says_next_follows_what_was_said(before, expected):
    assert now([3, 5, 7], [3]).next(SAME, np.array([before], dtype=np.int32)).tolist() == [expected]


def test_where_a_sibling_has_no_row_the_one_before_speaks():
    times = now([3, 5], [0, 2, 0])
    said = times.next(SAME, np.full(3, -1, dtype=np.int32))
    assert said.tolist() == [-1, 3, 5]
    assert times.partner((SAME,), np.array([[3], [5], [3]], dtype=np.int32)).tolist() == [-1, 1, 1]


def test_the_partner_says_most_of_what_is_said():
    times = now([3, 5, 7], [3])
    for at, level in enumerate((3, 5, 7)):
        assert times.partner((SAME,), np.array([[level]], dtype=np.int32)).tolist() == [at]
    assert times.partner((SAME,), np.array([[9]], dtype=np.int32)).tolist() == [0]
    assert times.partner((), np.array([[7]], dtype=np.int32)).tolist() == [0]


def test_numbers_that_the_table_never_had_are_not_said(fitted):
    rows = fitted.model_.parts["fielding"].branch.rows
    games = rows.holding(rows.names.index("games"))
    before = np.full((4, len(rows.names)), np.nan)
    codes = rows.coded(games, np.array([5.0, np.nan, 1e6, -1.0]), before, np.random.default_rng(0))
    assert (codes >= 0).tolist() == [True, False, False, False]


def test_levels_that_are_not_known_are_not_said():
    link = LevelLink(0, 0, np.where(np.arange(TEAMS) == 3, -1, np.arange(TEAMS)).astype(np.int32))
    assert now([3, 5], [2]).next(link, np.array([-1], dtype=np.int32)).tolist() == [-1]


def test_the_later_table_says_what_the_earlier_one_says(fitted):
    """Its years, its teams (by chance one in twelve), and as often as it really does its games."""
    real, drawn = players(), fitted.sample(300)
    assert share_beside(real, "year", "team") == 1
    assert len(drawn["fielding"]) > 300
    assert share_beside(drawn, "year") > 0.97
    assert share_beside(drawn, "year", "team") > 0.95
    often = share_beside(real, "year", "team", "games")
    assert 0.4 < often < 0.6
    assert share_beside(drawn, "year", "team", "games") == pytest.approx(often, abs=0.1)


def test_critics_see_how_often_both_say_the_same(fitted):
    parts, tables, sides = fitted.model_.parts, players(), {}
    for name in ("batting", "fielding"):
        groups = Groups(np.bincount(tables[name]["id"], minlength=PLAYERS))
        sides[name] = parts[name].branch.rows.read(Table.read(tables[name].drop(columns="id")), Streams(0)), groups
    near = Beside.of(parts["fielding"].branch.siblings, {"batting": sides["batting"]}, PLAYERS)
    own, groups = sides["fielding"]
    assert (near.apart(own, groups)[:, -1] == 1).all()
    mixed = Rows(own.numbers, np.random.default_rng(0).permutation(own.codes))
    assert near.apart(mixed, groups)[:, -1].mean() < 0.3


def test_levels_that_have_nothing_to_do_with_each_other_are_not_linked():
    tables = players(1)
    rng, mixed = np.random.default_rng(0), tables["fielding"].copy()
    for name in ("team", "games"):
        mixed[name] = rng.permutation(mixed[name])
    (sibling,) = siblings_of(tables | {"fielding": mixed})
    assert (sibling["links"], sibling["equals"]) == ([], []), "rows of other teams have other games"


def test_a_number_that_never_changes_does_not_follow_a_sibling_that_does():
    tables = players(2)
    first = tables["batting"].groupby("id")["games"].transform("first")
    (sibling,) = siblings_of(tables | {"fielding": tables["batting"][["id", "year"]].assign(debut=first)})
    assert sibling["equals"] == []
    assert sibling["leads"], "its years are those of the other table"


def test_what_stays_is_told_as_that_though_a_sibling_says_it_too(fitted):
    """So of a level that never changes all rows but the first are told alike."""
    rows = fitted.model_.parts["fielding"].branch.rows
    (team,) = set(rows.repeats) & set(rows.linked)
    codes = np.zeros((4, len(rows.codecs)), dtype=np.int32)
    codes[:, team] = 3
    earlier, beside = codes.copy(), {at: np.full(4, np.nan) for at in rows.linked} | {team: np.array([3, 3, 5, 5])}
    earlier[:, team] = [3, 4, 3, 4]
    told = rows.told(Rows(np.zeros((4, len(rows.names))), codes), earlier, beside)[:, team]
    size = rows.layout.sizes[team]
    assert told.tolist() == [size - 2, size - 1, size - 2, 3]


def test_a_file_draws_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "players.synthgan")
    again = DatabaseSynthesizer.load(tmp_path / "players.synthgan").sample(20)
    for name, frame in fitted.sample(20).items():
        pd.testing.assert_frame_equal(again[name], frame)


@pytest.mark.parametrize(
    "damage", ["column", "other", "number", "twice", "no times", "order", "equal", "equal other", "equal twice"]
)
def test_a_forged_link_is_refused(fitted, tmp_path, damage):
    manifest, tensors = fitted.manifest(), dict(fitted.model_.tensors())
    part = next(one for one in manifest["parts"] if one["role"] == "grown" and one["walk"]["siblings"])
    (sibling,) = part["walk"]["siblings"]
    ((column, other),) = sibling["links"]
    if damage == "order":
        walk, name = (
            fitted.model_.parts[part["name"]].branch.walk,
            f"part/{manifest['parts'].index(part)}/walk/chain/0/",
        )
        order = walk.chains[0].order[::-1]
        first = np.empty_like(order)
        first[order] = len(walk.known) + np.cumsum([0, *walk.widths[order][:-1]])
        nothing = np.zeros_like(tensors[f"{name}feature"])  # trees that look at no column do not mind the order
        tensors |= {f"{name}order": order, f"{name}first_feature": first, f"{name}feature": nothing}
    elif damage.startswith("equal"):
        ((at, place),) = sibling["equals"]
        forged = {"equal": [[column, place]], "equal other": [[at, 99]], "equal twice": [[at, place]] * 2}
        sibling["equals"] = forged[damage]
    else:
        sibling["links"] = {
            "column": [[99, other]],
            "other": [[column, 99]],
            "number": [[0, 0]],
            "twice": [[column, other]] * 2,
        }.get(damage, sibling["links"])
        sibling["times"] = None if damage == "no times" else sibling["times"]
    modelfile.write(tmp_path / "forged.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match=r"forged.synthgan"):
        DatabaseSynthesizer.load(tmp_path / "forged.synthgan")
