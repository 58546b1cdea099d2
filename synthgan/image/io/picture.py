"""One picture (PNG, JPEG, GIF, TIFF, …) to an array and back, through Pillow, which nothing else imports."""

from __future__ import annotations

import io
import math
import warnings
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from synthgan.errors import DataError
from synthgan.image.io.scan import Scan
from synthgan.io.memory import check_memory
from synthgan.io.reasons import one_line, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_ANIMATED = ("PNG", "GIF", "WEBP")  # whose frames follow each other in time; pages of TIFF may be anything
# Those that Pillow decodes by itself, without another program.
_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "DIB", "WEBP", "PPM", "JPEG2000", "TGA", "PCX", "SGI")
# What becomes of each of Pillow's modes: a mode that arrays can be of.
_GREY = {"1": "L", "L": "L", "LA": "L", "La": "L"}
_COLOUR = dict.fromkeys(("RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"), "RGB")
_DEEP = {"I;16": np.uint16, "I;16L": np.uint16, "I;16B": np.uint16, "I;16N": np.uint16, "I": np.int32, "F": np.float32}
_TRANSPARENT = ("LA", "La", "RGBA", "RGBa", "PA")
_RAW_16_BIT_COLOUR = "RGB;16"
_ORIENTATION, _TURNED_BY_A_QUARTER = 0x0112, (5, 6, 7, 8)
_OF_COLOUR = 3  # dimensions
_BYTES_OF_A_PIXEL = 8  # while it is decoded
_OF_PLUGINS = (
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    RuntimeError,
)
_FRAME_MS = 40.0  # where nobody knows
SEE_THROUGH = "transparency was laid over black"
FRAMES = "only the first of several pages is learned"
UNEVEN = "frames do not follow each other evenly, and are learned as if they did"
_MAX_TIMED = 256  # frames that are looked at for their times


def scan_of_picture(path: Path) -> Scan:
    """The header of a picture as scans have it; no pixel is decoded.

    One bit and grey come as grey of 8 bits, 16 bits as such, wider and floating-point numbers as they are. Palettes come as
    grey where all their colours are, else as colour, as do CMYK, YCbCr, Lab and HSV. What is transparent is laid over black.

    Raises:
        DataError: if it is no picture that can be learned.
    """
    with _opened(path) as image:
        mode, (width, height) = _mode(path, image), image.size
        # Of a picture without an entry here, Pillow would decode the pixels to look for one behind them.
        if "exif" in image.info and image.getexif().get(_ORIENTATION) in _TURNED_BY_A_QUARTER:
            width, height = height, width
        dtype = np.dtype(_DEEP.get(mode, np.uint8))
        whole = dtype.kind == "u"
        pages = int(getattr(image, "n_frames", 1))
        clip = pages > 1 and image.format in _ANIMATED
        mode = "RGB" if clip and image.format != "PNG" else mode  # frames may have palettes of their own
        notes = [SEE_THROUGH] * _is_transparent(image) + [FRAMES] * (pages > 1 and not clip)
        times = _times(image, pages) if clip else []
        notes += [UNEVEN] * (len(set(times)) > 1)
    shape = (height, width, 3 if mode == "RGB" else 1)
    bits = 8 * dtype.itemsize if whole else None
    read = partial(_read_frames, path, pages, shape, mode) if clip else partial(_read, path, shape, mode)
    time = sum(times) / max(1, len(times))
    how: dict[str, Any] = {"is_picture": True, "clip": clip, "frame_ms": time or None, "notes": tuple(notes)}
    return Scan(path, (pages, *shape) if clip else shape, dtype.name if whole else None, read, bits=bits, **how)


def _times(image: Image.Image, frames: int) -> list[float]:
    """Milliseconds from each frame of an animation to the next, 0 where nobody says."""
    found = []
    for frame in range(min(frames - 1, _MAX_TIMED)):
        image.seek(frame)
        if image.format == "WEBP":
            image.load()  # says it of no frame before
        found.append(float(image.info.get("duration") or 0))
    return found


def read_numbers(path: Path) -> NDArray[Any]:
    """The number that a picture has for each pixel, ``[height, width]``: of a palette the entries, as masks have it.

    Booleans of one bit, uint8, uint16 or int32.

    Raises:
        DataError: if it is in colour, see-through or of floating-point numbers, or cannot be read.
    """
    with _opened(path) as opened:
        image: Image.Image = ImageOps.exif_transpose(opened)
        numbers = np.asarray(image)
        if numbers.ndim == _OF_COLOUR and image.mode in ("RGB", "RGBA", "LA") and _is_grey(numbers):
            numbers = numbers[..., 0]
        if image.mode == "F" or numbers.ndim != _OF_COLOUR - 1:
            raise DataError(
                f"{path} must hold the number of a structure for each pixel, however: it is of Pillow's mode {image.mode}; save "
                f"grey levels or a palette"
            )
    return numbers


