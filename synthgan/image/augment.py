"""Changes that a critic sees images through, real and generated alike, so that a few images are not learned by heart.

Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020, section 3 and appendix A.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

SHIFT_SHARE = 0.125  # of a side, at most
CUTOUT_SHARE = 0.5  # of a side


def augment(images: Tensor, names: tuple[str, ...], source: torch.Generator) -> Tensor:
    """The images changed at random, each in its own way; differentiable in the images.

    Args:
        images: float32 ``[n, channels, *sides]`` in [-1, 1].
        names: of ``synthgan.image.config.AUGMENTATIONS``, in the order in which they are done.
        source: randomness.
    """
    for name in names:
        images = _CHANGES[name](images, source)
    return images


def _translated(images: Tensor, source: torch.Generator) -> Tensor:
    """Shifted by whole pixels; what comes in from beyond the edge is as dark as can be."""
    for dim in range(2, images.dim()):
        side = images.shape[dim]
        most = round(side * SHIFT_SHARE)
        indices = torch.arange(side, device=images.device) - _whole(-most, most, images, source)
        along = _along(indices, dim, images)
        moved = images.gather(dim, along.clamp(0, side - 1).expand_as(images))
        images = torch.where((along >= 0) & (along < side), moved, -1.0)
    return images


def _cut_out(images: Tensor, source: torch.Generator) -> Tensor:
    """With a square (or cube) of half a side, anywhere, made middling grey."""
    cut = torch.ones((), dtype=torch.bool, device=images.device)
    for dim in range(2, images.dim()):
        side = images.shape[dim]
        extent = round(side * CUTOUT_SHARE)
        start = _whole(-(extent // 2), side - extent + extent // 2, images, source)
        index = torch.arange(side, device=images.device)
        cut = cut & _along((index >= start) & (index < start + extent), dim, images)
    return images.masked_fill(cut, 0.0)


def _intensified(images: Tensor, source: torch.Generator) -> Tensor:
    """Brighter or darker by up to half the middle, with contrast of a half to one and a half."""
    ones = [1] * (images.dim() - 1)
    brightness, contrast = torch.rand(2, len(images), *ones, generator=source, device=images.device) - 0.5
    mean = images.flatten(1).mean(1).view(-1, *ones)
    return (images - mean) * (1 + contrast) + mean + brightness


def _flipped(images: Tensor, source: torch.Generator) -> Tensor:
    """Left and right exchanged in half of them."""
    coin = torch.rand(len(images), *[1] * (images.dim() - 1), generator=source, device=images.device) < 0.5  # noqa: PLR2004
    return torch.where(coin, images.flip(-1), images)


def _along(values: Tensor, dim: int, images: Tensor) -> Tensor:
    """``[n, side]`` in the place of a dimension of the images, all others of length 1."""
    shape = [1] * images.dim()
    shape[0], shape[dim] = len(images), values.shape[1]
    return values.view(shape)


def _whole(low: int, high: int, images: Tensor, source: torch.Generator) -> Tensor:
    """A whole number between both bounds, inclusive, for each image; ``[n, 1]``."""
    return torch.randint(low, high + 1, (len(images), 1), generator=source, device=images.device)


_CHANGES = {"translation": _translated, "cutout": _cut_out, "intensity": _intensified, "flip": _flipped}
