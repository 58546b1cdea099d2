"""Features and their classes as one table to learn, and the way back into whatever they came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import issparse
from sklearn.utils.multiclass import type_of_target

from synthgan.data.containers.raw import container_of
from synthgan.errors import DataError
from synthgan.io.sources import as_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame

_MIN_CLASSES = 2
_FLAT = 2  # dimensions of a table


@dataclass(frozen=True)
class Labelled:
    """Features and classes as they were given, and as one table.

    Attributes:
        X: the features: a frame, an array ``[rows, features]`` or a list of rows.
        y: the class of each row: an array, a list, a column or a frame of one; or an indicator ``[rows, classes]``.
        features: the features as a frame of distinct names.
        names: what the columns of a frame are called; None where they have no names.
        classes: the labels, sorted ``[classes]``.
        codes: the class of each row ``[rows]``.
    """

    X: Any
    y: Any
    features: Frame
    names: list[Any] | None
    classes: NDArray[Any]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, X: Any, y: Any) -> Labelled:
        """Takes features and classes as they are given.

        Raises:
            DataError: if they are no table and no classes, or of different lengths.
        """
        classes, codes = _classes_of(y)
        features, names = _features_of(X)
        if len(features) != len(codes):
            raise DataError(f"X and y must have as many rows, however: {len(features):,} and {len(codes):,}")
        return cls(X, y, features, names, classes, codes)

    @property
    def width(self) -> int:
        """How many features there are."""
        return len(_columns(self.features))

    def table(self) -> tuple[Any, str]:
        """The features and the class of each row, ``class 0`` and so on, as one frame; and the name of that column."""
        name, taken = "class", set(map(str, _columns(self.features)))
        while name in taken:
            name += "_"
        labels = [level(code) for code in self.codes]
        if isinstance(self.features, pd.DataFrame):
            return self.features.assign(**{name: labels}), name
        if isinstance(self.features, pa.Table):
            return self.features.append_column(name, pa.array(labels)), name
        import polars as pl

        return self.features.with_columns(pl.Series(name, labels)), name

    def with_rows(self, made: Sequence[Any], codes: NDArray[np.int64]) -> tuple[Any, Any]:
        """Features and classes with further rows below, in the form in which they came.

        Args:
            made: frames of features, one below the other.
            codes: the class of each of their rows.
        """
        first = np.array([np.flatnonzero(self.codes == code)[0] for code in range(len(self.classes))])
        rows = np.concatenate([np.arange(len(self.codes)), first[codes]])  # a row of the class stands for its label
        return self._features_with(made), _rows_of(self.y, rows)

    def _features_with(self, made: Sequence[Any]) -> Any:
        if isinstance(self.features, pa.Table):
            return pa.concat_tables([self.features, *(frame.cast(self.features.schema) for frame in made)])
        if container_of(self.features) == "polars":
            import polars as pl

            return pl.concat([self.features, *(frame.cast(dict(self.features.schema)) for frame in made)])
        given = self.X if isinstance(self.X, pd.DataFrame) else self.features
        frames = [frame.set_axis(given.columns, axis=1).astype(_dtypes(given)) for frame in made]
        whole = pd.concat([given, *frames], ignore_index=True)
        if isinstance(self.X, pd.DataFrame):
            return whole
        array = whole.to_numpy(dtype=np.asarray(self.X).dtype)
        return array.tolist() if isinstance(self.X, list) else array


def level(code: int) -> str:
    """What a class is called in the table that is learned: no form of a label is mistaken for a number or a date."""
    return f"class {code}"


def _columns(frame: Any) -> list[Any]:
    return list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)


def _dtypes(frame: pd.DataFrame) -> dict[Any, Any] | Any:
    return frame.dtypes if frame.columns.is_unique else frame.dtypes.iloc[0]


def _features_of(X: Any) -> tuple[Any, list[Any] | None]:
    """The features as a frame of distinct names, and the names that were given."""
    if issparse(X):
        raise DataError("X must be dense, however: it is a sparse matrix; call .toarray() first")
    if isinstance(X, (list, np.ndarray)):
        array = np.asarray(X)
        if array.ndim != _FLAT:
            raise DataError(
                f"X must be a table of rows and columns, however: it has {array.ndim} dimensions; reshape it"
            )
        frame = pd.DataFrame(array, columns=[f"x{index}" for index in range(array.shape[1])])
        return frame.infer_objects(), None
    frame = as_frame(X)
    names = _columns(frame)
    if isinstance(frame, pd.DataFrame):
        sparse = [isinstance(dtype, pd.SparseDtype) for dtype in frame.dtypes]
        frame = frame.reset_index(drop=True)
        if any(sparse):
            frame = frame.astype(
                {name: frame[name].dtype.subtype for name, is_ in zip(names, sparse, strict=True) if is_}
            )
        if len(set(map(str, names))) != len(names) or not all(isinstance(name, (str, int)) for name in names):
            frame = frame.set_axis([f"x{index}" for index in range(len(names))], axis=1)
    return frame, names


def _classes_of(y: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The labels, and the class of each row."""
    values = _values_of(y)
    if values.ndim == _FLAT and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == _FLAT:
        if type_of_target(values) != "multilabel-indicator" or not (values.sum(1) == 1).all():
            raise DataError(
                "y must be one class of each row, however: it has several columns; multilabel targets cannot be balanced"
            )
        values = values.argmax(1)
    if values.ndim != 1:
        raise DataError(f"y must be one class of each row, however: it has {values.ndim} dimensions")
    missing = int(pd.isna(values).sum())
    if missing:
        raise DataError(
            f"y must have no missing values, however: {missing:,} of {len(values):,} are; leave those rows out"
        )
    if values.dtype.kind == "f" and (values != np.floor(values)).any():
        raise DataError("y must be classes, however: it holds fractions, as numbers to predict do; bin them first")
    try:
        classes, codes = np.unique(values, return_inverse=True)
    except TypeError as error:
        raise DataError(
            "y must be labels of one type, however: some cannot be compared; make them text first"
        ) from error
    if len(classes) < _MIN_CLASSES:
        raise DataError(f"y must have two classes or more, however: it has {len(classes)}")
    return classes, codes


def _values_of(y: Any) -> NDArray[Any]:
    if isinstance(y, (pa.Array, pa.ChunkedArray)):
        return (
            np.asarray(y.to_pylist(), dtype=object) if pa.types.is_string(y.type) else y.to_numpy(zero_copy_only=False)
        )
    values = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    return values.astype(object) if values.dtype.kind in "US" else values


def _rows_of(y: Any, rows: NDArray[np.int64]) -> Any:
    if isinstance(y, (pd.Series, pd.DataFrame)):
        return y.iloc[rows].reset_index(drop=True)
    if isinstance(y, (pa.Array, pa.ChunkedArray)):
        return y.take(pa.array(rows))
    if isinstance(y, (list, tuple)):
        return [y[row] for row in rows]
    return y[rows]
