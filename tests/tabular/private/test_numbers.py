"""Numbers from noisy counts: ranges, spikes and digits close to the truth, and nothing exact."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.data.schema import Column, Kind, Schema
from synthgan.data.table import Table
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.tabular.private.numbers import (
    declared_cells,
    fine_cells,
    make_modes,
    measure_numbers,
    merge_faint,
    rough_cells,
)
from synthgan.tabular.private.twins import Asking
from synthgan.tabular.queries import Cells, TableRecords

NOISES = {"rough": 10.0, "fine": 5.0}


def measure(numbers, step=1.0, bounds=(None, None), noises=NOISES):
    decimals = round(-np.log10(step)) if step else None
    kind = Kind.INTEGER if step == 1 else Kind.DECIMAL
    column = Column(
        "x", kind, "float64", decimals=decimals or None, minimum=bounds[0], maximum=bounds[1], missing="nan"
    )
    table = Table.coerce(pd.DataFrame({"x": numbers}), Schema("pandas", (column,)))
    curator = Curator(TableRecords(table), PrivacyLedger(1e-6))
    return measure_numbers(column, Asking(curator, noises, 0.0, "pandas"))


def decoded(encoder, numbers):
    found = encoder.encode(numbers, np.random.default_rng(0))
    back = encoder.decode(found.codes, found.residuals)
    return np.rint(back / encoder.step) * encoder.step if encoder.step else back


@pytest.mark.parametrize("step", [1.0, 0.01, 0.0])
@given(st.floats(-1e9, 1e9), st.none() | st.floats(-100, 0), st.none() | st.floats(1, 1e6))
@settings(max_examples=100, deadline=None)
def test_every_number_has_a_rough_cell(step, number, low, high):
    cells = rough_cells(step, low, high)
    assert (np.diff(cells.low) > 0).all()
    assert (cells.high >= cells.low).all()
    assert (cells.low[1:] == cells.high[:-1]).all()
    assert 0 <= cells.find(np.array([number]))[0] < len(cells)
    assert cells.find(np.array([np.nan]))[0] == len(cells)


def test_rough_cells_do_not_depend_on_the_rows():
    assert len(rough_cells(1.0, None, None)) == 389
    assert rough_cells(1.0, None, None).single.sum() == 13


def test_a_declared_small_range_gets_a_cell_for_each_value():
    cells = declared_cells(17.0, 90.0, 1.0)
    assert len(cells) == 74
    assert cells.find(np.array([17.0, 90.0, 200.0, -3.0])).tolist() == [0, 73, 73, 0]
    assert declared_cells(0.0, 10_000.0, 1.0) is None
    assert declared_cells(0.0, 1.0, 0.0) is None


@given(st.integers(8, 128), st.integers(0, 2**31), st.sampled_from([1.0, 0.25, 0.0]))
@settings(max_examples=50, deadline=None)
def test_fine_cells_part_the_range_that_surely_holds_rows(most, seed, step):
    rng = np.random.default_rng(seed)
    rough = rough_cells(step, None, None)
    counts = np.zeros(len(rough))
    counts[rng.integers(len(rough) // 2, len(rough) // 2 + 40, 12)] = 1_000.0
    cells = fine_cells(rough, counts, 1.0, step, most)
    held = np.flatnonzero(counts)
    assert cells.low[0] == rough.low[held[0]]
    assert cells.high[-1] == rough.high[held[-1]]
    assert (cells.low[1:] == cells.high[:-1]).all()
    if step:
        assert (cells.high - cells.low > 0.99 * step).all()


def test_ages_come_back_exactly_but_for_the_rare_ones():
    rng = np.random.default_rng(0)
    ages = np.clip(rng.normal(45, 12, 20_000).round(), 17, 90)
    encoder, held = measure(ages)
    assert (decoded(encoder, ages) == ages).mean() > 0.98
    share = np.bincount(encoder.encode(ages, rng).codes, minlength=encoder.modes) / len(ages)
    assert np.abs(held / held.sum() - share).sum() / 2 < 0.02


@pytest.mark.parametrize("decimals", [1, 2, 3])
def test_decimal_spikes_are_the_numbers_that_people_write(decimals):
    """3 × 0.1 is not 0.3: a spike that is off by a bit holds no row."""
    values = np.round((np.arange(20_000) % 40) * 10.0**-decimals, decimals)
    encoder, held = measure(values, step=10.0**-decimals)
    share = np.bincount(encoder.encode(values, np.random.default_rng(0)).codes, minlength=encoder.modes) / len(values)
    assert np.abs(held / held.sum() - share).sum() / 2 < 0.02
    assert np.isin(values, encoder.spikes).mean() > 0.8  # faint neighbours at the ends may have been taken together


def test_zeros_and_missing_are_modes_of_their_own_and_long_tails_keep_their_scale():
    rng = np.random.default_rng(1)
    money = np.where(rng.random(20_000) < 0.5, 0.0, rng.lognormal(8, 1, 20_000).round(2))
    money[rng.random(20_000) < 0.1] = np.nan
    encoder, held = measure(money, step=0.01)
    assert encoder.has_missing
    assert encoder.spikes[0] == 0  # another, of a few rows, may be noise
    assert held[1 : len(encoder.spikes)].sum() < 100
    assert held[-1] == pytest.approx(2_000, abs=200)
    back = decoded(encoder, money)
    present = ~np.isnan(money)
    quantiles = [0.6, 0.8, 0.9, 0.98]
    np.testing.assert_allclose(np.quantile(back[present], quantiles), np.quantile(money[present], quantiles), rtol=0.1)


def test_a_few_missing_values_are_not_told():
    values = np.arange(5_000) % 50 + 1.0
    values[:3] = np.nan
    assert not measure(values)[0].has_missing


def test_nothing_rounds_out_of_a_declared_range():
    values = np.random.default_rng(2).integers(0, 1_001, 30_000).astype(float)
    encoder, _ = measure(values, bounds=(0.0, 1_000.0))
    lowest, highest = encoder.released
    assert np.rint(lowest) >= 0
    assert np.rint(highest) <= 1_000


def test_one_person_does_not_move_the_range():
    """The richest person's cell, alone among 5,000, does not show; noise alone stretches the range once in some thousand fits."""
    values = np.append(np.arange(5_000) % 100 + 1.0, 10.0**9)
    assert measure(values)[0].released[1] < 200


