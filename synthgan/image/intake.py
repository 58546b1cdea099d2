"""What happens to private images before the curator has them: each is brought to a public frame, by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError, PrivacyError, Remedy
from synthgan.image.classes import require_column, text_or_whole
from synthgan.image.clips import NOT_PRIVATE
from synthgan.image.frame import PLAIN, Frame, Scale
from synthgan.image.io.unread import UnreadImages, list_unread
from synthgan.image.limits import MASKS, SUGGESTED_VOXELS
from synthgan.image.physical import Physical
from synthgan.image.queries import PixelRecords
from synthgan.image.records import ImageRecords
from synthgan.io.plain import is_folder
from synthgan.privacy.curator import Curator
from synthgan.privacy.queries import CellQuery, LevelQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.image.config import ImageConfig
    from synthgan.image.masks import Masks, Structures
    from synthgan.image.resampling import Target
    from synthgan.privacy.ledger import PrivacyLedger

    Range = tuple[float, float] | None

_CHUNK = 4096


class _Bounds(str):
    """A range that is for the user to fill in, in the words of the command line; in those of Python by ``repr``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(low, high)"


_RANGE = _Bounds("LOW:HIGH")


@dataclass(frozen=True)
class ImageIntake:
    """All that a private fit begins with: no image, but whoever answers questions about them.

    Attributes:
        curator: owns the images.
        frame: what is public of them.
        condition: the column of the classes; None where there is none.
        i_know: accept a delta that means nothing.
        structures: what the masks show that are part of the images; None where there are none.
    """

    curator: Curator
    frame: Frame
    condition: str | None
    i_know: bool = False
    structures: Structures | None = None

    @property
    def scale(self) -> Scale:
        """The grid of values."""
        assert self.frame.scale is not None  # noqa: S101 (a frame without was refused)
        return self.frame.scale


@dataclass(frozen=True)
class FrameLevels(LevelQuery):
    """Which frames images have.

    Attributes:
        declared: the range of their values, where it was declared.
    """

    declared: tuple[float, float] | None

    def of(self, records: UnreadImages) -> tuple[NDArray[np.int64], Sequence[Frame]]:
        """The frame of each image, and all there are."""
        found = records.frames(self.declared)
        levels = sorted({frame for frame in found if frame is not None}, key=repr)
        return FrameCells(self.declared, tuple(levels)).of(records), levels


@dataclass(frozen=True)
class FrameCells(CellQuery):
    """Which of some frames each image has.

    Attributes:
        declared: as above.
        frames: a cell each; an image of another is in none.
    """

    declared: tuple[float, float] | None
    frames: tuple[Frame, ...]

    @property
    def size(self) -> int:
        """A cell for each frame."""
        return len(self.frames)

    def of(self, records: UnreadImages) -> NDArray[np.int64]:
        """The frame of each image."""
        cells: dict[Frame | None, int] = {frame: cell for cell, frame in enumerate(self.frames)}
        return np.array([cells.get(frame, -1) for frame in records.frames(self.declared)], dtype=np.int64)


@dataclass(frozen=True)
class FrameAsker:
    """How the frame of files is asked for.

    Attributes:
        declared: the range of their values; None where it is their modality's own, or that of the type they are stored in.
        noise: of each of two answers.
        delta: chance that the frame of a single image shows.
    """

    declared: Range
    noise: float
    delta: float

    def ask(self, curator: Curator) -> Frame:
        """The frame that most images have.

        Raises:
            PrivacyError: if none shows, or it has no grid for values.
        """
        shown = curator.find(
            FrameLevels(self.declared),
            noise=self.noise,
            delta=self.delta,
            stage="reading",
            purpose="which sizes and kinds images have",
        )
        wider = Remedy.option("value_range", _RANGE, "where files have scales of their own")
        if not shown:
            raise PrivacyError(
                "images must have a size and kind that enough of them share, however: none stands out of the noise",
                remedy=wider
                | Remedy.option("resolution", SUGGESTED_VOXELS, "brings all to one size")
                | "allow a larger epsilon",
            )
        counted = curator.count(
            FrameCells(self.declared, shown),
            noise=self.noise,
            stage="reading",
            purpose="how many images each size and kind has",
        )
        frame: Frame = shown[int(counted.argmax())]
        if frame.clip:
            raise PrivacyError(NOT_PRIVATE)
        if frame.scale is None:
            raise PrivacyError(
                "images of floating-point or wide numbers must have a declared range under epsilon, however: there is none",
                remedy=Remedy.option("value_range", _RANGE, "in the units of the files"),
            )
        return frame


