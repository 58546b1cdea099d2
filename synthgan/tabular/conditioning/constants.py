"""Conditions on columns that are one and the same in every row: each is met by all rows, or by none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from synthgan.data.column import TEMPORAL, Column, Kind
from synthgan.data.containers.dtypes import storage_type
from synthgan.data.scale import number_of
from synthgan.data.stamps import is_temporal
from synthgan.data.validation import sort_of
from synthgan.errors import DataError
from synthgan.tabular.encoding.codec import contradiction
from synthgan.tabular.encoding.matching import find_level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthgan.data.clauses import Clause
    from synthgan.data.schema import Schema

_SORTS = {"dates": Kind.DATE, "stamps": Kind.DATETIME, "durations": Kind.DURATION}


def on_others(clauses: Iterable[Clause], schema: Schema) -> list[Clause]:
    """The clauses that speak of columns which differ from row to row; those on constant and missing columns are met.

    Raises:
        DataError: one on a constant or missing column is not met, or cannot be read.
    """
    by_text = {str(column.name): column for column in schema}
    found = []
    for clause in clauses:
        column = by_text.get(str(clause.name))
        if column is None or column.kind not in {Kind.CONSTANT, Kind.MISSING}:
            found.append(clause)
        elif not _is_met(clause, column, schema.container):
            held = "missing" if column.kind is Kind.MISSING else repr(str((column.levels or ("",))[0]))
            raise contradiction(clause, f"{column.name!r} is {held} in every row")
    return found


def _is_met(clause: Clause, column: Column, container: str) -> bool:
    if column.kind is Kind.MISSING:
        return clause.values is not None and (None in clause.values) != clause.negated
    level = (column.levels or ("",))[0]
    alike = _as_numbers(column, container)
    if clause.values is not None:
        named = any(value is not None and _is(value, level, alike) for value in clause.values)
        return named != clause.negated
    if alike is None:
        raise DataError(f"a condition on column {column.name!r} must name a level, however: {clause} is a range")
    number = _number(alike, level)
    low = -math.inf if clause.low is None else _number(alike, clause.low)
    high = math.inf if clause.high is None else _number(alike, clause.high)
    return low < number < high if clause.strict else low <= number <= high


def _is(value: Any, level: Any, alike: Column | None) -> bool:
    if find_level(value, (level,), is_truth=isinstance(level, bool)) is not None:
        return True
    return alike is not None and alike.kind in TEMPORAL and _number(alike, value) == _number(alike, level)


def _as_numbers(column: Column, container: str) -> Column | None:
    """The column as one of numbers or moments would be described; None of text, and of true and false."""
    kind = storage_type(container, column.dtype)
    if is_temporal(kind):
        sort = _SORTS[sort_of(kind)]
        zone = getattr(kind, "tz", None)
        return Column(column.name, sort, column.dtype, unit="nanosecond", timezone=zone)
    is_number = sort_of(kind) == "numbers" and not isinstance((column.levels or ("",))[0], bool)
    return Column(column.name, Kind.DECIMAL, column.dtype) if is_number else None


def _number(column: Column, value: Any) -> Any:
    found = number_of(column, value)
    return math.nan if found is None else found
