"""What a private fit asks of images: images as a curator keeps them, and questions that it applies to them.

A question says which classes, components and centers are meant and holds nothing of the images; its ``of`` is called by the
curator alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.gan.protocols import Batch
from synthgan.image.prior import resize
from synthgan.privacy.queries import CellQuery, LevelQuery, SampleQuery, VectorQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from synthgan.image.encoding import ImageEncoding

SHELLS, SHELLS_AN_OCTAVE = 64, 8


class PixelRecords:
    """Images as a curator keeps them: with the class of each, and what was computed of all of them at length.

    Example:
        >>> len(PixelRecords(np.zeros((2, 28, 28, 1), np.uint8), None))
        2
    """

    __slots__ = ("_fields", "_known", "_labels", "_pixels", "_vectors")

    def __init__(
        self,
        pixels: NDArray[Any],
        labels: NDArray[Any] | None,
        known: NDArray[np.bool_] | None = None,
        fields: NDArray[np.int8] | None = None,
    ) -> None:
        """Take images in.

        Args:
            pixels: ``[n, *sides, channels]``.
            labels: what the class of each is called; None makes one class of them.
            known: which images have the frame of all, and a class; None if each has. All others are in no class.
            fields: of the masks that are part of images, ``[n, *sides, structures]``; None where there are none.
        """
        self._pixels, self._labels, self._fields = pixels, labels, fields
        self._known = np.ones(len(pixels), dtype=bool) if known is None else known
        self._vectors: dict[VectorQuery, NDArray[np.float64]] = {}

    def __len__(self) -> int:
        """The number of images."""
        return len(self._pixels)

    def levels(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The class of each image, -1 where it has none, and what all classes are called."""
        labels = np.repeat("all", len(self)) if self._labels is None else self._labels
        levels = np.unique(labels[self._known])
        return self.classes(levels), levels

    def classes(self, levels: NDArray[Any]) -> NDArray[np.int64]:
        """The index of each image's class among these, int64 ``[n]``; -1 where it is none of them."""
        if self._labels is None or not len(levels):
            return np.where(self._known & (self._labels is None), 0, -1)
        index = np.minimum(np.searchsorted(levels, self._labels), len(levels) - 1)
        return np.where(self._known & (levels[index] == self._labels), index, -1)

    def images(self, encoding: ImageEncoding, at: NDArray[np.int64] | slice = slice(None)) -> Tensor:
        """Images as networks see them, all or those at some indices."""
        return encoding.encode(self._pixels[at], None if self._fields is None else self._fields[at])

    def once(self, question: VectorQuery, answer: Callable[[], NDArray[np.float64]]) -> NDArray[np.float64]:
        """The vectors that a question asks for, computed when they are first needed."""
        if question not in self._vectors:
            self._vectors[question] = answer()
        return self._vectors[question]


@dataclass(frozen=True)
class ClassLevels(LevelQuery):
    """Which classes images have."""

    def of(self, records: PixelRecords) -> tuple[NDArray[np.int64], Sequence[Any]]:
        """The class of each image, and what classes are called."""
        codes, levels = records.levels()
        return codes, list(levels)


@dataclass(frozen=True, eq=False)
class ClassCells(CellQuery):
    """Which class each image has.

    Attributes:
        levels: what the classes are called.
        rest: whether all other images make a further cell; else they are in none.
        together: whether all classes make a single cell.
    """

    levels: NDArray[Any]
    rest: bool = False
    together: bool = False

    @property
    def size(self) -> int:
        """A cell for each class, or for all, and perhaps one more."""
        return (1 if self.together else len(self.levels)) + self.rest

    def of(self, records: PixelRecords) -> NDArray[np.int64]:
        """The cell of each image."""
        classes = records.classes(self.levels)
        own = np.minimum(classes, 0) if self.together else classes
        return np.where(classes < 0, self.size - 1 if self.rest else -1, own)


@dataclass(frozen=True, eq=False)
class Flat(VectorQuery):
    """All values of each image, brought to a size, channels first."""

    encoding: ImageEncoding
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        """One number a value."""
        return math.prod(self.shape)

    def of(self, records: PixelRecords) -> NDArray[np.float64]:
        """Float64 ``[n, width]``."""
        return records.once(
            self, lambda: stepped(resize(records.images(self.encoding), self.shape[1:]).flatten(1).numpy())
        )


