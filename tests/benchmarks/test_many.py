"""Each kind of quiet wrong is seen where it is made, and nothing is seen in a table that is right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.runs.many import outside_by_itself, page, tried
from benchmarks.runs.wrongs import KINDS

ROWS = 400


def right(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    height, weight = rng.normal(170, 10, ROWS).round(1), rng.normal(70, 12, ROWS).round(1)
    code = rng.integers(0, 12, ROWS)
    start = rng.integers(0, 500, ROWS)
    return pd.DataFrame(
        {
            "height": height,
            "weight": weight,
            "total": (height + weight).round(1),
            "root": np.sqrt(height).round(3),
            "code": [f"K{value:02d}" for value in code],
            "text": [f"diagnosis {value % 7}" for value in code],
            "start": start,
            "end": start + rng.integers(0, 9, ROWS),
            "quarter": 15 * rng.integers(0, 40, ROWS),
            "level": rng.choice([1, 5, 20], ROWS),
            "gap": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS)),
            "ward": rng.choice(["a", "b"], ROWS),
            "person": [f"{seed}-{value:05d}" for value in range(ROWS)],
        }
    )


def wrong_in(change) -> set[str]:
    real, made = right(), right(1)
    change(made, real)
    return {kind for kind, check in KINDS.items() if max((share for _, share in check(real, made)), default=0) > 0.01}


def test_nothing_is_wrong_with_other_rows_of_the_same_kind():
    assert wrong_in(lambda made, real: None) <= {"nobody there"}  # a maximum of a bell is beyond another's now and then


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("computed", "total", lambda made, real: made["total"] + 0.2),
        ("computed", "root", lambda made, real: made["root"] + 0.002),
        ("looked up", "text", lambda made, real: made["text"].sample(frac=1, random_state=0).to_numpy()),
        ("orders", "end", lambda made, real: made["start"] - 1),
        ("steps", "quarter", lambda made, real: made["quarter"] + 1),
        ("nobody there", "weight", lambda made, real: made["weight"] + 500),
        ("nor fresh rows", "weight", lambda made, real: made["weight"] + 500),
        ("invented", "level", lambda made, real: made["level"] + 1),
        ("flooded", "ward", lambda made, real: "a"),
        ("gaps", "gap", lambda made, real: 0.0),
        ("keys", "person", lambda made, real: real["person"]),
        ("form", "level", lambda made, real: made["level"].astype(float)),
    ],
)
def test_each_kind_is_seen(kind, column, value):
    def change(made, real):
        made[column] = value(made, real)

    assert kind in wrong_in(change)


def test_a_table_is_learned_and_judged_or_says_why_not():
    table = right()[["height", "weight", "ward"]]
    found = tried(table, "chains")
    assert (found["rows"], set(found["wrong"]) <= {"nobody there"}) == (ROWS, True)
    assert "at least 20 rows" in tried(table[:5], "chains")["refused"]
    runs = [{"table": "t", "model": "chains", "scores": scores} for scores in (found, {"refused": "no"})]
    assert "refused           1 tables   50.00%" in page(runs, "chains")


@pytest.mark.parametrize("form", ["{0}-{1:02d}-01", "{0} Q{2}", "{0}-W{1:02d}"])
def test_times_as_text_are_nobody_s_keys(form):
    times = pd.DataFrame({"time": [form.format(1990 + at // 4, at % 4 + 1, at % 4 + 1) for at in range(100)]})
    assert list(KINDS["keys"](times, times)) == []


def test_where_fresh_rows_lie_nothing_is_wrong():
    """Of few rows of a long tail one in ten fresh ones lies beyond the others; between two clusters there is none."""
    rng = np.random.default_rng(2)
    real, made = rng.lognormal(0, 2, 40), rng.lognormal(0, 2, 1_000)
    shares = {kind: max(share for _, share in KINDS[kind](*map(_one, (real, made)))) for kind in FRESH}
    assert shares["nobody there"] > 0.01 >= shares["nor fresh rows"]
    clusters, between = np.r_[rng.normal(0, 1, 20), rng.normal(30, 1, 20)], rng.uniform(0, 30, 1_000)
    shares = {kind: max(share for _, share in KINDS[kind](*map(_one, (clusters, between)))) for kind in FRESH}
    assert min(shares.values()) > 0.5


def test_a_table_is_held_against_its_own_rows():
    rng = np.random.default_rng(2)
    assert outside_by_itself(pd.DataFrame({"rownames": range(400), "x": rng.uniform(0, 1, 400)})) < 0.01
    assert outside_by_itself(pd.DataFrame({"x": rng.lognormal(0, 4, 30)})) > 0.01


FRESH = ("nobody there", "nor fresh rows")


def _one(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"x": values})
