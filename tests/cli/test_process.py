"""The command as a process: start-up, interruption and resumption, pipes that break, disks that are full."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import make_people

from synthgan.privacy.spent import from_json

COMMAND = [sys.executable, "-m", "synthgan_cli"]
# The same command, but it tells of every step at once instead of twice a minute.
TELL_ALL = """
import sys
from synthgan_cli import __main__, console

console.PLAIN_AFTER_SECONDS = console.PLAIN_EVERY_SECONDS = 0
sys.exit(__main__.main())
"""
TALKATIVE = [sys.executable, "-c", TELL_ALL]
PATIENCE_SECONDS = 90


@pytest.fixture
def start(folder, package_environment):
    """Starts `synthgan` as a process of its own."""

    started = []

    def start_words(*words, command=COMMAND, **options):
        process = subprocess.Popen(
            [*command, *map(str, words)],
            env=package_environment | {"OMP_NUM_THREADS": "1"},
            **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options),
        )
        started.append(process)
        return process

    yield start_words
    for process in started:  # a test that failed leaves it running
        process.kill()
        with process:
            pass


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["fit", "--help"]], ids=" ".join)
def test_help_is_quick_because_it_imports_nothing_heavy(words, package_environment):
    environment = package_environment | {"PYTHONPROFILEIMPORTTIME": "1"}
    done = subprocess.run([*COMMAND, *words], env=environment, capture_output=True, check=True, text=True)
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "typer" in imported
    assert not imported & {"torch", "pandas", "numpy", "scipy", "sklearn", "xgboost", "pyarrow", "polars"}


def _wait_for(words, process):
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(words):
            return
    raise AssertionError(f"{words!r} was never said: {said}")


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)], ids=["Ctrl-C", "kill"]
)
def test_an_interrupted_fit_leaves_a_checkpoint_and_says_how_to_go_on(start, run, folder, number):
    make_people(20_000).to_parquet(folder / "people.parquet")  # enough that fifteen chains more take seconds
    process = start("fit", "people.parquet", "--generator", "chains", "--seed", 3, command=TALKATIVE)
    checkpoint = folder / "people.synthgan.checkpoint"
    _wait_for("growing: 1 of 16", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("interrupted: ")
    assert last.endswith("synthgan fit people.parquet --generator chains --seed 3 --resume")
    assert sorted(path.name for path in folder.iterdir()) == ["people.parquet", checkpoint.name]

    resumed = run("fit", "people.parquet", "--generator", "chains", "--seed", 3, "--resume", "--minutes", 0.001)
    assert resumed.code == 0, resumed.err
    assert sorted(path.name for path in folder.iterdir()) == ["people.parquet", "people.synthgan"]


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGKILL], ids=["Ctrl-C", "kill -9"]
)
def test_a_process_that_ends_in_the_middle_leaves_what_it_spent(start, folder, number):
    words = ("--id", "patient_id", "--epsilon", 20, "--delta", 1e-3)
    spent = folder / "people.synthgan.spent.json"
    make_people(300).to_parquet(folder / "people.parquet")
    process = start("fit", "people.parquet", *words, command=TALKATIVE)
    _wait_for("measuring", process)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert sorted(folder.iterdir()) == [folder / "people.parquet", spent]
    assert [part.epsilon for part in from_json(spent.read_text())] == [20]
    if number == signal.SIGINT:
        assert err.splitlines()[-1].startswith("interrupted: epsilon 20 (delta 0.001, one row) was spent, as")


@pytest.mark.usefixtures("small")
def test_a_stale_checkpoint_is_mentioned_and_replaced(run, table, model, folder):
    (folder / "people.synthgan.checkpoint").write_bytes(b"stale")
    done = run("fit", table, "--force")
    assert done.code == 0, done.err
    assert done.lines[0].startswith("note: people.synthgan.checkpoint")
    assert "--resume" in done.lines[0]
    assert sorted(path.name for path in folder.iterdir()) == ["people.parquet", "people.synthgan"]


def test_an_interrupt_before_training_leaves_nothing(run, table, folder, monkeypatch):
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("synthgan.io.sources.read_indexed", interrupted)
    done = run("fit", table)
    assert done.code == 130
    assert len(done.lines) == 1
    assert "nothing was written" in done.err
    assert [path.name for path in folder.iterdir()] == ["people.parquet"]


def test_an_interrupted_sample_leaves_nothing(run, model, folder, monkeypatch):
    from synthgan.tabular.drawing import Drawing

    whole = Drawing.frames

    def interrupted(*args, **options):
        yield next(whole(*args, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(Drawing, "frames", interrupted)
    assert run("sample", model, "-n", 50).code == 130
    assert [path.name for path in folder.iterdir()] == ["people.synthgan"]


def test_a_reader_that_has_seen_enough_is_no_failure(start, model):
    with start("sample", model, "-n", 2_000_000, "-o", "-") as process:
        assert process.stdout.readline().replace('"', "").startswith("patient_id,sex")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    "words", [("sample", "people.synthgan", "-n", 5, "-o", "-"), ("inspect", "people.synthgan"), ("--help",)], ids=str
)
def test_a_full_stdout_is_one_line(start, model, words):
    with Path("/dev/full").open("w") as full:
        process = start(*words, stdout=full)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 5
    assert len(err.splitlines()) == 1
    assert "full" in err


def test_colour_and_redrawing_stay_away_from_files(start, table):
    process = start("fit", "none.parquet")
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert "\x1b" not in err
