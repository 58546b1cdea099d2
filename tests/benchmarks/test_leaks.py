"""The bench of leaks tells a generator that keeps rows from other people, and from a student that never saw them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from benchmarks.runs import leaks
from synthgan import Chains, Distilled, Pooled

RNG = np.random.default_rng(4)
ROWS = 900
WARD = RNG.integers(0, 4, ROWS)
PEOPLE = pd.DataFrame(
    {
        "ward": np.array(list("abcd"))[WARD],
        "weight": (70 + 5 * WARD + RNG.normal(0, 9, ROWS)).round(1),
        "height": (170 + 2 * WARD + RNG.normal(0, 8, ROWS)).round(1),
        "smokes": RNG.random(ROWS) < 0.3,
    }
)


def test_parts_are_apart():
    split = leaks.parted(PEOPLE.assign(key=range(ROWS)), 300, 0)
    parts = [set(part["key"]) for part in (split.members, split.others, split.reference)]
    assert [len(part) for part in parts] == [300, 300, 300]
    assert len(set.union(*parts)) == ROWS
    small = leaks.parted(PEOPLE, 450, 0)
    assert (len(small.members), len(small.others), len(small.reference)) == (450, 225, 225)


def test_one_visit_of_each_patient_is_taken(tmp_path):
    (tmp_path / "tables").mkdir()
    visits = pd.DataFrame({"encounter_id": range(6), "patient_nbr": [1, 1, 2, 2, 3, 3], "readmitted": list("ababab")})
    visits.to_parquet(tmp_path / "tables" / "diabetes130.parquet")
    assert leaks.whole("diabetes130", tmp_path)["readmitted"].tolist() == ["a", "a", "a"]


def test_scores_that_tell_all_and_nothing():
    assert leaks.found(np.arange(100, 200.0), np.arange(100.0)) == (1.0, 1.0)
    same = RNG.normal(size=4_000)
    rate, area = leaks.found(same[:2_000], same[2_000:])
    assert rate < 0.03
    assert area == pytest.approx(0.5, abs=0.04)


def test_a_file_that_keeps_rows_is_told_from_a_student(monkeypatch):
    small = {"chains": 4, "rounds": 0}
    monkeypatch.setitem(leaks.GENERATORS, "chains", lambda: Chains(**small))
    monkeypatch.setitem(
        leaks.GENERATORS, "distilled", lambda: Distilled(teacher=Pooled(**small), student=Chains(**small), times=5)
    )
    split = leaks.parted(PEOPLE, 300, 0)
    kept, student, nobody = (
        leaks.attacked(name, split, 0, risks=False) for name in ("chains", "distilled", leaks.NULL)
    )
    assert set(kept) == set(student) == {*leaks.FIGURES, "seconds"}
    assert kept["read"] > kept["read_unseen"] + 0.5
    assert student["read"] < student["read_unseen"] + 0.2
    assert kept["auc_file_calibrated"] > 0.65 > student["auc_file_calibrated"]
    assert kept["auc_density"] > 0.65 > student["auc_density"]
    assert nobody["c2st"] > 0.8
    assert "chains" in leaks.line("people", 300, "chains", kept)
    assert math.isnan(kept["linkability"])


def test_small_tables_are_split_more_than_once():
    assert [leaks.splits_of(rows, 1) for rows in (300, 1_000, 3_000, 10_000)] == [10, 3, 1, 1]
    assert leaks.splits_of(10_000, 3) == 3


def test_splits_go_to_the_workers_that_are_asked_for_and_are_not_repeated(monkeypatch, tmp_path, capsys, workers):
    done = []

    def attacked(name, split, seed, *, risks):
        done.append(seed)
        return {figure: float(seed) for figure in leaks.FIGURES} | {"linkability": math.nan, "seconds": 1.0}

    monkeypatch.setattr(leaks, "attacked", attacked)
    monkeypatch.setattr(leaks, "whole", lambda *_: PEOPLE)
    words = ["--tables", "people", "--rows", "400", "--generators", "chains", "--seeds", "9", "--output"]
    for more in (["1.json"], ["2.json", "--workers", "2"], ["1.json", "--workers", "2"]):
        leaks.main([*words, str(tmp_path / more[0]), *more[1:]])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("people")]
    assert len(lines) == 3
    assert len(set(lines)) == 1
    assert workers == [2, 2]
    assert sorted(done) == sorted([*range(9), *range(9)])
