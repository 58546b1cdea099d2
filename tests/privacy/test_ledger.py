"""The ledger: known totals, nothing lost in composition, calibration that never overspends."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opacus.accountants import PRVAccountant
from scipy.optimize import brentq
from scipy.stats import norm

from synthgan.errors import PrivacyError
from synthgan.privacy.charges import EXPONENTIAL, GAUSSIAN, SUBSAMPLED, Charge
from synthgan.privacy.composition import bounded_range_delta, calibrate, composed_epsilon, round_up
from synthgan.privacy.ledger import PrivacyLedger


def gaussian(sigma: float, *, steps: int = 1, delta: float = 0.0) -> Charge:
    return Charge(
        stage="columns",
        mechanism=GAUSSIAN,
        purpose="counts",
        sensitivity=1,
        replace_sensitivity=math.sqrt(2),
        sigma=sigma,
        steps=steps,
        delta=delta,
    )


def choice(epsilon: float, *, steps: int = 1) -> Charge:
    return Charge(
        stage="choices",
        mechanism=EXPONENTIAL,
        purpose="which",
        sensitivity=1,
        replace_sensitivity=2,
        epsilon_each=epsilon,
        steps=steps,
    )


def exact_gaussian_epsilon(mu: float, delta: float) -> float:
    """Balle and Wang, "Improving the Gaussian mechanism for differential privacy", 2018, theorem 8."""

    def excess(epsilon: float) -> float:
        return norm.cdf(mu / 2 - epsilon / mu) - math.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu) - delta

    return brentq(excess, 0, 200)


@pytest.mark.parametrize(("sigma", "delta"), [(3.73, 1e-5), (1.0, 1e-6), (20.0, 1e-6)])
def test_one_gaussian_answer_costs_what_theory_says(sigma, delta):
    exact = exact_gaussian_epsilon(1 / sigma, delta)
    assert exact <= composed_epsilon([gaussian(sigma)], delta) <= exact * 1.001 + 1e-4


def test_many_gaussian_answers_cost_as_much_as_one_with_less_noise():
    many = [gaussian(40.0), gaussian(20.0, steps=3), gaussian(30.0)]
    mu = math.sqrt(1 / 40**2 + 3 / 20**2 + 1 / 30**2)
    assert composed_epsilon(many, 1e-6) == pytest.approx(exact_gaussian_epsilon(mu, 1e-6), rel=1e-3)


@given(st.floats(0.05, 3.0), st.floats(-4, 4), st.floats(-3, 3))
@settings(max_examples=200, deadline=None)
def test_no_mechanism_of_bounded_range_is_above_the_profile(epsilon, loss, where):
    """A two-point mechanism with losses t and t - epsilon, for any t in between, is such a mechanism."""
    t = epsilon * (where + 3) / 6
    chance = (math.exp(epsilon) - math.exp(t)) / math.expm1(epsilon)
    first = np.array([chance, 1 - chance])
    second = np.array([chance * math.exp(-t), (1 - chance) * math.exp(epsilon - t)])
    assert second.sum() == pytest.approx(1)
    divergence = np.maximum(first - math.exp(loss) * second, 0).sum()
    assert divergence <= bounded_range_delta(epsilon, np.array([loss]))[0] + 1e-12


def test_the_profile_is_reached_by_an_exponential_mechanism():
    """Two candidates, one of which a row favours and one of which it does not: the loss at zero is that of the profile."""
    epsilon = 0.8
    odds = math.exp(epsilon / 4)
    first, second = odds / (odds + 1 / odds), (1 / odds) / (odds + 1 / odds)
    assert first - second == pytest.approx(bounded_range_delta(epsilon, np.zeros(1))[0])


def test_choices_cost_no_more_than_pure_privacy_and_less_than_that_together():
    assert composed_epsilon([choice(0.5)], 1e-9) <= 0.5 + 1e-3
    assert composed_epsilon([choice(0.1, steps=100)], 1e-6) < 4.0
    # A choice is epsilon**2 / 8 concentrated, as a Gaussian of mu = epsilon / 2 is; the profile is a little above it.
    assert exact_gaussian_epsilon(0.5, 1e-6) < composed_epsilon([choice(0.1, steps=100)], 1e-6)
    assert (
        composed_epsilon([choice(0.1, steps=100)], 1e-6) < exact_gaussian_epsilon(0.5 * 2 / math.sqrt(3), 1e-6) * 1.01
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("noise", "rate", "steps", "delta"), [(1.0, 0.01, 1000, 1e-5), (3.3, 0.02, 1500, 1e-5)])
def test_steps_cost_what_opacus_own_accountant_says(noise, rate, steps, delta):
    """Gopi, Lee and Wutschitz' accountant, which is within .01 of the truth and above it; ours is above it, too."""
    opacus = PRVAccountant()
    opacus.history = [(noise, rate, steps)]
    ledger = PrivacyLedger(delta)
    ledger.charge(Charge.of_steps("training", "", noise=noise, rate=rate, steps=steps))
    assert opacus.get_epsilon(delta) - 0.02 < ledger.spent() < opacus.get_epsilon(delta)
    assert ledger.spent(replace_one=True) > 1.3 * ledger.spent()


