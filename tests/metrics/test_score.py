import pytest

from synthgan.errors import ConfigError
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate

FINE = Score("pair_tvd", 0.02, 0.01, 0.03, 0.015, "minimize", "two-way tables differ by 2 %")


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


def test_scored_takes_an_estimate_or_none():
    assert scored("x", Estimate(0.5, 0.4, 0.6), reference=0.1, goal="minimize", reading="r").high == 0.6
    assert scored("x", None, reference=0.1, goal="minimize", reading="r").value is None


def test_scores_are_frozen():
    with pytest.raises(AttributeError):
        FINE.value = 1.0
