"""One file of voxels (NIfTI, MGZ, MINC, …) to an array, and NIfTI back, through nibabel, which nothing else imports."""

from __future__ import annotations

import math
import re
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
from nibabel.imageglobals import LoggingOutputSuppressor

from synthgan._version import __version__
from synthgan.errors import DataError, SynthganError
from synthgan.image.io.scan import Scan
from synthgan.image.physical import Physical
from synthgan.io.reasons import one_line, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_SIDES = 3
MIDDLE = "of volumes over time, the slice in the middle is learned as a clip"
_IN_MILLISECONDS = {"sec": 1000.0, "msec": 1.0, "usec": 0.001}
_IN_MILLIMETRES = {"meter": 1000.0, "micron": 0.001}
_EXACT = ("int8", "uint8", "int16", "uint16")


def open_nifti(path: Path) -> Scan:
    """What the header of a NIfTI, MGH, MINC, PAR/REC, AFNI or Analyze file says; no voxel is read.

    Voxels are brought to the orientation nearest to right, anterior, superior (RAS+) and come as ``[z, y, x]``: the first
    index is the lowest slice. A side of one voxel is left out: what remains is an image. Of volumes over time the slice in the
    middle is a clip, ``[time, y, x]``.

    Raises:
        DataError: if it is no grey image or volume that can be learned.
    """
    with _refusing(path):
        image: Any = nibabel.load(path)
        turns, order = _orientation(path, image)
        *sides, frames = _four(path, _time_last(image, np.broadcast_to(0, image.shape)).shape)
        sizes = [sides[index] for index in order]
        flat = sizes.index(1) if 1 in sizes else 0 if frames > 1 else None
        kept = [index for index in range(_SIDES) if index != flat]
        shape = (*([frames] if frames > 1 else []), *(sizes[index] for index in kept), 1)
        notes = (MIDDLE,) if frames > 1 and sizes[flat or 0] > 1 else ()
        stored, dataobj = np.dtype(image.get_data_dtype()).newbyteorder("="), image.dataobj
        if stored.kind not in "iuf":
            raise DataError(f"{path} must hold one plain number for each voxel, however: {stored}; convert it")
        plain = isinstance(getattr(dataobj, "slope", None), (int, float, np.number)) and hasattr(
            dataobj, "get_unscaled"
        )
        slope, intercept = (float(dataobj.slope), float(dataobj.inter)) if plain else (1.0, 0.0)
        exact = stored.name in _EXACT and plain
        lowest = int(np.iinfo(stored).min) if exact else 0
        lengths = _lengths(image)
        return Scan(
            path,
            shape,
            f"uint{8 * stored.itemsize}" if exact else None,
            partial(_read, path, shape, flat, turns, lowest, plain=plain),
            slope=slope,
            intercept=intercept + slope * lowest,
            spacing=None if lengths is None else tuple(lengths[order[index]] for index in kept),
            thickness=None if lengths is None or flat is None else lengths[order[flat]],
            window=_window(image.header),
            bits=8 * stored.itemsize if exact else None,
            notes=notes,
            clip=frames > 1,
            frame_ms=_frame_ms(image) if frames > 1 else None,
        )


def write_nifti(pixels: NDArray[Any], path: Path, physical: Physical | None, *, clip: bool = False) -> None:
    """Write ``[height, width, 1]``, ``[depth, height, width, 1]`` or, in four dimensions, a clip ``[time, height, width, 1]``.

    It is NIfTI-1, marked as synthetic in ``descrip``.

    Raises:
        DataError: if they are in colour.
    """
    if pixels.shape[-1] != 1:
        raise DataError(f"{path}: images in colour cannot be written as NIfTI; name another format")
    meaning = physical or Physical()
    grey = pixels[..., 0] if pixels.ndim == _SIDES + 1 else pixels[None, ..., 0]
    grey = grey[:, None] if clip else grey
    spacing = meaning.spacing or (1.0,) * (pixels.ndim - 1 - clip)
    spacing = spacing if len(spacing) == _SIDES else (meaning.thickness or 1.0, *spacing)
    image: Any = nibabel.Nifti1Image(np.ascontiguousarray(grey.T), np.diag([*spacing[::-1], 1.0]))
    header = image.header
    header.set_xyzt_units("mm" if meaning.spacing else "unknown", "msec" if clip and meaning.frame_ms else "unknown")
    if clip and meaning.frame_ms:
        header.set_zooms((*header.get_zooms()[:_SIDES], meaning.frame_ms))
    header.set_slope_inter(meaning.slope, meaning.intercept)
    header["descrip"] = f"synthetic: drawn by synthgan {__version__}".encode()
    if meaning.window is not None:
        centre, width = meaning.window
        header["cal_min"], header["cal_max"] = centre - width / 2, centre + width / 2
    nibabel.save(image, path)


