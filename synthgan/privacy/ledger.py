"""The privacy ledger: everything that touched the data, what it cost, and what that comes to."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.optimize import brentq

from synthgan.errors import PrivacyError
from synthgan.privacy.noise import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dp_accounting.pld.privacy_loss_distribution import PrivacyLossDistribution

    from synthgan.privacy.spent import Account

GAUSSIAN: Final = "gaussian"
EXPONENTIAL: Final = "exponential"
SUBSAMPLED: Final = "subsampled gaussian"
FINE, ROUGH = 1e-4, 1e-3  # how finely privacy losses are kept: for what is stated, and while searching
_MAX_LOSSES = 2_000_000
_MIN_LOG = math.log(1e-4)  # noise of 10,000 rows on a single answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """One mechanism that touched the data, run ``steps`` times.

    Attributes:
        stage: when: ``"columns"``, ``"pairs"``, ...
        mechanism: ``"gaussian"`` (noise of ``sigma`` on an answer of L2 ``sensitivity``), ``"exponential"`` (a choice by scores
            of that sensitivity, each of ``epsilon_each``), or ``"subsampled gaussian"`` (a step of DP-SGD).
        purpose: what was asked, in plain words.
        sensitivity: by how much adding or removing one unit can move the answer.
        replace_sensitivity: by how much replacing one unit can.
        sigma: standard deviation of the noise; 0 for the exponential mechanism.
        epsilon_each: of one choice; 0 for the others.
        sampling_rate: chance of each unit to take part in a step.
        steps: how many times.
        delta: chance that a level of a single unit shows, where levels are found by a threshold.
        source: where the randomness came from.
    """

    stage: str
    mechanism: str
    purpose: str
    sensitivity: float
    replace_sensitivity: float
    sigma: float = 0.0
    epsilon_each: float = 0.0
    sampling_rate: float = 1.0
    steps: int = 1
    delta: float = 0.0
    source: str = SOURCE

    @classmethod
    def of_counts(cls, stage: str, purpose: str, *, rows: int, noise: float, delta: float = 0.0) -> Charge:
        """A count of cells, of which each row is in one: a unit of so many rows may have them all in the same.

        Args:
            stage: when.
            purpose: what was asked.
            rows: the most rows that a unit holds.
            noise: standard deviation of the noise for each of them.
            delta: chance that a level of a single unit shows.
        """
        return cls(
            stage=stage,
            mechanism=GAUSSIAN,
            purpose=purpose,
            sensitivity=rows,
            replace_sensitivity=math.sqrt(2) * rows,
            sigma=noise * rows,
            delta=delta,
        )

    @classmethod
    def of_choices(cls, stage: str, purpose: str, *, moved: float, epsilon: float, many: int) -> Charge:
        """So many choices, each by scores that a unit moves by so much, each of that epsilon."""
        return cls(
            stage=stage,
            mechanism=EXPONENTIAL,
            purpose=purpose,
            sensitivity=moved,
            replace_sensitivity=2 * moved,
            epsilon_each=epsilon,
            steps=many,
        )

    @classmethod
    def of_steps(cls, stage: str, purpose: str, *, noise: float, rate: float, steps: int) -> Charge:
        """So many steps by a noisy sum of gradients, each clipped to 1, of units that each take part with that chance."""
        return cls(
            stage=stage,
            mechanism=SUBSAMPLED,
            purpose=purpose,
            sensitivity=1.0,
            replace_sensitivity=2.0,
            sigma=noise,
            sampling_rate=rate,
            steps=steps,
        )


@dataclass
class PrivacyLedger:
    """All charges of one model, composed by privacy loss distributions.

    Gaussian answers compose exactly to one Gaussian. A choice by the exponential mechanism has bounded range (Durfee and
    Rogers, "Practical differentially private top-k selection", 2019); the losses of all such mechanisms lie below one
    profile (see ``bounded_range_delta``), which stands for each. All are then composed numerically, rounded to the
    pessimistic side (Doroshenko et al., "Connect the dots", 2022).

    Attributes:
        delta: the declared chance of failure that the total epsilon is stated for.
        unit: what one unit is, in words.
        charges: in the order in which they were made.
        account: is told before the first charge, and knows what earlier fits have spent; None where nobody keeps account.

    Example:
        >>> ledger = PrivacyLedger(delta=1e-5)
        >>> ledger.charge(Charge(stage="columns", mechanism="gaussian", purpose="counts", sensitivity=1,
        ...                      replace_sensitivity=2**0.5, sigma=3.73))
        >>> round(ledger.spent(), 2)
        1.0
    """

    delta: float
    unit: str = "one row"
    charges: list[Charge] = field(default_factory=list)
    account: Account | None = field(default=None, repr=False, compare=False)

    def charge(self, charge: Charge) -> None:
        """Put down what is about to touch the data."""
        if self.account is not None and not self.charges:
            self.account.begin(self.delta, self.unit)
        self.charges.append(charge)

    def spent(self, *, replace_one: bool = False) -> float:
        """The total epsilon at ``delta`` when one unit is added or removed, or replaced."""
        return composed_epsilon(self.charges, self.delta, replace_one=replace_one)

    def to_dict(self) -> dict[str, Any]:
        """The ledger as the manifest holds it; ``epsilon`` of a charge is what it would cost alone at the ledger's ``delta``.

        What earlier fits have spent is added (basic composition). They state no cost of replacing a unit, so that there is
        none in all, then.
        """
        alone: dict[tuple[float, ...], float] = {}
        for charge in self.charges:
            if _numbers(charge) not in alone:
                alone[_numbers(charge)] = round_up(composed_epsilon([charge], self.delta, grid=ROUGH))
        earlier = () if self.account is None else self.account.earlier
        return {
            "epsilon": round_up(self.spent() + sum(part.epsilon for part in earlier)),
            "epsilon_replace_one": None if earlier else round_up(self.spent(replace_one=True)),
            "delta": self.delta + sum(part.delta for part in earlier),
            **({"earlier": [asdict(part) for part in earlier]} if earlier else {}),
            "unit": self.unit,
            "accountant": "privacy loss distributions",
            "charges": [{**asdict(charge), "epsilon": alone[_numbers(charge)]} for charge in self.charges],
        }


def composed_epsilon(
    charges: Iterable[Charge], delta: float, *, replace_one: bool = False, grid: float | None = None
) -> float:
    """The epsilon that all charges come to at ``delta``; infinite where their thresholds alone use ``delta`` up.

    Args:
        charges: in any order.
        delta: the chance of failure.
        replace_one: whether a unit is replaced rather than added or removed.
        grid: how finely losses are kept; None takes a ten-thousandth of the epsilon, within ``FINE`` and ``ROUGH``.
    """
    charges = list(charges)
    if grid is None:
        about = composed_epsilon(charges, delta, replace_one=replace_one, grid=ROUGH)
        grid = min(max(FINE, FINE * about), ROUGH)
    # A unit that takes another's place may show its levels, and the other one its own.
    left = delta - (1 + replace_one) * sum(charge.delta for charge in charges)
    if left <= 0:
        return math.inf
    parts = _losses(charges, grid, replace_one=replace_one)
    if not parts:
        return 0.0
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.compose(part)
    return float(whole.get_epsilon_for_delta(left))


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
        return min(composed_epsilon(charges_at(math.exp(log_scale)), delta, grid=ROUGH), 1e6) - epsilon

    low = next((log for log in np.arange(math.log(min(epsilon, 10) / 4), _MIN_LOG, -1) if excess(log) <= 0), None)
    if low is None:
        raise PrivacyError(
            f"epsilon must be large enough for what is to be measured, however: epsilon={epsilon:g} with delta={delta:g} "
            f"pays for nothing; declare levels and bounds in the schema, or allow more"
        )
    high = next((log for log in low + np.arange(0.5, 4.0, 0.5) if excess(log) > 0), None)
    scale = math.exp(low + 3.5 if high is None else brentq(excess, low, high, xtol=1e-3))
    scale *= epsilon / max(
        composed_epsilon(charges_at(scale), delta), epsilon / 2
    )  # kept finely, losses cost a little less
    while composed_epsilon(charges_at(scale), delta) > epsilon:
        scale *= 0.999
    return scale


def bounded_range_delta(epsilon: float, loss: np.ndarray) -> np.ndarray:
    """The largest hockey-stick divergence at ``loss`` of any mechanism whose log-odds range over ``epsilon``.

    Such a mechanism is dominated by losses of t and t - epsilon, for some t, with chances that make both sides
    distributions (Dong, Durfee and Rogers, "Optimal differential privacy composition for exponential mechanisms", 2020,
    Lemma 3.4). Its divergence at x is ``(e^epsilon - e^t) (1 - e^(x - t)) / (e^epsilon - 1)``, largest at
    ``t = (epsilon + x) / 2``, which gives ``(e^(epsilon/2) - e^(x/2))^2 / (e^epsilon - 1)``.
    """
    inside = np.clip(loss, -epsilon, epsilon)
    delta = np.expm1((epsilon - inside) / 2) ** 2 * np.exp(inside) / np.expm1(epsilon)
    return np.where(loss >= epsilon, 0.0, np.where(loss <= -epsilon, -np.expm1(loss), delta))


def round_up(epsilon: float) -> float:
    """An epsilon to four digits after the point, never less than it is."""
    return math.ceil(epsilon * 1e4 - 1e-9) / 1e4 if math.isfinite(epsilon) else epsilon


def _numbers(charge: Charge) -> tuple[float, ...]:
    """What the cost of a charge depends on."""
    return charge.sensitivity, charge.sigma, charge.epsilon_each, charge.sampling_rate, charge.steps, charge.delta


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
    if most > _MAX_LOSSES:
        raise PrivacyError(f"a choice must cost less than {grid * _MAX_LOSSES:g}, however: epsilon={epsilon:g}")
    deltas = bounded_range_delta(epsilon, grid * np.arange(-most, most + 1))
    return pld.PrivacyLossDistribution(
        pld_pmf.create_pmf_pessimistic_connect_dots_fixed_gap(grid, -most, most, np.clip(deltas, 0, 1))
    )
