"""The two networks of the image game: plain residual convolutions without normalisation.

After Huang et al., "The GAN is dead; long live the GAN!", 2024, section 3: both sides are the same few blocks, the work
of stability is the objective's. The condition goes into the generator's noise, and into the critic by projection (Miyato
and Koyama, "cGANs with projection discriminator", 2018, section 2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, avg_pool3d, leaky_relu, pad

from synthgan.image.augment import augment
from synthgan.image.start import Start, resize

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthgan.image.config import ImageConfig
    from synthgan.runtime import Streams

BASES = (4, 7)
GROUP = 16  # channels that a grouped convolution sees at once
LEAST_CHANNELS = 8
_SLOPE = 0.2
_VOLUME = 3  # dimensions


class Condition(NamedTuple):
    """What is asked of images.

    Attributes:
        classes: int64 ``[n]``.
        attributes: float32 ``[n, A]``: all that is known of each image, its class among it, encoded.
        guides: float32 ``[n, channels, *size]``: the images that these are to be made from; None where there are none.
    """

    classes: Tensor
    attributes: Tensor
    guides: Tensor | None = None

    def at(self, places: Any) -> Condition:
        """What is asked of the images at some places."""
        return self._each(lambda part: part[places])

    def to(self, device: torch.device) -> Condition:
        """The same on a device."""
        return self._each(lambda part: part.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Condition:
        guides = None if self.guides is None else change(self.guides)
        return Condition(change(self.classes), change(self.attributes), guides)


class ImageNoise(NamedTuple):
    """What images are made of: normal noise ``[n, ·]`` of the network and of the draft, the draft's parts, the condition."""

    noise: Tensor
    draft: Tensor
    parts: Tensor
    condition: Condition


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
    return [max(LEAST_CHANNELS, 4 * width // 2**level) for level in range(doublings + 1)]


def convolution(dims: int, before: int, after: int, side: int = 1, **options: Any) -> nn.Module:
    """A convolution over two or three dimensions."""
    make = nn.Conv3d if dims == _VOLUME else nn.Conv2d
    return make(before, after, side, **options)


class Block(nn.Module):
    """A residual block, 1x1 -> grouped 3x3 -> 1x1, that begins as the identity: its exit starts at zero."""

    def __init__(self, dims: int, channels: int) -> None:
        super().__init__()
        inner = math.ceil(2 * channels / GROUP) * GROUP
        self.enter = convolution(dims, channels, inner)
        self.mix = convolution(dims, inner, inner, 3, padding=1, groups=inner // GROUP)
        self.leave = zeroed(convolution(dims, inner, channels))

    def forward(self, images: Tensor) -> Tensor:
        """``[n, channels, *size]`` in and out."""
        inner = leaky_relu(self.enter(images), _SLOPE)
        return images + self.leave(leaky_relu(self.mix(inner), _SLOPE))


def zeroed(layer: nn.Module) -> nn.Module:
    """The layer with all weights at zero."""
    for weight in layer.parameters():
        nn.init.zeros_(weight)
    return layer


def begin_evenly(network: nn.Module) -> None:
    """Draw first weights that keep the spread of what passes through (He et al., "Delving deep into rectifiers", 2015, equation 14).

    Torch's own are six times smaller in variance: without normalisation a critic of ten layers then sees next to nothing of
    its images, and takes hundreds of steps to begin. Layers that are all zero stay so.
    """
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Conv3d, nn.Linear)) and layer.weight.any():
            nn.init.kaiming_normal_(layer.weight, _SLOPE)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def lay_out(network: nn.Module) -> None:
    """Put channels side by side in memory: convolutions of images then take a third less time on a processor."""
    for weight in network.parameters():
        if weight.dim() == 4:  # noqa: PLR2004
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)


class GeneratorLevel(nn.Module):
    """What the generator does at one resolution: looks at the draft there, and adds to what came from below."""

    def __init__(self, dims: int, before: int, after: int, image_channels: int) -> None:
        super().__init__()
        self.change = convolution(dims, before, after)
        self.see = convolution(dims, image_channels, after, 3, padding=1)
        self.block = Block(dims, after)

    def forward(self, images: Tensor, drafts: Tensor) -> Tensor:
        """``[n, before, *size]`` and drafts ``[n, image channels, *size]`` to ``[n, after, *size]``."""
        return self.block(self.change(images) + self.see(drafts))


