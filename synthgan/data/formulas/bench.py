"""The table as those who look for formulas see it: a sample of rows, sorts of columns, and one test for all that is proposed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.column import CODED, NUMBERS, TEMPORAL, Kind
from synthgan.data.formulas.chance import EVIDENCE_ROWS, SURE, surprise_of_levels, surprise_of_numbers
from synthgan.data.formulas.formula import FOUND, Formula, vector_in
from synthgan.data.formulas.vectors import Moments, missing_in, numbers_of, step_of, vector_of
from synthgan.data.significance import last_digit
from synthgan.data.values import Levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data.column import Column, Scalar
    from synthgan.data.formulas.lookups import Lookup
    from synthgan.data.formulas.vectors import Vector
    from synthgan.data.table import Table

    Name = str | int

SAMPLE_ROWS: Final = 2_000
HUGE: Final = 1e100  # squares of larger numbers are none
_COMPUTABLE: Final = NUMBERS | CODED | TEMPORAL
_COVERED: Final = 0.5  # of the rows where a target is there, a formula must say something
_LOOKED_UP: Final = 0.2  # … and a look-up, whose rare keys are left out
_WRITTEN: Final = 1e-13  # by which share such a number is off when it is written in decimals
_RECKONED: Final = 8  # of its last places that a function may be off
_ALL_DIGITS: Final = 17
_FEW_STEPS: Final = 12  # half steps that values must span, or rounding explains too much


@dataclass(frozen=True)
class Proposal:
    """A formula that may hold.

    Attributes:
        target: the column that would be computed.
        text: how.
        price: how many others were thinkable, as the logarithm of their number.
        lookup: what its text looks up.
        slack: how far real values may be off beyond their own rounding.
    """

    target: Name
    text: str
    price: float
    lookup: Lookup | None = None
    slack: float = 0.0


class Bench:
    """A table in which formulas are looked for."""

    def __init__(self, table: Table, rare_below: int = 10) -> None:
        """Sort the columns, and take a sample of the rows.

        Args:
            table: the table.
            rare_below: entries of a look-up that fewer rows hold are left out.
        """
        self.table, self.rare_below = table, rare_below
        self.rows = len(table)
        every = max(1, -(-self.rows // SAMPLE_ROWS))
        self.some = table.take(np.arange(0, self.rows, every)) if every > 1 else table
        self.columns: dict[Name, Column] = {
            column.name: column for column in table.schema if column.kind in _COMPUTABLE
        }
        self.order = {name: index for index, name in enumerate(self.columns)}
        self.by_text = {str(name): name for name in self.columns}
        self.coded: dict[str, tuple[NDArray[np.int64], tuple[Scalar, ...]]] = {}

    @cached_property
    def vectors(self) -> dict[Name, Vector]:
        """The columns, on the sample."""
        return {name: vector_of(self.some, name) for name in self.columns}

    @cached_property
    def numbers(self) -> dict[Name, NDArray[np.float64]]:
        """The columns that are numbers, or levels that are, on the sample: float64 [sample], NaN = missing."""
        found = {name: numbers_of(vector) for name, vector in self.vectors.items()}
        return {
            name: numbers
            for name, numbers in found.items()
            if numbers is not None and np.abs(numbers).max(initial=0.0, where=~np.isnan(numbers)) < HUGE
        }

    @cached_property
    def missing(self) -> dict[Name, NDArray[np.bool_]]:
        """Where each column is missing, on the sample."""
        return {name: missing_in(vector) for name, vector in self.vectors.items()}

    @property
    def moments(self) -> dict[Name, Moments]:
        """The columns that are dates or stamps, on the sample."""
        return {name: vector for name, vector in self.vectors.items() if isinstance(vector, Moments)}

    def half(self, name: Name) -> float:
        """Half a step of a column of numbers, in the unit that formulas see it in; of significant digits the largest."""
        return self._steps[name][0]

    def halves(self, name: Name, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of each of some numbers of a column, which may have significant digits: float64 of their shape."""
        column = self.columns[name]
        if column.kind is Kind.DURATION:
            return np.full(numbers.shape, 0.5 * 10.0**-6)
        step = step_of(column) if column.kind in NUMBERS else 2e-9
        if column.significant is None:
            return np.full(numbers.shape, 0.5 * step)
        return 0.5 * np.maximum(step, last_digit(numbers, column.significant))

    def rounding(self, name: Name) -> float:
        """By how much a column may be off what it is computed by: half a step, nothing where it has few steps.

        Of a 0 and a 1 everything is half a step away, so that any number would do.
        """
        half, is_rounded = self._steps[name]
        return half if is_rounded else 0.0

    def roundings(self, name: Name, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of each of some numbers of a column, float64 of their shape."""
        return self.halves(name, numbers) if self._steps[name][1] else np.zeros(numbers.shape)

    @cached_property
    def _steps(self) -> dict[Name, tuple[float, bool]]:
        """Half a step of each column of numbers, and whether it has enough of them: both are asked for without end."""
        found = {}
        for name, numbers in self.numbers.items():
            known = numbers[~np.isnan(numbers)]
            half = float(self.halves(name, known).max(initial=0.0))
            found[name] = half, bool(len(known)) and float(np.ptp(known)) > _FEW_STEPS * half
        return found

    def grain(self, name: Name) -> float:
        """By how much numbers without a step may be off as they were once reckoned with in four bytes each; 0 if they were not."""
        numbers = self.numbers[name][~np.isnan(self.numbers[name])]
        if step_of(self.columns[name]) or not len(numbers):
            return 0.0
        if (np.abs(numbers.astype(np.float32) - numbers) > _WRITTEN * np.abs(numbers)).any():
            return 0.0
        return _RECKONED * float(np.spacing(np.abs(numbers).max().astype(np.float32)))

    def digits(self, name: Name) -> int:
        """How many digits a column has behind the point: of numbers without a step, as many as there are; else none."""
        column = self.columns[name]
        if column.kind is not Kind.DECIMAL:
            return 0
        return column.decimals if column.decimals is not None else _ALL_DIGITS

    def distinct(self, name: Name) -> int:
        """How many values a column of numbers has on the sample."""
        numbers = self.numbers[name]
        return len(np.unique(numbers[~np.isnan(numbers)]))

    def tested(self, proposal: Proposal) -> Formula | None:
        """The formula, if it holds in every row where it says something and that is no chance; None else."""
        formula = Formula.of(
            proposal.target,
            proposal.text,
            self.table.schema.names,
            found_by=FOUND,
            lookup=proposal.lookup,
            slack=proposal.slack,
        )
        price = proposal.price + math.log(len(self.columns)) + SURE
        for table in (self.some, self.table) if self.some is not self.table else (self.table,):
            drawn = formula.drawn(table)
            formula, broken = checked(formula, table, drawn)
            if broken or not _covers(formula, table, drawn):
                return None
            if table is self.some and _surprise(formula, table, drawn) < price:
                return None
        return formula


def checked(formula: Formula, table: Table, drawn: NDArray[np.float64] | Levels) -> tuple[Formula, int]:
    """The formula with what a table says of missing values, and how many of its rows break it, given what it draws."""
    there, known = ~table.columns[formula.target].missing, ~missing_in(drawn)
    lenient = replace(formula, gaps=bool((known & ~there).any()), alone=bool((there & ~known).any()))
    return lenient, int(lenient.broken(table, drawn).sum())


def _covers(formula: Formula, table: Table, drawn: NDArray[np.float64] | Levels) -> bool:
    """Whether a formula says something where its target is there."""
    there, known = ~table.columns[formula.target].missing, ~missing_in(drawn)
    least = _LOOKED_UP if formula.lookup is not None else _COVERED
    return bool((there & known).sum() >= max(1.0, least * there.sum()))


def _surprise(formula: Formula, table: Table, found: NDArray[np.float64] | Levels) -> float:
    """How surprising it is that a formula holds in a table, in nats."""
    column = table.schema.column(formula.target)
    held = vector_in(table, column)
    both = np.flatnonzero(~missing_in(held) & ~missing_in(found))
    both = both[:: max(1, len(both) // EVIDENCE_ROWS)]
    if isinstance(held, Levels):
        return surprise_of_levels(held.codes[both])
    assert isinstance(found, np.ndarray)  # noqa: S101 (both are of the target's own sort)
    return surprise_of_numbers(held[both], found[both], formula.tolerance(column, held, found, table)[both])


def present(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.int64]:
    """The rows in which all of some columns are there."""
    return np.flatnonzero(~np.any([np.isnan(column) for column in columns], axis=0))
