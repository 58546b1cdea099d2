"""A look-up: which value belongs to each key, where a key is one value or two or three."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.formulas.vectors import Moments, Vector
from synthgan.data.values import Levels
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Scalar

_DIGITS = 9  # to which numbers that are keys agree


@dataclass(frozen=True)
class Lookup:
    """Which value belongs to each key.

    Attributes:
        keys: the keys, all different, each of as many parts as there are sources.
        values: the value of each.

    Raises:
        SchemaError: keys and values are not such.

    Example:
        >>> found = Lookup((("A",), ("B",)), (1.0, 2.5))
        >>> found.of([Levels(np.array([1, -1, 0], np.int32), ("A", "B"))]).tolist()
        [2.5, nan, 1.0]
    """

    keys: tuple[tuple[Scalar, ...], ...]
    values: tuple[Scalar, ...]

    def __post_init__(self) -> None:
        """Checks the keys against each other."""
        sizes = {len(key) for key in self.keys}
        scalars = [part for key in self.keys for part in key] + list(self.values)
        if (
            len(self.keys) != len(self.values)
            or len(sizes) != 1
            or not all(isinstance(scalar, (str, bool, int, float)) for scalar in scalars)
        ):
            raise SchemaError("a look-up must be a list of keys, each with its value, however: it is not")
        if len(set(self.keys)) < len(self.keys):
            raise SchemaError("the keys of a look-up must differ, however: one is there twice")

    @property
    def parts(self) -> int:
        """How many parts a key has."""
        return len(self.keys[0])

    @cached_property
    def _scales(self) -> list[list[Any]]:
        """By part: its distinct values, sorted."""
        return [sorted({_plain(key[part]) for key in self.keys}, key=_order) for part in range(self.parts)]

    @cached_property
    def _index(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The keys as whole numbers, rising; and which entry each is."""
        codes = np.zeros(len(self.keys), dtype=np.int64)
        for part, scale in enumerate(self._scales):
            at = {value: index for index, value in enumerate(scale)}
            codes = codes * len(scale) + np.array([at[_plain(key[part])] for key in self.keys])
        order = np.argsort(codes)
        return codes[order], order

    def entries(self, vectors: list[Vector]) -> NDArray[np.int64]:
        """The entry that each row has the key of, int64 [rows]; -1 where there is none."""
        if len(vectors) != self.parts:
            raise SchemaError(f"a look-up must be asked by {self.parts} columns, however: by {len(vectors)}")
        codes = np.zeros(len(vectors[0]), dtype=np.int64)
        unknown = np.zeros(len(codes), dtype=bool)
        for vector, scale in zip(vectors, self._scales, strict=True):
            found = _codes(vector, scale)
            unknown |= found < 0
            codes = codes * len(scale) + np.maximum(found, 0)
        known, order = self._index
        at = np.minimum(np.searchsorted(known, codes), len(known) - 1)
        return np.where(unknown | (known[at] != codes), -1, order[at])

    def of(self, vectors: list[Vector]) -> Vector:
        """The value of each row's key, [rows]; missing where there is none."""
        entries = self.entries(vectors)
        if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in self.values):
            return np.append(np.array(self.values, dtype=np.float64), np.nan)[entries]
        levels = tuple(dict.fromkeys(self.values))
        at = {level: code for code, level in enumerate(levels)}
        codes = np.array([*(at[value] for value in self.values), -1], dtype=np.int32)
        return Levels(codes[entries], levels)

    def nearest(self, vector: Vector) -> Vector:
        """Numbers as the nearest keys of one part, [rows]; anything else as it is."""
        scale = self._scales[0]
        if not isinstance(vector, np.ndarray) or self.parts > 1 or any(isinstance(value, str) for value in scale):
            return vector
        keys = np.array(scale)
        at = np.clip(np.searchsorted((keys[1:] + keys[:-1]) / 2, vector), 0, len(keys) - 1)
        return np.where(np.isnan(vector), np.nan, keys[at])

    @cached_property
    def line(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Keys, rising, and their values, where each is a number that no other has, and there are two or more; else None."""
        pairs = (
            sorted((*key, value) for key, value in zip(self.keys, self.values, strict=True)) if self._is_plain else []
        )
        if self.parts > 1 or len(pairs) < 2 or len(set(self.values)) < len(pairs):  # noqa: PLR2004 (a line)
            return None
        keys, values = np.array(pairs, dtype=np.float64).T
        return keys, values

    @property
    def _is_plain(self) -> bool:
        scalars = (*self.values, *(part for key in self.keys for part in key))
        return all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in scalars)

    def between(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values of keys, [rows]; between two keys, and beyond all, what the line through the nearest two says: see `line`."""
        assert self.line is not None  # noqa: S101 (asked before)
        keys, values = self.line
        at = np.clip(np.searchsorted(keys, vector), 1, len(keys) - 1)
        slope = (values[at] - values[at - 1]) / (keys[at] - keys[at - 1])
        found, known = values[at - 1] + slope * (vector - keys[at - 1]), self.of([vector])
        assert isinstance(known, np.ndarray)  # noqa: S101 (so are values that are numbers)
        return np.where(np.isnan(known), found, known)

    def key_of(self, wanted: Vector, now: Vector) -> Vector | None:
        """Keys of one part that have the wanted values [rows]: the present ones where they do, else one of those that do.

        Args:
            wanted: the values.
            now: the present keys.

        Returns:
            The keys; missing where no key has the value. None where keys are of several sorts.
        """
        keys = [key[0] for key in self.keys]
        is_number = all(isinstance(key, (int, float)) and not isinstance(key, bool) for key in keys)
        if not is_number and not isinstance(now, Levels):
            return None
        values = sorted({_plain(value) for value in self.values}, key=_order)
        at = {value: code for code, value in enumerate(values)}
        own = np.array([at[_plain(value)] for value in self.values])
        choices = _codes(wanted, values)
        entries = np.full(len(choices), -1, dtype=np.int64)
        for code in np.unique(choices[choices >= 0]):
            rows, having = np.flatnonzero(choices == code), np.flatnonzero(own == code)
            entries[rows] = having[np.arange(len(rows)) % len(having)]
        held = self.entries([now])
        entries = np.where((held >= 0) & (choices >= 0) & (own[held] == choices), held, entries)
        if is_number:
            return np.append(np.array(keys, dtype=np.float64), np.nan)[entries]
        return Levels(np.where(entries < 0, -1, entries).astype(np.int32), tuple(keys))

    def to_list(self) -> list[list[Scalar]]:
        """The look-up as JSON: a list of key and value, one after the other."""
        return [[*key, value] for key, value in zip(self.keys, self.values, strict=True)]

    @classmethod
    def from_list(cls, given: Any) -> Lookup:
        """Reads what `to_list` gives.

        Raises:
            SchemaError: it is anything else.
        """
        if not isinstance(given, list) or not given or not all(isinstance(one, list) and len(one) > 1 for one in given):
            raise SchemaError("a look-up must be a list of lists of key and value, however: it is not")
        return cls(tuple(tuple(one[:-1]) for one in given), tuple(one[-1] for one in given))


def _plain(value: Any) -> Any:
    """A part of a key as it is compared: numbers by value, all else by its text."""
    return round(float(value), _DIGITS) if isinstance(value, (bool, int, float)) else value


def _order(value: Any) -> tuple[bool, Any]:
    return isinstance(value, str), value


def _codes(vector: Vector, scale: list[Any]) -> NDArray[np.int64]:
    """Which value of a scale each row has, int64 [rows]; -1 for none."""
    if isinstance(vector, Moments):
        raise SchemaError("a look-up must be asked by levels or numbers, however: by moments")
    at = {value: index for index, value in enumerate(scale)}
    if isinstance(vector, Levels):
        return np.array([*(at.get(_plain(level), -1) for level in vector.levels), -1], dtype=np.int64)[vector.codes]
    numbers = np.array([value for value in scale if not isinstance(value, str)], dtype=np.float64)
    if not len(numbers):
        return np.full(len(vector), -1, dtype=np.int64)
    given = np.round(vector, _DIGITS)
    found = np.minimum(np.searchsorted(numbers, given), len(numbers) - 1)
    return np.where(numbers[found] == given, found, -1)
