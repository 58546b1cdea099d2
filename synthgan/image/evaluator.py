"""Judging a generator of images on held-out ones while it learns, and seeing which class it has lost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, adaptive_avg_pool3d, leaky_relu

from synthgan.gan.generate import generate
from synthgan.gan.monitor import Verdict
from synthgan.image.layers import VOLUME, begin_evenly, convolution, squared
from synthgan.image.masks import labels_of
from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from synthgan.image.networks import ImageGenerator
    from synthgan.image.prior import Condition
    from synthgan.runtime import Streams

NEIGHBOURS = 5  # whose farthest bounds a neighbourhood: fewer where classes hold few images, so that not all is near
_IMAGES_A_NEIGHBOUR = 10
MAX_IMAGES = 1000
CHECKED_IMAGES = 500  # generated images at least: with one draw for each of a few held-out ones chance would choose
MAX_COMPONENTS = 64
_IMAGES_A_COMPONENT = 10
MIN_IMAGES = 20  # of a class: fewer cannot show that it was lost
LOST_SHARE = 0.2  # of the coverage that the class began with
_SMALL = 1e-12
_WIDTH, _POOLED = 32, 4
_PIXELS_AT_ONCE = 1 << 20  # that features are made of


class HoldoutEvaluator:
    """Scores a generator by how near the images it makes lie to held-out ones, together with the classes they are made for.

    The score is ``1 / (1 + d)``, d being the Fréchet distance between features with the class beside them, for each component:
    the joint distance of DeVries et al., "On the evaluation of conditional GANs", 2019, section 3. Features are principal
    components of what a network of random weights, which no player has seen, makes of the images, beside the pixels
    themselves.

    A class is lost where the share of its held-out images with a generated one in their neighbourhood (coverage of Naeem et al.,
    "Reliable fidelity and diversity metrics for generative models", 2020, equation 9) falls under ``LOST_SHARE`` of what it
    began with.

    Where more is told of images than their class, or they are made from others, the score is the mean of that and of how well it
    shows: how often the image asked to show what a held-out one shows is nearer to it than one of its class that was asked
    for something else. .5 is chance.

    Of images with masks, how alike the areas of structures and the numbers of their pieces are is one more figure of that mean: 1
    less the statistic of Kolmogorov and Smirnov. A network that draws sharper images may well spoil both. Of clips, frames are
    channels.
    """

    def __init__(
        self,
        images: Tensor,
        condition: Condition,
        names: list[str],
        streams: Streams,
        *,
        structures: int = 0,
        clips: bool = False,
    ) -> None:
        """Look at the held-out images.

        Args:
            images: float32 ``[m, channels, *size]`` in [-1, 1], held out of training.
            condition: what they are, on the device that the generator is on.
            names: what each class is called.
            streams: randomness, the same at every check: only the weights differ from one to the next.
            structures: how many of the last channels are fields of masks.
            clips: whether the first side is time.
        """
        self.condition, self.names, self.streams, self._clips = condition, names, streams, clips
        self._structures = structures
        self._shapes = self._shapes_of(images)
        seen = images.flatten(1, 2) if clips else images
        with initial_weights(streams.below("features")):
            self._network = _Random(seen.dim() - 2, seen.shape[1]).to(images.device)
        raw = self._raw(images)
        self._spread = raw.std(0).clamp_min(1e-6 * float(raw.std(0).max()) + _SMALL)
        self._real = raw / self._spread
        self._classes = condition.classes.cpu().numpy()
        self._has_attributes = condition.attributes.shape[1] > len(names) or condition.guides is not None
        usual = int(np.median(np.unique(self._classes, return_counts=True)[1]))
        near = min(NEIGHBOURS, max(1, usual // _IMAGES_A_NEIGHBOUR))
        self._radii = self._distances(self._real, self._real).kthvalue(min(near + 1, len(images)), 1).values
        self._began: dict[int, float] = {}
        self._centre = self._real.mean(0)
        centred = (self._real - self._centre).double()
        _, spreads, axes = torch.linalg.svd(centred, full_matrices=False)
        rank = int((spreads > max(centred.shape) * torch.finfo(spreads.dtype).eps * spreads[0]).sum())
        self._kept = max(1, min(MAX_COMPONENTS, len(images) // _IMAGES_A_COMPONENT, rank))
        self._axes = axes[: self._kept].T * math.sqrt(len(images)) / spreads[: self._kept].clamp_min(_SMALL)
        self._beside = self._joint(self._real)

    def __call__(self, generator: ImageGenerator) -> Verdict:
        """How near generated images are to held-out ones, and the classes that are lost."""
        from synthgan.metrics.images.frechet import frechet_distance

        both = [self._drawn(generator, turn) for turn in range(math.ceil(CHECKED_IMAGES / len(self._real)))]
        drawn = [features for features, _ in both]
        checks = [self._distances(self._real, features) for features in drawn]
        nearest = torch.stack([distances.min(1).values for distances in checks])
        if not nearest.isfinite().all():
            return Verdict(math.nan)
        covered = (nearest <= self._radii).double().mean(0).cpu().numpy()
        made = np.concatenate([self._joint(features) for features in drawn])
        closeness = 1 / (1 + frechet_distance(self._beside, made) / self._kept)
        matched = [sum(map(_matched, checks)) / len(checks)] if self._has_attributes else []
        shapes = np.concatenate([shapes for _, shapes in both])
        scores = [closeness, *matched, *([1 - _apart(self._shapes, shapes)] if self._structures else [])]
        return Verdict(sum(scores) / len(scores), self._lost(covered))

    def _drawn(self, generator: ImageGenerator, turn: int) -> tuple[Tensor, np.ndarray]:
        """Features of as many generated as held-out images, drawn for this turn, ``[m, features]``, and the shapes of their masks."""
        batch, drawn, shapes = generator.batch_rows, [], []
        for index, start in enumerate(range(0, len(self._real), batch)):
            some = self.condition.at(slice(start, start + batch))
            own = self.streams.below(f"judged {turn}", index)
            made = generate(generator, len(some.classes), condition=some, streams=own, batch_samples=batch)
            for images, _ in made:
                drawn.append(self._raw(images))
                shapes.append(self._shapes_of(images))
        return torch.cat(drawn) / self._spread, np.concatenate(shapes)

    def _shapes_of(self, images: Tensor) -> np.ndarray:
        """The area of each structure and the number of its pieces, float64 ``[m, 2 * structures]``."""
        from scipy.ndimage import label

        if not self._structures:
            return np.empty((len(images), 0))
        labels = labels_of(images[:, -self._structures :])
        inside = [labels == code for code in range(1, self._structures + 1)]
        areas = [part.reshape(len(part), -1).mean(1) for part in inside]
        counts = [[label(mask)[1] for mask in part] for part in inside]
        return np.array([*areas, *counts], dtype=np.float64).T

    def _joint(self, features: Tensor) -> np.ndarray:
        """Components of unit spread, and beside them the class, as long as they are; float64 ``[m, components + classes]``."""
        components = ((features - self._centre).double() @ self._axes).cpu().numpy()
        classes = np.eye(len(self.names))[self._classes] * math.sqrt(self._kept)
        return np.hstack([components, classes])

    def _lost(self, covered: np.ndarray) -> str | None:
        """Which classes are covered much less than at the first look, in words."""
        shares = {
            index: float(covered[self._classes == index].mean())
            for index in range(len(self.names))
            if (self._classes == index).sum() >= MIN_IMAGES
        }
        self._began = self._began or shares
        lost = [self.names[index] for index, share in shares.items() if share < LOST_SHARE * self._began[index]]
        return f"images of {', '.join(map(repr, lost))} are no longer like real ones" if lost else None

    def _raw(self, images: Tensor) -> Tensor:
        """Features, of so few images at once that memory stays bounded."""
        few = max(1, _PIXELS_AT_ONCE // math.prod(images.shape[2:]))
        with torch.inference_mode():
            parts = [self._network(part.flatten(1, 2) if self._clips else part) for part in images.split(few)]
        return torch.cat(parts)

    def _distances(self, some: Tensor, others: Tensor) -> Tensor:
        """Distances between features, infinite between images of different classes; ``[m, m]``."""
        classes = self.condition.classes
        apart = torch.cdist(some, others)
        return apart.masked_fill(classes[:, None] != classes[None, :], math.inf)


def _matched(distances: Tensor) -> float:
    """How often an image's own partner, on the diagonal, is nearer than another of its class; a tie counts half."""
    own = distances.diagonal()[:, None]
    others = distances.isfinite() & ~torch.eye(len(distances), dtype=torch.bool, device=distances.device)
    wins = (own < distances).double() + 0.5 * (own == distances).double()
    return float(wins[others].mean()) if others.any() else 0.5


def _apart(real: np.ndarray, made: np.ndarray) -> float:
    """The mean over shapes of the largest difference between their distributions, 0 where they are the same."""
    from scipy.stats import ks_2samp

    return float(np.mean([ks_2samp(*pair).statistic for pair in zip(real.T, made.T, strict=True)]))


class _Random(nn.Module):
    """Random convolutions, pooled to a few positions, beside the pooled pixels."""

    def __init__(self, dims: int, channels: int) -> None:
        super().__init__()
        self.first = convolution(dims, channels, _WIDTH, 3, padding=1)
        self.second = convolution(dims, _WIDTH, _WIDTH, 3, padding=1, stride=2)
        self.pool = adaptive_avg_pool3d if dims == VOLUME else adaptive_avg_pool2d
        begin_evenly(self)

    def forward(self, images: Tensor) -> Tensor:
        """``[n, features]``."""
        first = leaky_relu(self.first(squared(images, max(images.shape[2:]))), 0.2)
        second = leaky_relu(self.second(first), 0.2)
        pooled = [self.pool(part, _POOLED).flatten(1) for part in (images, first, second)]
        return torch.cat(pooled, 1)
