"""Whatever two tables hold: a report, or one line that says what is wrong; never a crash, never a number that is none."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthgan import evaluate
from synthgan.metrics.fidelity import detection

NUMBERS = st.one_of(
    st.just(0.0), st.integers(-3, 3).map(float), st.floats(-1e6, 1e6), st.floats(allow_nan=False, allow_infinity=False)
)
DAYS = st.datetimes(pd.Timestamp("1950-01-01"), pd.Timestamp("2050-01-01")).map(
    lambda stamp: stamp.replace(microsecond=0)
)
KINDS = {
    "number": (NUMBERS, "float64"),
    "whole": (st.integers(-50, 50), "Int64"),
    "flag": (st.booleans(), "boolean"),
    "level": (st.sampled_from(["a", "b", "c", ""]), "object"),
    "day": (DAYS, "datetime64[us]"),
}


@st.composite
def _column(draw, kind, rows):
    """Values of one kind: mixed, constant, or missing altogether."""
    values, dtype = KINDS[kind]
    form = draw(st.sampled_from(["mixed", "constant", "missing", "full"]))
    if form == "constant":
        return pd.Series([draw(values)] * rows, dtype=dtype)
    if form == "missing":
        return pd.Series([None] * rows, dtype=dtype)
    one = values if form == "full" else st.one_of(values, st.none())
    # A few drawn values, spread out at random: lists of 60 draws would take hypothesis minutes.
    few = draw(st.lists(one, min_size=1, max_size=8))
    indices = np.random.default_rng(draw(st.integers(0, 9))).integers(0, len(few), rows)
    return pd.Series([few[index] for index in indices], dtype=dtype)


@st.composite
def _tables(draw):
    """Two or three tables of the same columns, of 1 to 80 rows each."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    frames = []
    for _ in range(draw(st.integers(2, 3))):
        rows = draw(st.sampled_from([1, 2, 11, 60, 80]))
        columns = {f"{kind} {index}": draw(_column(kind, rows)) for index, kind in enumerate(kinds)}
        frames.append(pd.DataFrame(columns))
    return frames


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch):
    """Two hundred trees tell nothing here that three do not, and take most of the time."""
    monkeypatch.setattr(detection, "TREES", 3)


def _is_sound(report):
    json.loads(report.to_json())
    for score in report:
        numbers = (score.value, score.low, score.high, score.reference)
        assert all(number is None or math.isfinite(number) for number in numbers), score
        assert score.reading


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tables=_tables(), index=st.integers(0, 3))
def test_any_tables_are_judged(tables, index):
    target = tables[0].columns[min(index, len(tables[0].columns) - 1)]
    real, synthetic, *rest = tables
    _is_sound(evaluate(real, synthetic, holdout=rest[0] if rest else None, target=target))


@pytest.mark.parametrize("target", ["x", "y"])
def test_giants_and_dwarfs_are_judged(target):
    giants = pd.DataFrame(
        {"x": [1e300, -1e300, 0.5, 1e-300] * 20, "y": [1e-320, 2e-320, 0.0, 1.5e-320] * 20, "z": list("abcd") * 20}
    )
    _is_sound(evaluate(giants, giants[::-1], holdout=giants, target=target))
    _is_sound(evaluate(giants.assign(x=np.arange(80) / 7, y=np.arange(80) / 7), giants, holdout=giants, target=target))
