"""Text in pixels is found; cells in a row, ticks and digits alone are none."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.made_images import make_images
from PIL import Image, ImageDraw, ImageFont
from pydicom.data import get_testdata_file

from synthgan import ImageRecords, ImageSynthesizer
from synthgan.image.io.dicom import open_dicom
from synthgan.image.lettering import has_text, text_note
from synthgan.image.loading import load_images
from synthgan.runtime import Streams

GROUND = np.random.default_rng(0).integers(20, 90, (96, 160)).astype(np.uint8)


def named(text="DOE JANE 1954", fill=255, size=12, at=(8, 70), ground=GROUND):
    image = Image.fromarray(ground)
    ImageDraw.Draw(image).text(at, text, fill=fill, font=ImageFont.load_default(size))
    return np.array(image)


@pytest.mark.parametrize(("fill", "ground"), [(255, GROUND), (0, 255 - GROUND)], ids=["bright", "dark"])
@pytest.mark.parametrize("size", [10, 14, 20])
def test_names_are_found(fill, ground, size):
    assert not has_text(ground)
    assert has_text(named(fill=fill, ground=ground, size=size))


def cells():
    rows, columns = np.mgrid[:96, :160]
    discs = [
        (rows - 40) ** 2 + (columns - at) ** 2 < radius**2
        for at, radius in zip(range(15, 150, 22), (7, 8, 9, 7, 8, 9, 8), strict=True)
    ]
    return np.where(np.any(discs, axis=0), 240, GROUND)


def ticks():
    image = GROUND.copy()
    for column in range(10, 150, 8):
        image[80:90, column : column + 2] = 255
    return image


def stripes():
    return np.tile(np.where(np.arange(160) // 3 % 2, 240, 20).astype(np.uint8), (96, 1))


@pytest.mark.parametrize(
    "image",
    [cells(), ticks(), stripes(), named("7"), np.zeros((8, 8)), np.random.default_rng(1).integers(0, 256, (96, 160))],
    ids=["cells", "ticks", "stripes", "a digit", "nothing", "noise"],
)
def test_what_is_no_text_is_none(image):
    assert not has_text(image)


def test_text_that_ultrasound_comes_with_is_found():
    assert has_text(open_dicom(get_testdata_file("examples_rgb_color.dcm")).read().mean(-1))


def test_it_is_said_before_a_fit_where_enough_images_show_some():
    rng = np.random.default_rng(0)
    pixels = np.stack([named(at=tuple(rng.integers(0, 60, 2))) if index < 3 else GROUND for index in range(40)])
    records = ImageRecords(pixels, {"label": make_images(40).columns["label"]})
    loaded = load_images(records, None, ImageSynthesizer()._configs()[0], Streams(0))
    (note,) = loaded.notes
    assert note.startswith("3 of 40 images look as if text were burned into their pixels")
    assert text_note(pixels[1:, ..., None]) is None
    assert (
        text_note(np.stack([np.zeros_like(pixels), pixels, pixels], axis=1)[..., None]) == note
    )  # of frames that in the middle