def open_unread(
    data: ImageRecords | str | Path, condition: str | None, target: Target | None = None
) -> ImageRecords | UnreadImages:
    """Images in memory or in one ``.npz`` file as they are; the files of a folder, none of which is opened.

    Raises:
        DataError: if there is nothing to read.
        PrivacyError: if there is a folder of masks, or an array of floating-point or wide numbers.
    """
    if isinstance(data, ImageRecords):
        return data
    if is_folder(Path(data)):
        if (Path(data) / MASKS).is_dir():
            raise PrivacyError(
                f"masks must be an array of booleans under epsilon, however: {Path(data) / MASKS} is a folder; give an .npz file"
            )
        return list_unread(Path(data), condition, target)
    found = ImageRecords.read(data, resolution=None if target is None else target.resolution)
    if found.physical is not None and found.physical.held:
        raise PrivacyError(
            f"{data} must hold pixels of 8 or 16 bits under epsilon, however: it holds floating-point or wider numbers, whose range "
            f"all images decide; round them onto a public range"
        )
    return found


def take_in(
    images: ImageRecords | UnreadImages,
    config: ImageConfig,
    asker: FrameAsker,
    ledger: PrivacyLedger,
    *,
    i_know: bool = False,
) -> ImageIntake:
    """Give images to a curator; the frame of files is asked for first, that of arrays is their type.

    Args:
        images: in memory, or files that were not opened.
        config: which column holds the classes, and the resolution.
        asker: how the frame of files is asked for.
        ledger: of the whole fit.
        i_know: accept a delta that means nothing.

    Raises:
        PrivacyError: if no frame shows, or images in memory were put on a grid of their own by reading them.
        DataError: if the column of classes is lacking, or of a type that is neither text nor whole numbers.
    """
    condition = next(iter(config.columns), None)
    if isinstance(images, UnreadImages):
        if condition is not None and images.names is not None:
            require_column(images.names, condition)
        frame = asker.ask(Curator(images, ledger))
        labels, (pixels, known), masks = images.labels(), images.read(frame, asker.declared), None
    else:
        if condition is not None:
            require_column(images.columns, condition)
        labels = None if condition is None else images.columns[condition]
        if images.clips:
            raise PrivacyError(NOT_PRIVATE)
        masks = _public_masks(images)
        frame, pixels = _of_arrays(images, asker.declared)
        known = np.ones(len(pixels), dtype=bool)
    if labels is not None:
        labels, named = text_or_whole(labels, str(condition))
        known &= named
    if config.target is not None:
        try:
            brought = ImageRecords(pixels, masks=masks).brought(config.target)
            pixels, masks = brought.pixels, brought.masks
        except DataError as error:  # of the frame, which is public by now
            raise PrivacyError(error.message) from None
        frame = replace(frame, shape=tuple(int(side) for side in pixels.shape[1:]))
    ImageRecords(pixels).checked()  # of the frame, too
    structures = None if masks is None else masks.structures.called(config.structures)
    curator = Curator(PixelRecords(pixels, labels, known, None if masks is None else masks.fields()), ledger)
    return ImageIntake(curator, frame, condition, i_know, structures)


def _public_masks(images: ImageRecords) -> Masks | None:
    """The masks, where what they can show is known before any is looked at: booleans show one structure.

    Raises:
        PrivacyError: if it is not: the numbers of structures would tell of single images.
    """
    if images.masks is not None and images.masks.structures.dtype != "bool":
        raise PrivacyError(
            f"masks must be booleans under epsilon, however: they are {images.masks.structures.dtype}, and which numbers there "
            f"are tells of single images; give an array of booleans"
        )
    return images.masks


def _of_arrays(images: ImageRecords, declared: Range) -> tuple[Frame, NDArray[Any]]:
    """The frame of images in memory, and their pixels on its grid."""
    physical = images.physical or Physical()
    if physical.held:
        raise PrivacyError(
            "DICOM and NIfTI files must be read by the private fit itself, however: these were read before, onto a grid "
            "that all of them decide; give fit the path"
        )
    shape, dtype = tuple(int(side) for side in images.pixels.shape[1:]), str(images.pixels.dtype)
    frame = Frame.of(shape, PLAIN[dtype], None, declared)
    if declared is None or frame.scale is None:
        return frame, images.pixels
    pixels = np.empty(images.pixels.shape, frame.scale.dtype)
    for first in range(0, len(pixels), _CHUNK):
        part = slice(first, first + _CHUNK)
        pixels[part] = frame.scale.onto(physical.values(images.pixels[part]))
    return frame, pixels
