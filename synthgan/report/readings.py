"""The questions on top of a page, each answered in a plain sentence from one score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Json = dict[str, Any]
    Scores = Mapping[str, Json]
    Questions = tuple[tuple[str, tuple[str, ...], Callable[[Json], str]], ...]


def percent(share: float | None) -> str:
    r"""Write a share in per cent, as finely as its size asks for.

    Example:
        >>> percent(0.5), percent(0.0123), percent(0.00012), percent(None)
        ('50\xa0%', '1.2\xa0%', '0.01\xa0%', '–')
    """
    if share is None:
        return "–"
    size = abs(100 * share)
    digits = 0 if size >= 10 else 1 if size >= 1 else 2  # noqa: PLR2004 (two figures that matter)
    text = f"{100 * share:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}\xa0%"  # no line ends before the sign


def number(value: float | None) -> str:
    """Write a score to three decimals, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def five_readings(scores: Scores) -> list[Json]:
    """Return five questions, each with its answer and the score that it rests on.

    Args:
        scores: By name, as the document holds them.

    Returns:
        Per question ``question``, ``answer``, and ``score`` (a score, or None where there is none of that name).
    """
    questions = (
        ("Do its columns look like the real ones?", ("shape_error",), _differ("A column differs by")),
        ("Do they go together as the real ones do?", ("pair_tvd",), _differ("A pair of columns differs by")),
        ("Can a machine tell its rows from real ones?", ("c2st_holdout", "c2st_train"), _detected),
        ("Is it as useful?", ("utility_synthetic",), _useful(scores)),
        ("What do attackers find out?", ("membership_tpr_at_1pct_fpr",), _attacked(scores)),
    )
    return _answered(scores, questions)


def image_readings(scores: Scores) -> list[Json]:
    """Return what ``five_readings`` does, of images."""
    questions = (
        ("Do they look like the real ones?", ("precision",), _among("synthetic", "real")),
        ("Is every kind of real image among them?", ("coverage",), _among("real", "synthetic")),
        ("Has a class collapsed?", ("classes_collapsed",), _collapsed),
        ("Are they as useful?", ("utility_synthetic",), _useful(scores, "images")),
        ("Were images learned by heart?", ("nearer_to_train", "exact_copies"), _copied(scores)),
    )
    return _answered(scores, questions)


def linked_readings(scores: Scores) -> list[Json]:
    """Return what ``five_readings`` does, of linked tables and of rows in groups."""
    questions = (
        ("Do keys lead to where they should?", ("foreign_key_violations",), _kept(scores)),
        ("Do people have as many rows as real ones?", ("cardinality",), _alike),
        ("Can a machine tell its people from real ones?", ("c2st_units", "c2st_trajectory"), _detected_people),
        ("Is it as useful?", ("utility_synthetic",), _useful(scores, "people")),
        ("What do attackers find out?", ("membership_tpr_at_1pct_fpr", "histories_copied"), _attacked_people(scores)),
    )
    return _answered(scores, questions)


def _answered(scores: Scores, questions: Questions) -> list[Json]:
    answered = []
    for question, names, answer in questions:
        known = [scores[name] for name in names if name in scores]
        score = next((one for one in known if one["value"] is not None), known[0] if known else None)
        answered.append({"question": question, "answer": _answer(score, answer), "score": score})
    return answered


def _answer(score: Json | None, answer: Callable[[Json], str]) -> str:
    if score is None:
        return "Not asked in this evaluation."
    if score["value"] is None:
        reading = str(score["reading"])
        return f"{reading[:1].upper()}{reading[1:]}."
    return answer(score)


def _differ(what: str) -> Callable[[Json], str]:
    def answer(score: Json) -> str:
        beside = (
            "what chance alone would bring is not known without a holdout."
            if score["reference"] is None
            else f"between two samples of real people, it is {percent(score['reference'])}."
        )
        return f"{what} {percent(score['value'])} on average; {beside}"

    return answer


def _right(value: float) -> str:
    return percent(1 - value / 2)  # the score is 2 - 2 AUC, and the AUC is how often the detector picks right


def _detected(score: Json) -> str:
    kind = "a real one" if score["name"] == "c2st_holdout" else "one it was learned from"
    beside = (
        ""
        if score["reference"] is None
        else f"; between real rows and real rows it would be {_right(score['reference'])}"
    )
    return (
        f"Shown a synthetic row and {kind}, a detector picks the synthetic one {_right(score['value'])} of the time. "
        f"Guessing gets {percent(0.5)}{beside}."
    )


