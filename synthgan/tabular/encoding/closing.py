"""Shares that come to a whole: what they are off by once all are drawn goes to the largest, where it shows least."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.formulas.vectors import vector_of
from synthgan.tabular.encoding.mending import moved, put_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.formulas.formula import Formula
    from synthgan.data.scale import Scale
    from synthgan.data.table import Table

Name = str | int
FEWEST = 3  # sources: what two leave of a whole is a difference
_NODES = (ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.USub, ast.Name, ast.Constant, ast.Load)


def closed(
    table: Table,
    formulas: Sequence[Formula],
    fixed: Mapping[Name, NDArray[np.bool_]],
    scales: Mapping[Name, Scale],
) -> Table:
    """The table in which the largest column of each plain sum is what the others, its target among them, leave of it.

    Were the target always what is left, all that the others are off by would be seen in it, often many times its size.

    Args:
        table: drawn rows, targets too.
        formulas: in an order in which they can be computed.
        fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
        scales: what numbers each column may have.
    """
    targets = {formula.target for formula in formulas}
    for formula in formulas:
        if not _is_plain_sum(formula):
            continue
        names = [*formula.sources, formula.target]
        vectors = [vector_of(table, name) for name in names]
        if not all(isinstance(vector, np.ndarray) for vector in vectors):
            continue
        sizes = np.abs(np.stack([np.asarray(vector) for vector in vectors]))
        there = ~np.isnan(sizes).any(axis=0)
        largest = np.argmax(np.where(there, sizes, 0), axis=0)
        for at, name in enumerate(formula.sources):
            is_free = ~fixed.get(name, np.zeros(len(table), dtype=bool))
            rows = np.flatnonzero(there & (largest == at) & is_free)
            if name not in targets and len(rows):
                others, done = moved(formula, table.take(rows), name, scales)
                table = put_at(table, rows[done], others.take(np.flatnonzero(done)))
    return table


def _is_plain_sum(formula: Formula) -> bool:
    """Whether a formula adds and takes away columns and constants alone."""
    return len(formula.sources) >= FEWEST and all(isinstance(node, _NODES) for node in ast.walk(formula.tree))
