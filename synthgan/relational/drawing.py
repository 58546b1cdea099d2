"""Drawing a database: its tables owners first, and the keys that hold them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from synthgan.data.clauses import read_where, rows_of_conditions
from synthgan.data.containers.storing import joined, merged
from synthgan.data.groups import Groups
from synthgan.data.linkedrules import AGGREGATES, PLACE
from synthgan.data.values import Levels
from synthgan.relational.above import Above
from synthgan.relational.kin import drawn_beside
from synthgan.relational.made import Made
from synthgan.relational.parts import Grown, Kept, Plain, Root, count_name
from synthgan.relational.referring import refer
from synthgan.relational.rules.keeping import with_rules
from synthgan.relational.rules.places import with_places
from synthgan.relational.rules.times import with_times_computed
from synthgan.relational.shape import anchors_of, told_from
from synthgan.relational.totalling import total_up, with_computed
from synthgan.relational.usual import with_usual_counts
from synthgan.tabular.conditioning.meeting import rows_meeting
from synthgan.tabular.conditioning.where import known_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.data.clauses import Conditions, Where
    from synthgan.data.column import Column
    from synthgan.data.table import Table
    from synthgan.data.values import Values
    from synthgan.relational.parts import Part
    from synthgan.relational.shape import Shape
    from synthgan.runtime import Streams

    Positions = NDArray[np.int64]


def draw_database(
    parts: Mapping[str, Part], unit: str, n: int, where: Where | None, streams: Streams, made: Made | None = None
) -> dict[str, pd.DataFrame]:
    """Draw a database of ``n`` units.

    Args:
        parts: by table, in the order in which they are drawn.
        unit: the table of which ``n`` rows are drawn; others in proportion.
        n: how many.
        where: what each unit must meet.
        streams: randomness.
        made: tables that were drawn already, keys apart, the unit among them; None where there are none.
    """
    unit_part = parts[unit]
    scale = n / max(getattr(unit_part, "rows", 1), 1)
    made = made or Made(usual=where is None)
    for index, (name, part) in enumerate(parts.items()):
        own = streams.below("table", index)
        if isinstance(part, Kept):
            made.frames[name] = part.frame.copy()
            made.lineage.rows[name] = len(part.frame)
        elif name not in made.tables:
            rows = n if name == unit else max(1, round(scale * part.rows))
            draw_table(made, part, rows, where if name == unit else None, own)
    return finished(made, parts, streams)


def finished(made: Made, parts: Mapping[str, Part], streams: Streams) -> dict[str, pd.DataFrame]:
    """All tables with their keys, and what follows from rows that belong or refer to others: places and totals."""
    refer(made, parts, streams)
    for index, (name, part) in enumerate(parts.items()):
        if not isinstance(part, Kept) and name not in made.asked:
            _number(made, part, streams.numpy("places", index))
    drawn = dict(made.tables)
    total_up(made.tables, made.sight, parts)
    if made.begun is not None:
        made.begun.note(drawn, made.tables, made.orders, made.lineage)
    for part in parts.values():
        if not isinstance(part, Kept):
            made.fill(part.shape)
    for part in parts.values():  # keys to tables that stood behind their own
        if not isinstance(part, Kept) and any(one.key.table in _behind(parts, part) for one in part.shape.references):
            made.fill(part.shape)
    return {name: made.frames[name] for name in parts}


def _behind(parts: Mapping[str, Part], part: Plain | Root | Grown) -> list[str]:
    """The tables that are drawn after one."""
    names = list(parts)
    return names[names.index(part.shape.name) + 1 :]


def _number(made: Made, part: Plain | Root | Grown, rng: np.random.Generator) -> None:
    """Number the rows of a table anew where its numbers are places, and compute what is computed from these."""
    shape, name = part.shape, part.shape.name
    rules = [rule for rule in shape.rules if rule.relation == PLACE]
    if rules and len(made.tables[name]):
        keys = [one.key for one in shape.references]
        given = 0 if made.begun is None else made.begun.histories.rows(name)
        table = with_places(made.sight, name, rules, keys, given, rng)
        made.tables[name] = with_computed(table, part, {rule.column for rule in rules})


def draw_table(made: Made, part: Plain | Root | Grown, rows: int, where: Where | None, streams: Streams) -> None:
    """Draw the rows of one table, keys apart."""
    shape = part.shape
    owner = shape.owner
    if owner is not None:
        at = _groups(made, shape, streams)[2]
        rows, made.lineage.owners[shape.name], made.lineage.owned_by[shape.name] = len(at), owner.table, at
    made.lineage.rows[shape.name] = rows
    if isinstance(part, Grown):
        assert owner is not None  # noqa: S101
        groups, like, at = _groups(made, shape, streams)
        above = Above(made.tables, made.lineage, made.anchors[owner.table])
        near = drawn_beside(part, made.learned, above, made.lineage.rows[owner.table], streams)
        learned = part.draw(groups, made.contexts[owner.table][like], near.take(like), streams, raked=made.usual)
        made.lineage.owned_by[shape.name] = at
        made.lineage.rows[shape.name] = len(learned)
    elif isinstance(part, Root):
        learned = part.draw(rows, where, streams)
    else:
        learned = part.draw(rows, streams)
    if where is None:
        learned = with_usual_counts(learned, shape.usual, streams.numpy("counts"))
    name, anchors = shape.name, anchors_above(made, shape)
    made.orders[name], made.tables[name] = shape.order, shape.restored(learned, anchors)
    table = with_kept_rules(made, part, where, streams)
    take_in(made, part, shape.relearned(learned, table, anchors), table, anchors, streams)


def take_in(
    made: Made,
    part: Plain | Root | Grown,
    learned: Table,
    table: Table,
    anchors: NDArray[np.float64],
    streams: Streams,
) -> None:
    """Take the rows of a table in: as they are, as they are learned, and as those below see them."""
    shape, name = part.shape, part.shape.name
    context = np.zeros((len(learned), 0), dtype=np.float32)
    if shape.owner is not None:
        context = made.contexts[shape.owner.table][np.maximum(made.lineage.owned_by[name], 0)]
    made.learned[name], made.tables[name] = learned, table
    made.anchors[name] = shape.anchors(table, anchors)
    seen = np.zeros((len(learned), 0), dtype=np.float32)
    if not isinstance(part, Plain):
        seen = part.context.of(learned, streams.below("context"))
    made.contexts[name] = np.hstack([seen, context])


def counts_of(made: Made, shape: Shape) -> Positions:
    """How many rows each row of the owner has."""
    assert shape.owner is not None  # noqa: S101
    learned = made.learned[shape.owner.table]
    name = count_name(shape.name)
    if name not in learned.columns:
        return np.zeros(len(learned), dtype=np.int64)
    return np.maximum(np.nan_to_num(learned.float64(learned.schema.column(name))), 0).astype(np.int64)


def _groups(made: Made, shape: Shape, streams: Streams) -> tuple[Groups, Positions, Positions]:
    """The groups of rows to draw, the owner that each is drawn given, and the owner of each row; last those that nobody owns.

    A row without an owner is drawn as a group of its own, given what some owner is like; of a key that no row has, too.
    """
    assert shape.owner is not None  # noqa: S101
    counts = counts_of(made, shape)
    owned, ghosts = int(counts.sum()), shape.ghosts
    lost = [round(share * owned / max(1 - sum(ghosts), 1e-9)) for share in ghosts]
    rng = streams.numpy("ghosts")
    likely = np.flatnonzero(counts > 0)
    someone = rng.choice(likely, sum(lost)) if len(likely) else np.zeros(0, dtype=np.int64)
    groups = Groups(np.concatenate([counts, np.ones(len(someone), dtype=np.int64)]))
    at = np.concatenate([Groups(counts).owner, np.repeat([-1, -2], lost) if len(someone) else np.zeros(0, np.int64)])
    return groups, np.concatenate([np.arange(len(counts)), someone]), at.astype(np.int64)


def anchors_above(made: Made, shape: Shape) -> NDArray[np.float64]:
    """What the times of each row are told from."""
    if shape.owner is None:
        return np.zeros(made.lineage.rows[shape.name])
    anchors = anchors_of(made.anchors[shape.owner.table], made.lineage.owned_by[shape.name])
    if shape.told is None:
        return anchors
    table, column = shape.told
    return told_from(made.tables[table], column, made.lineage.above(shape.name)[table], anchors)


def with_kept_rules(made: Made, part: Plain | Root | Grown, where: Where | None, streams: Streams) -> Table:
    """The rows of a table with what holds between tables; where a condition would suffer, they stay as they were drawn."""
    shape, drawn = part.shape, made.tables[part.shape.name]
    rules = [rule for rule in shape.rules if rule.relation not in (*AGGREGATES, PLACE)]
    if not rules or (where is not None and rows_of_conditions(where) is not None):
        return drawn
    table = with_times_computed(with_rules(made.sight, shape.name, rules, streams.numpy("rules")))
    if where is None or not isinstance(part, Root):
        return table
    transform = part.model.transform
    clauses = read_where(cast("Conditions", where), known_to(transform))
    met = rows_meeting(table, [one for one in clauses if one.name in table.columns], transform)
    return drawn if not met.all() and not met.any() else either(table, drawn, met)


def either(table: Table, otherwise: Table, chosen: NDArray[np.bool_]) -> Table:
    """The chosen rows of one table, and the others of another one of the same columns."""
    changed: dict[str | int, tuple[Column, Values]] = {}
    for column in table.schema:
        held, other = table.columns[column.name], otherwise.columns[column.name]
        if held is not other and not isinstance(held, Levels):
            changed[column.name] = column, merged(other, held, ~chosen)
        elif held is not other and isinstance(other, Levels) and isinstance(held, Levels):
            changed[column.name] = column, joined(other, held, ~chosen)
    return table.replaced(changed) if changed else table
