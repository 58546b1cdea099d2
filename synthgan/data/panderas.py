"""Takes a schema of pandera as it is: its checks become bounds, levels and rules, and a warning names those that cannot."""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np
import pandas as pd

from synthgan.data.column import CODED, NUMBERS, TEMPORAL, Column, Kind
from synthgan.data.containers.raw import container_of, names_of
from synthgan.data.rules import Rule
from synthgan.data.schema import Schema
from synthgan.errors import DataWarning, SchemaError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from synthgan.data.containers.raw import Frame

Name = str | int
_MODULE: Final = "pandera."
_TEXT: Final = {"str", "object", "string", "String", "str[python]", "string[python]", "string[pyarrow]", "large_string"}
_SIGNS: Final = {
    "greater_than": (">", "min_value"),
    "greater_than_or_equal_to": (">=", "min_value"),
    "less_than": ("<", "max_value"),
    "less_than_or_equal_to": ("<=", "max_value"),
}


class PanderaSchema(Protocol):
    """A ``DataFrameSchema`` of pandera."""

    columns: Any


class PanderaModel(Protocol):
    """A ``DataFrameModel`` of pandera."""

    def to_schema(self) -> Any:
        """The schema of the model."""
        ...  # pragma: no cover


AnySchema: TypeAlias = Schema | PanderaSchema | PanderaModel


def own_schema(
    schema: AnySchema | None,
    frame: Frame,
    *,
    identifiers: Collection[Name] = (),
    drop: Collection[Name] = (),
    strict: bool = False,
    types_only: bool = False,
) -> tuple[Schema | None, Collection[Name], Collection[Name]]:
    """A schema as synthgan has it, and the columns that are still to be made anew and to be left out.

    Raises:
        SchemaError: it is a schema neither of synthgan nor of pandera, or as `schema_of` does.
        DataError: as `schema_of` does.
    """
    if schema is None or isinstance(schema, Schema):
        return schema, identifiers, drop
    if not any(kind.__module__.startswith(_MODULE) for kind in type(schema).__mro__):  # pandera itself is not imported
        raise SchemaError(
            f"schema must be a Schema or a schema of pandera, however: found {type(schema).__name__}",
            remedy="Schema.from_json reads what `synthgan schema` writes",
        )
    found = schema_of(schema, frame, identifiers=identifiers, drop=drop, strict=strict, types_only=types_only)
    return found, (), ()


def schema_of(
    given: Any,
    frame: Frame,
    *,
    identifiers: Collection[Name] = (),
    drop: Collection[Name] = (),
    strict: bool = False,
    types_only: bool = False,
) -> Schema:
    """The schema of a frame of which a schema of pandera says what it must be; one warning names what it says in vain.

    Args:
        given: a ``DataFrameSchema`` or a ``DataFrameModel`` of pandera.
        frame: the table, or one without rows for what goes by types alone.
        identifiers: as for `Schema.infer`.
        drop: as for `Schema.infer`.
        strict: as for `Schema.infer`.
        types_only: as for `Schema.infer`.

    Raises:
        SchemaError: a column that must be there is not, or one is there that must not be.
        DataError: as `Schema.infer` does.
    """
    given = given if hasattr(given, "columns") else given.to_schema()
    names = names_of(frame)
    matched = _matched(given, names)
    stray = [name for name in names if name not in matched and name not in drop]
    if given.strict is True and stray:
        raise SchemaError(f"a strict pandera schema must name all columns, however: it has no {stray[0]!r}")
    left_out = [*drop, *(stray if given.strict == "filter" else [])]
    own = Schema.infer(frame, identifiers=identifiers, drop=left_out, types_only=types_only, strict=strict)
    said = _Said(frame, own.names)
    columns = tuple(said.column(column, matched[column.name]) if column.name in matched else column for column in own)
    for names_together in _together(given.unique):
        said.differ(names_together, columns)
    said.vain += [f"check {_named(check)}" for check in given.checks or ()]
    said.vain += [
        what for what in ("parsers", "add_missing_columns", "drop_invalid_rows") if getattr(given, what, None)
    ]
    if said.vain:
        line = f"the pandera schema says what is not kept to: {'; '.join(said.vain)}"
        warnings.warn(DataWarning(f"{line}; write it as rules of the schema"), stacklevel=2)
    return replace(own.of_columns(columns), rules=Rule.read_all(said.rules, own.names))


