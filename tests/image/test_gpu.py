"""What a GPU learns and draws is what a processor would, within rounding; nothing here runs where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.made_images import make_images

from synthgan import ImageRecords, ImageSynthesizer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
IMAGES = make_images(80)
SMALL = {"width": 4, "noise_width": 8, "seed": 3, "device": "cuda"}
OPTIONS = SMALL | {"steps": 12, "batch_images": 16}
PRIVATE = SMALL | {"epsilon": 5.0, "delta": 1e-3, "i_know": True}


@pytest.mark.parametrize(
    "options",
    [OPTIONS, OPTIONS | {"grow": True}, OPTIONS | {"style": True}, OPTIONS | {"objective": "wasserstein"},
     OPTIONS | {"augment": "translation,cutout,intensity,flip"}, PRIVATE, PRIVATE | {"mechanism": "dpsgd"}],
)  # fmt: skip
def test_a_model_draws_the_same_on_both(tmp_path, options):
    synthesizer = ImageSynthesizer(**options).fit(IMAGES)
    assert synthesizer.model_.generator.stage.is_cuda
    synthesizer.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
    first, second = (one.sample(40, seed=1) for one in (synthesizer, again))
    np.testing.assert_array_equal(first.columns["label"], second.columns["label"])
    np.testing.assert_allclose(first.pixels.astype(int), second.pixels.astype(int), atol=3)


def test_images_are_made_from_others(tmp_path):
    synthesizer = ImageSynthesizer(**OPTIONS, condition_image="sources").fit(IMAGES, sources=IMAGES)
    synthesizer.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
    first, second = (one.sample(sources=IMAGES).pixels.astype(int) for one in (synthesizer, again))
    np.testing.assert_allclose(first, second, atol=3)


def test_volumes_are_learned():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 6, 8, 7), dtype=np.uint8)
    volumes = ImageRecords(pixels, {"label": np.arange(40) % 2})
    assert ImageSynthesizer(**OPTIONS).fit(volumes).sample(3).pixels.shape == (3, 6, 8, 7, 1)


def test_an_interrupted_fit_goes_on(tmp_path):
    steps = ImageSynthesizer(**OPTIONS).fit_steps(IMAGES, checkpoint=tmp_path / "c.synthgan")
    for progress in steps:
        if progress.step == 5:
            break
    steps.close()
    events = list(ImageSynthesizer(**OPTIONS).fit_steps(IMAGES, checkpoint=tmp_path / "c.synthgan", resume=True))
    assert [one.step for one in events if one.stage == "training"] == list(range(6, 13))
