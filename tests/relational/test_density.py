"""The log density of people with all rows of theirs: what draws them and what asks how likely they are must agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.stays import stays
from scipy.special import logsumexp

from synthgan import ConfigError, Database, DatabaseSynthesizer, DataError, Synthesizer
from synthgan.data.groups import Groups
from synthgan.relational.completing import ways_of
from synthgan.relational.likelihood import _of_rows, _of_way, _only_itself
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