@dataclass(frozen=True, eq=False)
class Apart(VectorQuery):
    """How far each vector is from the center of its cell.

    Attributes:
        vectors: what is looked at.
        cells: of which each has a center; an image in none is far from the last.
        centers: float64 ``[cells, width]``.
    """

    vectors: VectorQuery
    cells: CellQuery
    centers: NDArray[np.float64]

    @property
    def width(self) -> int:
        """As wide as the vectors are."""
        return self.vectors.width

    def of(self, records: PixelRecords) -> NDArray[np.float64]:
        """Float64 ``[n, width]``."""
        found = self.vectors.of(records)
        return found - (self.centers if len(self.centers) == 1 else self.centers[self.cells.of(records)])


@dataclass(frozen=True, eq=False)
class Projected(VectorQuery):
    """Each vector's scalar products with the columns of a basis, float64 ``[width of the vectors, width]``."""

    vectors: VectorQuery
    basis: NDArray[np.float64]

    @property
    def width(self) -> int:
        """One number a column."""
        return self.basis.shape[1]

    def of(self, records: PixelRecords) -> NDArray[np.float64]:
        """Float64 ``[n, width]``."""
        return records.once(self, lambda: project(self.vectors.of(records), self.basis))


@dataclass(frozen=True, eq=False)
class Shells(CellQuery):
    """How long each vector is, in shells that halve the length every few, the outermost first; of images in a cell alone."""

    vectors: VectorQuery
    cells: CellQuery
    furthest: float

    @property
    def size(self) -> int:
        """The shells; the last is all that is within."""
        return SHELLS

    def of(self, records: PixelRecords) -> NDArray[np.int64]:
        """The shell of each image."""
        length = np.maximum(np.linalg.norm(self.vectors.of(records), axis=1), self.furthest * 2.0**-SHELLS)
        shell = np.clip(SHELLS_AN_OCTAVE * np.log2(self.furthest / length), 0, SHELLS - 1).astype(np.int64)
        return np.where(self.cells.of(records) < 0, -1, shell)


@dataclass(frozen=True, eq=False)
class NearestParts(CellQuery):
    """The part that each image is nearest to, of those of its class, counted through all classes.

    Attributes:
        vectors: where images lie.
        classes: of which each has as many parts.
        centers: float64 ``[classes, parts, width]``, of the parts.
    """

    vectors: VectorQuery
    classes: CellQuery
    centers: NDArray[np.float64]

    @property
    def size(self) -> int:
        """The parts of all classes."""
        return self.centers.shape[0] * self.centers.shape[1]

    def of(self, records: PixelRecords) -> NDArray[np.int64]:
        """The part of each image."""
        vectors, classes = self.vectors.of(records), self.classes.of(records)
        cells = np.full(len(vectors), -1, dtype=np.int64)
        for index, own in enumerate(self.centers):
            chosen = classes == index
            distance = (own**2).sum(1) - 2 * project(vectors[chosen], own.T)
            cells[chosen] = index * len(own) + distance.argmin(1)
        return cells


@dataclass(frozen=True, eq=False)
class ImageSamples(SampleQuery):
    """Images of the classes that show, as the critic sees them."""

    encoding: ImageEncoding
    device: torch.device

    def of(self, records: PixelRecords) -> Callable[[NDArray[np.int64]], Batch]:
        """What gives the images at some indices."""
        encoding, classes = self.encoding, records.classes(self.encoding.levels)

        def samples(indices: NDArray[np.int64]) -> Batch:
            chosen = indices[classes[indices] >= 0]
            asked = encoding.ask(classes[chosen]).to(self.device)
            return Batch(records.images(encoding, chosen).to(self.device), asked)

        return samples


def stepped(values: NDArray[Any], bits: int = 16) -> NDArray[np.float64]:
    """Values rounded to whole multiples of ``2**-bits``, float64."""
    return np.rint(np.asarray(values, dtype=np.float64) * 2.0**bits) / 2.0**bits


def project(rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.float64]:
    """Scalar products of rows ``[n, width]`` and columns ``[width, K]``, in which no other row has a hand.

    A matrix product rounds as it likes, by how many rows there are. Of whole steps this small it has nothing to round: 53 bits
    hold any sum of products of 2**-16 and 2**-20 for vectors of lengths up to 2**16 in all.
    """
    return stepped(stepped(rows) @ stepped(columns, 20))
