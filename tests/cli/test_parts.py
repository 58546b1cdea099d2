"""Folders of parts on the command line, and where work is done."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.attacks.kills import child_of, wait_for
from synthgan.io.sidecar import origin_at
from synthgan_cli.__main__ import main
from synthgan_cli.drawing import whole_number


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_slash_asks_for_parts_which_are_what_one_file_would_hold(run, model, folder):
    assert run("sample", model, "-n", "1e3", "-o", "out/", "--seed", 4).code == 0
    assert run("sample", model, "-n", "1000", "-o", "one.parquet", "--seed", 4).code == 0
    assert names(folder / "out") == ["_manifest.json", "part-00000.parquet"]
    pd.testing.assert_frame_equal(
        pd.read_parquet(folder / "out" / "part-00000.parquet"), pd.read_parquet(folder / "one.parquet")
    )
    told = json.loads((folder / "out" / "_manifest.json").read_text())
    assert [part["rows"] for part in told["parts"]] == [1000]
    assert told["origin"]["synthetic"]
    assert origin_at(folder / "out" / "part-00000.parquet") == origin_at(folder / "one.parquet") == told["origin"]


def test_what_is_there_is_gone_on_with_or_left(run, model, folder):
    assert run("sample", model, "-n", 50, "-o", "out/", "--seed", 4).code == 0
    before = (folder / "out" / "part-00000.parquet").read_bytes()
    done = run("sample", model, "-n", 50, "-o", "out", "--seed", 4)
    assert done.code == 3
    assert done.lines[-1].startswith("error: out must be an empty folder, however: it holds _manifest.json; ")
    assert "--resume" in done.lines[-1]
    (folder / "out" / "part-00000.parquet").unlink()
    done = run("sample", model, "-n", 50, "-o", "out/", "--resume")
    assert done.code == 0, done.err
    assert "Wrote out: 50 rows in 1 parts" in done.err
    assert (folder / "out" / "part-00000.parquet").read_bytes() == before
    done = run("sample", model, "-n", 60, "-o", "out/", "--resume")
    assert (done.code, "rows is 50 there and 60 here" in done.err) == (3, True)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--resume"], "--resume must be for a folder of parts, however: people.synthetic.parquet is a single table"),
        (["--workers", 2, "--ray", "auto"], "--workers must stand without --ray, however: both were given"),
        (["--workers", 0], "--workers must be a whole number of at least 1, however: 0"),
    ],
)
def test_what_makes_no_sense_is_refused(run, model, words, line):
    done = run("sample", model, "-n", 50, *words)
    assert done.code == 2
    assert line in done.err


def test_a_folder_is_learned_from_a_sample_of_its_rows(run, table, folder, small):
    from synthgan import Synthesizer

    rows = pd.read_parquet(table)
    (folder / "people").mkdir()
    rows.to_parquet(folder / "people" / "a.parquet")
    rows.to_parquet(folder / "people" / "b.parquet")
    done = run("fit", "people", "--learn-rows", 150)
    assert done.code == 0, done.err
    assert f"{2 * len(rows):,} rows were looked at" in done.err
    manifest = Synthesizer.load(folder / "people.synthgan").manifest()
    assert manifest["training"]["scanned"] == 2 * len(rows)
    assert 150 <= manifest["rows"] < len(rows)
    assert run("fit", table, "--learn-rows", 150, "--epsilon", 1).code == 4
    assert run("fit", table, "--learn-rows", "many").code == 2


def test_commands_are_begun_once(run, model, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    done = run("sample", model, "-n", 5)
    assert done.code == 2
    assert "must be begun once, however: torchrun began it 2 times" in done.err


def test_numbers_may_be_written_short():
    assert [whole_number(text) for text in ("1000", "1e9", "2.5e3")] == [1000, 10**9, 2500]


def test_a_number_that_is_none_is_refused(run, model):
    for text in ("1.5", "many", "1e999999999"):
        done = run("sample", model, "-n", text)
        assert (done.code, "is not a valid integer" in done.err) == (2, True), done.err


@pytest.fixture
def chained(folder, monkeypatch):
    """A small model of chains, of which many small parts are drawn."""
    from synthgan import Chains, Synthesizer
    from synthgan.tabular.chains.player import Player

    monkeypatch.setattr("synthgan.tabular.drawing.FRAME_ROWS", 1)  # one batch a frame
    monkeypatch.setattr(Player, "rows_at_once", lambda _: 5)
    rows = pd.DataFrame({"sex": ["F", "M"] * 60, "age": range(120)})
    Synthesizer(generator=Chains(chains=2, rounds=0)).fit(rows).save(folder / "chains.synthgan")
    return folder / "chains.synthgan"


def files(out):
    return {path.name: path.read_bytes() for path in out.glob("[!.]*")}


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_what_is_killed_and_resumed_ends_at_the_same_parts(chained, folder, kills):
    def sample(out, *words):
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        if main(["sample", str(chained), "-n", "400", "-o", f"{out}/", "--seed", "4", *words]):
            raise RuntimeError("a draw must end well")

    started = time.monotonic()
    assert wait_for(child_of(lambda: sample("whole")))
    seconds, whole = time.monotonic() - started, files(folder / "whole")
    assert len(whole) == 81
    source, half_way = random.Random(0), 0  # noqa: S311
    for turn in range(kills):
        out = folder / f"out{turn}"
        child = child_of(lambda out=out: sample(out.name))
        time.sleep(source.uniform(0.1, 1) * seconds)
        os.kill(child, signal.SIGKILL)
        wait_for(child)
        found = files(out) if out.exists() else {}
        half_way += 2 < len(found) < 81
        assert all(whole[name] == found[name] for name in found if name.startswith("part"))  # whole, or not there
        assert wait_for(child_of(lambda out=out: sample(out.name, "--resume")))
        assert files(out) == whole
    assert half_way
