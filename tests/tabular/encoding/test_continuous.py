"""Mode-specific normalization: exact round trips, spikes, missing values, ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kstest

from synthgan.config import EncodingConfig
from synthgan.tabular.encoding.continuous import ModeSpecificNormalizer

RNG = np.random.default_rng(0)


def fit(values: np.ndarray, *, step: float = 0.0, **options: object) -> ModeSpecificNormalizer:
    config = EncodingConfig(**options)  # type: ignore[arg-type]
    return ModeSpecificNormalizer.fit(
        values, config, step=step, minimum=None, maximum=None, rng=np.random.default_rng(1)
    )


def round_trip(encoder: ModeSpecificNormalizer, values: np.ndarray) -> np.ndarray:
    numbers = encoder.encode(values, np.random.default_rng(2))
    decoded = encoder.decode(numbers.codes, numbers.residuals)
    return np.round(decoded / encoder.step) * encoder.step if encoder.step else decoded


whole = arrays(np.int64, st.integers(30, 400), elements=st.integers(-10_000, 10_000))


@given(whole, st.floats(0, 0.9), st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_integers_inside_the_released_range_come_back_exactly(values: np.ndarray, missing: float, seed: int) -> None:
    numbers = values.astype(float)
    numbers[np.random.default_rng(seed).random(len(numbers)) < missing] = np.nan
    encoder = fit(numbers, step=1.0, rare_below=2, max_modes=8)
    back = round_trip(encoder, numbers)
    if encoder.smooth is None:
        known = np.isnan(numbers) | np.isin(numbers, encoder.spikes)
    else:
        low, high = encoder.smooth.values[[0, -1]]
        known = np.isnan(numbers) | np.isin(numbers, encoder.spikes) | ((numbers > low) & (numbers < high))
    np.testing.assert_array_equal(back[known], numbers[known])


@pytest.mark.parametrize("modes", ["quantile", "gmm"])
def test_real_numbers_come_back_to_nine_digits(modes: str) -> None:
    values = np.concatenate([RNG.normal(size=3_000), RNG.normal(20, 3, 3_000)])
    inner = (np.abs(values - values.mean()) < 2 * values.std()) & (values > np.sort(values)[10])
    bells = [np.sort(values[values < 10]), np.sort(values[values >= 10])]
    inner &= (values < bells[0][-10]) | (values > bells[1][9])  # what few have at the edge of a gap is drawn inside
    back = round_trip(fit(values, modes=modes), values)
    np.testing.assert_allclose(back[inner], values[inner], rtol=1e-4, atol=1e-5)


def test_real_numbers_beside_knots_that_share_a_value_come_back() -> None:
    """What lies above a value that several knots share starts at the last of those knots: it was read from the first."""
    rng = np.random.default_rng(3)
    values = np.sort(np.concatenate([np.repeat(rng.gamma(2, size=40), 45), rng.gamma(2, size=1_000)]))
    encoder = fit(values, max_modes=20)
    assert encoder.smooth is not None
    assert len(np.unique(encoder.smooth.values)) < 0.8 * len(encoder.smooth.values)
    inner = values[100:-100]
    np.testing.assert_allclose(round_trip(encoder, inner), inner, rtol=1e-4)


def test_places_in_quantile_modes_are_normal() -> None:
    """Kolmogorov–Smirnov against the standard normal at the 1e-4 level, once: false-alarm rate 1e-4."""
    values = RNG.gamma(2, size=20_000)
    encoder = fit(values)
    assert encoder.smooth_modes == 40
    assert kstest(encoder.encode(values, RNG).residuals, "norm").pvalue > 1e-4


def test_gaussian_mixture_finds_the_components() -> None:
    values = np.concatenate([RNG.normal(-5, 1, 4_000), RNG.normal(5, 0.5, 4_000)])
    encoder = fit(values, modes="gmm")
    assert set(np.round(encoder.means[encoder.masses > 0.05])) == {-5, 5}


def test_spikes_and_missing_have_modes_of_their_own() -> None:
    values = np.concatenate([np.zeros(500), RNG.lognormal(3, 1, 1_000), np.full(300, np.nan)])
    encoder = fit(values)
    assert encoder.spikes.tolist() == [0.0]
    codes = encoder.encode(values, RNG).codes
    assert (codes[:500] == 0).all()
    assert (codes[-300:] == encoder.modes - 1).all()
    assert not encoder.has_residual[[0, -1]].any()
    assert encoder.masses[[0, -1]] == pytest.approx([500 / 1800, 300 / 1800])


def test_few_valued_numbers_get_a_mode_each_and_rare_values_are_not_released() -> None:
    values = np.concatenate([np.repeat(np.arange(5.0), 100), [77.0] * 3])
    encoder = fit(values, step=1.0)
    assert encoder.spikes.tolist() == [0, 1, 2, 3, 4]
    assert encoder.smooth is None
    assert round_trip(encoder, values)[-1] == 4  # the nearest value that enough rows share


def test_a_column_with_too_few_values_is_all_missing() -> None:
    values = np.full(100, np.nan)
    values[:5] = [1, 2, 3, 4, 5]
    encoder = fit(values)
    assert encoder.modes == 1
    assert np.isnan(round_trip(encoder, values)[10:]).all()


WITHIN_VALUES = np.concatenate([np.random.default_rng(0).normal(size=2_000), np.full(300, 0.5), np.full(50, np.nan)])
WITHIN_ENCODERS = {modes: fit(WITHIN_VALUES, modes=modes) for modes in ("quantile", "gmm")}


@given(st.floats(-3, 3), st.floats(0, 3), st.sampled_from(["quantile", "gmm"]))
@settings(max_examples=60, deadline=None)
def test_within_bounds_exactly_the_values_of_the_range(low: float, extent: float, modes: str) -> None:
    values = WITHIN_VALUES
    encoder = WITHIN_ENCODERS[modes]
    numbers = encoder.encode(values, np.random.default_rng(3))
    allowed, lowest, highest = encoder.within((low, low + extent), (low, low + extent))
    met = (
        allowed[numbers.codes]
        & (numbers.residuals >= lowest[numbers.codes])
        & (numbers.residuals <= highest[numbers.codes])
    )
    decoded = encoder.decode(numbers.codes, numbers.residuals)
    wanted = (decoded >= low) & (decoded <= low + extent)
    edge = np.isclose(decoded, low, atol=1e-4) | np.isclose(decoded, low + extent, atol=1e-4)
    clipped = np.isin(decoded, [] if encoder.smooth is None else encoder.smooth.values[[0, -1]])
    np.testing.assert_array_equal(met[~edge & ~clipped], wanted[~edge & ~clipped])


def test_scores_rise_with_the_values() -> None:
    values = np.concatenate([RNG.normal(size=3_000), np.zeros(500)])
    encoder = fit(values)
    numbers = encoder.encode(values, RNG)
    centers, widths = encoder.scores()
    score = centers[numbers.codes] + widths[numbers.codes] * numbers.residuals
    assert np.corrcoef(np.argsort(np.argsort(values)), np.argsort(np.argsort(score)))[0, 1] > 0.99
    assert 0.8 < score.std() < 1.2
