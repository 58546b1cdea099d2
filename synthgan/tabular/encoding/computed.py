"""Columns that are computed: found or declared at a fit, and put into drawn rows once their sources are rounded."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.column import Kind
from synthgan.data.dependence import in_order
from synthgan.data.formulas.bench import checked
from synthgan.data.formulas.coding import learned_lookup
from synthgan.data.formulas.find import find_formulas
from synthgan.data.formulas.formula import Formula
from synthgan.errors import SchemaError
from synthgan.io.contract import require
from synthgan.tabular.encoding.closing import closed
from synthgan.tabular.encoding.mending import borrowed, broken, computed, paired, put_at, solve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.scale import Scale
    from synthgan.data.schema import Schema
    from synthgan.data.table import Table

Name = str | int


@dataclass(frozen=True)
class Computed:
    """The formulas of a table.

    Attributes:
        formulas: in an order in which they can be computed; no column twice.
    """

    formulas: tuple[Formula, ...] = ()

    @classmethod
    def fit(cls, table: Table, rare_below: int) -> Computed:
        """Those that the schema declares, held against the table; those that are found where it says nothing of formulas.

        Raises:
            SchemaError: a declared formula cannot be computed.
        """
        declared = table.schema.formulas
        if declared is None:
            return cls(find_formulas(table, rare_below=rare_below))
        return cls(in_order(_learned(formula, table, rare_below) for formula in declared if formula.use))

    @classmethod
    def declared(cls, schema: Schema) -> Computed:
        """Those that a schema declares, without a look at any row.

        Raises:
            SchemaError: a look-up has no table.
        """
        used = [formula for formula in schema.formulas or () if formula.use]
        for formula in used:
            if formula.lacks_lookup:
                raise SchemaError(
                    f"a look-up of column {formula.target!r} must have its table under epsilon, however: it has none; "
                    f"add it to the schema as its lookup, a list of lists of key and value"
                )
        return cls(in_order(used))

    @property
    def targets(self) -> set[Name]:
        """The columns that are computed."""
        return {formula.target for formula in self.formulas}

    def listed_in(self, schema: Schema) -> Schema:
        """A schema that lists what is computed, and what is switched off."""
        off = tuple(formula for formula in schema.formulas or () if not formula.use)
        return replace(schema, formulas=(*(formula.listed for formula in self.formulas), *off))

    def put_in(
        self,
        table: Table,
        fixed: Mapping[Name, NDArray[np.bool_]],
        scales: Mapping[Name, Scale],
        rng: np.random.Generator | None = None,
    ) -> Table:
        """The table with all that is computed put right: targets from their sources, or a source where the target is fixed.

        A target that would leave its range is what was drawn of it, and a source gives way. Where nothing can give way, the row
        takes all columns that hang together from a row in which all is right.

        Args:
            table: drawn rows, rounded to the form of their columns.
            fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
            scales: what numbers each column may have.
            rng: chooses the rows to take from; None takes from none, but what is known of a row stays.
        """
        formulas = [formula for formula in self.formulas if table.columns.keys() >= set(formula.names)]
        if not formulas:
            return table
        always = np.ones(len(table), dtype=bool)
        constants = [name for name in self.targets if table.schema.column(name).kind is Kind.CONSTANT]
        fixed = dict(fixed) | dict.fromkeys(constants, always)  # a source must give way
        if rng is not None:
            table = paired(table, formulas, fixed, rng)
        table = closed(table, formulas, fixed, scales)
        made = computed(table, formulas, fixed)
        wrong = broken(made, formulas, fixed, scales)
        if wrong.any():
            rows = np.flatnonzero(wrong)
            there = {name: mask[rows] for name, mask in fixed.items()}
            made = put_at(made, rows, solve(table.take(rows), made.take(rows), formulas, there, scales))
        return made if rng is None else borrowed(made, formulas, fixed, scales, rng)

    def state(self) -> list[dict[str, Any]]:
        """The formulas as JSON."""
        return [formula.to_dict(whole=True) for formula in self.formulas]

    @classmethod
    def from_state(cls, schema: Schema, state: list[Any]) -> Computed:
        """The formulas that ``state`` described; refuses what is in no order."""
        formulas = tuple(Formula.from_dict(given, schema.names) for given in state)
        require(len({formula.target for formula in formulas}) == len(formulas), "formulas", "of different columns")
        require(in_order(formulas) == formulas, "formulas", "in an order in which they can be computed")
        return cls(formulas)


def _learned(formula: Formula, table: Table, rare_below: int) -> Formula:
    """A declared formula with what the table says of it: its look-up, and where it is missing; a warning where rows break it."""
    if formula.lacks_lookup:
        formula = replace(formula, lookup=learned_lookup(formula, table, rare_below))
    formula, broken = checked(formula, table, formula.drawn(table))
    if broken:
        warnings.warn(
            f"{broken:,} of {len(table):,} rows break the declared formula {formula}: synthetic rows will keep it",
            stacklevel=2,
        )
    return formula
