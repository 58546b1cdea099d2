"""Where the frames of a multi-frame DICOM image lie, in space or in time: they may stand in any order in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgan.errors import DataError
from synthgan.image.io.dicom_values import is_over_time

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom import Dataset

_SAME = 1e-3  # millimetres, or of the direction of a unit vector
_EVEN = 0.01  # of the distance between two frames
PARALLEL = "{} of {} frames are learned: those that are parallel to the first"
MIDDLE = "of several frames at each place, those of the middle place are learned as a clip"
FIRST = "where several frames lie at one place, the first is learned"


class Places(NamedTuple):
    """Where frames lie.

    Attributes:
        order: int64 ``[frames taken]``: from the lowest along their normal to the highest, or from the first to the last in time.
        distance: millimetres from one to the next; None where they are not even, nobody knows, or they are a clip.
        clip: whether they follow each other in time.
        notes: which frames are not taken.
    """

    order: NDArray[np.int64]
    distance: float | None = None
    clip: bool = False
    notes: tuple[str, ...] = ()

    def shape(self, frame: tuple[int, ...]) -> tuple[int, ...]:
        """Of what is taken, for frames of a shape: of one alone that of an image."""
        return frame if len(self.order) == 1 else (len(self.order), *frame)


def lay_frames(header: Dataset, *, colour: bool) -> Places:
    """Which frames of an image are taken, and in which order.

    Frames at different places are the slices of a volume, by their positions (PS3.3 C.7.6.16.2.3), else by offsets of a dose
    grid (C.8.8.3.2), else by places in a stack. Those at one place are a clip in the order of the file; of several at each of
    many places, those at the middle one are. Where nobody says where frames lie, they are a clip if they are in colour or
    the header speaks of time, else a volume. Of frames that are not parallel, those that are to the first are taken.
    """
    frames = int(header.get("NumberOfFrames") or 1)
    heights, kept, measured = _heights(header, frames)
    if frames == 1 or heights is None:
        return Places(np.arange(frames), clip=frames > 1 and (colour or is_over_time(header)))
    notes: tuple[str, ...] = () if len(kept) == frames else (PARALLEL.format(len(kept), frames),)
    order = np.argsort(heights, kind="stable")
    steps = np.diff(heights[order])
    places = np.concatenate([[0], np.cumsum(steps > _SAME)])
    counts = np.bincount(places)
    if len(counts) == len(kept):
        even = measured and len(steps) and np.allclose(steps, steps.mean(), rtol=_EVEN, atol=0)
        return Places(kept[order], float(steps.mean()) if even else None, colour and len(kept) > 1, notes)
    if counts.min() > 1:
        notes += (MIDDLE,) if len(counts) > 1 else ()
        return Places(np.sort(kept[order[places == len(counts) // 2]]), clip=True, notes=notes)
    first = kept[order[np.unique(places, return_index=True)[1]]]
    return Places(first, clip=colour and len(first) > 1, notes=(*notes, FIRST))


def _heights(header: Dataset, frames: int) -> tuple[NDArray[np.float64] | None, NDArray[np.int64], bool]:
    """How far along the first one's normal those frames lie that are parallel to it, which those are, and whether in millimetres."""
    known = _placed(header, frames)
    if known is None:
        return _stated(header, frames), np.arange(frames), "GridFrameOffsetVector" in header
    positions, normals = known
    kept = np.flatnonzero((np.abs(normals - normals[0]) <= _SAME).all(1))
    return positions[kept] @ normals[0], kept, True


def heights_of(path: Path, header: Dataset, frames: int) -> tuple[NDArray[np.float64] | None, bool]:
    """How far along their normal frames lie, ``[frames]``, and whether in millimetres."""
    known = _placed(header, frames)
    if known is None:
        return _stated(header, frames), "GridFrameOffsetVector" in header
    positions, normals = known
    if not np.allclose(normals, normals[0], atol=_SAME):
        raise DataError(f"{path} must have parallel frames, however: they are not; keep those of one direction")
    return positions @ normals[0], True


def _placed(header: Dataset, frames: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Position and normal of each frame, ``[frames, 3]``; None where not all have both."""
    groups = list(header.get("PerFrameFunctionalGroupsSequence") or [])
    positions = [_within(group, "PlanePositionSequence", "ImagePositionPatient") for group in groups]
    if len(positions) != frames or any(position is None for position in positions):
        return None
    shared = [*(header.get("SharedFunctionalGroupsSequence") or []), header]
    normals = [normal for group in groups if (normal := _normal([group, *shared])) is not None]
    if len(normals) != frames:
        return None
    return np.array(positions, dtype=np.float64), np.array(normals)


def _stated(header: Dataset, frames: int) -> NDArray[np.float64] | None:
    """The offsets of frames, or their places in a stack; None where nobody says."""
    offsets = header.get("GridFrameOffsetVector")
    if offsets is not None and len(offsets) == frames:
        return np.array(offsets, dtype=np.float64)
    groups = list(header.get("PerFrameFunctionalGroupsSequence") or [])
    stacked = [_within(group, "FrameContentSequence", "InStackPositionNumber") for group in groups]
    if len(stacked) == frames and all(place is not None for place in stacked):
        return np.array(stacked, dtype=np.float64)
    return None


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
