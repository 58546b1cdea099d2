"""Risks: the three attacks together, each with its scores, computed or not."""

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.privacy.risks import risk_scores
from synthgan.runtime import Streams

NAMES = ["singling_out_risk", "linkability_risk", "attribute_inference_risk", "attribute_inference_risk_mean"]


def test_the_three_attacks_of_the_working_party_are_made_in_its_order(units):
    found = risk_scores(Tables(units(200, 0), units(200, 1), units(200, 2)), Streams(0))
    assert [score.name for score in found] == NAMES
    assert all(score.value is not None and score.reference == 0 for score in found)


def test_without_a_holdout_every_score_is_there_and_says_why(units):
    found = risk_scores(Tables(units(50, 0), units(50, 1)), Streams(0))
    assert [score.name for score in found] == NAMES
    assert all(score.value is None and "holdout" in score.reading for score in found)
