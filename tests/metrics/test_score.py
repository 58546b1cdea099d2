import json

import pytest

from synthgan.errors import ConfigError
from synthgan.metrics import Report, Score
from synthgan.metrics.score import scored
from synthgan.metrics.statistics.intervals import Estimate

FINE = Score("pair_tvd", 0.02, 0.01, 0.03, 0.015, "minimize", "two-way tables differ by 2 %")
ABSENT = Score("c2st_holdout", None, None, None, None, "maximize", "not computed: no holdout")


def test_json_is_the_contract_to_the_letter():
    found = json.loads(Report((FINE, ABSENT), ("a note",)).to_json())
    assert found == {
        "version": 1,
        "scores": [
            {
                "name": "pair_tvd",
                "value": 0.02,
                "low": 0.01,
                "high": 0.03,
                "reference": 0.015,
                "goal": "minimize",
            },
            {
                "name": "c2st_holdout",
                "value": None,
                "low": None,
                "high": None,
                "reference": None,
                "goal": "maximize",
            },
        ],
    }
    assert list(found["scores"][0]) == ["name", "value", "low", "high", "reference", "goal"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": float("nan")},
        {"reference": float("inf")},
        {"low": None},
        {"value": 0.5},
        {"value": None},
        {"goal": "up"},
    ],
)
def test_a_score_that_contradicts_itself_is_refused(wrong):
    fields = {
        "name": "x",
        "value": 0.2,
        "low": 0.1,
        "high": 0.3,
        "reference": None,
        "goal": "minimize",
        "reading": "",
    }
    Score(**fields)
    with pytest.raises(ConfigError, match="must"):
        Score(**(fields | wrong))


def test_names_are_unique_and_looked_up():
    report = Report((FINE, ABSENT))
    assert report["pair_tvd"] is FINE
    assert list(report) == [FINE, ABSENT]
    assert len(report) == 2
    with pytest.raises(KeyError, match="pair_tvd, c2st_holdout"):
        report["shape"]
    with pytest.raises(ConfigError, match="pair_tvd"):
        Report((FINE, FINE))


def test_text_shows_every_score_and_note_aligned():
    lines = Report((FINE, ABSENT), ("columns left out: id",)).to_text().splitlines()
    assert [line.split()[0] for line in lines] == ["score", "pair_tvd", "c2st_holdout", "columns"]
    assert lines[1].index("two-way") == lines[2].index("not computed") == lines[0].index("reading")
    assert "0.0200" in lines[1]
    assert "0.0100 … 0.0300" in lines[1]
    assert repr(Report((FINE,))) == Report((FINE,)).to_text()


def test_scored_takes_an_estimate_or_none():
    assert scored("x", Estimate(0.5, 0.4, 0.6), reference=0.1, goal="minimize", reading="r").high == 0.6
    assert scored("x", None, reference=0.1, goal="minimize", reading="r").value is None


def test_scores_and_reports_are_frozen():
    with pytest.raises(AttributeError):
        FINE.value = 1.0
    with pytest.raises(AttributeError):
        Report((FINE,)).scores = ()
