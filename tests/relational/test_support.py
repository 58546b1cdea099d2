"""Pairs of values that never stand together are drawn less, and the file tells of none that few people share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan.config import EncodingConfig
from synthgan.data.groups import Groups
from synthgan.data.table import Table
from synthgan.io.contract import MisfitError
from synthgan.relational import steps
from synthgan.relational.branch import Branch
from synthgan.relational.critic import GroupCritic
from synthgan.relational.lesson import Lesson
from synthgan.relational.rows import RowCodec, Rows
from synthgan.relational.storage import branch_from_state, branch_state
from synthgan.relational.support import find_supports, penalties
from synthgan.runtime import Streams
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.grower import fill_with_codes
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.table import TableTransform

STREAMS = Streams(0)
PEOPLE, SEASONS, TEAMS, FEWEST = 200, 6, 12, 10


def seasons() -> pd.DataFrame:
    """Seasons of players: each team plays for twelve years, beginning two years after the one before it."""
    rng = np.random.default_rng(0)
    began = rng.integers(0, 24, PEOPLE)
    year = began[:, None] + np.arange(SEASONS)
    oldest = np.maximum((year - 11 + 1) // 2, 0)
    team = np.minimum(oldest + rng.integers(0, 6, year.shape), np.minimum(year // 2, TEAMS - 1))
    names = np.array([f"T{at:02d}" for at in range(TEAMS)])
    return pd.DataFrame(
        {"year": 1950 + year.ravel(), "team": names[team.ravel()], "games": rng.integers(1, 99, year.size)}
    )


class Seasons:
    """What is learned of them."""

    def __init__(self, frame: pd.DataFrame, people: np.ndarray | None = None) -> None:
        self.frame, self.groups = frame, Groups(np.full(PEOPLE, SEASONS))
        self.people = self.groups.owner if people is None else people
        table = Table.read(frame)
        transform = TableTransform.fit(table, EncodingConfig(), STREAMS, FINE)
        codec = RowCodec.fit(transform, table, self.groups, {"year"}, 0, EncodingConfig(), FINE, STREAMS)
        self.read = codec.read(table, STREAMS)
        self.lesson = Lesson.fit(codec, self.read, self.groups, np.zeros((PEOPLE, 0), np.float32), 0, STREAMS)
        self.codec = self.lesson.walk.memory.rows

    def mixed(self) -> Rows:
        """The same values, no pair of which is looked at."""
        codes = self.read.codes.copy()
        team = self.codec.levels[0]
        codes[:, team] = np.random.default_rng(1).permutation(codes[:, team])
        return Rows(self.read.numbers, codes)

    def supports(self, drawn: Rows | None = None):
        mixed = self.mixed() if drawn is None else drawn
        return find_supports(self.codec, self.read, self.people, mixed, np.zeros(len(mixed)), FEWEST)

    def told(self, support) -> set[tuple[str, int]]:
        """The pairs that a support tells of, in words."""
        years = np.unique(self.read.numbers[:, 0])
        numbered = np.searchsorted(support.second.edges, years)
        shared = {(one // support.second.count, one % support.second.count) for one in support.shared.tolist()}
        teams = dict(zip(self.read.codes[:, support.first.column].tolist(), self.frame["team"], strict=True))
        return {(teams[a], int(year)) for a, b in shared for year, at in zip(years, numbered, strict=True) if at == b}


@pytest.fixture(scope="module")
def learned():
    return Seasons(seasons())


def columns_of(codec, support):
    return [str(codec.transform.codecs[cells.column].columns[0].name) for cells in (support.first, support.second)]


def test_rows_whose_values_never_stand_together_lose(learned):
    (support,) = learned.supports()
    assert columns_of(learned.codec, support) == ["team", "year"]
    lost = penalties((support,), learned.codec, learned.read)
    assert (lost > 0).mean() < 0.05
    mixed = penalties((support,), learned.codec, learned.mixed())
    assert (mixed > 0).mean() > 0.4
    assert set(mixed.tolist()) == {0.0, support.cost}


def test_the_cost_makes_such_rows_as_common_as_real_ones_are(learned):
    (support,) = learned.supports()
    strange = penalties((support,), learned.codec, learned.mixed()) > 0
    weight = np.exp(-support.cost * strange)
    assert (weight * strange).sum() / weight.sum() < 0.05


def test_nothing_is_told_where_rows_are_drawn_well_or_the_critic_sees_to_it(learned):
    assert learned.supports(learned.read) == ()
    strange = penalties(learned.supports(), learned.codec, learned.mixed()) > 0
    odds = np.where(strange, -20.0, 0.0)
    assert find_supports(learned.codec, learned.read, learned.people, learned.mixed(), odds, FEWEST) == ()


def with_lonely(frame, rows):
    """The seasons, some of which were with the first team, long after it."""
    changed = frame.copy()
    changed.loc[rows, ["year", "team"]] = [1978, "T00"]
    return changed


@pytest.mark.parametrize("people", [1, 9, 30])
def test_a_pair_that_too_few_people_share_is_not_told_of(people):
    """Each in six rows, so that nine people have more rows than must share it: it is people who count."""
    frame = seasons()
    rows = np.arange(people * SEASONS)
    made = Seasons(with_lonely(frame, rows))
    told = {year for support in made.supports() for team, year in made.told(support) if team == "T00"}
    assert (1978 in told) == (people >= FEWEST)


def test_people_count_once_however_many_groups_they_have():
    """Thirty groups of six people, as admissions of patients."""
    people = np.repeat(np.arange(PEOPLE), SEASONS)
    people[: 30 * SEASONS] = np.repeat(np.arange(30) % 6, SEASONS)
    made = Seasons(with_lonely(seasons(), np.arange(30 * SEASONS)), people)
    assert not {
        year for support in made.supports() for team, year in made.told(support) if team == "T00" and year == 1978
    }


def test_what_few_people_have_among_others_shows_no_more_than_that(learned):
    """Neighbouring years that only together enough people share are told of alike, whichever of them a person has."""
    frame = seasons()
    rows = np.arange(12 * SEASONS)
    frame = with_lonely(frame, rows)
    told = []
    for alone in (1975, 1976):  # of one four with 1977 and 1978
        changed = frame.copy()
        changed.loc[rows[: 4 * SEASONS], "year"] = alone  # four people here, eight there: neither is enough
        made = Seasons(changed)
        told.append(
            {one for support in made.supports() for one in made.told(support) if one[0] == "T00" and one[1] > 1970}
        )
    assert told[0] == told[1]
    assert {year for _, year in told[0]} == {1975, 1976, 1977, 1978}


@pytest.fixture(scope="module")
def walk(learned):
    """A walk of one chain of few leaves, which knows little."""
    chain = learned.lesson.grow(ChainConfig(chains=1, leaf_rows=150), STREAMS, 0, fill_with_codes)
    bare = replace(learned.lesson.walk, chains=(chain,))
    return steps.with_odds(learned.lesson, bare, np.arange(PEOPLE), FEWEST, STREAMS)[0]


def test_a_walk_draws_less_of_what_never_was(learned, walk):
    context = np.zeros((PEOPLE, 0), np.float32)
    drawn = [one.draw(None, learned.groups, context, STREAMS) for one in (walk, replace(walk, supports=()))]
    strange = [(penalties(walk.supports, learned.codec, rows) > 0).mean() for rows in drawn]
    assert walk.supports
    assert strange[0] < 0.6 * strange[1]


def branch_of(walk):
    return Branch(walk, GroupCritic(walk.memory, (), ()))


def test_a_file_holds_it(learned, walk):
    said, arrays = branch_state(branch_of(walk))
    opened = branch_from_state(learned.codec.transform, 0, said, arrays).walk
    assert branch_state(branch_of(opened))[0] == said
    context = np.zeros((PEOPLE, 0), np.float32)
    first, again = (one.draw(None, learned.groups, context, STREAMS) for one in (walk, opened))
    assert np.array_equal(first.codes, again.codes)
    assert np.array_equal(first.numbers, again.numbers, equal_nan=True)


def test_a_file_from_before_is_read(learned, walk):
    said, arrays = branch_state(branch_of(replace(walk, supports=())))
    del said["supports"]
    assert branch_from_state(learned.codec.transform, 0, said, arrays).walk.supports == ()


FORGED = {
    "a column that is not there": lambda said, arrays: said["supports"][0].update(columns=[99, 0]),
    "a column with itself": lambda said, arrays: said["supports"][0].update(columns=[0, 0]),
    "a cost below nothing": lambda said, arrays: said["supports"][0].update(cost=-1.0),
    "a cost of no number": lambda said, arrays: said["supports"][0].update(cost=float("nan")),
    "values of levels": lambda said, arrays: arrays.update({"support/0/first": np.arange(3.0)}),
    "no values of a number": lambda said, arrays: arrays.update({"support/0/second": np.zeros(0)}),
    "values that fall": lambda said, arrays: arrays.update({"support/0/second": arrays["support/0/second"][::-1]}),
    "pairs beyond all": lambda said, arrays: arrays.update({"support/0/shared": arrays["support/0/shared"] + 10**6}),
    "pairs twice": lambda said, arrays: arrays.update({"support/0/shared": np.repeat(arrays["support/0/shared"], 2)}),
    "pairs of another type": lambda said, arrays: arrays.update(
        {"support/0/shared": arrays["support/0/shared"].astype(float)}
    ),
    "no pairs": lambda said, arrays: arrays.pop("support/0/shared"),
    "pairs of nothing": lambda said, arrays: arrays.update({"support/9/shared": arrays["support/0/shared"]}),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_file_is_refused(learned, walk, forged):
    said, arrays = branch_state(branch_of(walk))
    FORGED[forged](said, arrays)
    with pytest.raises(MisfitError):
        branch_from_state(learned.codec.transform, 0, said, arrays)
