"""Images and their masks are learned together, drawn together under conditions on areas, and images are made from masks."""

import numpy as np
import pytest

from synthgan import ConfigError, DataError, ImageRecords, ImageSynthesizer, PrivacyError
from synthgan.image.loading import load_images
from synthgan.runtime import Streams

TINY = {"steps": 4, "width": 4, "noise_width": 8, "batch_images": 8, "seed": 3, "device": "cpu"}


def squares(n=80, dtype=np.uint8):
    """Bright squares on dark ground in 8 x 8 pixels; of every second image a corner is grey."""
    rng = np.random.default_rng(0)
    numbers = np.zeros((n, 8, 8), np.uint8)
    for index, mask in enumerate(numbers):
        row, column = rng.integers(2, 5, 2)
        mask[row : row + 3, column : column + rng.integers(2, 4)] = 5
        if index % 2:
            mask[:2, :2] = 9
    pixels = np.array([20, 220, 120])[np.searchsorted([0, 5, 9], numbers)] + rng.integers(-10, 10, numbers.shape)
    numbers = numbers == 5 if dtype is bool else numbers
    labels = np.repeat(["a", "b"], n // 2)
    return ImageRecords(pixels.astype(np.uint8), {"label": labels}, masks=numbers)


@pytest.fixture(scope="module")
def fitted():
    return ImageSynthesizer(**TINY, check=False, structures=["square", "corner"]).fit(squares())


def test_masks_are_drawn_with_images_in_the_numbers_they_had(fitted):
    drawn = fitted.sample(60)
    assert set(np.unique(drawn.masks.values())) == {0, 5, 9}
    assert drawn.masks.values().dtype == np.uint8
    inside = drawn.pixels[..., 0][drawn.masks.values() == 5]
    outside = drawn.pixels[..., 0][drawn.masks.values() == 0]
    assert inside.mean() > outside.mean() + 100


def test_every_image_has_the_area_that_was_asked_for(fitted):
    where = ["area:square>.1", "area:corner=0", "label=b"]
    drawn = fitted.sample(20, where=where)
    assert len(drawn) == 20
    areas = drawn.masks.areas()
    assert areas[:, 0].min() > 0.1
    assert not areas[:, 1].any()
    assert set(drawn.columns["label"]) == {"b"}


def test_areas_that_are_hardly_ever_met_are_refused(fitted):
    with pytest.raises(DataError, match=r"one of 500 images at least, however: 0 of 4,\d{3} drawn"):
        fitted.sample(1, where="area:square>.99")


def test_a_model_keeps_its_masks(fitted, tmp_path):
    fitted.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan")
    np.testing.assert_array_equal(again.sample(9).masks.labels, fitted.sample(9).masks.labels)
    assert again.manifest()["images"]["structures"]["names"] == ["square", "corner"]


def test_images_are_made_from_the_masks_that_are_given(tmp_path):
    images = squares()
    synthesizer = ImageSynthesizer(**TINY, condition_image="masks").fit(images)
    synthesizer.save(tmp_path / "m.synthgan")
    for one in (synthesizer, ImageSynthesizer.load(tmp_path / "m.synthgan")):
        made = one.sample(sources=images)
        np.testing.assert_array_equal(made.masks.values(), images.masks.values())
    plain = ImageRecords(images.masks.values())  # masks as the images of a folder
    np.testing.assert_array_equal(synthesizer.sample(sources=plain).masks.values(), images.masks.values())
    with pytest.raises(DataError, match=r"must show structures that were learned \(5, 9\), however: 1"):
        synthesizer.sample(sources=ImageRecords(images.masks.values() + 1))


def test_what_is_not_learned_of_masks_is_said():
    images = squares()
    loaded = load_images(images, None, ImageSynthesizer(condition_image=2)._configs()[0], Streams(0))
    assert "masks are not learned with images that are made from others" in loaded.notes
    rare = ImageRecords(
        images.pixels, images.columns, masks=np.where(np.arange(80)[:, None, None] == 0, 7, images.masks.values())
    )
    loaded = load_images(rare, None, ImageSynthesizer()._configs()[0], Streams(0))
    assert any("structures that fewer than 10 images show are background: '7'" in note for note in loaded.notes)


@pytest.mark.parametrize(
    ("options", "images", "words"),
    [
        ({"structures": ["square"]}, squares(), "one name for each of 5, 9, however: square"),
        ({"structures": ["square"]}, ImageRecords(squares().pixels), "the images have none"),
        ({"condition_image": "masks"}, ImageRecords(squares().pixels), "must have masks to be made from them"),
    ],
)
def test_masks_that_lack_are_refused(options, images, words):
    with pytest.raises(DataError, match=words):
        ImageSynthesizer(**TINY, **options, condition=None).fit(images)


def test_names_of_structures_must_differ():
    with pytest.raises(ConfigError, match="structures must be a list of different names"):
        ImageSynthesizer(**TINY, structures=["a", "a"]).fit(squares())


def test_a_private_fit_learns_masks_of_one_structure_as_part_of_their_image():
    private = ImageSynthesizer(epsilon=8.0, delta=1e-4, width=4, noise_width=8, device="cpu")
    drawn = private.fit(squares(2_400, bool)).sample(40)
    assert drawn.masks.values().dtype == bool
    inside, outside = (drawn.pixels[..., 0][part].mean() for part in (drawn.masks.values(), ~drawn.masks.values()))
    assert inside > outside + 40


def test_a_private_fit_refuses_masks_whose_numbers_tell_of_images(tmp_path):
    private = ImageSynthesizer(epsilon=8.0, delta=1e-4, device="cpu")
    with pytest.raises(PrivacyError, match="masks must be booleans under epsilon"):
        private.fit(squares())
    (tmp_path / "masks").mkdir()
    with pytest.raises(PrivacyError, match=r"give an \.npz file"):
        private.fit(tmp_path)
