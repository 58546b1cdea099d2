import numpy as np
import pytest

import synthgan
from synthgan.errors import ConfigError
from synthgan.metrics.combining import combine

TRUTH, RUNS = 10.0, 1_000


def _covered(rows_real, rows_synthetic, tables, *, seed=0):
    """How often three intervals hold the truth: combined, the first table's own, and Raghunathan's. Normal model, plugged in."""
    rng = np.random.default_rng(seed)
    hits = np.zeros(3)
    for _ in range(RUNS):
        units = rng.normal(TRUTH, 3, rows_real)
        made = rng.normal(units.mean(), units.std(ddof=1), (tables, rows_synthetic))
        estimates, variances = made.mean(axis=1), made.var(axis=1, ddof=1) / rows_synthetic
        found = combine(estimates, variances, rows_real=rows_real, rows_synthetic=rows_synthetic)
        own = 1.96 * np.sqrt(variances[0])
        proper = (1 + 1 / tables) * estimates.var(ddof=1) - variances.mean() if tables > 1 else 0
        hits += [
            found.low <= TRUTH <= found.high,
            abs(estimates[0] - TRUTH) <= own,
            abs(estimates.mean() - TRUTH) <= 1.96 * np.sqrt(max(proper, 0)),
        ]
    return hits / RUNS


@pytest.mark.parametrize(
    ("rows_real", "rows_synthetic", "tables", "naive"),
    [(200, 200, 5, 0.834), (200, 200, 1, 0.834), (200, 1_000, 3, 0.576), (400, 100, 3, 0.92)],
)
def test_combined_intervals_hold_as_often_as_they_say_and_naive_ones_do_not(rows_real, rows_synthetic, tables, naive):
    combined, own, proper = _covered(rows_real, rows_synthetic, tables)
    # A share of 1,000 runs at 95 % has a deviation of .7 %: outside ± 2.5 points once in 2,800, and the seed is fixed. What the
    # naive interval holds is P(|N| < 1.96 / sqrt(1 + rows_synthetic / rows_real)), with a deviation of at most 1.6 %.
    assert combined == pytest.approx(0.95, abs=0.025)
    assert own == pytest.approx(naive, abs=0.05)
    assert proper < 0.8


def test_the_formula_by_hand():
    found = combine([1.0, 3.0], [4.0, 6.0], rows_real=100, rows_synthetic=50)
    assert found.value == 2
    assert found.standard_error == pytest.approx(np.sqrt(5 * (0.5 + 0.5)))
    assert found.high - found.value == found.value - found.low == pytest.approx(1.959964 * found.standard_error)


@pytest.mark.parametrize(
    ("estimates", "variances", "rows", "words"),
    [
        ([1.0], [1.0, 2.0], (10, 10), "one number per table"),
        ([], [], (10, 10), "one number per table"),
        ([np.nan], [1.0], (10, 10), "finite"),
        ([1.0], [-1.0], (10, 10), "not negative"),
        ([1.0], [1.0], (0, 10), "rows_real"),
        ([1.0], [1.0], (10, -1), "rows_synthetic"),
    ],
)
def test_what_cannot_be_combined_is_refused(estimates, variances, rows, words):
    with pytest.raises(ConfigError, match=words):
        combine(estimates, variances, rows_real=rows[0], rows_synthetic=rows[1])


def test_combine_is_on_the_face():
    assert synthgan.combine is combine
