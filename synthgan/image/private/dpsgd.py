"""The private training of images: a network that starts from noisy moments, and a critic that learns by noisy gradients."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from synthgan.gan.dpsgd import CLIP, DPSGDUpdates
from synthgan.gan.monitor import Monitor
from synthgan.gan.state import TrainingState
from synthgan.gan.train import Progress, train
from synthgan.image.layers import begin_evenly, convolution, squared
from synthgan.image.networks import grid
from synthgan.image.prior import resize
from synthgan.image.private.budget import GAN_RATE, GAN_STEPS
from synthgan.image.queries import ImageSamples
from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from synthgan.image.config import ImageConfig
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.networks import ImageGenerator, ImageNoise
    from synthgan.image.prior import Condition, Given, Prior
    from synthgan.image.private.budget import Budget
    from synthgan.privacy.curator import Curator
    from synthgan.runtime import Streams

CRITIC_STEPS = 4  # for each step of the generator
LEARNING_RATE = 1e-4
HOLD = 100.0  # weight of the prior, beside the critic's word
MIN_FAKES = 64
MAX_SEEN = 32  # pixels a side that the critic sees; noise grows with what it has to learn
FIRST_CHANNELS, MAX_CHANNELS = 16, 64


class PlainCritic(nn.Module):
    """Scores images under their class by strided convolutions and nothing that mixes images; ``[n]``.

    The class comes in by projection (Miyato and Koyama, "cGANs with projection discriminator", 2018, section 2).
    """

    def __init__(self, shape: tuple[int, ...], attribute_width: int) -> None:
        super().__init__()
        *size, channels = shape
        base, doublings = grid(tuple(size))
        self.side = base * 2**doublings
        halvings = max(0, math.ceil(math.log2(self.side / MAX_SEEN)))
        self.seen = (self.side // 2**halvings,) * len(size)
        widths = [min(FIRST_CHANNELS * 2**level, MAX_CHANNELS) for level in range(max(1, doublings - halvings))]
        self.levels = nn.ModuleList(
            convolution(len(size), before, after, 4, stride=2, padding=1)
            for before, after in zip([channels, *widths], widths, strict=False)
        )
        indices = (self.seen[0] // 2 ** len(widths)) ** len(size)
        self.score = nn.Linear(widths[-1] * indices, 1)
        self.match = nn.Linear(widths[-1] * indices, attribute_width, bias=False)
        begin_evenly(self)

    def forward(self, sample: Tensor, condition: Condition) -> Tensor:
        """Logits of images ``[n, channels, *size]`` under the condition."""
        images = resize(squared(sample, self.side), self.seen)
        for level in self.levels:
            images = leaky_relu(level(images), 0.2)
        features = images.flatten(1)
        matched = (self.match(features) * condition.attributes).sum(1) / math.sqrt(features.shape[1])
        return self.score(features).squeeze(1) + matched


def play_privately(
    generator: ImageGenerator,
    encoding: ImageEncoding,
    config: ImageConfig,
    curator: Curator,
    budget: Budget,
    streams: Streams,
) -> Generator[Progress, None, ImageGenerator]:
    """Let a network that draws a start play; its average is given, the critic is thrown away.

    The number of steps is fixed before, and nothing is judged on images.

    Args:
        generator: as it begins.
        encoding: what images look like; its counts are noised.
        config: limits of time and the memory of the average.
        curator: owns the images, and gives noisy gradients of them.
        budget: at which noise.
        streams: randomness of the first weights and of generated images.
    """
    steps, device = GAN_STEPS // CRITIC_STEPS, generator.stage.device
    with initial_weights(streams.below("critic")):
        critic = PlainCritic(encoding.drawn, encoding.attribute_width).to(device)
    training = replace(config.training(), steps=steps, critic_steps=CRITIC_STEPS, learning_rate=LEARNING_RATE)
    state = TrainingState(generator, critic, training)
    fakes = max(MIN_FAKES, round(GAN_RATE * int(encoding.counts.sum())))
    gradient = curator.gradient(
        ImageSamples(encoding, device),
        clip=CLIP,
        noise=budget.dpsgd_noise,
        rate=GAN_RATE,
        steps=GAN_STEPS,
        stage="training",
        purpose="what the critic learns from",
    )
    condition = _condition(encoding, fakes, streams, device)
    updates = DPSGDUpdates(gradient, fakes, streams, hold_to(generator.prior), condition)
    monitor = Monitor(None, steps, 1)
    monitor.begin(state)
    for step in train(state, updates, monitor):
        yield Progress("training", step.step, steps, step.rows, step.critic_loss, step.generator_loss, step.message)
    return cast("ImageGenerator", state.average)


def _condition(
    encoding: ImageEncoding, fakes: int, streams: Streams, device: torch.device
) -> Callable[[str, int], Condition]:
    """The classes of generated images, at their noised frequencies."""
    shares = encoding.shares(None)

    def condition(player: str, step: int) -> Condition:
        drawn = streams.numpy(f"{player} classes", step).choice(len(shares), fakes, p=shares)
        return encoding.ask(drawn).to(device)

    return condition


def hold_to(prior: Prior | Given) -> Callable[[Tensor, ImageNoise], Tensor]:
    """How far images have gone from their prior images, on the whole: a critic taught by so few noisy steps knows less than they do."""

    def distance(sample: Tensor, noise: ImageNoise) -> Tensor:
        return HOLD * (sample - prior(noise.condition, noise.parts, noise.prior_noise)).square().mean()

    return distance
