"""Which tables of one owner see each other: those that are drawn later see the rows of those drawn before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups, arranged
from synthgan.relational.parts import Grown
from synthgan.relational.rules.sight import MOMENTS
from synthgan.relational.siblings import AT_MOST, Beside, Sibling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthgan.data.table import Table
    from synthgan.relational.above import Above
    from synthgan.relational.parts import Part
    from synthgan.relational.shape import Shape
    from synthgan.runtime import Streams


def siblings_of(shape: Shape, before: Iterable[Part]) -> tuple[Sibling, ...]:
    """The siblings of a table among those that are drawn before it, the largest ones."""
    assert shape.owner is not None  # noqa: S101
    own = [
        part
        for part in before
        if isinstance(part, Grown) and part.shape.owner is not None and part.shape.owner.table == shape.owner.table
    ]
    largest = sorted(own, key=lambda part: -part.rows)[:AT_MOST]
    return tuple(Sibling(part.shape.name, part.branch.walk.memory, _times(part, shape)) for part in largest)


def _times(part: Grown, shape: Shape) -> tuple[int, int] | None:
    """The place of the times of a sibling, where those of a table are told from the same moment; its own are not known yet."""
    other, names = part.shape, part.branch.rows.names
    if shape.order is None or other.order is None or other.order not in names:
        return None
    own, theirs = (one.schema.column(str(one.order)) for one in (shape, other))
    moments = own.kind in MOMENTS
    if moments != (theirs.kind in MOMENTS) or (moments and (own.unit, shape.told) != (theirs.unit, other.told)):
        return None
    return names.index(other.order), 0


def drawn_beside(part: Grown, learned: Mapping[str, Table], above: Above, owners: int, streams: Streams) -> Beside:
    """The rows of siblings that have been drawn, those of an owner side by side and in the order of time, and the milestones.

    Args:
        part: of the table whose rows are to be drawn.
        learned: by table, the drawn rows as they are learned.
        above: the rows above.
        owners: how many owners there are.
        streams: randomness.
    """
    siblings, lineage, rows = part.branch.siblings, above.lineage, part.branch.rows
    drawn = {}
    for index, one in enumerate(siblings):
        read = one.memory.rows.read(learned[one.table], streams.below(f"beside {index}"))
        order = None if one.times is None else read.numbers[:, one.times[0]]
        placed, groups = arranged(lineage.owned_by[one.table], order)
        counts = np.zeros(owners, dtype=np.int64)
        counts[: len(groups)] = groups.counts
        drawn[one.table] = read.take(placed), Groups(counts)
    passed = above.passed(part.shape)
    if passed is not None:
        place = rows.names.index(str(part.shape.order))
        passed = replace(passed, place=place, spread=float(rows.spread[place]))
    return Beside.of(siblings, drawn, owners, passed)
