"""The privacy ledger: everything that touched the data, what it cost, and what that comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from synthgan.privacy.composition import composed_epsilon, round_up

if TYPE_CHECKING:
    from synthgan.privacy.charges import Charge
    from synthgan.privacy.spent import Account


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
                alone[_numbers(charge)] = round_up(composed_epsilon([charge], self.delta, rough=True))
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


def _numbers(charge: Charge) -> tuple[float, ...]:
    """What the cost of a charge depends on."""
    return charge.sensitivity, charge.sigma, charge.epsilon_each, charge.sampling_rate, charge.steps, charge.delta
