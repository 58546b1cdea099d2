"""Sets of images that differ widely in contrast are bent in brightness, and come back to the pixel."""

import numpy as np
import torch

from synthgan.image.config import ImageConfig
from synthgan.image.contrast import power_of
from synthgan.image.encoding import ImageEncoding
from synthgan.image.records import ImageRecords


def exposures(*brightest, n=20):
    """Images from black to these values, so many of each."""
    ramp = np.linspace(0, 1, 64).reshape(8, 8, 1)
    return np.stack([np.rint(ramp * top) for top in brightest for _ in range(n)]).astype(np.uint8)


def test_images_of_one_contrast_are_left_as_they_are():
    assert power_of(exposures(250, 200, 120), 0, 255) == 1.0


def test_dim_images_are_lifted_where_others_are_bright_and_no_pixel_is_lost():
    pixels = exposures(8, 20, 250)
    records = ImageRecords(pixels)
    encoding = ImageEncoding.fit(records, ImageConfig(condition=None))
    assert encoding.power < 0.5
    coded = encoding.encode(records.pixels)
    assert coded[30].max() > 0  # of the middle ones: more than half way up
    back = encoding.decode(coded, torch.zeros(len(coded), dtype=torch.int64))
    np.testing.assert_array_equal(back.pixels, pixels)
    assert ImageEncoding.from_json(encoding.as_json()).power == encoding.power
