"""Finds the columns of a table that are computed from others, and chooses which of them to compute."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.containers.storing import rounded
from synthgan.data.dependence import in_order
from synthgan.data.formulas.bench import Bench
from synthgan.data.formulas.bins import bins
from synthgan.data.formulas.combining import combining
from synthgan.data.formulas.linear import linear
from synthgan.data.formulas.moments import clocks, fixed_parts, parts, spans
from synthgan.data.formulas.monomials import monomials
from synthgan.data.formulas.tables import tables
from synthgan.data.formulas.unary import unary
from synthgan.data.formulas.vectors import step_of
from synthgan.data.table import Table
from synthgan.data.values import Numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from synthgan.data.column import Column
    from synthgan.data.containers.raw import Frame
    from synthgan.data.formulas.bench import Name, Proposal
    from synthgan.data.formulas.formula import Formula
    from synthgan.data.schema import Schema
    from synthgan.data.values import Values

FINDERS: Final[tuple[Callable[[Bench], Iterator[list[Proposal]]], ...]] = (
    *(fixed_parts, parts, spans, clocks, unary, combining, linear, monomials, bins, tables),
)
_LEAST_ROWS: Final = 8
_NOVEL_ROWS: Final = 500
_MORE: Final = 4.0  # times as many values as another are more
_SHIFT: Final = 1e-3  # by which share numbers without a step are moved


def find_formulas(table: Table, *, rare_below: int = 10) -> tuple[Formula, ...]:
    """The columns that are a function of others in every row, to their own rounding, each with its formula.

    Args:
        table: the table.
        rare_below: entries of a look-up that fewer rows hold are left out.

    Returns:
        Formulas in the order in which they can be computed: what one speaks of is computed before, or not at all.
    """
    if len(table) < _LEAST_ROWS:
        return ()
    bench = Bench(table, rare_below)
    kept: dict[Name, Formula] = {}
    with np.errstate(all="ignore"):
        for finder in FINDERS:
            for group in _groups(finder(bench), kept, bench):
                found = next((one for one in _chosen(group, bench) if not _closes(one, kept)), None)
                if found is not None:
                    kept[found.target] = found
    return in_order(kept.values())


def with_formulas(schema: Schema, frame: Frame) -> Schema:
    """A schema that lists the formulas of a frame, for reading and editing.

    Raises:
        DataError: a column is lacking or cannot be read.
    """
    found = find_formulas(Table.read(frame, schema, validate=False))
    return replace(schema, formulas=tuple(formula.listed for formula in found))


def _groups(proposed: Iterable[list[Proposal]], kept: Mapping[Name, Formula], bench: Bench) -> Iterator[list[Formula]]:
    """Formulas that hold, those together that speak of the same columns: of which one is to be chosen."""
    found: dict[frozenset[Name], dict[Name, Formula]] = {}
    for proposals in proposed:
        for proposal in proposals:
            if proposal.target in kept:
                continue
            formula = bench.tested(proposal)
            if formula is not None:
                found.setdefault(frozenset(formula.names), {}).setdefault(formula.target, formula)
    for group in found.values():
        yield [formula for formula in group.values() if formula.target not in kept]


def _chosen(group: list[Formula], bench: Bench) -> list[Formula]:
    """The same, first those that make all others hold when they are computed of sources that never met.

    Where that does not decide, what is written with most digits is computed, and what has most values: a logarithm of a price, not a
    price of its logarithm; a gain of two weights on a scale, not a weight.
    """
    if len(group) < 2:  # noqa: PLR2004
        return group
    some = bench.some.take(np.arange(min(_NOVEL_ROWS, len(bench.some))))
    held = {formula.target: _kept_by(formula, group, some) for formula in group}
    numbers = all(name in bench.numbers for name in held)  # a stay is drawn, and the day of discharge computed

    def rank(formula: Formula) -> tuple[float, int, int]:
        name = formula.target
        values = bench.distinct(name) if numbers else 1
        return -round(held[name], 2), -bench.digits(name), -round(math.log(max(values, 1), _MORE))

    return sorted(group, key=rank)


def _kept_by(formula: Formula, group: list[Formula], table: Table) -> float:
    """In which share of rows, whose sources are those of different rows, all formulas hold once one is computed."""
    columns = dict(table.columns)
    for index, name in enumerate(formula.sources):
        others = columns[name].take(np.roll(np.arange(len(table)), 37 * index))
        columns[name] = _moved(others, table.schema.column(name), table.schema.container, index)
    mixed = Table(table.schema, columns)
    columns[formula.target] = formula.compute(mixed)
    computed = Table(table.schema, columns)
    known = ~computed.columns[formula.target].missing
    wrong = np.any([other.broken(computed) for other in group if other is not formula], axis=0)
    return float((~wrong)[known].mean()) if known.any() else 0.0


def _moved(values: Values, column: Column, container: str, seed: int) -> Values:
    """Numbers moved by some of their steps, or a little where they have none, so that they are new ones."""
    if not isinstance(values, Numbers):
        return values
    rng, given, step = np.random.default_rng(seed), values.float64(), step_of(column)
    shift = rng.integers(-5, 6, len(values)) * step if step else given * rng.uniform(-_SHIFT, _SHIFT, len(values))
    return rounded(np.abs(given + shift), column, container, len(values))


def _closes(formula: Formula, kept: dict[Name, Formula]) -> bool:
    """Whether a formula would be computed from its own result."""
    seen: set[Name] = set()
    waiting = list(formula.sources)
    while waiting:
        name = waiting.pop()
        if name == formula.target:
            return True
        if name not in seen and name in kept:
            waiting += kept[name].sources
        seen.add(name)
    return False
