"""Parts of a draw are the same whoever draws them, whole or not there, and drawn once."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, DataError, Processes, Schema, Synthesizer, Threads
from synthgan.tabular import drawing
from synthgan.tabular.parts import MANIFEST, PLAN

ROWS = 700


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    sex = rng.choice(["F", "M"], 400)
    table = pd.DataFrame({"id": np.arange(400) + 10_000, "sex": sex, "age": rng.integers(0, 90, 400)})
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), seed=1).fit(table, identifiers=["id"])
    synthesizer.model_.generator.sampler_.batch_rows = 50
    return synthesizer


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(drawing, "FRAME_ROWS", 100)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def drawn(synthesizer, folder, executor=None, **options):
    parts = list(synthesizer.set_params(executor=executor).sample_parts(ROWS, folder, **options))
    synthesizer.set_params(executor=None)
    return parts


def test_parts_hold_the_rows_of_a_draw_and_the_manifest_says_so(fitted, tmp_path):
    parts = drawn(fitted, tmp_path / "out", seed=3)
    assert [part.name for part in parts] == [f"part-{index:05d}.parquet" for index in range(7)]
    rows = pd.concat([pd.read_parquet(tmp_path / "out" / part.name) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(rows, fitted.sample(ROWS, seed=3))
    told = json.loads((tmp_path / "out" / MANIFEST).read_text())
    assert (told["rows"], told["seed"], sum(part["rows"] for part in told["parts"])) == (ROWS, 3, ROWS)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {MANIFEST, *(part.name for part in parts)}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "out").iterdir())


def test_bytes_are_the_same_on_every_executor_and_under_conditions(fitted, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # a draw without a seed says when it was made
    where = {"sex": ["F"], "age": {">=": 40}}
    drawn(fitted, tmp_path / "here", where=where)
    with Processes(1) as processes:
        for name, executor in {"threads": Threads(3), "processes": processes}.items():
            drawn(fitted, tmp_path / name, executor, where=where)
            assert files(tmp_path / name) == files(tmp_path / "here"), name
        pd.testing.assert_frame_equal(
            fitted.set_params(executor=processes).sample(ROWS), fitted.set_params(executor=None).sample(ROWS)
        )


def test_resuming_draws_only_what_lacks(fitted, tmp_path):
    whole = drawn(fitted, tmp_path / "whole", seed=5)
    steps = fitted.sample_parts(ROWS, tmp_path / "out", seed=5)
    for _ in range(3):
        next(steps)
    steps.close()
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {PLAN}
    (tmp_path / "out" / "part-00001.parquet").write_bytes(b"PAR1 half")
    before = (tmp_path / "out" / "part-00000.parquet").stat().st_mtime_ns
    assert drawn(fitted, tmp_path / "out", resume=True) == whole  # the seed is that of the draw which is resumed
    assert files(tmp_path / "out") == files(tmp_path / "whole")
    assert (tmp_path / "out" / "part-00000.parquet").stat().st_mtime_ns == before


def test_a_part_that_is_another_than_the_manifest_says_is_drawn_again(fitted, tmp_path):
    drawn(fitted, tmp_path / "out")
    good = files(tmp_path / "out")
    other = pd.read_parquet(tmp_path / "out" / "part-00002.parquet").iloc[::-1]
    other.to_parquet(tmp_path / "out" / "part-00002.parquet")
    drawn(fitted, tmp_path / "out", resume=True)
    assert files(tmp_path / "out") == good


def test_what_is_there_is_not_mixed_with_another_draw(fitted, tmp_path):
    drawn(fitted, tmp_path / "out", seed=3)
    with pytest.raises(DataError, match=r"out must be an empty folder, however: it holds .*; resume=True"):
        drawn(fitted, tmp_path / "out", seed=3)
    with pytest.raises(DataError, match="same draw, however: seed is 3 there and 4 here"):
        drawn(fitted, tmp_path / "out", seed=4, resume=True)
    with pytest.raises(DataError, match="same draw, however: where is None there"):
        drawn(fitted, tmp_path / "out", where=["age>=3"], resume=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / PLAN).write_text("{")
    with pytest.raises(DataError, match="must say what was drawn, however: it is damaged"):
        drawn(fitted, tmp_path / "other", resume=True)
    with pytest.raises(DataError, match="conditions of parts must be the same"):
        drawn(fitted, tmp_path / "new", where=[{"sex": "F"}, {"sex": "M"}])
    with pytest.raises(DataError, match="there is no folder"):
        drawn(fitted, tmp_path / "no" / "such")


def test_rules_that_look_at_all_rows_before_are_not_for_parts(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"code": np.arange(300), "sex": rng.choice(["F", "M"], 300)})
    schema = Schema.infer(table)
    schema = Schema.from_dict(schema.to_dict() | {"rules": ["unique(code, sex)"]})
    fitted = Synthesizer(generator=Chains(chains=2, rounds=0), rare_below=2).fit(table, schema=schema)
    with pytest.raises(DataError, match="parts must be drawn each by itself, however: by the rule"):
        next(fitted.sample_parts(100, tmp_path / "out"))
    alone = fitted.sample(40)
    pd.testing.assert_frame_equal(fitted.set_params(executor=Threads(2)).sample(40), alone)
