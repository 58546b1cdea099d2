"""Columns of a row that are totals of the rows below it: found in real tables, computed in drawn ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.column import Kind
from synthgan.data.groups import arranged
from synthgan.data.linkedrules import FOUND, LinkedRule
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.relational.rules.sight import MOMENTS, ceiling_of, is_number, numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.values import Values
    from synthgan.relational.rules.sight import Sight

    Floats = NDArray[np.float64]

MIN_ROWS = 20  # that have rows below
MIN_SUMS = 5  # of these, that are more than the greatest row below
BY_CHANCE = 1e-6  # how often rows in any order may agree as well
MOST_FACTORS = 6  # numbers below of which products are tried
_FAINT = 1e-9
_OF_NUMBERS = ("sum", "max", "min", "first", "last", "mean")
_OF_LEVELS = ("first", "last")


def find_totals(seen: Sight) -> tuple[LinkedRule, ...]:
    """The columns of all tables that are totals of rows below; of several ways to say it the first."""
    found: dict[tuple[str, str | int], LinkedRule] = {}
    for child, owner in seen.lineage.owners.items():
        if child not in seen.tables or owner not in seen.tables:
            continue
        at = seen.lineage.owned_by[child]
        below = np.bincount(at[at >= 0], minlength=seen.lineage.rows[owner]) > 0
        if below.sum() < MIN_ROWS:
            continue
        proposals = [(rule, total(seen, rule)) for rule in _proposed(seen, child, owner)]
        proposals = [(rule, made) for rule, made in proposals if rule.relation != "sum" or _adds_up(seen, rule, made)]
        for column in seen.tables[owner].schema:
            for rule, made in proposals:
                if (owner, column.name) not in found and _is(seen, column, owner, made, below, rule):
                    found[owner, column.name] = LinkedRule(
                        owner, str(column.name), rule.relation, child, rule.other, times=rule.times, found_by=FOUND
                    )
    return tuple(found.values())


def _proposed(seen: Sight, child: str, owner: str) -> Iterator[LinkedRule]:
    """What columns of an owner may be; the name of the column is put in where one is."""
    yield LinkedRule(owner, "", "count", child)
    columns = [column for column in seen.tables[child].schema if column.kind is not Kind.IDENTIFIER]
    numbers = [str(column.name) for column in columns if is_number(column) and column.kind not in MOMENTS]
    for how in _OF_NUMBERS:
        for column in columns:
            is_told = (
                how in _OF_LEVELS if not is_number(column) else column.kind not in MOMENTS or how in ("max", "min")
            )
            if is_told and (is_number(column) or _has_levels(seen, child, column)):
                yield LinkedRule(owner, "", how, child, str(column.name))
        if how == "sum":
            for one, other in combinations(numbers[:MOST_FACTORS], 2):
                yield LinkedRule(owner, "", how, child, one, times=other)


def _adds_up(seen: Sight, rule: LinkedRule, made: Floats) -> bool:
    """Whether some sums are no copies of the only row below, or of one beside others that are 0."""
    greatest = total(seen, replace(rule, relation="max", times=None))
    with np.errstate(invalid="ignore"):
        return int((made > greatest).sum()) >= MIN_SUMS or rule.times is not None


def _has_levels(seen: Sight, table: str, column: Column) -> bool:
    return column.kind not in {Kind.TEXT, Kind.CONSTANT, Kind.MISSING} and isinstance(
        seen.tables[table].columns[column.name], Levels
    )


def total(seen: Sight, rule: LinkedRule) -> NDArray[Any]:
    """What a rule says of each row above, ``[rows above]``: numbers, NaN where there is none, or levels, None where there is none."""
    at, rows = seen.lineage.owned_by[rule.of], seen.lineage.rows[rule.table]
    placed, groups = arranged(np.maximum(at, -1), seen.rank(rule.of))
    counts = np.zeros(rows, dtype=np.int64)
    counts[: len(groups)] = groups.counts
    if rule.relation == "count":
        return counts.astype(np.float64)
    table = seen.tables[rule.of]
    column = table.schema.column(str(rule.other))
    starts, there = (np.cumsum(counts) - counts)[counts > 0], counts > 0
    if not is_number(column):
        held = table.levels(column).take(placed)
        texts = np.array([*held.levels, None], dtype=object)[held.codes]
        levels = np.full(rows, None, dtype=object)
        levels[there] = texts[starts if rule.relation == "first" else starts + counts[there] - 1]
        return levels
    values = numbers_of(table, column)[placed]
    if rule.times is not None:
        values = values * numbers_of(table, table.schema.column(rule.times))[placed]
    result = np.full(rows, np.nan)
    if len(starts):
        result[there] = _of(rule.relation, values, starts, counts[there])
    if rule.relation == "sum":
        result[~there] = 0.0
    return result


def _of(how: str, values: Floats, starts: NDArray[np.int64], counts: NDArray[np.int64]) -> Floats:
    if how in ("first", "last"):
        return values[starts if how == "first" else starts + counts - 1]
    known = ~np.isnan(values)
    if how in ("min", "max"):
        least = np.inf if how == "min" else -np.inf
        which = np.minimum if how == "min" else np.maximum
        found = which.reduceat(np.where(known, values, least), starts)
        return np.where(np.isinf(found), np.nan, found)
    summed = np.add.reduceat(np.where(known, values, 0.0), starts)
    if how == "sum":
        return summed
    with np.errstate(invalid="ignore", divide="ignore"):
        return summed / np.add.reduceat(known.astype(np.float64), starts)


def _is(
    seen: Sight,
    column: Column,
    owner: str,
    made: NDArray[Any],
    below: NDArray[np.bool_],
    rule: LinkedRule,
) -> bool:
    """Whether a column is a total wherever there are rows below, and chance would hardly bring that about."""
    numbers = made.dtype != object
    if column.kind is Kind.IDENTIFIER or numbers != is_number(column):
        return False
    child = None if rule.other is None else seen.column(rule.of, rule.other)
    if child is not None and numbers and (child.kind in MOMENTS) != (column.kind in MOMENTS):
        return False
    if child is None and column.kind in MOMENTS:
        return False
    table = seen.tables[owner]
    if not numbers:
        if not _has_levels(seen, owner, column):
            return False
        held = table.levels(column)
        texts = np.array([*held.levels, None], dtype=object)[held.codes]
        own = np.unique(np.concatenate([made, texts]).astype(str), return_inverse=True)[1]
        made, mine, slack = own[: len(made)].astype(float), own[len(made) :].astype(float), 0.0
    else:
        made, mine = in_unit_of(made, child, column), numbers_of(table, column)
        slack = (
            0.5 * 10.0 ** -(column.decimals or 0)
            if column.kind is Kind.DECIMAL and column.decimals is not None
            else 0.0
        )
    agrees = _agree(made, mine, slack)
    if not agrees[below].all() or (rule.relation in ("count", "sum") and not agrees.all()):
        return False
    return _chance(made[below], mine[below], slack) < BY_CHANCE


def in_unit_of(made: Floats, child: Column | None, column: Column) -> Floats:
    """Totals of moments in the unit of the column above."""
    return made if child is None or child.kind not in MOMENTS else ceiling_of(made, child, column)


def _agree(made: Floats, mine: Floats, slack: float) -> NDArray[np.bool_]:
    near = np.abs(made - mine) <= slack + _FAINT * np.maximum(np.abs(mine), 1)
    return near | (np.isnan(made) & np.isnan(mine))


def _chance(made: Floats, mine: Floats, slack: float) -> float:
    """How likely it is that all agree where rows are put in any order, by shifts of them."""
    shares = [float(_agree(np.roll(made, by), mine, slack).mean()) for by in (1, 3, 7, 13)]
    return float(np.mean(shares)) ** len(mine)


def with_totals(table: Table, rules: list[tuple[LinkedRule, NDArray[Any]]], seen: Sight) -> Table:
    """A table of drawn rows with its totals put in; where there are no rows below, what may be missing is."""
    changed: dict[str | int, tuple[Column, Values]] = {}
    for rule, made in rules:
        column = table.schema.column(rule.column)
        child = None if rule.other is None else seen.column(rule.of, rule.other)
        if made.dtype == object:
            held = table.levels(column)
            texts = np.array([*held.levels, None], dtype=object)[held.codes]
            texts = np.where([one is None for one in made], texts, made)
            levels = (
                *held.levels,
                *(one for one in dict.fromkeys(texts) if one is not None and one not in held.levels),
            )
            code = {level: index for index, level in enumerate(levels)}
            codes = np.array([-1 if one is None else code[one] for one in texts], dtype=np.int32)
            changed[column.name] = column, Levels(codes, levels)
            continue
        values = in_unit_of(made.astype(np.float64), child, column)
        values = np.where(np.isnan(values) & (column.missing is None), numbers_of(table, column), values)
        one = table.schema.of_columns([column])
        changed[column.name] = (
            column,
            Table.of(one, {column.name: values - (column.base or 0)}, len(values)).columns[column.name],
        )
    return table.replaced(changed) if changed else table
