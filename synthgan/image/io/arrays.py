"""Images and their labels out of the arrays of an ``.npz`` file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError
from synthgan.image.io.archive import read_archive
from synthgan.image.io.scan import Scan
from synthgan.image.io.scans import grid_of
from synthgan.image.limits import LABEL, MASKS, label_column
from synthgan.image.masks import Masks
from synthgan.image.physical import Physical
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeAlias

    from numpy.typing import NDArray

    from synthgan.image.resampling import Fit

    # Pixels, columns, what pixels mean, what images are called, notes, how they were brought to their size, masks, and whether
    # they are clips: the fields of ``ImageRecords``.
    Read: TypeAlias = tuple[
        NDArray[Any],
        dict[str, NDArray[Any]],
        Physical | None,
        NDArray[Any] | None,
        tuple[str, ...],
        Fit | None,
        Masks | None,
        bool,
    ]

NPZ = ".npz"
STRUCTURES = "structures"  # the array of an .npz that names what masks show
PHYSICAL = "physical"  # the array of an .npz that holds what pixels mean, as JSON
CLIPS = "clips"
GRID = "grid"  # that all images decided; see ``Physical.held``
_MOST_BYTES = 2  # of a pixel
_PAIRS = (("train_images", "train_labels"), ("train_clips", "train_labels"), (CLIPS, "labels"), ("images", "labels"))
_IN_COLOUR = (5, 3)  # dimensions and channels: of images over time alone
_OTHER_PARTS = ("val_", "test_")


def read_npz(path: Path) -> Read:
    """The images of an ``.npz`` file; arrays that hold no value for each image are named in a note.

    Raises:
        DataError: if there are none, or images and labels do not belong together.
    """
    skipped: list[str] = []

    def wanted(name: str) -> bool:
        other = name.startswith(_OTHER_PARTS)
        skipped.extend([name] * other)
        return not other

    arrays = read_archive(path, wanted)
    found = ", ".join(arrays) or "none"
    pairs = [pair for pair in _PAIRS if set(pair) & set(arrays)]
    pair = next((pair for pair in pairs if pair[0] in arrays), pairs[0] if pairs else None)
    if pair is None:
        raise DataError(f"{path} must hold the arrays images and labels, however: found {found}")
    if pair[0] not in arrays:
        raise DataError(f"{path} must hold {pair[0]} beside {pair[1]}, however: found {found}")
    pixels, labels = arrays.pop(pair[0]), arrays.pop(pair[1], None)
    meaning = arrays.pop(PHYSICAL, None)
    if not pixels.ndim or not _are_labels(labels, pixels):
        raise DataError(
            f"{path} must hold one label for each image, however: {pair[1]} is of shape "
            f"{None if labels is None else list(labels.shape)} and {pair[0]} of {list(pixels.shape)}"
        )
    clips = pair[0].endswith(CLIPS) or (pixels.ndim, pixels.shape[-1]) == _IN_COLOUR
    given, named = (
        arrays.pop(pair[0].replace(CLIPS, "images").replace("images", MASKS), None),
        arrays.pop(STRUCTURES, None),
    )
    masks = None if given is None else _masks_of(given, named, pixels)
    pixels, physical = _whole(path, pixels, _meaning(path, meaning))
    columns = {} if labels is None else columns_of_labels(labels)
    columns |= {name: column for name, column in arrays.items() if column.shape == pixels.shape[:1]}
    columns = {name: _as_text(path, name, column) for name, column in columns.items()}
    unused = [f"{name} {list(array.shape)}" for name, array in arrays.items() if name not in columns] + skipped
    note = f"{path}: arrays that are not learned: {', '.join(unused)}"
    return pixels, columns, physical, None, (note,) if unused else (), None, masks, clips


def _whole(path: Path, pixels: NDArray[Any], meaning: Physical | None) -> tuple[NDArray[Any], Physical | None]:
    """Pixels of 8 or 16 bits, and what they mean: signed ones are shifted, all others stand on a grid that holds them.

    Raises:
        DataError: if they are no finite numbers.
    """
    kind, size = pixels.dtype.kind, pixels.dtype.itemsize
    if kind not in "iuf" or (kind == "u" and size <= _MOST_BYTES) or meaning is not None:
        return pixels, meaning
    if kind == "i" and size <= _MOST_BYTES:
        low = int(np.iinfo(pixels.dtype).min)
        return (pixels.astype(np.int32) - low).astype(f"u{size}"), Physical(intercept=float(low))
    slope, intercept = grid_of([Scan(path, pixels.shape, None, lambda: pixels)])
    steps = np.empty(pixels.shape, np.uint16)
    for index, image in enumerate(pixels):
        steps[index] = np.rint((image.astype(np.float64) - intercept) / slope)
    return steps, Physical(slope=slope, intercept=intercept, held={GRID: len(pixels)})


def _masks_of(given: NDArray[Any], named: NDArray[Any] | None, pixels: NDArray[Any]) -> Masks:
    """The masks of images ``[n, *sides]`` or ``[n, *sides, 1]``, and what their structures are called."""
    names = None if named is None or named.ndim != 1 or named.dtype.kind != "U" else named.tolist()
    one_channel = given.shape[-1:] == (1,) and given.shape[:-1] in (pixels.shape, pixels.shape[:-1])
    return Masks.of(given[..., 0] if one_channel else given, names)


def _are_labels(labels: NDArray[Any] | None, pixels: NDArray[Any]) -> bool:
    """Whether there are none, or one or several for each image."""
    if labels is None:
        return True
    return labels.ndim in (1, 2) and 0 not in labels.shape[1:] and labels.shape[0] == pixels.shape[0]


def _as_text(path: Path, name: str, column: NDArray[Any]) -> NDArray[Any]:
    """A column whose bytes, as HDF5 and TensorFlow write them, are text.

    Raises:
        DataError: if they are none of UTF-8.
    """
    try:
        return np.char.decode(column, "utf-8") if column.dtype.kind == "S" else column
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} must hold text of UTF-8 in {name!r}, however: it holds other bytes; decode it"
        ) from error


def columns_of_labels(labels: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """A column for each label that an image has at once, ``[n]`` or ``[n, k]``; one alone is called ``label``."""
    if labels.ndim == 1 or labels.shape[1] == 1:  # the latter as MedMNIST stores them
        return {LABEL: labels.reshape(len(labels))}
    return {label_column(index): labels[:, index] for index in range(labels.shape[1])}


def _meaning(path: Path, meaning: NDArray[Any] | None) -> Physical | None:
    if meaning is None or meaning.ndim or meaning.dtype.kind != "U":
        return None
    try:
        return Physical.from_json(json.loads(str(meaning)))
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} must say in {PHYSICAL!r} what pixels mean, however: {one_line(error)}") from error
