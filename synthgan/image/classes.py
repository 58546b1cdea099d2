"""The column that holds the classes of images, as text or plain whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.clauses import read_where, rows_of_conditions
from synthgan.errors import DataError
from synthgan.image.limits import label_text
from synthgan.suggest import did_you_mean, did_you_mean_or_known
from synthgan.tabular.encoding.matching import find_level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from synthgan.data.clauses import Conditions, Where
    from synthgan.image.records import ImageRecords


def column_of_classes(records: ImageRecords, name: str) -> NDArray[Any]:
    """The column of the classes, as plain numbers or text.

    Raises:
        DataError: if there is none of that name, or it holds anything else.
    """
    require_column(records.columns, name)
    column = records.columns[name]
    gaps = column.dtype.kind == "f" and np.isnan(column).any()  # whole numbers that were made real for their sake
    column = _plain(column.astype(object), name) if gaps or column.dtype == object else column
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


def shares_of(
    condition: str | None, levels: NDArray[Any], counts: NDArray[np.int64], where: Where | None
) -> NDArray[np.float64]:
    """The share of each class among the images to draw: its true one among those allowed.

    Args:
        condition: the column of the classes; None where there is none.
        levels: what each class is called.
        counts: images of each class.
        where: what to draw.

    Raises:
        DataError: if ``where`` speaks of anything but levels of the condition.
    """
    allowed = np.ones(len(levels), dtype=bool)
    known = {} if condition is None else {condition: [str(level) for level in levels]}
    if rows_of_conditions(where) is not None:
        raise DataError("conditions on images must be a mapping or texts, however: found rows; give those as rows=")
    conditions: Conditions | None = where  # type: ignore[assignment]
    for clause in read_where(conditions, known):
        if condition is None or str(clause.name) != condition:
            told = "none: they were learned without" if condition is None else repr(condition)
            raise DataError(
                f"a condition on images must be on {told}, however: {str(clause.name)!r}",
                remedy=did_you_mean(clause.name, [condition] if condition else []),
            )
        if clause.values is None:
            raise DataError(
                f"a condition on images must be like {condition}={levels[0]}, however: {clause}; name levels"
            )
        allowed &= _named(condition, levels.tolist(), clause.values) ^ clause.negated
    if not allowed.any():
        raise DataError(f"conditions on {condition!r} must leave a class, however: they exclude each other")
    kept = np.where(allowed, counts, 0)
    return kept / kept.sum()


def _named(condition: str, levels: list[Any], values: tuple[Any, ...]) -> NDArray[np.bool_]:
    named = np.zeros(len(levels), dtype=bool)
    for value in values:
        index = None if value is None else find_level(value, levels)
        if index is None:
            raise DataError(
                f"a condition on {condition!r} must be a class that was learned, however: {str(value)!r}",
                remedy=did_you_mean_or_known(value, map(str, levels)),
            )
        named[index] = True
    return named
