"""What pixels mean is checked, kept, and held back where it is of few images."""

from __future__ import annotations

import json

import numpy as np
import pytest

from synthgan import DataError, ImageRecords
from synthgan.image.physical import Physical

CT = Physical((0.7, 0.8), 5.0, 0.5, -1024.0, (40.0, 400.0), "CT", 12)


def test_it_comes_back_from_json():
    assert Physical.from_json(json.loads(json.dumps(CT.as_json()))) == CT
    assert Physical.from_json(Physical().as_json()) == Physical()


def test_what_few_images_hold_is_dropped_and_the_slope_is_not():
    held = Physical(**{**vars(CT), "held": {"spacing": 12, "thickness": 9, "window": 3, "modality": 12, "bits": 10}})
    common = held.common(10)
    assert common == Physical((0.7, 0.8), None, 0.5, -1024.0, None, "CT", 12)
    assert common.held == {}
    assert held.common(13) == Physical(slope=0.5, intercept=-1024.0)
    assert CT.common(1_000) == CT  # said by a user, not found in files


def test_scaling_changes_the_spacing_alone():
    assert CT.scaled((0.5, 2.0)) == Physical(**{**vars(CT), "spacing": (1.4, 0.4)})
    assert Physical().scaled((0.5, 2.0)) == Physical()


@pytest.mark.parametrize(
    "bad",
    [
        {"slope": 0.0},
        {"slope": float("nan")},
        {"intercept": float("inf")},
        {"spacing": (1.0, 0.0)},
        {"thickness": -1.0},
        {"window": (40.0, 0.0)},
    ],
)
def test_what_means_nothing_is_refused(bad):
    with pytest.raises(DataError, match="what pixels mean must be finite"):
        Physical(**bad)


def test_records_keep_it_and_want_a_length_for_each_side():
    records = ImageRecords(np.zeros((4, 8, 8), np.uint16), physical=CT)
    assert records.take(np.array([2, 1])).physical == CT
    with pytest.raises(DataError, match="one length for each of 3 sides"):
        ImageRecords(np.zeros((4, 8, 8, 8), np.uint16), physical=CT)
