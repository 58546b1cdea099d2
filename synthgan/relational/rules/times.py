"""What is computed from times, such as the length of a stay: found in the times as they are, since they are learned as distances."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.formulas.find import find_formulas
from synthgan.data.scale import scale_of
from synthgan.data.table import Table
from synthgan.relational.rules.sight import MOMENTS, is_number
from synthgan.tabular.encoding.computed import Computed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.data.linkedrules import LinkedRule
    from synthgan.data.schema import Schema


def with_formulas_of_times(table: Table, rules: Sequence[LinkedRule]) -> Schema:
    """The schema of a table with the formulas that speak of its times, where rules may move these."""
    schema = table.schema
    columns = [column for column in schema if is_number(column)]
    moments = {column.name for column in columns if column.kind in MOMENTS}
    if not moments or not rules or len(columns) < 2:  # noqa: PLR2004 (one from another)
        return replace(schema, formulas=())
    own = Table(schema.of_columns(columns), {column.name: table.columns[column.name] for column in columns})
    found = (one for one in find_formulas(own) if set(one.names) & moments and one.lookup is None)
    return replace(schema, formulas=tuple(found))


def with_times_computed(table: Table) -> Table:
    """The table with what is computed from its times computed anew; where times themselves are, what they are computed from."""
    formulas = table.schema.formulas or ()
    named = {name for one in formulas for name in one.names}
    columns = [column for column in table.schema if column.name in named]
    always = np.ones(len(table), dtype=bool)
    fixed = {column.name: always for column in columns if column.kind in MOMENTS}
    scales = {column.name: scale_of(column) for column in columns if is_number(column)}
    return Computed(formulas).put_in(table, fixed, scales)
