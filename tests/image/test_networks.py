"""Both networks: their sizes, their beginnings, and that class and augmentation reach the critic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from synthgan.image import layers, networks
from synthgan.image.augment import augment
from synthgan.image.config import ImageConfig
from synthgan.image.layers import Block, Clamp
from synthgan.image.networks import ImageCritic, ImageGenerator, channels_of, grid, reached_by
from synthgan.image.prior import Condition, fit_prior
from synthgan.io.contract import MisfitError
from synthgan.runtime import Streams, initial_weights

TINY = ImageConfig(width=4, noise_width=8)


def asked(classes, levels):
    """A condition that names classes alone."""
    classes = torch.as_tensor(classes)
    return Condition(classes, one_hot(classes, levels).float())


def players(shape, levels=2, config=TINY):
    """Both networks, on a start that was fitted to random images."""
    *size, channels = shape
    rng = np.random.default_rng(0)
    images = torch.as_tensor(rng.uniform(-1, 1, (40 * levels, channels, *size)), dtype=torch.float32)
    classes = np.arange(len(images)) % levels
    with initial_weights(Streams(0)):
        prior = fit_prior(images, shape, classes, levels, Streams(0))
        return ImageGenerator(prior, levels, config), ImageCritic(shape, levels, config)


@pytest.mark.parametrize(
    ("size", "square"),
    [((28, 28), (7, 2)), ((8, 8), (4, 1)), ((32, 32), (4, 3)), ((224, 224), (7, 5)), ((3, 1), (4, 0)), ((5, 7), (7, 0)),
     ((9, 8, 14), (7, 1))],
)  # fmt: skip
def test_the_grid_is_the_smallest_square_or_cube_that_holds_the_image(size, square):
    assert grid(size) == square


@pytest.mark.parametrize(("grow", "stages"), [(False, (0.0, 10_000.0)), (True, (-1.0, 1.5, float("nan")))])
def test_no_weights_of_a_stage_that_is_none_are_loaded(grow, stages):
    """Found by the campaign: a checkpoint whose critic stood at level 10,000."""
    for network in players((8, 8, 1), config=replace(TINY, grow=grow)):
        for stage in stages:
            with pytest.raises(MisfitError, match="stage must be one that the networks grow to"):
                network.load_state_dict(network.state_dict() | {"stage": torch.tensor(stage)})
        network.load_state_dict(network.state_dict() | {"stage": torch.tensor(0.5 if grow else 1.0)})


def test_widths_halve_with_each_doubling_down_to_a_floor():
    assert channels_of(16, 5) == [64, 32, 16, 8, 8, 8]


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 3), (10, 6, 1), (3, 5, 3), (6, 8, 5, 1)])
def test_images_of_any_size_come_out_and_are_scored(shape):
    generator, critic = players(shape, 3)
    condition = asked([0, 1, 2, 1], 3)
    images = generator(generator.noise(4, condition, Streams(0), "noise", 0))
    assert images.shape == (4, shape[-1], *shape[:-1])
    assert images.abs().max() <= 1
    assert critic(images, condition).shape == (4,)


def test_a_block_begins_as_the_identity():
    images = torch.randn(2, 24, 5, 5)
    assert torch.equal(Block(2, 24)(images), images)


def test_the_generator_begins_as_the_draft():
    generator, _ = players((8, 8, 1))
    noise = generator.noise(5, asked([0, 1, 1, 0, 1], 2), Streams(0), "noise", 0)
    assert torch.equal(generator(noise), generator.prior(noise.condition, noise.parts, noise.prior_noise))


def test_images_are_the_same_in_whatever_pieces_a_processor_draws_them(monkeypatch):
    generator, _ = players((8, 8, 1))
    condition = asked([0, 1, 1, 0, 1], 2)
    noise = generator.noise(5, condition, Streams(0), "n", 0)
    monkeypatch.setattr(networks, "CACHED_PIXELS", 2 * 8 * 8)
    pieces = []
    hook = generator.levels[0].register_forward_hook(lambda _level, _given, out: pieces.append(len(out)))
    images, shown = generator.draw(noise)
    hook.remove()
    assert pieces == [2, 2, 1]
    torch.testing.assert_close(images, generator(noise))
    assert shown is condition


def test_channels_stay_side_by_side_in_memory_from_the_first_block_on():
    generator, critic = players((16, 16, 1))
    laid = []
    for network in (generator, critic):
        for block in network.modules():
            if isinstance(block, Block):
                block.register_forward_hook(
                    lambda _block, given, out: laid.extend(
                        images.is_contiguous(memory_format=torch.channels_last) for images in (given[0], out)
                    )
                )
    condition = asked([0, 1, 1, 0], 2)
    critic(generator(generator.noise(4, condition, Streams(0), "n", 0)), condition)
    assert len(laid) == 2 * 2 * 3
    assert all(laid)


def test_what_learns_on_a_gpu_learns_roughly_and_draws_exactly(monkeypatch):
    """In bfloat16 inside, with float32 weights, scores and images; the processor stands in for the GPU."""
    monkeypatch.setattr(layers, "ROUGH", ("cpu",))
    generator, critic = players((8, 8, 1))
    inside = []
    for network in (generator, critic):
        for block in network.modules():
            if isinstance(block, Block):
                block.mix.register_forward_hook(lambda _block, _given, out: inside.append(out.dtype))
    condition = asked([0, 1, 1, 0], 2)
    noise = generator.noise(4, condition, Streams(0), "n", 0)
    images = generator(noise)
    logits = critic(images, condition)
    assert set(inside) == {torch.bfloat16}
    assert {images.dtype, logits.dtype} == {torch.float32}
    (slope,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    slope.square().sum().backward()
    assert {weight.grad.dtype for weight in critic.parameters() if weight.grad is not None} == {torch.float32}
    inside.clear()
    with torch.inference_mode():
        generator.draw(noise)
    assert set(inside) == {torch.float32}


def test_the_condition_changes_what_is_drawn_and_how_it_is_scored():
    generator, critic = players((8, 8, 1))
    for part in (generator.ends[-1], *[level.block.leave for level in generator.levels]):
        torch.nn.init.normal_(part.weight, std=0.1)
    noise = generator.noise(5, asked([0] * 5, 2), Streams(0), "noise", 0)
    other = noise._replace(condition=noise.condition._replace(attributes=asked([1] * 5, 2).attributes))
    one, two = generator(noise), generator(other)
    assert (one - two).abs().max() > 1e-3
    scores = [critic(one, part.condition) for part in (noise, other)]
    assert (scores[0] - scores[1]).abs().min() > 1e-4


def test_values_outside_learn_of_a_way_back_and_of_none_further_out():
    values = torch.tensor([-2.0, -2.0, 0.5, 2.0, 2.0], requires_grad=True)
    (Clamp.apply(values) * torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0])).sum().backward()
    assert torch.equal(values.grad, torch.tensor([0.0, -1.0, 1.0, 1.0, 0.0]))


@pytest.mark.parametrize("options", [{"style": True}, {"grow": True}, {"style": True, "grow": True}])
@pytest.mark.parametrize("shape", [(8, 8, 1), (6, 8, 5, 1)])
def test_other_architectures_begin_as_the_draft_and_learn_in_every_weight(options, shape):
    generator, critic = players(shape, config=ImageConfig(width=4, noise_width=8, **options))
    for network in (generator, critic) if options.get("grow") else ():
        network.stage.fill_(0.75)  # between two levels, both of them show
    condition = asked([0, 1, 1, 0], 2)
    noise = generator.noise(4, condition, Streams(0), "noise", 0)
    assert torch.equal(generator(noise), generator.prior(condition, noise.parts, noise.prior_noise))
    for end in generator.ends:
        for weight in end.parameters():
            torch.nn.init.normal_(weight, std=0.1)
    for block in [level.block for level in generator.levels] + [level[0] for level in critic.levels]:
        torch.nn.init.normal_(block.leave.weight, std=0.1)
    critic(generator(noise), condition).sum().backward()
    still = [name for part in (generator, critic) for name, weight in part.named_parameters() if weight.grad is None]
    assert not still
    if options.get("style"):
        assert all(level.style.weight.grad.abs().sum() > 0 for level in generator.levels)


def test_a_growing_generator_shows_only_what_its_level_can():
    generator, _ = players((8, 8, 1), config=ImageConfig(width=4, noise_width=8, grow=True))
    for end in generator.ends:
        torch.nn.init.normal_(end.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    noise = generator.noise(4, asked([0, 1, 1, 0], 2), Streams(0), "noise", 0)
    (
        generator.prior.roots.zero_(),
        generator.prior.tail.zero_(),
        generator.prior.basis.zero_(),
        generator.prior.mean.zero_(),
    )
    generator.stage.fill_(0.0)
    coarse = generator(noise)
    smooth = torch.nn.functional.interpolate(torch.nn.functional.avg_pool2d(coarse, 2), scale_factor=2, mode="bilinear")
    assert (coarse - smooth).std() < 0.5 * coarse.std()
    generator.stage.fill_(1.0)
    assert not torch.allclose(generator(noise), coarse)


def test_a_growing_critic_at_its_first_level_sees_no_detail():
    _, critic = players((8, 8, 1), config=ImageConfig(width=4, noise_width=8, grow=True))
    images, condition = torch.randn(3, 1, 8, 8), asked([0, 1, 1], 2)
    pooled = torch.nn.functional.avg_pool2d(images, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    critic.stage.fill_(0.0)
    assert torch.allclose(critic(images, condition), critic(pooled, condition), atol=1e-6)
    critic.stage.fill_(0.5)
    assert not torch.allclose(critic(images, condition), critic(pooled, condition), atol=1e-4)


def test_growth_is_told_by_level_and_share():
    assert [reached_by(stage) for stage in (0.0, 0.25, 1.0, 2.5)] == [(0, 1.0), (1, 0.25), (1, 1.0), (3, 0.5)]


def test_every_pixel_reaches_the_critic_though_it_is_padded():
    _, critic = players((5, 6, 1), 1)
    images = torch.randn(1, 1, 5, 6, requires_grad=True)
    critic(images, asked([0], 1)).sum().backward()
    assert (images.grad != 0).all()


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_translation_shifts_by_an_eighth_at_most_and_fills_with_black():
    images = torch.zeros(200, 1, 16, 16)
    images[:, :, 8, 8] = 1
    moved = augment(images, ("translation",), source())
    indices = (moved == 1).nonzero()
    assert len(indices) == 200
    assert sorted({int(at) for at in indices[:, 2]}) == [6, 7, 8, 9, 10]
    assert sorted({int(at) for at in indices[:, 3]}) == [6, 7, 8, 9, 10]
    assert {float(value) for value in moved.unique()} == {-1, 0, 1}


def test_cutout_blanks_a_square_of_half_a_side():
    blank = (augment(torch.ones(300, 2, 8, 8), ("cutout",), source()) == 0).float()
    area = blank.flatten(1).sum(1) / 2
    assert area.max() == 16
    assert area.min() == 4  # where it reaches beyond a corner
    assert (blank.mean(0) > 0.05).all()


def test_intensity_moves_brightness_and_contrast_of_each_image():
    images = torch.stack([torch.linspace(-1, 1, 64).view(1, 8, 8)] * 500)
    changed = augment(images, ("intensity",), source())
    means, spreads = changed.mean((1, 2, 3)), changed.std((1, 2, 3)) / images[0].std()
    assert (means.min() < -0.4, means.max() > 0.4) == (True, True)
    assert 0.5 <= spreads.min() < 0.6
    assert 1.4 < spreads.max() <= 1.5


def test_flips_happen_only_when_asked_and_to_half_of_the_images():
    images = torch.arange(8.0).expand(400, 1, 8, 8)
    assert torch.equal(augment(images, (), source()), images)
    flipped = (augment(images, ("flip",), source())[:, 0, 0, 0] == 7).float().mean()
    assert 0.4 < flipped < 0.6  # a fair coin is beyond with a chance of 6e-5


def test_augmentation_is_differentiable_and_repeats_with_its_source():
    images = torch.randn(8, 3, 8, 8, requires_grad=True)
    names = ("translation", "cutout", "intensity", "flip")
    first = augment(images, names, source(1))
    first.sum().backward()
    assert images.grad.abs().sum() > 0
    assert torch.equal(first, augment(images, names, source(1)))
    assert not torch.equal(first, augment(images, names, source(2)))


def test_the_critic_sees_images_through_its_augmentation():
    _, critic = players((8, 8, 1), 1, ImageConfig(width=4, noise_width=8, augment="translation"))
    images, condition = torch.randn(4, 1, 8, 8), asked([0] * 4, 1)
    scores = []
    for seed in (1, 1, 2):
        critic.source = source(seed)
        scores.append(critic(images, condition))
    assert torch.equal(scores[0], scores[1])
    assert not torch.equal(scores[0], scores[2])
