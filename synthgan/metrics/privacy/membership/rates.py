"""Rates: how many members an attack finds at which price, and the epsilon that its errors prove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.metrics.details import Attack
from synthgan.metrics.statistics.intervals import Estimate, at_least, at_most

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.privacy.membership.candidates import Flags, Scores

    Counts = NDArray[Any]

RATES = (0.001, 0.01, 0.1)  # false positives at which the share of members found is stated
DOUBT = 0.05  # intervals and lower bounds hold with a confidence of 95 %
_CURVE_POINTS = 150
_THRESHOLDS = 60


def clopper_pearson(hits: int, rows: int, doubt: float = DOUBT) -> Estimate:
    """Return a share with its exact interval (Clopper and Pearson 1934, Biometrika 26, doi:10.1093/biomet/26.4.404)."""
    number = np.array(hits)
    return Estimate(hits / rows, float(at_least(number, rows, doubt / 2)), float(at_most(number, rows, doubt / 2)))


def threshold(others: Scores, false_positives: float) -> float:
    """Return the lowest score that at most that share of others exceeds; a candidate must exceed it, so ties are no finds."""
    return float(np.sort(others)[::-1][min(int(false_positives * len(others)), len(others) - 1)])


def true_positives(members: Scores, others: Scores, false_positives: float) -> Estimate:
    """Return the share of members that exceed the threshold, by Clopper and Pearson.

    Args:
        members: float64 ``[members]``.
        others: float64 ``[others]``.
        false_positives: The share of others that may.
    """
    return clopper_pearson(int((members > threshold(others, false_positives)).sum()), len(members))


def curve(name: str, scores: Scores, is_member: Flags) -> Attack:
    """Return the receiver operating characteristic of one attack, and what it finds at RATES."""
    members, others = scores[is_member], scores[~is_member]
    false = np.unique(np.geomspace(1, len(others), _CURVE_POINTS).astype(int))[:-1] / len(others)
    false = np.concatenate([[0.0], false])
    cuts = np.sort(others)[::-1][np.rint(false * len(others)).astype(int)]
    found = 1 - np.searchsorted(np.sort(members), cuts, side="right") / len(members)
    rates = tuple(true_positives(members, others, rate) for rate in RATES)
    return Attack(name, (*false.tolist(), 1.0), (*found.tolist(), 1.0), rates)


def found_by_best(
    scores: dict[str, Scores], is_member: Flags, halves: Flags, false_positives: float
) -> tuple[Flags, tuple[str, ...]]:
    """Return whom the best attack takes for members, and which attack that is.

    On each half of the candidates, the attack that did best on the other half: having tried many attacks finds nobody by itself.

    Args:
        scores: Per attack float64 ``[candidates]``.
        is_member: bool ``[candidates]``.
        halves: bool ``[candidates]``: in which half a candidate is.
        false_positives: The share of others that may be taken for members.

    Returns:
        bool ``[candidates]``, and the names of the attacks chosen, one or two.
    """
    taken, names = np.zeros(len(is_member), dtype=bool), []
    for tried in (halves, ~halves):
        chosen_on = ~tried
        members, others = chosen_on & is_member, chosen_on & ~is_member
        found = {name: (of[members] > threshold(of[others], false_positives)).mean() for name, of in scores.items()}
        name = max(found, key=found.__getitem__)
        taken |= tried & (scores[name] > threshold(scores[name][tried & ~is_member], false_positives))
        names.append(name)
    return taken, tuple(dict.fromkeys(names))


def epsilon_bound(scores: dict[str, Scores], is_member: Flags, halves: Flags) -> tuple[float, tuple[str, ...]]:
    """Return an epsilon that the errors of attacks prove to be exceeded, and by which attacks.

    A mechanism of that epsilon keeps ``TPR <= e^epsilon FPR`` and ``1 - FPR <= e^epsilon (1 - TPR)`` (Kairouz, Oh and
    Viswanath, "The composition theorem for differential privacy", 2015, theorem 2.1). Attack and threshold are chosen on each half of
    the candidates and tried on the other; the errors of both trials are counted together. One table is one run of its mechanism: the
    bound takes candidates for independent, as all audits by one run do.

    Args:
        scores: Per attack float64 ``[candidates]``.
        is_member: bool ``[candidates]``.
        halves: bool ``[candidates]``: in which half a candidate is.
    """
    taken, names = np.zeros(len(is_member), dtype=bool), []
    for tried in (halves, ~halves):
        name, cut = best_cut({name: of[~tried] for name, of in scores.items()}, is_member[~tried])
        taken |= tried & (scores[name] >= cut)
        names.append(name)
    hits, alarms = (np.array(int((taken & side).sum())) for side in (is_member, ~is_member))
    bound = float(proved(hits, int(is_member.sum()), alarms, int((~is_member).sum())))
    return max(0.0, bound), tuple(dict.fromkeys(names))


def best_cut(scores: dict[str, Scores], is_member: Flags) -> tuple[str, float]:
    """Return the attack, and the score to reach, that would prove most if they had not been chosen on these very candidates.

    Args:
        scores: Per attack float64 ``[candidates]``.
        is_member: bool ``[candidates]``.
    """
    best = (-np.inf, "", 0.0)
    for name, of in scores.items():
        cuts = _thresholds(of)
        bounds = proved(*_counts(of, is_member, cuts))
        index = int(bounds.argmax())
        best = max(best, (float(bounds[index]), name, float(cuts[index])), key=lambda found: found[0])
    return best[1], best[2]


def smallest_leak(rows: int) -> float:
    """Return the smallest share of so many members that, were no other row like them, would prove an epsilon above 0."""
    hits = np.arange(1, rows + 1)
    seen = proved(hits, rows, np.zeros(1), rows) > 0
    return float(hits[seen][0]) / rows if seen.any() else 1.0


def proved(hits: Counts, members: int, alarms: Counts, others: int) -> Scores:
    """Return the epsilon that so many hits and false alarms prove, both rates within their bounds at 95 %; may be negative."""
    low, high = at_least(hits, members, DOUBT / 2), at_most(alarms, others, DOUBT / 2)
    with np.errstate(divide="ignore"):
        return np.log(np.maximum(low / high, (1 - high) / np.maximum(1 - low, 1e-300)))


def _thresholds(scores: Scores) -> Scores:
    """Return some scores to cut at, close together at both ends."""
    ordered = np.sort(scores)
    from_end = np.unique(np.geomspace(1, max(len(ordered) / 2, 1), _THRESHOLDS // 2).astype(int))
    return np.unique(ordered[np.concatenate([from_end - 1, len(ordered) - from_end])])


def _counts(scores: Scores, is_member: Flags, cuts: Scores) -> tuple[Counts, int, Counts, int]:
    """Return how many members and others reach each cut, and how many there are."""
    members, others = np.sort(scores[is_member]), np.sort(scores[~is_member])
    hits, alarms = (len(side) - np.searchsorted(side, cuts, side="left") for side in (members, others))
    return hits, len(members), alarms, len(others)
