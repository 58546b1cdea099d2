"""What the benchmark of large tables prints is what a process of its own used, and made rows are the same each time."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.runs import scale


def test_made_people_are_the_same_each_time_and_hang_together(tmp_path):
    first, again = (scale.people(2_000, 6, np.random.default_rng(1)) for _ in range(2))
    assert first.equals(again)
    assert np.corrcoef(first["x0"].to_numpy(), first["x2"].to_numpy())[0, 1] > 0.1
    scale.write_people(tmp_path / "people", 1_000, 4)
    assert scale.scan(tmp_path / "people") == {"rows": 1_000, "learned": 1_000}


def test_links_are_rows_that_are_read_as_often(tmp_path):
    folder = scale.write_people(tmp_path / "people", 4_000, 3, links=4)
    assert scale.scan(folder) == {"rows": 4_000, "learned": 4_000}
    assert len({path.stat().st_ino for path in folder.iterdir()}) == 1
    assert pd.read_parquet(folder).duplicated().sum() >= 3_000


def test_drawn_parts_are_read_again_and_judged(tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "JUDGED_ROWS", 400)
    monkeypatch.setattr(scale, "apart", lambda work, *given: work(*given))
    words = ["--stages", "drawn", "--rows", "900", "--columns", "3", "--draw", "1000", "--workers", "1"]
    monkeypatch.setattr("sys.argv", ["scale", *words, "--output", str(tmp_path / "scale.json")])
    scale.main()
    found = json.loads((tmp_path / "scale.json").read_text(encoding="utf-8"))["drawn"]
    assert found["rows"] == 1_000
    assert 0 < found["pair_tvd"] < 0.5
    assert 0 <= found["c2st"] <= 1


def test_a_process_that_fails_is_not_waited_for():
    with pytest.raises(EOFError):
        scale.apart(int, "no number")
    found = scale.apart(dict, {"rows": 3})
    assert found["rows"] == 3
    assert found["peak_megabytes"] > 10


def test_rows_of_a_sample_are_judged_by_rows_that_nobody_learned(tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "JUDGED_ROWS", 600)
    folder = scale.write_people(tmp_path / "people", 1_500, 3)
    found = scale.quality(folder, 3, 700)
    assert 700 <= found["learned"] < 800
    assert 0 < found["pair_tvd"] < 0.5
    assert 0 <= found["c2st"] <= 1
