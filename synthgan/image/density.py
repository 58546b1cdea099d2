"""The density of images under a prior, part by part: what tells those that it was made of from others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.image.prior import Prior, fit_prior
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Densities = dict[str, NDArray[np.float64]]

HEAD, REST, ALL = "components", "beyond components", "all"
WEIGHTS = (0.0, 0.5, 1.0)  # of what other images say
_SMALL = 1e-6


def densities(prior: Prior, small: Tensor) -> Densities:
    """The log density of images, whatever their class, but for a constant; float64 ``[n]`` each.

    ``"components"`` is that of their principal components, ``"beyond components"`` of what these leave, ``"all"`` of both: each tells most
    where the others' noise is louder. A prior of few images has learned which directions those need, and leaves less of them.

    Args:
        prior: of images of this size.
        small: as it sees them, float32 ``[n, *prior.small]``.
    """
    away = (small.flatten(1) - prior.mean.cpu()).double()
    scores = away @ prior.basis.cpu().double().T
    rest = ((away**2).sum(1) - (scores**2).sum(1)).clamp(min=0)
    spread = rest.mean() / max(1, away.shape[1] - scores.shape[1]) + _SMALL
    inside, both = [], []
    head = prior.centers.shape[2]
    for shares, centers, all_roots, widths in zip(prior.shares, prior.centers, prior.roots, prior.tail, strict=True):
        parts = shares > 0
        if not parts.any():
            continue
        roots, tail = all_roots[parts].cpu().double(), widths.cpu().double() + _SMALL
        apart = (scores[:, None, :head] - centers[parts].cpu().double()).transpose(0, 1).transpose(1, 2)
        lengths = (torch.linalg.solve_triangular(roots, apart, upper=False) ** 2).sum(1)
        volume = roots.diagonal(dim1=1, dim2=2).abs().log().sum(1)
        inside.append(((shares[parts].cpu().double().log() - volume)[:, None] - lengths / 2).logsumexp(0))
        both.append(inside[-1] - ((scores[:, head:] / tail) ** 2).sum(1) / 2 - tail.log().sum())
    beyond = -rest / spread / 2
    found = {HEAD: torch.stack(inside).logsumexp(0), REST: beyond, ALL: torch.stack(both).logsumexp(0) + beyond}
    return {name: density.numpy() for name, density in found.items()}


def over(own: Densities, other: Densities) -> dict[str, Densities]:
    """Attacks by these densities over those that other images say, by weight of these: ``{"0": {...}, "0.5": …, "1": …}``."""
    return {f"{weight:g}": {name: own[name] - weight * other[name] for name in own} for weight in WEIGHTS}


def prior_of(small: Tensor, shape: tuple[int, ...], seed: int) -> Prior:
    """A prior of samples, or of images that an attacker holds: as fine as they allow, of one class."""
    classes = np.zeros(len(small), dtype=np.int64)
    return fit_prior(small, shape, classes, 1, Streams(seed))
