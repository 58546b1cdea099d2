"""What a fit will take is counted before it begins, and too much is refused with what fits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.made_images import make_images

from synthgan import ImageRecords, ImageSynthesizer, ResourceError
from synthgan.image.config import ImageConfig
from synthgan.image.encoding import ImageEncoding
from synthgan.image.learning import ImageUpdates, batch_of
from synthgan.image.memory import Tally, check_fit, fit_bytes, step_bytes, surely_fits
from synthgan.image.physical import Physical
from synthgan.io.memory import memory_bound

CPU = torch.device("cpu")


def encoding_of(*sides, n=10, **more):
    """Of a few dark and bright images."""
    pixels = np.zeros((n, *sides), np.uint8)
    pixels[:, ::2] = 255
    return ImageEncoding.fit(ImageRecords(pixels, **more), ImageConfig(condition=None))


@pytest.mark.parametrize("sides", [(16, 16), (8, 8, 8)])
def test_what_is_tallied_without_numbers_is_what_is_taken_with_them(sides):
    encoding, config = encoding_of(*sides), ImageConfig(condition=None, batch_images=8)
    assert step_bytes(encoding, config) == pytest.approx(step_bytes(encoding, config, "cpu"), rel=0.02)


def test_a_fit_takes_what_was_tallied(monkeypatch):
    """The tally must not drift from what the updates do."""
    peaks, images, turn = [], make_images(40, side=16), ImageUpdates.critic

    def tallied(self, state, step):
        with Tally() as tally:
            loss = turn(self, state, step)
        peaks.append(tally.peak)
        return loss

    monkeypatch.setattr(ImageUpdates, "critic", tallied)
    options = {"steps": 2, "batch_images": 16, "holdout_share": 0}
    ImageSynthesizer(**options).fit(images)
    config = ImageConfig(**options)
    assert max(peaks) == pytest.approx(step_bytes(ImageEncoding.fit(images, config), config), rel=0.1)


def test_large_images_are_learned_few_at_once():
    config = ImageConfig()
    sizes = {(28, 28): 64, (128, 128): 64, (256, 256): 32, (64, 64, 64): 8, (128, 128, 128): 4}
    assert {sides: batch_of(config, encoding_of(*sides)) for sides in sizes} == sizes
    assert batch_of(ImageConfig(batch_images=2), encoding_of(128, 128, 128)) == 2


def test_a_volume_of_128_voxels_a_side_takes_gigabytes_and_is_counted_at_once():
    encoding = encoding_of(128, 128, 128)
    assert 15e9 < fit_bytes(encoding, ImageConfig(), 100, CPU) < 30e9
    assert fit_bytes(encoding, ImageConfig(batch_images=2), 100, CPU) < 15e9


def test_nothing_is_tallied_where_there_is_plenty():
    for sides, batch, width in (((28, 28), 64, 16), ((16, 16), 8, 64), ((8, 8, 8), 4, 4)):
        encoding, config = encoding_of(*sides), ImageConfig(batch_images=batch, width=width, condition=None)
        assert surely_fits(encoding, config, 10, CPU)
        with memory_bound(fit_bytes(encoding, config, 10, CPU) - 1):
            assert not surely_fits(encoding, config, 10, CPU)


@pytest.mark.parametrize("way", ["plan", "fit"])
def test_a_fit_beyond_the_memory_is_refused_with_what_fits(way):
    images = ImageRecords(make_images(20, side=128).pixels, {}, Physical(spacing=(1.0, 1.0)))
    synthesizer = ImageSynthesizer(condition=None, spacing=1.0, steps=1, base=128)
    words = r"images of 128 x 128 must fit into 1.5 GB .* takes about 4.1[0-9] GB; resolution=64 \(fits\), spacing=2.0 \(fits\), base=64 .*"
    words += "batch_images=2"
    with memory_bound("1.5GB"), pytest.raises(ResourceError, match=words):
        getattr(synthesizer, way)(images)


def test_the_size_that_is_named_fits():
    with memory_bound("1.5GB"):
        assert fit_bytes(encoding_of(64, 64, n=20), ImageConfig(condition=None), 20, CPU) < 1.5e9
        check_fit(encoding_of(64, 64, n=20), ImageConfig(condition=None), 20, CPU)


def test_a_plan_of_large_volumes_takes_no_large_step(monkeypatch):
    sizes = []
    turn = ImageUpdates.critic

    def looked(self, state, step):
        loss = turn(self, state, step)
        sizes.append(self.real.sample.numel())
        return loss

    monkeypatch.setattr(ImageUpdates, "critic", looked)
    pixels = np.zeros((10, 96, 96, 96), np.uint8)
    pixels[:, 48:] = 200
    plan = ImageSynthesizer(condition=None, width=4, batch_images=2, base=96).plan(ImageRecords(pixels))
    assert plan.memory_bytes > 2e9
    assert plan.seconds > 0
    assert max(sizes) <= 2**18 < 96**3
