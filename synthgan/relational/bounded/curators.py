"""Who owns rows of which a unit has no more than it may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.privacy.curator import Curator
from synthgan.relational.noisy.records import StepRecords, limited
from synthgan.tabular.queries import TableRecords

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.data.table import Table
    from synthgan.privacy.ledger import PrivacyLedger
    from synthgan.relational.noisy.steps import Steps


def curator_of_units(table: Table, ledger: PrivacyLedger) -> Curator:
    """Who owns a table of which each row is a unit."""
    return Curator(TableRecords(table), ledger, 1)


def curator_of_steps(
    steps: Steps,
    table: Table,
    groups: Groups,
    above: Table,
    units: NDArray[np.int64],
    ledger: PrivacyLedger,
    most: int,
) -> Curator:
    """Who owns steps: at most so many of each unit, so that a unit moves no count by more.

    Args:
        steps: how the rows are learned.
        table: the rows, those of a group side by side and in order.
        groups: whose they are.
        above: a row a group.
        units: int64 ``[rows]``: the unit of each row.
        ledger: the one of all tables.
        most: how many steps of a unit take part.
    """
    taken = limited(units, most)
    flat = steps.flat(table, groups, above, taken)
    own = table.schema.of_columns(table.schema.column(column.name) for column in steps.own)
    before = table.take(np.maximum(taken - 1, 0))
    before = type(table)(own, {column.name: before.columns[column.name] for column in own})
    return Curator(StepRecords(flat, before, groups.position[taken] == 0), ledger, most)
