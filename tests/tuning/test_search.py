"""A search finds what is better, takes nothing that is not, gives no more away, and goes on where it stopped."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import optuna
import pandas as pd
import pytest

from synthgan import Synthesizer, Threads
from synthgan.errors import ConfigError, DataError, PrivacyError, TrainingError
from synthgan.tuning import measuring, search
from synthgan.tuning.measuring import Figures, Parts
from synthgan.tuning.spaces import FIXED, SPACES, parameters_of

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"x": RNG.normal(size=400), "y": RNG.choice(["a", "b"], 400), "who": np.arange(400) // 2})


@pytest.fixture
def landscape(monkeypatch):
    """Fidelity grows with the rounds and falls with the leak; what is asked is written down."""
    asked = []

    def measured(self, parameters, *, share=1.0, last=False, seed=0):
        asked.append((dict(parameters), share, last, seed))
        rounds, leaf = parameters.get("generator__rounds", 2), parameters.get("generator__leaf_rows", 20)
        if leaf > 50:
            raise TrainingError("a setting that cannot be learned")
        return Figures(share * (0.5 + 0.1 * rounds), 0.03 if leaf >= 10 else 0.5)

    monkeypatch.setattr(Parts, "measured", measured)
    return asked


def test_the_best_of_those_that_give_no_more_away_is_taken(landscape):
    found = search.tune(TABLE, generator="chains", trials=25, seed=1)
    assert found.parameters["generator"] == "chains"
    assert found.parameters["generator__rounds"] > 2
    assert found.parameters["generator__leaf_rows"] >= 10
    assert found.gain == pytest.approx(0.1 * (found.parameters["generator__rounds"] - 2))
    assert found.default == Figures(0.7, 0.03)
    assert found.trials == 25
    assert found.pruned > 0


def test_test_rows_are_looked_at_in_the_end_alone_and_by_other_seeds(landscape):
    search.tune(TABLE, generator="chains", trials=8, seed=1)
    last = [at for at, (_, _, is_last, _) in enumerate(landscape) if is_last]
    assert last == list(range(len(landscape) - 2 * search.REPEATS, len(landscape)))
    assert {seed for _, _, is_last, seed in landscape if is_last} == {2, 3, 4}
    assert {seed for _, _, is_last, seed in landscape if not is_last} == {1}


def test_nothing_is_taken_that_is_not_better(monkeypatch):
    monkeypatch.setattr(
        Parts, "measured", lambda self, parameters, *, share=1.0, last=False, seed=0: Figures(0.7, 0.02)
    )
    found = search.tune(TABLE, generator="pooled", trials=8)
    assert (found.parameters, found.gain) == ({}, 0.0)
    assert found.tried["generator"] == "pooled"


def test_a_search_goes_on_and_with_the_same_rows_only(landscape, tmp_path):
    path = tmp_path / "study.sqlite"
    search.tune(TABLE, generator="chains", trials=5, study=path)
    seen, told = len(landscape), []
    found = search.tune(
        TABLE, generator="chains", trials=9, study=path, resume=True, progress=lambda *line: told.append(line)
    )
    assert found.trials == 9
    assert [line[:2] for line in told] == [(6, 9), (7, 9), (8, 9), (9, 9)]
    assert landscape[seen][0] != {"generator": "chains"}  # the defaults were measured before
    with pytest.raises(DataError, match="however: it keeps another"):
        search.tune(TABLE.iloc[1:], generator="chains", trials=9, study=path, resume=True)
    assert len(optuna.load_study(study_name="synthgan", storage=f"sqlite:///{path}").trials) == 9


def test_a_search_is_the_same_wherever_its_trials_are_run(landscape):
    here = search.tune(TABLE, generator="chains", trials=14, seed=1)
    asked = len(landscape)
    assert search.tune(TABLE, generator="chains", trials=14, seed=1, executor=Threads(3)) == here
    assert sorted(map(repr, landscape[asked:])) == sorted(map(repr, landscape[:asked]))


def test_trials_and_the_last_fits_are_tasks_that_travel(monkeypatch):
    told = []

    class Elsewhere(Threads):
        def map(self, task, indices, shared):
            shared = pickle.loads(pickle.dumps(shared))  # noqa: S301 (as processes do)
            told.append(shared.last)
            return super().map(task, indices, shared)

    monkeypatch.setattr(
        Parts, "measured", lambda self, parameters, *, share=1.0, last=False, seed=0: Figures(0.7, 0.02)
    )
    search.tune(TABLE, generator="chains", trials=6, executor=Elsewhere(1))
    assert told == [False] * 4 + [True]  # two rungs of four trials, two of the others, and the end


def test_trials_for_which_there_is_no_time_are_left_for_a_resumed_search(landscape, tmp_path, monkeypatch):
    path = tmp_path / "study.sqlite"
    monkeypatch.setattr(search, "time", SimpleNamespace(monotonic=lambda: 20 * len(landscape)))  # seconds of each fit
    found = search.tune(TABLE, generator="chains", trials=9, minutes=1, study=path)
    assert found.trials == 3  # of the four that were asked for
    assert search.tune(TABLE, generator="chains", trials=9, study=path, resume=True).trials == 9


def test_trials_of_a_search_that_was_killed_are_not_waited_for(landscape, tmp_path):
    path = tmp_path / "study.sqlite"
    search.tune(TABLE, generator="chains", trials=5, study=path)
    optuna.load_study(study_name="synthgan", storage=f"sqlite:///{path}").ask()
    assert search.tune(TABLE, generator="chains", trials=6, study=path, resume=True).trials == 6
    states = [one.state for one in optuna.load_study(study_name="synthgan", storage=f"sqlite:///{path}").trials]
    assert optuna.trial.TrialState.RUNNING not in states


def test_rows_of_a_unit_are_on_one_side_and_the_unit_is_not_learned():
    parts = Parts.of(TABLE, search.Schema.infer(TABLE, drop=["who"]), "who", 0, {})
    sides = [set(part.who) for part in (parts.learn, parts.judge, parts.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 200
    assert [round(len(side) / 200, 1) for side in sides] == [0.4, 0.4, 0.2]
    assert "who" not in [column.name for column in parts.schema]


def test_what_is_measured_is_worse_where_less_is_learned():
    table = pd.DataFrame({"x": RNG.normal(size=600).round(3)}).assign(
        y=lambda frame: (2 * frame.x + RNG.normal(0, 0.1, 600)).round(3)
    )
    parts = Parts.of(table, search.Schema.infer(table), None, 0, {})
    good, bad = (
        parts.measured({"generator": "chains", "generator__leaf_rows": rows, "generator__rounds": 0})
        for rows in (5, 200)
    )
    assert good.fidelity > bad.fidelity + 0.2
    assert 0 <= bad.found < 0.1
    assert parts.measured({"generator": "chains", "generator__chains": 2}, share=0.5, last=True).fidelity > 0.2


def test_samples_that_are_the_rows_learned_are_found(monkeypatch):
    table = pd.DataFrame(RNG.normal(size=(600, 6))).rename(columns=str)
    parts = Parts.of(table, search.Schema.infer(table), None, 0, {})
    monkeypatch.setattr(Synthesizer, "fit", lambda self, data, schema: setattr(self, "rows", data) or self)
    monkeypatch.setattr(Synthesizer, "sample_batches", lambda self, n, *, seed: [self.rows] * (n // len(self.rows)))
    assert parts.measured({}).found > 0.3


@pytest.mark.parametrize("name", SPACES)
def test_every_parameter_of_every_space_can_be_set(name):
    trial = optuna.create_study().ask()
    suggested = {key: part.suggested(trial, key) for key, part in SPACES[name].items()}
    start = {"epsilon": 1.0} if name == "private" else {}
    made = Synthesizer(**start).set_params(**parameters_of(name, suggested))
    assert {key: value for key, value in made.get_params().items() if key in suggested} == suggested
    assert set(FIXED) <= set(SPACES)
    if name != "private":
        made.generator.check()


def test_private_fits_are_tuned_on_public_rows_alone():
    with pytest.raises(PrivacyError, match="must look at public rows alone under epsilon"):
        search.tune(TABLE, epsilon=1.0)


def test_a_search_of_private_fits_makes_private_fits(landscape):
    found = search.tune(TABLE, epsilon=1.0, public=True, trials=3)
    assert set(found.tried) == {"mechanism", "max_modes"}
    assert landscape[0][0] == {}


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"generator": "chain"}, ConfigError, "did you mean 'chains'"),
        ({"generator": "private"}, ConfigError, "generator must be one that can be tuned"),
        ({"trials": 0}, ConfigError, "trials must be at least 1"),
        ({"executor": 4}, ConfigError, "executor must be None, Threads"),
        ({"data": TABLE.iloc[:150]}, DataError, "must have 200 rows, however: it has 150"),
    ],
)
def test_what_cannot_be_tuned_is_refused(arguments, kind, words):
    with pytest.raises(kind, match=words):
        search.tune(**{"data": TABLE, **arguments})


def test_a_table_of_keys_alone_has_nothing_to_judge():
    keys = pd.DataFrame({"id": [f"K-{number:05d}" for number in range(300)], "x": 1.0})
    with pytest.raises(DataError):
        Parts.of(keys, search.Schema.infer(keys, identifiers=["id"], drop=["x"]), None, 0, {}).measured(
            {"generator": "chains"}
        )
    assert measuring.MIN_ROWS == 200
