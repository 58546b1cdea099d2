"""The audit of private fits: correct code passes, and each planted fault turns a check red."""

from __future__ import annotations

from dataclasses import dataclass, replace
from unittest import mock

import numpy as np
import pytest
import torch
from opacus.grad_sample import GradSampleModuleFastGradientClipping

from benchmarks.attacks import audit
from synthgan.config import EncodingConfig
from synthgan.data.scale import step_of
from synthgan.privacy import curator, gradients
from synthgan.privacy.curator import Curator
from synthgan.privacy.noise import normal, whole_normal
from synthgan.privacy.queries import CellQuery
from synthgan.tabular import intake
from synthgan.tabular.encoding.continuous import ModeSpecificNormalizer
from synthgan.tabular.private import numbers
from synthgan.tabular.queries import NumberCells

FITS, DRAWS = 20, 4_000
LONG = {"raw GMM", "half the noise of steps"}


@pytest.mark.parametrize("check", audit.FAST, ids=lambda check: check.__name__)
def test_correct_code_passes(check):
    """False alarms: 1e-3 for each of two bounds, less than 1e-4 for all others together."""
    found = check()
    assert found.holds, found.evidence


@dataclass(frozen=True)
class Codes(CellQuery):
    """Codes that were found by looking at the rows."""

    codes: np.ndarray
    modes: int

    @property
    def size(self):
        return self.modes

    def of(self, records):
        return self.codes


def looked_at(column, asking):
    """The numbers of a column, by the back door."""
    return asking.curator._records.numbers(column)


def raw_bounds(column, asking):
    values, step = looked_at(column, asking), step_of(column)
    edges = np.linspace(np.nanmin(values) - step / 2, np.nanmax(values) + step / 2, 33)
    cells = numbers.Cells.between(edges, np.zeros(32, dtype=bool))
    counted = asking.count(NumberCells(column, cells), "fine", str(column.name))
    return numbers.make_modes(cells, np.maximum(counted[:-1], 1.0), 0.0, step)


def raw_components(column, asking):
    values, step = looked_at(column, asking), step_of(column)
    encoder = ModeSpecificNormalizer.fit(
        np.append(values[:300], values[-1]),  # enough for components; the extreme row is the last
        EncodingConfig(modes="gmm", max_modes=2),
        step=step,
        minimum=None,
        maximum=None,
        rng=np.random.default_rng(0),
    )
    codes = encoder.encode(values, np.random.default_rng(0)).codes
    return encoder, asking.count(Codes(codes, encoder.modes), "fine", str(column.name))


def raw_frequencies(column, asking):
    encoder, _ = numbers_as_they_are(column, asking)
    codes = encoder.encode(looked_at(column, asking), np.random.default_rng(0)).codes
    return encoder, np.bincount(codes, minlength=encoder.modes).astype(float)


numbers_as_they_are = numbers.measure_numbers


def raw_levels(self, levels, *, noise, delta, stage, purpose):
    self._charge_gaussian(noise, stage, purpose, delta)
    return tuple(levels.of(self._records)[1])


def half_the_noise(size, deviation):
    return whole_normal(size, deviation / 2)


def uncounted(self, noise, stage, purpose, delta=0.0):
    if stage != "triples":
        charge_as_it_is(self, noise, stage, purpose, delta)


charge_as_it_is = Curator._charge_gaussian


def half_charged(self, noise, stage, purpose, delta=0.0):
    charge_as_it_is(self, noise, stage, purpose, delta)
    self.ledger.charges[-1] = replace(self.ledger.charges[-1], sigma=2 * self.ledger.charges[-1].sigma)


def unclipped(self):
    return torch.ones_like(self.get_norm_sample())


def half_the_steps(*words, steps, **given):
    return of_steps(*words, steps=steps // 2, **given)


of_steps = curator.Charge.of_steps


def shuffled(count, rate):
    return np.random.default_rng().permutation(count) < rate * count


def outliers():
    return audit.outliers_are_not_seen(fits=FITS)


def sharp_choice(exponents, many):
    return np.argsort(-exponents)[:many]


FAULTS = {
    "raw GMM": (mock.patch.object(numbers, "measure_numbers", raw_components), outliers),
    "raw min and max": (mock.patch.object(numbers, "measure_numbers", raw_bounds), outliers),
    "raw frequencies": (mock.patch.object(numbers, "measure_numbers", raw_frequencies), outliers),
    "raw levels": (mock.patch.object(Curator, "find", raw_levels), audit.nothing_planted_gets_through),
    "half the noise": (mock.patch.object(curator, "whole_normal", half_the_noise), audit.noise_is_as_charged),
    "half the noise, seen from outside": (
        mock.patch.object(curator, "whole_normal", half_the_noise),
        lambda: audit.answers_keep_to_mu(draws=DRAWS),
    ),
    "half the charge": (mock.patch.object(Curator, "_charge_gaussian", half_charged), audit.noise_is_as_charged),
    "an uncounted step": (mock.patch.object(Curator, "_charge_gaussian", uncounted), audit.every_answer_is_charged),
    "missing clip": (
        mock.patch.object(GradSampleModuleFastGradientClipping, "get_clipping_coef", unclipped),
        lambda: audit.steps_keep_to_mu(draws=200),
    ),
    "half the noise of steps": (
        mock.patch.object(gradients, "normal", lambda count: normal(count) / 2),
        lambda: audit.steps_keep_to_mu(draws=800),
    ),
    "shuffling instead of Poisson": (mock.patch.object(curator, "coins", shuffled), audit.batches_are_poisson),
    "uncharged steps": (mock.patch.object(curator.Charge, "of_steps", half_the_steps), audit.batches_are_poisson),
    "units without a limit": (
        mock.patch.object(intake, "limit_rows", lambda frame, unit, most: frame),
        audit.units_are_limited,
    ),
    "a choice without noise": (
        mock.patch.object(curator, "weighted_choices", sharp_choice),
        lambda: audit.choices_keep_to_epsilon(draws=DRAWS),
    ),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in FAULTS])
def test_every_planted_fault_is_caught(name):
    fault, check = FAULTS[name]
    with fault:
        found = check()
    assert not found.holds, found.evidence


def test_bounds_are_bounds():
    assert audit.at_most(0, 1_000) == pytest.approx(1 - 0.0005 ** (1 / 1_000))
    assert audit.at_most(1_000, 1_000) == 1.0
    assert audit.epsilon_at_least(0.5, 0.5, 0.0) == 0
    assert audit.epsilon_at_least(0.1, 0.1, 0.0) == pytest.approx(np.log(9))


@pytest.mark.slow
def test_whole_fits_keep_to_epsilon():
    """False alarms 1e-3."""
    found = audit.whole_fits_keep_to_epsilon()
    assert found.holds, found.evidence


def test_a_few_whole_fits_run():
    assert audit.whole_fits_keep_to_epsilon(fits=FITS).holds