def _matched(given: Any, names: Sequence[Name]) -> dict[Name, Any]:
    """What is said of each column of a frame, those of its index among them."""
    found: dict[Name, Any] = {}
    for key, said in given.columns.items():
        own = [name for name in names if (re.match(key, str(name)) if said.regex else str(name) == str(key))]
        if not own and said.required:
            raise SchemaError(f"column {key!r} of the pandera schema must be in the table, however: it is not")
        found |= dict.fromkeys(own, said)
    for said in getattr(given.index, "indexes", [given.index]):
        found |= {name: said for name in names if said is not None and str(name) == str(said.name)}
    return found


@dataclass
class _Said:
    """What is gathered from column to column.

    Attributes:
        frame: the table.
        names: of its columns.
        rules: what became rules.
        vain: what became nothing, in words.
    """

    frame: Frame
    names: Sequence[Name]
    rules: list[str] = field(default_factory=list)
    vain: list[str] = field(default_factory=list)

    def column(self, column: Column, given: Any) -> Column:
        """A column with all that is said of it."""
        own = _type_of(self.frame, column.name)
        if given.dtype is not None and own is not None and _plain(str(given.dtype)) != _plain(own):
            self.vain.append(f"column {column.name!r}: type {given.dtype}, for {own}")
        levels = getattr(given.dtype, "categories", None)
        column = column if levels is None else self._listed(column, levels, "categories")
        for check in given.checks or ():
            column = self._checked(column, check, nullable=bool(given.nullable))
        for what in ("parsers", "default", "drop_invalid_rows"):
            if getattr(given, what, None) not in (None, False, []):
                self.vain.append(f"column {column.name!r}: {what}")
        if not given.nullable and column.missing is not None:
            if column.kind is Kind.IDENTIFIER:
                column = replace(column, missing=None)
            else:
                self.rules.append(f"{_quoted(column.name)} !=")
        if given.unique and column.kind is Kind.IDENTIFIER:
            column = replace(column, repeats=None)
        elif given.unique:
            self.differ([column.name], [column])
        return column

    def differ(self, names: Sequence[Name], columns: Iterable[Column]) -> None:
        """Columns that must differ together."""
        known = {str(column.name): column for column in columns}
        if all(str(name) in known and known[str(name)].kind is not Kind.TEXT for name in names):
            self.rules.append(f"unique({', '.join(map(_quoted, names))})")
        else:
            self.vain.append(f"unique {', '.join(map(str, names))}")

    def _checked(self, column: Column, check: Any, *, nullable: bool) -> Column:
        """A column with what one check says of it."""
        name, said = _named(check), check.statistics or {}
        if not (check.groupby or check.raise_warning):
            if name in _SIGNS:
                sign, key = _SIGNS[name]
                return self._bounded(column, sign, said[key], name)
            if name == "in_range":
                low, high = (">=" if said["include_min"] else ">"), ("<=" if said["include_max"] else "<")
                return self._bounded(self._bounded(column, low, said["min_value"], name), high, said["max_value"], name)
            if name in {"isin", "equal_to"}:
                values = list(said["allowed_values"]) if name == "isin" else [said["value"]]
                if column.kind in CODED | {Kind.TEXT, Kind.IDENTIFIER} and name == "isin":
                    return self._listed(column, values, name)
                return self._ruled(column, "=", [*values, None] if nullable else values, name)
            if name in {"notin", "not_equal_to"}:
                values = list(said["forbidden_values"]) if name == "notin" else [said["value"]]
                return self._ruled(column, "!=", values, name)
        self.vain.append(f"column {column.name!r}: check {name}")
        return column

    def _bounded(self, column: Column, sign: str, value: Any, check: str) -> Column:
        """A column with a bound; a strict one of what has fractions is a rule besides."""
        if column.kind not in NUMBERS | TEMPORAL:
            return self._ruled(column, sign, [value], check)
        bound = _scalar(value)
        if column.kind is Kind.INTEGER and isinstance(bound, (int, float)):
            bound = math.floor(bound) + (sign == ">" or bound != math.floor(bound)) if ">" in sign else bound
            bound = math.ceil(bound) - (sign == "<" or bound != math.ceil(bound)) if "<" in sign else bound
        attribute, side = ("minimum", 0) if ">" in sign else ("maximum", 1)
        try:
            bounded = replace(column, **{attribute: bound})
        except (SchemaError, TypeError, ArithmeticError):
            self.vain.append(f"column {column.name!r}: check {check}")
            return column
        both = [one.bounds[side] for one in (column, bounded) if getattr(one, attribute) is not None]
        tighter = len(both) == 1 or (both[1] > both[0] if side == 0 else both[1] < both[0])  # type: ignore[operator]
        if sign in {"<", ">"} and column.kind is not Kind.INTEGER:
            column = self._ruled(column, sign, [value], check)
        return bounded if tighter else column

    def _listed(self, column: Column, values: Iterable[Any], check: str) -> Column:
        """A column with its levels; text that was taken for keys or prose is a category then."""
        levels = tuple(_scalar(value) for value in values if not _is_missing(value))
        if column.kind in {Kind.TEXT, Kind.IDENTIFIER}:
            column = replace(column, kind=Kind.CATEGORY, pattern=None, repeats=None, form=None, locale=None, why=None)
        try:
            return replace(column, levels=levels, rare=None)
        except SchemaError:
            self.vain.append(f"column {column.name!r}: {check}")
            return column

    def _ruled(self, column: Column, sign: str, values: Sequence[Any], check: str) -> Column:
        """The column; a rule compares it with values."""
        texts = ["" if _is_missing(value) else _quoted(_text(value)) for value in values]
        names = {str(name) for name in self.names}
        ordered = column.kind is Kind.ORDERED or column.kind in NUMBERS | TEMPORAL
        if (sign not in {"=", "!="} and not ordered) or column.kind in {Kind.TEXT, Kind.IDENTIFIER} or not texts:
            self.vain.append(f"column {column.name!r}: check {check}")
        elif names & {_text(value) for value in values}:
            self.vain.append(f"column {column.name!r}: check {check} (a value is called as a column is)")
        else:
            self.rules.append(f"{_quoted(column.name)} {sign} {'|'.join(texts)}")
        return column


