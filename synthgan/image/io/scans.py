"""Brings DICOM or NIfTI files that belong together to one array, and says what its numbers mean."""

from __future__ import annotations

import importlib
import math
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgan.errors import DataError, Remedy
from synthgan.image.clips import MAX_FRAMES
from synthgan.image.io.alike import check_alike, near
from synthgan.image.physical import Physical
from synthgan.io.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.image.io.scan import Scan
    from synthgan.image.resampling import Fit, Target

_TOP, _BLOCK = np.iinfo(np.uint16).max, 4096
GREY = "grey among pictures in colour is learned as colour"
COLOURLESS = "in colour that shows none, and learned as grey"
_DIGITS_OF_SPACING = 3
_OF_IMAGES = 3  # dimensions, channels included
_BYTES_OF_A_PIXEL = 16  # while it is scaled


class ReadScans(NamedTuple):
    """The pixels of several files.

    Attributes:
        pixels: uint8 or uint16 ``[n, height, width, channels]`` or ``[n, depth, height, width, 1]``.
        physical: what they mean; None of pictures, whose numbers are shares of the whole range of their type.
        fit: how the most of them were brought to their size, if they were.
        notes: what of the files was not taken, a line each.
        sides: of each image before it was brought to another size.
        fits: how each was brought there.
        clips: whether they are clips.
    """

    pixels: NDArray[Any]
    physical: Physical | None
    fit: Fit | None
    notes: tuple[str, ...]
    sides: tuple[tuple[int, ...], ...]
    fits: tuple[Fit | None, ...]
    clips: bool = False


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


def read_scans(
    files: Sequence[Path],
    open_scan: Callable[[Path], Scan],
    target: Target | None = None,
    frames: int | None = None,
) -> ReadScans:
    """Read files of one kind; every header is looked at before the first pixel is decoded.

    Where all files hold whole numbers of at most 16 bits with one meaning, these are kept as they are, but for a shift
    that makes signed ones unsigned. Otherwise values are brought onto one grid of at most 65,536 steps (see ``grid_of``).

    Args:
        files: at least one.
        open_scan: reads a header.
        target: the size that all are brought to; None takes them as they are.
        frames: of each clip; None takes as many as the shortest has, ``MAX_FRAMES`` at most.

    Returns:
        the pixels, and what there is to say of them.

    Raises:
        DataError: if a file cannot be read, or is of another size, kind, modality or spacing than the first.
    """
    scans = _of_one_colour(_of_frames([open_scan(file) for file in files], frames))
    sides = tuple(scan.sides for scan in scans)
    if target is not None:
        scans = _brought(scans, target)
    for scan in scans:
        check_alike(scan.checked(), scans)
    dtypes = {scan.dtype for scan in scans}
    keep = None not in dtypes and len({(scan.slope, scan.intercept) for scan in scans}) == 1
    slope, intercept = (scans[0].slope, scans[0].intercept) if keep else grid_of(scans)
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
    notes = (*(f"{count:,} of {len(scans):,} images: {note}" for note, count in said.items()), *_lying(scans))
    plain = scans[0].is_picture and keep and all(scan.frame_ms is None for scan in scans)
    physical = None if plain else _usual(scans, slope, intercept, keep=keep)
    fits = tuple(scan.fit for scan in scans)
    return ReadScans(pixels, physical, fit and replace(fit, held=held), notes, sides, fits, scans[0].clip)


def _of_frames(scans: list[Scan], frames: int | None) -> list[Scan]:
    """Clips of one number of frames.

    Raises:
        DataError: if one has fewer than were asked for.
    """
    shortest = min((scan for scan in scans if scan.clip), key=lambda scan: scan.shape[0], default=None)
    if shortest is None:
        return scans
    if frames is not None and frames > shortest.shape[0]:
        raise DataError(
            f"{shortest.path} must have at least {frames} frames, however: {shortest.shape[0]}",
            remedy=Remedy.option("frames", shortest.shape[0], "is what all have"),
        )
    taken = min(shortest.shape[0], MAX_FRAMES) if frames is None else frames
    return [scan.of_frames(taken) for scan in scans]


def _of_one_colour(scans: list[Scan]) -> list[Scan]:
    """Pictures that are all grey or all in colour: grey where those in colour show none, else in colour."""
    coloured = [scan for scan in scans if scan.shape[-1] != 1]
    if len(coloured) in (0, len(scans)) or not all(scan.is_picture for scan in scans):
        return scans
    if all(_shows_none(scan.read()) for scan in coloured):
        return [scan if scan.shape[-1] == 1 else scan.in_channels(1, COLOURLESS) for scan in scans]
    return [scan.in_channels(3, GREY) if scan.shape[-1] == 1 else scan for scan in scans]


def _shows_none(pixels: NDArray[Any]) -> bool:
    return bool((pixels == pixels[..., :1]).all())


def _lying(scans: Sequence[Scan]) -> tuple[str, ...]:
    """A line where images lie in different ways in the patient: they are learned as they are, and not turned."""
    ways = Counter(scan.lies for scan in scans if scan.lies is not None).most_common()
    if len(ways) < 2:  # noqa: PLR2004
        return ()
    shown = ", ".join(f"{way} ({count:,})" for way, count in ways)
    return (f"images lie in different ways, and are not turned: rows and columns lead to {shown}",)


def _brought(scans: list[Scan], target: Target) -> list[Scan]:
    """All at one size: the target's, or the largest that they come to."""
    brought = [scan.brought(target) for scan in scans]
    if target.resolution is not None or len({len(scan.sides) for scan in scans}) > 1:
        return brought
    box = tuple(map(max, *(scan.sides for scan in brought))) if len(brought) > 1 else brought[0].sides
    return [scan.brought(target, box) for scan in scans]


def grid_of(scans: Sequence[Scan]) -> tuple[float, float]:
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
    for name in ("spacing", "thickness", "window", "modality", "bits", "frame_ms"):
        found[name], held[name] = Counter(getattr(scan, name) for scan in scans).most_common(1)[0]
    if found["spacing"] is not None and held["spacing"] * 2 <= len(scans):
        middle = np.median([scan.spacing for scan in scans], axis=0)
        found["spacing"] = tuple(float(f"{side:.{_DIGITS_OF_SPACING}g}") for side in middle)
        held["spacing"] = len(scans)
        if not all(near(scan, scans[0]) for scan in scans):  # brought to one size by different factors
            found["spacing"] = None
    if not keep:
        found["bits"] = None
    return Physical(**found, slope=slope, intercept=intercept, held=held)
