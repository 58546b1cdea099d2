"""Checks of what it is worth: rules kept, likeness, use. Each gives a finding, or None where it was not asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from synthgan.report.readings import number, percent
from synthgan.report.verdict.finding import Finding

if TYPE_CHECKING:
    from synthgan.report.verdict.facts import Facts
    from synthgan.report.verdict.finding import Grade

TOLD = 0.5  # a C2ST below says that a detector is right about three times in four
OFF = 0.1  # a column's distance from which on it is named, where real rows differ by less than half of it
LOST = 0.05  # of the utility of real rows
OUT = 0.01  # of what a rule asks, beyond what real rows break of it
SHOWN = 3
_RULES = {
    "rules_broken": "rows break a declared rule",
    "formulas_broken": "rows break a computed column",
    "foreign_key_violations": "keys lead to no row",
    "primary_keys_broken": "rows have no key of their own",
    "rows_outside_stay": "times lie outside those of the row that owns them",
    "orders_broken": "times are in the wrong order",
    "constants_broken": "values change that never change",
    "monotone_broken": "values fall that never fall",
}
_KEPT = (
    "rules_broken",
    "foreign_key_violations",
)  # of which one is too many: they were declared, or every real row keeps them
_DETECTORS = ("c2st_holdout", "c2st_train", "c2st_units", "c2st_trajectory")
_MEANING = ("c2st_meaning_holdout", "c2st_meaning_train")


def rules(facts: Facts) -> Finding | None:
    """Rules, computed columns and keys."""
    known = [facts.scores[name] for name in _RULES if name in facts.scores]
    if not known:
        return None
    names = tuple(one.name for one in known)

    def beyond(name: str) -> float:
        return (facts.value(name) or 0.0) - (facts.scores[name].reference or 0.0)

    broken = {one.name: beyond(one.name) for one in known if beyond(one.name) > 0}
    if not broken:
        return Finding("fine", "rules", "Rules, computed columns and keys hold as they do in the real ones.", "", names)
    worst = max(broken, key=lambda name: (name in _KEPT, broken[name]))
    grade: Grade = "stop" if worst in _KEPT or broken[worst] > OUT else "look"
    said = f"{percent(facts.value(worst))} of the {_RULES[worst]}; of the real ones {percent(facts.scores[worst].reference or 0.0)}."
    remedy = "Declare it in the schema, and learn it again: declared rules are kept in every row."
    return Finding(grade, "rules", said, remedy, tuple(broken))


def likeness(facts: Facts) -> Finding | None:
    """Whether a detector tells synthetic from real."""
    score = facts.first(*_DETECTORS)
    if score is None or score.value is None:
        return None
    right = percent(1 - score.value / 2)
    said = f"Shown a synthetic and a real {facts.one}, a detector is right {right} of the time (guessing: 50\xa0%)."
    if score.value >= TOLD:
        return Finding("fine", "likeness", said, "", (score.name,))
    return Finding("look", "likeness", said, "See what gives them away, and learn longer or from more.", (score.name,))


def meaning(facts: Facts) -> Finding | None:
    """Whether values are written as real ones are: digits, calendars, spikes."""
    score = facts.first(*_MEANING)
    if score is None or score.value is None or score.value >= TOLD:
        return None
    goes_by = score.reading.rpartition("it goes by ")[2]
    said = f"By how values are written, a detector is right {percent(1 - score.value / 2)} of the time; it goes by {goes_by}."
    return Finding(
        "look", "form", said, "Say what the column is in the schema (decimals, steps, calendar).", (score.name,)
    )


def columns(facts: Facts) -> Finding | None:
    """The columns that are furthest from the real ones."""
    shape = facts.scores.get("shape_error")
    known = [one for one in facts.details.columns if math.isfinite(one.error)]
    if shape is None or shape.value is None or not known:
        return None
    floor = 2 * (shape.reference or 0.0)
    off = sorted((one for one in known if one.error > max(OFF, floor)), key=lambda one: -one.error)
    beside = "" if shape.reference is None else f"; two samples of real ones differ by {percent(shape.reference)}"
    said = f"Columns differ from the real ones by {percent(shape.value)} on average{beside}."
    if not off:
        return Finding("fine", "columns", said, "", ("shape_error",))
    named = ", ".join(f"{one.name} ({percent(one.error)})" for one in off[:SHOWN])
    more = f" and {len(off) - SHOWN} more" if len(off) > SHOWN else ""
    remedy = "Do not use them for what depends on these columns before you have looked at their pictures."
    return Finding("look", "columns", f"{said} Furthest off: {named}{more}.", remedy, ("shape_error",))


def use(facts: Facts) -> Finding | None:
    """Whether models of the target learn as much from what was made."""
    ours, real = facts.scores.get("utility_synthetic"), facts.scores.get("utility_real")
    if ours is None or real is None or ours.value is None or real.value is None:
        return None
    ours_scores, real_scores = number(ours.value), number(real.value)
    said = f"On real {facts.people}, a model trained on synthetic ones scores {ours_scores}; one trained on real ones, {real_scores}."
    names = ("utility_real", "utility_synthetic")
    if real.value - ours.value > LOST and (ours.high is None or ours.high < real.value):
        return Finding("look", "use", said, "Do not put a model of these in the place of one of real ones.", names)
    return Finding("fine", "use", said, "", names)


def collapse(facts: Facts) -> Finding | None:
    """Classes of images that are lost."""
    score = facts.scores.get("classes_collapsed")
    if score is None or score.value is None:
        return None
    if not score.value:
        return Finding("fine", "classes", "No class of images has collapsed.", "", (score.name,))
    said = f"{percent(score.value)} of the classes are lost: missing, the same few images, or like others."
    return Finding("look", "classes", said, "Learn longer, or from more images of these classes.", (score.name,))


def judged(facts: Facts) -> Finding | None:
    """Whether there were people enough to judge fidelity."""
    linked = facts.details.linked
    if linked is None or linked.judged:
        return None
    said = "There are too few people to judge likeness, use and members: only keys, rules and copied histories were."
    return Finding("look", "people", said, "Judge more people on each side, 200 or more.")


QUALITY = (rules, judged, likeness, meaning, columns, collapse, use)
