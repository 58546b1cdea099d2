"""A report with a figure of every sort, made up, for the tests of the page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan.metrics.details import (
    Association,
    Attack,
    Calibration,
    Details,
    Distribution,
    Giveaway,
    Importance,
    Subgroup,
)
from synthgan.metrics.score import Score
from synthgan.metrics.statistics.intervals import Estimate
from synthgan.report import Report


def make_column(name, labels, real, *, synthetic=None, holdout=None, units=None, edges=None, error=0.02):
    """A column of those counts; people are rows where none are given."""
    real, synthetic = np.array(real), np.array(real if synthetic is None else synthetic)
    return Distribution(
        name=name,
        labels=tuple(labels),
        edges=edges,
        real=real,
        units=real if units is None else np.array(units),
        synthetic=synthetic,
        holdout=None if holdout is None else np.array(holdout),
        error=error,
        holdout_units=None if holdout is None else np.array(holdout),
    )


def make_report(columns, **details):
    """A report of these columns with scores that read plainly."""
    names = tuple(column.name for column in columns)
    even = np.full((len(names), len(names)), 0.5)
    association = Association(names, even, even / 2) if len(names) > 1 else None
    scores = (
        Score("shape_error", 0.02, 0.01, 0.03, 0.015, "minimize", "columns differ by 2 % on average"),
        Score("pair_tvd", 0.05, 0.04, 0.06, None, "minimize", "two-way tables differ by 5 %"),
        Score("c2st_train", 0.9, 0.85, 0.95, 0.92, "maximize", "a detector knows them apart 55 % of the time"),
        Score("c2st_holdout", None, None, None, None, "maximize", "not computed: there is no holdout"),
        Score("utility_real", 0.92, 0.9, 0.94, None, "maximize", "AUC of a model trained on real rows"),
        Score("utility_synthetic", 0.91, 0.89, 0.93, 0.92, "maximize", "AUC of a model trained on synthetic rows"),
        Score("exact_copies", 0.0, 0.0, 0.01, 0.0, "minimize", "no synthetic row equals a training row"),
        Score("membership_tpr_at_1pct_fpr", 0.014, 0.01, 0.02, 0.01, "reference", "share of members found"),
        Score("epsilon_lower_bound", 0.0, None, None, 0.0, "minimize", "not detected; 2 % of members would be"),
    )
    return Report(
        scores,
        ("left out, as there is nothing to learn from them: id",),
        Details(columns=tuple(columns), association=association, **details),
    )


def made_up():
    """Everything that colleagues' measures may hand to the page."""
    columns = (
        make_column("ward", ["north", "south", "Sankt-Nimmerlein"], [120, 70, 3], synthetic=[60, 30, 5]),
        make_column(
            "age",
            ["39 or less", "40 to 59", "60 or more", "missing"],
            [60, 70, 53, 10],
            edges=np.array([-np.inf, 40.0, 60.0, np.inf]),
        ),
    )
    grid = np.concatenate([[0.0], np.logspace(-3, 0, 50)])
    rates = (0.001, 0.01, 0.1)
    return make_report(
        columns,
        giveaways=(Giveaway("age", 0.7), Giveaway("ward", 0.3)),
        importances=(Importance("age", 0.12, 0.1), Importance("ward", 0.01, -0.002)),
        calibrations=tuple(
            Calibration(side, (0.1, 0.5, 0.9), (0.12, 0.48, shift))
            for side, shift in (("real", 0.9), ("synthetic", 0.8))
        ),
        subgroups=(
            Subgroup("ward", "north", 120, 0.62, 0.63, 0.93, 0.92, Estimate(0.02, 0.01, 0.05)),
            Subgroup("ward", "south", 70, 0.36, 0.32),
            Subgroup("ward", "Sankt-Nimmerlein", 3, 0.015, 0.05),
        ),
        attacks=tuple(
            Attack(name, tuple(grid), tuple(grid**power), tuple(Estimate(rate**power, rate / 2, 1.0) for rate in rates))
            for name, power in (("distance", 1.0), ("density ratio", 0.8))
        ),
        exposed=(48_151, 62_342),
    )


@pytest.fixture(scope="session")
def evaluated():
    """What evaluate itself finds, on small tables with a ward that only nine people were in."""
    from synthgan import evaluate
    from synthgan.metrics.fidelity import sdmetrics_scores

    rng = np.random.default_rng(0)
    wards = ["north"] * 80 + ["south"] * 61 + ["Sankt-Nimmerlein"] * 9
    frames = [pd.DataFrame({"ward": wards, "age": rng.integers(20, 80, 150), "person": range(150)}) for _ in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdmetrics_scores, "find_spec", lambda _: None)  # it takes most of the time
        return evaluate(frames[0], frames[1], holdout=frames[2], target="ward", unit="person")


@pytest.fixture
def report():
    return made_up()


@pytest.fixture
def column():
    return make_column


@pytest.fixture
def report_of():
    return make_report
