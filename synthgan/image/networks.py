"""The two networks of the image game: plain residual convolutions without normalisation.

After Huang et al., "The GAN is dead; long live the GAN!", 2024, section 3: both sides are the same few blocks, the work
of stability is the objective's. The condition goes into the generator's noise, and into the critic by projection (Miyato
and Koyama, "cGANs with projection discriminator", 2018, section 2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, pad

from synthgan.image.augment import augment

if TYPE_CHECKING:
    from synthgan.runtime import Streams

BASES = (4, 7)
GROUP = 16  # channels that a grouped 3x3 convolution sees at once
LEAST_CHANNELS = 8
_SLOPE = 0.2


class ImageNoise(NamedTuple):
    """What an image is made of: float32 ``[n, noise_width]`` and the class, int64 ``[n]``."""

    noise: Tensor
    classes: Tensor


def grid(height: int, width: int) -> tuple[int, int]:
    """The base and the doublings of the smallest square ``base * 2**doublings`` that holds the image.

    Example:
        >>> grid(28, 28), grid(8, 8), grid(30, 20)
        ((7, 2), (4, 1), (4, 3))
    """
    side = max(height, width)
    squares = ((base, max(0, math.ceil(math.log2(side / base)))) for base in BASES)
    return min(squares, key=lambda square: square[0] * 2 ** square[1])


def channels_of(width: int, doublings: int) -> list[int]:
    """The width table: channels at the base and after each doubling, from one number.

    Example:
        >>> channels_of(32, 4)
        [128, 64, 32, 16, 8]
    """
    return [max(LEAST_CHANNELS, 4 * width // 2**level) for level in range(doublings + 1)]


class Block(nn.Module):
    """A residual block, 1x1 -> grouped 3x3 -> 1x1, that begins as the identity: its exit starts at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = math.ceil(2 * channels / GROUP) * GROUP
        self.enter = nn.Conv2d(channels, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, padding=1, groups=inner // GROUP)
        self.leave = nn.Conv2d(inner, channels, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        """``[n, channels, height, width]`` in and out."""
        inner = leaky_relu(self.enter(images), _SLOPE)
        return images + self.leave(leaky_relu(self.mix(inner), _SLOPE))


class ImageGenerator(nn.Module):
    """Turns noise and a class into images.

    **Shape**: ``[n, channels, height, width]``, float32, in (-1, 1).

    Attributes:
        shape: height, width and channels of an image.
        batch_rows: images to draw at once so that memory stays bounded.
    """

    def __init__(self, shape: tuple[int, ...], classes: int, width: int, noise_width: int) -> None:
        super().__init__()
        self.shape, self.noise_width = shape, noise_width
        height, breadth, channels = shape
        self.base, doublings = grid(height, breadth)
        widths = channels_of(width, doublings)
        self.batch_rows = max(1, min(1024, 2**20 // (self.base * 2**doublings) ** 2))
        self.embed = nn.Embedding(classes, noise_width)
        self.begin = nn.Linear(2 * noise_width, widths[0] * self.base**2)
        self.levels = nn.ModuleList(
            nn.ModuleDict({"change": nn.Conv2d(before, after, 1), "block": Block(after)})
            for before, after in zip([widths[0], *widths], widths, strict=False)
        )
        self.end = nn.Conv2d(widths[-1], channels, 3, padding=1)

    def noise(self, rows: int, condition: Tensor, streams: Streams, name: str, place: int) -> ImageNoise:
        """Noise for images of the classes ``condition``, int64 ``[rows]``."""
        device = self.begin.weight.device
        source = streams.torch(name, place, device)
        return ImageNoise(torch.randn(rows, self.noise_width, generator=source, device=device), condition)

    def forward(self, noise: ImageNoise) -> Tensor:
        """Images in the critic's space."""
        both = torch.cat([noise.noise, self.embed(noise.classes)], 1)
        images = self.begin(both).unflatten(1, (-1, self.base, self.base))
        for place, level in enumerate(self.levels):
            if place:
                images = interpolate(images, scale_factor=2.0, mode="bilinear")
            images = level["block"](level["change"](images))  # type: ignore[index]
        height, width, _ = self.shape
        return torch.tanh(self.end(leaky_relu(images, _SLOPE))[..., :height, :width])

    def draw(self, noise: ImageNoise) -> tuple[Tensor, Tensor]:
        """Images and their classes."""
        return self(noise), noise.classes


class ImageCritic(nn.Module):
    """Scores how real images look under their class; ``[n]``.

    Attributes:
        augmentations: what it sees images through.
        source: randomness of those, which a turn of the game sets.
    """

    def __init__(self, shape: tuple[int, ...], classes: int, width: int, augmentations: tuple[str, ...] = ()) -> None:
        super().__init__()
        height, breadth, channels = shape
        base, doublings = grid(height, breadth)
        self.side, self.augmentations = base * 2**doublings, augmentations
        self.source = torch.Generator()
        widths = channels_of(width, doublings)[::-1]
        self.begin = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.levels = nn.ModuleList(
            nn.ModuleDict({"block": Block(before), "change": nn.Conv2d(before, after, 1)})
            for before, after in zip(widths, [*widths[1:], widths[-1]], strict=True)
        )
        # One weight for each place and channel: where something stands counts at the base.
        self.gather = nn.Conv2d(widths[-1], widths[-1], base, groups=widths[-1])
        self.score = nn.Linear(widths[-1], 1)
        self.embed = nn.Embedding(classes, widths[-1])

    def forward(self, sample: Tensor, condition: Tensor) -> Tensor:
        """Logits of images ``[n, channels, height, width]`` of the classes ``condition``, int64 ``[n]``."""
        images = augment(sample, self.augmentations, self.source)
        height, width = images.shape[2:]
        images = self.begin(pad(images, (0, self.side - width, 0, self.side - height), mode="replicate"))
        for place, level in enumerate(self.levels):
            if place:
                images = avg_pool2d(images, 2)
            images = level["change"](level["block"](images))  # type: ignore[index]
        features = leaky_relu(self.gather(images).flatten(1), _SLOPE)
        return self.score(features).squeeze(1) + (features * self.embed(condition)).sum(1) / math.sqrt(
            features.shape[1]
        )
