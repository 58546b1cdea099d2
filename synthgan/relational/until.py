"""How far histories go on: up to a moment, so long after their first row, or so many rows."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.data.column import TEMPORAL, Column, Kind
from synthgan.data.exact import exact_number
from synthgan.data.stamps import NANOSECONDS
from synthgan.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups

_ROWS = re.compile(r"\s*(\d+)\s*rows?\s*")
_MOMENTS = TEMPORAL - {Kind.DURATION}
_SECONDS = Column("until", Kind.DURATION, "double", unit="second")


@dataclass(frozen=True)
class Until:
    """The end of histories that are gone on with.

    Attributes:
        rows: how many rows each has at most,
        value: or the greatest value of the order,
        span: or how far the order goes at most from the first row of each; both in units of the column.
    """

    rows: int | None = None
    value: float | None = None
    span: float | None = None

    @classmethod
    def read(cls, given: Any, order: Column | None) -> Self:
        """What somebody said.

        Args:
            given: ``"24 rows"``; of dates and stamps a duration (``"72h"``, a timedelta) or a moment (``"2021-03-01"``, a date);
                of other orders a value.
            order: the column that rows are put in order by; None where they stand in it.

        Raises:
            ConfigError: if it is none of these.
        """
        if isinstance(given, str) and (found := _ROWS.fullmatch(given)):
            return cls(rows=int(found[1]))
        if order is None:
            raise _unreadable(given, "like '24 rows' where rows have no order")
        if order.kind not in _MOMENTS:
            return cls(value=_number(order, given, f"'24 rows' or a value of {order.name!r}"))
        said = f"like '72h', '2021-03-01' or '24 rows' where {order.name!r} is a time"
        if isinstance(given, (dt.timedelta, np.timedelta64)):
            return cls(span=_span(given, order, said))
        try:
            return cls(value=_number(order, given, said))
        except ConfigError:
            if not isinstance(given, str) or re.fullmatch(r"[\s\d.]*", given):  # of what unit nobody knows
                raise
            return cls(span=_span(given, order, said))

    def allows(self, order: NDArray[np.float64] | None, groups: Groups) -> NDArray[np.bool_]:
        """Bool ``[rows]``: which rows of groups are not beyond the end; what has no order is where it stands."""
        if self.rows is not None:
            return groups.position < self.rows
        assert order is not None  # noqa: S101 (else only rows are counted)
        if self.value is not None:
            return ~(order > self.value)
        assert self.span is not None  # noqa: S101 (one of the three is said)
        return ~(order - order[groups.starts[groups.owner]] > self.span)


def _number(column: Column, given: Any, must: str) -> float:
    try:
        found = exact_number(column, given)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise _unreadable(given, must) from error
    if found is None:
        raise _unreadable(given, must)
    return float(found)


def _span(given: Any, order: Column, must: str) -> float:
    return _number(_SECONDS, given, must) * NANOSECONDS["second"] / NANOSECONDS[str(order.unit)]


def _unreadable(given: Any, must: str) -> ConfigError:
    return ConfigError(f"until must be {must}, however: {given!r}", parameter="until")
