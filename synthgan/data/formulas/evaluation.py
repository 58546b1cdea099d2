"""Evaluates the tree of a formula on all rows at once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.data.formulas.functions import FUNCTIONS, LOOKUP, between, wants
from synthgan.data.formulas.vectors import SECOND, Moments, Vector, missing_in
from synthgan.data.values import Levels
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.formulas.lookups import Lookup

_ARITHMETIC: Final[dict[type[ast.operator], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARING: Final[dict[type[ast.cmpop], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


def evaluate(tree: ast.expr, columns: Mapping[str, Vector], rows: int, lookup: Lookup | None = None) -> Vector:
    """What a formula gives.

    Args:
        tree: the formula, as `synthgan.data.formulas.grammar.parse` reads it.
        columns: the columns that it speaks of, by name.
        rows: how many rows.
        lookup: what ``lookup(...)`` looks up.

    Returns:
        Numbers, moments or levels [rows]; missing where a source is missing or nothing is defined (a logarithm of 0).

    Raises:
        SchemaError: a function is asked of a column of another sort.
    """
    with np.errstate(all="ignore"):
        found = _value(tree, columns, rows, lookup)
        return np.where(np.isfinite(found), found, np.nan) if isinstance(found, np.ndarray) else found


def _value(node: ast.expr, columns: Mapping[str, Vector], rows: int, lookup: Lookup | None) -> Vector:
    def of(child: ast.expr) -> Vector:
        return _value(child, columns, rows, lookup)

    match node:
        case ast.Name(id=name):
            return columns[name]
        case ast.Constant(value=str(text)):
            return Levels(np.zeros(rows, dtype=np.int32), (text,))
        case ast.Constant(value=constant):
            return np.full(rows, _float(constant))
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(type(operator), of(left), of(right))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            truth = wants("what is negated", of(operand))
            return np.where(np.isnan(truth), np.nan, truth == 0)
        case ast.UnaryOp(op=sign, operand=operand):
            return wants("a sum", of(operand)) * (-1.0 if isinstance(sign, ast.USub) else 1.0)
        case ast.Compare(left=left, ops=[comparison], comparators=[right]):
            return _compared(type(comparison), of(left), of(right))
        case ast.BoolOp(op=joined, values=values):
            parts = [wants("a condition", of(value)) for value in values]
            whole = (
                np.prod([part != 0 for part in parts], axis=0)
                if isinstance(joined, ast.And)
                else np.max([part != 0 for part in parts], axis=0)
            )
            return np.where(np.any([np.isnan(part) for part in parts], axis=0), np.nan, whole)
        case ast.Call(func=ast.Name(id=name), args=args):
            vectors = [of(argument) for argument in args]
            if name != LOOKUP:
                return FUNCTIONS[name].apply(*vectors)
            if lookup is None:
                raise SchemaError("a look-up must have its table, however: it was not learned yet")
            return lookup.of(vectors)
    raise SchemaError(f"a formula must be made of known parts, however: found {type(node).__name__}")


def _float(constant: Any) -> float:
    try:
        return float(constant)
    except OverflowError as error:
        raise SchemaError("a number in a formula must be finite, however: found one beyond all bounds") from error


def _combined(operator: type[ast.operator], left: Vector, right: Vector) -> Vector:
    """Two vectors under an operator; moments differ by seconds, and move by them."""
    if isinstance(left, Moments) and isinstance(right, Moments) and operator is ast.Sub:
        return between(left, right) * -1.0
    if isinstance(right, Moments) and operator is ast.Add:
        left, right = right, left
    if isinstance(left, Moments) and operator in {ast.Add, ast.Sub}:
        return _moved(left, wants("seconds", right) * (-1.0 if operator is ast.Sub else 1.0))
    return _ARITHMETIC[operator](wants("arithmetic", left), wants("arithmetic", right))


def _moved(moments: Moments, seconds: np.ndarray) -> Moments:
    shift = np.where(np.isfinite(seconds), np.clip(seconds, -1e12, 1e12), 0.0) * SECOND
    missing = moments.missing | ~np.isfinite(seconds)
    counts = moments.counts + np.rint(shift).astype(np.int64)
    return Moments(np.where(missing, 0, counts), missing, moments.zone)


def _compared(operator: type[ast.cmpop], left: Vector, right: Vector) -> Vector:
    missing = missing_in(left) | missing_in(right)
    if isinstance(left, Moments) and isinstance(right, Moments):
        truth = _COMPARING[operator](left.local(), right.local())
    elif isinstance(left, Levels) and isinstance(right, Levels) and operator in {ast.Eq, ast.NotEq}:
        levels = {level: code for code, level in enumerate(dict.fromkeys([*left.levels, *right.levels]))}
        one, two = (np.array([*(levels[level] for level in side.levels), -1])[side.codes] for side in (left, right))
        truth = _COMPARING[operator](one, two)
    else:
        truth = _COMPARING[operator](wants("a comparison", left), wants("a comparison", right))
    return np.where(missing, np.nan, truth)
