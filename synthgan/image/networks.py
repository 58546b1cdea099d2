"""The two networks that draw images: plain residual convolutions without normalisation.

After Huang et al., "The GAN is dead; long live the GAN!", 2024, section 3: both sides are the same few blocks, the work
of stability is the objective's. The condition goes into the generator's noise, and into the critic by
projection (Miyato and Koyama, "cGANs with projection discriminator", 2018, section 2). Of clips layers see single frames, and
in some channels those before and after; noise becomes the coarsest frames together, and the critic ends with all of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, avg_pool3d, leaky_relu

from synthgan.image.augment import augment
from synthgan.image.layers import (
    SLOPE,
    VOLUME,
    Block,
    Clamp,
    GeneratorLevel,
    Mapping,
    Projection,
    apart,
    begin_evenly,
    convolution,
    laid_out,
    lay_out,
    roughly,
    squared,
    together,
    zeroed,
)
from synthgan.image.prior import Condition, Given, Prior, resize
from synthgan.io.contract import Array, require

if TYPE_CHECKING:
    from synthgan.image.config import ImageConfig
    from synthgan.runtime import Streams

BASES = (4, 7)
MIN_CHANNELS = 8
CACHED_PIXELS = 2**16  # of the images that a processor draws at once: what they become on the way stays near it


class ImageNoise(NamedTuple):
    """What images are made of: normal noise ``[n, ·]`` of the network and of the prior, the prior's parts, the condition."""

    noise: Tensor
    prior_noise: Tensor
    parts: Tensor
    condition: Condition

    def at(self, indices: slice) -> ImageNoise:
        """The noise of the images at some indices."""
        return ImageNoise(
            self.noise[indices], self.prior_noise[indices], self.parts[indices], self.condition.at(indices)
        )


def grid(size: tuple[int, ...]) -> tuple[int, int]:
    """The base and the doublings of the smallest square or cube of side ``base * 2**doublings`` that holds the image.

    Example:
        >>> grid((28, 28)), grid((8, 8)), grid((30, 20))
        ((7, 2), (4, 1), (4, 3))
    """
    side = max(size)
    squares = ((base, max(0, math.ceil(math.log2(side / base)))) for base in BASES)
    return min(squares, key=lambda square: square[0] * 2 ** square[1])


