"""The verdict: what each check comes to, the worst first, and never a permission."""

from dataclasses import replace

import pandas as pd
import pytest

import synthgan
from synthgan.data.containers.origin import with_origin
from synthgan.io import write_table
from synthgan.metrics.details import Details
from synthgan.metrics.linkeddetails import LinkedDetails
from synthgan.metrics.score import Score
from synthgan.report import Report
from synthgan.report.verdict.judge import verdict_of

pytestmark = pytest.mark.usefixtures("quick")
PROMISED = {"private": True, "epsilon": 1.0, "delta": 1e-6, "unit": "one row"}


def score(name, value, low=None, high=None, reference=None, goal="minimize", reading=""):
    return Score(name, value, low, high, reference, goal, reading)


def grades(*scores, privacy=None, **details):
    """What each check comes to, by its name."""
    found = verdict_of(Report(scores, (), Details(**details)), privacy)
    return {one.about: one.grade for one in found.findings}


@pytest.mark.parametrize(
    ("value", "low", "reference", "grade"),
    [
        (0.0, 0.0, 0.0, "fine"),
        (1.0, 0.99, 0.0, "stop"),
        (0.01, 0.005, 0.0, "stop"),
        (0.004, 0.0001, 0.0, "stop"),
        (0.62, 0.60, 0.61, "fine"),  # a table of few columns: most rows have a twin
        (0.65, 0.63, 0.60, "look"),
        (1.0, 0.99, 0.60, "stop"),
        (0.3, 0.25, None, "look"),
        (0.6, 0.55, None, "stop"),
    ],
)
def test_copies_are_an_alarm_where_chance_does_not_bring_them(value, low, reference, grade):
    assert grades(score("exact_copies", value, low, 1.0, reference))["copies"] == grade


def test_the_real_table_itself_is_a_stop_whatever_chance_brings():
    found = verdict_of(Report((score("exact_copies", 1.0, 0.9, 1.0, 1.0),), (), Details(same=True)))
    assert found.grade == "stop"
    assert found.findings[0].about == "copies"
    assert found.sentence.startswith("Do not release these rows. They are the real rows themselves")


def attacked(p, tpr, low, epsilon):
    return (
        score("membership_p_value", p, goal="maximize"),
        score("membership_tpr_at_1pct_fpr", tpr, low, 1.0, 0.01, "reference"),
        score("epsilon_lower_bound", epsilon),
    )


@pytest.mark.parametrize(
    ("figures", "least", "grade"),
    [
        ((0.3, 0.012, 0.008, 0.0), 0.02, "fine"),
        ((0.3, 0.012, 0.008, 0.0), 0.4, "look"),  # an attack that could see nothing is no comfort
        ((0.001, 0.014, 0.011, 0.0), 0.02, "look"),  # detected, and small: the p value alone stops nothing
        ((0.001, 0.05, 0.03, 0.0), 0.02, "stop"),
        ((0.001, 0.018, 0.015, 0.2), 0.02, "stop"),
    ],
)
def test_members_told_are_an_alarm_by_the_size_of_the_leak(figures, least, grade):
    assert grades(*attacked(*figures), smallest_leak=least)["members"] == grade


def test_a_promise_that_was_beaten_is_a_stop_and_one_that_holds_needs_no_attack():
    assert grades(*attacked(0.001, 0.3, 0.2, 1.5), privacy=PROMISED)["promise"] == "stop"
    assert grades(*attacked(0.001, 0.3, 0.2, 0.5), privacy=PROMISED)["promise"] == "fine"
    assert grades(score("shadow_epsilon_lower_bound", 1.2), privacy=PROMISED)["promise"] == "stop"
    assert grades(score("shape_error", 0.1), privacy=PROMISED | {"epsilon": 15.0})["promise"] == "look"
    assert grades(score("shape_error", 0.1), privacy={"private": False}) == {"attacks": "look"}
    assert "attacks" not in grades(score("shape_error", 0.1), privacy=PROMISED)


@pytest.mark.parametrize(
    ("found", "about", "grade"),
    [
        (score("real_identifiers", 0.0), "identifiers", "fine"),
        (score("real_identifiers", 0.001), "identifiers", "stop"),
        (score("rules_broken", 0.0001, reference=0.0), "rules", "stop"),
        (score("rules_broken", 0.0, reference=0.0), "rules", "fine"),
        (score("rules_broken", 0.1, reference=0.1), "rules", "fine"),
        (score("formulas_broken", 0.005), "rules", "look"),
        (score("formulas_broken", 0.5), "rules", "stop"),
        (score("rows_outside_stay", 0.085, reference=0.001), "rules", "stop"),
        (score("nearer_to_train", 0.53, 0.5, 0.56, 0.5), "nearness", "fine"),
        (score("nearer_to_train", 0.6, 0.57, 0.64, 0.5), "nearness", "look"),
        (score("nearer_to_train", 0.97, 0.9, 0.99, 0.5), "nearness", "stop"),
        (score("c2st_holdout", 0.9), "likeness", "fine"),
        (score("c2st_holdout", 0.2), "likeness", "look"),
        (score("c2st_meaning_train", 0.0, reading="it goes by fee: digits"), "form", "look"),
        (score("linkability_risk", 0.3, 0.2, 0.4), "risks", "look"),
        (score("linkability_risk", 0.1, 0.0, 0.4), "risks", "fine"),
        (score("classes_collapsed", 0.2), "classes", "look"),
        (score("near_copies", 0.5, 0.4, 0.6), "near copies", "stop"),
        (score("near_copies", 0.0, 0.0, 0.1), "near copies", "fine"),
    ],
)
def test_each_check_comes_to_a_grade(found, about, grade):
    assert grades(found)[about] == grade


