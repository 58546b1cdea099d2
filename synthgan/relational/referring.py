"""Which row each key of drawn rows refers to: what real keys follow from, or any row, as often as each was drawn to be referred to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.column import Kind
from synthgan.data.linkedrules import PLACE
from synthgan.relational.lineage import chained
from synthgan.relational.matching import SWAPS, in_places, match, match_inside, parted, repeated
from synthgan.relational.parts import Kept, referred_name, state_name
from synthgan.relational.shape import NULL, ORPHAN, OWN, THERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.relational.lineage import Reference
    from synthgan.relational.made import Made
    from synthgan.relational.parts import Part
    from synthgan.relational.shape import Shape
    from synthgan.runtime import Streams

    Positions = NDArray[np.int64]


def refer(made: Made, parts: Mapping[str, Part], streams: Streams) -> None:
    """Say which row each key refers to, once all tables are drawn; what a key follows from is known before it."""
    waiting = [
        (part.shape, one, streams.below("table", index).below("keys").numpy("reference", at))
        for index, part in enumerate(parts.values())
        if not isinstance(part, Kept)
        for at, one in enumerate(part.shape.references)
    ]
    while waiting:
        later = []
        for shape, one, rng in waiting:
            if one.how == "via" and (str(one.table), one.columns) not in made.lineage.refers:
                later.append((shape, one, rng))
            else:
                made.lineage.refers[shape.name, one.key.columns] = positions_of(made, shape, one, rng)
        assert len(later) < len(waiting)  # noqa: S101 (a key follows from one of a table above)
        waiting = later


def positions_of(made: Made, shape: Shape, one: Reference, rng: np.random.Generator) -> Positions:
    """The row that each row of a table refers to by one key; negative where it refers to none."""
    lineage, key, rows = made.lineage, one.key, made.lineage.rows[shape.name]
    state = states(made, shape, one)
    theirs = lineage.rows[key.table]
    if one.how == "listed":
        known = np.array([int(text) if text.isdigit() else -1 for text in state], dtype=np.int64)
        positions = _untold(np.where(known < theirs, known, -1), state == THERE, theirs, rng)
    elif one.how == "same":
        positions = lineage.above(shape.name)[str(one.table)]
    elif one.how == "via":
        assert one.table is not None and one.columns is not None  # noqa: S101, PT018
        positions = chained(lineage.refers[one.table, one.columns], lineage.above(shape.name)[one.table])
    elif one.how == "local":
        own = np.arange(rows) if one.table == shape.name else lineage.above(shape.name)[str(one.table)]
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
    if made.begun is not None:
        positions = _as_given(made, shape, one, positions, rng)
    return positions.astype(np.int64)


def _untold(positions: Positions, there: NDArray[np.bool_], theirs: int, rng: np.random.Generator) -> Positions:
    """The same, where keys to a list that are there, of rows that may not be told, name one of those that may, as often as others do."""
    told = positions[positions >= 0]
    lacking = np.flatnonzero(there)
    if theirs and len(lacking):
        positions[lacking] = rng.choice(told, len(lacking)) if len(told) else rng.integers(theirs, size=len(lacking))
    return positions


def _as_given(made: Made, shape: Shape, one: Reference, positions: Positions, rng: np.random.Generator) -> Positions:
    """The same, where given rows keep what they refer to; where keys must differ, others of their owner refer to other rows."""
    assert made.begun is not None  # noqa: S101
    given = made.begun.histories.refers.get((shape.name, one.key.columns), positions[:0])
    positions[: len(given)] = given
    if set(one.key.columns) <= set(shape.primary_key) and shape.owner is not None and len(given):
        for _ in range(SWAPS):
            twice = repeated(made.lineage.owned_by[shape.name], positions)
            twice = twice[twice >= len(given)]
            positions[twice] = rng.integers(made.lineage.rows[one.key.table], size=len(twice))
    return positions


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
    place = next((rule for rule in shape.rules if rule.relation == PLACE and rule.of == key.table), None)
    numbers = None if place is None else made.sight.column(shape.name, place.column)
    if numbers is not None and numbers.kind is Kind.INTEGER:
        values = made.tables[shape.name].float64(numbers)
        positions[there] = in_places(positions[there], values[there], rng)
    if set(key.columns) <= set(shape.primary_key) and shape.owner is not None:
        positions[there] = parted(positions[there], made.lineage.owned_by[shape.name][there], rng)
    return positions
