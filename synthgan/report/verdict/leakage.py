"""Checks of what leaks: copies, identifiers, members told, a promise that was beaten. Each gives a finding, or None unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.privacy.membership.leaktest import ALARM
from synthgan.report.readings import percent
from synthgan.report.verdict.facts import interval
from synthgan.report.verdict.finding import Finding

if TYPE_CHECKING:
    from synthgan.metrics.score import Score
    from synthgan.report.verdict.facts import Facts
    from synthgan.report.verdict.finding import Grade

CHANCE = 0.01  # of members, at 1 % of false alarms
BY_SIZE = (
    2 * CHANCE
)  # members found, at least (95 %): from here on a leak is a stop, however small its p value below is only a look
ODDS = 2.0  # of a copy, against what chance brings: beyond, it is no chance
MOST = 0.5  # of all, copied: a stop even where nobody knows what chance brings
NEAR, NEAREST = 0.55, 0.75  # nearer to one learned than to an unseen one, at least (95 %): where .5 is chance
WEAK_EPSILON = 10.0
COARSE = 0.1  # of the members: an attack that would only have seen a leak as large as this is no comfort
RISK = 0.05  # of what could be found, beyond what is found of others
_ATTACKED = ("membership_p_value", "membership_tpr_at_1pct_fpr", "epsilon_lower_bound")
_FILE = ("file_p_value", "file_tpr_at_1pct_fpr", "file_calibrated_tpr_at_1pct_fpr")
_PROVED = ("epsilon_lower_bound", "shadow_epsilon_lower_bound")
_RISKS = {
    "singling_out_risk": "somebody is singled out",
    "linkability_risk": "two halves of somebody's record are linked",
    "attribute_inference_risk": "something unknown of somebody is inferred",
}
_AGAIN = "Learn it again: the default generator keeps no row, and --epsilon proves a bound."


def copies(facts: Facts) -> Finding | None:
    """Exact copies, beyond what chance brings."""
    name = "histories_copied" if facts.things == "tables" else "exact_copies"
    score = facts.scores.get(name)
    what = "histories" if facts.things == "tables" else facts.things
    if facts.details.same:
        said = f"They are the real {facts.people} themselves: every one of them was copied."
        return Finding("stop", "copies", said, f"Judge what a model drew, not what it learned. {_AGAIN}", (name,))
    if score is None or score.value is None:
        return None
    beside = (
        "what chance brings is not known"
        if score.reference is None
        else f"of real {facts.people} that were not learned, {percent(score.reference)} do"
    )
    said = f"{percent(score.value)} of the synthetic {what} equal one that was learned; {beside}."
    grade = _copied(score)
    if grade == "fine":
        return Finding(grade, "copies", said, "", (name,))
    if score.value == 1:
        said = f"All synthetic {what} are copies of real ones; {beside}."
    return Finding(grade, "copies", said, f"Leave the copies out, and ask why they are there. {_AGAIN}", (name,))


def _copied(score: Score) -> Grade:
    value, low = score.value or 0.0, score.low or 0.0
    if score.reference is None:
        return "stop" if value > MOST else "look" if value else "fine"
    if low <= score.reference:
        return "fine"
    return "stop" if value * (1 - score.reference) >= ODDS * score.reference * (1 - value) else "look"


def near_copies(facts: Facts) -> Finding | None:
    """Images that come as near to a learned one as no unseen one does."""
    score = facts.scores.get("near_copies")
    if score is None or score.value is None:
        return None
    said = f"{percent(score.value)} of the synthetic images are near copies of learned ones."
    if not score.value:
        return Finding("fine", "near copies", said, "", ("near_copies",))
    grade: Grade = "stop" if facts.low("near_copies") > CHANCE else "look"
    return Finding(grade, "near copies", said, "Look at them beside the learned ones (--internal).", ("near_copies",))


def identifiers(facts: Facts) -> Finding | None:
    """Identifiers of real people."""
    score = facts.scores.get("real_identifiers")
    if score is None or score.value is None:
        return None
    if not score.value:
        return Finding("fine", "identifiers", "No synthetic identifier is a real one.", "", (score.name,))
    said = f"{percent(score.value)} of the synthetic identifiers are those of real people."
    remedy = "Make the column anew (--id COL) or leave it out (--drop COL)."
    return Finding("stop", "identifiers", said, remedy, (score.name,))


def members(facts: Facts) -> Finding | None:
    """Whether attacks tell who was learned: a stop by the size of the leak, not by its p value alone."""
    chance, found = facts.value("membership_p_value"), facts.scores.get("membership_tpr_at_1pct_fpr")
    if chance is None or found is None:
        return None
    proved = facts.value("epsilon_lower_bound") or 0.0
    said = f"The best attack finds {interval(found)} of the members at 1\xa0% false alarms, where guessing finds 1\xa0%"
    least = facts.details.smallest_leak
    if chance > ALARM:
        seen = "" if least is None else f"; a leak of {percent(least)} of them would have been seen"
        if least is not None and least > COARSE:
            remedy = "Hold out more real ones: the more there are, the smaller a leak is seen."
            return Finding(
                "look", "members", f"No leak was seen, but only a large one could be. {said}{seen}.", remedy, _ATTACKED
            )
        return Finding("fine", "members", f"No attack tells who was learned. {said}{seen}.", "", _ATTACKED)
    proof = f", which proves an ε of {proved:.2g} at least" if proved else ", too few to prove any ε"
    if proved or facts.low("membership_tpr_at_1pct_fpr") >= BY_SIZE:
        return Finding("stop", "members", f"Attacks tell who was learned. {said}{proof}.", _AGAIN, _ATTACKED)
    remedy = "Weigh how small it is against who could attack; --epsilon proves a bound."
    return Finding("look", "members", f"A small leak is there (p = {chance:.2g}). {said}{proof}.", remedy, _ATTACKED)


def unattacked(facts: Facts) -> Finding | None:
    """What no attack was made on, for want of unseen real rows; a proof needs none."""
    if facts.value("membership_p_value") is not None or facts.value("nearer_to_train") is not None:
        return None
    if facts.privacy is not None and facts.privacy["private"]:
        return None
    said = f"Nobody attacked these {facts.things}, so what they give away is not known."
    return Finding("look", "attacks", said, f"Judge them with {facts.holdout}.", ("membership_p_value",))


def model_file(facts: Facts) -> Finding | None:
    """Whether the model file tells who was learned: it is another release."""
    chance = facts.value(_FILE[0])
    found = max(
        (facts.scores[name] for name in _FILE[1:] if name in facts.scores), key=lambda one: one.value or 0, default=None
    )
    if chance is None or found is None:
        return None
    said = f"Whoever has the model file finds {interval(found)} of the members at 1\xa0% false alarms"
    if chance > ALARM:
        return Finding("fine", "model file", f"{said}: no leak was seen.", "", _FILE)
    remedy = f"Keep the file as you keep the table; the {facts.things} are another release."
    grade: Grade = "stop" if (found.low or 0.0) >= BY_SIZE else "look"
    return Finding(grade, "model file", f"{said}, where guessing finds 1\xa0%.", remedy, _FILE)


def promise(facts: Facts) -> Finding | None:
    """Whether a promised epsilon holds against what attacks prove."""
    if facts.privacy is None or not facts.privacy["private"]:
        return None
    claimed, unit = float(facts.privacy["epsilon"]), facts.privacy["unit"]
    proved = max((facts.value(name) or 0.0 for name in _PROVED), default=0.0)
    if proved > claimed:
        said = f"The promise of ε ≤ {claimed:g} is beaten: attacks prove an ε of {proved:.2g} at least (95\xa0%)."
        return Finding("stop", "promise", said, "Report it as a fault of synthgan, with the model's ledger.", _PROVED)
    said = (
        f"The model promises ε ≤ {claimed:g} (δ = {facts.privacy['delta']:g}) for {unit}, and no attack has beaten it."
    )
    if claimed > WEAK_EPSILON:
        return Finding(
            "look", "promise", f"{said} So large an ε promises little.", "Learn it with a smaller --epsilon.", _PROVED
        )
    return Finding("fine", "promise", said, "", _PROVED)


def nearness(facts: Facts) -> Finding | None:
    """Whether what was made lies nearer to what was learned than to unseen ones."""
    names = [name for name in ("nearer_to_train", "nearer_to_train_features") if facts.value(name) is not None]
    score = max((facts.scores[name] for name in names), key=lambda one: facts.low(one.name), default=None)
    if score is None:
        return None
    low = facts.low(score.name)
    said = f"{interval(score)} of the synthetic {facts.people} lie nearer to a learned one than to an unseen one (50\xa0%: by chance)."
    if low <= NEAR:
        return Finding("fine", "nearness", said, "", (score.name,))
    return Finding("stop" if low >= NEAREST else "look", "nearness", said, _AGAIN, (score.name,))


def risks(facts: Facts) -> Finding | None:
    """What attackers single out, link and infer beyond what they find of others."""
    known = {name: what for name, what in _RISKS.items() if facts.value(name) is not None}
    if not known:
        return None
    worst = max(known, key=facts.low)
    if facts.low(worst) < RISK:
        return Finding(
            "fine", "risks", "No more is singled out, linked or inferred of members than of others.", "", tuple(known)
        )
    said = f"Beyond what is found of others, {known[worst]}: {interval(facts.scores[worst])} of what could be."
    return Finding("look", "risks", said, _AGAIN, (worst,))


def holdout(facts: Facts) -> Finding | None:
    """Whether the unseen rows were seen after all."""
    if not facts.details.overlap:
        return None
    said = f"{percent(facts.details.overlap)} of the holdout was learned, too: leaks look smaller than they are."
    return Finding("look", "holdout", said, f"Judge it with {facts.holdout}.")


def sides(facts: Facts) -> Finding | None:
    """Whether what was given as real says of itself that it is synthetic: then nothing here speaks of people."""
    wrong = [side for side in ("real", "holdout") if side in facts.origins]
    if not wrong:
        return None
    given = "The real side" if wrong[0] == "real" else "The holdout"
    known = facts.origins[wrong[0]]
    partly = " in part" if "real" in known else ""
    said = f"{given} says of itself that it is synthetic{partly}, so what was found here may not speak of real people."
    remedy = "Give the real ones first and the synthetic ones second, and real ones as the holdout."
    return Finding("look" if partly else "stop", "sides", said, remedy)


LEAKAGE = (sides, copies, identifiers, near_copies, members, model_file, promise, nearness, risks, unattacked, holdout)
