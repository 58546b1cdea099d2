"""Clips: what they are, how many frames are taken, learned and drawn over time, and what is refused of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.made_clips import make_clips

from synthgan import ConfigError, DataError, ImageRecords, ImageSynthesizer, PrivacyError
from synthgan.image.config import ImageConfig
from synthgan.image.io.writing import write_images
from synthgan.image.layers import Block, apart, shifted, together
from synthgan.image.loading import load_images
from synthgan.image.networks import ImageCritic, ImageGenerator
from synthgan.image.prior import Condition, Prior
from synthgan.runtime import Streams

TINY = {"steps": 3, "width": 4, "noise_width": 8, "batch_images": 8, "seed": 3, "device": "cpu"}


@pytest.fixture(scope="module")
def fitted():
    return ImageSynthesizer(**TINY).fit(make_clips())


def test_clips_come_back_with_their_frames_and_the_time_between_them(fitted, tmp_path):
    drawn = fitted.sample(4, where="label=right", seed=1)
    assert drawn.clips
    assert drawn.pixels.shape == (4, 6, 8, 8, 1)
    assert drawn.physical.frame_ms == 40
    assert set(drawn.columns["label"]) == {"right"}
    assert drawn.describe() == "4 grey clips of 6 frames of 8 x 8 pixels, 8 bits"
    fitted.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan")
    np.testing.assert_array_equal(again.sample(4, where="label=right", seed=1).pixels, drawn.pixels)
    assert again.manifest()["images"]["frames"] == 6


def test_the_prior_alone_knows_which_way_things_go(fitted):
    drawn = fitted.sample(40, where="label=right").pixels[..., 0].astype(float)
    bright = drawn[:, :, 2:5].sum(2)  # of each column
    at = (bright * np.arange(8)).sum(-1) / bright.sum(-1)
    assert at[:, -1].mean() > at[:, 0].mean() + 1


def test_long_clips_are_learned_by_frames_that_are_evenly_apart():
    clips = make_clips(frames=31)
    taken = clips.of_frames()
    assert taken.pixels.shape[1] == 16
    np.testing.assert_array_equal(taken.pixels, clips.pixels[:, ::2])
    assert taken.physical.frame_ms == 80
    assert taken.notes == ("16 of 31 frames of each clip are learned, evenly from the first to the last",)
    one = clips.of_frames(1)
    assert not one.clips
    assert one.pixels.shape == (40, 8, 8, 1)
    with pytest.raises(DataError, match="clips must have at least 32 frames, however: 31"):
        clips.of_frames(32)


def test_the_frames_that_are_asked_for_are_learned():
    config = ImageSynthesizer(frames=3)._configs()[0]
    loaded = load_images(make_clips(), None, config, Streams(0))
    assert loaded.encoding.shape == (3, 8, 8, 1)
    assert loaded.notes == ["3 of 6 frames of each clip are learned, evenly from the first to the last"]
    with pytest.raises(ConfigError, match="frames must be a whole number from 1 to 16"):
        ImageConfig(frames=17)


def test_all_frames_of_a_clip_are_scaled_alike():
    clips = make_clips(side=8, channels=3)
    brought = clips.brought(ImageSynthesizer(resolution=(12, 16))._configs()[0].target)
    assert brought.pixels.shape == (40, 6, 12, 16, 3)
    assert brought.restored().pixels.shape == clips.pixels.shape
    edges = brought.pixels[:, :, :, 0]  # padded with the darkest value of the whole clip
    assert (edges == edges[:, :1, :1]).all()


def test_what_cannot_be_learned_of_clips_is_said_in_one_line():
    clips = make_clips()
    with pytest.raises(PrivacyError, match="clips must be learned without epsilon"):
        ImageSynthesizer(epsilon=5, i_know=True).fit(clips)
    with pytest.raises(ConfigError, match="clips must be learned from noise, however: condition_image=2; leave it out"):
        ImageSynthesizer(condition_image=2).fit(clips)
    with pytest.raises(DataError, match=r"clips must be at most 128 pixels a side .* however: 129 x 4; resolution=64"):
        ImageRecords(np.zeros((2, 3, 4, 129), np.uint8), clips=True).checked()
    with pytest.raises(DataError, match=r"clips must be \[n, time, height, width\] .* \[2, 1, 4, 4, 1\]"):
        ImageRecords(np.zeros((2, 1, 4, 4), np.uint8), clips=True)


def test_masks_of_clips_are_learned_and_drawn_with_them(tmp_path):
    """A square that moves right, and its mask: drawn masks lie where frames are bright, and move."""
    pixels = np.full((60, 4, 8, 8), 20, np.uint8)
    for clip in range(60):
        for time in range(4):
            pixels[clip, time, 2 + clip % 3 : 5 + clip % 3, time + 1 : time + 4] = 220
    masks = np.where(pixels > 100, 7, 0).astype(np.uint8)
    np.savez(tmp_path / "in.npz", clips=pixels, masks=masks, labels=np.arange(60) % 2)
    fitted = ImageSynthesizer(steps=2, width=4, noise_width=8, batch_images=8, check=False, seed=0).fit(
        tmp_path / "in.npz"
    )
    fitted.save(tmp_path / "m.synthgan")
    drawn = ImageSynthesizer.load(tmp_path / "m.synthgan").sample(20, seed=1)
    labels = drawn.masks.values()
    assert labels.shape == (20, 4, 8, 8)
    assert set(np.unique(labels)) == {0, 7}
    assert drawn.pixels[..., 0][labels == 7].mean() > drawn.pixels[..., 0][labels == 0].mean() + 80
    middles = [
        (np.arange(8) * (labels[:, time] == 7).sum((0, 1))).sum() / (labels[:, time] == 7).sum() for time in range(4)
    ]
    assert middles == sorted(middles)
    for path, form in ((tmp_path / "out.npz", None), (tmp_path / "png", "png"), (tmp_path / "nifti", "nifti")):
        write_images([drawn], path, form)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npz")["masks"], labels)
    for kind in ("png", "nifti"):
        again = ImageRecords.read(tmp_path / kind / "masks")
        np.testing.assert_array_equal(again.pixels[..., 0], labels)
    with pytest.raises(DataError, match="masks of clips must be written as nifti, png or npz, however: dicom"):
        write_images([drawn], tmp_path / "dicom", "dicom")


def test_a_layer_over_time_sees_the_frames_beside_it_and_no_other_clip():
    frames = torch.arange(2 * 3 * 4, dtype=torch.float32).reshape(6, 4, 1, 1) + 1
    seen = shifted(frames, 3).unflatten(0, (2, 3))
    told = frames.unflatten(0, (2, 3))
    assert torch.equal(seen[:, 1:, 0], told[:, :-1, 0])  # a quarter from the frame before
    assert torch.equal(seen[:, :-1, 1], told[:, 1:, 1])  # a quarter from the one after
    assert torch.equal(seen[:, :, 2:], told[:, :, 2:])
    assert not seen[:, 0, 0].any()
    assert not seen[:, -1, 1].any()
    clips = torch.randn(2, 5, 3, 4, 4)
    assert torch.equal(together(apart(clips, 3), 3), clips)
    assert torch.equal(Block(2, 4, 3)(frames), frames)  # begins as the identity


def test_the_generator_begins_as_its_prior_and_the_critic_sees_the_order_of_frames():
    config = ImageConfig(width=4, noise_width=4, augment="translation,cutout,flip")
    prior = Prior((5, 8, 12, 3), 1, 1, 2, 0, clips=True)
    prior.basis.normal_(0, 0.3)
    prior.roots.copy_(torch.eye(2))
    generator, critic = ImageGenerator(prior, 1, config), ImageCritic((5, 8, 12, 3), 1, config, clips=True)
    condition = Condition(torch.zeros(3, dtype=torch.int64), torch.ones(3, 1))
    noise = generator.noise(3, condition, Streams(0), "test", 0)
    made = generator(noise)
    assert made.shape == (3, 3, 5, 8, 12)
    torch.testing.assert_close(made, prior(condition, noise.parts, noise.prior_noise))
    critic.augmentations = ()
    scores = critic(made, condition)
    assert scores.shape == (3,)
    assert not torch.allclose(scores, critic(made.flip(2), condition))
