"""`evaluate --audit deep`: its cost is said first, its scores stand with the others, and what makes no sense is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import synthgan
from synthgan import Processes, Report
from synthgan.audit import deep

AUDIT = ("shadow_auc", "shadow_tpr_at_1pct_fpr", "shadow_epsilon_lower_bound")


def test_the_audit_says_what_it_costs_and_adds_its_scores(run, table, folder, model):
    pd.read_parquet(table).head(100).to_parquet(folder / "few.parquet")
    done = run("evaluate", "few.parquet", "few.parquet", "--audit", "deep", "--model", model, "--refits", 4, "--json")
    assert done.code == 0, done.err
    names = [score["name"] for score in json.loads(done.out)["scores"]]
    assert names[-3:] == list(AUDIT)
    assert "the deep audit fits 4 times: " in done.err
    assert "at most, on this machine" in done.err


@pytest.mark.slow  # each worker begins for some seconds
def test_workers_refit_and_find_the_same(run, table, folder, model):
    pd.read_parquet(table).head(60).to_parquet(folder / "few.parquet")
    audit = ("evaluate", "few.parquet", "few.parquet", "--audit", "deep", "--model", model, "--refits", 4, "--json")
    scores = [json.loads(run(*audit, *more).out)["scores"][-3:] for more in ((), ("--workers", 2))]
    assert scores[0] == scores[1]


def test_refits_go_to_the_workers_that_are_named(run, table, model, monkeypatch):
    given = []

    def steps(_, synthesizer, **__):
        given.append(synthesizer.executor)
        return Report(())
        yield

    monkeypatch.setattr(deep, "audit_steps", steps)
    for more in ((), ("--workers", 3)):
        assert run("evaluate", table, table, "--audit", "deep", "--model", model, *more).code == 0
    assert given[0] is None
    assert (type(given[1]), given[1].workers) == (Processes, 3)


def test_measures_of_a_table_go_to_the_workers_and_those_of_images_do_not(run, table, folder, monkeypatch):
    given = []

    def evaluate(*_, executor, **__):
        given.append(executor)
        return Report(())

    monkeypatch.setattr(synthgan, "evaluate", evaluate)
    for more in ((), ("--workers", 3)):
        assert run("evaluate", table, table, *more).code == 0
    assert given[0] is None
    assert (type(given[1]), given[1].workers) == (Processes, 3)
    (folder / "scans").mkdir()
    done = run("evaluate", "scans", "scans", "--workers", 2)
    assert (done.code, done.out) == (2, "")
    assert "--workers and --ray must be for tables, however: these are images" in done.err


def test_images_are_not_refitted(run, folder):
    (folder / "scans").mkdir()
    done = run("evaluate", "scans", "scans", "--audit", "deep")
    assert (done.code, done.out) == (2, "")
    assert "--audit must be for one table, however: scans holds images; leave it out" in done.err


def test_without_the_option_nothing_is_refitted(run, table):
    assert "shadow" not in run("evaluate", table, table).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--audit shallow", 2, "--audit must be deep, however: shallow"),
        ("--model people.synthgan", 2, "--model must come with --holdout, --report or --audit deep"),
        ("--audit deep --refits 6", 2, "--refits must be a multiple of 4, at least 4, however: 6"),
        ("--audit deep --workers 0", 2, "--workers must be a whole number of at least 1, however: 0"),
        ("--audit deep --model none.synthgan", 3, "none.synthgan"),
    ],
)
def test_bad_options_are_refused_before_anything_is_scored(run, table, model, words, code, said):
    done = run("evaluate", table, table, *words.split())
    assert (done.code, done.out) == (code, "")
    assert len(done.lines) == 1
    assert said in done.err
