"""What may be shown of images: figures of classes of ten images or more, and synthetic images alone unless internal."""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.metrics.data.cells import MIN_UNITS
from synthgan.report.wording import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.metrics.details import ImageClass, ImageDetails

    Json = dict[str, Any]

FIGURES = ("precision", "recall", "density", "coverage", "nearest", "spread", "kin")
_GAP = 1  # pixels between images
_MIN_SIDE = 48  # pixels that an image is enlarged to, by whole factors, so that no reader's screen blurs it


def hidden_classes(details: ImageDetails | None, *, internal: bool) -> list[str]:
    """List the classes that must not be named: those of fewer than MIN_UNITS real images."""
    if details is None or internal:
        return []
    return [one.name for one in details.classes if one.real < MIN_UNITS]


def released_images(details: ImageDetails | None, sentence: Callable[[str], str], *, internal: bool) -> Json | None:
    """Return the figures of images, as the document holds them; None for tables.

    Args:
        details: What ``evaluate_images`` found.
        sentence: Takes out of a sentence what must not be named.
        internal: Show also what fewer than MIN_UNITS images hold.
    """
    if details is None:
        return None
    hidden = hidden_classes(details, internal=internal)
    return {
        "real": details.real,
        "synthetic": details.synthetic,
        "holdout": details.holdout,
        "withheld": len(hidden),
        "classes": [_figures(one, sentence, internal=internal) for one in details.classes if one.name not in hidden],
    }


def pictures(details: ImageDetails | None, *, internal: bool) -> list[Json]:
    """Return a strip of synthetic images for each class that may be named, as data URIs of PNG.

    Masks stand below their images, and each clip is a row of its frames.

    Args:
        details: What ``evaluate_images`` found.
        internal: Add a strip of the learned images nearest to these.

    Returns:
        Per class ``name``, ``synthetic`` and ``real`` (None unless internal, or where there is none to show).
    """
    if details is None:
        return []
    hidden = hidden_classes(details, internal=internal)
    shown = [one for one in details.classes if one.name not in hidden]
    # One scale for all that is seen, so that a dark class looks dark.
    values = [
        pixels for one in shown for pixels in (one.shown, one.neighbours if internal else one.shown) if pixels.size
    ]
    low, high = (float(edge) for edge in _edges(values))
    return [
        {
            "name": plain(one.name),
            "synthetic": _strip(one.shown, low, high, one.columns, one.masks),
            "real": _strip(one.neighbours, low, high, one.columns) if internal else None,
        }
        for one in shown
    ]


def _figures(one: ImageClass, sentence: Callable[[str], str], *, internal: bool) -> Json:
    few = one.compared < MIN_UNITS and not internal
    sides = {"figures": one.figures, "floors": one.floors}
    figures = {name: None if few or not side else {key: side[key] for key in FIGURES} for name, side in sides.items()}
    counts = {"real": one.real, "synthetic": one.synthetic, "compared": one.compared}
    return {"name": plain(one.name), **counts, **figures, "verdict": sentence(one.verdict)}


def _edges(values: list[NDArray[Any]]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    return min(float(pixels.min()) for pixels in values), max(float(pixels.max()) for pixels in values)


def _strip(
    images: NDArray[Any], low: float, high: float, columns: int = 0, masks: NDArray[Any] | None = None
) -> str | None:
    """Images side by side, or in rows of so many, as the data URI of a PNG; None of none."""
    if not len(images):
        return None
    from PIL import Image

    shares = np.clip((images.astype(np.float64) - low) / max(high - low, 1.0), 0, 1)
    factor = math.ceil(_MIN_SIDE / max(images.shape[1:3]))
    if masks is not None and len(masks):
        below = np.broadcast_to((masks / max(1, masks.max()))[..., None], shares.shape)
        shares, columns = np.concatenate([shares, below]), len(images)
    large = np.rint(255 * shares).astype(np.uint8).repeat(factor, 1).repeat(factor, 2)
    padded = np.pad(large, ((0, 0), (0, _GAP if columns else 0), (0, _GAP), (0, 0)), constant_values=255)
    row = columns or len(padded)
    rows = [np.concatenate(list(padded[first : first + row]), axis=1) for first in range(0, len(padded), row)]
    strip = np.concatenate(rows, axis=0)
    stream = io.BytesIO()
    Image.fromarray(strip[..., 0] if strip.shape[-1] == 1 else strip).save(stream, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
