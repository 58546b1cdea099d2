"""Infers the columns of a table one by one, each converted from its container once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.column import NUMBERS, Column, Kind
from synthgan.data.composites import Composite
from synthgan.data.containers.cells import typed_column
from synthgan.data.containers.dtypes import is_text
from synthgan.data.containers.raw import RawColumn, container_of, index_names, names_of, raw_column
from synthgan.data.containers.unreadable import unreadable_column, without_infinity
from synthgan.data.describe import describe_column, describe_type
from synthgan.data.forms.find_composite import find_composite
from synthgan.data.identifiers import has_key_name
from synthgan.data.rare import WITHHELD
from synthgan.data.withheld import COLUMN, INFINITE, MISSING, PROSE, UNREADABLE, VALUES, Withheld, coarse
from synthgan.errors import DataError, Remedy, SchemaError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from synthgan.data.containers.raw import Frame


@dataclass(frozen=True, slots=True)
class Inferred:
    """One column of a table.

    Attributes:
        column: what it means.
        raw: what it holds.
        withheld: what cannot be learned of it, None where nothing is lost.
        composite: the column of a frame of which it is one of the numbers; None where it is a column itself.
    """

    column: Column
    raw: RawColumn
    withheld: Withheld | None = None
    composite: Composite | None = None


def infer_columns(
    frame: Frame,
    *,
    identifiers: Iterable[str | int] = (),
    drop: Iterable[str | int] = (),
    types_only: bool = False,
    strict: bool = False,
    split: bool = False,
) -> Iterator[Inferred]:
    """Gives each column that is not dropped: what it means, and what it holds; arguments as for `Schema.infer`.

    What cannot be learned comes as kind text, to be withheld. Where `strict`, columns that cannot be read are refused; free
    text still comes as it is, for the caller to refuse all of it at once (`refuse_prose`). Where `split`, text that holds several
    numbers comes as a column for each of them.

    Raises:
        DataError: as `Schema.infer` does.
    """
    if container_of(frame) is None:
        raise DataError(f"a table must be a pandas, polars or pyarrow one, however: found {type(frame).__name__}")
    names = _checked_names(frame)
    by_text = {str(name): name for name in names}
    dropped = {_known(name, by_text, "drop") for name in drop}
    keys = {_known(name, by_text, "identifiers") for name in identifiers}
    kept = [name for name in names if name not in dropped]
    if not kept:
        raise DataError(f"a table must have columns, however: found none{' but dropped ones' if dropped else ''}")
    if not len(frame) and not types_only:
        raise DataError("a table must have rows, however: found none")
    for name in kept:
        if types_only:
            raw = typed_column(frame, name)
            yield Inferred(describe_type(raw, name, is_identifier=name in keys), raw)
        elif name in keys:
            raw = raw_column(frame, name)
            yield Inferred(describe_column(raw, name, is_identifier=True), raw)
        else:
            one = _inferred(frame, name, is_first=name == names[0], strict=strict)
            may_split = split and name not in index_names(frame)
            yield from (_numbers_of(one, by_text) if may_split else None) or [one]


def _numbers_of(one: Inferred, taken: Container[str]) -> list[Inferred] | None:
    """The numbers that the text of a column holds, each as a column; None where it is better learned as it is."""
    column, values = one.column, one.raw.values
    name, is_key = column.name, column.kind is Kind.IDENTIFIER
    is_other = column.kind not in {Kind.CATEGORY, Kind.TEXT, Kind.IDENTIFIER}
    if is_other or not is_text(values.type) or one.raw.dtype.startswith("object[") or has_key_name(str(name)):
        return None
    found = find_composite(values, is_key=is_key)
    parts = [f"{name}.{index + 1}" for index in range(len(found.found))] if found is not None else []
    if found is None or any(part in taken for part in parts):
        return None
    composite, why = Composite(name, found.form, tuple(parts)), f"a number of the text of {name!r}"
    raws = [replace(one.raw, values=texts) for texts in found.texts]
    columns = [describe_column(raw, part, form=form) for raw, part, form in zip(raws, parts, found.found, strict=True)]
    if any(one.kind not in NUMBERS for one in columns):
        return None
    return [
        Inferred(replace(column, why=why), raw, composite=composite) for column, raw in zip(columns, raws, strict=True)
    ]


def _inferred(frame: Frame, name: str | int, *, is_first: bool, strict: bool) -> Inferred:
    """One column, whatever it holds: what cannot be read is withheld, all of it or the values that are infinite; or is refused."""
    if strict:
        raw = raw_column(frame, name)
        return Inferred(describe_column(raw, name, is_first=is_first), raw)
    try:
        raw, infinite = without_infinity(raw_column(frame, name))
        column = describe_column(raw, name, is_first=is_first)
    except (DataError, pa.ArrowException, UnicodeError) as error:
        raw = unreadable_column(frame, name)
        return Inferred(Column(name, Kind.TEXT, raw.dtype, missing=raw.missing), raw, _unread(raw, name, error))
    if infinite:
        return Inferred(column, raw, _boundless(raw, name, infinite))
    return Inferred(column, raw, withheld_prose(name) if column.kind is Kind.TEXT else None)


def withheld_prose(name: str | int) -> Withheld:
    """Free text: nothing of it is learned but where it is missing."""
    line = (
        f"column {name!r} must be categories or keys to be learned, however: found free text; it is withheld, and comes back "
        f"as {WITHHELD!r}"
    )
    remedy = Remedy.option("drop", [name], "leave it out") | Remedy.option("identifiers", [name], "regenerate it")
    return Withheld(name, COLUMN, PROSE, 1.0, 0, WITHHELD, line, remedy)


def _unread(raw: RawColumn, name: str | int, error: Exception) -> Withheld:
    """A column of a type, or of a mixture of types, that cannot be read."""
    why = error.message if isinstance(error, DataError) else f"column {name!r} must be readable, however: it is not"
    line = f"{why}; it is withheld, and comes back as {WITHHELD!r} ({raw.dtype})"
    remedy = error.remedy if isinstance(error, DataError) else None
    return Withheld(name, COLUMN, UNREADABLE, 1.0, 0, WITHHELD, line, remedy)


def _boundless(raw: RawColumn, name: str | int, infinite: int) -> Withheld:
    """Infinite numbers, which are learned as missing."""
    share = infinite / len(raw.values)
    line = (
        f"column {name!r} must hold finite numbers, however: {infinite:,} of {len(raw.values):,} are infinite; they are learned "
        f"as missing"
    )
    return Withheld(name, VALUES, INFINITE, coarse(share), 0, MISSING, line)


def refuse_prose(columns: Iterable[Column]) -> None:
    """Refuses columns of free text, all of them at once.

    Raises:
        DataError: there is one; the message has the remedies.
    """
    prose = [column.name for column in columns if column.kind is Kind.TEXT]
    if prose:
        found = f"column{'s' if len(prose) > 1 else ''} {', '.join(map(repr, prose))}"
        raise DataError(
            f"{found} must be categories or keys, however: found free text",
            remedy=Remedy.option("drop", prose, "leave out" if len(prose) > 1 else "leave it out")
            | Remedy.option("identifiers", prose, "regenerate as identifiers"),
        )


def refuse_text(columns: Iterable[Column]) -> None:
    """Refuses a schema that declares text.

    Raises:
        SchemaError: a column is declared so; the message names it.
    """
    for column in columns:
        if column.kind is Kind.TEXT:
            raise SchemaError(
                f"column {column.name!r} must be categories or an identifier, however: its kind is text; "
                f"change its kind, or leave it out"
            )


def _checked_names(frame: Frame) -> list[str | int]:
    names: list[str | int] = []
    for name in names_of(frame):
        if isinstance(name, bool) or not isinstance(name, (str, int, np.integer)):
            raise DataError(f"a column's name must be text or a whole number, however: found {name!r}; rename it")
        names.append(name if isinstance(name, str) else int(name))
    seen: set[str] = set()
    for name in names:
        if str(name) in seen:
            raise DataError(f"column names must differ, however: found {str(name)!r} twice; rename one of them")
        seen.add(str(name))
    return names


def _known(name: str | int, by_text: dict[str, str | int], argument: str) -> str | int:
    if str(name) in by_text:  # the command line has only text: 3 is named as "3"
        return by_text[str(name)]
    raise DataError(
        f"{argument} must name columns of the table, however: found no {name!r}",
        remedy=did_you_mean_or_known(name, by_text),
        parameter=argument,
    )
