"""Says what holds between linked tables: orders of times along keys, what is constant or never falls, totals of rows below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from synthgan.data.stamps import NANOSECONDS
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean_or_known

ORDERS: Final = ("<=", ">=")
AGGREGATES: Final = ("count", "sum", "mean", "min", "max", "first", "last")
PLACE: Final = "place"
RELATIONS: Final = (*ORDERS, "constant", "rising", PLACE, *AGGREGATES)
DECLARED: Final = "declared"
FOUND: Final = "search"
_SAID: Final = {"constant": "is constant", "rising": "never falls", PLACE: "numbers the rows"}
_KEYS: Final = ("table", "column", "relation", "of", "other", "unit", "times", "broken", "found_by", "use")


@dataclass(frozen=True)
class LinkedRule:
    """Something that holds between a column of a table and rows above or below.

    Attributes:
        table: whose rows keep it.
        column: of that table.
        relation: "<=" or ">=": it is never greater, or less, than ``other`` of the row above, or of its own row; "constant": all
            rows of a row above have the same; "rising": it never falls in the rows of a row above, in their order; "place": it numbers
            the rows of a row above, or those that refer to one row, from 1 or 0 on; "count", "sum", "mean", "min", "max", "first" or
            "last": it is that of the rows below.
        of: the table above, the own one, of totals the table below, or of places a table that is referred to.
        other: its column; None of "constant", "rising", "place" and "count".
        unit: of an order of times, the unit in which they are compared: of "day" a date is not before a time of its own day;
            None compares them as they are.
        times: a second column below, which ``other`` is multiplied by before it is summed; None for none.
        broken: the share of rows that need not keep it, as that of the real ones does not.
        found_by: "search", or "declared" by a user.
        use: whether it is kept; False switches it off.

    Raises:
        SchemaError: it is none; the message says what is wrong.

    Example:
        >>> print(LinkedRule("labs", "taken", ">=", "admissions", "admitted"))
        labs.taken >= admissions.admitted
        >>> print(LinkedRule("bills", "total", "sum", "items", "price", times="pieces"))
        bills.total = sum(items.price * items.pieces)
    """

    table: str
    column: str
    relation: str
    of: str
    other: str | None = None
    unit: str | None = None
    times: str | None = None
    broken: float = 0.0
    found_by: str = DECLARED
    use: bool = True

    def __post_init__(self) -> None:
        """Checks it by itself."""
        if self.relation not in RELATIONS:
            raise SchemaError(
                f"relation of a rule must be one of {', '.join(RELATIONS)}, however: found {self.relation!r}",
                remedy=did_you_mean_or_known(self.relation, RELATIONS),
            )
        needs = self.relation in ORDERS or (self.relation in AGGREGATES and self.relation != "count")
        if needs != (self.other is not None):
            raise SchemaError(
                f"a rule of {self.relation} must name {'a' if needs else 'no'} column as other, however: found {self.other!r}"
            )
        if self.times is not None and self.relation != "sum":
            raise SchemaError(f"times must stand in a rule of sum, however: found it in one of {self.relation}")
        if self.unit is not None and (self.unit not in NANOSECONDS or self.relation not in ORDERS):
            raise SchemaError(
                f"unit of an order of times must be one of {', '.join(NANOSECONDS)}, however: found {self.unit!r}"
            )
        if not 0 <= self.broken <= 1:
            raise SchemaError(f"broken must be a share between 0 and 1, however: found {self.broken!r}")

    def __str__(self) -> str:
        """The rule in short."""
        mine, its = f"{self.table}.{self.column}", self.of if self.other is None else f"{self.of}.{self.other}"
        if self.relation in ORDERS:
            return f"{mine} {self.relation} {its}" + (f" (by {self.unit}s)" if self.unit else "")
        if self.relation in AGGREGATES:
            factor = "" if self.times is None else f" * {self.of}.{self.times}"
            return f"{mine} = {self.relation}({its}{factor})"
        return f"{mine} {_SAID[self.relation]} in {its}"

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """The columns that it speaks of, each with its table."""
        return (
            (self.table, self.column),
            *((self.of, one) for one in (self.other, self.times) if one is not None),
        )

    def to_dict(self) -> dict[str, Any]:
        """Gives the rule as a dictionary for JSON."""
        shown: dict[str, Any] = {"table": self.table, "column": self.column, "relation": self.relation, "of": self.of}
        shown |= {name: getattr(self, name) for name in ("other", "unit", "times") if getattr(self, name) is not None}
        shown |= {"broken": self.broken} if self.broken else {}
        return shown | {"found_by": self.found_by} | ({} if self.use else {"use": False})

    @classmethod
    def from_dict(cls, given: Any) -> LinkedRule:
        """Reads what `to_dict` gives.

        Raises:
            SchemaError: it is anything else.
        """
        if not isinstance(given, Mapping) or not set(_KEYS[:4]) <= given.keys() <= set(_KEYS):
            raise SchemaError(
                f"a rule must be an object of {', '.join(_KEYS[:4])} and perhaps {', '.join(_KEYS[4:])}, however: found "
                f"{str(given)[:100]}"
            )
        texts = [given[name] for name in _KEYS[:4]] + [
            given[key] for key in ("other", "unit", "times") if given.get(key)
        ]
        broken, use, found_by = given.get("broken", 0.0), given.get("use", True), given.get("found_by", DECLARED)
        is_number = isinstance(broken, (int, float)) and not isinstance(broken, bool)
        if not all(isinstance(one, str) for one in (*texts, found_by)) or not is_number or not isinstance(use, bool):
            raise SchemaError(
                f"a rule must name columns by text, and use must be true or false, however: found {str(given)[:100]}"
            )
        return cls(**{**given, "broken": float(broken)})


def read_rules(given: Any) -> tuple[LinkedRule, ...] | None:
    """Reads a list of rules; None, where they are to be found, stays None.

    Raises:
        SchemaError: it is neither.
    """
    if given is None:
        return None
    if not isinstance(given, list):
        raise SchemaError(f"rules must be a list, however: found {type(given).__name__}")
    return tuple(LinkedRule.from_dict(one) for one in given)
