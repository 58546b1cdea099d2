"""How large images may be, and the name of the column that holds their classes."""

from __future__ import annotations

from synthgan.errors import DataError

LABEL = "label"
MAX_PIXELS_A_SIDE = 1024
MAX_VOXELS_A_SIDE = 64


def check_size(width: int, height: int, name: object, depth: int | None = None) -> None:
    """Refuse images, or volumes where there is a depth, that are too large to learn.

    Raises:
        DataError: if a side is longer than ``MAX_PIXELS_A_SIDE``, or than ``MAX_VOXELS_A_SIDE`` in a volume.
    """
    if depth is not None:
        if max(width, height, depth) > MAX_VOXELS_A_SIDE:
            raise DataError(
                f"{name} must be at most {MAX_VOXELS_A_SIDE} voxels a side, however: {width} x {height} x {depth}; "
                f"crop or scale down first"
            )
    elif max(width, height) > MAX_PIXELS_A_SIDE:
        raise DataError(
            f"{name} must be at most {MAX_PIXELS_A_SIDE} pixels a side, however: {width} x {height}; scale down first"
        )
