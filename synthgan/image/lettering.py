"""Text that is burned into pixels, such as a name on an X-ray: thin marks of one height, side by side on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MIN_GLYPHS = 5  # of a line: fewer marks in a row are many things
MIN_HEIGHT, MAX_HEIGHT = 5, 48  # pixels of a glyph
LEVELS = (
    0.8,
    0.55,
)  # shares of the way from darkest to brightest, beyond which a pixel may be ink; and as far from the other end
MAX_MARKS = 2_000  # of an image: what has more is texture
MAX_IMAGES, MAX_PIXELS = 2_000, 1 << 26  # that are looked at, evenly among all
MIN_SHOWN = 3  # images with text before a line is said: what looks like it by chance is rarer
MIN_SHARE = 0.01  # of the images that are looked at
_OF_IMAGES = 4  # dimensions, channels included
_WIDEST, _THICKEST = 1.3, 0.22  # of a glyph's height
_FULLEST, _THIN = 0.85, 0.4  # share of its box that a glyph fills, unless it is as thin as an I
_GAP, _SHIFT, _LIKE = 1.0, 0.2, 0.75  # between glyphs, of their feet, and of two heights


class Marks(NamedTuple):
    """Connected marks of ink that may be glyphs, each ``[k]``: edges of their boxes and the pixels they have."""

    top: NDArray[np.int64]
    bottom: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    area: NDArray[np.int64]


def has_text(image: NDArray[Any]) -> bool:
    """Whether a grey image ``[height, width]`` shows a line of at least ``MIN_GLYPHS`` glyphs, bright on dark or dark on bright.

    What is thick, uneven in height, or all alike (ticks of a ruler, a dotted line) is none. Text over as bright a ground is not seen.
    """
    low, high = float(image.min()), float(image.max())
    if high <= low or max(image.shape) < MIN_GLYPHS * MIN_HEIGHT // 2:
        return False
    shares = (image.astype(np.float32) - low) / (high - low)
    return any(_is_line(marks) for ink in _inks(shares) for marks in [_marks(ink)] if len(marks.top) >= MIN_GLYPHS)


def share_with_text(pixels: NDArray[Any]) -> tuple[int, int]:
    """How many of the images ``[n, *sides, channels]`` that were looked at show text, and how many these are.

    Of volumes the slice in the middle is looked at, of clips that frame.
    """
    pixels = pixels if pixels.ndim == _OF_IMAGES else pixels[:, pixels.shape[1] // 2]
    most = min(MAX_IMAGES, max(1, MAX_PIXELS // int(np.prod(pixels.shape[1:3]))))
    chosen = np.unique(np.linspace(0, len(pixels) - 1, min(len(pixels), most)).round().astype(int))
    return sum(has_text(pixels[index].mean(-1)) for index in chosen), len(chosen)


def text_note(pixels: NDArray[Any]) -> str | None:
    """What whoever fits must hear of text in images ``[n, *sides, channels]``; None where too few show any."""
    shown, seen = share_with_text(pixels)
    if shown < max(MIN_SHOWN, MIN_SHARE * seen):
        return None
    return (
        f"{shown:,} of {seen:,} images look as if text were burned into their pixels (a name, perhaps): what is learned may show it; "
        f"look at them, and mask it first"
    )


def _inks(shares: NDArray[np.float32]) -> Iterator[NDArray[np.bool_]]:
    """Pixels that may be ink."""
    for level in LEVELS:
        for ink in (shares >= level, shares <= 1 - level):
            if 0 < ink.mean() < 0.5:  # noqa: PLR2004 (the other is ground)
                yield ink


def _marks(ink: NDArray[np.bool_]) -> Marks:
    """The marks of ink that are as high, as wide and as thin as glyphs."""
    from scipy.ndimage import distance_transform_edt, find_objects, label, maximum

    labels, count = label(ink, np.ones((3, 3)))
    if not MIN_GLYPHS <= count <= MAX_MARKS:
        return Marks(*[np.empty(0, np.int64)] * 5)
    boxes = np.array([[(side.start, side.stop) for side in box] for box in find_objects(labels)]).reshape(-1, 4)
    top, bottom, left, right = boxes.T
    height, width = bottom - top, right - left
    area = np.bincount(labels.ravel())[1:]
    thick = 2 * np.asarray(maximum(distance_transform_edt(ink), labels, np.arange(1, count + 1)))
    full = area / (height * width)
    kept = (height >= MIN_HEIGHT) & (height <= MAX_HEIGHT) & (width <= _WIDEST * height)
    kept &= (thick <= np.maximum(3, 2 * _THICKEST * height)) & ((full <= _FULLEST) | (width <= _THIN * height))
    return Marks(*(part[kept] for part in (top, bottom, left, right, area)))


def _is_line(marks: Marks) -> bool:
    """Whether some marks stand side by side on one line, of about one height, and are not all alike."""
    order = np.argsort(marks.left, kind="stable")
    top, bottom, left, right, area = (part[order] for part in marks)
    height = bottom - top
    longest: list[list[int]] = []
    lengths = np.zeros(len(order), np.int64)
    for one in range(len(order)):
        gap, other = left[one] - right[:one], height[:one]
        joined = (gap >= -1) & (gap <= max(2, _GAP * height[one]))
        joined &= np.abs(bottom[one] - bottom[:one]) <= max(1, _SHIFT * height[one])
        joined &= np.minimum(height[one], other) >= _LIKE * np.maximum(height[one], other)
        before = int((lengths[:one] * joined)[::-1].argmax()) if joined.any() else -1
        longest.append([*(longest[one - 1 - before] if before >= 0 else []), one])
        lengths[one] = len(longest[one])
    line = longest[int(lengths.argmax())]
    shapes = {(int(right[one] - left[one]), int(area[one])) for one in line}
    return len(line) >= MIN_GLYPHS and len(shapes) >= MIN_GLYPHS - 1
