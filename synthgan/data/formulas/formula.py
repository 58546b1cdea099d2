"""A formula: one column of a table as a function of other columns of the same row."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.data.containers.storing import rounded
from synthgan.data.dependence import circular_target, repeated_target
from synthgan.data.formulas.evaluation import evaluate
from synthgan.data.formulas.functions import LOOKUP
from synthgan.data.formulas.grammar import names_in, parse
from synthgan.data.formulas.lookups import Lookup
from synthgan.data.formulas.vectors import drawn_of, missing_in, step_of, vector_of
from synthgan.data.significance import last_digit, to_significant
from synthgan.data.values import Levels, Numbers, Stamps
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.formulas.vectors import Cells, Vector
    from synthgan.data.values import Values

DECLARED: Final = "declared"
FOUND: Final = "search"
_FAINT: Final = 1e-9  # of a value: what floating-point numbers are off at most, after a few steps
_FAINT_SINGLE: Final = 1e-6  # the same of 32 bits


@dataclass(frozen=True)
class Formula:
    """One column as a function of others.

    Attributes:
        target: the column that is computed.
        text: how, as a formula is written: ``weight / (height / 100) ** 2``.
        sources: the columns that the text speaks of, in its order.
        found_by: "search", or "declared" by a user.
        use: whether it is kept to; False switches it off.
        slack: how far a real value may be off beyond the rounding of the target: sources were rounded after it was computed.
        gaps: whether the target may be missing where all sources are there.
        alone: whether it may be there where a source is missing, or nothing is defined; it is then no result.
        lookup: what ``lookup(...)`` in the text looks up.

    Raises:
        SchemaError: the text is no formula, or one of its own target.

    Example:
        >>> import pandas as pd
        >>> from synthgan.data.table import Table
        >>> table = Table.read(pd.DataFrame({"weight": [80.5, 60.0, None], "height": [180, 160, 170], "bmi": [24.8, 27.0, None]}))
        >>> formula = Formula.of("bmi", "weight / (height / 100) ** 2", table.schema.names)
        >>> print(formula)
        bmi = weight / (height / 100) ** 2
        >>> formula.compute(table).values.to_pylist(), formula.broken(table).tolist()
        ([24.8, 23.4, None], [False, True, False])
    """

    target: str | int
    text: str
    sources: tuple[str | int, ...]
    found_by: str = DECLARED
    use: bool = True
    slack: float = 0.0
    gaps: bool = False
    alone: bool = False
    lookup: Lookup | None = None

    def __post_init__(self) -> None:
        """Checks the text, and that it speaks of the sources."""
        if self.target in self.sources:
            raise SchemaError(f"a formula of column {self.target!r} must be of other columns, however: it is of itself")
        if tuple(map(str, self.sources)) != names_in(self.tree):
            raise SchemaError(f"a formula of column {self.target!r} must name its sources, however: {self.text!r}")

    @classmethod
    def of(cls, target: str | int, text: str, names: Iterable[str | int], **others: Any) -> Formula:
        """A formula whose text speaks of columns of these names.

        Raises:
            SchemaError: it speaks of others, or of none.
        """
        known = {str(name): name for name in names}
        spoken = names_in(parse(text))
        unknown = next((name for name in (*spoken, str(target)) if name not in known), None)
        if unknown is not None:
            raise SchemaError(
                f"a formula of column {target!r} must name columns of the table, however: found {unknown!r}"
            )
        if not spoken:
            raise SchemaError(f"a formula of column {target!r} must name a column, however: {text!r} names none")
        return cls(known[str(target)], text, tuple(known[name] for name in spoken), **others)

    @cached_property
    def tree(self) -> ast.expr:
        """The text, read."""
        return parse(self.text)

    @property
    def names(self) -> tuple[str | int, ...]:
        """The target and the sources."""
        return (self.target, *self.sources)

    @property
    def lacks_lookup(self) -> bool:
        """Whether the text looks something up that was not given."""
        return self.lookup is None and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == LOOKUP
            for node in ast.walk(self.tree)
        )

    def __str__(self) -> str:
        """The formula as people write it."""
        return f"{self.target} = {self.text}"

    def vector(self, table: Cells, *, nearest: bool = False) -> Vector:
        """What the formula gives, unrounded, [rows]; missing where a source is, or nothing is defined.

        Args:
            table: the rows.
            nearest: look numbers up by the nearest key, where none is the same; of a target without a step, between the nearest.
        """
        rows = len(table.columns[self.target])
        given = {str(name): vector_of(table, name) for name in self.sources}
        if nearest and self.lookup is not None and isinstance(self.tree, ast.Call) and len(given) == 1:
            ((name, vector),) = given.items()
            if not isinstance(self.tree.args[0], ast.Name):
                return evaluate(self.tree, given, rows, self.lookup)
            column = table.schema.column(self.target)
            is_smooth = not step_of(column) and column.significant is None
            if is_smooth and self.lookup.line is not None and isinstance(vector, np.ndarray):
                return self.lookup.between(vector)
            given[name] = self.lookup.nearest(vector)
        return evaluate(self.tree, given, rows, self.lookup)

    def drawn(self, table: Cells, *, nearest: bool = False) -> NDArray[np.float64] | Levels:
        """The same in the form of the target, still to be rounded.

        Raises:
            SchemaError: the formula gives something that the target cannot hold.
        """
        held, column = table.columns[self.target], table.schema.column(self.target)
        found = drawn_of(self.vector(table, nearest=nearest), column, held.levels if isinstance(held, Levels) else ())
        if found is None:
            raise SchemaError(
                f"a formula of column {self.target!r} must give values of kind {column.kind}, however: {self.text!r} does not"
            )
        return found

    def compute(self, table: Cells) -> Values:
        """The values that the formula gives, rounded to the form of the target."""
        return self.released(self.drawn(table), table)

    def released(self, drawn: NDArray[np.float64] | Levels, table: Cells) -> Values:
        """What `drawn` gives, rounded to the form of the target."""
        column = table.schema.column(self.target)
        if column.significant is not None and isinstance(drawn, np.ndarray):
            drawn = to_significant(drawn, column.significant)
        return rounded(drawn, column, table.schema.container, len(table.columns[self.target]))

    def broken(self, table: Cells, drawn: NDArray[np.float64] | Levels | None = None) -> NDArray[np.bool_]:
        """Where the target is not what the formula gives, bool [rows].

        A value may be off by half of its last digit, and by what floating-point numbers are off. Where a source is missing,
        the target must be missing, and the other way round, unless `alone` or `gaps` says otherwise.

        Args:
            table: the table.
            drawn: what `drawn` gives of it, where somebody has asked already.
        """
        column, found = table.schema.column(self.target), self.drawn(table) if drawn is None else drawn
        there, known = ~table.columns[self.target].missing, ~missing_in(found)
        wrong = there & known & ~self._agrees(vector_in(table, column), found, column, table)
        if not self.alone:
            wrong |= there & ~known
        return wrong if self.gaps else wrong | (known & ~there)

    def _agrees(
        self, held: NDArray[np.float64] | Levels, found: NDArray[np.float64] | Levels, column: Column, table: Cells
    ) -> NDArray[np.bool_]:
        if isinstance(held, Levels) and isinstance(found, Levels):
            at = {level: code for code, level in enumerate(found.levels)}
            return np.array([*(at.get(level, -2) for level in held.levels), -1])[held.codes] == found.codes
        assert isinstance(held, np.ndarray)  # noqa: S101 (both are of the target's own sort)
        assert isinstance(found, np.ndarray)  # noqa: S101
        return np.abs(held - found) <= self.tolerance(column, held, found, table)

    def tolerance(
        self, column: Column, held: NDArray[np.float64], found: NDArray[np.float64], table: Cells
    ) -> NDArray[np.float64]:
        """How far a value of the target may be off what the formula gives, float64 [rows]."""
        step, digits = step_of(column), column.significant
        half = 0.5 * step if digits is None else 0.5 * np.maximum(step, last_digit(held, digits))
        values = table.columns[self.target]
        single = isinstance(values, Numbers) and getattr(values.values.type, "bit_width", 64) < 64  # noqa: PLR2004
        faint = _FAINT_SINGLE if single and not step else _FAINT
        return half * (1 + 1e-6) + self.slack + faint * np.maximum(np.abs(held), np.abs(found))

    @property
    def listed(self) -> Formula:
        """The formula as a schema lists it: without what was learned of the table."""
        lookup = self.lookup if self.found_by == DECLARED else None
        return replace(self, slack=0.0, gaps=False, alone=False, lookup=lookup)

    def to_dict(self, *, whole: bool = False) -> dict[str, Any]:
        """The formula as a dictionary for JSON; the look-up and what else was learned only as a whole."""
        shown: dict[str, Any] = {"target": self.target, "formula": self.text, "found_by": self.found_by}
        if not self.use:
            shown["use"] = False
        if whole:
            shown |= {"slack": self.slack, "gaps": self.gaps, "alone": self.alone}
        if self.lookup is not None and (whole or self.found_by == DECLARED):
            shown["lookup"] = self.lookup.to_list()
        return shown

    @classmethod
    def from_dict(cls, given: Any, names: Iterable[str | int]) -> Formula:
        """Reads what `to_dict` gives.

        Raises:
            SchemaError: a key is unknown or lacking, or a value is wrong.
        """
        known = {"target", "formula", "found_by", "use", "slack", "gaps", "alone", "lookup"}
        if not isinstance(given, Mapping) or not {"target", "formula"} <= given.keys() <= known:
            raise SchemaError(f"a formula must be an object of target and formula, however: found {str(given)[:100]}")
        flags = [given.get(key, key == "use") for key in ("use", "gaps", "alone")]
        slack = given.get("slack", 0.0)
        if not all(isinstance(flag, bool) for flag in flags) or not isinstance(slack, (int, float)) or not slack >= 0:
            raise SchemaError(f"a formula must have flags that are true or false, however: found {str(given)[:100]}")
        lookup = None if given.get("lookup") is None else Lookup.from_list(given["lookup"])
        found_by = str(given.get("found_by", DECLARED))
        others = {"found_by": found_by, "slack": float(slack), "lookup": lookup}
        use, gaps, alone = flags
        return cls.of(given["target"], given["formula"], names, use=use, gaps=gaps, alone=alone, **others)


def vector_in(table: Cells, column: Column) -> NDArray[np.float64] | Levels:
    """A column as it is drawn: levels, or float64 [rows] in the unit of the column."""
    values = table.columns[column.name]
    if isinstance(values, Levels):
        return values
    return values.float64(column.unit) if isinstance(values, Stamps) else values.float64()


def check_formulas(formulas: Iterable[Formula], names: Iterable[str | int]) -> None:
    """See that formulas can be computed one after the other.

    Raises:
        SchemaError: one names a column that is not there, two have one target, or they go round in a circle.
    """
    known, used = set(names), [formula for formula in formulas if formula.use]
    for formula in formulas:
        lacking = next((name for name in (formula.target, *formula.sources) if name not in known), None)
        if lacking is not None:
            raise SchemaError(f"a formula must name columns of the table, however: {formula} names {lacking!r}")
    twice = repeated_target(used)
    if twice is not None:
        raise SchemaError(f'a column must have one formula, however: {twice!r} has two; switch one off ("use": false)')
    target = circular_target(used)
    if target is not None:
        raise SchemaError(
            f"formulas must not go round in a circle, however: {target!r} is computed from its own result; "
            f'switch one off ("use": false)'
        )
