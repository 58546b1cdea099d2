"""Writes images to a folder of PNG files with a table of metadata, or to an ``.npz`` file, all or nothing."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.errors import DataError
from synthgan.image.reading import FILE_NAME, NPZ
from synthgan.image.records import LABEL
from synthgan.writers import replacing, write_refused, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthgan.image.records import ImageRecords

DIGITS = 7


def write_images(batches: Iterable[ImageRecords], path: str | Path) -> int:
    """Write images, batch by batch; the file or folder appears whole or not at all.

    Args:
        batches: images of one kind.
        path: an ``.npz`` file to write (``images``, ``labels`` and the other columns), or a folder to make: numbered PNG
            files of 8 or 16 bits and ``metadata.parquet``, whose column ``file_name`` names them.

    Returns:
        How many images were written.

    Raises:
        DataError: if the place cannot be written, or the folder is there already and not empty.
        ResourceError: if the disk is full.
    """
    path = Path(path)
    return _write_npz(batches, path) if path.suffix.lower() == NPZ else _write_folder(batches, path)


def _write_npz(batches: Iterable[ImageRecords], path: Path) -> int:
    parts = list(batches)
    arrays: dict[str, Any] = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    pixels = np.concatenate([part.pixels for part in parts])
    arrays = {"labels" if name == LABEL else name: column for name, column in arrays.items()}
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, images=pixels[..., 0] if pixels.shape[-1] == 1 else pixels, **arrays)
    return len(pixels)


def _write_folder(batches: Iterable[ImageRecords], path: Path) -> int:
    from synthgan.image.picture import write_picture

    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataError(f"{path} must be a new folder, however: there is something already; name another, or remove it")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    tables, done = [], 0
    try:
        temporary.mkdir()
        for batch in batches:
            names = [f"{done + place:0{DIGITS}}.png" for place in range(1, len(batch) + 1)]
            for name, pixels in zip(names, batch.pixels, strict=True):
                write_picture(pixels, temporary / name)
            tables.append(pa.table({FILE_NAME: names, **{str(key): pa.array(c) for key, c in batch.columns.items()}}))
            done += len(batch)
        write_table(tables, temporary / "metadata.parquet")
        temporary.replace(path)
    except OSError as error:
        raise write_refused(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return done
