"""How likely a model is to draw what belongs to given people: the log density of each, all rows of theirs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.groups import Groups, arranged
from synthgan.relational.above import Above
from synthgan.relational.continuing import Given, parents_of
from synthgan.relational.drawing import anchors_above, take_in
from synthgan.relational.kin import drawn_beside
from synthgan.relational.likelihood import of_branch
from synthgan.relational.made import Made
from synthgan.relational.onward import as_learned, place
from synthgan.relational.parts import Grown, Kept, Root
from synthgan.relational.siblings import Beside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.table import Table
    from synthgan.relational.histories import Histories
    from synthgan.relational.model import SequenceModel
    from synthgan.relational.parts import Part
    from synthgan.runtime import Streams
    from synthgan.tabular.model import TabularModel

    Numbers = NDArray[np.float64]


def of_groups(model: SequenceModel, frame: Frame, streams: Streams) -> Numbers:
    """The log density of each group, ``[groups]`` as they come: of what belongs to it as a whole, and of its rows.

    Raises:
        DataError, SchemaError: if the rows do not fit the model.
    """
    taken = Given.read(model, frame, any_cell=True).taken
    parents = parents_of(model.parents, taken)
    read = model.branch.read_first(taken.part(taken.following), streams.below("rows"))
    context = model.context.of(parents, streams.below("context"))
    of_rows = of_branch(model.branch, read, taken.groups, context, Beside(len(taken.groups)), streams.below("walk"))
    return _of_table(model.parents, parents, streams.below("parents")) + of_rows


def of_units(parts: Mapping[str, Part], unit: str, given: Histories, streams: Streams) -> Numbers:
    """The log density of each unit, ``[units]``: of its own row, and of all rows that belong to it, whatever they refer to.

    Args:
        parts: of the model, owners first.
        unit: the table that counts.
        given: all rows of the units.
        streams: randomness.
    """
    made, result = Made(), np.zeros(given.rows(unit))
    for index, (name, part) in enumerate(parts.items()):
        own = streams.below("table", index)
        if isinstance(part, Kept):
            made.frames[name], made.lineage.rows[name] = part.frame, len(part.frame)
            continue
        table, at = given.tables[name], given.owned_by.get(name, np.zeros(0, dtype=np.int64))
        place(made, part, at, len(table))
        anchors = anchors_above(made, part.shape)
        learned = as_learned(given, part, table, anchors)
        if name == unit and isinstance(part, Root):
            result += _of_table(part.model, learned, own)
        elif isinstance(part, Grown) and unit in made.lineage.above(name) and len(table):
            of_owners = _of_owned(made, part, learned, own)
            owner = made.lineage.owners[name]
            of = np.arange(len(result)) if owner == unit else made.lineage.above(owner)[unit]
            np.add.at(result, of[of >= 0], of_owners[of >= 0])
        made.orders[name] = part.shape.order
        take_in(made, part, learned, table, anchors, own)
    return result


def _of_owned(made: Made, part: Grown, learned: Table, streams: Streams) -> Numbers:
    """The log density of the rows of each owner, ``[owners]``."""
    shape, owner, at = part.shape, made.lineage.owners[part.shape.name], made.lineage.owned_by[part.shape.name]
    owners = made.lineage.rows[owner]
    near = drawn_beside(part, made.learned, Above(made.tables, made.lineage, made.anchors[owner]), owners, streams)
    placed, _ = arranged(at, None if shape.order is None else learned.float64(learned.schema.column(shape.order)))
    groups = Groups(np.bincount(at[at >= 0], minlength=owners))
    read = part.branch.read_first(learned.take(placed), streams.below("read"))
    return of_branch(part.branch, read, groups, made.contexts[owner], near, streams)


def _of_table(model: TabularModel, table: Table, streams: Streams) -> Numbers:
    return model.generator.log_likelihood(model.transform.transform(table, streams))
