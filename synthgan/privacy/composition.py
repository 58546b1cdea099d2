"""What charges come to together, and how noisy answers must be to come to no more than a budget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from synthgan.errors import PrivacyError
from synthgan.privacy.charges import EXPONENTIAL, GAUSSIAN, SUBSAMPLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dp_accounting.pld.privacy_loss_distribution import PrivacyLossDistribution

    from synthgan.privacy.charges import Charge

FINE, ROUGH = 1e-4, 1e-3  # how finely privacy losses are kept: for what is stated, and while searching
_USUAL = 20.0  # losses of a larger epsilon are kept more coarsely, by the square, so that they become no more
_COARSEST = 20.0
_MAX_EPSILON = 500.0  # beyond, exp(-epsilon) nears the end of floating point, and a bound in closed form stands for it
_MIN_LOG = math.log(1e-4)  # noise of 10,000 rows on a single answer


def composed_epsilon(
    charges: Iterable[Charge], delta: float, *, replace_one: bool = False, rough: bool = False
) -> float:
    """The epsilon that all charges come to at ``delta``; infinite where their thresholds alone use ``delta`` up.

    Args:
        charges: in any order.
        delta: the chance of failure.
        replace_one: whether a unit is replaced rather than added or removed.
        rough: whether losses are kept ten times as coarsely, which takes less time and gives a little more.
    """
    charges = list(charges)
    # A unit that takes another's place may show its levels, and the other one its own.
    left = delta - (1 + replace_one) * sum(charge.delta for charge in charges)
    if left <= 0:
        return math.inf
    bound = epsilon = _concentrated_epsilon(charges, left, replace_one=replace_one)
    if bound > _COARSEST * _MAX_EPSILON:
        return bound
    grid = math.inf
    while (finer := _grid(epsilon)) < grid * (1.0 if finer == ROUGH else 0.7):
        grid = finer
        epsilon = _epsilon(charges, left, grid, replace_one=replace_one)
    finest = min(max(FINE, FINE * epsilon), grid)
    if not rough and finest < grid:
        epsilon = _epsilon(charges, left, finest, replace_one=replace_one)
    return epsilon if epsilon <= _MAX_EPSILON else bound


def _grid(epsilon: float) -> float:
    """How finely losses are kept of about that epsilon, at first."""
    return ROUGH * min(max(1.0, epsilon / _USUAL) ** 2, _COARSEST / ROUGH)


def _concentrated_epsilon(charges: list[Charge], delta: float, *, replace_one: bool) -> float:
    """An upper bound in closed form, by concentrated privacy (Bun and Steinke, 2016, propositions 1.3 and 1.6).

    A choice of bounded range epsilon is ``epsilon**2 / 8`` concentrated (Cesar and Rogers, 2021), or simply costs epsilon. That
    only some units take part in a step is not made use of.
    """
    noised = chosen = simple = 0.0
    for charge in charges:
        moved = charge.replace_sensitivity if replace_one else charge.sensitivity
        if charge.mechanism == EXPONENTIAL:
            each = charge.epsilon_each * moved / charge.sensitivity
            chosen, simple = chosen + charge.steps * each**2 / 8, simple + charge.steps * each
        elif charge.sigma:
            noised += charge.steps * (moved / charge.sigma) ** 2 / 2
    costs = ((noised, simple), (noised + chosen, 0.0))
    return min(rho + 2 * math.sqrt(-rho * math.log(delta)) + more for rho, more in costs)


def _epsilon(charges: list[Charge], delta: float, grid: float, *, replace_one: bool) -> float:
    """The epsilon at ``delta`` of losses kept on that grid, rounded to the pessimistic side."""
    parts = _losses(charges, grid, replace_one=replace_one)
    if not parts:
        return 0.0
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.compose(part)
    with np.errstate(over="ignore"):  # where it overflows it is infinite, as it should be
        return float(whole.get_epsilon_for_delta(delta))


def calibrate(charges_at: Callable[[float], list[Charge]], epsilon: float, delta: float) -> float:
    """The largest scale at which the charges come to at most ``epsilon`` at ``delta``.

    Args:
        charges_at: the planned charges by scale; a larger scale must cost more. A scale of 1 is about a Gaussian answer
            whose noise is its sensitivity.
        epsilon: what may be spent.
        delta: at which failure chance.

    Raises:
        PrivacyError: if no scale of at least 1e-4 fits.
    """

    def excess(log_scale: float) -> float:
        spent = composed_epsilon(charges_at(math.exp(log_scale)), delta, rough=True)
        return min(spent, max(1e6, 1e3 * epsilon)) - epsilon

    low = next((log for log in np.arange(math.log(min(epsilon, 10) / 4), _MIN_LOG, -1) if excess(log) <= 0), None)
    if low is None:
        raise PrivacyError(
            f"epsilon must be large enough for what is to be measured, however: epsilon={epsilon:g} with delta={delta:g} "
            f"pays for nothing; declare levels and bounds in the schema, or allow more"
        )
    steps = np.arange(0.5, 4.0 + max(0.0, math.log(epsilon / 10)), 0.5)  # the scale grows no faster than epsilon
    high = next((log for log in low + steps if excess(log) > 0), None)
    scale = math.exp(low + steps[-1] if high is None else brentq(excess, low, high, xtol=1e-3))
    scale *= epsilon / max(
        composed_epsilon(charges_at(scale), delta), epsilon / 2
    )  # kept finely, losses cost a little less
    while (spent := composed_epsilon(charges_at(scale), delta)) > epsilon:
        scale *= min(0.999, math.sqrt(epsilon / spent))
    return scale


def bounded_range_delta(epsilon: float, loss: np.ndarray) -> np.ndarray:
    """The largest hockey-stick divergence at ``loss`` of any mechanism whose log-odds range over ``epsilon``.

    Such a mechanism is dominated by losses of t and t - epsilon, for some t, with chances that make both sides
    distributions (Dong, Durfee and Rogers, "Optimal differential privacy composition for exponential mechanisms", 2020,
    Lemma 3.4). Its divergence at x is ``(e^epsilon - e^t) (1 - e^(x - t)) / (e^epsilon - 1)``, largest at
    ``t = (epsilon + x) / 2``, which gives ``(e^(epsilon/2) - e^(x/2))^2 / (e^epsilon - 1)``.
    """
    inside = np.clip(loss, -epsilon, epsilon)
    delta = np.expm1((inside - epsilon) / 2) ** 2 / -np.expm1(-epsilon)
    return np.where(loss >= epsilon, 0.0, np.where(loss <= -epsilon, -np.expm1(np.minimum(loss, 0)), delta))


def round_up(epsilon: float) -> float:
    """An epsilon to four digits after the point, never less than it is."""
    return math.ceil(epsilon * 1e4 - 1e-9) / 1e4 if math.isfinite(epsilon) else epsilon


def _losses(charges: list[Charge], grid: float, *, replace_one: bool) -> list[PrivacyLossDistribution]:
    """Privacy loss distributions that compose to those of the charges."""
    from dp_accounting.pld import privacy_loss_distribution as pld
    from dp_accounting.privacy_accountant import NeighboringRelation

    relation = NeighboringRelation.REPLACE_ONE if replace_one else NeighboringRelation.ADD_OR_REMOVE_ONE
    parts, squares = [], 0.0
    choices: dict[float, int] = {}
    for charge in charges:
        moved = charge.replace_sensitivity if replace_one else charge.sensitivity
        if charge.mechanism == GAUSSIAN:
            squares += charge.steps * (moved / charge.sigma) ** 2
        elif charge.mechanism == EXPONENTIAL:
            each = charge.epsilon_each * moved / charge.sensitivity
            choices[each] = choices.get(each, 0) + charge.steps
        elif charge.mechanism == SUBSAMPLED:
            step = pld.from_gaussian_mechanism(
                charge.sigma,
                charge.sensitivity,
                value_discretization_interval=grid,
                sampling_prob=charge.sampling_rate,
                neighboring_relation=relation,
            )
            parts.append(step.self_compose(charge.steps))
        else:
            raise PrivacyError(f"a charge must be of a mechanism that is known, however: {charge.mechanism!r}")
    if squares:
        parts.append(pld.from_gaussian_mechanism(1 / math.sqrt(squares), value_discretization_interval=grid))
    return parts + [_choice(each, grid).self_compose(times) for each, times in choices.items()]


def _choice(epsilon: float, grid: float) -> PrivacyLossDistribution:
    """The losses of one choice by the exponential mechanism."""
    from dp_accounting.pld import pld_pmf
    from dp_accounting.pld import privacy_loss_distribution as pld

    most = max(1, math.ceil(epsilon / grid))
    deltas = bounded_range_delta(epsilon, grid * np.arange(-most, most + 1))
    return pld.PrivacyLossDistribution(
        pld_pmf.create_pmf_pessimistic_connect_dots_fixed_gap(grid, -most, most, np.clip(deltas, 0, 1))
    )
