"""Brings DICOM or NIfTI files that belong together to one array, and says what its numbers mean."""

from __future__ import annotations

import importlib
import math
import sys
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgan.errors import DataError, Remedy
from synthgan.image.frame import Frame, Scale
from synthgan.image.limits import MAX_SUGGESTED, MAX_VOXELS_A_SIDE, check_size
from synthgan.image.physical import Physical
from synthgan.image.resampling import Fit
from synthgan.io.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.image.resampling import Target

SPACING_TOLERANCE = 0.01  # of the first image's
_TOP, _BLOCK = np.iinfo(np.uint16).max, 4096
_DIGITS_OF_SPACING = 3
_MIN_SIDE = 16  # that is suggested
_OF_IMAGES = 3  # dimensions, channels included
_BYTES_OF_A_PIXEL = 16  # while it is scaled


@dataclass(frozen=True)
class Scan:
    """What the header of a file says of its pixels.

    Attributes:
        path: the file.
        shape: of its pixels: height, width, channels; or depth, height, width, 1.
        dtype: ``"uint8"`` or ``"uint16"`` where ``read`` gives such; None where it gives other numbers.
        read: decodes the pixels, in that shape.
        slope: with ``intercept``, what a number that was read means in the units of the source.
        intercept: what a 0 means.
        spacing: in millimetres, for each side.
        thickness: of a slice, in millimetres.
        window: centre and width, in the units of the source.
        modality: as DICOM says it.
        bits: as many as a pixel needs.
        is_picture: whether numbers are shares of the whole range of their type.
        notes: what of the file is not taken.
        fit: how it was brought to another size, if it was.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: str | None
    read: Callable[[], NDArray[Any]]
    slope: float = 1.0
    intercept: float = 0.0
    spacing: tuple[float, ...] | None = None
    thickness: float | None = None
    window: tuple[float, float] | None = None
    modality: str | None = None
    bits: int | None = None
    is_picture: bool = False
    notes: tuple[str, ...] = ()
    fit: Fit | None = None

    @property
    def sides(self) -> tuple[int, ...]:
        """The shape without the channels."""
        return self.shape[:-1]

    def checked(self) -> Scan:
        """The same, where it is not too large to be learned.

        Raises:
            DataError: if it is.
        """
        check_size(self.shape[-2], self.shape[-3], self.path, self.shape[0] if len(self.shape) > _OF_IMAGES else None)
        return self

    def brought(self, target: Target, box: tuple[int, ...] | None = None) -> Scan:
        """The same at another size; its own after scaling where neither ``box`` nor the target says one.

        Raises:
            DataError: if it cannot be brought there.
        """
        fit = Fit(self.sides, target.scaled(self.sides, self.spacing, self.path))
        end = box or target.box(len(self.sides)) or fit.scaled
        spacing = fit.spaced(self.spacing) if target.spacing is None else (target.spacing,) * len(self.sides)

        def read() -> NDArray[Any]:
            check_memory(self.path, math.prod(self.shape) * _BYTES_OF_A_PIXEL)
            return fit.forth(self.read(), end, darkest_is_highest=self.slope < 0)

        return replace(self, shape=(*end, self.shape[-1]), read=read, spacing=spacing, fit=fit)

    def frame(self, declared: tuple[float, float] | None) -> Frame:
        """What this image alone says of size and values, where a range of these may be declared."""
        own = Scale(self.slope, self.intercept, (1 << self.bits) - 1) if self.dtype and self.bits else None
        return Frame.of(self.shape, own, self.modality, declared)

    def values(self) -> NDArray[np.float64]:
        """The pixels in the units of the source."""
        with np.errstate(all="ignore"):
            return np.asarray(self.read(), dtype=np.float64) * self.slope + self.intercept


class ReadScans(NamedTuple):
    """The pixels of several files.

    Attributes:
        pixels: uint8 or uint16 ``[n, height, width, channels]`` or ``[n, depth, height, width, 1]``.
        physical: what they mean; None of pictures, whose numbers are shares of the whole range of their type.
        fit: how the most of them were brought to their size, if they were.
        notes: what of the files was not taken, a line each.
        sides: of each image before it was brought to another size.
        fits: how each was brought there.
    """

    pixels: NDArray[Any]
    physical: Physical | None
    fit: Fit | None
    notes: tuple[str, ...]
    sides: tuple[tuple[int, ...], ...]
    fits: tuple[Fit | None, ...]


def require(package: str, name: object) -> None:
    """Refuse what needs a package of the extra ``medical`` where it is not installed.

    Raises:
        DataError: if it is not.
    """
    try:
        importlib.import_module(package)
    except ImportError as error:
        raise DataError(
            f"{name} needs the package {package}, however: it is not installed; pip install 'synthgan[medical]'"
        ) from error


def read_scans(files: Sequence[Path], open_scan: Callable[[Path], Scan], target: Target | None = None) -> ReadScans:
    """Read files of one kind; every header is looked at before the first pixel is decoded.

    Where all files hold whole numbers of at most 16 bits with one meaning, these are kept as they are, but for a shift
    that makes signed ones unsigned. Otherwise values are brought onto one grid of at most 65,536 steps (see ``_grid``).

    Args:
        files: at least one.
        open_scan: reads a header.
        target: the size that all are brought to; None takes them as they are.

    Returns:
        the pixels, and what there is to say of them.

    Raises:
        DataError: if a file cannot be read, or is of another size, kind, modality or spacing than the first.
    """
    scans = [open_scan(file) for file in files]
    sides = tuple(scan.sides for scan in scans)
    if target is not None:
        scans = _brought(scans, target)
    for scan in scans:
        _check_alike(scan.checked(), scans)
    dtypes = {scan.dtype for scan in scans}
    keep = None not in dtypes and len({(scan.slope, scan.intercept) for scan in scans}) == 1
    slope, intercept = (scans[0].slope, scans[0].intercept) if keep else _grid(scans)
    dtype = np.dtype("uint8" if dtypes == {"uint8"} and keep else "uint16")
    check_memory(files[0].parent, len(scans) * math.prod(scans[0].shape) * dtype.itemsize)
    pixels = np.empty((len(scans), *scans[0].shape), dtype=dtype)
    for index, scan in enumerate(scans):
        numbers = scan.read()
        if not keep:
            numbers = np.rint((numbers.astype(np.float64) * scan.slope + scan.intercept - intercept) / slope)
        pixels[index] = numbers
    fit, held = Counter(scan.fit for scan in scans).most_common(1)[0]
    said = Counter(note for scan in scans for note in scan.notes)
    notes = tuple(f"{count:,} of {len(scans):,} images: {note}" for note, count in said.items())
    physical = None if scans[0].is_picture and keep else _usual(scans, slope, intercept, keep=keep)
    fits = tuple(scan.fit for scan in scans)
    return ReadScans(pixels, physical, fit and replace(fit, held=held), notes, sides, fits)


def _brought(scans: list[Scan], target: Target) -> list[Scan]:
    """All at one size: the target's, or the largest that they come to."""
    brought = [scan.brought(target) for scan in scans]
    if target.resolution is not None or len({len(scan.sides) for scan in scans}) > 1:
        return brought
    box = tuple(map(max, *(scan.sides for scan in brought))) if len(brought) > 1 else brought[0].sides
    return [scan.brought(target, box) for scan in scans]


