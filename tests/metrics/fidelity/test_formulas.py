"""What is computed in every real row is computed again in the synthetic ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan import Schema
from synthgan.metrics.data.frames import Frames
from synthgan.metrics.fidelity.formulas import formula_scores

ROWS = 500


def people(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    height, weight = rng.normal(170, 10, ROWS).round(1), rng.normal(70, 12, ROWS).round(1)
    return pd.DataFrame(
        {
            "height": height,
            "weight": weight,
            "bmi": (weight / (height / 100) ** 2).round(1),
            "sex": rng.choice(["f", "m"], ROWS),
        }
    )


def test_rows_that_break_a_formula_are_counted_beside_those_of_real_rows():
    made = people(1)
    made.loc[:99, "bmi"] += 0.3
    (score,) = formula_scores(Frames(people(0), made, people(2)))
    assert (score.name, score.reference, score.goal) == ("formulas_broken", 0.0, "minimize")
    assert score.value == pytest.approx(0.2)
    assert score.low < 0.2 < score.high
    assert "bmi = " in score.reading
    assert "(20.00% of the rows)" in score.reading


def test_what_the_schema_states_is_looked_at_and_what_it_switches_off_is_not():
    made = people(1).assign(bmi=20.0)
    known = Schema.infer(people(0))
    stated = Schema.from_dict(
        known.to_dict() | {"formulas": [{"target": "bmi", "formula": "weight / (height / 100) ** 2"}]}
    )
    assert formula_scores(Frames(people(0), made, schema=stated))[0].value > 0.9
    off = replace(stated, formulas=tuple(replace(one, use=False) for one in stated.formulas))
    assert formula_scores(Frames(people(0), made, schema=off))[0].value is None


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (people(1)[["height", "weight", "sex"]], "no column is computed"),
        (people(1).assign(bmi="?"), "the synthetic table cannot be read as the real one"),
    ],
)
def test_where_nothing_can_be_computed_it_says_why(made, why):
    (score,) = formula_scores(Frames(people(0), made))
    assert score.value is None
    assert why in score.reading
