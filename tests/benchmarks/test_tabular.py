"""The benchmark as a command: who runs where, what is not repeated, what is refused in one line."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import REPOSITORY, make_people

from benchmarks.datasets import made, tables
from benchmarks.datasets.tables import HELD_OUT, TASKS
from benchmarks.models import worker
from benchmarks.runs import store, tabular


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder with a tiny table under each of three names of the benchmark's."""
    (tmp_path / "tables").mkdir()
    people = make_people(200, seed=1)[["age", "ward", "ill", "pressure"]]
    for name in ("magic", "news_sample20", "heart_disease"):
        people.rename(columns={"ill": TASKS[name].target}).to_parquet(tmp_path / "tables" / f"{name}.parquet")
    return tmp_path


@pytest.fixture
def fitted(monkeypatch):
    """Stands in for the fits, which take a process each, and lists them."""
    asked = []

    def fit(model, train, seed, options):
        asked.append((model, seed, options))
        costs = {"fit_seconds": 1.0, "sampled_rows_per_second": 10, "peak_memory_gb": 0.1}
        return worker.FLOORS["bootstrap"](seed=seed).fit(train).sample(len(train)), costs

    monkeypatch.setattr(tabular, "fitted_elsewhere", fit)
    monkeypatch.setattr(tabular, "peers_versions", lambda *_: {"ctgan": "0"})
    return asked


def run(data, *words, output=None):
    tabular.main(["--data", str(data), "--output", str(output or data / "out.json"), *words])
    return json.loads((output or data / "out.json").read_text(encoding="utf-8"))


def test_runs_that_are_there_are_not_repeated(data, fitted, capsys):
    words = ["--tables", "magic", "--models", "mixture,bootstrap"]
    first = run(data, *words)
    assert [model for model, *_ in fitted] == ["mixture", "bootstrap"]
    fitted.clear()
    second = run(data, *words, "--seeds", "2")
    assert fitted == [("mixture", 1, {}), ("bootstrap", 1, {})]
    assert "magic, mixture, seed 0: already in" in capsys.readouterr().out
    assert [run for run in second["runs"] if run["seed"] == 0] == first["runs"]
    fitted.clear()
    assert len(run(data, *words, "--again")["runs"]) == 4
    assert len(fitted) == 2


def test_runs_go_to_the_workers_that_are_asked_for(data, fitted, workers, monkeypatch):
    words = ["--tables", "magic", "--models", "ours,bootstrap", "--seeds", "2", "--keep-extremes"]
    monkeypatch.setattr(tabular, "extremes_kept", lambda table, seed, folder, options: {"seed": seed})
    found = run(data, *words, "--workers", "2")
    assert workers == [2, 2]  # for the runs, and for what these lack
    assert [each["extremes_kept"] for each in found["runs"] if each["model"] == "ours"] == [{"seed": 0}, {"seed": 1}]
    timed = ("fit_seconds", "session")
    alone = run(data, *words, output=data / "alone.json")
    assert workers == [2, 2]
    for one, other in zip(found["runs"], alone["runs"], strict=True):
        assert {**one, **dict.fromkeys(timed)} == {**other, **dict.fromkeys(timed)}


