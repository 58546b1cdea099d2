"""Running the command line inside the test's own process, in a folder of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import pytest
from helpers.made_columns import make_column

from synthgan_cli.__main__ import main


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self):
        """The lines on stderr."""
        return self.err.splitlines()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def column():
    return make_column


@pytest.fixture
def run(folder, capfd, monkeypatch):
    """Runs `synthgan` with the words given; no line says how far it has come, however slow the machine is."""
    monkeypatch.setattr("synthgan_cli.console.PLAIN_AFTER_SECONDS", 3600)

    def run_words(*words):
        capfd.readouterr()
        code = main([str(word) for word in words])
        return Done(code, *capfd.readouterr())

    return run_words


@pytest.fixture
def table(folder, people):
    """The people as a Parquet file."""
    people.to_parquet(folder / "people.parquet")
    return folder / "people.parquet"


@pytest.fixture
def model(folder, people_model):
    """A tiny model of the people."""
    return shutil.copy(people_model, folder / "people.synthgan")


@pytest.fixture
def small(monkeypatch, tiny_options):
    """Makes every fit of the command line a tiny one: only its sizes change, all of its code runs."""
    from synthgan import Synthesizer

    def make(**options):
        usual = {"device": "cpu"} if "epsilon" in options else tiny_options  # a private fit has a plan of its own
        return Synthesizer(**(usual | options))

    make.load = Synthesizer.load
    monkeypatch.setattr("synthgan.Synthesizer", make)
