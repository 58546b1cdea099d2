"""Whatever Pillow opens becomes grey or colour by a stated rule, or is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from synthgan import DataError, ImageRecords
from synthgan.image.io.picture import FRAMES, SEE_THROUGH, UNEVEN, scan_of_picture
from synthgan.image.io.scans import COLOURLESS
from synthgan.image.io.scans import GREY as LEARNED_IN_COLOUR

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
ALPHA = RNG.integers(0, 256, (6, 9), dtype=np.uint8)


def near(found, wanted, within=1):
    assert found.shape == wanted.shape
    assert np.abs(found.astype(int) - wanted.astype(int)).max() <= within


@pytest.mark.parametrize("ending", ["png", "gif", "tif", "bmp", "webp", "pgm", "tga", "pcx", "jp2"])
def test_grey_of_any_lossless_format_is_read_to_the_bit(tmp_path, ending):
    options = {"webp": {"lossless": True}, "jp2": {"irreversible": False}}.get(ending, {})
    Image.fromarray(GREY).save(tmp_path / f"a.{ending}", **options)
    found = scan_of_picture(tmp_path / f"a.{ending}").read()
    grey = found if found.shape[-1] == 1 else found[..., :1]  # WebP knows colour alone
    np.testing.assert_array_equal(grey[..., 0], GREY)


def test_what_is_transparent_lies_over_black_and_is_said(tmp_path):
    share = ALPHA[..., None] / 255
    Image.fromarray(np.dstack([COLOUR, ALPHA])).save(tmp_path / "rgba.png")
    Image.fromarray(np.dstack([GREY, ALPHA]), mode="LA").save(tmp_path / "la.png")
    Image.fromarray(GREY).save(tmp_path / "key.png", transparency=int(GREY[0, 0]))
    keyed = np.where(GREY[0, 0] == GREY, 0, GREY)[..., None]
    wanted = {"rgba": COLOUR * share, "la": GREY[..., None] * share, "key": keyed}
    for name, pixels in wanted.items():
        scan = scan_of_picture(tmp_path / f"{name}.png")
        near(scan.read(), np.rint(pixels))
        assert scan.notes == (SEE_THROUGH,)


def test_palettes_are_grey_where_all_their_colours_are(tmp_path):
    for name, colours in (("grey", np.repeat(np.arange(256), 3)), ("colour", RNG.integers(0, 256, 768))):
        image = Image.fromarray(GREY, mode="P")
        image.putpalette(colours.tolist())
        image.save(tmp_path / f"{name}.png")
    np.testing.assert_array_equal(scan_of_picture(tmp_path / "grey.png").read()[..., 0], GREY)
    assert scan_of_picture(tmp_path / "colour.png").read().shape == (6, 9, 3)


@pytest.mark.parametrize("ending", ["png", "gif", "webp"])
def test_the_time_between_frames_is_read_from_every_animation(tmp_path, ending):
    frames = [Image.fromarray(RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)) for _ in range(3)]
    for name, times, notes in (("even", [70, 70, 70], ()), ("uneven", [40, 100, 900], (UNEVEN,))):
        path = tmp_path / f"{name}.{ending}"
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=times)
        scan = scan_of_picture(path)
        assert (scan.frame_ms, scan.notes) == (70, notes)
        assert scan.read().shape == (3, 6, 9, 3)


@pytest.mark.parametrize(
    ("second", "channels", "said"), [(np.dstack([GREY] * 3), 1, COLOURLESS), (COLOUR, 3, LEARNED_IN_COLOUR)]
)
def test_grey_and_colour_in_one_folder_are_of_one_kind(tmp_path, second, channels, said):
    (tmp_path / "ill").mkdir()
    for index, pixels in enumerate((GREY, second)):
        Image.fromarray(pixels).save(tmp_path / "ill" / f"{index}.png")
    records = ImageRecords.read(tmp_path)
    assert records.notes == (f"1 of 2 images: {said}",)
    np.testing.assert_array_equal(records.pixels[0], np.dstack([GREY] * channels))
    np.testing.assert_array_equal(records.pixels[1], second[..., :channels])


def test_other_colours_become_red_green_and_blue(tmp_path):
    flat = np.full((8, 8, 3), (200, 100, 40), np.uint8)
    for name, mode in (("cmyk.tif", "CMYK"), ("ycc.tif", "YCbCr"), ("cmyk.jpg", "CMYK")):
        Image.fromarray(flat).convert(mode).save(tmp_path / name)
        near(scan_of_picture(tmp_path / name).read(), flat, 6)


def test_one_bit_and_wide_numbers_keep_what_they_mean(tmp_path):
    Image.fromarray(GREY > 99).save(tmp_path / "one.png")
    np.testing.assert_array_equal(scan_of_picture(tmp_path / "one.png").read()[..., 0], 255 * (GREY > 99))
    deep = RNG.integers(0, 2**16, (6, 9)).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(scan_of_picture(tmp_path / "deep.png").read()[..., 0], deep)
    wide = RNG.normal(size=(6, 9)).astype(np.float32)
    Image.fromarray(wide).save(tmp_path / "wide.tif")
    scan = scan_of_picture(tmp_path / "wide.tif")
    assert scan.dtype is None
    np.testing.assert_array_equal(scan.read()[..., 0], wide)


def test_pages_that_are_not_learned_are_named_in_one_line(tmp_path):
    (tmp_path / "a").mkdir()
    frames = [Image.fromarray(np.full((6, 9), value, np.uint8)) for value in (10, 200, 90)]
    frames[0].save(tmp_path / "a" / "1.tif", save_all=True, append_images=frames[1:])
    Image.fromarray(GREY).save(tmp_path / "a" / "2.tif")
    found = ImageRecords.read(tmp_path)
    assert found.notes == (f"1 of 2 images: {FRAMES}",)
    assert np.abs(found.pixels[0].astype(int) - 10).max() <= 2


def test_eight_and_sixteen_bits_do_not_mix(tmp_path):
    (tmp_path / "a").mkdir()
    Image.fromarray(GREY).save(tmp_path / "a" / "1.png")
    Image.fromarray(GREY.astype(np.uint16)).save(tmp_path / "a" / "2.png")
    with pytest.raises(DataError, match=r"2\.png must be of 8 bits like the first image, however: 16"):
        ImageRecords.read(tmp_path)


def test_a_level_of_deep_grey_that_is_called_see_through_stays_a_level(tmp_path):
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1_000
    Image.fromarray(pixels).save(tmp_path / "deep.png", transparency=0)
    scan = scan_of_picture(tmp_path / "deep.png")
    assert scan.notes == ()
    np.testing.assert_array_equal(scan.read()[..., 0], pixels)