def _useful(scores: Scores, units: str = "rows") -> Callable[[Json], str]:
    def answer(score: Json) -> str:
        real = scores.get("utility_real", {}).get("value")
        beside = "" if real is None else f"; trained on real {units}, {number(real)}"
        return f"On real {units}, a model trained on synthetic ones scores {number(score['value'])}{beside}."

    return answer


def _attacked(scores: Scores) -> Callable[[Json], str]:
    def answer(score: Json) -> str:
        found = (
            f"Taking {percent(0.01)} of strangers for members, the best attack finds {percent(score['value'])} of the members; "
            f"guessing finds {percent(0.01)}.{_by_file(scores)}"
        )
        bound = scores.get("epsilon_lower_bound")
        if bound is None or bound["value"] is None:
            return found
        if bound["value"]:
            return f"{found} That proves an ε of {bound['value']:.2g} at least (95\xa0%)."
        # Its reading has the verdict, and how small a leak would have been seen.
        return f"{found} That proves no ε: {bound['reading'].rpartition('at least (95 %): ')[2]}."

    return answer


def _by_file(scores: Scores) -> str:
    """Say what the model file gives away, where it was attacked."""
    names = ("file_tpr_at_1pct_fpr", "file_calibrated_tpr_at_1pct_fpr")
    found = [value for name in names if (value := scores.get(name, {}).get("value")) is not None]
    return f" Whoever has the model file finds {percent(max(found))}." if found else ""


def _among(ours: str, theirs: str) -> Callable[[Json], str]:
    def answer(score: Json) -> str:
        beside = "" if score["reference"] is None else f"; of other real images, {percent(score['reference'])} would"
        return f"{percent(score['value'])} of the {ours} images lie as near to {theirs} ones as real images lie to each other{beside}."

    return answer


def _collapsed(score: Json) -> str:
    if not score["value"]:
        return (
            "No: each class that was judged has images as different from each other as real ones, and of its own kind."
        )
    return f"Yes, {percent(score['value'])} of the classes: they are missing, the same few images over and over, or look like others."


def _copied(scores: Scores) -> Callable[[Json], str]:
    def answer(score: Json) -> str:
        copies = [scores.get(name, {}).get("value") for name in ("exact_copies", "near_copies")]
        found = f"{percent(copies[0])} are exact copies of learned images"
        found += "" if copies[1] is None else f", {percent(copies[1])} near copies"
        if score["name"] == "exact_copies":
            return f"{found}; what else shows cannot be known without a holdout."
        return f"{found}; {percent(score['value'])} lie nearer to learned images than to unseen ones, where {percent(0.5)} is ideal."

    return answer


def _kept(scores: Scores) -> Callable[[Json], str]:
    def answer(score: Json) -> str:
        words = f"{percent(score['value'])} of the keys that every real row keeps lead to no row"
        outside = scores.get("rows_outside_stay", {})
        if outside.get("value") is None:
            return f"{words}."
        return (
            f"{words}; {percent(outside['value'])} of the times lie outside those of the row that they belong to "
            f"(real: {percent(outside['reference'])})."
        )

    return answer


def _alike(score: Json) -> str:
    beside = (
        "" if score["reference"] is None else f"; between two samples of real people, {percent(1 - score['reference'])}"
    )
    return f"How many rows refer to a row is distributed at most {percent(1 - score['value'])} apart, on average over keys{beside}."


def _detected_people(score: Json) -> str:
    beside = (
        ""
        if score["reference"] is None
        else f"; between real people and real people it would be {_right(score['reference'])}"
    )
    return (
        f"Shown a synthetic person with all rows and a real one, a detector picks the synthetic one {_right(score['value'])} of the time. "
        f"Guessing gets {percent(0.5)}{beside}."
    )


def _attacked_people(scores: Scores) -> Callable[[Json], str]:
    def answer(score: Json) -> str:
        copied = scores.get("histories_copied", {})
        if copied.get("value") is None:
            told = ""
        else:
            beside = (
                "" if copied["reference"] is None else f"; of those of unseen people, {percent(copied['reference'])} do"
            )
            told = f" {percent(copied['value'])} of the long histories equal one that was learned{beside}."
        if score["name"] == "histories_copied":
            return f"{told.strip()} What else shows cannot be known without a holdout of people enough."
        return f"{_attacked(scores)(score)}{told}"

    return answer
