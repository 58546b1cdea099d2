"""The picture of growth shows each run where its rows and its figure are."""

from __future__ import annotations

import json
import re
import sys

import pytest
from conftest import REPOSITORY

from benchmarks.publish import growth


def runs(seconds, megabytes):
    return [
        {"rows": 10 ** (5 + at), "processor_seconds": one, "peak_megabytes": other}
        for at, (one, other) in enumerate(zip(seconds, megabytes, strict=True))
    ]


FOUND = {"scan": runs([1, 10, 100], [100, 100, 100]), "fit": runs([10, 10, 10], [1_000, 100, 1_000])}


def test_what_grows_as_the_rows_do_rises_by_as_many_steps():
    lines = re.findall(r'<polyline points="([^"]*)"', growth.draw(FOUND))
    scan, fit, memory, _ = ([tuple(map(float, one.split(","))) for one in line.split()] for line in lines)
    assert [x for x, _ in scan] == pytest.approx([growth.MARGIN + growth.SIZE * at / 2 for at in range(3)], abs=0.1)
    assert [y for _, y in scan] == pytest.approx(
        [growth.MARGIN + growth.SIZE * (1 - at / 2) for at in range(3)], abs=0.1
    )
    assert len({y for _, y in fit}) == len({y for _, y in memory}) == 1


def test_the_picture_in_the_docs_is_of_the_results(tmp_path, monkeypatch):
    target = tmp_path / "growth.svg"
    results = REPOSITORY / "benchmarks" / "results" / "scale.json"
    monkeypatch.setattr(sys, "argv", ["growth", str(results), str(target)])
    growth.main()
    shown = REPOSITORY / "docs" / "images" / "growth.svg"
    assert target.read_text(encoding="utf-8") == shown.read_text(encoding="utf-8")
    assert "scan" in json.loads(results.read_text(encoding="utf-8"))
