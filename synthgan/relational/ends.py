"""How far the tables of a database go on, each in its own order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.errors import ConfigError
from synthgan.relational.filling import counted
from synthgan.relational.lineage import chained
from synthgan.relational.parts import Kept
from synthgan.relational.rules.sight import MOMENTS
from synthgan.relational.shape import seconds
from synthgan.relational.until import Until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.table import Table
    from synthgan.relational.histories import Histories
    from synthgan.relational.lineage import Lineage
    from synthgan.relational.parts import Part
    from synthgan.relational.shape import Shape

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ends:
    """The ends of tables whose rows belong to others.

    Attributes:
        of: by table, its end; tables that are in no order that it speaks of are not there.
        unit: the table that counts.
        first: float64 ``[units]``: the first time of each that is given, in seconds; NaN where there is none.
    """

    of: dict[str, Until]
    unit: str
    first: Floats

    @classmethod
    def read(cls, given: Any, parts: Mapping[str, Part], unit: str, histories: Histories) -> Self:
        """What somebody said, as ``Until.read`` takes it, of tables that begin with given rows.

        Raises:
            ConfigError: if no table is in such an order.
        """
        found: dict[str, Until] = {}
        refused: ConfigError | None = None
        shapes = [part.shape for part in parts.values() if not isinstance(part, Kept) and part.shape.owner is not None]
        for shape in sorted(shapes, key=lambda one: one.order is None):
            try:
                found[shape.name] = Until.read(given, None if shape.order is None else shape.schema.column(shape.order))
            except ConfigError as error:
                refused = refused or error
        if not found:
            raise refused or ConfigError(
                "until must be for tables whose rows belong to others, however: there are none"
            )
        every = {part.shape.name: part.shape for part in parts.values() if not isinstance(part, Kept)}
        return cls(found, unit, first_times(histories, every, unit))

    def allow(self, lineage: Lineage, histories: Histories, shape: Shape, drawn: Table) -> NDArray[np.bool_]:
        """Which drawn rows of a table are not beyond its end, bool ``[rows]``; ``lineage`` says whose they are."""
        end, owner = self.of.get(shape.name), lineage.owned_by[shape.name]
        if end is None:
            return np.ones(len(drawn), dtype=bool)
        if end.rows is not None:
            given = histories.owned_by.get(shape.name, owner[:0])
            so_far = np.bincount(given[given >= 0], minlength=int(owner.max(initial=0)) + 1)
            return so_far[owner] + counted(owner) < end.rows
        order = drawn.float64(drawn.schema.column(shape.order))  # type: ignore[arg-type]
        if end.value is not None:
            return ~(order > end.value)
        assert end.span is not None  # noqa: S101 (one of the three is said)
        return ~(order - self._first(lineage, shape, drawn, order) > end.span)

    def _first(self, lineage: Lineage, shape: Shape, drawn: Table, order: Floats) -> Floats:
        """The first time of the unit that each row belongs to, where one is given; else of the rows of its owner that are drawn."""
        owner, column = lineage.owned_by[shape.name], drawn.schema.column(shape.order)  # type: ignore[arg-type]
        own = np.full(int(owner.max(initial=-1)) + 1, np.inf)
        np.minimum.at(own, owner, np.where(np.isnan(order), np.inf, order))
        found = own[owner]
        unit = lineage.above(shape.name).get(self.unit)
        if unit is not None and column.kind in MOMENTS:
            begins = self.first[unit] / seconds(column)
            found = np.where(np.isnan(begins), found, begins)
        return found


def first_times(histories: Histories, shapes: Mapping[str, Shape], unit: str) -> Floats:
    """The first time of each unit in the tables that are given in an order of moments, in seconds; NaN where there is none."""
    found = np.full(histories.rows(unit), np.inf)
    for name, shape in shapes.items():
        column = None if shape.order is None else shape.schema.column(shape.order)
        if column is None or column.kind not in MOMENTS or name not in histories.tables:
            continue
        at, above = np.arange(histories.rows(name)), shape
        while above.owner is not None:
            at = chained(histories.owned_by[above.name], at)
            above = shapes[above.owner.table]
        if above.name == unit:
            times = histories.tables[name].float64(column) * seconds(column)
            np.minimum.at(found, at[at >= 0], np.where(np.isnan(times), np.inf, times)[at >= 0])
    return np.where(np.isinf(found), np.nan, found)
