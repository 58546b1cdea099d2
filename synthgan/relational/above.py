"""The rows above those of a table, real or drawn, and those of their times that its own are seen against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.column import NUMBERS, Kind
from synthgan.relational.milestones import AT_MOST, CLOSE, Milestone, Passed, share_left
from synthgan.relational.rules.sight import MOMENTS
from synthgan.relational.shape import anchors_of, in_unit, told_from
from synthgan.relational.siblings import ends_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.groups import Groups
    from synthgan.data.table import Table
    from synthgan.relational.lineage import Lineage
    from synthgan.relational.shape import Shape

    Numbers = NDArray[np.float64]

SECONDS_A_YEAR = 31_556_952.0  # of the Gregorian calendar


@dataclass(frozen=True)
class Above:
    """The rows above those of a table, real or drawn.

    Attributes:
        tables: by name.
        lineage: who belongs to whom.
        anchors: float64: in seconds, of the rows of the owner.
    """

    tables: Mapping[str, Table]
    lineage: Lineage
    anchors: Numbers

    def find(self, shape: Shape, times: Numbers, groups: Groups) -> tuple[Milestone, ...]:
        """The times above that lie close to the first or the last times of groups, the closest ones.

        Args:
            shape: of the table whose rows are grouped.
            times: float64 ``[rows]``: of its rows as they are learned, those of a group in order.
            groups: whose they are.
        """
        _, *ends = ends_of(times, groups).T
        found: list[tuple[float, float, Milestone]] = []
        for one in self._candidates(shape):
            first, last = (share_left(end, self._times(shape, one)) for end in ends)
            if min(first, last) < CLOSE:
                found.append((min(first, last), first, one))
        found = sorted(found, key=lambda one: one[0])[:AT_MOST]
        nearest = min((first for _, first, _ in found), default=1.0)
        return tuple(replace(one, begins=first == nearest and first < CLOSE) for _, first, one in found)

    def passed(self, shape: Shape) -> Passed | None:
        """The milestones of the rows of the owner of a table; None where the table has none."""
        if not shape.milestones:
            return None
        times = [self._times(shape, one) for one in shape.milestones]
        return Passed(np.column_stack(times), next((at for at, one in enumerate(shape.milestones) if one.begins), None))

    def _candidates(self, shape: Shape) -> list[Milestone]:
        assert shape.owner is not None and shape.order is not None  # noqa: S101, PT018
        order = shape.schema.column(shape.order)
        return [
            Milestone(name, str(column.name))
            for name in (shape.owner.table, *self.lineage.above(shape.owner.table))
            if name in self.tables
            for column in self.tables[name].schema
            if may_be_milestone(column, order)
        ]

    def _times(self, shape: Shape, one: Milestone) -> Numbers:
        """A milestone of each row of the owner as times of a table are learned: from an anchor, or in years where these are numbers."""
        assert shape.owner is not None and shape.order is not None  # noqa: S101, PT018
        rows, order = np.arange(self.lineage.rows[shape.owner.table]), shape.schema.column(shape.order)
        above, nothing = {shape.owner.table: rows} | self.lineage.above(shape.owner.table), np.full(len(rows), np.nan)
        table, at = self.tables[one.table], above[one.table]
        column = table.schema.column(one.column)
        if column.kind not in MOMENTS:
            return np.where(at < 0, np.nan, table.float64(column)[np.maximum(at, 0)]) if len(table) else nothing
        moments = told_from(table, one.column, at, nothing)
        if order.kind in MOMENTS:
            base = anchors_of(self.anchors, rows)
            if shape.told is not None:
                name, told = shape.told
                base = told_from(self.tables[name], told, above[name], base)
            return in_unit(moments, order) - in_unit(base, order)
        years = 1970 + moments / SECONDS_A_YEAR
        return np.floor(years) if order.kind is Kind.INTEGER else years


def may_be_milestone(column: Column, order: Column) -> bool:
    """Whether times of a column of numbers or moments can be seen against another above."""
    if order.kind in MOMENTS:
        return column.kind in MOMENTS
    return order.kind in NUMBERS and column.kind in NUMBERS | MOMENTS
