"""Draws linked tables from noisy mixtures: units, the rows below them, and keys that lead to rows that are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthgan.data.column import Kind
from synthgan.data.groups import Groups
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.relational.filling import as_type, taken, without_twins
from synthgan.relational.model import draw_parents
from synthgan.relational.noisy.tables import above_of, references
from synthgan.relational.parts import count_name, state_name
from synthgan.tabular.encoding.identifiers import FreshKeys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.clauses import Where
    from synthgan.data.keys import ForeignKey
    from synthgan.relational.noisy.declared import Roles
    from synthgan.relational.noisy.noisy import NoisyBranch
    from synthgan.relational.noisy.tables import Shape
    from synthgan.runtime import Streams
    from synthgan.tabular.model import TabularModel

    Ints = NDArray[np.int64]


@dataclass
class Drawn:
    """Linked tables as far as they have been drawn.

    Attributes:
        tables: by table, what was learned of its rows.
        rows: by table, the row of each table above, for each of its own.
        counts: by table, how many rows it has.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    rows: dict[str, dict[str, Ints]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def draw_linked(
    roles: Roles,
    shapes: Mapping[str, Shape],
    unit: TabularModel,
    branches: Mapping[str, NoisyBranch],
    public: Mapping[str, pd.DataFrame],
    n: int,
    where: Where | None,
    streams: Streams,
) -> dict[str, pd.DataFrame]:
    """``n`` units that meet a condition, and all that belongs to them."""
    drawn = Drawn({roles.unit: draw_parents(unit, n, where, streams.below("units"))}, {roles.unit: {}}, {roles.unit: n})
    for index, name in enumerate(roles.below):
        owner = roles.owner(name).table
        over = drawn.tables[owner]
        counts = over.float64(over.schema.column(count_name(name)))
        groups = Groups(np.maximum(np.nan_to_num(counts), 0).astype(np.int64))
        above = above_of(roles, name, drawn.tables, drawn.rows)
        drawn.tables[name] = branches[name].draw(groups, above, streams.below("steps", index))
        at = groups.owner
        drawn.rows[name] = {owner: at} | {table: rows[at] for table, rows in drawn.rows[owner].items()}
        drawn.counts[name] = groups.rows
    made = {name: _plain(name, roles, shapes[name], drawn, streams.below("keys", at)) for at, name in enumerate(shapes)}
    positions = {
        name: _positions(name, roles, drawn, public, streams.numpy("references", index))
        for index, name in enumerate((roles.unit, *roles.below))
    }
    frames = dict(public)
    for name in positions:
        frames[name] = _with_keys(name, roles, shapes[name], made | dict(public), positions)
    return {name: frames[name] for name in roles.schema.tables}


def rest_of(schema: Schema, rows: int, first_row: int, streams: Streams) -> Table:
    """Columns that nothing is learned of: identifiers made anew, constants, and what is always missing."""
    made = {
        column.name: FreshKeys.blind(column, schema.container).make(first_row, rows, streams)
        for column in schema
        if column.kind is Kind.IDENTIFIER
    }
    return Table.of(schema, made, rows)


def _plain(name: str, roles: Roles, shape: Shape, drawn: Drawn, streams: Streams) -> dict[str, pd.Series[Any]]:
    """The columns of a table but those of keys to others; of its own keys those that are made anew."""
    table, rows = drawn.tables[name], drawn.counts[name]
    learned = [column.name for column in shape.plain if column.name in table.columns]
    found: dict[str, pd.Series[Any]] = {}
    if learned:
        schema = table.schema.of_columns(table.schema.column(one) for one in learned)
        frame = Table(schema, {one: table.columns[one] for one in learned}).frame()
        found |= {str(one): frame[one] for one in learned}
    rest = tuple(column for column in shape.plain if column.name not in table.columns)
    if rest:
        frame = rest_of(Schema("pandas", rest), rows, 0, streams).frame()
        found |= {str(column.name): frame[column.name] for column in rest}
    primary = roles.schema.tables[name].primary_key or ()
    counted = next((one.name for one in shape.fresh if one.name in primary), None) if len(primary) > 1 else None
    for column in shape.fresh:
        if column.name == counted and name != roles.unit:  # with the owner's key it tells rows apart
            at = drawn.rows[name][roles.owner(name).table]
            values: Any = np.arange(rows) - np.searchsorted(at, at) + 1
            values = values if pd.api.types.is_numeric_dtype(shape.dtypes[str(column.name)]) else values.astype(str)
        else:
            values = FreshKeys.blind(column, "pandas").make(0, rows, streams)
        found[str(column.name)] = as_type(values, shape.dtypes[str(column.name)])
    return found


def _positions(
    name: str, roles: Roles, drawn: Drawn, public: Mapping[str, pd.DataFrame], rng: np.random.Generator
) -> dict[ForeignKey, Ints]:
    """Which row each key of a table refers to; -1 for none."""
    found: dict[ForeignKey, Ints] = {}
    learned = references(roles, name)
    for key in roles.schema.tables[name].foreign_keys:
        if key not in learned:
            found[key] = drawn.rows[name][key.table]
            continue
        table = drawn.tables[name]
        levels = table.levels(table.schema.column(state_name(key.columns)))
        known = np.array([*levels.levels, None], dtype=object)[levels.codes]
        if key.table in public:
            rows = np.array(
                [int(one) if isinstance(one, str) and one.isdigit() else -1 for one in known], dtype=np.int64
            )
            found[key] = np.where(rows < len(public[key.table]), rows, -1)
        else:
            there = np.array([one is True or one is np.True_ for one in known], dtype=bool)
            found[key] = np.where(there, _of_one_unit(name, key, roles, drawn, rng), -1)
    return found


def _of_one_unit(name: str, key: ForeignKey, roles: Roles, drawn: Drawn, rng: np.random.Generator) -> Ints:
    """A row of another table that is of the same unit, by chance; of the same table one that stands before. -1 where there is none."""
    own, theirs = (_unit_of(table, roles, drawn) for table in (name, key.table))
    first = np.searchsorted(theirs, own)
    last = np.arange(len(own)) if key.table == name else np.searchsorted(theirs, own, side="right")
    picked = first + (rng.random(len(own)) * (last - first)).astype(np.int64)
    return np.where(last > first, picked, -1)


def _unit_of(name: str, roles: Roles, drawn: Drawn) -> Ints:
    """The unit of each row, rising."""
    return np.arange(drawn.counts[name]) if name == roles.unit else drawn.rows[name][roles.unit]


def _with_keys(
    name: str,
    roles: Roles,
    shape: Shape,
    made: Mapping[str, Any],
    positions: Mapping[str, Mapping[ForeignKey, Ints]],
) -> pd.DataFrame:
    """A table with all its columns."""
    columns = dict(made[name])
    for key, rows in positions[name].items():
        for column, referred in zip(key.columns, key.referenced, strict=True):
            values = _referred(key.table, referred, roles, made, positions)
            columns[column] = as_type(taken(values, rows), shape.dtypes[column])
    frame = pd.DataFrame({one: columns[one] for one in shape.columns})
    leaf = not roles.children(name) and not any(
        key.table == name for keys in roles.schema.tables.values() for key in keys.foreign_keys
    )
    return without_twins(frame, tuple(roles.schema.tables[name].primary_key or ())) if leaf else frame


def _referred(
    table: str,
    column: str,
    roles: Roles,
    made: Mapping[str, Any],
    positions: Mapping[str, Mapping[ForeignKey, Ints]],
) -> pd.Series[Any]:
    """The values of a column that a key refers to; where that is a key itself, of the rows that it leads to."""
    if column in made[table]:
        return pd.Series(made[table][column]).reset_index(drop=True)
    key = next(one for one in roles.schema.tables[table].foreign_keys if column in one.columns)
    above = _referred(key.table, key.referenced[key.columns.index(column)], roles, made, positions)
    return taken(above, positions[table][key])