def test_noise_does_not_stretch_the_range():
    """Of 600 columns three at most reach beyond ten times their values by noise: false alarms below 1e-4."""
    values = np.arange(5_000) % 100 + 1.0
    released = np.array([measure(values)[0].released for _ in range(600)])
    assert (np.abs(released) > 1_000).any(axis=1).sum() <= 3


def test_thin_tails_are_part_of_the_range():
    """No cell of the tail stands out alone, but octaves of them do: 1,800 rows of 20,000 beyond the last that does."""
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.integers(0, 100, 18_200), rng.integers(100, 4_000, 1_800)]).astype(float)
    wide = {"rough": 60.0, "fine": 30.0}
    assert np.median([measure(values, noises=wide)[0].released[1] for _ in range(9)]) > 3_000
    rough, counts = rough_cells(1.0, None, None), np.zeros(389)
    at = int(rough.find(np.array([50.0]))[0])
    counts[at], counts[at + 1 : at + 9] = 1_000.0, 15.0
    assert fine_cells(rough, counts, 10.0, 1.0, 16).high[-1] == rough.high[at + 8]


def test_faint_neighbours_are_taken_together():
    cells = declared_cells(0.0, 9.0, 1.0)
    counts = np.array([100.0, 5, 5, 5, 5, 90, 1, -2, 1, 80])
    merged, kept = merge_faint(cells, counts, 3.0)
    assert kept.tolist() == [100, 20, 90, 0, 80]
    assert merged.single.tolist() == [True, False, True, False, True]
    assert (merged.low[1], merged.high[1]) == (0.5, 4.5)


def test_a_column_lost_in_noise_still_has_a_mode():
    cells = Cells(np.array([0.0, 2.0]), np.array([2.0, 3.0]), np.array([False, False]))
    encoder, held = make_modes(cells, np.zeros(2), 0.0, 0.0)
    assert encoder.modes == 1
    assert held.tolist() == [1.0]
