"""evaluate: what the measures of tables find, as a report."""

import pytest

import synthgan
from synthgan.audit import evaluate
from synthgan.distributed.threads import Threads
from synthgan.errors import ConfigError
from synthgan.metrics.score import Score
from synthgan.metrics.scores import Scores


def test_everything_goes_to_the_measures_and_what_they_find_is_a_report(monkeypatch):
    score = Score("x", 0.5, None, None, None, "minimize", "half")
    seen = {}

    def score_tables(*tables, **options):
        seen.update(options, tables=tables)
        return Scores((score,), ("a note",))

    monkeypatch.setattr(evaluate, "score_tables", score_tables)
    options = {
        "holdout": 3,
        "target": "y",
        "survival": ["t", "e"],
        "schema": 4,
        "unit": "u",
        "seed": 5,
        "progress": print,
        "executor": Threads(2),
    }
    report = synthgan.evaluate(1, 2, **options)
    assert seen == {"tables": (1, 2), "rules": (), **options}
    assert report == synthgan.Report((score,), ("a note",))


def test_what_is_no_executor_is_refused():
    with pytest.raises(ConfigError, match="executor must be None, Threads"):
        synthgan.evaluate(1, 2, executor=4)
    with pytest.raises(ConfigError, match="executor must be None, Threads"):
        synthgan.evaluate({}, {}, executor=4)
