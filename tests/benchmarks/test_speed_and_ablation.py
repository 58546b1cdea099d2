"""The timings and the ablation run from end to end on a small table, and leave the library as it was."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks.datasets.tables import Task
from benchmarks.runs import ablation, speed
from synthgan import Chains
from synthgan.tabular.chains import features as mode_features

RNG = np.random.default_rng(0)
SEX = RNG.choice(["F", "M"], 1_000)
TABLE = pd.DataFrame(
    {
        "sex": SEX,
        "ward": np.where(RNG.random(1_000) < 0.6, SEX, RNG.choice(["a", "b", "c"], 1_000)),
        "height": RNG.normal(165, 7, 1_000) + 9 * (SEX == "M"),
        "weight": RNG.normal(70, 12, 1_000),
        "ill": RNG.random(1_000) < 0.3,
    }
)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Runs a benchmark's command line on the small table; returns what it wrote."""

    def run(module, *words):
        monkeypatch.setattr(module, "load", lambda *_: (TABLE[:700], TABLE[700:].reset_index(drop=True)))
        path = tmp_path / "found.json"
        monkeypatch.setattr(sys, "argv", ["benchmark", "--tables", "adult", "--output", str(path), *words])
        module.main()
        return json.loads(path.read_text(encoding="utf-8"))

    return run


def test_every_wait_is_timed(small, monkeypatch):
    monkeypatch.setattr(speed, "BATCH_ROWS", (64, 256))
    found = small(speed, "--rows", "300")
    (table,) = found["tables"]
    assert [row["batch_rows"] for row in table["sampling"]] == [64, 256]
    for seconds in (found["help"], table["fit"], table["load"], *table["sampling"]):
        assert seconds["wall_seconds"] > 0
        assert seconds["processor_seconds"] >= 0
    assert table["megabytes"] > 0


def test_time_spent_by_a_child_counts():
    _, seconds = speed.timed(speed.help_seconds)
    assert seconds["processor_seconds"] > 0.1


@pytest.mark.slow
def test_every_stage_is_left_out_once_and_put_back(small, monkeypatch):
    monkeypatch.setitem(ablation.TASKS, "adult", Task("ill"))
    usual = Chains.__init__.__kwdefaults__ | {"chains": 6}  # of sixteen, so that nine fits take seconds
    monkeypatch.setattr(Chains.__init__, "__kwdefaults__", usual)
    axes, waves = mode_features._main_axes, mode_features.WAVES
    runs = small(ablation)["runs"]
    assert [run["without"] for run in runs][:2] == [ablation.WHOLE, "balanced samples"]
    assert set(ablation.REFITTED) <= {run["without"] for run in runs}
    for run in runs:
        assert set(run["scores"]) == {"c2st_train", "c2st_test", *ablation.SCORES}
        assert all(value is not None for value in run["scores"].values())
    scores = [json.dumps(run["scores"]) for run in runs]
    assert len(set(scores)) >= len(scores) - 1  # each stage changes what is drawn; 700 rows have no more than 50 modes
    assert (mode_features._main_axes, mode_features.WAVES) == (axes, waves)
