"""What ``where`` can say of rows or images, read from Python values or from text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthgan.errors import DataError

_CLAUSE = re.compile(r"(?P<name>.*?)\s*(?P<operator><=|>=|!=|==|=|<|>)\s*(?P<value>.*)", re.DOTALL)
Where = Mapping[str | int, Any] | Iterable[str]


@dataclass(frozen=True, slots=True)
class Clause:
    """One demand on one column: any of some values (None is missing), or a range with both ends included.

    Attributes:
        name: the column.
        values: the values allowed; None where a range is meant.
        low: lower bound; None for none.
        high: upper bound; None for none.
        strict: whether the range leaves its bounds themselves out.
    """

    name: str | int
    values: tuple[Any, ...] | None = None
    low: Any = None
    high: Any = None
    strict: bool = False

    def __str__(self) -> str:
        """The clause as it is written on the command line."""
        if self.values is not None:
            return f"{self.name}={'|'.join('' if value is None else str(value) for value in self.values)}"
        equal = "" if self.strict else "="
        bounds = [f"{self.name}>{equal}{self.low}"] if self.low is not None else []
        bounds += [f"{self.name}<{equal}{self.high}"] if self.high is not None else []
        return " and ".join(bounds)


def read_where(where: Where) -> list[Clause]:
    """The clauses of a ``where``.

    Args:
        where: a mapping from column to a value, a list of values, a ``(low, high)`` tuple with both ends included (None
            for an open end) or None (missing); or texts such as ``"sex=F"``, ``"race=A|B"``, ``"age>=65"``, ``"x="``.

    Raises:
        DataError: if a text is no condition.
    """
    if isinstance(where, Mapping):
        return [_from_value(name, value) for name, value in where.items()]
    texts = [where] if isinstance(where, str) else list(where)
    return [_from_text(text) for text in texts]


def _from_value(name: str | int, value: Any) -> Clause:
    if isinstance(value, tuple):
        if len(value) != 2:  # noqa: PLR2004
            raise DataError(
                f"a range on column {name!r} must be (low, high), however: {value!r}; use a list for several values"
            )
        return Clause(name, low=value[0], high=value[1])
    if isinstance(value, (list, set, frozenset, np.ndarray)):
        return Clause(name, tuple(value))
    return Clause(name, (value,))


def _from_text(text: str) -> Clause:
    match = _CLAUSE.fullmatch(text.strip())
    if match is None or not match["name"] or match["operator"] == "!=":
        raise DataError(f"a condition must be like sex=F, race=A|B, age>=65 or x= (missing), however: {text!r}")
    name, operator, value = match["name"], match["operator"], match["value"]
    if operator in {"=", "=="}:
        return Clause(name, tuple(part or None for part in value.split("|")))
    if not value:
        raise DataError(f"a range must have a bound, however: {text!r}; write for example {name}{operator}10")
    strict = operator in {"<", ">"}
    return Clause(name, low=value, strict=strict) if operator[0] == ">" else Clause(name, high=value, strict=strict)