def test_every_run_is_kept_as_soon_as_it_is_there(data, fitted, monkeypatch):
    whole = tabular.judge

    def interrupted(*given):
        if len(fitted) == 2:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(tabular, "judge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(data, "--tables", "magic", "--models", "mixture,bootstrap")
    kept = json.loads((data / "out.json").read_text(encoding="utf-8"))
    assert [run["model"] for run in kept["runs"]] == ["mixture"]
    assert kept["sessions"][kept["runs"][0]["session"]]["versions"]["torch"]


def test_options_are_a_model_of_their_own_and_go_to_ours_alone(data, fitted):
    found = run(
        data, "--tables", "magic", "--models", "ours,mixture", "--option", "steps=0", "--option", "modes=gaussian"
    )
    options = {"steps": 0, "modes": "gaussian"}
    assert fitted == [("ours", 0, options), ("mixture", 0, {})]
    assert [run["model"] for run in found["runs"]] == ["ours[steps=0,modes=gaussian]", "mixture"]


def test_keeping_extremes_is_a_second_fit_also_of_a_run_that_is_there(data, fitted, capsys):
    words = ["--tables", "magic", "--models", "ours"]
    assert "extremes_kept" not in run(data, *words)["runs"][0]
    (done,) = run(data, *words, "--keep-extremes")["runs"]
    assert fitted == [("ours", 0, {}), ("ours", 0, {"keep_extremes": True})]
    assert done["extremes_kept"]["trend_error"]["value"] >= 0
    assert "Trend (extremes kept) %" in capsys.readouterr().out
    fitted.clear()
    run(data, *words, "--keep-extremes")
    assert fitted == []


@pytest.mark.slow
def test_slow_peers_keep_to_few_tables_and_one_seed_and_say_so(data, fitted, capsys):
    words = ["--tables", "magic,news_sample20", "--models", "ctgan", "--seeds", "2"]
    found = run(data, *words)
    assert [(run["table"], run["seed"]) for run in found["runs"] if run["model"] == "ctgan"] == [("magic", 0)]
    assert any("slow-everywhere" in note for note in found["notes"])
    assert "are slow: adult, magic, shoppers only, 1 seed only" in capsys.readouterr().out
    found = run(data, *words, "--slow-everywhere")
    assert sum(run["model"] == "ctgan" for run in found["runs"]) == 4


def test_held_out_tables_come_last(data, fitted, capsys):
    run(data, "--tables", "heart_disease,magic", "--models", "bootstrap")
    text = capsys.readouterr().out
    assert text.index("\nmagic: 180 rows") < text.index("\nheart_disease: 180 rows")
    assert "are held out" in text
    assert set(HELD_OUT) < set(TASKS)


def test_the_printed_table_has_ranges_and_the_test_rows(data, fitted, capsys):
    run(data, "--tables", "magic", "--models", "bootstrap", "--seeds", "2")
    lines = capsys.readouterr().out.splitlines()
    (bootstrap,) = [line for line in lines if line.startswith("bootstrap")]
    assert "100.00 (100.00–100.00)" in bootstrap
    assert any(line.startswith("test rows") for line in lines)


def test_a_model_that_breaks_down_leaves_the_others_alone(data, fitted, monkeypatch):
    whole = tabular.fitted_elsewhere

    def broken(model, *given):
        if model == "mixture":
            raise ChildProcessError("mixture must fit and sample, however: it ended with code 1")
        return whole(model, *given)

    monkeypatch.setattr(tabular, "fitted_elsewhere", broken)
    words = ["--tables", "magic", "--models", "mixture,bootstrap"]
    with pytest.raises(SystemExit) as stopped:
        run(data, *words)
    assert stopped.value.code == 1
    kept = json.loads((data / "out.json").read_text(encoding="utf-8"))
    assert [run["model"] for run in kept["runs"]] == ["bootstrap"]
    assert kept["notes"] == [
        "failed: magic, mixture, seed 0: mixture must fit and sample, however: it ended with code 1"
    ]
    monkeypatch.setattr(tabular, "fitted_elsewhere", whole)
    assert run(data, *words)["notes"] == []  # once it has succeeded


def test_peers_without_their_environment_are_refused_in_one_line(data, monkeypatch):
    monkeypatch.setattr(tabular, "PEERS_PYTHON", data / "absent" / "python")
    with pytest.raises(SystemExit) as stopped:
        run(data, "--tables", "magic", "--models", "bootstrap,ctgan,argn")
    assert str(stopped.value).startswith("error: ctgan, argn must have an environment of their own")
    assert "make peers" in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--models", "theirs"], "a model must be one of ours, ctgan"),
        (["--tables", "atlantis"], "a table must be one of adult"),
    ],
)
def test_unknown_names_are_refused_in_one_line(data, words, message):
    with pytest.raises(SystemExit, match=message):
        run(data, *words)


def test_options_must_have_a_name_and_a_value(data, capsys):
    with pytest.raises(SystemExit):
        run(data, "--option", "steps")
    assert "must read name=value" in capsys.readouterr().err


def test_a_model_is_fitted_in_a_process_of_its_own(data):
    table, _ = tables.load("magic", data)
    synthetic, costs = tabular.fitted_elsewhere("independent", table, 0, {})
    assert synthetic.dtypes.to_dict() == table.dtypes.to_dict()
    assert len(synthetic) == len(table)
    assert costs["fit_seconds"] >= 0
    assert 0.01 < costs["peak_memory_gb"] < 2
    with pytest.raises(ChildProcessError, match="mixture must fit and sample, however: it ended with code 1"):
        tabular.fitted_elsewhere("mixture", table, -1, {})  # no such seed


def test_memory_is_that_of_the_process_not_of_its_parent():
    code = "from benchmarks.models.costs import peak_memory_gb; print(peak_memory_gb())"
    ballast = bytearray(400_000_000)
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert float(done.stdout) < len(ballast) / 1e9 / 2


def test_tables_of_so_many_rows_are_the_first_of_the_shuffle(data, monkeypatch):
    whole = pd.concat(tables.load("magic", data))
    monkeypatch.setitem(TASKS, "magic", tables.Task("class", rows=50))
    train, test = tables.load("magic", data)
    assert (len(train), len(test)) == (45, 5)
    assert train.equals(whole.head(45).reset_index(drop=True))


def test_sessions_with_the_same_versions_and_machine_are_one(tmp_path, made_run):
    path = tmp_path / "results.json"
    for versions, number in (({"a": "1"}, 0), ({"a": "1"}, 0), ({"a": "2"}, 1)):
        kept = store.Store(path, {"versions": versions, "machine": {}})
        kept.put(made_run("adult", "ours", 0, 0.1))
        assert kept.get("adult", "ours", 0)["session"] == number
    assert len(kept.runs) == 1
    assert len(kept.sessions) == 2


@pytest.mark.parametrize("name", ["rings", "codes"])
def test_a_table_made_by_hand_has_other_rows_to_test_on_and_is_the_same_each_time(name, tmp_path):
    train, test = tables.load(name, tmp_path)
    again, _ = tables.load(name, tmp_path)
    assert train.equals(again)
    assert len(train) == len(test) == TASKS[name].rows
    assert not len(train.merge(test))
    assert TASKS[name].target in train


def test_columns_of_the_rings_go_together_in_their_spread_alone():
    table = made.rings(20_000, np.random.default_rng(0))
    assert abs(table[["x", "bow", "east", "north"]].corr().to_numpy() - np.eye(4)).max() < 0.03  # four standard errors
    wide = table["bow"].abs()[table["x"].abs() > 0.5].median()
    assert wide > 2 * table["bow"].abs()[table["x"].abs() < 0.5].median()
