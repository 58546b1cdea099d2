"""Solves a formula for one of its sources: what it would have to be for the formula to give a wanted value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.formulas.evaluation import evaluate
from synthgan.data.formulas.functions import year_month_day
from synthgan.data.formulas.grammar import names_in
from synthgan.data.formulas.vectors import DAY, SECOND, Moments, Vector, numbers_of
from synthgan.data.values import Levels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from synthgan.data.formulas.lookups import Lookup

    Numbers = NDArray[np.float64]

_INVERSES: Final[dict[str, Callable[[Numbers], Numbers]]] = {
    "log": np.exp,
    "log10": lambda x: 10.0**x,
    "log2": np.exp2,
    "log1p": np.expm1,
    "exp": np.log,
    "expm1": np.log1p,
    "sqrt": np.square,
    "cbrt": lambda x: x**3,
}
_SPANS: Final = {"days": DAY, "hours": 3600 * SECOND, "minutes": 60 * SECOND, "seconds": SECOND}
_CALENDAR: Final = {"year": 12, "quarter": 3, "month": 1}  # months
_LENGTHS: Final = {
    "week": 7 * DAY,
    "day": DAY,
    "dayofyear": DAY,
    "weekday": DAY,
    "hour": 3600 * SECOND,
    "minute": 60 * SECOND,
    "second": SECOND,
    "minute_of_day": 60 * SECOND,
}
_MINUTES: Final = 1440


def solved(
    tree: ast.expr, name: str, wanted: Vector, columns: Mapping[str, Vector], lookup: Lookup | None = None
) -> Vector | None:
    """The values [rows] that one column must have, near those that it has, for a formula to give what is wanted.

    Args:
        tree: the formula.
        name: the column that may change.
        wanted: what the formula is to give.
        columns: all columns that it speaks of, that one among them.
        lookup: what ``lookup(...)`` looks up.

    Returns:
        The values, still to be rounded; missing or not quite right where nothing fits. None where there is no way to tell.
    """
    with np.errstate(all="ignore"):
        return _Solving(name, columns, len(wanted), lookup).back(tree, wanted)


class _Solving:
    """One column of a formula, while the others stay."""

    def __init__(self, name: str, columns: Mapping[str, Vector], rows: int, lookup: Lookup | None) -> None:
        self.name, self.columns, self.rows, self.lookup = name, columns, rows, lookup

    def now(self, node: ast.expr) -> Vector:
        """What a part of the formula gives at present."""
        return evaluate(node, self.columns, self.rows, self.lookup)

    def holds(self, node: ast.expr) -> bool:
        """Whether a part of the formula speaks of the column."""
        return self.name in names_in(node)

    def back(self, node: ast.expr, wanted: Vector) -> Vector | None:
        """What the column must be for a part of the formula to give what is wanted."""
        match node:
            case ast.Name():
                return wanted
            case ast.UnaryOp(op=ast.USub(), operand=operand) if isinstance(wanted, np.ndarray):
                return self.back(operand, -wanted)
            case ast.BinOp(left=left, right=right) if self.holds(left) != self.holds(right):
                inner = left if self.holds(left) else right
                before = self._operand(node, wanted, in_left=inner is left)
                return None if before is None else self.back(inner, before)
            case ast.Call(func=ast.Name(id=function), args=args):
                inside = [argument for argument in args if self.holds(argument)]
                if len(inside) != 1:
                    return None
                before = self._argument(function, args, inside[0], wanted)
                return None if before is None else self.back(inside[0], before)
        return None

    def _operand(self, node: ast.BinOp, wanted: Vector, *, in_left: bool) -> Vector | None:
        """What one side of an operator must be."""
        other = self.now(node.right if in_left else node.left)
        own = self.now(node.left if in_left else node.right)
        if isinstance(wanted, Moments) or isinstance(other, Moments) or isinstance(own, Moments):
            return _moved(type(node.op), wanted, other, in_left=in_left)
        aim, rest, here = numbers_of(wanted), numbers_of(other), numbers_of(own)
        if aim is None or rest is None or here is None:
            return None
        match node.op:
            case ast.Add():
                return aim - rest
            case ast.Sub():
                return aim + rest if in_left else rest - aim
            case ast.Mult():
                return aim / rest
            case ast.Div():
                return aim * rest if in_left else rest / aim
            case ast.FloorDiv() if in_left:
                return aim * rest + np.mod(here, rest)
            case ast.Mod() if in_left:
                return np.floor_divide(here, rest) * rest + aim
            case ast.Pow() if in_left:
                root = np.abs(aim) ** (1 / rest)
                return np.where(here < 0, -root, root)
        return None

    def _argument(self, function: str, args: list[ast.expr], inner: ast.expr, wanted: Vector) -> Vector | None:
        """What the argument of a function must be."""
        now, aim = self.now(inner), numbers_of(wanted)
        if function == "lookup":
            return self._key(args, now, wanted)
        if isinstance(now, Moments):
            return self._moment(function, args, inner, now, wanted)
        here = numbers_of(now)
        if aim is None or here is None:
            return None
        match function:
            case "floor":
                return aim + (here - np.floor(here))
            case "ceil":
                return aim - (np.ceil(here) - here)
            case "round":
                return aim
            case "abs":
                return np.copysign(aim, here)
            case "mean":
                return here + len(args) * (aim - _numbers(self.now(ast.Call(ast.Name("mean"), args, []))))
            case "nansum":  # what is missing stays so
                return here + (aim - _numbers(self.now(ast.Call(ast.Name("nansum"), args, []))))
            case "max" | "min" | "nanmax" | "nanmin" | "coalesce":
                return np.where(np.isnan(here), here, aim)
            case "clock":
                minutes = aim // 100 * 60 + aim % 100
                return here + (minutes - here + _MINUTES / 2) % _MINUTES - _MINUTES / 2
            case "minute_of_day":
                return aim // 60 * 100 + aim % 60
            case "cut":
                return _binned(aim, here, [_numbers(self.now(bound))[0] for bound in args[1:]] if len(here) else [])
            case _ if function in _INVERSES:
                return _INVERSES[function](aim)
        return None

    def _moment(
        self, function: str, args: list[ast.expr], inner: ast.expr, now: Moments, wanted: Vector
    ) -> Vector | None:
        """The moment near the present one of which a part, or the span to another, is what is wanted."""
        if function == "date":
            return (
                None
                if not isinstance(wanted, Moments)
                else _shifted(now, wanted.local() - now.local() // DAY * DAY, wanted.missing)
            )
        found = self.now(ast.Call(ast.Name(function), args, []))
        if function in {"weekday_name", "month_name"} and isinstance(wanted, Levels) and isinstance(found, Levels):
            at = {level: code for code, level in enumerate(found.levels)}
            aim = np.array([*(at.get(level, np.nan) for level in wanted.levels), np.nan])[wanted.codes]
            off = aim - np.where(found.codes < 0, np.nan, found.codes)
            return _by_months(now, off) if function == "month_name" else _by(now, off * DAY)
        off = _numbers(wanted) - _numbers(found)
        if function in _CALENDAR:
            return _by_months(now, off * _CALENDAR[function])
        if function in _LENGTHS:
            return _by(now, off * _LENGTHS[function])
        sign = 1.0 if inner is args[-1] else -1.0
        if function in {"years", "months"}:
            return _by_months(now, sign * off * (12 if function == "years" else 1))
        return _by(now, sign * off * _SPANS[function]) if function in _SPANS else None

    def _key(self, args: list[ast.expr], now: Vector, wanted: Vector) -> Vector | None:
        """The key of a look-up of one part that has the wanted value: the present one, or one of those, in turn."""
        if self.lookup is None or len(args) != 1:
            return None
        return self.lookup.key_of(wanted, now)


def _numbers(vector: Vector) -> Numbers:
    found = numbers_of(vector)
    return np.full(len(vector), np.nan) if found is None else found


def _moved(operator: type[ast.operator], wanted: Vector, other: Vector, *, in_left: bool) -> Vector | None:
    """One side of a sum or difference in which moments are."""
    if operator not in {ast.Add, ast.Sub}:
        return None
    if isinstance(wanted, Moments) and isinstance(other, Moments):  # seconds are sought
        seconds = np.where(wanted.missing | other.missing, np.nan, (wanted.counts - other.counts) / SECOND)
        return seconds if operator is ast.Add else -seconds
    if isinstance(wanted, Moments):  # a moment is sought
        return _by(wanted, _numbers(other) * SECOND * (-1.0 if operator is ast.Add else 1.0))
    if isinstance(other, Moments) and operator is ast.Sub:
        return _by(other, _numbers(wanted) * SECOND * (1.0 if in_left else -1.0))
    return None


def _by(moments: Moments, shift: Numbers) -> Moments:
    known = np.isfinite(shift) & (np.abs(shift) < 1e18)  # noqa: PLR2004 (beyond 64 bits)
    return _shifted(moments, np.where(known, np.rint(shift), 0).astype(np.int64), ~known)


def _shifted(moments: Moments, shift: NDArray[np.int64], missing: NDArray[np.bool_]) -> Moments:
    gone = moments.missing | missing
    return Moments(np.where(gone, 0, moments.counts + shift), gone, moments.zone)


def _by_months(moments: Moments, months: Numbers) -> Moments:
    """The same day and time of day so many months later; the last day of a month that is shorter."""
    known = np.isfinite(months) & (np.abs(months) < 1e6)  # noqa: PLR2004 (no calendar goes that far)
    local = moments.local()
    years, month, day = year_month_day(local)
    index = (years - 1970) * 12 + month - 1 + np.where(known, months, 0).astype(np.int64)
    first = index.astype("M8[M]").astype("M8[D]").astype(np.int64)
    last = (index + 1).astype("M8[M]").astype("M8[D]").astype(np.int64) - 1
    then = np.minimum(first + day - 1, last) * DAY + local % DAY
    return _shifted(moments, then - local, ~known)


def _binned(wanted: Numbers, now: Numbers, bounds: list[float]) -> Numbers:
    """The nearest number in the wanted bin; a little below its upper bound, where it comes from above."""
    edges = np.array([-np.inf, *sorted(bounds), np.inf])
    at = np.clip(np.where(np.isnan(wanted), 0, wanted), 0, len(edges) - 2).astype(np.int64)
    low, high = edges[at], edges[at + 1]
    below = high - 1e-9 * np.maximum(1.0, np.abs(np.where(np.isfinite(high), high, 0.0)))
    return np.where(np.isnan(now), np.where(np.isfinite(low), low, below), np.clip(now, low, below))
