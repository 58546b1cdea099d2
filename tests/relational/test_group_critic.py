"""Of several candidates for each owner one is chosen, so that all rows together are distributed as the learned ones are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, Synthesizer
from synthgan.data.groups import Groups
from synthgan.relational.critic import LEAST_POOL, LEAST_RAKED, Drawn, GroupCritic
from synthgan.runtime import Streams
from synthgan.tabular.chains.chains import Chains
from synthgan.tabular.chains.critics import fit_booster
from synthgan.tabular.pooled.filling import ENTRIES
from synthgan.tabular.pooled.pooled import Pooled

OWNERS, SEVERAL = 400, 6


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(300), rng.integers(1, 5, 300))
    visits = pd.DataFrame({"patient": owner, "day": np.arange(len(owner)), "cost": rng.integers(50, 90, len(owner))})
    with small_walks():
        return Synthesizer(seed=0, generator="chains").fit(visits, group="patient", order="day").model_


@pytest.fixture(scope="module")
def critic(model):
    """One that finds nothing, and knows how rows are distributed."""
    return replace(model.branch.critic, boosters=())


def candidates(model, owners):
    """For each owner three that are as learned ones are, then three that cost far too much."""
    _, drawn = model.pool(owners, None, Streams(1))
    drawn = drawn.take(np.tile(np.arange(owners), SEVERAL))
    at = model.branch.rows.names.index("cost")
    drawn.rows.numbers[drawn.groups.owner >= owners * SEVERAL // 2, at] += 500
    return drawn


def chosen(critic, drawn, *, raked):
    return critic.best(drawn, SEVERAL, np.random.default_rng(3), raked=raked)


@pytest.mark.parametrize("raked", [True, False])
def test_each_owner_gets_a_candidate_of_his_own(model, critic, raked):
    found = chosen(critic, candidates(model, OWNERS), raked=raked)
    np.testing.assert_array_equal(found % OWNERS, np.arange(OWNERS))


def test_what_a_critic_leaves_is_mended_by_how_all_rows_are_distributed(model, critic):
    drawn = candidates(model, OWNERS)
    dear = [float((chosen(critic, drawn, raked=raked) >= OWNERS * SEVERAL // 2).mean()) for raked in (True, False)]
    assert dear[0] < 0.05
    assert 0.4 < dear[1] < 0.6  # half: outside of it once in 16,000 times


def test_few_owners_need_not_be_as_all_are(model, critic):
    drawn = candidates(model, LEAST_RAKED - 1)
    np.testing.assert_array_equal(chosen(critic, drawn, raked=True), chosen(critic, drawn, raked=False))


def test_nobody_to_choose_for(model, critic):
    nobody = Drawn(
        np.zeros((0, 1), np.float32), candidates(model, OWNERS).rows.take(np.arange(0)), Groups(np.arange(0))
    )
    assert len(chosen(critic, nobody, raked=True)) == 0


def test_no_leaf_of_a_walk_holds_codes_of_rows(model):
    for chain in model.branch.walk.chains:
        assert set(chain.count[chain.trees.left < 0]) == {ENTRIES}
    assert model.manifest()["disclosures"] == sorted([Chains.keeps_rows, Pooled.keeps_rows])


def test_enough_groups_are_drawn_to_choose_from(model):
    assert model.branch.critic.pool >= LEAST_POOL


@pytest.mark.parametrize(("where", "raked"), [(None, True), ("patients.sex=F", False)])
def test_linked_tables_are_as_learned_ones_unless_something_is_asked_of_the_unit(monkeypatch, where, raked):
    rng = np.random.default_rng(0)
    patients = pd.DataFrame({"patient_id": np.arange(120), "sex": ["F", "M"] * 60})
    visits = pd.DataFrame({"patient_id": np.repeat(np.arange(120), 3), "cost": rng.integers(50, 90, 360)})
    database = Database(
        {"patients": patients, "visits": visits}, primary_keys={"patients": "patient_id"}, unit="patients"
    )
    database.key("visits", "patient_id").references("patients", kind="owner")
    with small_walks():
        fitted = DatabaseSynthesizer(seed=0, generator="chains").fit(database)
    part = fitted.model_.parts["visits"]
    real, drawn = (rng.normal(mean, size=(200, 2)).astype(np.float32) for mean in (0, 1))
    critic = replace(part.branch.critic, boosters=(fit_booster(real, drawn, rng)[0],))
    fitted.model_.parts["visits"] = replace(part, branch=replace(part.branch, critic=critic))
    asked = []

    def best(self, drawn, several, rng, *, raked):
        asked.append(raked)
        return np.arange(len(drawn.groups) // several)

    monkeypatch.setattr(GroupCritic, "best", best)
    fitted.sample(20, where=where, seed=1)
    assert asked == [raked]
