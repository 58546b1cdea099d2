"""How the brightness of pixels is bent where images differ widely in contrast: of dim ones nothing would be seen among bright ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDELY = 10.0  # times as much contrast, in one image of ten as in another of ten
MIN_POWER = 0.25
MIDDLE = 0.6  # of the way from darkest to brightest
_BLOCK = 1024


def power_of(pixels: NDArray[Any], low: int, high: int) -> float:
    """The power that shares from darkest to brightest are raised to: 1 where images have about one contrast.

    Otherwise the one by which the brightest pixel of the median image comes to ``MIDDLE``: noise that networks add is then as small
    beside what dim images show as beside what bright ones do. Fluorescence of several exposures is such a set.

    Args:
        pixels: ``[n, *sides, channels]``.
        low: the darkest.
        high: the brightest.

    Example:
        >>> alike = np.array([[[0], [100]], [[0], [80]]])
        >>> power_of(alike, 0, 200), power_of(np.array([[[0], [4]]] * 5 + [[[0], [200]]] * 4), 0, 200)
        (1.0, 0.25)
    """
    contrasts, brightest = [], []
    for first in range(0, len(pixels), _BLOCK):
        block = pixels[first : first + _BLOCK].reshape(len(pixels[first : first + _BLOCK]), -1).astype(np.float32)
        shares = ((block - low) / (high - low)).clip(0, 1)
        contrasts.append(shares.std(1))
        brightest.append(shares.max(1))
    few, many = np.quantile(np.concatenate(contrasts), (0.1, 0.9))
    middle = float(np.median(np.concatenate(brightest)))
    if many < WIDELY * few or not 0 < middle < 1:
        return 1.0
    return round(min(1.0, max(MIN_POWER, math.log(MIDDLE) / math.log(middle))), 2)
