"""Clips: images over time. Which frames of a long one are taken, and how frames stand where others have channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_FRAMES = 16  # of a clip that is learned
MAX_CLIP_SIDE = 128  # pixels
SUGGESTED_SIDE = 64
NOT_PRIVATE = "clips must be learned without epsilon, however: a private fit learns images alone; take single frames, or leave epsilon out"

NO_MASKS = "masks in a folder are not learned with clips; those of an .npz are (clips, masks)"


def evenly(frames: int, taken: int) -> NDArray[np.int64]:
    """Which frames of a clip are taken: so many, from the first to the last, as evenly as can be; one is the middle one.

    Example:
        >>> evenly(30, 4).tolist(), evenly(30, 1).tolist()
        ([0, 10, 19, 29], [15])
    """
    if taken == 1:
        return np.array([frames // 2])
    return np.rint(np.linspace(0, frames - 1, taken)).astype(np.int64)


def time_between(frame_ms: float | None, frames: int, taken: int) -> float | None:
    """Milliseconds from one frame that is taken to the next; None where nobody knows, or one alone is.

    Example:
        >>> time_between(40.0, 31, 16), time_between(40.0, 31, 1)
        (80.0, None)
    """
    return None if frame_ms is None or taken == 1 else frame_ms * (frames - 1) / (taken - 1)


def folded(pixels: NDArray[Any]) -> NDArray[Any]:
    """Clips ``[..., time, height, width, channels]`` as images ``[..., height, width, time and channels]``."""
    moved = np.moveaxis(pixels, -4, -2)
    return moved.reshape(*moved.shape[:-2], -1)


def unfolded(pixels: NDArray[Any], frames: int) -> NDArray[Any]:
    """What ``folded`` folded."""
    return np.ascontiguousarray(
        np.moveaxis(pixels.reshape(*pixels.shape[:-1], frames, pixels.shape[-1] // frames), -2, -4)
    )


def check_clip(width: int, height: int, name: object) -> None:
    """Refuse clips that are too large to learn.

    Raises:
        DataError: if a side is longer than ``MAX_CLIP_SIDE``.
    """
    if max(width, height) > MAX_CLIP_SIDE:
        raise DataError(
            f"{name} must be at most {MAX_CLIP_SIDE} pixels a side to be learned over time, however: {width} x {height}",
            remedy=Remedy.option("resolution", SUGGESTED_SIDE, "scales all down")
            | Remedy.option("frames", 1, "takes one frame of each"),
        )