def test_a_subsampled_step_costs_less_than_a_whole_one():
    def step(rate: float, sensitivity: float = 1.0) -> Charge:
        return Charge(
            stage="training",
            mechanism=SUBSAMPLED,
            purpose="critic",
            sensitivity=sensitivity,
            replace_sensitivity=sensitivity,
            sigma=sensitivity,
            sampling_rate=rate,
            steps=10,
        )

    whole, part = composed_epsilon([step(1.0)], 1e-5), composed_epsilon([step(0.01)], 1e-5)
    assert whole == pytest.approx(exact_gaussian_epsilon(math.sqrt(10), 1e-5), rel=1e-2)
    assert part < whole / 5
    assert composed_epsilon([step(0.01, 7.0)], 1e-5) == pytest.approx(part, rel=1e-6)


def test_replacing_a_unit_costs_more_than_adding_one():
    ledger = PrivacyLedger(1e-6, charges=[gaussian(4.0), choice(0.1, steps=5)])
    assert ledger.spent() < ledger.spent(replace_one=True) < 2 * ledger.spent()


def test_thresholds_use_delta_up():
    assert composed_epsilon([gaussian(4.0, delta=1e-6)], 1e-6) == math.inf
    assert composed_epsilon([gaussian(4.0, delta=5e-7)], 1e-6) > composed_epsilon([gaussian(4.0)], 1e-6)


def test_replacing_a_unit_uses_thresholds_twice():
    """One unit's levels may show before, another's after."""
    charge = gaussian(4.0, delta=4e-7)
    assert (
        composed_epsilon([charge], 1e-6, replace_one=True)
        > composed_epsilon([gaussian(4.0, delta=8e-7 - 1e-12)], 1e-6) * math.sqrt(2) * 0.99
    )
    assert composed_epsilon([gaussian(4.0, delta=5e-7)], 1e-6, replace_one=True) == math.inf


@pytest.mark.parametrize(("epsilon", "delta"), [*itertools.product([0.1, 1.0, 8.0], [1e-5, 1e-9])])
def test_calibration_spends_all_and_never_more(epsilon, delta):
    def charges(scale: float) -> list[Charge]:
        return [gaussian(1 / scale, delta=delta / 10), choice(0.3 * scale, steps=4)]

    spent = composed_epsilon(charges(calibrate(charges, epsilon, delta)), delta)
    assert 0.98 * epsilon < spent <= epsilon


def test_what_cannot_be_paid_is_refused():
    with pytest.raises(PrivacyError, match="pays for nothing"):
        calibrate(lambda scale: [gaussian(1 / scale, delta=1e-6)], 1.0, 1e-6)
    with pytest.raises(PrivacyError, match="mechanism that is known"):
        composed_epsilon([Charge(stage="", mechanism="magic", purpose="", sensitivity=1, replace_sensitivity=1)], 1e-6)


@pytest.mark.parametrize("epsilon", [60.0, 400.0, 3000.0, 1e6])
def test_costs_of_any_size_are_bounded_from_above_and_not_far_from_it(epsilon):
    """Losses are kept more coarsely, and beyond 500 there is a bound in closed form; time and memory stay as they are."""
    mu = brentq(lambda mu: mu**2 / 2 + 4.75 * mu - epsilon, 0, 1e4)
    for rough in (False, True):
        spent = composed_epsilon([gaussian(1 / mu)], 1e-6, rough=rough)
        assert 0.98 * epsilon < spent <= mu**2 / 2 + 5.26 * mu  # the closed form of concentrated privacy
        assert epsilon > 60 or exact_gaussian_epsilon(mu, 1e-6) <= spent
    assert 0.999 * epsilon < composed_epsilon([choice(epsilon)], 1e-6) <= 1.001 * epsilon


@pytest.mark.parametrize("epsilon", [100.0, 1e4, 1e6, 1e9])
def test_calibration_spends_large_budgets_too(epsilon):
    def charges(scale: float) -> list[Charge]:
        return [gaussian(1 / scale, delta=1e-7), choice(0.3 * scale, steps=4)]

    spent = composed_epsilon(charges(calibrate(charges, epsilon, 1e-6)), 1e-6)
    assert 0.9 * epsilon < spent <= epsilon


def test_the_ledger_of_a_manifest_names_every_charge():
    ledger = PrivacyLedger(1e-6, unit="one patient", charges=[gaussian(4.0), choice(0.1)])
    told = ledger.to_dict()
    assert (told["delta"], told["unit"]) == (1e-6, "one patient")
    assert told["epsilon"] == round_up(ledger.spent())
    assert told["epsilon_replace_one"] == round_up(ledger.spent(replace_one=True))
    assert [charge["mechanism"] for charge in told["charges"]] == [GAUSSIAN, EXPONENTIAL]
    assert all(0 < charge["epsilon"] <= told["epsilon"] for charge in told["charges"])
    assert {charge["source"] for charge in told["charges"]} == {"operating system (os.urandom)"}
    assert PrivacyLedger(1e-6).spent() == 0


def test_an_epsilon_is_never_rounded_down():
    assert round_up(0.99991) == 1.0
    assert round_up(1.0) == 1.0
    assert round_up(math.inf) == math.inf