def _fitting(scans: Sequence[Scan]) -> int:
    """A size for images of many sizes: the largest power of two that does not enlarge most of them."""
    longest = np.median([max(scan.sides) for scan in scans])
    most = MAX_SUGGESTED if len(scans[0].shape) == _OF_IMAGES else MAX_VOXELS_A_SIDE
    return int(min(most, 2 ** math.floor(math.log2(max(longest, _MIN_SIDE)))))


def _check_alike(scan: Scan, scans: Sequence[Scan]) -> None:
    first = scans[0]
    if scan.shape[-1] != first.shape[-1]:
        kinds = {1: "grey", 3: "colour"}
        raise DataError(
            f"{scan.path} must be {kinds[first.shape[-1]]} like the first image, however: {kinds[scan.shape[-1]]}; "
            f"convert it"
        )
    if scan.shape != first.shape:
        raise DataError(
            f"{scan.path} must be of the size of the first image ({_times(first.shape[-2::-1])}), however: "
            f"{_times(scan.shape[-2::-1])}",
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
    near = scan.fit is not None or _near(scan, first)
    if (scan.spacing is None) != (first.spacing is None) or not near:
        raise DataError(
            f"{scan.path} must have the spacing of the first image ({_millimetres(first)}, within 1 %), however: "
            f"{_millimetres(scan)}",
            remedy="resample first"
            if scan.spacing is None or first.spacing is None
            else Remedy.option("spacing", float(f"{max(first.spacing):.2g}"), "resamples all"),
        )


def _near(scan: Scan, first: Scan) -> bool:
    """Whether two have the same spacing, to within a hundredth."""
    return np.allclose(scan.spacing or (0,), first.spacing or (0,), rtol=SPACING_TOLERANCE, atol=0)


def _times(numbers: Sequence[float]) -> str:
    return " x ".join(f"{number:g}" for number in numbers)


def _millimetres(scan: Scan) -> str:
    return "not stated" if scan.spacing is None else f"{_times(scan.spacing)} mm"


def _grid(scans: Sequence[Scan]) -> tuple[float, float]:
    """Slope and intercept under which the values of all scans fit into uint16.

    The step is the scans' own where all share it, it is wide enough and whole numbers lose nothing by it; otherwise it is
    a power of two. The start lies on a coarse raster of 4,096 steps: neither gives away the extremes, which are somebody's.
    """
    low, high = math.inf, -math.inf
    whole = True
    for scan in scans:
        numbers = scan.read()
        if not np.isfinite(numbers).all():
            raise DataError(f"{scan.path} must hold finite numbers, however: it has NaN or infinity; fill them first")
        ends = [float(end) * scan.slope + scan.intercept for end in (numbers.min(), numbers.max())]
        low, high = min(low, *ends), max(high, *ends)
        whole = whole and numbers.dtype.kind in "iu"
    if not math.isfinite(high - low):
        raise DataError(f"{scans[0].path} and others must differ by a finite number, however: {low:g} to {high:g}")
    steps = _TOP - _BLOCK
    step = abs(scans[0].slope)
    fits = whole and all(abs(scan.slope) == step and (scan.intercept / step).is_integer() for scan in scans)
    if not fits or (high - low) / step > steps:
        step = 2.0 ** math.ceil(math.log2(max((high - low) / steps, sys.float_info.min))) if high > low else 1.0
    return step, math.floor(low / (_BLOCK * step)) * _BLOCK * step


def _usual(scans: Sequence[Scan], slope: float, intercept: float, *, keep: bool) -> Physical:
    """What the most scans say, and how many of them do."""
    found: dict[str, Any] = {}
    held: dict[str, int] = {}
    for name in ("spacing", "thickness", "window", "modality", "bits"):
        found[name], held[name] = Counter(getattr(scan, name) for scan in scans).most_common(1)[0]
    if found["spacing"] is not None and held["spacing"] * 2 <= len(scans):
        middle = np.median([scan.spacing for scan in scans], axis=0)
        found["spacing"] = tuple(float(f"{side:.{_DIGITS_OF_SPACING}g}") for side in middle)
        held["spacing"] = len(scans)
        if not all(_near(scan, scans[0]) for scan in scans):  # brought to one size by different factors
            found["spacing"] = None
    if not keep:
        found["bits"] = None
    return Physical(**found, slope=slope, intercept=intercept, held=held)
