"""Puts computed columns right in drawn rows: targets are computed, or a source gives way where a target must stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.containers.storing import joined, merged, rounded
from synthgan.data.formulas.formula import vector_in
from synthgan.data.formulas.solving import solved
from synthgan.data.formulas.vectors import Moments, drawn_of, missing_in, vector_of
from synthgan.data.scale import step_of
from synthgan.data.table import Table
from synthgan.data.values import Levels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.formulas.formula import Formula
    from synthgan.data.formulas.vectors import Vector
    from synthgan.data.scale import Scale
    from synthgan.data.values import Values

Name = str | int
_TRIED: Final = (0, -1, 1, -2, 2)  # steps that a solved source may be off: what is rounded needs not fit


def computed(table: Table, formulas: Sequence[Formula], stays: Mapping[Name, NDArray[np.bool_]]) -> Table:
    """The table with all targets computed but where they stay."""
    held: dict[Name, Values] = dict(table.columns)
    for formula in formulas:
        nowhere = np.zeros(len(table), dtype=bool)
        held[formula.target] = _result(formula, Table(table.schema, held), stays.get(formula.target, nowhere))
    return Table(table.schema, held)


def broken(
    table: Table, formulas: Sequence[Formula], fixed: Mapping[Name, NDArray[np.bool_]], scales: Mapping[Name, Scale]
) -> NDArray[np.bool_]:
    """Where a formula does not hold, or a target that is free has left its range, bool ``[rows]``."""
    nowhere = np.zeros(len(table), dtype=bool)
    wrong = nowhere.copy()
    for formula in formulas:
        stays = fixed.get(formula.target, nowhere)
        if stays.any():
            wrong |= formula.broken(table) & stays
        wrong |= _outside(table, formula.target, fixed, scales)
    return wrong


def solve(
    drawn: Table,
    made: Table,
    formulas: Sequence[Formula],
    fixed: Mapping[Name, NDArray[np.bool_]],
    scales: Mapping[Name, Scale],
) -> Table:
    """Rows whose targets are kept as they were drawn where they are fixed or would leave their range: sources are solved for.

    Args:
        drawn: the rows as they were drawn,
        made: and as they are once all targets are computed.
        formulas: in an order in which they can be computed.
        fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
        scales: what numbers each column may have.
    """
    held: dict[Name, Values] = dict(drawn.columns)
    nowhere = np.zeros(len(drawn), dtype=bool)
    stays = dict(fixed)
    for formula in formulas:
        stays[formula.target] = stays.get(formula.target, nowhere) | _outside(made, formula.target, fixed, scales)
    targets = {formula.target for formula in formulas}
    for formula in reversed(formulas):
        aim = stays[formula.target]
        if not aim.any():
            continue
        off = aim & ~_agrees(formula, Table(drawn.schema, held))
        # What is computed itself gives way last: its own sources would have to, then.
        for name in sorted(formula.sources, key=lambda name: name in targets):
            rows = np.flatnonzero(off & ~stays.get(name, nowhere))
            if len(rows):
                there = Table(drawn.schema, held)
                others, done = moved(formula, there.take(rows), name, scales)
                held[name] = put_at(there, rows[done], others.take(np.flatnonzero(done))).columns[name]
                stays[name] = stays.get(name, nowhere).copy()
                stays[name][rows[done]] = True
                off[rows[done]] = False
        for name in targets.intersection(formula.sources):
            stays[name] = stays[name] | aim
    kept = computed(Table(drawn.schema, held), formulas, stays)
    right = ~np.any([formula.broken(kept) for formula in formulas], axis=0)
    return put_at(made, np.flatnonzero(right), kept.take(np.flatnonzero(right)))


def borrowed(
    table: Table,
    formulas: Sequence[Formula],
    fixed: Mapping[Name, NDArray[np.bool_]],
    scales: Mapping[Name, Scale],
    rng: np.random.Generator,
) -> Table:
    """The table in which rows that break a formula have all columns that hang together with it from one that keeps it.

    That one meets the same conditions: all rows were drawn under them.
    """
    held: dict[Name, Values] = dict(table.columns)
    for group in _together(formulas):
        names = {name for formula in group for name in formula.names}
        wrong = broken(table, group, fixed, scales)
        right = np.flatnonzero(~wrong)
        if not wrong.any() or not len(right):
            continue
        wanted = next((formula.target for formula in group if formula.target in fixed), group[0].target)
        order = _ranks(table, wanted)
        taken = np.arange(len(table))
        taken[wrong] = _alike(order, np.flatnonzero(wrong), right, rng)
        held |= {name: held[name].take(taken) for name in names}
    return Table(table.schema, held)


def paired(
    table: Table, formulas: Sequence[Formula], fixed: Mapping[Name, NDArray[np.bool_]], rng: np.random.Generator
) -> Table:
    """The table without keys of several parts that no look-up has: one part becomes that of a row that shares the others."""
    targets = {formula.target for formula in formulas}
    held: dict[Name, Values] = dict(table.columns)
    for formula in formulas:
        if formula.lookup is None or len(formula.sources) != formula.lookup.parts or formula.lookup.parts == 1:
            continue
        made = Table(table.schema, held)
        vectors = [vector_of(made, name) for name in formula.sources]
        entries = formula.lookup.entries(vectors)
        strange = (entries < 0) & ~np.any([missing_in(vector) for vector in vectors], axis=0)
        codes = [_codes(vector) for vector in vectors]
        free = [at for at, name in enumerate(formula.sources) if name not in targets]
        # The part of the fewest values says least, and gives way first.
        for at in sorted(free, key=lambda at: int(codes[at].max(initial=0))):
            name = formula.sources[at]
            rows = np.flatnonzero(strange & ~fixed.get(name, np.zeros(len(table), dtype=bool)))
            right = np.flatnonzero(entries >= 0)
            others = sum(code * (at != index) for index, code in enumerate(codes))
            if len(rows) and len(right):
                taken = np.arange(len(table))
                taken[rows] = _alike(np.asarray(others, dtype=np.float64), rows, right, rng)
                found = np.asarray(others)[taken] == others
                taken = np.where(found, taken, np.arange(len(table)))
                held[name] = held[name].take(taken)
                strange[rows] &= ~found[rows]
    return Table(table.schema, held)


def put_at(table: Table, rows: NDArray[np.int64], others: Table) -> Table:
    """The table with other rows in the place of its own."""
    if not len(rows):
        return table
    index = np.zeros(len(table), dtype=np.int64)
    index[rows] = np.arange(len(rows))
    there = np.ones(len(table), dtype=bool)
    there[rows] = False
    columns = {name: _merged(values, others.columns[name].take(index), there) for name, values in table.columns.items()}
    return Table(table.schema, columns)


def _result(formula: Formula, table: Table, stays: NDArray[np.bool_]) -> Values:
    """The target, computed where it does not stay."""
    drawn, held = formula.drawn(table, nearest=True), table.columns[formula.target]
    kept = stays | (held.missing & missing_in(drawn))  # a mark that stands for a missing value stays one
    if formula.gaps:
        kept |= held.missing
    if formula.alone:
        kept |= missing_in(drawn)
        held = _withheld(formula, table, held, missing_in(drawn) & ~stays)
    return _merged(held, formula.released(drawn, table), kept)


def _withheld(formula: Formula, table: Table, held: Values, unknown: NDArray[np.bool_]) -> Values:
    """The target without values of other keys, where a key stands for rare ones: it is then what stands for rare ones, too."""
    found = formula.lookup
    if found is None or not isinstance(held, Levels) or len(set(found.values)) < len(found.keys) or found.parts > 1:
        return held
    others = [code for code, level in enumerate(held.levels) if level not in found.values]
    given = ~np.any([table.columns[name].missing for name in formula.sources], axis=0)
    return Levels(np.where(unknown & given, others[0], held.codes).astype(np.int32), held.levels) if others else held


def _merged(held: Values, other: Values, is_kept: NDArray[np.bool_]) -> Values:
    """Values where they are kept, and others elsewhere."""
    if isinstance(held, Levels) and isinstance(other, Levels):
        return joined(held, other, is_kept)
    return merged(held, other, is_kept)


def _outside(
    table: Table, name: Name, fixed: Mapping[Name, NDArray[np.bool_]], scales: Mapping[Name, Scale]
) -> NDArray[np.bool_]:
    """Where a column that is free has left its range."""
    values = vector_in(table, table.schema.column(name))
    if name not in scales or isinstance(values, Levels):
        return np.zeros(len(table), dtype=bool)
    scale = scales[name]
    half = 0.5 * scale.step + 1e-9 * max(abs(scale.lowest), abs(scale.highest)) if np.isfinite(scale.highest) else 0.0
    outside = (values < scale.lowest - half) | (values > scale.highest + half)
    return outside & ~fixed.get(name, np.zeros(len(table), dtype=bool))


def _agrees(formula: Formula, table: Table) -> NDArray[np.bool_]:
    """Where the target is just what the formula gives, once it is rounded."""
    column = table.schema.column(formula.target)
    given = vector_in(Table(table.schema, {formula.target: formula.compute(table)}), column)
    held = vector_in(table, column)
    if isinstance(given, Levels) or isinstance(held, Levels):
        return ~formula.broken(table)
    return (np.abs(given - held) <= 1e-9 * np.maximum(1.0, np.abs(held))) | (np.isnan(given) & np.isnan(held))


def moved(formula: Formula, table: Table, name: Name, scales: Mapping[Name, Scale]) -> tuple[Table, NDArray[np.bool_]]:
    """Rows whose formula is solved for a source, and whether that could be: bool ``[rows]``."""
    column, values = table.schema.column(name), table.columns[name]
    given = {str(source): vector_of(table, source) for source in formula.sources}
    found = solved(formula.tree, str(name), vector_of(table, formula.target), given, formula.lookup)
    drawn = None if found is None else drawn_of(found, column, values.levels if isinstance(values, Levels) else ())
    done = np.zeros(len(table), dtype=bool)
    if drawn is None:
        return table, done
    scale = scales.get(name)
    for steps in _TRIED if isinstance(drawn, np.ndarray) else _TRIED[:1]:
        tried = drawn + steps * step_of(column) if isinstance(drawn, np.ndarray) else drawn
        new = rounded(tried, column, table.schema.container, len(table))
        may = np.ones(len(table), dtype=bool) if column.missing is not None else ~new.missing
        if scale is not None and isinstance(tried, np.ndarray):
            inside = vector_in(Table(table.schema, {name: new}), column)
            assert isinstance(inside, np.ndarray)  # noqa: S101 (so is what was drawn)
            half = 0.5 * scale.step
            may &= np.isnan(inside) | ((inside >= scale.lowest - half) & (inside <= scale.highest + half))
        other = Table(table.schema, {**table.columns, name: _merged(table.columns[name], new, done | ~may)})
        done |= may & _agrees(formula, other)
        kept = _merged(values, other.columns[name], ~done)
        table = Table(table.schema, {**table.columns, name: kept})
        if done.all():
            break
    return table, done


def _together(formulas: Sequence[Formula]) -> list[list[Formula]]:
    """Formulas in groups that share no column, each in the order that they have."""
    groups: list[tuple[set[Name], list[Formula]]] = []
    for formula in formulas:
        names, own = set(formula.names), [formula]
        apart = []
        for group in groups:
            if group[0] & names:
                names, own = names | group[0], group[1] + own
            else:
                apart.append(group)
        groups = [*apart, (names, own)]
    return [sorted(own, key=list(formulas).index) for _, own in groups]


def _ranks(table: Table, name: Name) -> NDArray[np.float64]:
    """A column as numbers by which rows are alike."""
    values = vector_in(table, table.schema.column(name))
    return np.nan_to_num(values.codes.astype(np.float64) if isinstance(values, Levels) else values, nan=-1e300)


def _codes(vector: Vector) -> NDArray[np.int64]:
    if isinstance(vector, Levels):
        return vector.codes.astype(np.int64)
    counts = vector.counts if isinstance(vector, Moments) else vector
    return np.unique(counts, return_inverse=True)[1].astype(np.int64)


def _alike(
    values: NDArray[np.float64], rows: NDArray[np.int64], among: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each row, another of the same value, or of the nearest, chosen at random."""
    among = among[np.lexsort((rng.random(len(among)), values[among]))]
    ranked = values[among]
    first, last = (np.searchsorted(ranked, values[rows], side=side) for side in ("left", "right"))
    chosen = first + (rng.random(len(rows)) * np.maximum(last - first, 1)).astype(np.int64)
    above = np.minimum(chosen, len(among) - 1)
    below = np.maximum(first - 1, 0)
    nearer = (last == first) & (np.abs(ranked[below] - values[rows]) < np.abs(ranked[above] - values[rows]))
    return among[np.where(nearer, below, above)]