def _is_grey(numbers: NDArray[Any]) -> bool:
    """Whether all channels of colour are alike; what is see-through counts for nothing."""
    colour = numbers[..., :3] if numbers.shape[-1] >= 3 else numbers[..., :1]  # noqa: PLR2004
    return bool((colour == colour[..., :1]).all())


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


def write_animation(pixels: NDArray[Any], path: Path, frame_ms: float | None) -> None:
    """Write a clip ``[time, height, width, channels]`` as an animated PNG of 8 bits.

    Raises:
        DataError: if it is of 16 bits, which animations cannot be.
    """
    if pixels.dtype == np.uint16:
        raise DataError(f"{path}: clips of 16 bits cannot be written as PNG; choose dicom, nifti or npz")
    first, *others = [Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame) for frame in pixels]
    # Of frames that are alike and blended alike Pillow would write the first alone; all are opaque, so both ways are the same.
    blend = [index % 2 for index in range(len(pixels))]
    time = frame_ms or _FRAME_MS
    first.save(path, format="PNG", save_all=True, append_images=others, duration=time, blend=blend, loop=0)


def _mode(path: Path, image: Image.Image) -> str:
    """The mode that an image is brought to."""
    if any(_RAW_16_BIT_COLOUR in str(tile) for tile in getattr(image, "tile", ())):
        raise DataError(f"{path} must be colour of 8 bits or grey, however: it is colour of 16 bits; convert it")
    if image.mode in ("P", "PA"):
        entries = np.array(image.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
        return "L" if (entries == entries[:, :1]).all() else "RGB"
    mode = _GREY.get(image.mode) or _COLOUR.get(image.mode) or (image.mode if image.mode in _DEEP else None)
    if mode is None:
        raise DataError(f"{path} must be grey or colour, however: it is of Pillow's mode {image.mode}; convert it")
    return mode


def _is_transparent(image: Image.Image) -> bool:
    """Whether some of it is see-through; a level of grey of 16 bits or more that is called so is kept as a level."""
    return image.mode in _TRANSPARENT or ("transparency" in image.info and image.mode not in _DEEP)


def _read(path: Path, shape: tuple[int, ...], mode: str) -> NDArray[Any]:
    """The pixels of a picture, of the shape and mode that its header was seen to say."""
    with _opened(path) as opened:
        return _pixels(opened, shape, mode)


def _read_frames(path: Path, frames: int, shape: tuple[int, ...], mode: str) -> NDArray[Any]:
    """The pixels of all frames of an animation, each of which lies over those before it as the file says."""
    with _opened(path) as opened:
        check_memory(path, frames * math.prod(shape) * np.dtype(_DEEP.get(mode, np.uint8)).itemsize)
        found = []
        for frame in range(frames):
            opened.seek(frame)
            found.append(_pixels(opened, shape, mode))
    return np.stack(found)


def _pixels(opened: Image.Image, shape: tuple[int, ...], mode: str) -> NDArray[Any]:
    image: Image.Image = ImageOps.exif_transpose(opened)
    if image.size != shape[1::-1]:
        raise ValueError(f"a frame is {image.width} x {image.height}, the first {shape[1]} x {shape[0]}")
    if _is_transparent(image):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image).convert("RGB")
    return np.asarray(image if mode in _DEEP else image.convert(mode), dtype=_DEEP.get(mode, np.uint8)).reshape(shape)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """An image whose header was looked at and whose pixels were not: its size may be that of a bomb."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bombs, our own bound is lower; of metadata that nothing looks at
            check_memory(path, path.stat().st_size)
            content = io.BytesIO(path.read_bytes())  # of a file, Pillow would read as much as a damaged length says
            with Image.open(content, formats=_FORMATS) as image:
                check_memory(path, image.width * image.height * _BYTES_OF_A_PIXEL)
                yield image
    except Image.DecompressionBombError as error:
        raise DataError(f"{path} must be an image that fits into memory, however: {one_line(error)}") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path} must be a sound picture, however: it is damaged or something else") from error
    except OSError as error:
        raise DataError(f"{path} must be a sound image, however: {reason_of(error)}") from error
    except DataError:
        raise
    except _OF_PLUGINS as error:  # of a damaged file
        raise DataError(f"{path} must be a sound picture, however: it is damaged ({one_line(error)})") from error
