"""Whether given histories have ended: the rows so far say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer
from synthgan.data.groups import Groups
from synthgan.relational import lasting as module
from synthgan.relational.lasting import lasting, with_count
from synthgan.relational.parts import count_name
from synthgan.runtime import Streams


def wards(people: int, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Patients with one to six days, the last of which they go home."""
    rng = np.random.default_rng(seed)
    days = rng.integers(1, 7, people)
    owner = np.repeat(np.arange(people), days)
    day = np.concatenate([np.arange(one) for one in days])
    where = np.where(day == days[owner] - 1, "home", rng.choice(["ICU", "ward"], len(owner)))
    names = np.array([f"P{seed}-{at:03d}" for at in range(people)])
    patients = pd.DataFrame({"patient": names, "sex": rng.choice(["F", "M"], people)})
    return {"patients": patients, "days": pd.DataFrame({"patient": names[owner], "day": day, "where": where})}


@pytest.fixture(scope="module")
def fitted():
    keys = {"primary_keys": {"patients": "patient"}, "order": {"days": "day"}, "unit": "patients"}
    database = Database(wards(200), **keys).key("days", "patient").references("patients", kind="owner")
    with small_walks():
        return DatabaseSynthesizer(seed=0).fit(database)


def grown(fitted, history: dict[str, pd.DataFrame]) -> pd.Series:
    """Which patients that have days given have more in the end."""
    given = history["days"].groupby("patient").size()
    drawn = fitted.sample(history=history, seed=0)["days"].groupby("patient").size()
    return drawn.reindex(given.index) > given


def test_histories_whose_rows_say_that_they_have_ended_stay_and_others_go_on(fitted):
    whole = wards(80, seed=1)
    before = {**whole, "days": whole["days"][whole["days"]["where"] != "home"]}
    assert grown(fitted, whole).mean() < 0.15
    assert grown(fitted, before).mean() > 0.7


def test_who_has_no_row_has_as_even_odds_to_stay_so(fitted):
    """No row says anything: between .3 and .7 of 100, four standard errors."""
    none = wards(100, seed=2)
    drawn = fitted.sample(history={**none, "days": none["days"][:1]}, seed=0)["days"]
    assert 0.3 < drawn["patient"].nunique() / 100 < 0.7


def test_numbers_count_by_how_likely_the_given_rows_are_with_them(fitted, monkeypatch):
    """Where rows are as likely whatever follows, half of the histories have ended; where one number alone is likely, it is taken."""
    part = fitted.model_.parts["days"]
    groups, drawn = Groups(np.ones(100, dtype=np.int64)), np.tile([[2], [3], [4]], 100)
    told = part.branch, None, groups, drawn, lambda counts: np.zeros((100, 1), np.float32), None, Streams(0)
    monkeypatch.setattr(module, "of_rows", lambda *_: np.zeros(100))
    assert 0.3 < (lasting(*told) == 1).mean() < 0.7
    monkeypatch.setattr(module, "of_rows", lambda *given: np.where(given[3] == 3, 0.0, -50.0))
    assert (lasting(*told) == 3).all()


def test_owners_say_how_many_rows_they_have_from_then_on(fitted):
    root = fitted.model_.parts["patients"]
    learned = root.draw(5, None, Streams(0))
    table = with_count(learned, "days", np.array([3, 1, 4, 1, 5]))
    assert table.float64(table.schema.column(count_name("days"))).tolist() == [3, 1, 4, 1, 5]


def test_what_is_known_of_a_group_says_how_many_rows_it_would_have(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "of_rows", lambda *given: np.zeros(len(given[2])))
    groups, drawn = Groups(np.array([1, 2])), np.array([[3, 2], [5, 9]])
    found = lasting(None, None, groups, drawn, asked.append, None, Streams(0))
    assert [counts.tolist() for counts in asked] == [[1, 2], [3, 2], [5, 9]]
    assert found[0] in {1, 3, 5}
    assert found[1] in {2, 9}