class ImageGenerator(nn.Module):
    """Turns noise and a condition into images: a draft, and what the network adds to it.

    **Shape**: ``[n, channels, *size]``, float32, in [-1, 1].

    Attributes:
        start: what drafts.
        noise_width: noise dimensions of the network itself.
        batch_rows: images to draw at once so that memory stays bounded.
    """

    def __init__(self, start: Start, attributes: int, config: ImageConfig) -> None:
        super().__init__()
        self.start, self.noise_width = start, config.noise_width
        dims, channels = len(start.size), start.small[0]
        self.base, doublings = grid(start.size)
        self.side = self.base * 2**doublings
        widths = channels_of(config.width, doublings)
        self.batch_rows = max(1, min(1024, 2**20 // self.side**dims))
        self.embed = nn.Linear(attributes, config.noise_width, bias=False)
        self.begin = nn.Linear(2 * config.noise_width, widths[0] * self.base**dims)
        self.levels = nn.ModuleList(
            GeneratorLevel(dims, before, after, channels)
            for before, after in zip([widths[0], *widths], widths, strict=False)
        )
        self.end = zeroed(convolution(dims, widths[-1], channels, 3, padding=1))
        begin_evenly(self)
        lay_out(self)

    def noise(self, rows: int, condition: Condition, streams: Streams, name: str, place: int) -> ImageNoise:
        """Noise for images under the condition."""
        device = self.begin.weight.device
        source = streams.torch(name, place, device)
        own = torch.randn(rows, self.noise_width, generator=source, device=device)
        draft = torch.randn(rows, self.start.noise_width, generator=source, device=device)
        return ImageNoise(own, draft, self.start.parts_of(condition.classes, source), condition)

    def forward(self, noise: ImageNoise) -> Tensor:
        """Images in the critic's space."""
        drafts = self.start(noise.condition.classes, noise.parts, noise.draft)
        whole = squared(drafts, self.side)
        both = torch.cat([noise.noise, self.embed(noise.condition.attributes)], 1)
        images = self.begin(both).unflatten(1, (-1, *[self.base] * len(self.start.size)))
        for place, level in enumerate(self.levels):
            size = (self.base * 2**place,) * len(self.start.size)
            images = level(resize(images, size), resize(whole, size))
        added = self.end(leaky_relu(images, _SLOPE))[(..., *map(slice, self.start.size))]
        return Clamp.apply(drafts + added)  # type: ignore[no-untyped-call]

    def draw(self, noise: ImageNoise) -> tuple[Tensor, Condition]:
        """Images and what was asked of them."""
        return self(noise), noise.condition


class Clamp(torch.autograd.Function):
    """Brings values into [-1, 1]; what lies outside learns of a way back, and of none further out.

    Unlike a hyperbolic tangent it reaches both ends, at which the pixels of most backgrounds lie.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        """The values, bounded."""
        ctx.save_for_backward(values)
        return values.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """The gradient, where a step against it does not lead further out."""
        (values,) = ctx.saved_tensors
        return torch.where((values.abs() > 1) & (values * gradient < 0), 0.0, gradient)


def squared(images: Tensor, side: int) -> Tensor:
    """Images continued at their last edges to a square or cube of that side."""
    missing = [edge for length in reversed(images.shape[2:]) for edge in (0, side - length)]
    return pad(images, missing, mode="replicate") if any(missing) else images


class ImageCritic(nn.Module):
    """Scores how real images look under their condition; ``[n]``.

    Attributes:
        augmentations: what it sees images through.
        source: randomness of those, which a turn of the game sets.
    """

    def __init__(self, shape: tuple[int, ...], attributes: int, config: ImageConfig) -> None:
        super().__init__()
        *size, channels = shape
        dims = len(size)
        base, doublings = grid(tuple(size))
        self.side, self.augmentations = base * 2**doublings, config.augmentations
        self.source = torch.Generator()
        self.halve = avg_pool3d if dims == _VOLUME else avg_pool2d
        widths = channels_of(config.width, doublings)[::-1]
        self.begin = convolution(dims, channels, widths[0], 3, padding=1)
        self.levels = nn.ModuleList(
            nn.Sequential(Block(dims, before), convolution(dims, before, after))
            for before, after in zip(widths, [*widths[1:], widths[-1]], strict=True)
        )
        # One weight for each place and channel: where something stands counts at the base.
        self.gather = convolution(dims, widths[-1], widths[-1], base, groups=widths[-1])
        self.score = nn.Linear(widths[-1], 1)
        self.embed = nn.Linear(attributes, widths[-1], bias=False)
        begin_evenly(self)
        lay_out(self)

    def forward(self, sample: Tensor, condition: Condition) -> Tensor:
        """Logits of images ``[n, channels, *size]`` under the condition."""
        images = self.begin(squared(augment(sample, self.augmentations, self.source), self.side))
        for place, level in enumerate(self.levels):
            images = level(self.halve(images, 2) if place else images)
        features = leaky_relu(self.gather(images).flatten(1), _SLOPE)
        matched = (features * self.embed(condition.attributes)).sum(1) / math.sqrt(features.shape[1])
        return self.score(features).squeeze(1) + matched
