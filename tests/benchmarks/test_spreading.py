"""Runs of every benchmark with seeds go to the workers that are asked for, and come back in their order."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.__main__ import COMMANDS, FOLDER
from benchmarks.runs import augmentation, leaks_linked, private, tuning

SEEDED = re.compile(r"\"--(seeds|splits)\"")


def test_every_benchmark_with_seeds_takes_workers():
    for name in COMMANDS["runs"]:
        source = (FOLDER / "runs" / f"{name}.py").read_text(encoding="utf-8")
        assert bool(SEEDED.search(source)) <= ("add_workers(parser)" in source), name


@pytest.mark.parametrize(
    ("benchmark", "words", "runs"),
    [
        (augmentation, ["--tables", "magic", "--models", "real,smote", "--seeds", "2"], 4),
        (private, ["--tables", "adult_discretised", "--epsilons", "1,3", "--seeds", "2"], 4),
        (tuning, ["--tables", "magic,adult"], 2),
    ],
    ids=["augmentation", "private", "tuning"],
)
def test_runs_go_to_the_workers_and_are_not_repeated(benchmark, words, runs, workers, monkeypatch, tmp_path):
    done = []

    def run(*given):
        done.append(given)
        return {"table": given[0], "model": str(given[1:]), "seed": 0, "scores": {"auc": 0.0}}

    monkeypatch.setattr(benchmark, "run", run)
    monkeypatch.setattr(benchmark, "page", lambda *_: [], raising=False)
    monkeypatch.setattr(benchmark, "line", str, raising=False)
    path = tmp_path / "found.json"
    benchmark.main(["--data", str(tmp_path), *words, "--workers", "3", "--output", str(path)])
    assert workers == [3]
    assert len(set(done)) == len(done) == runs
    assert len(json.loads(path.read_text(encoding="utf-8"))["runs"]) == runs


def test_splits_of_linked_tables_go_to_the_workers(workers, monkeypatch, tmp_path):
    monkeypatch.setattr(leaks_linked, "attacked", lambda name, database, people, seed: {"nearer": 0.1 * seed})
    monkeypatch.setattr(leaks_linked, "parts_of", lambda *_: None)
    monkeypatch.setattr(leaks_linked, "everybody", lambda *_: None)
    path = tmp_path / "found.json"
    words = ["--data", str(tmp_path), "--generators", "pooled", "--people", "1000", "--output", str(path)]
    for number in (2, 3):
        leaks_linked.main([*words, "--workers", str(number)])
    assert workers == [2, 3]
    kept = json.loads(path.read_text(encoding="utf-8"))["runs"]
    assert [(each["seed"], each["scores"]["nearer"]) for each in kept] == [(0, 0.0), (1, 0.1), (2, 0.2)]
