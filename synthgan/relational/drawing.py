"""Drawing a database: its tables owners first, and the keys that hold them together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from synthgan.data.clauses import read_where, rows_of_conditions
from synthgan.data.containers.storing import joined, merged
from synthgan.data.groups import Groups
from synthgan.data.linkedrules import AGGREGATES
from synthgan.data.values import Levels
from synthgan.relational.above import Above
from synthgan.relational.filling import filled_keys
from synthgan.relational.kin import drawn_beside
from synthgan.relational.lineage import Lineage, chained
from synthgan.relational.matching import match, match_inside, parted
from synthgan.relational.parts import Grown, Kept, Plain, Root, count_name, referred_name, state_name
from synthgan.relational.rules.keeping import with_rules
from synthgan.relational.rules.sight import Sight
from synthgan.relational.rules.times import with_times_computed
from synthgan.relational.shape import NULL, ORPHAN, OWN, anchors_of, told_from
from synthgan.relational.totalling import total_up
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
    from synthgan.relational.lineage import Reference
    from synthgan.relational.parts import Part
    from synthgan.relational.shape import Shape
    from synthgan.runtime import Streams

    Positions = NDArray[np.int64]


@dataclass
class Made:
    """A database as far as it has been drawn.

    Attributes:
        lineage: who belongs and refers to whom.
        learned: by table, its rows as they were learned.
        tables: by table, its rows, keys apart.
        anchors: by table, what times of its children are told from, in seconds ``[rows]``.
        contexts: by table, what is seen of its rows.
        frames: by table, its rows with their keys.
        orders: by table, the column that its rows are in order of; None where they are as they stand.
        asked: by table, which of its rows meet conditions: where two rows have one primary key, such a one stays.
    """

    lineage: Lineage = field(default_factory=Lineage)
    learned: dict[str, Table] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    anchors: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    contexts: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    orders: dict[str, str | None] = field(default_factory=dict)
    asked: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def sight(self) -> Sight:
        """The tables as rules see them."""
        return Sight(self.tables, self.lineage, self.orders)

    def fill(self, shape: Shape) -> None:
        """Put the keys of a table in, as far as the tables that they refer to are there."""
        name = shape.name
        self.frames[name] = filled_keys(self.tables[name], shape, self.lineage, self.frames, self.asked.get(name))


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
    made = made or Made()
    for index, (name, part) in enumerate(parts.items()):
        own = streams.below("table", index)
        if isinstance(part, Kept):
            made.frames[name] = part.frame.copy()
            made.lineage.rows[name] = len(part.frame)
        elif name not in made.tables:
            rows = n if name == unit else max(1, round(scale * part.rows))
            draw_table(made, part, rows, where if name == unit else None, own)
    total_up(made.tables, made.sight, parts)
    for index, part in enumerate(parts.values()):
        if not isinstance(part, Kept):
            _refer(made, part.shape, streams.below("table", index).below("keys"))
            made.fill(part.shape)
    _refer_late(made, parts, streams.below("late"))
    return {name: made.frames[name] for name in parts}


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
        learned = part.draw(groups, made.contexts[owner.table][like], near.take(like), streams)
        made.lineage.owned_by[shape.name] = at
        made.lineage.rows[shape.name] = len(learned)
    elif isinstance(part, Root):
        learned = part.draw(rows, where, streams)
    else:
        learned = part.draw(rows, streams)
    if where is None:
        learned = with_usual_counts(learned, shape.usual, streams.numpy("counts"))
    name, context = shape.name, np.zeros((len(learned), 0), dtype=np.float32)
    if owner is not None:
        context = made.contexts[owner.table][np.maximum(made.lineage.owned_by[name], 0)]
    anchors = _anchors_above(made, shape)
    made.orders[name], made.tables[name] = shape.order, shape.restored(learned, anchors)
    table = _with_rules(made, part, where, streams)
    learned = shape.relearned(learned, table, anchors)
    made.learned[name], made.tables[name] = learned, table
    made.anchors[name] = shape.anchors(table, anchors)
    seen = np.zeros((len(learned), 0), dtype=np.float32)
    if not isinstance(part, Plain):
        seen = part.context.of(learned, streams.below("context"))
    made.contexts[name] = np.hstack([seen, context])


def _counts(made: Made, shape: Shape) -> Positions:
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
    counts = _counts(made, shape)
    owned, ghosts = int(counts.sum()), shape.ghosts
    lost = [round(share * owned / max(1 - sum(ghosts), 1e-9)) for share in ghosts]
    rng = streams.numpy("ghosts")
    likely = np.flatnonzero(counts > 0)
    someone = rng.choice(likely, sum(lost)) if len(likely) else np.zeros(0, dtype=np.int64)
    groups = Groups(np.concatenate([counts, np.ones(len(someone), dtype=np.int64)]))
    at = np.concatenate([Groups(counts).owner, np.repeat([-1, -2], lost) if len(someone) else np.zeros(0, np.int64)])
    return groups, np.concatenate([np.arange(len(counts)), someone]), at.astype(np.int64)


def _anchors_above(made: Made, shape: Shape) -> NDArray[np.float64]:
    """What the times of each row are told from."""
    if shape.owner is None:
        return np.zeros(made.lineage.rows[shape.name])
    anchors = anchors_of(made.anchors[shape.owner.table], made.lineage.owned_by[shape.name])
    if shape.told is None:
        return anchors
    table, column = shape.told
    return told_from(made.tables[table], column, made.lineage.above(shape.name)[table], anchors)


def _with_rules(made: Made, part: Plain | Root | Grown, where: Where | None, streams: Streams) -> Table:
    """The rows of a table with what holds between tables; where a condition would suffer, they stay as they were drawn."""
    shape, drawn = part.shape, made.tables[part.shape.name]
    rules = [rule for rule in shape.rules if rule.relation not in AGGREGATES]
    if not rules or (where is not None and rows_of_conditions(where) is not None):
        return drawn
    table = with_times_computed(with_rules(made.sight, shape.name, rules, streams.numpy("rules")))
    if where is None or not isinstance(part, Root):
        return table
    transform = part.model.transform
    clauses = read_where(cast("Conditions", where), known_to(transform))
    met = rows_meeting(table, [one for one in clauses if one.name in table.columns], transform)
    return drawn if not met.all() and not met.any() else _either(table, drawn, met)


def _either(table: Table, otherwise: Table, chosen: NDArray[np.bool_]) -> Table:
    """The chosen rows of one table, and the others of another one of the same columns."""
    changed: dict[str | int, tuple[Column, Values]] = {}
    for column in table.schema:
        held, other = table.columns[column.name], otherwise.columns[column.name]
        if held is not other and not isinstance(held, Levels):
            changed[column.name] = column, merged(other, held, ~chosen)
        elif held is not other and isinstance(other, Levels) and isinstance(held, Levels):
            changed[column.name] = column, joined(other, held, ~chosen)
    return table.replaced(changed) if changed else table


def _refer(made: Made, shape: Shape, streams: Streams) -> None:
    """Say which row each key of a table refers to, but of tables that are drawn later."""
    for index, one in enumerate(shape.references):
        if one.key.table in made.lineage.rows:
            positions = _positions(made, shape, one, streams.numpy("reference", index))
            made.lineage.refers[shape.name, one.key.columns] = positions


def _positions(made: Made, shape: Shape, one: Reference, rng: np.random.Generator) -> Positions:
    lineage, key, rows = made.lineage, one.key, made.lineage.rows[shape.name]
    state = states(made, shape, one)
    theirs = lineage.rows[key.table]
    if one.how == "listed":
        known = np.array([int(text) if text.isdigit() else -1 for text in state], dtype=np.int64)
        positions = np.where(known < theirs, known, -1)
    elif one.how == "same":
        positions = lineage.above(shape.name)[str(one.table)]
    elif one.how == "via":
        assert one.table is not None and one.columns is not None  # noqa: S101, PT018
        positions = chained(lineage.refers[one.table, one.columns], lineage.above(shape.name)[one.table])
    elif one.how == "local":
        own = lineage.above(shape.name)[str(one.table)]
        positions = match_inside(own, lineage.above(key.table)[str(one.table)], rng)
    elif one.how == "own":
        positions = np.floor(rng.random(rows) * np.arange(rows)).astype(np.int64)  # one that stands before
        positions[:1] = -1
    else:
        positions = _matched(made, shape, one, state, rng)
    positions = np.where(state == NULL, -1, np.where(state == ORPHAN, -2, positions))
    positions = np.where(state == OWN, np.arange(rows), positions)
    surplus = np.flatnonzero(positions < -1)[int(one.lost * rows) :]
    found = positions[positions >= 0]
    positions[surplus] = rng.choice(found, len(surplus)) if len(found) else -1
    if not key.nullable and theirs:  # a key that must be there is, if need be by chance
        positions = np.where(positions == -1, rng.integers(theirs, size=rows), positions)
    return positions.astype(np.int64)


def states(made: Made, shape: Shape, one: Reference) -> NDArray[Any]:
    """Whether each key is there, in the words of ``states_of``."""
    learned, name = made.learned[shape.name], state_name(one.key.columns)
    if name not in learned.columns:
        return np.full(len(learned), "", dtype=object)
    levels = learned.levels(learned.schema.column(name))
    texts = np.array([*map(str, levels.levels), NULL], dtype=object)
    return texts[levels.codes]


def _matched(made: Made, shape: Shape, one: Reference, state: NDArray[Any], rng: np.random.Generator) -> Positions:
    """Any row, as often as each was drawn to be referred to; no two rows of one owner to the same, where keys must differ."""
    key, rows = one.key, len(state)
    there = np.flatnonzero((state != NULL) & (state != ORPHAN) & (state != OWN))
    wanted = np.ones(made.lineage.rows[key.table])
    name = referred_name(shape.name, key.columns)
    if key.table in made.learned and name in made.learned[key.table].columns:
        learned = made.learned[key.table]
        wanted = learned.float64(learned.schema.column(name))
    positions = np.full(rows, -1, dtype=np.int64)
    positions[there] = match(len(there), wanted, rng) if len(wanted) else -1
    if set(key.columns) <= set(shape.primary_key) and shape.owner is not None:
        positions[there] = parted(positions[there], made.lineage.owned_by[shape.name][there], rng)
    return positions


def _refer_late(made: Made, parts: Mapping[str, Part], streams: Streams) -> None:
    """Fill the keys that refer to tables drawn after their own."""
    for index, (name, part) in enumerate(parts.items()):
        if isinstance(part, Kept):
            continue
        late = [one for one in part.shape.references if (name, one.key.columns) not in made.lineage.refers]
        for at, one in enumerate(late):
            positions = _positions(made, part.shape, one, streams.numpy(f"late {index}", at))
            made.lineage.refers[name, one.key.columns] = positions
        if late:
            made.fill(part.shape)
