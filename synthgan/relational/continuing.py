"""Histories gone on with: the rows that given groups have so far, and those that a model draws after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.containers.cells import unit_codes
from synthgan.data.containers.raw import container_of
from synthgan.data.groups import Groups, arranged
from synthgan.data.parting import names_in_frame
from synthgan.data.rows import concat, number_of_rows, select, take
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.errors import DataError
from synthgan.relational.completing import by_table, drawn_above
from synthgan.relational.sequences import COUNT, Sequences, as_numbers, check_names
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.encoding.table import read_values
from synthgan.tabular.impute import OF_KIND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.relational.critic import Drawn
    from synthgan.relational.model import SequenceModel
    from synthgan.relational.until import Until
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.table import TableTransform
    from synthgan.tabular.model import TabularModel

    Counts = NDArray[np.int64]

CANDIDATES = 4  # ways to go on, of which a critic of whole groups chooses one


@dataclass(frozen=True)
class Given:
    """Histories as they were given.

    Attributes:
        frame: their rows, those of a group side by side and in order.
        taken: the same, read and taken apart.
    """

    frame: Frame
    taken: Sequences

    @classmethod
    def read(cls, model: SequenceModel, frame: Frame, *, any_cell: bool = False) -> Given:
        """Read histories, and see that the model can go on with them; with ``any_cell`` cells that do not fit may stand in them.

        Raises:
            DataError: if a column is lacking or of another type, a level was never learned, or a group is not named.
            SchemaError: if a column does not fit the schema.
        """
        schema, named = model.schema, model.named
        if container_of(frame) != schema.container:
            raise DataError(
                f"history must be a {schema.container} table, as was learned, however: {container_of(frame)} table",
                remedy=OF_KIND[schema.container],
                parameter="history",
            )
        names = names_in_frame(schema.names, schema.composites)
        check_names(frame, **{f"column {name!r}": name for name in names})
        if not number_of_rows(frame):
            raise DataError("history must have a row to go on from, however: it has none", parameter="history")
        frame = select(frame, names)
        table, codes = Table.read(frame, schema, validate=not any_cell), unit_codes(frame, named.group)
        if (codes < 0).any():
            raise DataError(
                f"column {named.group!r} must say whose each row is, however: it is missing in {int((codes < 0).sum()):,} rows"
            )
        order = None if named.order is None else table.float64(schema.column(named.order))
        rows, groups = arranged(codes, order)
        taken = Sequences(schema, named.group, named.order, named.above, groups, table.take(rows))
        if not any_cell:
            _check_levels(taken, model)
        _check_constant(taken)
        return cls(take(frame, rows), taken)


def continued(model: SequenceModel, frame: Frame, until: Until | None, streams: Streams) -> Frame:
    """Histories, each row as it was given, and after those of each group the rows that a model draws.

    Args:
        model: of sequences.
        frame: the rows that each group has so far; columns that the model does not have are left out.
        until: beyond what nothing is drawn; None for nothing.
        streams: randomness.

    Raises:
        DataError: as ``Given.read`` does.
        SchemaError: as ``Given.read`` does.
    """
    given = Given.read(model, frame)
    taken, known = given.taken, given.taken.groups.counts
    several = CANDIDATES if model.branch.critic.boosters else 1
    counts = _lengths(model.parents, taken, several, streams.below("lengths"))
    parents = parents_of(model.parents, taken)
    context = np.tile(model.context.of(parents, streams.below("context")), (several, 1))
    so_far = model.branch.read_first(taken.part(taken.following), streams.below("so far"))
    so_far = so_far.take(np.tile(np.arange(len(so_far)), several))
    groups = Groups(counts.reshape(-1))
    drawn = model.branch.draw(so_far, groups, context, streams.below("walk"), known=np.tile(known, several))
    if several > 1:
        drawn = drawn.take(model.branch.critic.best(drawn, several, streams.numpy("best"), raked=False))
    return _joined(model, given, drawn, until, streams)


def _joined(model: SequenceModel, given: Given, drawn: Drawn, until: Until | None, streams: Streams) -> Frame:
    """What was given, and what was drawn after it."""
    groups, taken, schema = drawn.groups, given.taken, model.schema
    own = model.branch.table(drawn.rows, streams.below("rows"))
    new = groups.position >= taken.groups.counts[groups.owner]
    if until is not None:
        order = None if taken.order is None else own.float64(own.schema.column(taken.order))
        new &= until.allows(order, groups)
    at = np.flatnonzero(new)
    above = taken.table.take(taken.groups.starts[groups.owner[at]])
    own = own.take(at)
    held = {name: (own if name in taken.following else above).columns[name] for name in schema.names}
    both = _stacked(given.frame, Table(schema, held).frame())
    owner = np.concatenate([taken.groups.owner, groups.owner[at]])
    return take(both, np.argsort(owner, kind="stable"))


def _stacked(given: Any, drawn: Any) -> Frame:
    """Rows that were given above drawn ones, in the types of the given; categories of either are kept."""
    if container_of(given) != "pandas":
        return concat([given, drawn.cast(given.schema if container_of(given) == "pyarrow" else dict(given.schema))])
    for name in [name for name, kind in given.dtypes.items() if kind != drawn.dtypes[name]]:
        if hasattr(drawn[name], "cat") and hasattr(given[name], "cat"):
            levels = drawn[name].cat.categories.union(given[name].cat.categories, sort=False)
            given, drawn = (one.assign(**{name: one[name].cat.set_categories(levels)}) for one in (given, drawn))
        else:
            drawn = drawn.astype({name: given.dtypes[name]})
    return concat([given, drawn])


def parents_of(model: TabularModel, taken: Sequences) -> Table:
    """What belongs to whole groups, as the model has it; their counts are those so far."""
    parents, schema = taken.parents(), model.transform.schema
    return Table(schema, {name: parents.columns[name] for name in schema.names})


def _lengths(model: TabularModel, taken: Sequences, several: int, streams: Streams) -> Counts:
    """How many rows groups have in the end, ``[several, groups]``: drawn given what is known of each, none fewer than it has."""
    transform, so_far = model.transform, taken.groups.counts
    if COUNT not in transform.owners:  # all groups have as many
        constant = transform.schema.column(COUNT).levels
        return np.tile(np.maximum(so_far, int(constant[0])) if constant else so_far, (several, 1))
    draw = by_table(model, parents_of(model, taken), [COUNT], streams)
    drawn = drawn_above(draw, so_far[:, None].astype(np.float64), several, streams)
    return np.maximum(np.rint(drawn[:, :, 0]), so_far).astype(np.int64)


def _check_levels(taken: Sequences, model: SequenceModel) -> None:
    """See that every level was learned."""
    for transform, names in ((model.parents.transform, taken.above), (model.transform, taken.following)):
        for name in names:
            if name in transform.owners:
                check_levels(taken.table, name, transform)


def check_levels(table: Table, name: Any, transform: TableTransform) -> None:
    """See that the levels of a column were learned; where rare ones were put together, others are taken for such.

    Raises:
        DataError: if one was not.
    """
    column, codec = table.schema.column(name), transform.codec(name)
    held, known = read_values(table, column), codec.known
    if known is None or not isinstance(held, Levels) or getattr(codec.encoder, "takes_others", False):
        return
    present = [held.levels[code] for code in np.unique(held.codes[held.codes >= 0])]
    stray = next((level for level in present if level not in known), None)
    if stray is not None:
        raise DataError(
            f"column {name!r} must hold levels that were learned, however: {stray!r} was not",
            remedy=did_you_mean_or_known(stray, known),
        )


def _check_constant(taken: Sequences) -> None:
    """See that what was constant in every group is so in these."""
    for name in taken.above:
        column = taken.schema.column(name)
        held = taken.table.columns[name]
        numbers = as_numbers(held if isinstance(held, Levels) else taken.table.float64(column))
        if not taken.groups.are_constant(numbers):
            raise DataError(f"column {name!r} must be constant in every group, however: in some it is not")
