"""Databases gone on with: the rows that units have so far, and those that a model draws after them, table by table, owners first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups, arranged
from synthgan.data.table import Table
from synthgan.relational.above import Above
from synthgan.relational.completing import by_table, by_walk
from synthgan.relational.drawing import (
    anchors_above,
    counts_of,
    draw_table,
    either,
    finished,
    take_in,
    with_kept_rules,
)
from synthgan.relational.ending import by_chance, completed, in_the_end
from synthgan.relational.histories import Begun
from synthgan.relational.kin import drawn_beside
from synthgan.relational.lasting import lasting, with_count
from synthgan.relational.made import Made
from synthgan.relational.parts import (
    Grown,
    Kept,
    Root,
    as_told,
    count_name,
    fresh_keys,
    referred_name,
    state_name,
    states_of,
    transform_of,
)
from synthgan.relational.search import stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.relational.ends import Ends
    from synthgan.relational.histories import Histories
    from synthgan.relational.parts import Part, Plain
    from synthgan.relational.siblings import Beside
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.identifiers import FreshKeys

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

KEY_TRIES = 16  # to make identifiers that no given row has


def go_on(
    parts: Mapping[str, Part], unit: str, histories: Histories, ends: Ends | None, streams: Streams
) -> dict[str, pd.DataFrame]:
    """Histories, each row as it was given, and behind those of each table the rows that a model draws.

    Args:
        parts: by table, in the order in which they are drawn.
        unit: the table that counts; nobody comes to the units that are given.
        histories: the rows so far.
        ends: beyond what nothing is drawn; None for nothing.
        streams: randomness.
    """
    made = Made(begun=Begun(histories))
    scale = histories.rows(unit) / max(getattr(parts[unit], "rows", 1), 1)
    for index, (name, part) in enumerate(parts.items()):
        own = streams.below("table", index)
        if isinstance(part, Kept):
            made.frames[name] = part.frame.copy()
            made.lineage.rows[name] = len(part.frame)
        elif part.shape.owner is None and name not in histories.tables:
            draw_table(made, part, max(1, round(scale * part.rows)), None, own)
        else:
            above = None if part.shape.owner is None else parts[part.shape.owner.table]
            _go_on_with(made, part, above, unit, ends, own)
    return finished(made, parts, streams)


def _go_on_with(
    made: Made, part: Plain | Root | Grown, above: Part | None, unit: str, ends: Ends | None, streams: Streams
) -> None:
    """Take the given rows of one table in, and draw those that follow; ``above`` is the part of the owner."""
    assert made.begun is not None  # noqa: S101
    shape, histories = part.shape, made.begun.histories
    name, given, rows = shape.name, histories.tables.get(shape.name), histories.rows(shape.name)
    at = histories.owned_by.get(name, np.zeros(0, dtype=np.int64))
    place(made, part, at, rows)
    first_anchors = anchors_above(made, part.shape)
    learned = None if given is None or not rows else as_learned(histories, part, given, first_anchors)
    if shape.owner is None:
        assert learned is not None and given is not None  # noqa: S101, PT018 (else it is drawn)
        model = part.model if isinstance(part, Root) else None
        draws = by_chance(part) if model is None else lambda *what: by_table(model, *what)
        learned, made.begun.counts[name] = completed(part, learned, draws, streams)
        take_in(made, part, learned, in_the_end(part, given, learned, first_anchors), first_anchors, streams)
        made.orders[name] = shape.order
        return
    learned, new, new_at = _followed(made, part, above, learned, at, unit, streams)
    place(made, part, new_at, len(new))
    anchors = anchors_above(made, shape)
    new = unlike(new, given, fresh_keys(part), streams)
    restored = shape.restored(new, anchors)
    if ends is not None:
        kept = np.flatnonzero(ends.allow(made.lineage, histories, part.shape, restored))
        new, new_at, restored, anchors = new.take(kept), new_at[kept], restored.take(kept), anchors[kept]
    place(made, part, np.concatenate([at, new_at]), rows + len(new))
    made.orders[name] = shape.order
    made.tables[name] = restored
    if given is not None and learned is not None:
        made.tables[name] = stacked([in_the_end(part, given, learned, first_anchors), restored])
    drawn = made.tables[name]
    follows = np.arange(len(drawn)) >= rows
    table = either(with_kept_rules(made, part, None, streams), drawn, follows)
    new = shape.relearned(new, table.take(np.flatnonzero(follows)), anchors)
    both = new if learned is None else stacked([learned, new])
    take_in(made, part, both, table, np.concatenate([first_anchors, anchors]), streams)


def place(made: Made, part: Plain | Root | Grown, at: Ints, rows: int) -> None:
    """Say how many rows a table has, and whose they are."""
    name, owner = part.shape.name, part.shape.owner
    made.lineage.rows[name] = rows
    if owner is not None:
        made.lineage.owners[name], made.lineage.owned_by[name] = owner.table, at


def as_learned(histories: Histories, part: Plain | Root | Grown, given: Table, anchors: Floats) -> Table:
    """Given rows as they are learned; columns that say how many rows belong or refer to them say how many do so far."""
    shape = part.shape
    rows, none = len(given), np.zeros(0, dtype=np.int64)
    found = {count_name(child): histories.owned_by.get(child, none) for child in shape.children}
    found |= {
        referred_name(table, columns): histories.refers.get((table, columns), none) for table, columns in shape.counted
    }
    counts = {name: np.bincount(at[at >= 0], minlength=rows) for name, at in found.items()}
    states, transform = {}, transform_of(part)
    for one in shape.references:
        positions, name = histories.refers[shape.name, one.key.columns], state_name(one.key.columns)
        states[name] = states_of(positions, listed=one.how == "listed", own=one.key.table == shape.name)
        if one.how == "listed" and transform is not None:
            states[name] = as_told(states[name], transform.codecs[transform.owners[name]].known or ())
    learned = shape.learned(given, anchors, counts, states)
    schema = shape.schema if transform is None else transform.schema
    return Table(schema, {name: learned.columns[name] for name in schema.names})


def _followed(
    made: Made,
    part: Plain | Root | Grown,
    above: Part | None,
    learned: Table | None,
    at: Ints,
    unit: str,
    streams: Streams,
) -> tuple[Table | None, Table, Ints]:
    """The given rows with what is open of them drawn, the rows that follow, and their owners; none follow that are not of the unit."""
    shape, owner = part.shape, part.shape.owner
    assert owner is not None  # noqa: S101
    owners, is_of_unit = made.lineage.rows[owner.table], unit in made.lineage.above(shape.name)
    known = np.bincount(at[at >= 0], minlength=owners)
    groups = Groups(np.maximum(counts_of(made, shape), known) if is_of_unit else known)
    assert made.begun is not None  # noqa: S101
    if not isinstance(part, Grown):
        new_at = _following(groups, known)
        if learned is not None:
            learned, made.begun.counts[shape.name] = completed(part, learned, by_chance(part), streams)
        return learned, part.draw(len(new_at), streams), new_at  # type: ignore[call-arg]
    near = drawn_beside(
        part, made.learned, Above(made.tables, made.lineage, made.anchors[owner.table]), owners, streams
    )
    branch, given = part.branch, None
    if learned is not None:
        values = None if shape.order is None else learned.float64(learned.schema.column(shape.order))
        placed, _ = arranged(at, values)
        ordered = learned.take(placed)
        if is_of_unit and isinstance(above, (Root, Grown)):
            groups = _lasting(made, part, above, ordered, groups, known, near, streams)
        past = Groups(known), groups.counts, made.contexts[owner.table], near
        done, drawn = completed(part, ordered, lambda *what: by_walk(branch, *past, *what), streams)
        made.begun.counts[shape.name] = {name: _as_they_stood(one, placed) for name, one in drawn.items()}
        learned = _put(learned, done, placed)
        given = branch.read_first(done, streams.below("given"))
    so_far, context = known if given is not None else None, made.contexts[owner.table]
    return learned, part.draw(groups, context, near, streams, given, so_far), _following(groups, known)


def _following(groups: Groups, known: Ints) -> Ints:
    """The owner of each row that follows those known."""
    return groups.owner[groups.position >= known[groups.owner]]


def _as_they_stood(drawn: Ints, placed: Ints) -> Ints:
    """Counts ``[several, rows]`` of rows that were put at these places, in the order in which they stood; 0 of those left out."""
    result = np.zeros((len(drawn), int(placed.max(initial=-1)) + 1), dtype=np.int64)
    result[:, placed] = drawn
    return result


def _lasting(
    made: Made,
    part: Grown,
    above: Root | Grown,
    given: Table,
    groups: Groups,
    known: Ints,
    near: Beside,
    streams: Streams,
) -> Groups:
    """How many rows each owner has in the end, as the given ones bear out; owners say so, too, from here on."""
    assert made.begun is not None  # noqa: S101
    owner, child = above.shape.name, part.shape.name
    drawn = made.begun.counts.get(owner, {}).get(count_name(child))
    if drawn is None:
        return groups
    several = np.tile(groups.counts, (len(drawn), 1))  # of owners that were drawn themselves
    several[:, : drawn.shape[1]] = np.maximum(drawn, known[: drawn.shape[1]])

    def context(counts: Ints) -> NDArray[np.float32]:
        seen = above.context.of(with_count(made.learned[owner], child, counts), streams.below("context"))
        return np.hstack([seen, made.contexts[owner][:, above.context.width :]])

    read = part.branch.read_first(given, streams.below("so far"))
    counts = lasting(part.branch, read, Groups(known), several, context, near, streams.below("lasting"))
    counts[drawn.shape[1] :] = groups.counts[drawn.shape[1] :]
    made.learned[owner], made.contexts[owner] = with_count(made.learned[owner], child, counts), context(counts)
    return Groups(counts)


def _put(table: Table, others: Table, at: Ints) -> Table:
    """A table with other rows at these places; those left out, which nobody owns, stay."""
    if not len(at):
        return table
    order = np.arange(len(table))
    order[at] = len(table) + np.arange(len(others))
    return stacked([table, others]).take(order)


def unlike(new: Table, given: Table | None, keys: Sequence[FreshKeys], streams: Streams) -> Table:
    """The same rows, with identifiers that none of the given ones has."""
    if given is None or not len(given) or not len(new):
        return new
    for key in keys:
        column, rows = key.column, len(new)
        one = new.schema.of_columns([column])
        known = set(given.arrow(column.name).to_pylist())
        values = np.array(new.arrow(column.name).to_pylist(), dtype=object)
        for index in range(1, KEY_TRIES + 1):
            twice = np.array([value is not None and value in known for value in values], dtype=bool)
            if not twice.any():
                break
            values[twice] = key.make(index * rows, rows, streams.below("keys"))[twice]
        new = new.replaced({column.name: (column, Table.of(one, {column.name: values}, rows).columns[column.name])})
    return new
