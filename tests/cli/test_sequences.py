"""Whole groups on the command line."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from helpers.stays import stays

pytestmark = pytest.mark.usefixtures("small_fits")


def test_groups_are_learned_drawn_and_counted(run, folder):
    stays().to_parquet(folder / "visits.parquet")
    told = run("fit", "visits.parquet", "--group", "patient_id", "--order", "charttime", "--shift-dates", "28")
    assert "-n 60" in told.err
    run("sample", "visits.synthgan", "-n", "30", "-o", "made.parquet")
    assert pd.read_parquet(folder / "made.parquet")["patient_id"].nunique() == 30
    assert json.loads(run("inspect", "visits.synthgan", "--json").out)["sequence"]["order"] == "charttime"
    assert run("inspect", "visits.synthgan").code == 0
    assert run("fit", "visits.parquet", "--group", "patient_id", "--dry-run").code == 0


def test_groups_are_learned_under_epsilon(run, folder):
    from unittest import mock

    stays().to_parquet(folder / "visits.parquet")
    quick = {"rounds.FIRST_STEPS": 5, "rounds.ROUND_STEPS": 2, "rounds.LAST_STEPS": 2, "marginals.CLASSES": 10}
    words = ("fit", "visits.parquet", "--group", "patient_id", "--order", "charttime", "--epsilon", "3")
    with mock.patch.multiple("synthgan.tabular.private.marginals", CLASSES=quick.pop("marginals.CLASSES")):
        patches = [mock.patch(f"synthgan.tabular.private.{name}", steps) for name, steps in quick.items()]
        with patches[0], patches[1], patches[2]:
            told = run(*words, "--max-rows-per-unit", "2")
    assert told.code == 0
    assert "groups at epsilon=3 are too few" in told.err
    assert "Keep" not in told.err
    ledger = json.loads(run("inspect", "visits.synthgan", "--json").out)["privacy"]
    assert ledger["epsilon"] <= 3
    assert {charge["sensitivity"] for charge in ledger["charges"] if charge["stage"] == "states"} == {2}
    assert "keep the promise above" in run("inspect", "visits.synthgan").out
    assert run("sample", "visits.synthgan", "-n", "30", "-o", "made.parquet").code == 0
    assert pd.read_parquet(folder / "made.parquet")["patient_id"].nunique() == 30
    assert run(*words, "--max-rows-per-unit", "2", "--dry-run").code == 0


def test_an_order_without_a_group_is_refused_in_the_words_of_the_command_line(run, folder):
    stays().to_parquet(folder / "visits.parquet")
    refused = run("fit", "visits.parquet", "--order", "charttime")
    assert "order must be left out where there is no group" in refused.err
    assert refused.code == 2
    refused = run("fit", "visits.parquet", "--group", "patient")
    assert "did you mean 'patient_id'" in refused.err
    assert refused.code == 3


def test_histories_go_on_up_to_an_end(run, folder):
    stays().to_parquet(folder / "visits.parquet")
    run("fit", "visits.parquet", "--group", "patient_id", "--order", "charttime")
    given = stays(20, seed=3).sort_values(["patient_id", "charttime"]).groupby("patient_id").head(2)
    given.to_parquet(folder / "first_day.parquet")
    told = run("sample", "visits.synthgan", "--continue", "first_day.parquet", "--until", "8h")
    assert told.code == 0, told.err
    assert "as you keep these" in told.err
    drawn = pd.read_parquet(folder / "first_day.continued.parquet")
    assert len(drawn) > len(given)
    spans = drawn.groupby("patient_id")["charttime"].agg(lambda times: times.max() - times.min())
    assert spans.max() <= pd.Timedelta(hours=8)
    assert run("sample", "visits.synthgan", "--continue", "first_day.parquet", "-o", "-").out.count("\n") > len(given)
    for words, said in (
        (("--continue", "first_day.parquet", "-n", "5"), "-n must stand without --continue"),
        (("--continue", "first_day.parquet", "--where", "sex=F"), "--where must stand without --continue"),
        (("--continue", "first_day.parquet", "--until", "soon", "--force"), "--until must be like '72h'"),
        (("--until", "8h"), "--until must come with --continue"),
        (("--continue", "first.parquet"), "did you mean first_day.parquet"),
    ):
        refused = run("sample", "visits.synthgan", *words)
        assert said in refused.err
        assert refused.code in (2, 3)
