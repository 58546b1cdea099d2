"""Features of images: from two small networks that learn the real images themselves, or from a network the user has.

No weights are downloaded. A classifier of the labels sees what tells classes apart, an autoencoder what images look like; both
learn one half of the real images, and only images that they have never seen are compared: their features of images they
have learned would look unlike those of any others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from synthgan.errors import DataError
from synthgan.metrics.images.sets import MAX_IMAGES, drawn
from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.metrics.images.sets import Images, ImageSets
    from synthgan.runtime import Streams

    Points = NDArray[np.float64]

WIDTH = 32  # features of each network
BATCH = 64
EPOCHS = 25
MAX_STEPS = 800
RATE = 2e-3
_COARSEST = 4  # pixels a side that convolutions end at
_DEAD = 1e-6  # share of the largest spread below which a unit says nothing
_BLOCK = 512


class Features(Protocol):
    """Turns images into points, float64 ``[n, features]``."""

    names: tuple[str, str]
    """What Fréchet and kernel distances between such points are called."""

    def __call__(self, images: Images) -> Points:
        """The points of images."""


class OwnFeatures:
    """The features of both networks, each standardised by the images that they learned; dead units are dropped."""

    names = ("fd_self", "kid_self")

    def __init__(self, sets: ImageSets, learned: Images, streams: Streams) -> None:
        """Train both networks; of one class alone there is no classifier.

        A second or two for a thousand images of 8 x 8 pixels, about half a minute for thousands of 28 x 28 on one thread of
        a processor; at most MAX_IMAGES images are learned.

        Args:
            sets: Says how pixels become inputs.
            learned: Real images to learn; those to compare should be others.
            streams: Source of randomness: the same images and streams give the same features on one machine.
        """
        self._sets = sets
        images = drawn([learned], streams.numpy("learned"), at_most=MAX_IMAGES)[0]
        inputs = torch.as_tensor(sets.inputs(images))
        self._centre, self._scale = float(inputs.mean()), float(inputs.std()) or 1.0
        inputs = (inputs - self._centre) / self._scale
        self._networks = []
        if len(np.unique(images.classes)) > 1:
            self._networks.append(_learn_classes(inputs, images.classes, len(sets.names), streams.below("classifier")))
        self._networks.append(_learn_appearance(inputs, streams.below("autoencoder")))
        raw = self._raw(inputs)
        self._mean, self._spread = raw.mean(axis=0), raw.std(axis=0)
        self._alive = self._spread > _DEAD * self._spread.max()

    def __call__(self, images: Images) -> Points:
        """Standardised features, float64 ``[n, features]``."""
        raw = self._raw((torch.as_tensor(self._sets.inputs(images)) - self._centre) / self._scale)
        return ((raw - self._mean) / np.where(self._alive, self._spread, 1.0))[:, self._alive]

    def _raw(self, inputs: Tensor) -> Points:
        return np.hstack([_applied(network, inputs) for network in self._networks])


class GivenFeatures:
    """The features of a TorchScript model, as they are."""

    names = ("fid", "kid")

    def __init__(self, path: str | Path, top: int = 255) -> None:
        """Open the model.

        A TorchScript file is a program: open only what you made or trust.

        Args:
            path: A file of ``torch.jit.save``. The model is called on float32 ``[n, 3, height, width]`` in [0, 1] (a share of the
                largest value of 8 or 16 bits; grey three times) and gives ``[n, features]``.
            top: The largest value that the type of the real images holds.

        Raises:
            DataError: If it cannot be opened.
        """
        self._path, self._top = path, top
        try:
            self._network = torch.jit.load(str(path), map_location="cpu").eval()
        except (RuntimeError, ValueError, OSError) as error:
            raise DataError(
                f"{path} must be a TorchScript model, however: it cannot be opened as one; write it with torch.jit.save"
            ) from error

    def __call__(self, images: Images) -> Points:
        """What the model gives, float64 ``[n, features]``.

        Raises:
            DataError: If that is something else, or the model fails on such images.
        """
        found = []
        for start in range(0, len(images), _BLOCK):
            block = images.pixels[start : start + _BLOCK]
            shares = torch.as_tensor(block.astype(np.float32) / self._top).movedim(-1, 1)
            try:
                with torch.no_grad():
                    found.append(self._network(shares.expand(-1, 3, -1, -1).contiguous()))
            except RuntimeError as error:
                reason = str(error).strip().splitlines()[-1]
                raise DataError(f"{self._path} must take images like these, however: it fails ({reason})") from error
        for one in found:
            if not isinstance(one, Tensor) or one.ndim != 2 or not torch.isfinite(one).all():  # noqa: PLR2004
                shape = list(one.shape) if isinstance(one, Tensor) else type(one).__name__
                raise DataError(f"{self._path} must give finite features [n, features], however: found {shape}")
        return torch.cat(found).double().numpy()


def _learn_classes(inputs: Tensor, classes: NDArray[np.int64], count: int, streams: Streams) -> nn.Module:
    with initial_weights(streams):
        encoder, head = _encoder(inputs), nn.Linear(WIDTH, count)
    target = torch.as_tensor(classes)

    def loss(indices: Tensor) -> Tensor:
        return cross_entropy(head(torch.relu(encoder(inputs[indices]))), target[indices])

    return _trained(encoder, head, loss, len(inputs), streams)


def _learn_appearance(inputs: Tensor, streams: Streams) -> nn.Module:
    with initial_weights(streams):
        encoder, decoder = _encoder(inputs), _decoder(inputs)

    def loss(indices: Tensor) -> Tensor:
        height, width = inputs.shape[2:]
        return mse_loss(decoder(encoder(inputs[indices]))[..., :height, :width], inputs[indices])

    return _trained(encoder, decoder, loss, len(inputs), streams)


def _halvings(inputs: Tensor) -> int:
    return max(1, math.ceil(math.log2(max(inputs.shape[2:]) / _COARSEST)))


def _encoder(inputs: Tensor) -> nn.Sequential:
    """Convolutions that halve the image until it is tiny, then WIDTH features: about forty thousand weights."""
    layers: list[nn.Module] = _step(inputs.shape[1], 16, stride=2)
    for index in range(_halvings(inputs)):
        layers += _step(32 if index else 16, 32, stride=2 if index < _halvings(inputs) - 1 else 1)
    layers.append(nn.Flatten())
    layers.append(nn.Linear(nn.Sequential(*layers).eval()(inputs[:1]).shape[1], WIDTH))
    return nn.Sequential(*layers)


def _decoder(inputs: Tensor) -> nn.Sequential:
    """The way back, to an image at least as large."""
    halvings = _halvings(inputs)
    base = [math.ceil(side / 2**halvings) for side in inputs.shape[2:]]
    layers: list[nn.Module] = [nn.Linear(WIDTH, 32 * base[0] * base[1]), nn.Unflatten(1, (32, *base)), nn.ReLU()]
    for _ in range(halvings - 1):
        layers += [nn.Upsample(scale_factor=2), *_step(32, 32)]
    return nn.Sequential(*layers, nn.Conv2d(32, 4 * inputs.shape[1], 3, padding=1), nn.PixelShuffle(2))


def _step(before: int, after: int, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(before, after, 3, stride=stride, padding=1), nn.BatchNorm2d(after), nn.ReLU()]


def _trained(
    encoder: nn.Module, other: nn.Module, loss: Callable[[Tensor], Tensor], images: int, streams: Streams
) -> nn.Module:
    """The encoder after a fixed number of steps of Adam, whose rate rises and falls once."""
    steps = min(MAX_STEPS, EPOCHS * math.ceil(images / BATCH))
    optimizer = torch.optim.Adam([*encoder.parameters(), *other.parameters()], lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    rng = streams.numpy("batches")
    order = np.empty(0, dtype=np.int64)
    for _ in range(steps):
        if len(order) < min(BATCH, images):
            order = rng.permutation(images)
        indices, order = torch.as_tensor(order[:BATCH]), order[BATCH:]
        optimizer.zero_grad()
        loss(indices).backward()
        optimizer.step()
        schedule.step()
    return encoder.eval()


def _applied(network: nn.Module, inputs: Tensor) -> Points:
    with torch.no_grad():
        return torch.cat([network(block) for block in inputs.split(_BLOCK)]).double().numpy()
