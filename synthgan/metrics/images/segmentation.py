"""What synthetic images with masks are worth: a small U-Net learns to find structures in them, and is tested on real ones.

After Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015, with three levels
and fewer than 500,000 weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate, max_pool2d, one_hot

from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams

    Labels = NDArray[np.uint8]

WIDTH = 12  # channels at full size
LEVELS = 3
STEPS, BATCH, RATE = 400, 32, 2e-3
_BLOCK = 256
_SMALL = 1.0  # pixels, so that what is nowhere can be found nowhere


@dataclass(frozen=True, slots=True, eq=False)
class Segmented:
    """Images and what each of their pixels shows.

    Attributes:
        inputs: float32 ``[n, channels, height, width]`` in [0, 1].
        labels: uint8 ``[n, height, width]``, 0 for background.
    """

    inputs: NDArray[np.float32]
    labels: Labels

    def __len__(self) -> int:
        """How many there are."""
        return len(self.labels)


class UNet(nn.Module):
    """Says of each pixel which structure it shows; logits ``[n, structures and background, height, width]``."""

    def __init__(self, channels: int, structures: int, width: int = WIDTH) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS)]
        self.down = nn.ModuleList(
            _twice(before, after) for before, after in zip([channels, *widths], widths, strict=False)
        )
        self.up = nn.ModuleList(_twice(2 * after + after, after) for after in widths[-2::-1])
        self.out = nn.Conv2d(width, structures + 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images whose sides may be of any length."""
        seen: list[Tensor] = []
        for index, level in enumerate(self.down):
            images = level(max_pool2d(images, 2, ceil_mode=True) if index else images)
            seen.append(images)
        for level, beside in zip(self.up, seen[-2::-1], strict=True):
            images = level(torch.cat([interpolate(images, size=beside.shape[2:]), beside], 1))
        logits: Tensor = self.out(images)
        return logits


def learn_structures(train: Segmented, structures: int, streams: Streams, *, steps: int = STEPS) -> UNet:
    """A U-Net after a fixed number of steps of Adam on cross-entropy and Dice together; about a minute on a processor.

    Half of the images of each batch are turned over, left to right or top to bottom: structures are where they are by chance.
    """
    with initial_weights(streams):
        network = UNet(train.inputs.shape[1], structures)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    rng = streams.numpy("segmented")
    for _ in range(steps):
        chosen = rng.integers(len(train), size=min(BATCH, len(train)))
        turned = [axis for axis in (-1, -2) if rng.random() < 0.5]  # noqa: PLR2004
        inputs = torch.as_tensor(train.inputs[chosen]).flip(turned).contiguous(memory_format=torch.channels_last)
        truth = torch.as_tensor(train.labels[chosen].astype(np.int64)).flip(turned)
        logits = network(inputs)
        optimizer.zero_grad()
        (cross_entropy(logits, truth) + _dice_loss(logits, truth)).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def dice(network: UNet, test: Segmented, structures: int) -> tuple[float, float]:
    """How well it finds the structures of other images: twice what is common over what both have, the mean of all structures.

    Returns:
        Dice (Dice, "Measures of the amount of ecologic association between species", 1945) of all images together, and the
        standard error of it.
    """
    common, both = np.zeros((len(test), structures)), np.zeros((len(test), structures))
    for first in range(0, len(test), _BLOCK):
        part = slice(first, first + _BLOCK)
        with torch.no_grad():
            found = network(torch.as_tensor(test.inputs[part])).argmax(1).numpy()
        truth = test.labels[part]
        for code in range(structures):
            one, other = found == code + 1, truth == code + 1
            common[part, code] = (one & other).sum((1, 2))
            both[part, code] = one.sum((1, 2)) + other.sum((1, 2))
    shown = both.sum(0) > 0
    if not shown.any():
        return 1.0, 0.0
    ratios = 2 * common.sum(0)[shown] / both.sum(0)[shown]
    # Of a ratio of sums, by its influence function.
    parts = (2 * common[:, shown] - ratios * both[:, shown]) / both[:, shown].mean(0)
    return float(ratios.mean()), float(parts.mean(1).std() / np.sqrt(len(test)))


def _dice_loss(logits: Tensor, truth: Tensor) -> Tensor:
    shares = logits.softmax(1)[:, 1:]
    wanted = one_hot(truth, logits.shape[1]).movedim(-1, 1)[:, 1:]
    common = (shares * wanted).sum((0, 2, 3))
    return 1 - ((2 * common + _SMALL) / (shares.sum((0, 2, 3)) + wanted.sum((0, 2, 3)) + _SMALL)).mean()


def _twice(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for entering in (before, after):
        layers += [nn.Conv2d(entering, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)
