"""Masks that lie in a folder beside images: pictures, DICOM segmentations or NIfTI label maps, one for each image by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgan.errors import DataError
from synthgan.image.io.kinds import DICOM, VOLUME, kind_of, opener_of, stem_of
from synthgan.image.io.picture import read_numbers
from synthgan.image.limits import MASKS
from synthgan.image.masks import DTYPES, Masks
from synthgan.io.plain import plain_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.image.resampling import Fit


class ReadMask(NamedTuple):
    """One mask.

    Attributes:
        numbers: whole numbers or booleans ``[*sides]``.
        names: what some of the numbers are called, where the file says so.
    """

    numbers: NDArray[Any]
    names: dict[int, str]


def read_masks(
    path: Path,
    files: Sequence[Path],
    sides: Sequence[tuple[int, ...]],
    fits: Sequence[Fit | None],
    box: tuple[int, ...],
) -> tuple[Masks | None, tuple[str, ...]]:
    """The masks of images of a folder, and what is to be said of them; None where it holds no folder ``masks``.

    The mask of ``ill/7.png`` is ``masks/ill/7``, of any ending, or else ``masks/7``. Where no image has one, all names of masks may go
    on alike after those of their images: ``masks/ill/7_mask``.

    Args:
        path: the folder of images.
        files: the images.
        sides: of each before it was brought to another size.
        fits: how each was brought to that.
        box: the sides that all have now.

    Raises:
        DataError: if an image has no mask or one of another size, or a file is none.
    """
    folder = path / MASKS
    if not folder.is_dir():
        return None, ()
    there: dict[str, Path] = {}
    for file in sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")):
        plain_file(file, "a mask")
        there[stem_of(file.relative_to(folder).as_posix())] = file
    numbers: list[NDArray[Any]] = []
    names: dict[int, str] = {}
    used: set[Path] = set()
    stems = [stem_of(file.relative_to(path).as_posix()) for file in files]
    after = _ending_of(stems, there)
    for stem, own, fit in zip(stems, sides, fits, strict=True):
        mask = there.get(stem + after) or there.get(Path(stem).name + after)
        if mask is None:
            raise DataError(
                f"{folder} must hold a mask for each image, however: {stem!r} has none; add it, or move the folder"
            )
        used.add(mask)
        found = read_mask(mask)
        if found.numbers.shape != own:
            raise DataError(
                f"{mask} must be of the size of its image ({_times(own)}), however: {_times(found.numbers.shape)}; "
                f"bring both to one"
            )
        numbers.append(found.numbers if fit is None else fit.labels_forth(found.numbers, box))
        names |= found.names
    dtypes = {mask.dtype for mask in numbers}
    masks = Masks.of(np.stack(numbers).astype(max(dtypes, key=lambda dtype: dtype.itemsize)))
    called = [names.get(value, own) for value, own in zip(masks.structures.values, masks.structures.names, strict=True)]
    unused = len(there) - len(used)
    notes = (f"{folder}: {unused:,} masks belong to no image",) if unused else ()
    return Masks(masks.labels, masks.structures.called(called if len(set(called)) == len(called) else None)), notes


def _ending_of(stems: Sequence[str], there: Mapping[str, Path]) -> str:
    """What the names of all masks have after those of their images: nothing, unless no image has a mask of its own name."""
    own = {name for stem in stems for name in (stem, Path(stem).name)}
    if own & there.keys():
        return ""
    first = {stems[0], Path(stems[0]).name}
    endings = {name[len(stem) :] for name in there for stem in first if name.startswith(stem)}
    fitting = [
        end for end in sorted(endings) if all({stem + end, Path(stem).name + end} & there.keys() for stem in stems)
    ]
    return fitting[0] if len(fitting) == 1 else ""


def read_mask(file: Path) -> ReadMask:
    """One mask of any kind.

    Raises:
        DataError: if it cannot be read, or its numbers are no labels.
    """
    kind = kind_of(file)
    if kind == DICOM:
        opener_of(kind, file)  # sees that what reads it is installed
        from synthgan.image.io.segmentation import read_segmentation

        return ReadMask(*read_segmentation(file))
    if kind != VOLUME:
        return ReadMask(read_numbers(file), {})
    scan = opener_of(kind, file)(file)
    numbers = scan.read()[..., 0].astype(np.float64) * scan.slope + scan.intercept
    if not (numbers == np.rint(numbers)).all() or np.abs(numbers).max(initial=0) > np.iinfo(np.int32).max:
        raise DataError(f"{file} must hold a whole number for each voxel, however: it holds others; it is no label map")
    whole = numbers.astype(np.int64)
    smallest = next(dtype for dtype in DTYPES[1:] if _holds(dtype, int(whole.min()), int(whole.max())))
    return ReadMask(whole.astype(smallest), {})


def _holds(dtype: str, low: int, high: int) -> bool:
    return np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max


def _times(sides: Sequence[int]) -> str:
    return " x ".join(map(str, reversed(sides)))
