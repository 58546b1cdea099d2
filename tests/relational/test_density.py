"""The log density of people with all rows of theirs: what draws them and what asks how likely they are must agree."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from helpers.hospital import hospital
from helpers.stays import stays
from scipy.special import logsumexp

from synthgan import ConfigError, Database, DatabaseSynthesizer, DataError, Synthesizer
from synthgan.data.groups import Groups
from synthgan.relational import density, likelihood
from synthgan.relational.completing import AsDrawn, ways_of
from synthgan.relational.likelihood import _of_odds, _of_rows, _of_way, _only_itself, of_rows
from synthgan.relational.siblings import Beside
from synthgan.runtime import Streams

pytestmark = pytest.mark.usefixtures("small_fits")

REAL = stays(120)
STREAMS = Streams(0)


@pytest.fixture(scope="module")
def fitted():
    return Synthesizer(seed=0).fit(REAL, group="patient_id", order="charttime")


def linked(frame: pd.DataFrame) -> Database:
    patients = frame.drop_duplicates("patient_id")[["patient_id", "sex"]].reset_index(drop=True)
    database = Database(
        {"patients": patients, "rows": frame.drop(columns="sex")},
        primary_keys={"patients": "patient_id"},
        order={"rows": "charttime"},
        unit="patients",
    )
    return database.key("rows", "patient_id").references("patients", kind="owner")


def swapped(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows, each of somebody else of the same sex: as rows they are as likely, as histories they are not."""
    mixed = frame.groupby("sex")["patient_id"].transform(lambda own: own.sample(frac=1, random_state=0).to_numpy())
    return frame.assign(patient_id=mixed)


def test_histories_are_likelier_than_the_same_rows_of_strangers(fitted):
    found, torn = (fitted.score_samples(frame) for frame in (REAL, swapped(REAL)))
    assert found.shape == (120,)
    assert np.isfinite(found).all()
    assert np.isfinite(torn).all()
    assert found.mean() > torn.mean() + 2
    assert (fitted.score_samples(REAL) == found).all()


def test_groups_stand_in_the_order_in_which_they_come_whatever_that_of_their_rows(fitted):
    found = fitted.score_samples(REAL)
    mixed = REAL.sample(frac=1, random_state=0)
    by_name = dict(zip(pd.unique(mixed["patient_id"]), fitted.score_samples(mixed), strict=True))
    assert np.corrcoef([by_name[name] for name in pd.unique(REAL["patient_id"])], found)[0, 1] > 0.95


def test_chances_are_those_with_which_rows_are_drawn():
    """Of one column the chance of a level is the share of the draws that have it: within .04 of 4,000, five standard errors."""
    wards = REAL.sort_values("charttime")[["patient_id", "ward"]]
    branch = Synthesizer(seed=0).fit(wards, group="patient_id").model_.branch
    groups, rows = Groups(np.array([2])), branch.rows.read(branch_table(branch, wards[:2]), STREAMS)
    way = next(iter(ways_of(branch, rows, groups, groups.counts, np.zeros((1, 9), np.float32), Beside(1), STREAMS)))
    logs, _ = _of_rows(way, np.array([0]), 0, _only_itself(way), np.random.default_rng(0))
    often = way.past.take(np.zeros(4_000, dtype=np.int64))
    drawn, _ = way.walk.row(way.walk.chains[0], often, np.random.default_rng(1))
    assert abs((drawn.codes == way.rows.codes).all(1).mean() - np.exp(logs[0])) < 0.04


def branch_table(branch, frame):
    from synthgan.data.table import Table

    schema = branch.rows.transform.schema
    return Table.read(frame[list(schema.names)], schema, validate=False)


def test_one_chain_draws_all_rows_of_a_group_and_critics_choose_among_candidates(fitted):
    model = fitted.model_
    frame = REAL.sort_values(["patient_id", "charttime"])
    counts = Groups(frame.groupby("patient_id").size().to_numpy())
    rows = model.branch.rows.read(branch_table(model.branch, frame), STREAMS)
    context = np.zeros((120, model.context.width), np.float32)
    way = list(ways_of(model.branch, rows, counts, counts.counts, context, Beside(120), STREAMS))[-1]
    owner, every = counts.owner[way.at], np.arange(len(way.at))
    chains = np.zeros((2, 120))
    for index in range(2):
        np.add.at(chains[index], owner, _of_rows(way, every, index, _only_itself(way), np.random.default_rng(0))[0])
    whole = _of_way(way, counts, _only_itself(way), np.random.default_rng(0), with_odds=True)
    without = logsumexp(chains, axis=0) - np.log(2)
    assert (whole == without).all() == (way.walk.critic is None and not way.walk.supports)
    assert (np.abs(whole - without) <= np.log(8) * counts.counts + 1e-9).mean() > 0.9
    assert (without[counts.counts == 1] == 0).all()  # first rows are drawn elsewhere


