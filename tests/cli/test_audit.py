"""`evaluate --audit deep`: its cost is said first, its scores stand with the others, and what makes no sense is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest

AUDIT = ("shadow_auc", "shadow_tpr_at_1pct_fpr", "shadow_epsilon_lower_bound")


def test_the_audit_says_what_it_costs_and_adds_its_scores(run, table, folder, model):
    pd.read_parquet(table).head(100).to_parquet(folder / "few.parquet")
    done = run("evaluate", "few.parquet", "few.parquet", "--audit", "deep", "--model", model, "--refits", 4, "--json")
    assert done.code == 0, done.err
    names = [score["name"] for score in json.loads(done.out)["scores"]]
    assert names[-3:] == list(AUDIT)
    assert "the deep audit fits 4 times: " in done.err
    assert "at most, on this machine" in done.err


def test_without_the_option_nothing_is_refitted(run, table):
    assert "shadow" not in run("evaluate", table, table).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--audit shallow", 2, "--audit must be deep, however: shallow"),
        ("--model people.synthgan", 2, "--model must come with --holdout of a table, --report or --audit deep"),
        ("--audit deep --refits 6", 2, "--refits must be a multiple of 4, at least 4, however: 6"),
        ("--audit deep --model none.synthgan", 3, "none.synthgan"),
    ],
)
def test_bad_options_are_refused_before_anything_is_scored(run, table, model, words, code, said):
    done = run("evaluate", table, table, *words.split())
    assert (done.code, done.out) == (code, "")
    assert len(done.lines) == 1
    assert said in done.err
