"""Work goes on in a process of its own, and nothing is left behind."""

import json
import os
import subprocess
import sys
import time
import zipfile

import pandas as pd
import pytest

from synthgan import Chains, Synthesizer
from synthgan.io.sidecar import origin_at
from synthgan.io.sources import as_frame
from synthgan_cli.studio import jobs, projects, worker


def ended(job, seconds=60):
    limit = time.monotonic() + seconds
    while job.running and time.monotonic() < limit:
        time.sleep(0.02)
    assert not job.running
    return job


@pytest.fixture
def script(monkeypatch, tmp_path):
    """Lets a job run a few lines of Python in the place of the worker."""

    def take(text):
        path, python = tmp_path / "script.py", tmp_path / "python"
        path.write_text(text)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{path}"\n')
        python.chmod(0o755)
        monkeypatch.setattr(jobs.sys, "executable", str(python))

    return take


def run(folder):
    found = []
    job = jobs.Job("look")
    job.start({"table": "t"}, folder, found.append)
    return job, found


def test_progress_and_the_outcome_arrive(script, tmp_path):
    told = {"stage": "growing", "step": 3, "steps": 8, "message": "a remark"}
    script(
        f"import json,sys\nprint(json.dumps({told!r}), flush=True)\nprint(json.dumps({{'done': json.loads(input())}}), flush=True)"
    )
    job, found = run(tmp_path)
    ended(job)
    assert (job.stage, job.step, job.steps, list(job.messages), job.error) == ("growing", 3, 8, ["a remark"], None)
    assert found == [{"table": "t", "work": "look"}]


def test_a_worker_that_dies_says_so_in_a_line(script, tmp_path):
    script("import os\nprint('{\"half', flush=True)\nos.kill(os.getpid(), 9)")
    job, found = run(tmp_path)
    assert "ended before it was done" in ended(job).error
    assert found == []


def test_what_goes_on_can_be_stopped(script, tmp_path):
    script("import time\ntime.sleep(600)")
    job, _ = run(tmp_path)
    job.stop("stopped, as you asked")
    assert ended(job).error == "stopped, as you asked"


def test_the_worker_looks_and_refuses_in_a_line_and_ends_with_the_studio(tmp_path):
    pd.DataFrame({"age": range(40), "sex": list("FM") * 20}).to_csv(tmp_path / "t.csv", index=False)

    def say(order):
        process = subprocess.Popen(
            [sys.executable, "-m", "synthgan_cli.studio.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        return process, json.loads(process.stdout.readline())

    process, said = say({"work": "look", "table": str(tmp_path / "t.csv")})
    assert said["done"]["rows"] == 40
    assert [column["kind"] for column in said["done"]["schema"]["columns"]] == ["integer", "category"]
    process.communicate()
    process, said = say({"work": "look", "table": str(tmp_path / "none.csv")})
    assert "none.csv" in said["error"]
    assert "\n" not in said["error"]
    process.communicate()


def test_the_same_rows_are_kept_aside_each_time(tmp_path):
    pd.DataFrame({"n": range(50)}).to_csv(tmp_path / "t.csv", index=False)
    order = {"table": str(tmp_path / "t.csv"), "aside": 0.3, "seed": 0}
    learned, unseen = worker._parts(order)
    again = worker._parts(order)
    assert learned.equals(again[0])
    assert (len(learned), len(unseen)) == (35, 15)
    assert sorted(learned["n"].to_pylist() + unseen["n"].to_pylist()) == list(range(50))


def test_rows_are_kept_with_the_mark_that_they_are_synthetic(tmp_path):
    frame = pd.DataFrame({"n": range(60), "sex": list("FM") * 30})
    Synthesizer(generator=Chains(chains=2), check=False, seed=0).fit(frame).save(tmp_path / "m.synthgan")
    made = tmp_path / "made"
    made.mkdir()
    order = {"n": 20, "where": [], "seed": 1, "model": tmp_path / "m.synthgan"}
    order |= {"csv": made / "synthetic.csv", "parquet": made / "synthetic.parquet"}
    assert len(worker.sample(order, lambda *_: None)["head"]) == worker.MAX_SHOWN
    assert sorted(path.name for path in made.iterdir()) == ["synthetic.csv.zip", "synthetic.parquet"]
    assert {path.name for path in made.iterdir()} <= set(projects.MADE) & set(projects._WRITTEN["sample"])
    zipfile.ZipFile(made / "synthetic.csv.zip").extractall(made / "unpacked")
    for path in ("synthetic.csv.zip", "synthetic.parquet", "unpacked/synthetic.csv"):
        assert origin_at(made / path)["synthetic"] is True
        assert len(as_frame(made / path)) == 20


def test_what_a_killed_studio_left_behind_is_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(projects.tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, lives = tmp_path / f"synthgan-studio-{dead.pid}-x", tmp_path / f"synthgan-studio-{os.getppid()}-x"
    for folder in (left, lives):
        folder.mkdir()
        (folder / "table.csv").write_text("real rows")
    made = projects.Projects()
    assert (left.exists(), lives.exists()) == (False, True)
    made.open()
    made.close()
    assert not made.folder.exists()
