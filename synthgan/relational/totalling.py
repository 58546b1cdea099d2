"""Totals of drawn tables: columns that say what rows below say together are computed from these, lowest tables first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.linkedrules import AGGREGATES
from synthgan.data.scale import scale_of
from synthgan.relational.parts import Kept, transform_of
from synthgan.relational.rules.sight import MOMENTS, is_number
from synthgan.relational.rules.times import with_times_computed
from synthgan.relational.rules.totals import total, with_totals
from synthgan.tabular.encoding.computed import Computed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthgan.data.linkedrules import LinkedRule
    from synthgan.data.table import Table
    from synthgan.relational.parts import Grown, Part, Plain, Root
    from synthgan.relational.rules.sight import Sight


def total_up(tables: dict[str, Table], seen: Sight, parts: Mapping[str, Part]) -> None:
    """Put all totals into tables whose rows below have been drawn, and what is computed from these.

    Args:
        tables: the drawn tables, which change.
        seen: the same, as rules see them.
        parts: of all tables, owners first.
    """
    for name, part in reversed(list(parts.items())):
        if isinstance(part, Kept) or name not in tables:
            continue
        rules = [rule for rule in totals_of(part) if rule.of in tables and rule.column in tables[name].columns]
        if rules:
            table = with_totals(tables[name], [(rule, total(seen, rule)) for rule in rules], seen)
            tables[name] = with_computed(table, part, {rule.column for rule in rules})


def totals_of(part: Part) -> list[LinkedRule]:
    """The rules of a table that are totals."""
    return [] if isinstance(part, Kept) else [rule for rule in part.shape.rules if rule.relation in AGGREGATES]


def below_for(parts: Mapping[str, Part], asked: Mapping[str, Iterable[str]]) -> set[str]:
    """The tables whose rows say what columns of others, by table, are."""
    found: set[str] = set()
    waiting = [(table, str(column)) for table, columns in asked.items() for column in columns]
    while waiting:
        table, column = waiting.pop()
        for rule in totals_of(parts[table]):
            if rule.column == column:
                found.add(rule.of)
                waiting += [(rule.of, one) for one in (rule.other, rule.times) if one is not None]
    return found


def with_computed(table: Table, part: Plain | Root | Grown, changed: set[str]) -> Table:
    """The table with what is computed from columns that changed computed anew."""
    transform = transform_of(part)
    told = {column.name for column in table.schema if column.kind in MOMENTS}
    formulas = [
        one
        for one in (transform.computed.formulas if transform is not None else ())
        if set(one.names) & changed and set(one.names) <= table.columns.keys() - told
    ]
    if formulas:
        always = np.ones(len(table), dtype=bool)
        named = {name for one in formulas for name in one.names}
        scales = {
            column.name: scale_of(column) for column in table.schema if column.name in named and is_number(column)
        }
        table = Computed(tuple(formulas)).put_in(table, dict.fromkeys(changed, always), scales)
    return with_times_computed(table) if changed & told else table
