"""Marks among numbers are missing values with a label, which nothing that moves numbers takes off."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.data.labels import labelled, labels_of

LABELS = np.array([-1, 0, 3, -1], np.int32)
MARKED = labelled(np.array([1.5, 2.5, np.nan, np.nan]), LABELS)


@pytest.mark.parametrize(
    "moved",
    [
        lambda x: x.copy(),
        lambda x: x[np.arange(len(x))],
        lambda x: np.where(np.ones(len(x), bool), x, 0.0),
        lambda x: np.concatenate([x[:2], x[2:]]),
        lambda x: np.round(x, 1),
        lambda x: np.rint(x / 0.5) * 0.5,
        lambda x: np.clip(x, 0, 10),
        lambda x: np.maximum(x, 0.0),
        lambda x: x + 1.0,
    ],
)
def test_labels_stay_where_numbers_go(moved):
    found = moved(MARKED)
    assert np.isnan(found).tolist() == [False, True, True, True]
    np.testing.assert_array_equal(labels_of(found), LABELS)


def test_a_missing_value_of_arithmetic_has_no_label():
    with np.errstate(invalid="ignore"):
        numbers = np.array([0.0]) / np.array([0.0])
    assert labels_of(np.append(numbers, [np.nan, 1.0])).tolist() == [-1, -1, -1]
