"""The fixed grid that values are brought to, and what an image alone says of size and values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthgan import DataError
from synthgan.image.frame import Frame, Scale

GRIDS = {
    "Hounsfield units": ((-1024, 3071), Scale(1.0, -1024.0, 4095), "uint16"),
    "eight bits": ((0, 255), Scale(1.0, 0.0, 255), "uint8"),
    "sixteen bits": ((-32_768, 32_767), Scale(1.0, -32_768.0, 65_535), "uint16"),
    "a unit": ((0, 1), Scale(1 / 65_535, 0.0, 65_535), "uint16"),
    "no whole ends": ((-0.5, 300), Scale(300.5 / 65_535, -0.5, 65_535), "uint16"),
    "a wide range": ((0, 1e6), Scale(1e6 / 65_535, 0.0, 65_535), "uint16"),
}


@pytest.mark.parametrize(("ends", "scale", "dtype"), GRIDS.values(), ids=GRIDS.keys())
def test_a_range_is_a_grid_whose_ends_are_its_own(ends, scale, dtype):
    found = Scale.of_range(*ends)
    assert (found, found.dtype) == (scale, dtype)
    np.testing.assert_array_equal(found.onto(np.array(ends)), [0, scale.top])


def test_values_are_clipped_and_what_is_none_is_the_low_end():
    values = np.array([-math.inf, -5000, np.nan, -1023.6, 0, 4000, 1e300, math.inf])
    np.testing.assert_array_equal(Scale(1.0, -1024.0, 4095).onto(values), [0, 0, 0, 0, 1024, 4095, 4095, 4095])
    np.testing.assert_array_equal(Scale(-0.5, 100.0, 255).onto(np.array([100.0, 99.5, 0.0, 101.0])), [0, 1, 200, 0])


@pytest.mark.parametrize("numbers", [(0.0, 0.0), (math.nan, 0.0), (1.0, math.inf)])
def test_a_grid_is_finite(numbers):
    with pytest.raises(DataError, match="must lie on a finite grid"):
        Scale(*numbers, 255)


def test_a_declared_range_goes_before_the_modality_and_that_before_the_file():
    own, shape = Scale(2.0, -7.0, 4095), (4, 4, 1)
    assert Frame.of(shape, own, "CT", (0, 500)).scale == Scale(1.0, 0.0, 500)
    assert Frame.of(shape, own, "CT", None).scale == Scale(1.0, -1024.0, 4095)
    assert Frame.of(shape, own, "MR", None).scale == own
    assert Frame.of(shape, None, None, None).scale is None


def test_plain_numbers_of_a_type_mean_nothing_else():
    assert Frame((4, 4, 1), Scale(1.0, 0.0, 65_535)).physical is None
    physical = Frame((4, 4, 1), Scale(1.0, -1024.0, 4095), "CT").physical
    assert (physical.slope, physical.intercept, physical.modality, physical.spacing) == (1.0, -1024.0, "CT", None)
