"""What holds between numeric columns in every row: sums, equal and converted columns, one never above another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.tabular.encoding.bending import bends
from synthgan.tabular.encoding.orders import Order, find_orders, put_in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from synthgan.data.scale import Scale

    Numbers = NDArray[np.float64]
    Name = str | int

MAX_ROWS = 200_000  # asked whether a constraint holds
MIN_ROWS = 100  # below, what always held may have been chance
CANDIDATE_ROWS = 10_000  # to find candidates
MAX_COLUMNS, MAX_PARTS = 400, 12
HUGE = 1e100  # squares of larger numbers are none, nor are those of numbers as small
FAINT = 1e-6  # of a column's spread: what a part adds less than is none
FINE_STEPS = 3  # in a column's spread, from which on a sum may be right up to rounding only
NEARLY = 1e-3  # of its spread that a column may be off a sum to be a candidate
PASSES = 5


@dataclass(frozen=True, slots=True)
class Sum:
    """A column that is a weighted sum of others, rounded as it is itself.

    Attributes:
        target: the column.
        parts: the others, and the weight of each.
        constant: what is added.
    """

    target: Name
    parts: tuple[tuple[Name, float], ...]
    constant: float

    @property
    def names(self) -> tuple[Name, ...]:
        """The target and the parts."""
        return (self.target, *(name for name, _ in self.parts))

    def of(self, values: Mapping[Name, Numbers]) -> Numbers:
        """The sum, ``[rows]``; NaN where a part is missing."""
        return np.sum([weight * values[name] for name, weight in self.parts], axis=0) + self.constant


@dataclass(frozen=True, slots=True)
class Constraints:
    """All that holds in every row.

    Attributes:
        sums: columns that are sums of columns that are none.
        orders: pairs of columns, the first of which is never above the second; columns that are sums are left out.
        usual: orders that hold in nearly every row.
        redrawn: further pairs in order, whose rows are drawn again where they are not: see `redrawing`.
    """

    sums: tuple[Sum, ...] = ()
    orders: tuple[tuple[Name, Name], ...] = ()
    usual: tuple[Order, ...] = ()
    redrawn: tuple[tuple[Name, Name], ...] = ()

    @classmethod
    def find(
        cls, values: Mapping[Name, Numbers], scales: Mapping[Name, Scale], computed: Collection[Name] = ()
    ) -> Constraints:
        """What holds in all rows that miss none of the columns concerned.

        Args:
            values: numeric columns by name, float64 ``[rows]``, NaN where missing.
            scales: what values each may have.
            computed: the columns that are functions of others, and cannot be moved.
        """
        sizes = {name: np.abs(column).max(where=~np.isnan(column), initial=0) for name, column in values.items()}
        usable = [name for name in values if not sizes[name] or 1 / HUGE < sizes[name] < HUGE]
        usable = sorted(usable, key=lambda name: name in computed)[:MAX_COLUMNS]
        names = [name for name in usable if name not in computed]
        sums = [found for group in _missing_together(values, names) for found in _sums(values, scales, group)]
        free = [name for name in names if name not in {found.target for found in sums}]
        orders = find_orders(free, values, scales)
        return cls(
            tuple(sums),
            tuple(order.names for order in orders if not order.broken),
            tuple(order for order in orders if order.broken),
            tuple(order.names for order in find_orders(usable, values, scales, free) if not order.broken),
        )

    @property
    def names(self) -> set[Name]:
        """All columns that may be moved for a constraint to hold."""
        summed = {name for one in self.sums for name in one.names}
        return summed | {name for order in self.ordered for name in order.names}

    @property
    def ordered(self) -> tuple[Order, ...]:
        """All orders, those that always hold last: they have the last word."""
        return (*self.usual, *(Order(low, high) for low, high in self.orders))

    @property
    def words(self) -> list[str]:
        """What always holds, as people write it."""
        sums = [f"{one.target} from {', '.join(str(name) for name, _ in one.parts)}" for one in self.sums]
        return sums + [f"{low} <= {high}" for low, high in dict.fromkeys((*self.orders, *self.redrawn))]

    def orders_apart(self, names: Collection[Name]) -> Constraints:
        """The orders alone, of columns that are none of these."""
        return Constraints(
            orders=tuple(pair for pair in self.orders if not {*pair} & {*names}),
            usual=tuple(order for order in self.usual if not {*order.names} & {*names}),
        )

    def repair(
        self,
        values: Mapping[Name, Any],
        scales: Mapping[Name, Scale],
        fixed: Mapping[Name, NDArray[np.bool_]] | None = None,
        tied: Collection[Name] = (),
    ) -> dict[Name, Any]:
        """The same values, but those moved that break a constraint, as few as possible and none that is fixed.

        Two columns in the wrong order change places; a sum becomes what its parts come to, or a part what they leave of it.
        A value that would leave the range of its column stays, and the constraint is broken there.

        Args:
            values: columns by name, of which those in constraints are float64 ``[rows]``.
            scales: what values each may have.
            fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
            tied: columns whose distance from another is right, and which do not change places.
        """
        repaired = dict(values)
        for name in self.names:
            repaired[name] = scales[name].rounded(values[name])
        free = {name: ~(fixed or {}).get(name, np.zeros(len(repaired[name]), dtype=bool)) for name in self.names}
        for _ in range(PASSES):
            moved = [put_in_order(repaired, free, order, scales, tied) for order in self.ordered]
            if not any(moved[len(self.usual) :]):
                break
        for found in self.sums:
            _put_right(repaired, free, scales, found)
        return repaired

    def repairable(
        self,
        drawn: Mapping[Name, Any],
        real: Mapping[Name, Any],
        scales: Mapping[Name, Scale],
        tied: Collection[Name] = (),
    ) -> Constraints:
        """Those constraints whose repair leaves every column of synthetic rows distributed about as it was."""

        def spoils(constraint: Constraints) -> bool:
            repaired = constraint.repair(drawn, scales, tied=tied)
            return any(bends(real[name], drawn[name], repaired[name]) for name in constraint.names)

        usual = (replace(order, broken=order.left_of(drawn, scales)) for order in self.usual)
        return Constraints(
            tuple(found for found in self.sums if not spoils(Constraints(sums=(found,)))),
            tuple(pair for pair in self.orders if not spoils(Constraints(orders=(pair,)))),
            tuple(order for order in usual if order.broken < 1 and not spoils(Constraints(usual=(order,)))),
        )

    def state(self) -> dict[str, Any]:
        """The constraints as JSON."""
        sums = [
            {"target": found.target, "parts": [list(part) for part in found.parts], "constant": found.constant}
            for found in self.sums
        ]
        state: dict[str, Any] = {"sums": sums, "orders": [list(pair) for pair in self.orders]}
        if self.usual:
            state["usual"] = [[*order.names, order.broken] for order in self.usual]
        if self.redrawn:
            state["redrawn"] = [list(pair) for pair in self.redrawn]
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Constraints:
        """The constraints that ``state`` described."""
        sums = [
            Sum(
                found["target"],
                tuple((name, float(weight)) for name, weight in found["parts"]),
                float(found["constant"]),
            )
            for found in state["sums"]
        ]
        usual = tuple(Order(low, high, float(broken)) for low, high, broken in state.get("usual", ()))
        orders, redrawn = (tuple((low, high) for low, high in state.get(key, ())) for key in ("orders", "redrawn"))
        return cls(tuple(sums), orders, usual, redrawn)


def _slack(
    target: Name, known: Mapping[Name, Numbers], scales: Mapping[Name, Scale], found: Sum | None = None
) -> float:
    """How far a column may be off its sum: by its own rounding, and by that of parts much coarser than it is itself."""
    step, size = scales[target].step, float(np.abs(known[target]).max())
    if not step:
        return 1e-7 * size  # of float32 numbers that were added as such
    coarser = [abs(weight) * scales[name].step for name, weight in (found.parts if found else ())]
    slack = 0.52 * step + 0.5 * sum(part for part in coarser if part > 2 * step)
    return (slack if known[target].std() > FINE_STEPS * step else 1e-6 * step) + 1e-12 * size


def _missing_together(values: Mapping[Name, Numbers], names: list[Name]) -> list[list[Name]]:
    """Columns that are missing in the very same rows."""
    groups: dict[bytes, list[Name]] = {}
    for name in names:
        groups.setdefault(np.packbits(np.isnan(values[name])).tobytes(), []).append(name)
    return list(groups.values())


def _sums(values: Mapping[Name, Numbers], scales: Mapping[Name, Scale], group: list[Name]) -> list[Sum]:
    """Columns that are sums of others, which vary less: what chance adds to the parts is then little in the sum."""
    rows = np.flatnonzero(~np.isnan(values[group[0]]))
    if len(rows) < max(MIN_ROWS, 3 * len(group)):
        return []
    known = {name: values[name][rows] for name in group}
    some = slice(None, None, max(1, len(rows) // CANDIDATE_ROWS))
    spreads = {name: float(column.std()) for name, column in known.items()}
    basis = np.zeros((len(rows[some]), 0))
    parts: list[Name] = []
    found: list[Sum] = []
    for name in sorted(group, key=lambda name: spreads[name]):
        rest = known[name][some] - known[name][some].mean()
        # Twice is enough (Giraud et al., "Rounding error analysis of the Gram-Schmidt process", 2005).
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        sums = []
        if parts and np.abs(rest).max() <= max(_slack(name, known, scales), NEARLY * spreads[name]):
            sums = _fitted(name, parts, known, spreads, scales)
        found += sums
        if not sums and rest.any():
            basis = np.hstack([basis, (rest / np.linalg.norm(rest))[:, None]])
            parts.append(name)
    return found


def _fitted(
    target: Name,
    parts: list[Name],
    known: Mapping[Name, Numbers],
    spreads: Mapping[Name, float],
    scales: Mapping[Name, Scale],
) -> list[Sum]:
    """The sum, with weights as short as they can be, if it holds in all rows."""
    some = slice(None, None, max(1, len(known[target]) // CANDIDATE_ROWS))

    def weights(names: list[Name]) -> Numbers:
        matrix = np.column_stack(
            [*(known[name][some] / spreads[name] for name in names), np.ones_like(known[target][some])]
        )
        solved = np.linalg.lstsq(matrix, known[target][some], rcond=None)[0]
        return solved / np.array([*(spreads[name] for name in names), 1.0])

    faint = max(FAINT * spreads[target], 3 * _slack(target, known, scales) / np.sqrt(len(known[target][some])))
    heavy = [name for name, weight in zip(parts, weights(parts), strict=False) if abs(weight) * spreads[name] > faint]
    if not 0 < len(heavy) <= MAX_PARTS:
        return []
    exact = weights(heavy)[:-1]
    for tried in (*(exact.round(digits) for digits in range(10)), exact):
        found = Sum(target, tuple(zip(heavy, tried.tolist(), strict=True)), 0.0)
        rest, slack = known[target] - found.of(known), _slack(target, known, scales, found)
        middle = float(rest.min() + rest.max()) / 2
        for constant in (0.0, *(round(middle, digits) for digits in range(10)), middle):
            if tried.all() and np.abs(rest - constant).max() <= slack:
                return [replace(found, constant=constant)]
    return []


def _put_right(
    repaired: dict[Name, Any], free: Mapping[Name, NDArray[np.bool_]], scales: Mapping[Name, Scale], found: Sum
) -> None:
    """Move the sum where it may, else a part, so that the sum holds."""
    off = repaired[found.target] - found.of(repaired)
    for name, weight in ((found.target, -1.0), *sorted(found.parts, key=lambda part: -abs(part[1]))):
        scale = replace(scales[name], significant=None)  # the sum is exact, in however many digits
        moved = scale.rounded(repaired[name] + off / weight)
        slack = scale.step / 2 if name == found.target else 0.0
        may = (np.abs(off) > slack) & free[name] & (moved >= scale.lowest) & (moved <= scale.highest)
        repaired[name] = np.where(may, moved, repaired[name])
        off = np.where(may, 0.0, off)
