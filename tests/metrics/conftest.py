"""Small tables for the tests of the measures."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.data.columns import Columns


def _columns(numbers=None, codes=None, levels=None):
    """Columns from lists of columns: n0, n1, … numeric and c0, c1, … discrete."""
    numbers, codes = list(numbers or []), list(codes or [])
    rows = len((numbers + codes)[0])
    number_array = np.array(numbers, dtype=np.float64).reshape(len(numbers), rows).T
    code_array = np.array(codes, dtype=np.int32).reshape(len(codes), rows).T
    counts = tuple(levels or [int(code_array[:, index].max(initial=-1)) + 1 for index in range(len(codes))])
    number_names = tuple(f"n{index}" for index in range(len(numbers)))
    return Columns(number_array, code_array, number_names, tuple(f"c{index}" for index in range(len(codes))), counts)


def _units(rows, seed, *, independent=False):
    """Two correlated numbers (one with gaps), a level that follows them, and a free one."""
    rng = np.random.default_rng(seed)
    age = rng.normal(50, 15, rows).round()
    pressure = 90 + 0.8 * age + rng.normal(0, 8, rows)
    ill = (age + rng.normal(0, 10, rows) > 60).astype(np.int32)
    ward = rng.integers(0, 4, rows).astype(np.int32)
    pressure[rng.random(rows) < 0.1] = np.nan
    columns = [age, pressure, ill, ward]
    if independent:
        columns = [rng.permutation(column) for column in columns]
    return _columns(columns[:2], columns[2:], levels=(2, 4))


@pytest.fixture
def columns():
    return _columns


@pytest.fixture
def units():
    return _units
