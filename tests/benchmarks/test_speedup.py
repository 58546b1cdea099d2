"""The benchmark of a second worker takes pairs in turn, and leaves out what workers take to begin."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.runs import speedup
from synthgan import Threads
from synthgan.errors import ConfigError


def test_tasks_are_timed_by_name():
    timed = speedup.Timed(Threads(1))
    assert timed.workers == 1
    assert list(timed.map(max, range(3), 1)) == [1, 1, 2]
    assert set(timed.seconds) == {"max"}
    with pytest.raises(ConfigError):
        list(timed.map(lambda *_: Threads(0), range(1), None))


def test_pairs_are_compared_without_what_workers_take_to_begin(monkeypatch):
    order = []

    def apart(work, *given):
        if work is speedup._first:
            return {"spent": 1.0 * given[0]}
        order.append(given)
        return {"seconds": {"growing": 12.0 / given[1]}, "spent": 11.0 + given[1], "parts": ["a"]}

    monkeypatch.setattr(speedup, "apart", apart)
    (row,) = speedup.compared(dict, ("model",), 2)
    assert [workers for _, workers in order] == [1, 2, 2, 1]
    assert row == {"stage": "growing", "one": 12, "two": 6, "times": [2, 2], "more_processor_time": 0}


def test_other_parts_are_an_error(monkeypatch):
    monkeypatch.setattr(speedup, "apart", lambda _, *given: {"seconds": {}, "spent": 0.0, "parts": [str(given[-1])]})
    with pytest.raises(AssertionError, match="parts must be the same"):
        speedup.compared(dict, (), 1)


def test_a_fit_and_its_parts_are_timed(tmp_path, monkeypatch):
    table = pd.DataFrame({"sex": list("fm") * 300, "age": range(600)})
    monkeypatch.setattr(speedup, "load", lambda *_: (table, table))
    monkeypatch.setattr(speedup, "_awake", max)
    model = str(tmp_path / "model.synthgan")
    found = speedup.fitted("adult", tmp_path, model, 1)
    assert found["seconds"]["whole fit"] > found["seconds"]["_Growth.chain"] > 0
    drawn = speedup.sampled(model, 700, 1)
    assert drawn["seconds"]["drawing parts"] > 0
    assert len(drawn["parts"]) >= 1
