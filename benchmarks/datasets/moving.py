"""Clips of digits that move: each of MNIST, shrunk, goes its way at a steady pace and bounces off the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan import ImageRecords
from synthgan.image.physical import Physical
from synthgan.image.resampling import scaled_to

if TYPE_CHECKING:
    from pathlib import Path

FRAMES, SIDE, DIGIT = 16, 32, 16
FASTEST = 2.0  # pixels a frame, along each side
FRAME_MS = 40.0


def moving_digits(folder: Path, learned: int, unseen: int) -> tuple[ImageRecords, ImageRecords]:
    """Clips to learn, of the training part of MNIST, and others of its test part: ``[n, 16, 32, 32]``, labelled by digit."""
    with np.load(folder / "images" / "mnist.npz") as arrays:
        parts = [(arrays[f"{part}_images"], arrays[f"{part}_labels"].ravel()) for part in ("train", "test")]
    return tuple(  # type: ignore[return-value]
        clips_of(digits[:n], labels[:n], np.random.default_rng(index))
        for index, ((digits, labels), n) in enumerate(zip(parts, (learned, unseen), strict=True))
    )


def clips_of(digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> ImageRecords:
    """A clip of each digit ``[n, height, width]``."""
    clips = np.zeros((len(digits), FRAMES, SIDE, SIDE), np.uint8)
    room = SIDE - DIGIT
    for clip, digit in zip(clips, digits, strict=True):
        small = scaled_to(digit[..., None], (DIGIT, DIGIT))[..., 0]
        start, pace = rng.uniform(0, 2 * room, 2), rng.uniform(-FASTEST, FASTEST, 2)
        for frame in range(FRAMES):
            away = np.abs((start + pace * frame) % (2 * room) - room)  # there and back again
            row, column = np.rint(away).astype(int)
            clip[frame, row : row + DIGIT, column : column + DIGIT] = small
    return ImageRecords(clips, {"label": labels.astype(np.int64)}, Physical(frame_ms=FRAME_MS), clips=True)
