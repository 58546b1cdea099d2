"""Columns: tables reduced to aligned arrays, the only form in which the measures see them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Column

    Name = str | int

_TRUTHS = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The rows of one table: numbers as they are, everything else as codes into levels shared by all tables.

    Attributes:
        numbers: [rows, numeric columns] float64, NaN where missing.
        codes: [rows, discrete columns] int32, -1 where missing.
        number_names: Names of the numeric columns.
        code_names: Names of the discrete columns.
        levels: Number of levels of each discrete column, missing not counted.
        labels: The levels of each discrete column as text, for people to read; none where nobody is to read them.
        stamps: The numeric columns that hold dates, stamps or durations, and what their numbers count.
        units: [rows] int64, whom each row belongs to; None where each row is somebody else.

    Raises:
        DataError: If the arrays do not fit each other.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]
    number_names: tuple[Name, ...]
    code_names: tuple[Name, ...]
    levels: tuple[int, ...]
    labels: tuple[tuple[str, ...], ...] = ()
    stamps: Mapping[Name, Column] = field(default_factory=dict)
    units: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit each other."""
        widths = (self.numbers.shape[1], self.codes.shape[1])
        if widths != (len(self.number_names), len(self.code_names)) or len(self.levels) != len(self.code_names):
            raise DataError(f"arrays must be as wide as there are names, however: found widths {widths}")
        if len(self.numbers) != len(self.codes):
            raise DataError(f"arrays must be equally long, however: {len(self.numbers)} and {len(self.codes)} rows")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.numbers)

    @property
    def names(self) -> tuple[Name, ...]:
        """Names of all columns, the numeric ones first; the order of ``matrix``."""
        return self.number_names + self.code_names

    def take(self, rows: NDArray[np.int64]) -> Columns:
        """Return those rows, in that order."""
        units = None if self.units is None else self.units[rows]
        return replace(self, numbers=self.numbers[rows], codes=self.codes[rows], units=units)

    def only(self, names: Collection[Name]) -> Columns:
        """Return the columns of these names, in the order in which they stand."""
        numbers = [at for at, one in enumerate(self.number_names) if one in names]
        codes = [at for at, one in enumerate(self.code_names) if one in names]
        return replace(
            self,
            numbers=self.numbers[:, numbers],
            codes=self.codes[:, codes],
            number_names=tuple(self.number_names[at] for at in numbers),
            code_names=tuple(self.code_names[at] for at in codes),
            levels=tuple(self.levels[at] for at in codes),
            labels=tuple(self.labels[at] for at in codes) if self.labels else (),
        )

    def drawn(self, rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the ascending int64 indices of that many rows drawn without replacement; of all if there are no more."""
        if rows >= self.rows:
            return np.arange(self.rows)
        return np.sort(rng.choice(self.rows, rows, replace=False))

    def draw(self, rows: int, rng: np.random.Generator) -> Columns:
        """Return that many rows drawn without replacement, in the table's order; all if there are no more."""
        return self if rows >= self.rows else self.take(self.drawn(rows, rng))

    def units_per_cell(self, cells: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Count the people of each cell, int64 [count], given the cell of each row, int64 [rows]."""
        if self.units is None:
            return np.bincount(cells, minlength=count)
        owners = self.units - self.units.min()
        many = int(owners.max()) + 1
        return np.bincount(np.unique(cells * many + owners) // many, minlength=count)

    def column(self, name: Name) -> NDArray[np.float64]:
        """Return [rows] float64: one column as ``matrix`` has it."""
        if name in self.number_names:
            return self.numbers[:, self.number_names.index(name)]
        codes = self.codes[:, self.code_names.index(name)]
        return np.where(codes < 0, np.nan, codes)

    def matrix(self) -> NDArray[np.float64]:
        """Return [rows, columns] float64: the numbers, then the codes as numbers; NaN where missing."""
        codes = self.codes.astype(np.float64)
        codes[self.codes < 0] = np.nan
        return np.hstack([self.numbers, codes])


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The tables of one evaluation, column by column alike.

    Attributes:
        real: The rows the synthesizer was fitted on.
        synthetic: The rows it made.
        holdout: Real rows nothing was fitted on, or None.
        order: The columns as the real table has them; empty where nobody is to read them.
    """

    real: Columns
    synthetic: Columns
    holdout: Columns | None = None
    order: tuple[Name, ...] = field(default=(), kw_only=True)

    def __iter__(self) -> Iterator[Columns]:
        """Iterate over the tables there are."""
        return iter([self.real, self.synthetic] if self.holdout is None else [self.real, self.synthetic, self.holdout])


@dataclass(slots=True)
class Stack:
    """Collects columns of several tables and turns them into ``Columns``, one per table."""

    numbers: list[tuple[Name, list[NDArray[np.float64]]]] = field(default_factory=list)
    codes: list[tuple[Name, tuple[str, ...], list[NDArray[np.int32]]]] = field(default_factory=list)
    stamps: dict[Name, Column] = field(default_factory=dict)

    def add_numbers(self, name: Name, sides: list[NDArray[np.float64]]) -> None:
        """Add a numeric column: one float64 array per table, NaN where missing."""
        self.numbers.append((name, sides))

    def add_stamps(self, column: Column, sides: list[NDArray[np.float64]]) -> None:
        """Add a column of dates, stamps or durations, as numbers of its unit."""
        self.add_numbers(column.name, sides)
        self.stamps[column.name] = column

    def add_levels(self, name: Name, sides: list[tuple[NDArray[np.int32], tuple[object, ...]]]) -> None:
        """Add a discrete column: per table int32 codes (-1 missing) and the levels they point into."""
        labels, codes = shared_codes(sides)
        self.codes.append((name, labels, codes))

    def tables(self, rows: list[int], units: Sequence[NDArray[np.int64] | None] = ()) -> list[Columns]:
        """Return one ``Columns`` per table, given how many rows each has and whom they belong to."""
        number_names = tuple(name for name, _ in self.numbers)
        code_names = tuple(name for name, _, _ in self.codes)
        labels = tuple(labels for _, labels, _ in self.codes)
        levels = tuple(len(column) for column in labels)
        built = []
        for side, length in enumerate(rows):
            numbers = np.empty((length, len(number_names)))
            codes = np.empty((length, len(code_names)), dtype=np.int32)
            for index, (_, sides) in enumerate(self.numbers):
                numbers[:, index] = sides[side]
            for index, (_, _, coded) in enumerate(self.codes):
                codes[:, index] = coded[side]
            built.append(
                Columns(
                    numbers,
                    codes,
                    number_names,
                    code_names,
                    levels,
                    labels,
                    self.stamps,
                    units[side] if units else None,
                )
            )
        return built


def shared_codes(
    sides: list[tuple[NDArray[np.int32], tuple[object, ...]]],
) -> tuple[tuple[str, ...], list[NDArray[np.int32]]]:
    """Recode the same column of several tables into the union of its levels.

    The union keeps the order of the first table and appends what the others add. Where the tables write
    levels as different types (a CSV file turns the code "250" into a number), levels are compared as text. Where one of them
    holds true and false, 1 and 0 of the others are the same.

    Args:
        sides: Per table int32 codes [rows] (-1 missing) and the levels they point into.

    Returns:
        The levels of the union as text, and per table int32 codes [rows] into it (-1 missing).

    Example:
        >>> first = (np.array([0, 1, -1], np.int32), ("a", "b"))
        >>> second = (np.array([0, 1, 1], np.int32), ("c", "b"))
        >>> shared_codes([first, second])
        (('a', 'b', 'c'), [array([ 0,  1, -1], dtype=int32), array([2, 1, 1], dtype=int32)])
    """
    if any({_family(level) for level in levels} == {"boolean"} for _, levels in sides):
        sides = [(codes, _truths(levels)) for codes, levels in sides]
    kinds = [{_family(level) for level in levels} for _, levels in sides if levels]
    as_text = any(kind != kinds[0] for kind in kinds)
    union: dict[object, int] = {}
    labels: list[str] = []
    recoded = []
    for codes, levels in sides:
        # The type belongs to the key: 1 and True are equal in Python, but are not the same level.
        keys = [_text(level) if as_text else (_family(level), level) for level in levels]
        for key, level in zip(keys, levels, strict=True):
            if key not in union:
                union[key] = len(union)
                labels.append(_text(level))
        target = np.array([union[key] for key in keys] + [-1], dtype=np.int32)
        recoded.append(target[codes])  # the code -1 picks the last entry, which is -1
    return tuple(labels), recoded


def _truths(levels: tuple[object, ...]) -> tuple[object, ...]:
    """The levels as true and false, where each of them is one way to write these; else as they are."""
    known = [_TRUTHS.get(_text(level).casefold()) for level in levels]
    return levels if None in known or len(set(known)) < len(known) else tuple(known)


def _family(level: object) -> str:
    """Name the type of a level, whole and other numbers alike."""
    if isinstance(level, bool | np.bool_):
        return "boolean"
    return "number" if isinstance(level, int | float | np.number) else type(level).__name__


def _text(level: object) -> str:
    """Write a level as a CSV file would; whole numbers without a point."""
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return str(level)
