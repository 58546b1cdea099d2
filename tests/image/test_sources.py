"""Images are made from others: from images beside them, or from themselves shrunk."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synthgan import ConfigError, DataError, ImageRecords, ImageSynthesizer
from synthgan.image.config import ImageConfig
from synthgan.image.sources import Sources, shrunk, sources_of

OPTIONS = {"width": 4, "noise_width": 4, "batch_images": 32, "device": "cpu", "holdout_share": 0.0, "seed": 1}


def blobs(n, seed=0):
    """Sources with a bright spot somewhere, and targets that are bright beside it, to the right (in half of them: left)."""
    rng = np.random.default_rng(seed)
    row, column, label = rng.integers(1, 7, n), rng.integers(2, 6, n), np.where(np.arange(n) % 2 == 0, "left", "right")
    sources, targets = np.full((n, 8, 8), 20, np.uint8), np.full((n, 8, 8), 20, np.uint8)
    sources[np.arange(n), row, column] = 230
    targets[np.arange(n), row, column + np.where(label == "left", -1, 1)] = 230
    return ImageRecords(sources, {"label": label}), ImageRecords(targets, {"label": label})


def fitted(steps):
    sources, targets = blobs(400)
    options = OPTIONS | {
        "steps": steps,
        "learning_rate": 2e-3,
        "width": 8,
        "ema_halflife_images": 960,
        "condition_image": "sources",
    }
    return ImageSynthesizer(**options).fit(targets, sources=sources)


@pytest.fixture(scope="module")
def translator():
    return fitted(steps=2)


@pytest.mark.slow
def test_an_image_is_translated_as_its_class_asks():
    """Toys of games fail for some first weights (one of six here), on whatever rounding a processor has: this one is at .43."""
    sources, targets = blobs(200, seed=1)
    made = fitted(steps=150).sample(sources=sources)
    assert made.columns["label"].tolist() == sources.columns["label"].tolist()

    def apart(others):
        return np.abs(made.pixels.astype(float) - others.pixels).mean()

    _, mirrored = blobs(200, seed=1)
    mirrored = ImageRecords(mirrored.pixels[..., ::-1, :], mirrored.columns)
    assert apart(targets) < 0.6 * apart(sources)
    assert apart(targets) < 0.6 * apart(mirrored)


def test_a_model_file_translates_the_same(translator, tmp_path):
    sources, _ = blobs(20, seed=2)
    translator.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
    np.testing.assert_array_equal(again.sample(sources=sources).pixels, translator.sample(sources=sources).pixels)


def test_classes_of_sources_are_drawn_where_they_lack_or_are_asked_for(translator):
    sources, _ = blobs(40, seed=3)
    bare = ImageRecords(sources.pixels)
    assert set(translator.sample(sources=bare).columns["label"]) == {"left", "right"}
    assert set(translator.sample(sources=sources, where={"label": "left"}).columns["label"]) == {"left"}


@pytest.mark.slow
def test_small_images_are_made_large():
    rng = np.random.default_rng(0)
    stripes = np.where(np.arange(8) % 2 == 0, 40, -40)[None, None, :] + rng.integers(60, 200, (200, 1, 1))
    images = ImageRecords(stripes.repeat(8, 1).astype(np.uint8))
    options = OPTIONS | {"steps": 80, "learning_rate": 5e-3, "ema_halflife_images": 320, "condition": None}
    synthesizer = ImageSynthesizer(**options, condition_image=2).fit(images)
    small = shrunk(images, 2)
    assert small.pixels.shape == (200, 4, 4, 1)
    made = synthesizer.sample(sources=small).pixels[..., 0].astype(float)
    assert np.ptp(small.pixels[0]) <= 1  # what is lost in the small ones ...
    assert (made[:, :, ::2] - made[:, :, 1::2]).mean() > 20  # ... comes back (80 in the large ones)
    assert np.corrcoef(made.mean((1, 2)), small.pixels.mean((1, 2, 3)))[0, 1] > 0.9


def test_channels_that_differ_are_averaged():
    colour = ImageRecords(np.stack([np.full((3, 4, 4), value, np.uint8) for value in (0, 60, 255)], -1))
    guides = Sources.of(colour).encode(colour, (8, 8, 1))
    assert guides.shape == (3, 1, 8, 8)
    assert torch.allclose(guides, torch.tensor(105 / 255 * 2 - 1))


@pytest.mark.parametrize(
    ("made_from", "given", "words"),
    [
        ("sources", None, "sources must be given with this condition_image"),
        (None, 3, "sources must not be given with this condition_image, however: condition_image=None"),
        ("sources", 3, "sources must be one for each of 4 images, however: 3"),
        (3, None, "sides that are multiples of 3"),
    ],
)
def test_sources_that_do_not_fit_are_refused(made_from, given, words):
    images = ImageRecords(np.zeros((4, 8, 8), np.uint8))
    sources = None if given is None else images.take(np.arange(given))
    with pytest.raises((ConfigError, DataError), match=words):
        sources_of(images, sources, ImageConfig(condition_image=made_from))


@pytest.mark.parametrize("made_from", [1, True, "pairs", 2.0])
def test_an_unknown_condition_image_is_refused(made_from):
    with pytest.raises(ConfigError, match="condition_image"):
        ImageConfig(condition_image=made_from)


def test_samples_are_asked_for_in_the_way_the_model_was_fitted(translator):
    sources, _ = blobs(5)
    with pytest.raises(ConfigError, match="must be given sources"):
        translator.sample(5)
    with pytest.raises(ConfigError, match="sources must stand alone"):
        translator.sample(5, sources=sources)
    with pytest.raises(DataError, match=r"sources must be \[8, 8, 1\] of uint8 .* however: \[6, 6, 1\]"):
        translator.sample(sources=ImageRecords(np.zeros((2, 6, 6), np.uint8), {"label": np.array(["left"] * 2)}))
