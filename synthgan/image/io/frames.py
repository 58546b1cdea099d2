"""Where the frames of a multi-frame DICOM image lie: they may stand in any order in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgan.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom import Dataset

_SAME = 1e-3  # millimetres, or of the direction of a unit vector
_EVEN = 0.01  # of the distance between two frames


class Places(NamedTuple):
    """Where frames lie.

    Attributes:
        order: int64 ``[frames]``: the frames from the lowest along their normal to the highest.
        distance: millimetres from one to the next; None where they are not even, or nobody knows.
    """

    order: NDArray[np.int64]
    distance: float | None


def places_of(path: Path, header: Dataset) -> Places | None:
    """Where the frames of an image lie; None where its header does not say.

    Positions of frames count (PS3.3 C.7.6.16.2.3), else offsets of a dose grid (C.8.8.3.2), else places in a stack.

    Raises:
        DataError: if frames are not parallel, or several lie at one place: over time, of several echoes or segments.
    """
    frames = int(header.get("NumberOfFrames") or 1)
    heights, measured = heights_of(path, header, frames)
    if heights is None:
        return None
    order = np.argsort(heights, kind="stable")
    steps = np.diff(heights[order])
    apart = int((steps > _SAME).sum()) + 1
    if apart < frames:
        raise DataError(
            f"{path} must have one frame for each place, however: {frames} frames lie at {apart} (over time, of several "
            f"echoes or segments); take them apart"
        )
    even = measured and np.allclose(steps, steps.mean(), rtol=_EVEN, atol=0)
    return Places(order, float(steps.mean()) if even else None)


def heights_of(path: Path, header: Dataset, frames: int) -> tuple[NDArray[np.float64] | None, bool]:
    """How far along their normal frames lie, ``[frames]``, and whether in millimetres."""
    groups = list(header.get("PerFrameFunctionalGroupsSequence") or [])
    positions = [_within(group, "PlanePositionSequence", "ImagePositionPatient") for group in groups]
    if len(positions) == frames and all(position is not None for position in positions):
        shared = [*(header.get("SharedFunctionalGroupsSequence") or []), header]
        normals = [normal for group in groups if (normal := _normal([group, *shared])) is not None]
        if len(normals) == frames:
            first = normals[0]
            if not np.allclose(normals, first, atol=_SAME):
                raise DataError(f"{path} must have parallel frames, however: they are not; take them apart")
            return np.array(positions, dtype=np.float64) @ first, True
    offsets = header.get("GridFrameOffsetVector")
    if offsets is not None and len(offsets) == frames:
        return np.array(offsets, dtype=np.float64), True
    stacked = [_within(group, "FrameContentSequence", "InStackPositionNumber") for group in groups]
    if len(stacked) == frames and all(place is not None for place in stacked):
        return np.array(stacked, dtype=np.float64), False
    return None, False


def _within(group: Dataset, sequence: str, keyword: str) -> object | None:
    """A value of the first item of a sequence; None where there is none."""
    items = group.get(sequence)
    value: object | None = items[0].get(keyword) if items else None
    return value


def _normal(groups: list[Dataset]) -> NDArray[np.float64] | None:
    """The direction across a frame, by the first of these groups that knows that of its rows and columns."""
    for group in groups:
        found = _within(group, "PlaneOrientationSequence", "ImageOrientationPatient")
        if found is not None:
            rows, columns = np.array(found, dtype=np.float64).reshape(2, 3)
            return np.cross(rows, columns)
    return None