def test_a_model_file_is_another_release():
    chance, tpr = score("file_p_value", 0.001), score("file_calibrated_tpr_at_1pct_fpr", 0.4, 0.3, 0.5)
    assert grades(chance, tpr)["model file"] == "stop"
    assert grades(chance, replace(tpr, value=0.015, low=0.012))["model file"] == "look"
    assert grades(replace(chance, value=0.4), tpr)["model file"] == "fine"


def test_columns_that_are_far_off_are_named_the_worst_first(column):
    far = tuple(
        column(name, "ab", [50, 50], error=off) for name, off in (("near", 0.02), ("far", 0.3), ("further", 0.5))
    )
    found = verdict_of(Report((score("shape_error", 0.2, reference=0.01),), (), Details(columns=far)))
    (finding,) = (one for one in found.findings if one.about == "columns")
    assert finding.grade == "look"
    assert finding.sentence.index("further") < finding.sentence.index("far (")
    assert "near (" not in finding.sentence
    assert grades(score("shape_error", 0.2, reference=0.4), columns=far)["columns"] == "fine"


def test_stops_stand_before_looks_before_what_is_fine():
    found = verdict_of(
        Report((score("c2st_holdout", 0.2), score("real_identifiers", 0.2), score("exact_copies", 0.0, 0.0, 0.1, 0.0)))
    )
    assert [one.grade for one in found.findings] == ["stop", "look", "look", "fine"]
    assert [found.reaches(grade) for grade in ("stop", "look", "fine")] == [True, True, True]
    assert "1 more" not in found.sentence
    fine = verdict_of(Report(attacked(0.3, 0.012, 0.008, 0.0), (), Details(smallest_leak=0.02)))
    assert (fine.grade, fine.reaches("look")) == ("fine", False)


def test_fine_is_no_permission_and_nothing_checked_is_not_fine():
    fine = verdict_of(Report(attacked(0.3, 0.012, 0.008, 0.0), (), Details(smallest_leak=0.02)))
    assert fine.sentence.startswith("No alarm in these checks.")
    assert "may be released" not in fine.sentence + fine.statement
    assert verdict_of(Report(())).grade == "look"


def test_every_alarm_has_a_remedy_and_ends_as_a_sentence():
    scores = (*attacked(0.001, 0.05, 0.03, 0.4), score("real_identifiers", 0.2), score("c2st_holdout", 0.2))
    for one in verdict_of(Report(scores)).findings:
        assert one.sentence.endswith(".")
        assert one.remedy or one.grade == "fine"


def test_linked_tables_of_few_people_are_looked_at():
    linked = LinkedDetails("patients", "real", (50, 50, None), judged=False)
    found = verdict_of(Report((score("histories_copied", 1.0, 0.9, 1.0),), (), Details(linked=linked)))
    assert found.things == "tables"
    assert {one.about: one.grade for one in found.findings} == {"copies": "stop", "people": "look", "attacks": "look"}


def test_a_copy_of_the_real_table_is_a_stop_from_evaluate_on(people):
    report = synthgan.evaluate(people, people)
    assert report.verdict.grade == "stop"
    assert "They are the real rows themselves" in report.verdict.sentence
    assert [one.side for one in report.made.sources] == ["real", "synthetic"]


def test_rows_that_many_share_are_no_copies():
    frame = pd.DataFrame({"a": ["x", "y"] * 50, "b": [1, 1, 2, 2] * 25})
    found = synthgan.evaluate(frame, frame.iloc[:96])
    assert found["exact_copies"].reference == 1.0
    assert {one.about: one.grade for one in found.verdict.findings}["copies"] == "fine"


@pytest.mark.parametrize(
    ("origins", "grade"),
    [
        ({}, None),
        ({"synthetic": {"synthetic": True}}, None),
        ({"real": {"synthetic": True}}, "stop"),
        ({"holdout": {"synthetic": True}}, "stop"),
        ({"real": {"synthetic": True, "real": "cells"}}, "look"),
    ],
)
def test_a_real_side_that_says_it_is_synthetic_is_no_judge_of_people(origins, grade):
    found = verdict_of(Report((score("exact_copies", 0.0, 0.0, 0.1, 0.0),), ()), None, origins)
    assert {one.about: one.grade for one in found.findings}.get("sides") == grade
    if grade == "stop":
        assert "says of itself that it is synthetic" in found.sentence


def test_arguments_in_the_wrong_order_are_seen(tmp_path):
    real = pd.DataFrame({"age": range(60), "sex": ["F", "M"] * 30})
    made = with_origin(real.sample(frac=1, random_state=0), {"synthetic": True, "model": "ab"})
    write_table(made, tmp_path / "made.csv")
    for wrong in (made, tmp_path / "made.csv"):
        found = synthgan.evaluate(wrong, real).verdict
        assert found.graded("stop")[0].about == "sides"
    assert "sides" not in {one.about for one in synthgan.evaluate(real, made).verdict.findings}
