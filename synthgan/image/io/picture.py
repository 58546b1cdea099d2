"""One PNG or JPEG file to an array and back, through Pillow, which nothing else imports."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from synthgan.errors import DataError
from synthgan.image.io.scans import Scan
from synthgan.image.limits import check_size
from synthgan.io.memory import check_memory
from synthgan.io.reasons import one_line, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SUFFIXES = (".png", ".jpg", ".jpeg")
_FORMATS = ("PNG", "JPEG")
_DTYPES: dict[str, type[np.unsignedinteger[Any]]] = {"L": np.uint8, "RGB": np.uint8, "I;16": np.uint16}
_MODES = {"L": "grey of 8 bits", "RGB": "colour of 8 bits", "I;16": "grey of 16 bits"}
_RAW_16_BIT_COLOUR = "RGB;16B"


def open_picture(path: Path) -> tuple[tuple[int, int], str]:
    """Width and height, and Pillow's mode, by the header alone.

    Raises:
        DataError: if it is no grey or colour image of a size that can be learned.
    """
    with _opened(path) as image:
        return image.size, image.mode


def scan_of_picture(path: Path) -> Scan:
    """The header of a picture as scans have it: plain numbers of 8 or 16 bits.

    Raises:
        DataError: as ``open_picture``.
    """
    size, mode = open_picture(path)
    dtype = np.dtype(_DTYPES[mode])
    shape = (*size[::-1], 3 if mode == "RGB" else 1)
    return Scan(path, shape, dtype.name, partial(read_picture, path, size, mode), bits=8 * dtype.itemsize)


def read_picture(path: Path, size: tuple[int, int], mode: str) -> NDArray[Any]:
    """The pixels of an image, uint8 or uint16 ``[height, width, channels]``.

    Raises:
        DataError: if it is damaged, or of another size or mode than was said.
    """
    with _opened(path) as image:
        if image.size != size:
            raise DataError(
                f"{path} must be of the size of the first image ({size[0]} x {size[1]}), however: "
                f"{image.size[0]} x {image.size[1]}; bring all to one size first"
            )
        if image.mode != mode:
            raise DataError(
                f"{path} must be {_MODES[mode]} like the first image, however: {_MODES[image.mode]}; convert it"
            )
        pixels = np.asarray(image, dtype=_DTYPES[mode])
    return pixels if pixels.ndim == 3 else pixels[..., None]  # noqa: PLR2004


def write_picture(pixels: NDArray[Any], path: Path) -> None:
    """Write ``[height, width, channels]`` as PNG, grey of 8 or 16 bits or colour of 8.

    Raises:
        DataError: if they are colour of 16 bits, which Pillow cannot write.
    """
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    elif pixels.dtype == np.uint16:
        raise DataError(f"{path}: colour images of 16 bits cannot be written as PNG; name an .npz file instead")
    Image.fromarray(pixels).save(path, format="PNG")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """An image whose header was looked at and whose pixels were not: its size may be that of a bomb."""
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path} must be an image ending in {', '.join(SUFFIXES)}, however: {path.name!r} is none")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own bound is lower
            check_memory(path, path.stat().st_size)
            content = io.BytesIO(path.read_bytes())  # of a file, Pillow would read as much as a damaged length says
            with Image.open(content, formats=_FORMATS) as image:
                check_size(*image.size, path)
                tiles: Any = image.tile
                if image.mode not in _MODES or any(_RAW_16_BIT_COLOUR in str(tile) for tile in tiles):
                    found = image.mode if image.mode not in _MODES else "colour of 16 bits"
                    raise DataError(f"{path} must be grey or colour without transparency, however: {found}; convert it")
                yield ImageOps.exif_transpose(image)
    except Image.DecompressionBombError as error:
        raise DataError(f"{path} must be an image that fits into memory, however: {one_line(error)}") from error
    except (UnidentifiedImageError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} must be a sound PNG or JPEG, however: it is damaged or something else") from error
    except OSError as error:
        raise DataError(f"{path} must be a sound image, however: {reason_of(error)}") from error
