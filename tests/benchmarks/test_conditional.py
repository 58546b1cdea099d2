"""The conditions that the conditional benchmark draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.runs.conditional import CONDITIONS, RARE, choose, meets

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "sex": RNG.choice(["F", "M"], 4_000),
        "ward": RNG.choice(["a", "b", "c", "rare"], 4_000, p=[0.4, 0.35, 0.225, 0.025]),
        "smokes": RNG.random(4_000) < 0.3,
        "age": RNG.integers(18, 99, 4_000),
        "bmi": RNG.normal(26, 4, 4_000),
    }
)


def test_ten_different_conditions_of_all_kinds_that_enough_rows_meet():
    chosen = choose(TABLE)
    kinds = [kind for kind, _ in chosen]
    assert {kind: kinds.count(kind) for kind in CONDITIONS} == CONDITIONS
    assert len({str(where) for _, where in chosen}) == sum(CONDITIONS.values())
    for kind, where in chosen:
        rows = int(meets(TABLE, where).sum())
        assert (RARE[0] <= rows <= RARE[1]) if kind == "rare level" else rows >= 500


def test_meeting_a_condition_is_meeting_all_of_it():
    met = meets(TABLE, {"sex": "F", "age": (30, 40)})
    assert (met == ((TABLE.sex == "F") & (TABLE.age >= 30) & (TABLE.age <= 40))).all()
