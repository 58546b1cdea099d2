"""Both networks: their sizes, their beginnings, and that class and augmentation reach the critic."""

from __future__ import annotations

import pytest
import torch

from synthgan.image.augment import augment
from synthgan.image.networks import Block, ImageCritic, ImageGenerator, channels_of, grid
from synthgan.runtime import Streams, initial_weights


@pytest.mark.parametrize(
    ("size", "square"),
    [((28, 28), (7, 2)), ((8, 8), (4, 1)), ((32, 32), (4, 3)), ((224, 224), (7, 5)), ((3, 1), (4, 0)), ((5, 7), (7, 0))],
)  # fmt: skip
def test_the_grid_is_the_smallest_square_that_holds_the_image(size, square):
    assert grid(*size) == square


def test_widths_halve_with_each_doubling_down_to_a_floor():
    assert channels_of(16, 5) == [64, 32, 16, 8, 8, 8]


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 3), (10, 6, 1), (3, 5, 3)])
def test_images_of_any_size_come_out_and_are_scored(shape):
    height, width, channels = shape
    generator, critic = ImageGenerator(shape, 3, 4, 8), ImageCritic(shape, 3, 4)
    classes = torch.tensor([0, 1, 2, 1])
    images = generator(generator.noise(4, classes, Streams(0), "noise", 0))
    assert images.shape == (4, channels, height, width)
    assert images.abs().max() < 1
    assert critic(images, classes).shape == (4,)


def test_a_block_begins_as_the_identity():
    images = torch.randn(2, 24, 5, 5)
    assert torch.equal(Block(24)(images), images)


def test_the_class_changes_what_is_drawn_and_how_it_is_scored():
    with initial_weights(Streams(0)):
        generator, critic = ImageGenerator((8, 8, 1), 2, 4, 8), ImageCritic((8, 8, 1), 2, 4)
    one, two = (generator(generator.noise(5, torch.full((5,), label), Streams(0), "noise", 0)) for label in (0, 1))
    assert (one - two).abs().max() > 1e-3
    scores = [critic(one, torch.full((5,), label)) for label in (0, 1)]
    assert (scores[0] - scores[1]).abs().min() > 1e-4


def test_every_pixel_reaches_the_critic_though_it_is_padded():
    critic = ImageCritic((5, 6, 1), 1, 4)
    images = torch.randn(1, 1, 5, 6, requires_grad=True)
    critic(images, torch.zeros(1, dtype=torch.int64)).sum().backward()
    assert (images.grad != 0).all()


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_translation_shifts_by_an_eighth_at_most_and_fills_with_black():
    images = torch.zeros(200, 1, 16, 16)
    images[:, :, 8, 8] = 1
    moved = augment(images, ("translation",), source())
    places = (moved == 1).nonzero()
    assert len(places) == 200
    assert sorted({int(at) for at in places[:, 2]}) == [6, 7, 8, 9, 10]
    assert sorted({int(at) for at in places[:, 3]}) == [6, 7, 8, 9, 10]
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
    with initial_weights(Streams(0)):
        critic = ImageCritic((8, 8, 1), 1, 4, ("translation",))
    images, classes = torch.randn(4, 1, 8, 8), torch.zeros(4, dtype=torch.int64)
    scores = []
    for seed in (1, 1, 2):
        critic.source = source(seed)
        scores.append(critic(images, classes))
    assert torch.equal(scores[0], scores[1])
    assert not torch.equal(scores[0], scores[2])
