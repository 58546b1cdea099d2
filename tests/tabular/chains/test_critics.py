"""The game of chains: a critic finds what chains got wrong, they mend it, and where nothing is wrong there is no game."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xgboost
from helpers.chain_tables import distance, draw, grow, joint, levels_table, only, patients

from synthgan.runtime import Streams
from synthgan.tabular.chains import critics as boosted
from synthgan.tabular.chains.critics import BoostedCritic, play
from synthgan.tabular.encoding.layout import Encoded

ENCODED, LAYOUT = patients()
PAIRS = [(one, other) for other in range(4) for one in range(other)]


def poor():
    """One chain whose leaves are too large to part anything: its columns are independent."""
    return grow(ENCODED, LAYOUT, chains=1, leaf_rows=len(ENCODED))


@pytest.fixture(scope="module")
def played():
    generator = poor()
    return generator, list(play(generator, ENCODED, 2, Streams(0)))


def two_way(generator):
    codes = draw(generator, 40_000).codes
    return {pair: distance(joint(codes, LAYOUT, *pair), joint(ENCODED.codes, LAYOUT, *pair)) for pair in PAIRS}


def test_chains_that_miss_the_links_between_columns_learn_them_from_the_critic(played):
    generator, rounds = played
    assert rounds
    assert all(found.gain_nats >= boosted.MIN_GAIN_NATS for found in rounds)
    assert all(0 < found.trees <= boosted.ROUND_TREES and 0 < found.kept_share < 1 for found in rounds)
    assert len(generator.critic.boosters) == len(rounds)
    before, after = two_way(poor()), two_way(generator)
    linked = [pair for pair in PAIRS if before[pair] > 0.1]
    assert (0, 1) in linked
    assert (0, 3) in linked
    for pair in linked:
        assert after[pair] < before[pair] / 2, pair


@pytest.mark.parametrize("condition", [None, only(LAYOUT)], ids=["balanced", "as the critics leave them"])
def test_every_column_stays_as_it_is(played, condition):
    """40,000 rows, at most six modes: chance moves a column by less than .01 in all."""
    generator, _ = played
    codes = draw(generator, 40_000, condition).codes
    for column in range(4):
        assert distance(joint(codes, LAYOUT, column), joint(ENCODED.codes, LAYOUT, column)) < 0.02, column


def test_critics_of_wide_tables_learn_fewer_rows(monkeypatch):
    """A thousand numbers of real rows: so many rows as these are of, and three times as many drawn."""
    seen = []
    monkeypatch.setattr(boosted, "MAX_SEEN", 1_000)
    monkeypatch.setattr(boosted, "MIN_DRAWN", 1)
    monkeypatch.setattr(
        boosted, "fit_booster", lambda real, drawn, _, **__: (seen.append((real.shape, drawn.shape)), 0.0)
    )
    generator = poor()
    assert not list(play(generator, ENCODED, 1, Streams(0)))
    width = int(generator.mode_features.widths.sum())
    assert seen == [((1_000 // width, width), (3 * (1_000 // width), width))]


def test_critics_are_raked_so_that_columns_stay_as_they_are(monkeypatch):
    """A critic of a single tree that overdoes what it found would make women of nearly all."""
    generator = poor()
    monkeypatch.setattr(boosted, "CAP_LEVEL", 1.0)
    monkeypatch.setattr(boosted, "fit_booster", lambda *_, **__: (OneSided(), 1.0))
    assert len(list(play(generator, ENCODED, 1, Streams(0)))) == 1
    codes = draw(generator, 40_000, only(LAYOUT)).codes
    assert (codes[:, 0] == 0).mean() == pytest.approx((ENCODED.codes[:, 0] == 0).mean(), abs=0.015)


class OneSided:
    """A critic that takes every woman for four times as real as every man."""

    def predict(self, features):
        return np.where(features[:, 0] < 0, np.log(4), 0).astype(np.float32)

    def __len__(self):
        return 1


def test_trees_grown_after_the_best_one_are_dropped(monkeypatch):
    found, train = [], xgboost.train

    def remembered(*arguments, **options):
        found.append(train(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(xgboost, "train", remembered)
    (played,) = play(poor(), ENCODED, 1, Streams(0))
    assert played.trees == found[0].best_iteration + 1 < found[0].num_boosted_rounds()
    assert played.gain_nats == pytest.approx(np.log(2) - found[0].best_score)


def test_chains_that_are_right_play_no_game():
    rng = np.random.default_rng(0)
    encoded, layout = levels_table(
        **{name: rng.integers(0, size, 6_000) for name, size in {"a": 2, "b": 3, "c": 12}.items()}
    )
    generator = grow(encoded, layout, chains=4, leaf_rows=6_000)
    assert list(play(generator, encoded, 2, Streams(0))) == []
    assert generator.critic is None


def test_no_more_rounds_are_played_than_asked():
    generator = poor()
    assert list(play(generator, ENCODED, 0, Streams(0))) == []
    assert len(list(play(generator, ENCODED, 1, Streams(0)))) == 1


def test_a_second_critic_plays_against_what_the_first_one_left(monkeypatch):
    monkeypatch.setattr(boosted, "ROUND_TREES", 3)
    generator = poor()
    first, second = play(generator, ENCODED, 2, Streams(0))
    assert second.gain_nats < first.gain_nats
    assert len(generator.critic.boosters) == 2
    features, modes = generator.features(ENCODED.codes), ENCODED.codes + LAYOUT.starts
    whole, alone = generator.critic, replace(generator.critic, boosters=generator.critic.boosters[:1])
    assert (whole.log_ratios(features, modes) != alone.log_ratios(features, modes)).mean() > 0.5


@pytest.mark.parametrize("rows", [boosted.MIN_REAL - 1, boosted.MIN_REAL])
def test_a_critic_needs_rows_to_learn_from(rows, monkeypatch):
    monkeypatch.setattr(boosted, "MIN_GAIN_NATS", -np.inf)
    few = Encoded(ENCODED.codes[:rows], ENCODED.residuals[:rows])
    assert len(list(play(poor(), few, 1, Streams(0)))) == (rows == boosted.MIN_REAL)


def test_rows_with_a_rare_level_say_nothing():
    """They are never drawn, so a critic would tell them at once."""
    rng = np.random.default_rng(0)
    x = np.where(rng.random(4_000) < 0.2, rng.integers(2, 60, 4_000), rng.integers(0, 2, 4_000))
    encoded, layout = levels_table(x=x, y=rng.integers(0, 3, 4_000), rare_below=100)
    assert layout.emitted[2] == 0
    generator = grow(encoded, layout, chains=2)
    assert list(play(generator, encoded, 1, Streams(0))) == []


def test_the_same_streams_play_the_same_game(played):
    generator, rounds = played
    again = poor()
    assert list(play(again, ENCODED, 2, Streams(0))) == rounds
    (state, tensors), (other, others) = generator.critic.state(), again.critic.state()
    assert state == other
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, others[name], name)


def test_a_critic_comes_back_as_it_was(played):
    generator, _ = played
    critic = BoostedCritic.from_state(
        *generator.critic.state(), int(generator.mode_features.widths.sum()), LAYOUT.modes
    )
    features, modes = generator.features(ENCODED.codes), ENCODED.codes + LAYOUT.starts
    np.testing.assert_array_equal(critic.log_ratios(features, modes), generator.critic.log_ratios(features, modes))
    np.testing.assert_array_equal(critic.chances(features, modes), generator.critic.chances(features, modes))
    assert generator.critic.log_ratios(features, modes).std() > 0.3


def test_a_state_without_one_of_its_trees_is_refused(played):
    state, tensors = played[0].critic.state()
    width = int(played[0].mode_features.widths.sum())
    with pytest.raises(KeyError):
        BoostedCritic.from_state({**state, "forests": state["forests"] + 1}, tensors, width, LAYOUT.modes)
