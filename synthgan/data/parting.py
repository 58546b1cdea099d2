"""Frames whose composite columns are parted into their numbers and put together again, and conditions on such columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.clauses import Clause
from synthgan.data.column import Column, Kind
from synthgan.data.containers.dtypes import is_text
from synthgan.data.containers.raw import container_of, decoded, index_names, names_of, raw_column
from synthgan.data.containers.restoring import to_arrow, to_pandas, to_polars
from synthgan.data.rows import select
from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from synthgan.data.composites import Composite, Name
    from synthgan.data.containers.raw import Frame


def parted(frame: Frame, composites: Iterable[Composite]) -> Frame:
    """Gives a frame with a column of text for each number of its composites; those that it lacks, or that are parted, stay so."""
    there = set(names_of(frame)) if composites else set()
    for one in composites:
        if one.name in there and one.name not in index_names(frame) and not there & set(one.parts):
            values = decoded(raw_column(frame, one.name).values)
            texts = values if is_text(values.type) else pa.nulls(len(values), pa.large_string())
            frame = _replaced(frame, one.name, dict(zip(one.parts, one.split(texts), strict=True)))
    return frame


def own_columns(frame: Frame, names: Sequence[Name], composites: Sequence[Composite]) -> Frame:
    """Gives the columns of a schema, composites parted.

    Args:
        frame: with these columns, and perhaps others.
        names: of the columns of a schema.
        composites: of it.

    Raises:
        DataError: the frame lacks one; a composite of which no part is there is named as it stands in frames.
    """
    frame = parted(frame, composites)
    there = set(names_of(frame))
    return select(frame, names_in_frame(names, [one for one in composites if not there & set(one.parts)]))


def _replaced(frame: Any, name: Name, columns: Mapping[str, pa.Array]) -> Frame:
    """The frame without a column, and with others at its end."""
    container = container_of(frame)
    if container == "pandas":
        frame = frame.drop(columns=[name])
        for other, values in columns.items():
            frame[other] = to_pandas(values, Column(other, Kind.CATEGORY, "object", missing="none"))
        return frame
    if container == "polars":
        made = [to_polars(values, Column(other, Kind.CATEGORY, "String")) for other, values in columns.items()]
        return frame.drop(str(name)).with_columns(made)
    for other, values in columns.items():
        frame = frame.append_column(other, values)
    return frame.drop_columns([name])


def composed(
    columns: Sequence[Column], arrays: Sequence[pa.Array], composites: Iterable[Composite]
) -> tuple[list[Column], list[pa.Array]]:
    """Puts composites of which all parts are there together, at the place of their first one.

    Args:
        columns: of the schema, or some of them.
        arrays: one a column, Arrow array [rows].
        composites: of the schema.

    Returns:
        The columns as they stand in a frame, and their arrays.
    """
    held = {column.name: (column, values) for column, values in zip(columns, arrays, strict=True)}
    for one in composites:
        if all(part in held for part in one.parts):
            first, whole = held[one.parts[0]][0], one.join([decoded(held[part][1]) for part in one.parts])
            made = Column(one.name, Kind.CATEGORY, first.dtype, missing=first.missing)
            held = {
                (one.name if name == one.parts[0] else name): ((made, whole) if name == one.parts[0] else given)
                for name, given in held.items()
                if name not in one.parts[1:]
            }
    return [column for column, _ in held.values()], [values for _, values in held.values()]


def rejoined(
    filled: Frame, own: Frame, names: Sequence[Name], columns: Iterable[Column], composites: Sequence[Composite]
) -> Frame:
    """Gives a frame that was parted with its composites whole again.

    Args:
        filled: parted, its gaps filled.
        own: as many rows as they were given: what stands there of a composite stays just as it is.
        names: of the columns to give, in order.
        columns: of the table's schema.
        composites: of it.
    """
    made: Any = filled
    known = {column.name: column for column in columns}
    for one in composites:
        if one.name in names and set(one.parts) <= set(names_of(made)):
            whole = one.join([decoded(raw_column(made, part).values).cast(pa.large_string()) for part in one.parts])
            given = decoded(raw_column(own, one.name).values) if one.name in names_of(own) else whole
            if is_text(given.type):
                whole = pc.coalesce(given.cast(pa.large_string()), whole)
            first = known[one.parts[0]]
            made = _with_whole(made, one, whole, Column(one.name, Kind.CATEGORY, first.dtype, missing=first.missing))
    return filled if made is filled else _selected(made, names)


def _with_whole(frame: Any, one: Composite, whole: pa.Array, column: Column) -> Frame:
    container, parts = container_of(frame), list(one.parts)
    if container == "pandas":
        frame = frame.drop(columns=parts)
        frame[one.name] = to_pandas(whole, column)
        return frame
    if container == "polars":
        return frame.drop(parts).with_columns(to_polars(whole, column))
    return frame.drop_columns(parts).append_column(str(one.name), to_arrow(whole, column))


def _selected(frame: Any, names: Sequence[Name]) -> Frame:
    if container_of(frame) != "pandas":
        return frame.select(list(names))
    return frame[[name for name in names if name not in index_names(frame)]]


def names_in_frame(names: Iterable[Name], composites: Iterable[Composite]) -> list[Name]:
    """Names columns of a schema as they stand in frames: a composite once, for its parts."""
    whole = {part: one.name for one in composites for part in one.parts}
    return list(dict.fromkeys(whole.get(str(name), name) for name in names))


def parts_of(names: Iterable[Name], composites: Iterable[Composite]) -> list[Name]:
    """Names columns as they stand in a schema: the parts of a composite for it."""
    parts = {one.name: one.parts for one in composites}
    return [part for name in names for part in parts.get(name, (name,))]


def clauses_on_parts(
    clauses: Iterable[Clause], columns: Iterable[Column], composites: Sequence[Composite]
) -> list[Clause]:
    """Gives conditions on whole composites as conditions on their parts.

    Raises:
        DataError: a composite is compared with several values, or with text that is not of its form.
    """
    whole = {str(one.name): one for one in composites}
    marks = {column.name: column.marks or () for column in columns}
    told: list[Clause] = []
    for clause in clauses:
        one = whole.get(str(clause.name))
        told += [clause] if one is None else _on_parts(clause, one, marks.get(one.parts[0], ()))
    return told


def _on_parts(clause: Clause, one: Composite, marks: Sequence[str]) -> list[Clause]:
    values = clause.values or ()
    if values == (None,):
        return [Clause(part, (None,), negated=clause.negated) for part in one.parts]
    remedy = Remedy((f"state its number{'s' if len(one.parts) > 1 else ''}: {', '.join(one.parts)}",))
    if clause.negated or len(values) != 1:
        raise DataError(f"a condition on column {one.name!r} must be one value, however: {clause}", remedy=remedy)
    text = str(values[0])
    pieces = [piece[0].as_py() for piece in one.split(pa.array([text]))]
    if None in pieces or (pieces[0] == text and text not in marks):
        message = f"a condition on column {one.name!r} must be written as {one.form!r}, however: {text!r}"
        raise DataError(message, remedy=remedy)
    return [
        Clause(part, (piece.strip() if text not in marks else text,))
        for part, piece in zip(one.parts, pieces, strict=True)
    ]
