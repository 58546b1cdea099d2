"""What images are to be drawn of: rows that a model draws, or those of a table that was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgan.data.containers.raw import raw_column
from synthgan.data.containers.reading import read_levels
from synthgan.data.describe import describe_column
from synthgan.data.rows import number_of_rows
from synthgan.errors import DataError
from synthgan.image.classes import require_column
from synthgan.image.io.listing import FILE_NAME
from synthgan.image.rows import check_known
from synthgan.image.words import split_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.records import ImageRecords
    from synthgan.runtime import Streams


class ConditionedRows(NamedTuple):
    """The condition of images.

    Attributes:
        classes: int64 ``[n]``.
        attributes: what will stand beside the images, each ``[n]``, the columns of the condition among it.
        sources: the image that each is made from; None where they are made from noise alone.
    """

    classes: NDArray[np.int64]
    attributes: dict[str, NDArray[Any]]
    sources: ImageRecords | None = None

    def split(self, most: int) -> Iterator[ConditionedRows]:
        """The same in parts of so many rows at most."""
        for start in range(0, len(self.classes), most):
            part = slice(start, start + most)
            attributes = {name: column[part] for name, column in self.attributes.items()}
            yield ConditionedRows(
                self.classes[part], attributes, None if self.sources is None else self.sources.take(part)
            )


def draw_rows(encoding: ImageEncoding, n: int, where: Where | None, streams: Streams) -> Iterator[ConditionedRows]:
    """Draw ``n`` classes, or rows of a condition of several columns; ``where`` is checked before the first is drawn.

    Raises:
        DataError: if ``where`` names what was never learned, or cannot be met.
    """
    where, asked = split_words(where, encoding.words)
    if encoding.rows is None:
        shares = encoding.shares(where)
        for one in encoding.words:
            if one.column in asked:
                shares = _narrowed(shares, one.classes_of(asked[one.column]), asked[one.column])
        classes = streams.numpy("classes").choice(len(shares), n, p=shares)
        return iter([ConditionedRows(classes, _with_texts(encoding, classes, encoding.named(classes), asked, streams))])
    for one in encoding.words:
        if one.column in asked:
            one.classes_of(asked[one.column])  # refuses what was never learned, now
    return _rows_with_texts(encoding, encoding.rows.draw(n, where, streams), asked, streams)


def _rows_with_texts(
    encoding: ImageEncoding, drawn: Iterator[dict[str, NDArray[Any]]], asked: Mapping[str, str], streams: Streams
) -> Iterator[ConditionedRows]:
    for index, attributes in enumerate(drawn):
        classes = np.searchsorted(encoding.levels, attributes[str(encoding.condition)])
        own = streams.below("texts", index)
        yield ConditionedRows(classes, _with_texts(encoding, classes, attributes, asked, own))


def _narrowed(shares: NDArray[np.float64], texts: NDArray[np.float64], asked: str) -> NDArray[np.float64]:
    """The share of each class among images whose text is nearest to what is asked.

    Raises:
        DataError: if no class that is allowed has such images.
    """
    kept = np.where(shares > 0, texts, 0.0)
    if not kept.sum():
        raise DataError(
            f"conditions must leave a class with such texts, however: no image of those allowed has {asked!r}"
        )
    return kept / kept.sum()


def _with_texts(
    encoding: ImageEncoding,
    classes: NDArray[np.int64],
    attributes: dict[str, NDArray[Any]],
    asked: Mapping[str, str],
    streams: Streams,
) -> dict[str, NDArray[Any]]:
    """The attributes with a drawn text for each image, beside its class."""
    texts = {
        one.column: one.draw(classes, asked.get(one.column), streams.numpy("texts", index))
        for index, one in enumerate(encoding.words)
    }
    return attributes | texts


def read_rows(encoding: ImageEncoding, frame: Frame) -> ConditionedRows:
    """Take the rows of a table of any kind; columns that the condition does not speak of come along as they are.

    Raises:
        DataError: if there is no row, a column of the condition lacks, or holds what was never learned.
    """
    name = encoding.condition
    if name is None:
        raise DataError("rows must be of columns that images were learned with, however: they were learned without")
    if not number_of_rows(frame):
        raise DataError("a table to draw images for must have rows, however: found none")
    raw = raw_column(frame, name)
    given = read_levels(raw.values, describe_column(raw, name))
    if given.missing.any():
        raise DataError(f"column {name!r} must name a class in every row, however: {given.missing.sum():,} are missing")
    check_known(name, given.levels, encoding.levels.tolist())
    indices = {str(level): index for index, level in enumerate(encoding.levels)}
    classes = np.array([indices[str(level)] for level in given.levels], dtype=np.int64)[given.codes]
    own = encoding.named(classes) | ({} if encoding.rows is None else encoding.rows.read(frame))
    table: Any = frame if hasattr(frame, "iloc") else frame.to_pandas()
    for one in encoding.words:
        require_column([str(column) for column in table.columns], one.column)
        own[one.column] = table[one.column].to_numpy()
    others = {str(other): table[other].to_numpy() for other in table.columns if other != FILE_NAME}
    # The condition's columns first and in their order, as they come where rows are drawn.
    return ConditionedRows(classes, own | {other: values for other, values in others.items() if other not in own})


def read_sources(
    encoding: ImageEncoding, sources: ImageRecords, where: Where | None, streams: Streams
) -> Iterator[ConditionedRows]:
    """Take the images that others are to be made from: their own columns if they hold the condition's, else drawn ones.

    Raises:
        DataError: if a column holds what was never learned, or ``where`` does.
    """
    names = list(encoding.named(np.zeros(1, np.int64))) + ([] if encoding.rows is None else list(encoding.rows.dtypes))
    names += [one.column for one in encoding.words]
    if names and set(names) <= set(sources.columns) and not where:
        import pandas as pd

        yield read_rows(encoding, pd.DataFrame(dict(sources.columns)))._replace(sources=sources)
        return
    first = 0
    for part in draw_rows(encoding, len(sources), where, streams):
        last = first + len(part.classes)
        yield part._replace(sources=sources.take(slice(first, last)))
        first = last
