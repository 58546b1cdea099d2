"""What ``where`` can say of rows or images: demands on columns, read from Python values or from text."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, KeysView, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np

from synthgan.data.clause_text import Operation, as_item, read_text
from synthgan.data.containers.raw import Frame, container_of, names_of
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean_or_known

Conditions = Mapping[str | int, Any] | Iterable[str]
Where = Conditions | Iterable[Mapping[str | int, Any]] | Frame
Known = Mapping[str, Sequence[Any] | None]
"""The columns that conditions may speak of, and their levels; None for numbers."""

MAX_VALUES: Final = 100_000
_OPERATORS: Final = ("=", "==", "!=", "<", "<=", ">", ">=", "in", "not in")
_SINGLE: Final = (str, int, float, bool, Decimal, Fraction, dt.date, dt.time, dt.timedelta, np.generic, uuid.UUID)
_MISSING: Final = {"NAType", "NaTType"}


@dataclass(frozen=True, slots=True)
class Clause:
    """One demand on one column: any of some values (None is missing), or a range with both ends included.

    Attributes:
        name: the column.
        values: the values allowed; None where a range is meant.
        low: lower bound; None for none.
        high: upper bound; None for none.
        strict: whether the range leaves its bounds themselves out.
        negated: whether the values are those that are not allowed; what is missing is then allowed, unless it is one of them.
    """

    name: str | int
    values: tuple[Any, ...] | None = None
    low: Any = None
    high: Any = None
    strict: bool = False
    negated: bool = False

    def __str__(self) -> str:
        """The clause as it is written on the command line."""
        name = as_item(self.name, bounds="=<>!")
        if self.values is not None:
            values = "|".join("" if value is None else as_item(value, bounds="|") for value in self.values)
            return f"{name}{'!=' if self.negated else '='}{values}"
        equal = "" if self.strict else "="
        bounds = [f"{name}>{equal}{self.low}"] if self.low is not None else []
        bounds += [f"{name}<{equal}{self.high}"] if self.high is not None else []
        return " and ".join(bounds) or f"{name}!="


def read_where(where: Conditions | None, known: Known | None = None) -> list[Clause]:
    """The clauses of conditions that hold together.

    Args:
        where: a mapping from column to a value, a list of values, a ``(low, high)`` tuple with both ends included (None
            for an open end), None (missing) or a mapping from operators to those, ``{">": 3, "<=": 5}``; or texts such as
            ``"sex=F"``, ``"race=A|B"``, ``"age>=65"``, ``"x="``, all of which hold. The guide has the whole grammar.
        known: the columns and their levels, which win over operators in texts.

    Raises:
        DataError: if it is no condition.
    """
    if where is None:
        return []
    given: Any = where
    if isinstance(given, Mapping):
        return [clause for name, value in given.items() for clause in _from_value(name, value)]
    if not isinstance(given, Iterable) or isinstance(given, bytes) or container_of(given) is not None:
        raise _not_where(given)
    clauses = []
    for text in [given] if isinstance(given, str) else given:
        if not isinstance(text, str):
            raise _not_where(text)
        clauses.append(_from_operation(read_text(text, known or {})))
    return clauses


def rows_of_conditions(where: Where | None) -> list[Mapping[str | int, Any]] | None:
    """The conditions of each row, where ``where`` is a table or a list of mappings; None where it is one condition.

    Raises:
        DataError: if it is a table without rows.
    """
    container = container_of(where)
    if container is None:
        if not isinstance(where, (list, tuple)) or not where or not all(isinstance(row, Mapping) for row in where):
            return None
        return list(where)
    table: Any = where
    if not len(table):
        raise DataError("a table of conditions must have a row, however: it has none")
    if container == "polars":
        return list(table.to_dicts())
    if container == "pyarrow":
        return list(table.to_pylist())
    columns = [table.iloc[:, index].tolist() for index in range(table.shape[1])]
    return [dict(zip(names_of(table), cells, strict=True)) for cells in zip(*columns, strict=True)]


def _not_where(found: object) -> DataError:
    return DataError(
        "conditions must be a mapping from column to value, texts such as 'age>=65', or a table or list of mappings with the "
        f"conditions of a row each, however: found {type(found).__name__}"
    )


def _from_operation(said: Operation) -> Clause:
    """The clause that a text says."""
    name, operator, values = said
    if operator in {"=", "==", "in", "!=", "not in"}:
        return Clause(name, values, negated=operator in {"!=", "not in"})
    strict, bound = operator in {"<", ">"}, values[0]
    return Clause(name, low=bound, strict=strict) if operator[0] == ">" else Clause(name, high=bound, strict=strict)


def _from_value(name: str | int, value: Any) -> list[Clause]:
    """The clauses that the value of a mapping says of a column."""
    if isinstance(value, Mapping):
        return _from_operators(name, value)
    if isinstance(value, tuple):
        if len(value) != 2:  # noqa: PLR2004
            raise DataError(
                f"a range on column {name!r} must be (low, high), however: {value!r}; use a list for several values"
            )
        low, high = (_single(name, bound) for bound in value)
        return [Clause(name, low=low, high=high)]
    if type(value).__name__ == "Interval" and hasattr(value, "closed"):  # of pandas
        return [
            Clause(name, low=value.left, strict=value.closed not in {"left", "both"}),
            Clause(name, high=value.right, strict=value.closed not in {"right", "both"}),
        ]
    values = _listed(value)
    return [Clause(name, (_single(name, value),) if values is None else _several(name, values))]


def _from_operators(name: str | int, said: Mapping[Any, Any]) -> list[Clause]:
    """The clauses of ``{">": 3, "not in": [4, 5]}``."""
    if not said:
        raise DataError(f"conditions on column {name!r} must say something, however: found {{}}")
    clauses = []
    for operator, value in said.items():
        if operator not in _OPERATORS:
            raise DataError(
                f"conditions on column {name!r} must be by operators, however: found {operator!r}",
                remedy=did_you_mean_or_known(operator, _OPERATORS),
            )
        if operator[0] in "<>":
            bound = _single(name, value)
            if bound is None:
                raise DataError(f"a range on column {name!r} must have a bound, however: {{{operator!r}: {value!r}}}")
            clauses.append(_from_operation(Operation(name, operator, (bound,))))
            continue
        values = _listed(value)
        found = (_single(name, value),) if values is None else _several(name, values)
        clauses.append(Clause(name, found, negated=operator in {"!=", "not in"}))
    return clauses


def _listed(value: Any) -> Iterable[Any] | None:
    """The values of anything that is a list of values; None where it is none."""
    if isinstance(value, (str, bytes, tuple, np.generic)) or container_of(value) is not None:
        return None
    if isinstance(value, np.ndarray):
        return value if value.ndim else None
    if isinstance(value, (Sequence, AbstractSet, KeysView, ValuesView)):
        return value
    for method in ("to_pylist", "to_list", "tolist"):  # of Arrow, of polars and pandas, of pandas' arrays
        if hasattr(value, method) and hasattr(value, "__len__"):
            found = getattr(value, method)()
            return found if isinstance(found, list) else None
    return None


def _several(name: str | int, values: Any) -> tuple[Any, ...]:
    count = len(values)
    if not 0 < count <= MAX_VALUES:
        found = f"of {count:,}" if count else "empty"
        raise DataError(
            f"a list of values of column {name!r} must have 1 to {MAX_VALUES:,}, however: it is {found}; use a range for many"
        )
    return tuple(_single(name, value) for value in values)


def _single(name: str | int, value: Any) -> Any:
    """One value, as plain as it goes; None where it is missing."""
    if hasattr(value, "as_py"):  # a scalar of Arrow
        value = value.as_py()
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value[()]
    if _is_missing(value):
        return None
    if not isinstance(value, _SINGLE) or isinstance(value, (np.void, np.bytes_, np.complexfloating)):
        found = f"a {type(value).__name__}" if not isinstance(value, slice) else f"{value!r}"
        raise DataError(
            f"a condition on column {name!r} must be a value, a list of values, a (low, high) range or None for missing, "
            f"however: found {found}"
        )
    return value.item() if isinstance(value, (np.integer, np.bool_, np.str_)) else value


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in _MISSING:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, (float, np.floating, np.datetime64, np.timedelta64)) and bool(value != value)  # noqa: PLR0124
