"""Whether files of images belong together: of one size, kind, modality and spacing, or refused with what brings them there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import DataError, Remedy
from synthgan.image.limits import SUGGESTED_PIXELS, SUGGESTED_VOXELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.image.io.scan import Scan

SPACING_TOLERANCE = 0.01  # of the first image's
_MIN_SIDE = 16  # that is suggested
_OF_IMAGES = 2  # sides


def _fitting(scans: Sequence[Scan]) -> int:
    """A size for images of many sizes: the largest power of two that does not enlarge most of them."""
    longest = np.median([max(scan.sides) for scan in scans])
    most = SUGGESTED_PIXELS if len(scans[0].sides) == _OF_IMAGES else SUGGESTED_VOXELS
    return int(min(most, 2 ** math.floor(math.log2(max(longest, _MIN_SIDE)))))


def check_alike(scan: Scan, scans: Sequence[Scan]) -> None:
    """See that one is like the first of all.

    Raises:
        DataError: if it is not.
    """
    first = scans[0]
    if scan.clip != first.clip:
        wanted, found = ("a clip" if one.clip else "one image" for one in (first, scan))
        raise DataError(
            f"{scan.path} must be {wanted} like the first, however: {found}",
            remedy=Remedy.option("frames", 1, "takes one frame of each clip"),
        )
    if scan.shape[-1] != first.shape[-1]:
        kinds = {1: "grey", 3: "colour"}
        raise DataError(
            f"{scan.path} must be {kinds[first.shape[-1]]} like the first image, however: {kinds[scan.shape[-1]]}; "
            f"convert it"
        )
    if scan.shape != first.shape:
        raise DataError(
            f"{scan.path} must be of the size of the first image ({_times(first.sides[::-1])}), however: "
            f"{_times(scan.sides[::-1])}",
            remedy=Remedy.option("resolution", _fitting(scans), "brings all to one size")
            if len(scan.shape) == len(first.shape)
            else "learn images and volumes apart",
        )
    if scan.is_picture and scan.bits != first.bits:
        raise DataError(
            f"{scan.path} must be of {first.bits or 'wide'} bits like the first image, however: {scan.bits or 'wide'}; "
            f"convert it"
        )
    if scan.modality != first.modality:
        raise DataError(
            f"{scan.path} must be of the modality of the first image ({first.modality or 'none'}), however: "
            f"{scan.modality or 'none'}; learn them apart"
        )
    same = scan.fit is not None or near(scan, first)
    if (scan.spacing is None) != (first.spacing is None) or not same:
        raise DataError(
            f"{scan.path} must have the spacing of the first image ({_millimetres(first)}, within 1 %), however: "
            f"{_millimetres(scan)}",
            remedy="resample first"
            if scan.spacing is None or first.spacing is None
            else Remedy.option("spacing", float(f"{max(first.spacing):.2g}"), "resamples all"),
        )


def near(scan: Scan, first: Scan) -> bool:
    """Whether two have the same spacing, to within a hundredth."""
    return np.allclose(scan.spacing or (0,), first.spacing or (0,), rtol=SPACING_TOLERANCE, atol=0)


def _times(numbers: Sequence[float]) -> str:
    return " x ".join(f"{number:g}" for number in numbers)


def _millimetres(scan: Scan) -> str:
    return "not stated" if scan.spacing is None else f"{_times(scan.spacing)} mm"
