"""Scores: looked up by name, each name once, and those of several measures as one."""

import pytest

from synthgan.errors import ConfigError
from synthgan.metrics.details import Association, Details, Giveaway
from synthgan.metrics.score import Score
from synthgan.metrics.scores import Scores, joined

FINE = Score("pair_tvd", 0.02, 0.01, 0.03, 0.015, "minimize", "two-way tables differ by 2 %")
ABSENT = Score("c2st_holdout", None, None, None, None, "maximize", "not computed: no holdout")


def test_names_are_unique_and_looked_up():
    found = Scores((FINE, ABSENT))
    assert found["pair_tvd"] is FINE
    assert list(found) == [FINE, ABSENT]
    assert len(found) == 2
    with pytest.raises(KeyError, match="did you mean 'pair_tvd'"):
        found["pair_tdv"]
    with pytest.raises(KeyError, match="pair_tvd, c2st_holdout"):
        found["shape"]
    with pytest.raises(ConfigError, match="pair_tvd"):
        Scores((FINE, FINE))


def test_scores_of_several_measures_follow_one_another():
    found = joined([Scores((FINE,), ("one",)), Scores(()), Scores((ABSENT,), ("other",))])
    assert (found.scores, found.notes, found.details) == ((FINE, ABSENT), ("one", "other"), Details())
    with pytest.raises(ConfigError, match="found \\['pair_tvd'\\] more than once"):
        joined([Scores((FINE,)), Scores((FINE,))])


def test_details_of_several_measures_are_one():
    pairs = Association((), None, None)
    parts = [
        Details(giveaway_rows=(1, 2), giveaways=(Giveaway("x", 0.5),)),
        Details(association=pairs),
        Details(giveaway_rows=(3,), exposed=(7,)),
    ]
    found = joined(Scores((), details=part) for part in parts).details
    assert found == Details(association=pairs, giveaways=(Giveaway("x", 0.5),), giveaway_rows=(1, 2, 3), exposed=(7,))


def test_scores_are_frozen():
    with pytest.raises(AttributeError):
        Scores((FINE,)).scores = ()
