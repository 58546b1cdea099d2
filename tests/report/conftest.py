"""A report with a figure of every sort, made up, for the tests of the page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.made_columns import make_column

from synthgan.metrics.details import (
    Association,
    Attack,
    Calibration,
    Details,
    Giveaway,
    Importance,
    Subgroup,
)
from synthgan.metrics.linkeddetails import Band, LinkedDetails, LinkedKey, LinkedTable, Rule, Survival, Transitions
from synthgan.metrics.score import Score
from synthgan.metrics.statistics.intervals import Estimate
from synthgan.report import Report


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
def quick(monkeypatch):
    """Without sdmetrics, which takes most of the time."""
    from synthgan.metrics.fidelity import sdmetrics_scores

    monkeypatch.setattr(sdmetrics_scores, "find_spec", lambda _: None)


@pytest.fixture
def flat_report():
    return made_up()


@pytest.fixture
def report(flat_report):
    return flat_report


@pytest.fixture
def column():
    return make_column


@pytest.fixture
def report_of():
    return make_report


def made_up_linked():
    """What the judge of linked tables hands to the page: a hospital of 300 people, some of it withheld."""
    steps = np.arange(1, 9)
    quantiles = np.linspace(90, 140, 5)[:, None] + np.arange(8)
    withheld = quantiles.copy()
    withheld[[0, -1], 6:] = np.nan
    score = Score("c2st_trajectory", 0.91, 0.85, 0.95, 0.97, "maximize", "a detector of people with their rows")
    people, labs = (300, 240, None), (3_000, 2_500, None)
    details = LinkedDetails(
        "patients",
        "real",
        people,
        judged=True,
        tables=(
            LinkedTable("items", None, None, of_people=False, rows=(12, 12, None)),
            LinkedTable("patients", None, None, of_people=True, rows=people),
            LinkedTable("admissions", "patients", "admitted", of_people=True, rows=(1_200, 900, None)),
            LinkedTable("labs", "admissions", "taken", of_people=True, rows=labs, scores=(score,)),
        ),
        keys=(
            LinkedKey("admissions", ("patient_id",), "patients", "owner", (0.0, 0.0), 0.98),
            LinkedKey("labs", ("admission_id",), "admissions", "owner", (0.0, 0.01), 0.95),
            LinkedKey("labs", ("item_id",), "items", "dimension", (0.1, 0.1)),
        ),
        rules=(Rule("labs", "taken ≥ admissions.admitted", "stay", (0.0, 0.02), 2_500),),
        counts=("rows of labs",),
        gaps=("gaps of labs (hours)",),
        bands=(Band("labs", "sodium", steps, withheld, quantiles + 1),),
        transitions=(
            Transitions(
                "labs",
                "ward",
                ("ICU", "ward"),
                np.array([90, 200]),
                np.array([[0.7, 0.3], [0.4, np.nan]]),
                np.array([[0.8, 0.2], [0.4, 0.6]]),
            ),
        ),
        survival=(
            Survival("labs", "from the first row of labs to the last", "days", steps / 2, 1 / steps, 0.9 / steps),
        ),
        target=("patients.died", "found by its name"),
    )
    edges = np.array([-np.inf, 2.0, 5.0, np.inf])
    ranges = ["1 or less", "2 to 4", "5 or more"]
    columns = tuple(
        make_column(name, ranges, [100, 120, 80], synthetic=[80, 90, 70], edges=edges)
        for name in ("rows of labs", "gaps of labs (hours)", "labs.sodium")
    )
    scores = (
        Score("foreign_key_violations", 0.01, None, None, 0.0, "minimize", "9 rows break a foreign key"),
        Score("rows_outside_stay", 0.02, None, None, 0.0, "minimize", "times outside those of the row that owns them"),
        Score("histories_copied", 0.0, 0.0, 0.01, None, "minimize", "0 of 200 synthetic histories equal one"),
        Score("c2st_units", 0.9, 0.8, 0.95, None, "maximize", "a detector of people as wholes, over all tables"),
        score,
        Score("cardinality", 0.965, 0.95, 0.98, None, "maximize", "how alike the numbers of rows are"),
    )
    notes = ("what models predict was found by its name: patients.died; target names another",)
    return Report(scores, notes, Details(columns=columns, linked=details))


@pytest.fixture
def linked_report():
    return made_up_linked()
