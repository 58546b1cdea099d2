"""Clips made by hand: a bright bar that moves to the right or to the left."""

from __future__ import annotations

import numpy as np

from synthgan import ImageRecords
from synthgan.image.physical import Physical


def make_clips(n=40, frames=6, side=8, channels=1, frame_ms=40.0, seed=0):
    """Half of them of each way, as ``label`` says."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 30, (n, frames, side, side, channels)).astype(np.uint8)
    labels = np.where(np.arange(n) % 2, "right", "left")
    for clip, label in zip(pixels, labels, strict=True):
        for frame in range(frames):
            column = (frame if label == "right" else frames - 1 - frame) % (side - 1)
            clip[frame, 2:5, column : column + 2] = rng.integers(200, 240)
    return ImageRecords(pixels, {"label": labels}, Physical(frame_ms=frame_ms), clips=True)
