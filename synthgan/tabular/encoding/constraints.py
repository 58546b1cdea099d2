"""What holds between numeric columns in every row: sums, equal and converted columns, one never above another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Name = str | int

MAX_ROWS = 200_000  # asked whether a constraint holds
MIN_ROWS = 100  # below, what always held may have been chance
CANDIDATE_ROWS = 10_000  # to find candidates
MAX_COLUMNS, MAX_PARTS = 400, 12
HUGE = 1e100  # squares of larger numbers are none, nor are those of numbers as small
FAINT = 1e-6  # of a column's spread: what a part adds less than is none
FINE_STEPS = 3  # in a column's spread, from which on a sum may be right up to rounding only
CROSSED_SHARE = 0.02  # of strangers' values that an order must forbid, or it says nothing
CROSSED_ROWS = 20  # that would break the order by now if it were chance
SAME_SHAPE = 0.01  # Kolmogorov-Smirnov distance that a column may move by when it is repaired; of few rows, more
NEARLY = 1e-3  # of its spread that a column may be off a sum to be a candidate
PASSES = 5
_FORM = attrgetter("kind", "step", "offset")  # what two columns must share to change places


@dataclass(frozen=True, slots=True)
class Scale:
    """What values a column may have.

    Attributes:
        step: they are multiples of it, counted from an offset below it; 0 for any number.
        lowest: no value is below,
        highest: and none above.
        kind: columns are put in order with others of their kind only.
    """

    step: float
    lowest: float
    highest: float
    kind: Any = None
    offset: float = 0.0


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
    """

    sums: tuple[Sum, ...] = ()
    orders: tuple[tuple[Name, Name], ...] = ()

    @classmethod
    def find(cls, values: Mapping[Name, Numbers], scales: Mapping[Name, Scale]) -> Constraints:
        """What holds in all rows that miss none of the columns concerned.

        Args:
            values: numeric columns by name, float64 ``[rows]``, NaN where missing.
            scales: what values each may have.
        """
        sizes = {name: np.abs(column).max(where=~np.isnan(column), initial=0) for name, column in values.items()}
        names = [name for name in values if not sizes[name] or 1 / HUGE < sizes[name] < HUGE][:MAX_COLUMNS]
        sums = [found for group in _missing_together(values, names) for found in _sums(values, scales, group)]
        free = [name for name in names if name not in {found.target for found in sums}]
        pairs = ((low, high) for low in free for high in free if low != high)
        alike = [(low, high) for low, high in pairs if _FORM(scales[low]) == _FORM(scales[high])]
        return cls(tuple(sums), tuple(pair for pair in alike if _in_order(values[pair[0]], values[pair[1]])))

    @property
    def names(self) -> set[Name]:
        """All columns that a constraint speaks of."""
        return {name for pair in self.orders for name in pair} | {name for found in self.sums for name in found.names}

    def repair(
        self,
        values: Mapping[Name, Any],
        scales: Mapping[Name, Scale],
        fixed: Mapping[Name, NDArray[np.bool_]] | None = None,
    ) -> dict[Name, Any]:
        """The same values, but those moved that break a constraint, as few as possible and none that is fixed.

        Two columns in the wrong order change places; a sum becomes what its parts come to, or a part what they leave of it.
        A value that would leave the range of its column stays, and the constraint is broken there.

        Args:
            values: columns by name, of which those in constraints are float64 ``[rows]``.
            scales: what values each may have.
            fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
        """
        repaired = dict(values)
        for name in self.names:
            repaired[name] = _rounded(values[name], scales[name])
        free = {name: ~(fixed or {}).get(name, np.zeros(len(repaired[name]), dtype=bool)) for name in self.names}
        for _ in range(PASSES):
            moved = [_put_in_order(repaired, free, *pair) for pair in self.orders]
            if not any(moved):
                break
        for found in self.sums:
            _put_right(repaired, free, scales, found)
        return repaired

    def repairable(
        self, drawn: Mapping[Name, Any], real: Mapping[Name, Any], scales: Mapping[Name, Scale]
    ) -> Constraints:
        """Those constraints whose repair leaves every column of synthetic rows distributed about as it was."""
        from scipy.stats import ks_2samp

        def distance(name: Name, values: Mapping[Name, Any]) -> tuple[float, float]:
            here, there = (column[~np.isnan(column)] for column in (values[name], real[name]))
            if not len(here) or not len(there):
                return 0.0, 0.0
            return float(ks_2samp(here, there, method="asymp").statistic), SAME_SHAPE + 0.5 / np.sqrt(len(there))

        def spoils(constraint: Constraints) -> bool:
            repaired = constraint.repair(drawn, scales)
            for name in constraint.names:
                before, allowed = distance(name, drawn)
                if distance(name, repaired)[0] > before + allowed:
                    return True
            return False

        return Constraints(
            tuple(found for found in self.sums if not spoils(Constraints(sums=(found,)))),
            tuple(pair for pair in self.orders if not spoils(Constraints(orders=(pair,)))),
        )

    def state(self) -> dict[str, Any]:
        """The constraints as JSON."""
        sums = [
            {"target": found.target, "parts": [list(part) for part in found.parts], "constant": found.constant}
            for found in self.sums
        ]
        return {"sums": sums, "orders": [list(pair) for pair in self.orders]}

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
        return cls(tuple(sums), tuple((low, high) for low, high in state["orders"]))


def _rounded(values: Numbers, scale: Scale) -> Numbers:
    """The values as whole steps from the offset."""
    offset, step = scale.offset, scale.step
    return np.round((values - offset) / step) * step + offset if step else values.copy()


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


def _in_order(low: Numbers, high: Numbers) -> bool:
    """Whether one column is never above the other, although it would often be if they were strangers."""
    if (low[:1_000] > high[:1_000]).any() or (low > high).any():
        return False
    known = np.flatnonzero(~np.isnan(low) & ~np.isnan(high))
    known = known[:: max(1, len(known) // CANDIDATE_ROWS)]
    if len(known) < MIN_ROWS:
        return False
    crossed = float((np.searchsorted(np.sort(high[known]), low[known], side="left") / len(known)).mean())
    return crossed >= CROSSED_SHARE and crossed * len(known) >= CROSSED_ROWS


def _put_in_order(repaired: dict[Name, Any], free: Mapping[Name, NDArray[np.bool_]], low: Name, high: Name) -> bool:
    """Let two columns change places, or one come up to the other, where they are in the wrong order; whether any were."""
    lower, higher = repaired[low], repaired[high]
    wrong = lower > higher
    first, second = wrong & free[low], wrong & free[high]
    repaired[low], repaired[high] = np.where(first, higher, lower), np.where(second, lower, higher)
    return bool((first | second).any())


def _put_right(
    repaired: dict[Name, Any], free: Mapping[Name, NDArray[np.bool_]], scales: Mapping[Name, Scale], found: Sum
) -> None:
    """Move the sum where it may, else a part, so that the sum holds."""
    off = repaired[found.target] - found.of(repaired)
    for name, weight in ((found.target, -1.0), *sorted(found.parts, key=lambda part: -abs(part[1]))):
        scale = scales[name]
        moved = _rounded(repaired[name] + off / weight, scale)
        slack = scale.step / 2 if name == found.target else 0.0
        may = (np.abs(off) > slack) & free[name] & (moved >= scale.lowest) & (moved <= scale.highest)
        repaired[name] = np.where(may, moved, repaired[name])
        off = np.where(may, 0.0, off)
