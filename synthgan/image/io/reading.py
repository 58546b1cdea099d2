"""Reads images and their labels: a folder for each class, a folder with a table of metadata, or an ``.npz`` file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import DataError
from synthgan.image.clips import NO_MASKS
from synthgan.image.io.arrays import NPZ, read_npz
from synthgan.image.io.kinds import kind_of, opener_of, stem_of
from synthgan.image.io.listing import list_images
from synthgan.image.io.masks import read_masks
from synthgan.image.io.scans import read_scans
from synthgan.image.limits import MASKS
from synthgan.io.plain import is_folder, plain_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.image.io.arrays import Read
    from synthgan.image.io.scans import ReadScans
    from synthgan.image.resampling import Target


def read_images(path: str | Path, target: Target | None = None, frames: int | None = None) -> Read:
    """Read images with their labels.

    Args:
        path: one of

            * a folder that holds a folder for each class, with the class's files in it: PNG and JPEG, or DICOM, or NIfTI; or
              such files without classes;
            * a folder of such files with ``metadata.csv``, ``.jsonl`` or ``.parquet``, whose column ``file_name``
              names each of them and whose other columns tell of it;
            * an ``.npz`` file with ``train_images`` and ``train_labels`` (as MedMNIST has it, whose other parts are left
              alone) or ``images`` and, where there are classes, ``labels``; masks are ``train_masks`` or ``masks``, and
              ``structures`` names what they show; further arrays with a value for each image become columns. Labels
              ``[n, k]``, several at once, become the columns ``label_0``, ``label_1``, …
            In a folder, the folder ``masks`` holds a mask for each image; see ``synthgan.image.io.masks``.
        target: the size that images in files are brought to, which may then be of any; None takes them as they are.
        frames: of each clip in files; None takes as many as the shortest has, 16 at most.

    Returns:
        pixels, uint8 or uint16 ``[n, height, width, channels]`` or ``[n, depth, height, width, 1]``; columns by name, each
        ``[n]``; what pixels mean, where files say so; what each image is called, where it has a file of its own; notes of what
        was not taken; how images were brought to their size; their masks, where they have some; and whether they are clips.

    Raises:
        DataError: if there is nothing there to read, a file is damaged, images differ in size or kind, or images and
            labels do not belong together; the message names the file.
    """
    path = Path(path)
    if path.suffix.lower() == NPZ and not is_folder(path):
        return read_npz(path)
    if not is_folder(path):
        found = "a file; name the folder it lies in" if path.exists() else "nothing there; check the path"
        raise DataError(f"{path} must be a folder of images or an .npz file, however: found {found}")
    files, columns, unread = list_images(path)
    read = _read_files(files, target, frames)
    box = tuple(int(side) for side in read.pixels.shape[1:-1])
    masks, said = (None, ()) if read.clips else read_masks(path, files, read.sides, read.fits, box)
    if read.clips and (path / MASKS).is_dir():
        said = (NO_MASKS,)
    root = path.resolve()
    names = [stem_of(file.resolve().relative_to(root).as_posix()) for file in files]
    return (
        read.pixels,
        columns,
        read.physical,
        np.array(names),
        (*unread, *read.notes, *said),
        read.fit,
        masks,
        read.clips,
    )


def _read_files(files: Sequence[Path], target: Target | None, frames: int | None) -> ReadScans:
    """Files of the first one's kind."""
    for file in files:
        plain_file(file, "an image")
    kind = kind_of(files[0])
    for file in files:
        if kind_of(file) != kind:
            raise DataError(
                f"{file} must be {kind} like the first image, however: it is {kind_of(file)}; keep to one kind"
            )
    return read_scans(files, opener_of(kind, files[0]), target, frames)