def test_what_belongs_to_whole_groups_counts_and_their_critic_does(fitted):
    def apart(_, whole):
        return np.arange(len(whole.groups)) * 1.0

    critic = fitted.model_.branch.critic
    with mock.patch.object(density, "of_branch", return_value=np.zeros(120)):
        of_parents = fitted.score_samples(REAL)
    with mock.patch.object(type(critic), "log_ratios", apart):
        found = fitted.score_samples(REAL)
    with mock.patch.object(type(critic), "log_ratios", lambda _, whole: np.zeros(len(whole.groups))):
        without = fitted.score_samples(REAL)
    assert of_parents.std() > 0
    np.testing.assert_allclose(np.sort(found - without), np.arange(120), atol=1e-6)


def test_people_are_compared_by_their_own_codes_and_counts_by_like_ones(fitted):
    """A neighbour's value is another one where somebody is looked for, and as good where rows are counted."""
    like, asked = [(np.array([0]), np.array([1]))], []

    def seen(_, groups, alike, *__, with_odds):
        asked.append((alike is like, with_odds))
        return np.zeros(len(groups))

    branch, frame = fitted.model_.branch, REAL.sort_values(["patient_id", "charttime"])
    groups = Groups(frame.groupby("patient_id").size().to_numpy())
    given = groups, groups.counts, np.zeros((120, fitted.model_.context.width), np.float32), Beside(120), STREAMS
    with mock.patch.object(likelihood, "_of_way", seen), mock.patch.object(AsDrawn, "alike", like):
        fitted.score_samples(REAL)
        assert set(asked) == {(False, True)}
        asked.clear()
        of_rows(branch, branch.rows.read(branch_table(branch, frame), STREAMS), *given)
        assert set(asked) == {(True, False)}


def test_odds_of_a_step_are_those_over_what_would_be_drawn_in_its_place():
    rows = SimpleNamespace(take=lambda some: np.full(len(some), 5.0))
    walk = SimpleNamespace(
        critic=object(), supports=(), chains=[None], odds=lambda read, _: read, row=lambda *_: (np.zeros(3), None)
    )
    way = SimpleNamespace(walk=walk, rows=rows, past=rows)
    found = _of_odds(way, np.arange(3), np.zeros((3, 1)), np.random.default_rng(0))
    others = likelihood.CANDIDATES - 1
    np.testing.assert_allclose(found, 5 - np.log((np.exp(5) + others) / (others + 1)))
    walk.odds = lambda *_: np.full(3, 2.0)
    np.testing.assert_allclose(_of_odds(way, np.arange(3), np.zeros((3, 1)), np.random.default_rng(0)), 0, atol=1e-12)


def test_a_unit_has_its_own_row_and_all_that_belongs_to_rows_of_its_own():
    """With one for each owner of rows a unit comes to one for itself and one for each of its admissions, which own labs."""
    tables = {name: hospital(80)[name] for name in ("patients", "admissions", "labs")}
    tables["admissions"] = tables["admissions"].drop(columns="doctor_id")
    tables["labs"] = tables["labs"].drop(columns=["patient_id", "item_id"])
    database = Database(
        tables,
        primary_keys={"patients": "patient_id", "admissions": "admission_id"},
        order={"admissions": "admitted", "labs": "taken"},
        unit="patients",
    )
    database = database.key("admissions", "patient_id").references("patients", kind="owner")
    database = database.key("labs", "admission_id").references("admissions", kind="owner")
    synthesizer = DatabaseSynthesizer(seed=0).fit(database)

    def ones(made, part, *_):
        return np.ones(made.lineage.rows[made.lineage.owners[part.shape.name]])

    with mock.patch.object(density, "_of_owned", ones), mock.patch.object(density, "_of_table", return_value=0.0):
        found = synthesizer.score_samples(database)
    counts = tables["admissions"]["patient_id"].value_counts()
    expected = 1 + tables["patients"]["patient_id"].map(counts).fillna(0)
    np.testing.assert_allclose(found, expected)
    with mock.patch.object(density, "_of_owned", lambda *given: 0 * ones(*given)):
        assert synthesizer.score_samples(database).std() > 0


def test_units_are_scored_with_all_rows_of_theirs_and_levels_may_be_new():
    database = linked(REAL)
    synthesizer = DatabaseSynthesizer(seed=0).fit(database)
    found = synthesizer.score_samples(database)
    assert found.shape == (120,)
    torn = synthesizer.score_samples(linked(swapped(REAL)).tables)
    assert found.mean() > torn.mean() + 1
    fewer = linked(REAL[REAL["patient_id"] != REAL["patient_id"].iloc[0]])
    assert len(synthesizer.score_samples(fewer)) == 119
    odd = REAL.assign(ward=REAL["ward"].where(REAL["ward"] != "ICU", "tent"), dose=REAL["dose"].where(REAL["dose"] > 0))
    assert np.isfinite(synthesizer.score_samples(linked(odd))).all()
    with pytest.raises(DataError, match="the tables must have 'rows', which was learned, however: they lack it"):
        synthesizer.score_samples({"patients": database.tables["patients"]})
    with pytest.raises(ConfigError, match="history must be for a model not learned under epsilon"):
        DatabaseSynthesizer._opened(_Private(), "history")


class _Private(DatabaseSynthesizer):
    def _fitted(self):
        return None
