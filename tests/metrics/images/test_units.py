"""Sets of images are compared by what their numbers mean, not by how they are stored."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.made_images import Records

from synthgan.errors import DataError
from synthgan.image.physical import Physical
from synthgan.image.records import ImageRecords
from synthgan.metrics.images.sets import ImageSets
from synthgan.metrics.images.units import comparable

HOUNSFIELD = np.random.default_rng(0).integers(-1000, 1000, (24, 8, 8, 1))
LABEL = {"label": np.arange(24) % 2}


def stored(slope, intercept, dtype=np.uint16, modality=None):
    pixels = np.rint((HOUNSFIELD - intercept) / slope).astype(dtype)
    return ImageRecords(pixels, LABEL, Physical(slope=slope, intercept=intercept, modality=modality))


@pytest.mark.parametrize("other", [(1, -32768), (1, -1000), (-1, 5000), (0.25, -1024)])
def test_stored_numbers_do_not_matter(other):
    real, made = stored(1, -1024), stored(*other)
    pixels, notes = comparable({"real": real, "synthetic": made})
    assert np.abs(pixels["real"].astype(int) - pixels["synthetic"].astype(int)).max() == 0
    assert notes == ()


def test_what_is_stored_alike_stays_as_it_is_and_what_says_nothing_is_said_of():
    real = stored(1, -1024)
    bare = ImageRecords(real.pixels, LABEL)
    pixels, notes = comparable({"real": real, "synthetic": bare})
    assert pixels["synthetic"] is bare.pixels
    assert "synthetic images do not say what their numbers mean" in notes[0]
    assert comparable({"real": bare, "synthetic": Records(bare.pixels)})[1] == ()


def test_other_modalities_are_refused():
    with pytest.raises(DataError, match=r"modality of the real ones .CT., however: MR"):
        comparable({"real": stored(1, 0, modality="CT"), "synthetic": stored(1, 0, modality="MR")})


def test_slices_of_volumes_are_judged_as_channels():
    volumes = [Records(np.full((24, depth, 8, 8, 1), 7, np.uint8), LABEL) for depth in (5, 40)]
    for records, channels in zip(volumes, (5, 16), strict=True):
        sets = ImageSets.of(records, records)
        assert sets.real.pixels.shape == (24, 8, 8, channels)
        assert (sets.real.pixels == 7).all()
    with pytest.raises(DataError, match=r"grey, 8 x 8 x 5, 8 bits.*however: grey, 8 x 8 x 40"):
        ImageSets.of(*volumes)
