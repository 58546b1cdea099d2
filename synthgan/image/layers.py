"""The pieces that the two networks that draw images are made of."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

ROUGH = ("cuda",)  # kinds of device that learn in bfloat16
GROUP = 16  # channels that a grouped convolution sees at once
SLOPE = 0.2
VOLUME = 3  # dimensions


def convolution(dims: int, before: int, after: int, side: Any = 1, **options: Any) -> nn.Module:
    """A convolution over two or three dimensions, as wide along all, or along each."""
    make = nn.Conv3d if dims == VOLUME else nn.Conv2d
    return make(before, after, side, **options)


def apart(clips: Tensor, frames: int) -> Tensor:
    """The frames of clips ``[n, channels, frames, height, width]``, one after the other: ``[n * frames, channels, height, width]``.

    Images (of which 0 frames are said) stay as they are.
    """
    return clips.transpose(1, 2).flatten(0, 1) if frames else clips


def together(images: Tensor, frames: int) -> Tensor:
    """What ``apart`` took apart."""
    return images.unflatten(0, (-1, frames)).transpose(1, 2) if frames else images


def shifted(images: Tensor, frames: int) -> Tensor:
    """Frames of clips, of which a quarter of the channels comes from the frame before and a quarter from the one after.

    With the 1x1 convolution that follows it is a layer over time that costs nothing (Lin, Gan and Han, "TSM: temporal shift module for
    efficient video understanding", 2019, section 3).
    """
    clips = images.unflatten(0, (-1, frames))
    share = clips.shape[2] // 4
    before, after, rest = clips.split([share, share, clips.shape[2] - 2 * share], 2)
    before = pad(before[:, :-1], (0, 0, 0, 0, 0, 0, 1, 0))
    after = pad(after[:, 1:], (0, 0, 0, 0, 0, 0, 0, 1))
    return torch.cat([before, after, rest], 2).flatten(0, 1)


class Block(nn.Module):
    """A residual block, 1x1 -> grouped 3x3 -> 1x1, that begins as the identity: its exit starts at zero.

    Of clips, whose frames stand one after the other, the first layer is over time as well.
    """

    def __init__(self, dims: int, channels: int, frames: int = 0) -> None:
        super().__init__()
        self.frames = frames
        inner = math.ceil(2 * channels / GROUP) * GROUP
        self.enter = convolution(dims, channels, inner)
        self.mix = convolution(dims, inner, inner, 3, padding=1, groups=inner // GROUP)
        self.leave = zeroed(convolution(dims, inner, channels))

    def forward(self, images: Tensor) -> Tensor:
        """``[n, channels, *size]`` in and out."""
        inner = leaky_relu(self.enter(shifted(images, self.frames) if self.frames else images), SLOPE)
        return images + self.leave(leaky_relu(self.mix(inner), SLOPE))


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
            nn.init.kaiming_normal_(layer.weight, SLOPE)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def lay_out(network: nn.Module) -> None:
    """Put channels side by side in memory: convolutions of images then take a third less time on a processor."""
    for weight in network.parameters():
        if weight.dim() == 4:  # noqa: PLR2004
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)


def roughly(device: torch.device) -> AbstractContextManager[object]:
    """While it learns, a GPU multiplies in bfloat16: twice as fast, in half of the memory. Images are drawn in float32."""
    rough = device.type in ROUGH and not torch.is_inference_mode_enabled()
    return torch.autocast(device.type, torch.bfloat16) if rough else nullcontext()


def laid_out(images: Tensor) -> Tensor:
    """The images with their channels side by side in memory, as ``lay_out`` lays the weights: what follows keeps it so."""
    flat = images.dim() == 4  # noqa: PLR2004
    return images.contiguous(memory_format=torch.channels_last if flat else torch.channels_last_3d)


class GeneratorLevel(nn.Module):
    """What the generator does at one resolution: looks at the prior image there, and adds to what came from below.

    A style, if there is one, says how strong each channel is, as in Karras et al., "Analyzing and improving the image quality of
    StyleGAN", 2020, section 2.2; it begins without a say.
    """

    def __init__(
        self, dims: int, before: int, after: int, image_channels: int, style_width: int = 0, frames: int = 0
    ) -> None:
        super().__init__()
        self.change = convolution(dims, before, after)
        self.see = convolution(dims, image_channels, after, 3, padding=1)
        self.block = Block(dims, after, frames)
        self.style = zeroed(nn.Linear(style_width, after)) if style_width else None

    def forward(self, images: Tensor, prior_images: Tensor, style: Tensor) -> Tensor:
        """``[n, before, *size]``, prior images ``[n, image channels, *size]`` and a style ``[n, ·]`` to ``[n, after, *size]``."""
        images = self.change(images) + self.see(prior_images)
        if self.style is not None:
            images = images * (1 + self.style(style))[(..., *[None] * (images.dim() - 2))]
        return self.block(images)


class Mapping(nn.Module):
    """How a style-based generator begins: noise becomes a style, and every image the same constant.

    Karras, Laine and Aila, "A style-based generator architecture for generative adversarial networks", 2019, section 2.
    """

    def __init__(self, width: int, base: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(SLOPE), nn.Linear(width, width))
        self.constant = nn.Parameter(torch.randn(base))

    def forward(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """The beginning of images and their styles."""
        return self.constant.expand(len(both), *self.constant.shape), self.layers(both)


class Projection(nn.Module):
    """How a plain generator begins: noise becomes the coarsest image, and there is no style."""

    def __init__(self, width: int, base: tuple[int, ...]) -> None:
        super().__init__()
        self.layer, self.base = nn.Linear(width, math.prod(base)), base

    def forward(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """The beginning of images, and the noise in the place of styles."""
        return self.layer(both).unflatten(1, self.base), both


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
