"""Levels that mostly come again are drawn so, and rows take nothing from other groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.table import Table
from synthgan.relational import learning
from synthgan.relational.branch import BranchConfig
from synthgan.relational.rarity import first_as_others
from synthgan.relational.repeats import comes_again
from synthgan.runtime import Streams
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import TableTransform


def careers(players: int = 300) -> pd.DataFrame:
    """Rows of players who mostly stay with one of 12 teams."""
    rng = np.random.default_rng(0)
    rows = []
    for player in range(players):
        team = rng.integers(12)
        for year in range(6):
            team = rng.integers(12) if rng.random() < 0.1 else team
            rows.append((f"p{player:04d}", year, f"T{team:02d}", rng.normal()))
    return pd.DataFrame(rows, columns=["player", "year", "team", "score"])


def stays_share(frame: pd.DataFrame) -> float:
    ordered = frame.sort_values(["player", "year"], kind="stable")
    same = ordered["player"].to_numpy()[1:] == ordered["player"].to_numpy()[:-1]
    return float((ordered["team"].to_numpy()[1:] == ordered["team"].to_numpy()[:-1])[same].mean())


@pytest.fixture(scope="module")
def fitted():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "BranchConfig", lambda: BranchConfig(chains=2, rounds=0))
        return Synthesizer(seed=0).fit(careers(), group="player", order="year")


def test_who_stays_stays(fitted, tmp_path):
    drawn = fitted.sample(300)
    assert abs(stays_share(drawn) - stays_share(careers())) < 0.06
    fitted.save(tmp_path / "careers.synthgan")
    pd.testing.assert_frame_equal(Synthesizer.load(tmp_path / "careers.synthgan").sample(300), drawn)


def test_only_levels_that_come_again_more_often_than_by_chance_do():
    rng = np.random.default_rng(0)
    codes = rng.integers(12, size=2_000).astype(np.int32)
    earlier = np.where(rng.random(2_000) < 0.5, codes, rng.integers(12, size=2_000)).astype(np.int32)
    assert comes_again(codes, earlier, 12)
    assert not comes_again(codes, rng.permutation(codes), 12)
    assert not comes_again(codes, np.full(2_000, -1, np.int32), 12)


def test_a_row_of_a_group_takes_nothing_from_other_rows():
    """A key that a look-up does not know is taken from another row where rows are nobody's; else it stays."""
    rng = np.random.default_rng(0)
    year, team = rng.integers(20, size=4_000), rng.integers(20, size=4_000)
    kept = year != team  # never together
    year, team = year[kept], team[kept]
    league = np.where((year * 7 + team * 3) % 11 < 5, "A", "B")
    frame = pd.DataFrame({"year": 1900 + year, "team": np.char.add("T", team.astype(str)), "league": league})
    table = Table.read(frame)
    transform = TableTransform.fit(table, EncodingConfig(rare_below=2), Streams(0))
    assert [formula.text for formula in transform.computed.formulas] == ["lookup(year, team)"]
    codes = transform.transform(table, Streams(0)).codes
    codes[:, 1] = rng.permutation(codes[:, 1])
    encoded = Encoded(codes, np.zeros((len(codes), transform.layout.residuals), dtype=np.float32))
    plain = pd.DataFrame({name: transform.values(encoded)[name] for name in ("year",)})["year"].to_numpy()
    alone = transform.inverse(encoded, Streams(0)).frame()
    among = transform.inverse(encoded, Streams(0), alone=False).frame()
    assert (among["year"].to_numpy() == plain).all()
    assert (alone["year"].to_numpy() != plain).any()


def test_a_first_row_may_have_what_other_rows_may_have():
    following = Table.read(pd.DataFrame({"ward": ["a"] * 20 + ["b"] * 20 + ["c"] * 3}))
    parents = Table.read(pd.DataFrame({"n": range(12), "first ward": ["a"] * 10 + ["b", "c"]}))
    told = first_as_others(parents, following, 10)
    assert told.schema.column("first ward").levels == ("a", "b")
    encoder = TableTransform.fit(told, EncodingConfig(rare_below=10), Streams(0)).codecs[-1].encoder
    assert encoder.levels == ("a", "b")
    assert list(encoder.emitted) == [True, True, False]
