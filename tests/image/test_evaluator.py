"""What is held out tells a good generator from a bad one, and names the class that a generator has lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synthgan.image.evaluator import HoldoutEvaluator
from synthgan.image.prior import Condition
from synthgan.runtime import Streams

SHADES = (-0.5, 0.5)


class Generator:
    """Draws images of the class's shade, changed as it is told."""

    batch_rows = 1024

    def __init__(self, change=lambda images, classes: images):
        self.change = change

    def noise(self, rows, condition, streams, name, index):
        return streams.torch(name, index), condition

    def draw(self, noise):
        source, condition = noise
        return self.change(images_of(condition.classes, source), condition.classes), condition


def images_of(classes, source):
    shades = torch.tensor(SHADES)[classes][:, None, None, None]
    spread = 0.2 * torch.randn(len(classes), 1, 2, 2, generator=source)
    return shades + spread.repeat_interleave(4, 2).repeat_interleave(4, 3)


@pytest.fixture(scope="module")
def judge():
    classes = torch.as_tensor(np.arange(200) % 2)
    condition = Condition(classes, torch.nn.functional.one_hot(classes, 2).float())
    return HoldoutEvaluator(images_of(classes, Streams(1).torch("held")), condition, ["ill", "well"], Streams(0))


def test_a_faithful_generator_is_near_to_what_was_held_out(judge):
    verdict = judge(Generator())
    assert verdict.score > 0.85  # 1 for as many images as there could be
    assert verdict.collapse is None
    assert verdict == judge(Generator())


@pytest.mark.parametrize(
    "change",
    [lambda images, _: images * 0.5, lambda images, _: images + 0.5, lambda images, _: images[:1] + 0 * images],
)
def test_a_worse_one_is_farther_away(judge, change):
    assert judge(Generator(change)).score < 0.7 * judge(Generator()).score


def test_a_class_that_is_lost_is_named(judge):
    judge(Generator())

    def one_image(images, classes):
        return torch.where((classes == 0)[:, None, None, None], images[:1], images)

    assert judge(Generator(one_image)).collapse == "images of 'ill' are no longer like real ones"


def test_the_right_images_under_the_wrong_class_do_not_count(judge):
    faithful, swapped = judge(Generator()), judge(Generator(lambda images, _: -images))
    assert swapped.score < 0.9 * faithful.score  # images alone are as near as ever
    assert swapped.collapse == "images of 'ill', 'well' are no longer like real ones"


def test_few_held_out_images_are_looked_at_several_times():
    """Twenty-five draws of twenty images each, no two alike: one alone would leave it to chance which weights are kept."""
    classes = torch.as_tensor(np.arange(20) % 2)
    condition = Condition(classes, torch.nn.functional.one_hot(classes, 2).float())
    judge = HoldoutEvaluator(images_of(classes, Streams(1).torch("held")), condition, ["ill", "well"], Streams(0))
    drawn = []

    def count(images, _):
        drawn.append(images[0, 0, 0, 0].item())
        return images

    judge(Generator(count))
    assert len(drawn) == len(set(drawn)) == 25


def test_held_out_images_that_are_all_alike_are_judged():
    classes = torch.as_tensor(np.arange(32) % 2)
    condition = Condition(classes, torch.nn.functional.one_hot(classes, 2).float())
    judge = HoldoutEvaluator(torch.full((32, 1, 8, 8), -1.0), condition, ["ill", "well"], Streams(0))
    alike = judge(Generator(lambda images, _: torch.full_like(images, -1.0)))
    assert alike.score == pytest.approx(1, abs=0.01)  # of no spread rounding is left
    assert judge(Generator()).score < 0.1


def test_no_number_is_no_score(judge):
    assert math.isnan(judge(Generator(lambda images, _: images * math.nan)).score)


def test_what_is_told_beside_the_class_must_show():
    """Images are as bright as was told: a generator that does not listen is as near, and is worth less."""
    classes = torch.zeros(200, dtype=torch.int64)
    attributes = torch.linspace(-1, 1, 200)[:, None]
    condition = Condition(classes, torch.cat([torch.ones(200, 1), attributes], 1))
    held = 0.5 * attributes[:, :, None, None] + 0.1 * images_of(classes, Streams(1).torch("held"))

    class Told(Generator):
        def draw(self, noise):
            source, condition = noise
            images = 0.5 * attributes[:, :, None, None] + 0.1 * images_of(condition.classes, source)
            return self.change(images, source), condition

    judge = HoldoutEvaluator(held, condition, ["ill"], Streams(0))
    listens, deaf, chance = Told(), Told(lambda images, source: images[torch.randperm(200, generator=source)]), 0.5
    assert judge(listens).score - judge(deaf).score == pytest.approx((1 - chance) / 2, abs=0.07)
    plain = HoldoutEvaluator(held, Condition(classes, torch.ones(200, 1)), ["ill"], Streams(0))
    assert plain(deaf).score == pytest.approx(plain(listens).score, abs=0.03)


def with_fields(images, larger=0.0):
    """Images with a mask of what is brighter than the class's shade, in a channel of its own."""
    shade = images.mean((1, 2, 3), keepdim=True)
    return torch.cat([images, (images - shade + larger).clamp(-1, 1)], 1)


@pytest.mark.parametrize("larger", [0.1, -0.1], ids=["too large", "too small"])
def test_areas_and_pieces_of_masks_count(larger):
    classes = torch.as_tensor(np.arange(200) % 2)
    condition = Condition(classes, torch.nn.functional.one_hot(classes, 2).float())
    held = with_fields(images_of(classes, Streams(1).torch("held")))
    judge = HoldoutEvaluator(held, condition, ["ill", "well"], Streams(0), structures=1)
    blind = HoldoutEvaluator(held, condition, ["ill", "well"], Streams(0))
    drawn = [Generator(lambda images, _, by=by: with_fields(images, by)) for by in (0.0, larger)]
    good, spoiled = (judge(generator).score for generator in drawn)
    assert spoiled < good - 0.2  # the mean of closeness and of this
    unseen, seen = (blind(generator).score for generator in drawn)
    assert good - spoiled > unseen - seen


def test_the_order_of_frames_counts():
    """Of clips that grow brighter, those that grow darker are far away, though each frame is as it should be."""
    classes = torch.zeros(120, dtype=torch.int64)
    condition = Condition(classes, torch.ones(120, 1))

    def clips(images, _=None):
        return images[:, :, None] + torch.tensor([-0.2, 0.0, 0.2])[:, None, None]

    held = clips(images_of(classes, Streams(1).torch("held")))
    judge = HoldoutEvaluator(held, condition, ["all"], Streams(0), clips=True)
    forth = judge(Generator(clips)).score
    assert judge(Generator(lambda images, _: clips(images).flip(2))).score < 0.5 * forth
