"""What changes with the place in a run of the image game: the pace, the penalty, and how far networks have grown."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.made_images import make_images

from synthgan import ImageSynthesizer
from synthgan.image.config import ImageConfig
from synthgan.image.learning import FIRM, PENALTY, SLOWER, SLOWEST, ImageUpdates

STEPS = 40
OPTIONS = {"steps": STEPS, "width": 4, "noise_width": 4, "batch_images": 4, "device": "cpu", "seed": 0}


@pytest.fixture
def played(monkeypatch):
    """Plays a run; gives at every turn of the critic the pace of both players, the penalty, and the levels of all three networks."""
    critic = ImageUpdates.critic

    def play(**options):
        seen = []

        def spied(updates, state, index):
            loss = critic(updates, state, index)
            stages = [float(network.stage) for network in (state.generator, state.average, state.critic)]
            paces = [
                optimizer.param_groups[0]["lr"] / state.learning_rate
                for optimizer in (state.critic_optimizer, state.generator_optimizer)
            ]
            seen.append((*paces, updates.objective.weight, *stages))
            return loss

        monkeypatch.setattr(ImageUpdates, "critic", spied)
        ImageSynthesizer(**OPTIONS | options).fit(make_images(40))
        return np.array(seen).T

    return play


def test_the_pace_rises_and_falls_and_the_penalty_falls_by_the_number_of_pixels(played):
    pace, _, weight, *stages = played()
    assert pace.argmax() == STEPS // 10 - 1
    assert pace[0] < 0.3
    assert pace[-1] == pytest.approx(SLOWEST, abs=0.01)
    usual = PENALTY * 8 * 8 / 32**2
    assert weight[0] == pytest.approx(FIRM * usual)
    assert weight[-1] == pytest.approx(usual, rel=0.05)
    assert (np.diff(weight) < 0).all()
    assert np.unique(stages) == 1  # one doubling of 4, from the first step


def test_a_generator_with_a_draft_goes_after_the_critic_and_slower(played):
    critic, generator, *_ = played()
    assert (generator[: STEPS // 10] == 0).all()
    np.testing.assert_allclose(generator[STEPS // 10 :], SLOWER * critic[STEPS // 10 :])


def test_a_generator_whose_draft_lacks_what_is_asked_goes_with_the_critic(played):
    critic, generator, *_ = played(condition_image=2)
    np.testing.assert_array_equal(generator, critic)


@pytest.mark.parametrize(("options", "kept"), [({"penalty": 0.3}, 0.3), ({"objective": "wasserstein"}, 10.0)])
def test_a_penalty_that_was_named_or_is_of_another_kind_stays(played, options, kept):
    _, _, weight, *_ = played(**options)
    assert np.unique(weight).tolist() == [kept]


def test_all_networks_grow_together_and_are_grown_before_the_end(played):
    _, _, _, generator, average, critic = played(grow=True)
    assert (generator == average).all()
    assert (generator == critic).all()
    assert generator[0] == 0
    assert (np.diff(generator) >= 0).all()
    assert ((generator > 0) & (generator < 1)).any()  # a level fades in
    assert (generator[-STEPS // 4 :] == 1).all()


def test_the_averages_memory_counts_images_whatever_the_batch():
    for batch, steps in ((16, 40), (64, 10)):
        assert ImageConfig(batch_images=batch, ema_halflife_images=640).training().ema_halflife_steps == steps
