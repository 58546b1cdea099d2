"""The prior of images, from which training starts: for each class a mixture of Gaussians of the images' principal components.

A faithful if simple prior. The generator begins as this prior to the bit and learns what it lacks, so no class can be
missing at the first step. After Tipping and Bishop, "Mixtures of probabilistic principal component analysers", 1999: a full
covariance of the first components in each part of the mixture, and independent noise along the others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from synthgan.image.axes import Axes, beyond
from synthgan.image.grain import FINEST, IMAGES_A_PART, Grain
from synthgan.io.contract import Array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from synthgan.runtime import Streams

MAX_VALUES = 4096  # of a prior image; larger images have a smaller prior
MAX_ALL_VALUES = 16_384  # of one with its masks, or of a clip
# What a file holds of a prior; see ``Prior``.
PRIOR = {
    "prior.mean": Array("f4", ("values",)),
    "prior.basis": Array("f4", ("all", "values")),
    "prior.shares": Array("f4", ("classes", "parts"), low=0, sums=1),
    "prior.centers": Array("f4", ("classes", "parts", "components")),
    "prior.roots": Array("f4", ("classes", "parts", "components", "components")),
    "prior.tail": Array("f4", ("classes", "tail"), low=0),
}
_SMALL = 1e-4
_DIGITS = 4  # beyond which images are the same


class Condition(NamedTuple):
    """The condition of images.

    Attributes:
        classes: int64 ``[n]``.
        attributes: float32 ``[n, A]``: all that is known of each image, its class among it, encoded.
        guides: float32 ``[n, channels, *size]``: the images that these are to be made from; None where there are none.
        groups: int64 ``[n]``: which of the prior's mixtures each is drawn from; None where each class has one.
    """

    classes: Tensor
    attributes: Tensor
    guides: Tensor | None = None
    groups: Tensor | None = None

    @property
    def mixtures(self) -> Tensor:
        """The mixture of the prior that each image is drawn from, int64 ``[n]``."""
        return self.classes if self.groups is None else self.groups

    def at(self, scores: Any) -> Condition:
        """The condition of the images at some indices."""
        return self._each(lambda part: part[scores])

    def to(self, device: torch.device) -> Condition:
        """The same on a device."""
        return self._each(lambda part: part.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Condition:
        guides = None if self.guides is None else change(self.guides)
        groups = None if self.groups is None else change(self.groups)
        return Condition(change(self.classes), change(self.attributes), guides, groups)


class Parts(NamedTuple):
    """The mixture of one class: shares ``[P]``, centers ``[P, K]``, covariances ``[P, K, K]``."""

    shares: NDArray[np.float64]
    centers: NDArray[np.float64]
    covariances: NDArray[np.float64]


class Prior(nn.Module):
    """Draws images of the prior.

    With C classes, P parts, K components and T more in the tail, the buffers are float32: ``mean`` ``[values]``, ``basis``
    ``[K + T, values]``, ``shares`` ``[C, P]``, ``centers`` ``[C, P, K]``, ``roots`` ``[C, P, K, K]`` and ``tail`` ``[C, T]``.

    Attributes:
        size: height and width of an image, with the depth before them if it is a volume.
        small: the shape of a prior image before it is enlarged: channels, then sides.
        frames: of a clip, whose first side is time; 0 of images and volumes.
    """

    mean: Tensor
    basis: Tensor
    shares: Tensor
    centers: Tensor
    roots: Tensor
    tail: Tensor

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        parts: int,
        components: int,
        tail: int,
        structures: int = 0,
        *,
        clips: bool = False,
    ) -> None:
        super().__init__()
        self.size, self.small = shape[:-1], small_of(shape, structures, clips=clips)
        self.frames = shape[0] if clips else 0
        values = math.prod(self.small)
        self.register_buffer("mean", torch.zeros(values))
        self.register_buffer("basis", torch.zeros(components + tail, values))
        self.register_buffer("shares", torch.full((classes, parts), 1 / parts))
        self.register_buffer("centers", torch.zeros(classes, parts, components))
        self.register_buffer("roots", torch.zeros(classes, parts, components, components))
        self.register_buffer("tail", torch.zeros(classes, tail))

    @property
    def sides(self) -> tuple[int, ...]:
        """The size without time."""
        return self.size[1:] if self.frames else self.size

    @property
    def noise_width(self) -> int:
        """Noise dimensions of the prior."""
        return len(self.basis)

    def parts_of(self, classes: Tensor, source: torch.Generator) -> Tensor:
        """A part of the mixture for each image, at the parts' shares, by a source of the processor's; int64 ``[n]``."""
        shares = self.shares[classes].cpu()
        return torch.multinomial(shares, 1, generator=source).squeeze(1).to(classes.device)

    def forward(self, condition: Condition, parts: Tensor, noise: Tensor) -> Tensor:
        """Drafts, float32 ``[n, channels, *size]``, for int64 ``[n]`` parts and normal noise ``[n, K + T]``."""
        classes = condition.mixtures
        head = self.centers.shape[2]
        first = torch.einsum("nij,nj->ni", self.roots[classes, parts], noise[:, :head]) + self.centers[classes, parts]
        scores = torch.cat([first, noise[:, head:] * self.tail[classes]], 1)
        return resize((self.mean + scores @ self.basis).unflatten(1, self.small), self.size).clamp(-1, 1)


class Given(nn.Module):
    """Takes the images that others are to be made from as their prior."""

    noise_width = frames = 0

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.size, self.small = shape[:-1], (shape[-1], *shape[:-1])
        self.sides = self.size

    def parts_of(self, classes: Tensor, source: torch.Generator) -> Tensor:  # noqa: ARG002
        """There is one part."""
        return torch.zeros_like(classes)

    def forward(self, condition: Condition, parts: Tensor, noise: Tensor) -> Tensor:  # noqa: ARG002
        """The guides, ``[n, channels, *size]``."""
        if condition.guides is None:
            raise ValueError("images that are made from others must be given those")
        return condition.guides


def fit_prior(
    small: Tensor,
    shape: tuple[int, ...],
    classes: NDArray[np.int64],
    count: int,
    streams: Streams,
    structures: int = 0,
    groups: Sequence[NDArray[np.int64]] = (),
    *,
    clips: bool = False,
    level: int = FINEST,
    axes: Axes | None = None,
) -> Prior:
    """The start for images.

    Args:
        small: the images in the size of prior images, float32 ``[n, *small_of(shape, structures)]`` in [-1, 1].
        shape: sides and channels of the images themselves.
        classes: int64 ``[n]``, below ``count``.
        count: how many classes there are.
        streams: randomness of the mixtures' beginnings.
        structures: how many of them masks have, each a channel after those of the image.
        groups: the images of each further mixture, after those of the classes.
        clips: whether the first side is time.
        level: how coarse it is; see ``synthgan.image.grain``.
        axes: the components of these images, where they are known: as many as this level has, or more.
    """
    flat = small.flatten(1).double().numpy()
    grain = Grain.of(len(flat), flat.shape[1], count, level)
    mean, components = axes or Axes.of(flat, grain.components, streams)
    basis = components[: grain.components]
    if grain.cosines:
        basis = np.concatenate(
            [basis, beyond(basis, flat, tuple(small.shape[1:]), small.shape[1] - structures, grain.cosines)]
        )
    scores = (flat - mean) @ basis.T
    head, most = grain.head, len(basis)
    every = [scores[classes == index] for index in range(count)]
    within = _covariance(np.concatenate([own[:, :head] - own[:, :head].mean(0) for own in every]))
    every += [scores[own] for own in groups]
    mixtures = [_mixture(own[:, :head], within, grain, streams.key("parts", index)) for index, own in enumerate(every)]
    prior = Prior(
        shape, len(every), max(len(parts.shares) for parts in mixtures), head, most - head, structures, clips=clips
    )
    prior.mean.copy_(torch.as_tensor(mean))
    prior.basis.copy_(torch.as_tensor(basis))
    prior.shares.zero_()
    # How wide cosines are is asked of all classes together: each class' own widths would be many numbers of few images.
    alike = _spread_within(every[:count], head) if grain.cosines else None
    for index, (own, parts) in enumerate(zip(every, mixtures, strict=True)):
        there = len(parts.shares)
        prior.shares[index, :there] = torch.as_tensor(parts.shares)
        prior.centers[index, :there] = torch.as_tensor(parts.centers)
        prior.roots[index, :there] = torch.as_tensor(np.linalg.cholesky(parts.covariances))
        prior.tail[index] = torch.as_tensor(own[:, head:].std(0) if alike is None else alike)
    return prior


def small_of(shape: tuple[int, ...], structures: int = 0, *, clips: bool = False) -> tuple[int, ...]:
    """The shape of a prior image, channels first: an image's, halved until it has ``MAX_VALUES`` values at most.

    With its masks it has ``MAX_ALL_VALUES``: structures are channels after those of the image. So has a clip, which keeps its frames.

    Example:
        >>> small_of((28, 28, 1)), small_of((128, 128, 3)), small_of((64, 64, 1), 2)
        ((1, 28, 28), (3, 32, 32), (3, 64, 64))
    """
    *size, channels = shape
    if clips:
        time, *size = size
        while time * math.prod(size) * (channels + structures) > MAX_ALL_VALUES:
            size = [max(1, math.ceil(side / 2)) for side in size]
        return (channels + structures, time, *size)
    while math.prod(size) * channels > MAX_VALUES or math.prod(size) * (channels + structures) > MAX_ALL_VALUES:
        size = [max(1, math.ceil(side / 2)) for side in size]
    return (channels + structures, *size)


def resize(images: Tensor, size: tuple[int, ...]) -> Tensor:
    """Images ``[n, channels, *any]`` at another size, smoothly."""
    if tuple(images.shape[2:]) == tuple(size):
        return images
    flat = len(size) == 2  # noqa: PLR2004
    shrinks = math.prod(size) < math.prod(images.shape[2:])
    return interpolate(images, size=size, mode="area" if shrinks else "bilinear" if flat else "trilinear")


def _mixture(scores: NDArray[np.float64], within: NDArray[np.float64], grain: Grain, seed: int) -> Parts:
    """A mixture of Gaussians of one class: the fewer images shape a covariance, the more it leans on a wider one."""
    from sklearn.mixture import GaussianMixture

    n = len(scores)
    whole = _shrunk(_covariance(scores), n, within, grain)
    different = len(np.unique(scores.round(_DIGITS), axis=0))
    count = max(1, min(grain.parts, different // IMAGES_A_PART))
    if count == 1:
        return Parts(np.ones(1), scores.mean(0, keepdims=True), whole[None])
    mixture = GaussianMixture(count, reg_covar=_SMALL, random_state=seed % 2**32).fit(scores)
    shaped = [
        _shrunk(covariance, share * n, whole, grain)
        for share, covariance in zip(mixture.weights_, mixture.covariances_, strict=True)
    ]
    return Parts(mixture.weights_, mixture.means_, np.stack(shaped))


def _shrunk(
    covariance: NDArray[np.float64], images: float, wider: NDArray[np.float64], grain: Grain
) -> NDArray[np.float64]:
    numbers = grain.shrinkage * len(wider)
    share = numbers / (numbers + images)
    return (1 - share) * covariance + share * wider + _SMALL * np.eye(len(wider))


def _spread_within(every: list[NDArray[np.float64]], first: int) -> NDArray[np.float64]:
    """The standard deviation of all scores from some on, about the mean of each class."""
    spread: NDArray[np.float64] = np.concatenate(
        [own[:, first:] - own[:, first:].mean(0) for own in every if len(own)]
    ).std(0)
    return spread


def _covariance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = scores - scores.mean(0)
    return spread.T @ spread / len(scores)
