"""What is declared to hold in every row is held against the synthetic rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan import Schema
from synthgan.data.rules import Rule
from synthgan.metrics.data.frames import Frames
from synthgan.metrics.fidelity.rules import rule_scores

ROWS = 500
NAMES = ("low", "high", "sex", "pregnant")


def people(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    low, sex = rng.integers(50, 90, ROWS), rng.choice(["F", "M"], ROWS)
    pregnant = np.where((sex == "F") & (rng.random(ROWS) < 0.3), "yes", "no")
    return pd.DataFrame({"low": low, "high": low + rng.integers(0, 60, ROWS), "sex": sex, "pregnant": pregnant})


def broken(rules: list[object], made: pd.DataFrame, holdout: pd.DataFrame | None = None):
    return rule_scores(Frames(people(0), made, holdout, rules=Rule.read_all(rules, NAMES)))[0]


@pytest.mark.parametrize(
    ("rule", "column", "wrong"),
    [
        ("low <= high", "high", 0),
        ("low >= 50", "low", 3),
        ("sex = M => pregnant = no", "pregnant", "yes"),
        ({"columns": ["sex", "pregnant"], "allowed": [["F", "yes"], ["F", "no"], ["M", "no"]]}, "pregnant", "yes"),
    ],
)
def test_rows_that_break_a_rule_are_counted_beside_those_of_real_rows(rule, column, wrong):
    made = people(1).assign(sex="M", pregnant="no")
    made.loc[:99, column] = wrong
    score = broken([rule], made, people(2))
    assert (score.name, score.reference, score.goal) == ("rules_broken", 0.0, "minimize")
    assert score.value == pytest.approx(0.2)
    assert "(20.00% of the rows)" in score.reading


def test_rows_that_were_to_differ_count_from_the_second_on():
    made = people(1).assign(low=np.r_[np.full(6, 50), np.arange(100, 100 + ROWS - 6)])
    assert broken(["unique(low)"], made).value == pytest.approx(5 / ROWS)


def test_the_rule_that_is_broken_most_gives_the_score_and_the_others_are_named():
    made = people(1)
    made.loc[:49, "high"] = 0
    score = broken(["low >= 50", "low <= high"], made)
    assert score.value == pytest.approx(0.1)
    assert score.reading.startswith("2 rules, most broken: low <= high (10.00%")
    assert "low >= 50 (0.00%" in score.reading


@pytest.mark.parametrize(
    ("rules", "made", "why"),
    [
        ([], people(1), "no rule is declared"),
        (["sex = M => pregnant = no"], people(1).drop(columns="sex"), "each rule names a column that a table lacks"),
        (["low <= high"], people(1).assign(high="?"), "the synthetic table cannot be read as the real one"),
    ],
)
def test_where_nothing_can_be_counted_it_says_why(rules, made, why):
    score = broken(rules, made)
    assert score.value is None
    assert why in score.reading


def test_a_schema_or_else_a_model_declares_the_rules():
    from synthgan import evaluate

    schema = replace(Schema.infer(people(0)), rules=Rule.read_all(["low <= high"], NAMES))
    made = people(1)
    made.loc[:49, "high"] = 0
    scores = {score.name: score for score in evaluate(people(0), made, schema=schema).scores}
    assert scores["rules_broken"].value == pytest.approx(0.1)
