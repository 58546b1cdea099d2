"""Residual risk: what an attack finds among learned rows beyond what it finds among as many rows that were not learned."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Name

    Shares = NDArray[np.float64]

MIN_ATTACKS = 40  # a side; with fewer, hardly any leak could be seen


@dataclass(frozen=True, slots=True)
class Risk:
    """How an attack that reads something off the synthetic rows did on learned rows, and on as many that were not learned.

    Attributes:
        attack: ``singling out``, ``linkability`` or ``attribute inference``.
        about: The column attacked, or in words what was attacked.
        attacks: How many attacks there were on each side.
        train: Their rate of success on learned rows.
        control: On the others.
        baseline: On learned rows, of guessing without looking at synthetic rows.
        residual: ``(train - control) / (1 - control)``, cut to ``[0, 1]``.
    """

    attack: str
    about: Name
    attacks: int
    train: Estimate
    control: Estimate
    baseline: float
    residual: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """What came of the same attack on learned rows and on as many others.

    Attributes:
        about: What was attacked: a column, or in words.
        train: float64 ``[attacks]``, 1 where an attack on learned rows succeeded, 0 where it did not, or a share of several tries.
        control: The same, as many, of attacks on rows that were not learned.
        baseline: The rate of success among learned rows of guessing without looking at synthetic rows.
    """

    about: Name
    train: Shares
    control: Shares
    baseline: float

    def half(self, *, second: bool) -> Trials:
        """Every other attack."""
        return replace(self, train=self.train[second::2], control=self.control[second::2])


def residual(train: float, control: float, attacks: int) -> Estimate:
    """Return ``R = (train - control) / (1 - control)``, with an interval, from numbers of successes among so many attacks each.

    Giomi et al. 2023, "A unified framework for quantifying privacy risk in synthetic data", doi:10.56553/popets-2023-0055.
    ``1 - R`` is a ratio of two rates of failure; its interval puts Wilson's intervals of these together (Donner and Zou 2012,
    "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    doi:10.1177/0962280210383082). Neither the value nor the interval is cut at 0.

    Args:
        train: Successes among learned rows; shares of several tries add up.
        control: Successes among the others.
        attacks: On each side; at least one.

    Returns:
        The estimate, at most 1; the value 0 between minus infinity and 1 where every attack on the others succeeded.
    """
    kept, failed = (_failures(successes, attacks) for successes in (train, control))
    if failed.value == 0:
        return Estimate(0.0, -math.inf, 1.0)
    high = 1 - _ratio_end(kept.value, kept.low or 0.0, failed.value, failed.high or 1.0)
    low = -math.inf
    if failed.low:
        low = 1 - _ratio_end(kept.value, kept.high or 1.0, failed.value, failed.low, upper=True)
    value = 1 - kept.value / failed.value
    return Estimate(value, min(low, value), max(high, value))


def _failures(successes: float, attacks: int) -> Estimate:
    """The rate of failure, by Wilson's interval; rounding of added shares may not make it negative."""
    return share(max(0.0, round(attacks - successes, 9)), attacks)


def _ratio_end(over: float, over_end: float, under: float, under_end: float, *, upper: bool = False) -> float:
    """Return one end of the interval of a ratio, from the ends of numerator and denominator that lie to that side."""
    product, sign = over * under, 1 if upper else -1
    square = product**2 - over_end * under_end * (2 * over - over_end) * (2 * under - under_end)
    return (product + sign * math.sqrt(max(0.0, square))) / (under_end * (2 * under - under_end))


def risk_of(attack: str, trials: Trials) -> Risk:
    """Return the rates behind trials and the risk left over, cut to [0, 1].

    Args:
        attack: Its name.
        trials: What came of it; at least one attack.
    """
    attacks, sums = len(trials.train), (float(trials.train.sum()), float(trials.control.sum()))
    left = residual(*sums, attacks)
    cut = Estimate(*(max(0.0, end) for end in (left.value, left.low or 0.0, left.high or 0.0)))
    train, control = (share(successes, attacks) for successes in sums)
    return Risk(attack, trials.about, attacks, train, control, trials.baseline, cut)


def worst(trials: Sequence[Trials]) -> Trials:
    """Return the second half of the trials whose first half proves the largest risk.

    What is chosen on one half of the attacks and measured on the other needs no correction for how many there were to choose from.
    Where there is nothing to choose from, all attacks count.
    """
    if len(trials) == 1:
        return trials[0]
    halves = [tried.half(second=False) for tried in trials]
    proved = [residual(float(half.train.sum()), float(half.control.sum()), len(half.train)).low for half in halves]
    return trials[int(np.argmax(np.array(proved, dtype=np.float64)))].half(second=True)


def smallest_leak(control: float, attacks: int) -> float | None:
    """Return the smallest residual risk that so many attacks on each side would detect, were it there: a low end above 0.

    None where even a risk of 1 would not be, since nearly all attacks on others succeed.

    Args:
        control: The rate of success among rows that were not learned.
        attacks: On each side.
    """
    low, high = (
        math.ceil(control * attacks),
        attacks + 1,
    )  # among these the number of successes that just is not, and is, enough
    while high - low > 1:
        middle = (low + high) // 2
        if (residual(middle, control * attacks, attacks).low or 0.0) > 0:
            high = middle
        else:
            low = middle
    return residual(high, control * attacks, attacks).value if high <= attacks else None


def risk_score(name: str, risk: Risk | None, *, found: str, why_not: str) -> Score:
    """Return the score of a risk, with a reading that doubts an attack which does no better than guessing.

    Args:
        name: Of the score.
        risk: What was found, or None where it could not be looked for.
        found: What came of the attacks, in words around ``{train}``, ``{control}`` (both in per cent) and ``{attacks}``.
        why_not: The reading where nothing was computed.
    """
    if risk is None:
        return scored(name, None, reference=None, goal="minimize", reading=why_not)
    leak = smallest_leak(risk.control.value, risk.attacks)
    if risk.residual.low:
        finding = f"at least {risk.residual.low:.2%} of what could be found is found because rows were learned"
    elif 0 < risk.baseline >= risk.train.value:
        finding = f"says nothing about risk, as guessing does no worse ({risk.baseline:.2%})"
    elif leak is None:
        finding = "says nothing about risk, as others are found as well whatever is learned"
    else:
        finding = f"not detected; a leak of {leak:.2%} would be"
    rates = {"train": f"{risk.train.value:.2%}", "control": f"{risk.control.value:.2%}", "attacks": f"{risk.attacks:,}"}
    return scored(name, risk.residual, reference=0.0, goal="minimize", reading=f"{finding}: {found.format(**rates)}")
