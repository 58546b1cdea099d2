"""`synthgan tune` prints the command that takes what was found, and never looks at rows that are private."""

from __future__ import annotations

import json

import pytest

from synthgan import Threads
from synthgan.tuning.measuring import Figures, Parts


@pytest.fixture
def quick(monkeypatch):
    def measured(self, parameters, *, share=1.0, last=False, seed=0):
        return Figures(0.5 + 0.1 * parameters.get("generator__rounds", 2), 0.01)

    monkeypatch.setattr(Parts, "measured", measured)


@pytest.mark.usefixtures("quick")
def test_it_prints_the_command_that_takes_what_was_found(run, table, folder):
    done = run("tune", table, "--generator", "chains", "--trials", 12)
    assert done.code == 0, done.err
    assert done.out.startswith(f"synthgan fit {table} --generator chains --set chains=")
    assert "Fidelity gained on rows that no trial saw: +0." in done.err
    assert (folder / "people.tuning.sqlite").exists()
    again = run("tune", table, "--generator", "chains")
    assert again.code == 2
    assert "add --force" in again.err
    more = run("tune", table, "--generator", "chains", "--trials", 14, "--resume", "--json")
    assert more.code == 0, more.err
    assert json.loads(more.out)["trials"] == 14


@pytest.mark.usefixtures("quick")
def test_trials_go_to_the_workers_that_are_asked_for(run, table, monkeypatch):
    begun = []

    class Workers(Threads):
        def map(self, task, indices, shared):
            begun.append(self.workers)
            return super().map(task, indices, shared)

    monkeypatch.setattr("synthgan.Processes", Workers)
    done = run("tune", table, "--generator", "chains", "--trials", 2, "--workers", 3)
    assert done.code == 0, done.err
    assert begun == [3, 3, 3]  # two rungs, and the end
    assert run("tune", table, "--workers", 2, "--ray", "auto", "--force").code == 2


def test_private_fits_need_public_rows(run, table):
    done = run("tune", table, "--epsilon", 1)
    assert done.code == 4
    assert "--epsilon must come with --public TABLE, however: it stands alone" in done.err
    assert run("tune", table, "--public", table).code == 2


@pytest.mark.usefixtures("quick")
def test_private_fits_are_tuned_on_public_rows_and_the_table_is_not_opened(run, table, folder):
    done = run("tune", "not-there.parquet", "--epsilon", 1, "--public", table, "--trials", 2)
    assert done.code == 0, done.err
    assert done.out == "synthgan fit not-there.parquet\n"
    assert "Keep the defaults" in done.err
