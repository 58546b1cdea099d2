"""What a ``where`` demands of the columns of a table, turned into evidence."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from synthgan.data.clauses import Clause, read_where
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.conditioning.conditions import Evidence
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.values import step_of, to_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthgan.data.clauses import Where
    from synthgan.data.schema import Column
    from synthgan.tabular.encoding.table import TableTransform

MOST_ALTERNATIVES = 200


def make_evidence(where: Where, transform: TableTransform) -> list[Evidence]:
    """The evidence that all clauses together amount to, as alternatives that exclude each other.

    A list of numbers gives one alternative for each, since two of them may share a mode with numbers between them.

    Raises:
        DataError: if a column is unknown or not learned, a value was never learned, or nothing can meet the clauses.
    """
    choices = [_alternatives(clause, transform) for clause in read_where(where)]
    number = math.prod(len(choice) for choice in choices)
    if number > MOST_ALTERNATIVES:
        raise DataError(
            f"lists of numbers must make at most {MOST_ALTERNATIVES} combinations, however: {number}; use ranges"
        )
    return [_evidence_of_all(clauses, transform) for clauses in itertools.product(*choices)]


def _alternatives(clause: Clause, transform: TableTransform) -> list[Clause]:
    """The clause itself, or one clause for each value in a list of numbers."""
    column = _find_column(clause, transform)
    if clause.values is None or isinstance(transform.encoders[column.name], LevelEncoder):
        return [clause]
    return [Clause(clause.name, (value,)) for value in dict.fromkeys(clause.values)]


def _evidence_of_all(clauses: Iterable[Clause], transform: TableTransform) -> Evidence:
    """The evidence of clauses that must all be met."""
    layout = transform.layout
    allowed = np.ones(layout.modes, dtype=bool)
    lowest, highest = np.full(layout.modes, -np.inf), np.full(layout.modes, np.inf)
    for clause in clauses:
        column = _find_column(clause, transform)
        span, encoder = layout.span(column.name), transform.encoders[column.name]
        part = slice(span.start, span.stop)
        if isinstance(encoder, LevelEncoder):
            allowed[part] &= _allowed_levels(clause, column, encoder)
            if not (allowed[part] & encoder.emitted).any():
                raise _contradiction(clause, "the conditions on it exclude each other")
            continue
        if clause.values is not None:
            may, low, high = _one_number(clause.values[0], column, encoder)
        else:
            may, low, high = encoder.within(*_bounds(clause, column))
            if not may.any():
                raise _contradiction(clause, f"learned values lie between {_released_range(column, encoder)}")
        allowed[part] &= may
        lowest[part], highest[part] = np.maximum(lowest[part], low), np.minimum(highest[part], high)
        allowed[part] &= lowest[part] < highest[part]
        if not allowed[part].any():
            raise _contradiction(clause, "the conditions on it exclude each other")
    bounds = (torch.as_tensor(bound, dtype=torch.float32) for bound in (lowest, highest))
    return Evidence(torch.as_tensor(allowed), *bounds)


def _find_column(clause: Clause, transform: TableTransform) -> Column:
    """The clause's column, which must be one that was learned."""
    by_text = {str(column.name): column for column in transform.schema.columns}
    column = by_text.get(str(clause.name))
    if column is None:
        raise DataError(
            f"a condition must name a column of the table, however: {str(clause.name)!r}",
            remedy=did_you_mean_or_known(clause.name, by_text),
        )
    if column.name not in transform.encoders:
        raise DataError(
            f"a condition must name a learned column, however: {column.name!r} is of kind {column.kind}; leave it out"
        )
    return column


def _allowed_levels(clause: Clause, column: Column, encoder: LevelEncoder) -> np.ndarray:
    """Bool ``[modes]``: the levels a clause allows."""
    allowed = np.zeros(encoder.modes, dtype=bool)
    if clause.values is None:
        allowed[: len(encoder.levels)] = _levels_in_range(clause, column, encoder)
        return allowed
    by_text = {str(level): code for code, level in enumerate(encoder.levels)}
    lowered = {str(level).lower(): code for level, code in by_text.items()} if column.kind == "boolean" else {}
    for value in clause.values:
        code = by_text.get(str(value), lowered.get(str(value).lower()))
        if value is None and encoder.has_missing:
            code = encoder.modes - 1
        if code is None:
            raise _never_seen(column, value, list(by_text))
        allowed[code] = True
    return allowed


def _levels_in_range(clause: Clause, column: Column, encoder: LevelEncoder) -> np.ndarray:
    """Bool ``[levels]``: the levels of an ordered column between two of its levels."""
    if column.kind != "ordered":
        raise DataError(
            f"a range must be on a number, a date or an ordered column, however: {column.name!r} is of kind {column.kind}; use ="
        )
    by_text = {str(level): code for code, level in enumerate(encoder.levels)}
    for bound in (clause.low, clause.high):
        if bound is not None and str(bound) not in by_text:
            raise _never_seen(column, bound, list(by_text))
    low = -1 if clause.low is None else by_text[str(clause.low)] - (not clause.strict)
    high = len(encoder.levels) if clause.high is None else by_text[str(clause.high)] + (not clause.strict)
    index = np.arange(len(encoder.levels))
    return (index > low) & (index < high)


def _one_number(value: Any, column: Column, encoder: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Modes and places of one number, or of missing."""
    if value is None:
        if not encoder.has_missing:
            raise _never_seen(column, value, [])
        open_end = np.full(encoder.modes, np.inf)
        return np.arange(encoder.modes) == encoder.modes - 1, -open_end, open_end
    number = to_number(column, value)
    may, low, high = encoder.within(number, number)
    if not may.any():
        raise _never_seen(column, value, [_released_range(column, encoder)])
    return may, low, high


def _bounds(clause: Clause, column: Column) -> tuple[float, float]:
    """A range's bounds as numbers; a strict one on a column with a step moves inwards by that step."""
    inward = (step_of(column) or 1e-12) if clause.strict else 0.0
    low = -np.inf if clause.low is None else to_number(column, clause.low) + inward
    high = np.inf if clause.high is None else to_number(column, clause.high) - inward
    if low > high:
        raise _contradiction(clause, "the lower bound is above the upper one")
    return low, high


def _released_range(column: Column, encoder: Any) -> str:
    """The range of the values an encoder can make, in words."""
    ends = [*encoder.spikes[[0, -1]]] if len(encoder.spikes) else []
    if encoder.smooth is not None:
        ends += [encoder.smooth.values[0], encoder.smooth.values[-1]]
    if not ends:
        return "nothing but missing"
    unit = f" ({column.unit}s since 1970)" if column.unit else ""
    return f"{min(ends):g} and {max(ends):g}{unit}"


def _never_seen(column: Column, value: Any, known: list[str]) -> DataError:
    shown = "missing" if value is None else repr(str(value))
    return DataError(
        f"a condition on column {column.name!r} must be one that was learned, however: {shown} never was",
        remedy=did_you_mean_or_known(value, known) if known else "known: no missing values",
    )


def _contradiction(clause: Clause, why: str) -> DataError:
    return DataError(f"a condition must be one that rows can meet, however: {clause} cannot be met; {why}")
