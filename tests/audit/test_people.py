"""The deep audit of people: a maker that copies them with all their rows is found out, and the real one can be refitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Chains, Database, DatabaseSynthesizer, Synthesizer, deep_audit
from synthgan.audit.deep import shadow_steps
from synthgan.audit.people import LinkedPeople, of_people, subject_of
from synthgan.errors import ConfigError, DataError
from synthgan.runtime import Streams


def clinic(people=60, seed=0):
    """People, their visits, labs of these, and wards that belong to nobody."""
    rng = np.random.default_rng(seed)
    persons = pd.DataFrame({"person": np.arange(people) + 100, "height": rng.normal(170, 9, people).round()})
    visits = pd.DataFrame({"person": np.repeat(persons["person"], 3).to_numpy(), "visit": np.arange(3 * people)})
    visits["day"] = rng.integers(0, 900, len(visits))
    labs = pd.DataFrame(
        {"visit": rng.choice(visits["visit"], 4 * people), "value": rng.normal(5, 1, 4 * people).round(2)}
    )
    wards = pd.DataFrame({"ward": np.arange(30), "beds": rng.integers(2, 9, 30)})
    return Database(
        {"people": persons, "visits": visits, "labs": labs, "wards": wards},
        primary_keys={"people": "person", "visits": "visit", "wards": "ward"},
        foreign_keys={"visits": {"person": "people"}, "labs": {"visit": "visits"}},
        unit="people",
    )


@dataclass(frozen=True)
class Copied(LinkedPeople):
    """People of whom samples are copies."""

    def refitted(self, kept, seed):
        return self._beside(of_people(self.database, kept).tables)


@dataclass(frozen=True)
class Strange(LinkedPeople):
    """People whose samples owe nothing to them."""

    def refitted(self, kept, seed):
        return self._beside(clinic(len(kept), seed % 2**32).tables)


def audited(subject, refits=8):
    steps = shadow_steps(subject, refits, 12, (), Streams(0))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_a_person_leaves_with_all_rows():
    database = clinic()
    kept = of_people(database, np.arange(1, 60))
    assert 100 not in set(kept.tables["people"]["person"]) | set(kept.tables["visits"]["person"])
    gone = set(database.tables["visits"].query("person == 100")["visit"])
    assert len(gone) == 3
    assert not gone & set(kept.tables["labs"]["visit"])
    others = database.tables["labs"][~database.tables["labs"]["visit"].isin(gone)]
    assert len(kept.tables["labs"]) == len(others)
    pd.testing.assert_frame_equal(kept.tables["wards"], database.tables["wards"])


def test_copies_of_people_are_found_and_strangers_are_not():
    own = DatabaseSynthesizer()
    assert audited(Copied(clinic(), own))["shadow_auc"].value == 1
    assert audited(Strange(clinic(), own))["shadow_auc"].value == pytest.approx(0.5, abs=0.2)


def test_linked_tables_and_groups_are_refitted():
    few = Chains(chains=2, rounds=0)
    rows = clinic().tables["visits"].drop(columns="visit").assign(weight=np.random.default_rng(0).normal(70, 9, 180))
    with small_walks():
        linked = deep_audit(clinic(), DatabaseSynthesizer(generator=few), refits=4, targets=4)
        grouped = deep_audit(rows, Synthesizer(generator=few), group="person", order="day", refits=4, targets=4)
    for report in (linked, grouped):
        assert 0 <= report["shadow_auc"].value <= 1
        assert "from 4 refits" in report["shadow_auc"].reading


def test_a_model_of_groups_is_not_audited_as_a_flat_table():
    rows = clinic().tables["visits"].drop(columns="visit")
    with small_walks():
        fitted = Synthesizer(generator=Chains(chains=1, rounds=0)).fit(rows, group="person", order="day")
    with pytest.raises(ConfigError, match="group must be named where rows were learned in groups"):
        deep_audit(rows, fitted, refits=4)


def test_what_cannot_be_audited_is_refused():
    with pytest.raises(ConfigError, match="must be a DatabaseSynthesizer to audit linked tables"):
        deep_audit(clinic(), Synthesizer())
    with pytest.raises(ConfigError, match="must be a Synthesizer to audit rows in groups"):
        subject_of(clinic().tables["visits"], DatabaseSynthesizer(), "person", None)
    with pytest.raises(DataError, match="must have at least 40 people, however: 30"):
        deep_audit(clinic(30), DatabaseSynthesizer())
