"""Learning chains stage by stage: what is told on the way, what is said of it afterwards, and when it stops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from synthgan import Chains, Synthesizer

RNG = np.random.default_rng(0)
X = RNG.integers(0, 2, 1_000)
TABLE = pd.DataFrame({"x": X, "y": (RNG.random(1_000) < 0.2 + 0.6 * X).astype(int), "z": RNG.normal(X, 1)})
POOR = {"chains": 3, "leaf_rows": 1_000}  # columns come out independent: there is something to play for


def test_stages_come_in_order_and_every_chain_and_round_is_told():
    synthesizer = Synthesizer(generator=Chains(**POOR))
    told = list(synthesizer.fit_steps(TABLE))
    rounds = synthesizer.manifest()["training"]["rounds"]
    assert 1 <= rounds <= 2
    expected = [("reading", 0, 1), ("encoding", 0, 1), *[("growing", grown, 3) for grown in range(4)]]
    expected += [("playing", played, 2) for played in range(1, rounds + 1)]
    assert [(progress.stage, progress.step, progress.steps) for progress in told] == expected
    assert {(progress.critic_loss, progress.message) for progress in told} == {(None, None)}


def test_the_training_summary_says_what_was_learned():
    training = Synthesizer(generator=Chains(**POOR)).fit(TABLE).manifest()["training"]
    assert set(training) == {"chains", "rounds", "critic_gain_nats", "kept_share"}
    assert training["chains"] == 3
    assert len(training["critic_gain_nats"]) == training["rounds"]
    assert training["critic_gain_nats"][0] > 0.01
    assert 0 < training["kept_share"] < 1


@pytest.mark.parametrize(("rounds", "minutes"), [(0, None), (2, 0)])
def test_no_game_keeps_every_row(rounds, minutes):
    training = Synthesizer(generator=Chains(**POOR, rounds=rounds), minutes=minutes).fit(TABLE).manifest()["training"]
    assert {name: training[name] for name in ("rounds", "critic_gain_nats", "kept_share")} == {
        "rounds": 0,
        "critic_gain_nats": [],
        "kept_share": 1.0,
    }


@pytest.mark.parametrize("minutes", [0, 1e-9])
def test_a_limit_of_time_leaves_at_least_one_chain_and_says_so(minutes):
    synthesizer = Synthesizer(generator=Chains(chains=5), minutes=minutes)
    told = list(synthesizer.fit_steps(TABLE))
    assert [(progress.stage, progress.step) for progress in told[2:]] == [("growing", 0), ("growing", 1)]
    assert told[-1].message == f"stopped after {minutes:g} minutes with 1 of 5 chains, as asked"
    assert synthesizer.manifest()["training"]["chains"] == 1
    assert len(synthesizer.sample(50)) == 50


def test_enough_time_changes_nothing():
    patient, usual = (Synthesizer(generator=Chains(chains=3), minutes=minutes).fit(TABLE) for minutes in (60, None))
    pd.testing.assert_frame_equal(patient.sample(100), usual.sample(100))
    assert patient.manifest()["training"] == usual.manifest()["training"]


def test_the_last_chain_in_time_is_no_reason_for_a_message():
    told = list(Synthesizer(generator=Chains(chains=1), minutes=0).fit_steps(TABLE))
    assert told[-1].message is None


def test_chains_grown_on_several_threads_are_the_same():
    before = torch.get_num_threads()
    try:
        models = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            models.append(Synthesizer(generator=Chains(chains=5, rounds=0)).fit(TABLE).model_)
    finally:
        torch.set_num_threads(before)
    assert models[0].manifest() == models[1].manifest()
    tensors, others = (model.tensors() for model in models)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, others[name], name)
