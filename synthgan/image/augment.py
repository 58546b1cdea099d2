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
        images: float32 ``[n, channels, height, width]`` in [-1, 1].
        names: of ``synthgan.image.config.AUGMENTATIONS``, in the order in which they are done.
        source: randomness.
    """
    for name in names:
        images = _CHANGES[name](images, source)
    return images


def _translated(images: Tensor, source: torch.Generator) -> Tensor:
    """Shifted by whole pixels; what comes in from beyond the edge is as dark as can be."""
    n, _, height, width = images.shape
    down, right = (
        _whole(-round(side * SHIFT_SHARE), round(side * SHIFT_SHARE), n, images, source) for side in (height, width)
    )
    rows = torch.arange(height, device=images.device) - down
    columns = torch.arange(width, device=images.device) - right
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    taken = images[
        torch.arange(n, device=images.device)[:, None, None],
        :,
        rows.clamp(0, height - 1)[:, :, None],
        columns.clamp(0, width - 1)[:, None, :],
    ]
    return torch.where(inside[:, None], taken.movedim(-1, 1), -1.0)


def _cut_out(images: Tensor, source: torch.Generator) -> Tensor:
    """With a square of half a side, anywhere, made middling grey."""
    n, _, height, width = images.shape
    masks = []
    for side in (height, width):
        extent = round(side * CUTOUT_SHARE)
        start = _whole(-(extent // 2), side - extent + extent // 2, n, images, source)
        place = torch.arange(side, device=images.device)
        masks.append((place >= start) & (place < start + extent))
    cut = masks[0][:, :, None] & masks[1][:, None, :]
    return images.masked_fill(cut[:, None], 0.0)


def _intensified(images: Tensor, source: torch.Generator) -> Tensor:
    """Brighter or darker by up to half the middle, with contrast of a half to one and a half."""
    brightness, contrast = torch.rand(2, len(images), 1, 1, 1, generator=source, device=images.device) - 0.5
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * (1 + contrast) + mean + brightness


def _flipped(images: Tensor, source: torch.Generator) -> Tensor:
    """Left and right exchanged in half of them."""
    coin = torch.rand(len(images), 1, 1, 1, generator=source, device=images.device) < 0.5  # noqa: PLR2004
    return torch.where(coin, images.flip(3), images)


def _whole(low: int, high: int, n: int, images: Tensor, source: torch.Generator) -> Tensor:
    """A whole number between both bounds, inclusive, for each image; ``[n, 1]``."""
    return torch.randint(low, high + 1, (n, 1), generator=source, device=images.device)


_CHANGES = {"translation": _translated, "cutout": _cut_out, "intensity": _intensified, "flip": _flipped}
