"""The identifiers of a whole table: how each column's are made, and which columns' belong together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from synthgan.data.column import Kind
from synthgan.io.contract import require
from synthgan.tabular.encoding.identifiers import FreshKeys, distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from synthgan.data.schema import Schema
    from synthgan.data.table import Table
    from synthgan.data.values import Values


def fit_keys(table: Table, rare_below: int) -> tuple[FreshKeys, ...]:
    """How to make the identifiers of every column of a table that holds such; raises what `FreshKeys.fit` does."""
    keys: list[FreshKeys] = []
    for column in table.schema:
        if column.kind is Kind.IDENTIFIER:
            keys.append(_beside(FreshKeys.fit(column, table, rare_below), keys, table))
    return tuple(keys)


def _beside(one: FreshKeys, before: list[FreshKeys], table: Table) -> FreshKeys:
    """The same, bound to a column before it that is shared by the same rows (a patient's number and address), or that has its digits."""
    if not before:
        return one
    real, codes = _each_row(table.columns[one.column.name])
    for other in before:
        others, theirs = _each_row(table.columns[other.column.name])
        if other.beside is not None or len(real) != len(others) or ((codes < 0) != (theirs < 0)).any():
            continue
        pairs = np.unique(codes * (len(others) + 1) + theirs)
        if (pairs >= 0).sum() != len(real):
            continue
        is_alike = _same_digits(real, codes, others, theirs)
        if is_alike or (one.sizes.shares and other.sizes.shares):
            rising = other.rising if is_alike else one.rising
            return replace(one, beside=other.column.name, alike=is_alike, sizes=other.sizes, rising=rising)
    return one


def _each_row(held: Values) -> tuple[pa.Array, NDArray[np.int64]]:
    """The real identifiers as text, each once, and which of them each row has: -1 for none."""
    real, codes = distinct(held)
    rows = np.full(len(held), -1, dtype=np.int64)
    rows[~held.missing] = codes
    return real, rows


def _same_digits(real: pa.Array, codes: NDArray[np.int64], others: pa.Array, theirs: NDArray[np.int64]) -> bool:
    """Whether two columns' identifiers have the same digits in every row, whatever stands around them."""
    ours, known = (np.asarray(pc.replace_substring_regex(texts, "[^0-9]", "")) for texts in (real, others))
    there = codes >= 0
    return bool(there.any() and (ours[codes[there]] == known[theirs[there]]).all() and (ours != "").all())


def blind_keys(schema: Schema) -> tuple[FreshKeys, ...]:
    """How to make them where no row may be looked at."""
    return tuple(FreshKeys.blind(column, schema.container) for column in schema if column.kind is Kind.IDENTIFIER)


def read_keys(schema: Schema, states: list[Mapping[str, Any]] | None) -> tuple[FreshKeys, ...] | None:
    """How to make them as a file says; None where it is of an earlier version and says nothing.

    Raises:
        MisfitError: if it does not say it of each column that holds identifiers, once.
    """
    if states is None:
        return None
    keys = tuple(FreshKeys.from_state(schema, state) for state in states)
    names = [column.name for column in schema if column.kind is Kind.IDENTIFIER]
    require([one.column.name for one in keys] == names, "identifiers", "of each such column, in their order")
    free = {one.column.name for one in keys if one.beside is None}
    require(
        all(one.beside in free for one in keys if one.beside is not None), "beside", "a column that is bound to none"
    )
    return keys