def _together(unique: Any) -> list[list[Name]]:
    """Which columns must differ together: pandera takes a name, or a list."""
    return [] if not unique else [[unique]] if isinstance(unique, (str, int)) else [list(unique)]


def _named(check: Any) -> str:
    return str(check.name or check.error or "without a name")


def _type_of(frame: Any, name: Name) -> str | None:
    """A column's type in the words of its library; None where pandera has no words for it, or it is of the index."""
    if container_of(frame) == "pyarrow" or name not in frame.columns:
        return None
    return str(frame[name].dtype)


def _plain(dtype: str) -> str:
    """A type without the unit of its stamps and the name of its text."""
    return "text" if dtype in _TEXT else re.sub(r"\[(ns|us|ms|s)", "[", dtype)


def _scalar(value: Any) -> Any:
    """A value as a schema holds it: moments and spans in ISO 8601."""
    if isinstance(value, (np.datetime64, np.timedelta64, dt.timedelta)):
        value = pd.Timedelta(value) if isinstance(value, (np.timedelta64, dt.timedelta)) else pd.Timestamp(value)
    return value.isoformat() if hasattr(value, "isoformat") else value.item() if hasattr(value, "item") else value


def _text(value: Any) -> str:
    """A value as a rule writes it."""
    return str(_scalar(value))


def _quoted(text: Name) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", str(text))
    return f'"{escaped}"'


def _is_missing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 (NaN)
