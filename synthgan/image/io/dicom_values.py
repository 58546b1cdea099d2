"""What the header of a DICOM image says: codes, numbers, lengths, windows, and how fast its frames follow each other."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pydicom

from synthgan.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom import Dataset

_CODE = re.compile(r"[A-Z0-9_ ]{1,16}")
# What frames over time are counted by (PS3.3 C.7.6.6.1.1): the time of each, or one for all.
_TIMES = (0x00181063, 0x00181065)
# Kinds of images whose frames are taken one after the other: ultrasound, angiography, fluoroscopy, and video.
_OF_TIME = (
    "1.2.840.10008.5.1.4.1.1.3",
    "1.2.840.10008.5.1.4.1.1.3.1",
    "1.2.840.10008.5.1.4.1.1.12.1",
    "1.2.840.10008.5.1.4.1.1.12.2",
    "1.2.840.10008.5.1.4.1.1.77.1.1.1",
    "1.2.840.10008.5.1.4.1.1.77.1.2.1",
    "1.2.840.10008.5.1.4.1.1.77.1.4.1",
)
_MS = 1000.0


def code_of(header: Dataset, keyword: str) -> str | None:
    """A code of the header; None where it has none, or something that is no code and may be anything."""
    value = str(header.get(keyword))
    return value if header.get(keyword) and _CODE.fullmatch(value) else None


def found_of(header: Dataset, keyword: str) -> list[Any]:
    """The different values of an attribute, in the header or in the functional groups of an enhanced image."""
    if header.get(keyword) is not None:
        return [header.get(keyword)]
    groups = [
        *(header.get("SharedFunctionalGroupsSequence") or []),
        *(header.get("PerFrameFunctionalGroupsSequence") or []),
    ]
    macros = [item for group in groups for element in group if element.VR == "SQ" for item in element.value]
    found: list[Any] = []
    for macro in macros:
        value = macro.get(keyword)
        if value is not None and value not in found:
            found.append(value)
    return found


def numbers_of(path: Path, header: Dataset, keyword: str, otherwise: float, frames: int) -> list[float]:
    """A number of the header: one for all frames, or, where they differ, one for each.

    Raises:
        DataError: if one is not finite, or some frames have none of those that differ.
    """
    found = found_of(header, keyword)
    if len(found) > 1:
        groups = header.get("PerFrameFunctionalGroupsSequence") or []
        found = [next(iter(found_of(group, keyword) or _inside(group, keyword)), None) for group in groups[:frames]]
        if len(found) != frames or None in found:
            raise DataError(
                f"{path} must have a {keyword} for each of {frames} frames, however: some have none; mend it"
            )
    numbers = [float(number) for number in found] or [otherwise]
    if not all(math.isfinite(number) for number in numbers):
        raise DataError(f"{path} must have a finite {keyword}, however: it is none; mend its header")
    return numbers


def _inside(group: Dataset, keyword: str) -> list[Any]:
    """The values of an attribute in the functional groups of one frame."""
    items = [item for element in group if element.VR == "SQ" for item in element.value]
    return [item.get(keyword) for item in items if item.get(keyword) is not None]


def lengths_of(header: Dataset, *keywords: str) -> tuple[float, ...] | None:
    """Lengths in millimetres under the first keyword that has some; None where none has, or they are no lengths."""
    for keyword in keywords:
        found = found_of(header, keyword)
        if found:
            value = found[0]
            lengths = tuple(
                float(v) for v in (value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value])
            )
            return lengths if all(math.isfinite(length) and length > 0 for length in lengths) else None
    return None


def spacing_of(header: Dataset, sides: int, distance: float | None) -> tuple[tuple[float, ...] | None, float | None]:
    """The spacing along each side, of volumes by how far their frames were seen to lie apart; and the thickness of a slice."""
    plane = lengths_of(header, "PixelSpacing", "ImagerPixelSpacing")
    plane = plane if plane is not None and len(plane) == 2 else None  # noqa: PLR2004 (rows and columns)
    thickness = lengths_of(header, "SliceThickness")
    if sides == 3:  # noqa: PLR2004 (a volume)
        stated = lengths_of(header, "SpacingBetweenSlices", "SliceThickness")
        between = stated if distance is None else (distance,)
        plane = None if plane is None or between is None else (between[0], *plane)
    return plane, thickness[0] if thickness else None


def window_of(header: Dataset) -> tuple[float, float] | None:
    """The first window, where there is one."""
    found = [found_of(header, keyword) for keyword in ("WindowCenter", "WindowWidth")]
    if not all(found):
        return None
    first = [values[0] for values in found]
    centre, width = (float(v[0] if isinstance(v, pydicom.multival.MultiValue) else v) for v in first)
    return (centre, width) if math.isfinite(centre) and math.isfinite(width) and width > 0 else None


def lies_of(header: Dataset) -> str | None:
    """Where rows and columns lead in the patient, by the nearest of six directions: ``"LP"`` of an axial slice; None where nobody says."""
    found = found_of(header, "ImageOrientationPatient")
    if len(found) != 1 or found[0] is None or len(found[0]) != 6:  # noqa: PLR2004 (of two directions in space)
        return None
    numbers = [float(number) for number in found[0]]
    letters = ""
    for direction in (numbers[:3], numbers[3:]):
        axis = max(range(3), key=lambda index: abs(direction[index]))
        letters += ("LPH" if direction[axis] > 0 else "RAF")[axis]
    return letters


def frame_ms_of(header: Dataset) -> float | None:
    """Milliseconds from one frame to the next: as stated, the mean of those stated, or by the rate; None where nobody says."""
    times = [header.get("FrameTime"), *_mean(header.get("FrameTimeVector"))]
    rates = [header.get(keyword) for keyword in ("CineRate", "RecommendedDisplayFrameRate")]
    times += [None if not rate else _MS / float(rate) for rate in rates]
    return next((float(time) for time in times if time and math.isfinite(float(time)) and float(time) > 0), None)


def is_over_time(header: Dataset) -> bool:
    """Whether the header says that frames follow each other in time."""
    pointer = header.get("FrameIncrementPointer")
    pointers = [*pointer] if isinstance(pointer, pydicom.multival.MultiValue) else [pointer]
    kind = str(header.get("SOPClassUID") or "")
    return frame_ms_of(header) is not None or kind in _OF_TIME or any(one in _TIMES for one in pointers)


def _mean(vector: Any) -> list[float]:
    """The mean of a vector of times, of which the first is before the first frame; none of nothing."""
    times = [float(time) for time in vector[1:]] if isinstance(vector, pydicom.multival.MultiValue) else []
    return [sum(times) / len(times)] if times else []