def _four(path: Path, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with three sides and time.

    Raises:
        DataError: if it has more.
    """
    while len(shape) > _SIDES and shape[-1] == 1:
        shape = shape[:-1]
    if not 2 <= len(shape) <= _SIDES + 1 or not all(shape):  # noqa: PLR2004 (an image)
        raise DataError(
            f"{path} must be an image, a volume or one of these over time, however: it has {len(shape)} dimensions "
            f"({' x '.join(map(str, shape))}), as vectors of voxels do; take single numbers from it"
        )
    return tuple(int(side) for side in (*shape, 1, 1)[: _SIDES + 1])


def _time_last(image: Any, numbers: Any) -> Any:
    """The numbers with time last: MINC has it first."""
    minc = isinstance(image, nibabel.minc1.Minc1Image) and len(image.shape) == _SIDES + 1
    return np.moveaxis(numbers, 0, -1) if minc else numbers


def _frame_ms(image: Any) -> float | None:
    """Milliseconds from one volume to the next; None where nobody knows."""
    zooms = image.header.get_zooms()
    units = getattr(image.header, "get_xyzt_units", None)  # of MGH, milliseconds are the only ones
    factor = _IN_MILLISECONDS.get("msec" if units is None else units()[1])
    time = float(zooms[_SIDES]) * factor if len(zooms) > _SIDES and factor else 0.0
    return float(f"{time:.6g}") if math.isfinite(time) and time > 0 else None


def _orientation(path: Path, image: Any) -> tuple[NDArray[Any], list[int]]:
    """How to turn the array to RAS+, and which of its sides are then z, y and x."""
    if getattr(image, "affine", None) is None:
        raise DataError(f"{path} must hold voxels in space, however: it is a {type(image).__name__}; leave it out")
    turns = nibabel.orientations.io_orientation(image.affine)
    if not np.isfinite(turns).all():
        raise DataError(f"{path} must say where its axes lead, however: its affine is degenerate; mend its header")
    return turns, [int(np.flatnonzero(turns[:, 0] == axis)[0]) for axis in (2, 1, 0)]


def _lengths(image: Any) -> list[float] | None:
    """Millimetres from voxel to voxel along the file's own sides."""
    units = getattr(image.header, "get_xyzt_units", None)  # of other formats, millimetres are the only ones
    unit = "mm" if units is None else units()[0]
    zooms = [float(zoom) * _IN_MILLIMETRES.get(unit, 1.0) for zoom in image.header.get_zooms()[:_SIDES]]
    zooms += [1.0] * (_SIDES - len(zooms))
    stated = unit != "unknown" or any(zoom != 1 for zoom in zooms)
    return zooms if stated and all(math.isfinite(zoom) and zoom > 0 for zoom in zooms) else None


def _window(header: Any) -> tuple[float, float] | None:
    try:
        low, high = float(header["cal_min"]), float(header["cal_max"])
    except (KeyError, ValueError, TypeError):  # formats that have none
        return None
    return ((low + high) / 2, high - low) if math.isfinite(high - low) and high > low else None


def _read(
    path: Path, shape: tuple[int, ...], flat: int | None, turns: NDArray[Any], lowest: int, *, plain: bool
) -> NDArray[Any]:
    """The voxels; of volumes over time the slice in the middle of the side that is left out."""
    with _refusing(path):
        image: Any = nibabel.load(path)
        unscaled = plain and hasattr(image.dataobj, "get_unscaled")
        numbers = np.asanyarray(image.dataobj.get_unscaled() if unscaled else image.dataobj)
        numbers = _time_last(image, numbers)
        numbers = numbers.reshape(_four(path, numbers.shape))
        turned = np.asarray(nibabel.orientations.apply_orientation(numbers, turns)).T  # time, z, y, x
        turned = turned if flat is None else turned.take([turned.shape[flat + 1] // 2], axis=flat + 1)
        turned = turned.reshape(shape)
        return turned.astype(np.int32) - lowest if lowest else turned


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Whatever nibabel meets in a file it did not expect, as one line."""
    try:
        with LoggingOutputSuppressor(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SynthganError:
        raise
    except ModuleNotFoundError as error:
        raise DataError(
            f"{path} needs the package {error.name}, however: it is not installed; install it, or convert the file to NIfTI"
        ) from error
    except FileNotFoundError as error:
        raise DataError(
            f"{path} must have its voxels beside it, however: there is no file {Path(str(error.filename)).name!r}"
        ) from error
    except OSError as error:
        raise DataError(f"{path} must be a sound image, however: {reason_of(error)}") from error
    except Exception as error:  # a hostile or damaged file: nibabel raises anything, down to zlib.error
        found = re.sub(r"[^ -~]", " ", one_line(error))  # parts of a damaged header
        raise DataError(f"{path} must be a sound file of voxels, however: {found}") from error