def channels_of(width: int, doublings: int) -> list[int]:
    """The width table: channels at the base and after each doubling, from one number.

    Example:
        >>> channels_of(32, 4)
        [128, 64, 32, 16, 8]
    """
    return [max(MIN_CHANNELS, 4 * width // 2**level) for level in range(doublings + 1)]


def first_weights(prior: Prior | Given, attribute_width: int, config: ImageConfig) -> dict[str, Array]:
    """The weights of a generator that all others are smaller than: what a file must hold before one is made of its size."""
    base, doublings = grid(prior.sides)
    dims, width, noise = len(prior.sides), channels_of(config.width, doublings)[0], config.noise_width
    begin: dict[str, tuple[int, ...]] = {"layer.weight": (width * max(1, prior.frames) * base**dims, 2 * noise)}
    if config.style:
        constant = (width, *([prior.frames] if prior.frames else []), *[base] * dims)
        begin = {"layers.0.weight": (2 * noise, 2 * noise), "constant": constant}
    shapes: dict[str, tuple[int, ...]] = {
        "embed.weight": (noise, attribute_width),
        "levels.0.change.weight": (width, width, *[1] * dims),
        **{f"begin.{name}": shape for name, shape in begin.items()},
    }
    return {name: Array("f4", shape) for name, shape in shapes.items()}


class ImageGenerator(nn.Module):
    """Turns noise and a condition into images: a prior image, and what the network adds to it.

    **Shape**: ``[n, channels, *size]``, float32, in [-1, 1].

    Attributes:
        prior: what draws the images to begin with.
        noise_width: noise dimensions of the network itself.
        batch_rows: images to draw at once so that memory stays bounded.
        stage: the finest level that it has grown to, float32 ``[]``.
    """

    stage: Tensor

    def __init__(self, prior: Prior | Given, attribute_width: int, config: ImageConfig) -> None:
        super().__init__()
        self.prior, self.noise_width, self.frames = prior, config.noise_width, prior.frames
        self.dims, channels = len(prior.sides), prior.small[0]
        dims, time = self.dims, [self.frames] if self.frames else []
        self.base, doublings = grid(prior.sides)
        self.side = self.base * 2**doublings
        widths = channels_of(config.width, doublings)
        self.batch_rows = max(1, min(1024, 2**20 // (self.side**dims * max(1, self.frames))))
        self.embed = nn.Linear(attribute_width, config.noise_width, bias=False)
        begin = Mapping if config.style else Projection
        self.begin = begin(2 * config.noise_width, (widths[0], *time, *[self.base] * dims))
        self.levels = nn.ModuleList(
            GeneratorLevel(dims, before, after, channels, 2 * config.noise_width * config.style, self.frames)
            for before, after in zip([widths[0], *widths], widths, strict=False)
        )
        # A growing network shows what it has at every level, another one at the last alone.
        self.ends = nn.ModuleList(
            zeroed(convolution(dims, after, channels, 3, padding=1))
            if config.grow or index == doublings
            else nn.Identity()
            for index, after in enumerate(widths)
        )
        self.register_buffer("stage", torch.tensor(float(doublings)))
        refuse_other_stages(self, grows=config.grow)
        begin_evenly(self)
        lay_out(self)

    def noise(self, rows: int, condition: Condition, streams: Streams, name: str, index: int) -> ImageNoise:
        """Noise for images under the condition, drawn on the processor: the same on any device."""
        device, source = self.stage.device, streams.torch(name, index)
        own = torch.randn(rows, self.noise_width, generator=source).to(device)
        prior_noise = torch.randn(rows, self.prior.noise_width, generator=source).to(device)
        return ImageNoise(own, prior_noise, self.prior.parts_of(condition.mixtures, source), condition)

    def forward(self, noise: ImageNoise) -> Tensor:
        """Images in the critic's space."""
        prior_images = apart(self.prior(noise.condition, noise.parts, noise.prior_noise), self.frames)
        whole = squared(prior_images, self.side)
        both = torch.cat([noise.noise, self.embed(noise.condition.attributes)], 1)
        reached, share = reached_by(float(self.stage))
        added = torch.zeros_like(whole)
        with roughly(whole.device):
            images, style = self.begin(both)
            style = style.repeat_interleave(max(1, self.frames), 0)
            images = laid_out(apart(images, self.frames))
            for index in range(reached + 1):
                size = (self.base * 2**index,) * self.dims
                images = self.levels[index](resize(images, size), resize(whole, size), style)
                weight = share if index == reached else 1 - share if index == reached - 1 else 0.0
                if weight:
                    shown = self.ends[index](leaky_relu(images, SLOPE)).float()
                    added = added + weight * resize(shown, (self.side,) * self.dims)
        inside: list[slice] = [slice(length) for length in self.prior.sides]
        made = Clamp.apply(prior_images + added[(slice(None), slice(None), *inside)])  # type: ignore[no-untyped-call]
        return together(made, self.frames)

    def draw(self, noise: ImageNoise) -> tuple[Tensor, Condition]:
        """Images and their condition."""
        rows = len(noise.noise)
        few = rows if self.stage.is_cuda else max(1, CACHED_PIXELS // (self.side**self.dims * max(1, self.frames)))
        parts = [self(noise.at(slice(first, first + few))) for first in range(0, rows, few)]
        return torch.cat(parts), noise.condition


def reached_by(stage: float) -> tuple[int, float]:
    """The finest level of networks that have grown so far, and the share that it has in what is shown; the coarser one has the rest.

    Karras et al., "Progressive growing of GANs for improved quality, stability, and variation", 2018, section 2.

    Example:
        >>> reached_by(2.0), reached_by(1.25)
        ((2, 1.0), (2, 0.25))
    """
    reached = math.ceil(stage)
    return reached, 1 - (reached - stage)


def refuse_other_stages(network: nn.Module, *, grows: bool) -> None:
    """See that no weights are loaded which stood at a level that the network does not reach, whatever file they come from.

    Args:
        network: at its last stage.
        grows: whether it may be at an earlier one.
    """
    last = float(cast("Tensor", network.stage))

    def look(_: nn.Module, weights: dict[str, Tensor], prefix: str, *__: object) -> None:
        stage = float(weights.get(f"{prefix}stage", last))
        require(0 <= stage <= last if grows else stage == last, "stage", "one that the networks grow to")

    network.register_load_state_dict_pre_hook(look)


class ImageCritic(nn.Module):
    """Scores how real images look under their condition; ``[n]``.

    Attributes:
        augmentations: what it sees images through.
        source: randomness of those, which an update sets.
        stage: the finest level that it looks at, float32 ``[]``.
    """

    stage: Tensor

    def __init__(
        self, shape: tuple[int, ...], attribute_width: int, config: ImageConfig, *, clips: bool = False
    ) -> None:
        super().__init__()
        *size, channels = shape
        self.frames, size = (size[0], size[1:]) if clips else (0, size)
        dims = len(size)
        base, doublings = grid(tuple(size))
        self.side, self.augmentations = base * 2**doublings, config.augmentations
        self.source = torch.Generator()
        self.halve = avg_pool3d if dims == VOLUME else avg_pool2d
        widths = channels_of(config.width, doublings)[::-1]
        channels *= 1 if config.condition_image is None else 2
        self.begins = nn.ModuleList(
            convolution(dims, channels, before, 3, padding=1) if config.grow or not index else nn.Identity()
            for index, before in enumerate(widths)
        )
        self.levels = nn.ModuleList(
            nn.Sequential(Block(dims, before, self.frames), convolution(dims, before, after))
            for before, after in zip(widths, [*widths[1:], widths[-1]], strict=True)
        )
        self.register_buffer("stage", torch.tensor(float(doublings)))
        refuse_other_stages(self, grows=config.grow)
        # One weight for each position and channel: where something stands counts at the base.
        whole = (self.frames, base, base) if clips else base
        self.gather = convolution(dims + clips, widths[-1], widths[-1], whole, groups=widths[-1])
        self.score = nn.Linear(widths[-1], 1)
        self.embed = nn.Linear(attribute_width, widths[-1], bias=False)
        begin_evenly(self)
        lay_out(self)

    def forward(self, sample: Tensor, condition: Condition) -> Tensor:
        """Logits of images ``[n, channels, *size]`` under the condition."""
        given = sample if condition.guides is None else torch.cat([sample, condition.guides], 1)
        if self.frames:  # all frames of a clip are changed alike
            flat = augment(given.flatten(1, 2), self.augmentations, self.source)
            given = apart(flat.unflatten(1, given.shape[1:3]), self.frames)
        else:
            given = augment(given, self.augmentations, self.source)
        seen = squared(given, self.side)
        reached, share = reached_by(float(self.stage))
        first = len(self.levels) - 1 - reached
        for _ in range(first):
            seen = self.halve(seen, 2)
        with roughly(seen.device):
            images = laid_out(self.begins[first](seen))
            for index in range(first, len(self.levels)):
                if index > first:
                    images = self.halve(images, 2)
                if index == first + 1 and share < 1:
                    images = share * images + (1 - share) * self.begins[index](self.halve(seen, 2))
                images = self.levels[index](images)
            features = leaky_relu(self.gather(together(images, self.frames)).flatten(1), SLOPE)
        features = features.float()
        matched = (features * self.embed(condition.attributes)).sum(1) / math.sqrt(features.shape[1])
        return self.score(features).squeeze(1) + matched
