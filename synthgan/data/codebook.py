"""Writes the schema of a table from the names and types of its source and a codebook, without a look at any row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.data.column import AMOUNTS, CODED, FRACTIONS, NUMBERS, STEPPED, TEMPORAL, Column, Kind
from synthgan.data.containers.dtypes import storage_type
from synthgan.data.scalars import to_scalars
from synthgan.data.schema import Schema
from synthgan.data.stamps import is_temporal, unit_of
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LEVEL_MARK: Final = "|"
# Where the source says no types: what holds each kind.
_DTYPES: Final = {
    Kind.INTEGER: "int64",
    **dict.fromkeys(FRACTIONS, "double"),
    Kind.BOOLEAN: "bool",
    Kind.DATE: "date32[day]",
    Kind.DURATION: "duration[us]",
    Kind.MISSING: "null",
}
# Which attributes of a column mean something for which kinds; all others mean something for any.
_OF_KINDS: Final = {
    "decimals": FRACTIONS,
    "unit": TEMPORAL,
    "timezone": {Kind.DATETIME},
    "levels": CODED | {Kind.CONSTANT},
    "minimum": NUMBERS | TEMPORAL,
    "maximum": NUMBERS | TEMPORAL,
    "pattern": {Kind.IDENTIFIER},
    "step": STEPPED,
    "offset": STEPPED,
    "significant": AMOUNTS,
    "moment": {Kind.INTEGER},
    "repeats": {Kind.IDENTIFIER},
    "form": {Kind.IDENTIFIER} | NUMBERS | TEMPORAL,
    "locale": {Kind.IDENTIFIER},
    "rare": CODED,
    "marks": NUMBERS | TEMPORAL,
}


def public_schema(
    head: pa.Schema,
    codebook: Iterable[Mapping[str, Any]] = (),
    *,
    typed: bool = True,
    identifiers: Iterable[str | int] = (),
    drop: Iterable[str | int] = (),
) -> Schema:
    """Gives the schema of a table of which only the head is known.

    Args:
        head: names of the columns, and their types.
        codebook: what is known of columns, as mappings with ``name`` and other attributes of a `Column`; text is read as
            the column needs it. Columns that it does not speak of are of the kind of their type.
        typed: whether the types are the source's; else each column has the type that its kind asks for, and is a category
            where the codebook does not speak of it.
        identifiers: columns to make anew as identifiers.
        drop: columns to leave out.

    Raises:
        SchemaError: the codebook names a column that is not there, or twice, or contradicts a type; the message names it.
        DataError: a type is one that synthgan cannot learn, or a name is unknown.

    Example:
        >>> head = pa.schema([("age", pa.string()), ("sex", pa.string())])
        >>> schema = public_schema(head, [{"name": "age", "kind": "integer", "maximum": "120"}], typed=False)
        >>> [(str(column.kind), column.dtype, column.maximum) for column in schema]
        [('integer', 'int64', 120), ('category', 'string', None)]
    """
    named: dict[str, Mapping[str, Any]] = {}
    for entry in codebook:
        name = str(entry.get("name"))
        if name not in head.names or name in named:
            found = f"{name!r} twice" if name in named else f"{name!r}"
            raise SchemaError(
                f"a codebook must name each column of the table at most once, however: found {found}",
                remedy="" if name in named else did_you_mean_or_known(name, head.names),
            )
        named[name] = entry
    keys = {*map(str, identifiers), *(name for name, entry in named.items() if entry.get("kind") == Kind.IDENTIFIER)}
    known = Schema.infer(head.empty_table(), identifiers=keys, drop=drop, types_only=True)
    columns = [_described(column, named.get(str(column.name), {}), typed=typed) for column in known]
    return Schema(known.container, tuple(columns))


def _described(column: Column, entry: Mapping[str, Any], *, typed: bool) -> Column:
    """A column with what a codebook says of it."""
    said = {key: value for key, value in entry.items() if value not in (None, "")}
    kind = said.get("kind", str(column.kind))
    form = {key: value for key, value in column.to_dict().items() if key not in _OF_KINDS or kind in _OF_KINDS[key]}
    if not typed and "dtype" not in said and "kind" in said:
        form["dtype"] = "string" if "form" in said else _dtype_of(kind, said)
    form |= said
    if kind in set(TEMPORAL) and "unit" not in form:
        form["unit"] = "day" if kind == Kind.DATE else _finest_unit(str(form["dtype"]))
    if kind == Kind.DATETIME and not typed and "form" not in said and "timezone" in said and "dtype" not in said:
        form["dtype"] = f"timestamp[us, tz={said['timezone']}]"
    return Column.from_dict(_read(form, kind))


def _dtype_of(kind: str, said: Mapping[str, Any]) -> str:
    if kind == Kind.DATETIME:
        return "timestamp[ns]" if said.get("unit") == "nanosecond" else "timestamp[us]"
    if kind == Kind.IDENTIFIER and str(said.get("pattern", "")).startswith("int:"):
        return "int64"
    return next((dtype for known, dtype in _DTYPES.items() if known == kind), "string")


def _finest_unit(dtype: str) -> str:
    stored = storage_type("pyarrow", dtype)
    return unit_of(stored) if is_temporal(stored) else "second"


def _read(form: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The attributes of a column, those that a codebook wrote as text as what they are."""
    read = dict(form)
    label = f"column {form['name']!r}"
    if isinstance(read.get("levels"), str):
        read["levels"] = _levels(read["levels"].split(LEVEL_MARK), str(read["dtype"]), label)
    if isinstance(read.get("repeats"), str) and read["repeats"].lower() in {"true", "false"}:
        read["repeats"] = read["repeats"].lower() == "true"
    if isinstance(read.get("marks"), str):
        read["marks"] = read["marks"].split(LEVEL_MARK)
    for key in ("decimals", "step", "offset", "significant", *(("minimum", "maximum") if kind in set(NUMBERS) else ())):
        if isinstance(read.get(key), str):
            read[key] = _number(read[key], key, label)
    return read


def _levels(levels: list[str], dtype: str, label: str) -> list[Any]:
    stored = storage_type("pyarrow", dtype)
    stored = stored.value_type if pa.types.is_dictionary(stored) else stored
    try:
        return list(to_scalars(pa.array([level.strip() for level in levels], pa.string()).cast(stored)))
    except pa.ArrowException as error:
        raise SchemaError(
            f"{label}: levels must be such as {dtype} can hold, however: {str(error).splitlines()[0]}"
        ) from error


def _number(text: str, key: str, label: str) -> float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError as error:
        raise SchemaError(f"{label}: {key} must be a number, however: found {text!r}") from error
