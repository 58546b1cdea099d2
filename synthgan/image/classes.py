"""The column that holds the classes of images, as text or plain whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.errors import DataError
from synthgan.image.limits import label_text
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from synthgan.image.records import ImageRecords


def column_of_classes(records: ImageRecords, name: str) -> NDArray[Any]:
    """The column of the classes, as plain numbers or text.

    Raises:
        DataError: if there is none of that name, or it holds anything else.
    """
    require_column(records.columns, name)
    column = records.columns[name]
    column = _plain(column, name) if column.dtype == object else column
    if column.dtype.kind not in "iubU":
        raise DataError(
            f"column {name!r} must be text or whole numbers, however: it is {column.dtype}; make it classes"
        )
    return column


def _plain(column: NDArray[Any], name: str) -> NDArray[Any]:
    """A column of objects as text, whole numbers or booleans, whichever all of them are.

    Raises:
        DataError: if they are not all of one of these.
    """
    for kinds, dtype in ((str, str), ((bool, np.bool_), bool), ((int, np.integer), np.int64)):
        if all(isinstance(value, kinds) for value in column):
            try:
                return column.astype(dtype)
            except OverflowError as error:
                raise DataError(
                    f"column {name!r} must be whole numbers of 64 bits, however: some are larger; make it text"
                ) from error
    gap = next((index for index, value in enumerate(column) if label_text(value) is None), None)
    found = "it is of several kinds" if gap is None else f"image {gap + 1:,} has none"
    raise DataError(
        f"column {name!r} must be text or whole numbers without gaps, however: {found}",
        remedy="make it text" if gap is None else "fill it, or leave the image out",
    )


def text_or_whole(column: NDArray[Any], name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The classes of a private fit as text or plain whole numbers ``[n]``, and which of them are there.

    The type of the array says which: under ``object`` each value is text by itself, or missing where it is none.

    Raises:
        DataError: if the array is of another type.
    """
    if column.dtype == object:
        texts = [label_text(value) for value in column]
        known = np.array([text is not None for text in texts], dtype=bool)
        return np.array([text or "" for text in texts], dtype=str), known
    if column.dtype.kind not in "iubU":
        raise DataError(
            f"column {name!r} must be text or whole numbers, however: it is {column.dtype}; make it classes"
        )
    return column, np.ones(len(column), dtype=bool)


def require_column(names: Iterable[str], name: str) -> None:
    """Refuse a column of the condition that is none of those there are.

    Raises:
        DataError: if it is none.
    """
    if name not in names:
        found = ", ".join(map(repr, names)) or "none"
        raise DataError(
            f"condition must be a column of the images, however: {name!r} is none of {found}",
            remedy=did_you_mean(name, names),
            parameter="condition",
        )
