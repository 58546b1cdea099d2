"""Conditions across tables, read and checked: what each unit must meet, and what rows that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from synthgan.data.clauses import read_where, rows_of_conditions
from synthgan.data.parting import clauses_on_parts
from synthgan.errors import DataError
from synthgan.relational.asking import asked_of, by_table
from synthgan.relational.parts import Grown, Kept, Root, count_name, transform_of
from synthgan.relational.totalling import below_for, totals_of
from synthgan.tabular.conditioning.meeting import check_clauses
from synthgan.tabular.conditioning.where import known_to
from synthgan.tabular.encoding.matching import find_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.data.clauses import Clause, Conditions, Known, Where
    from synthgan.relational.asking import Asked, Texts
    from synthgan.relational.lineage import Reference
    from synthgan.relational.parts import Part, Plain
    from synthgan.relational.shape import Shape


@dataclass(frozen=True)
class Question:
    """Conditions across tables, read and checked.

    Attributes:
        own: what each unit must meet itself, and that it has rows where one is asked of.
        asked: of rows that belong to units.
        tables: what is drawn to see whether they meet it, owners first; none where the unit itself says all.
        summed: what units must meet themselves, where rows that belong to them say whether they do.
    """

    own: Where | None
    asked: tuple[Asked, ...]
    tables: tuple[str, ...]
    summed: tuple[Clause, ...] = ()

    @classmethod
    def read(cls, where: Texts | None, parts: Mapping[str, Part], unit: str) -> Question:
        """Read conditions.

        Raises:
            DataError: if one names what is not there, what no unit owns, or what was never learned.
        """
        given = {} if where is None else by_table(where, list(parts))
        asked = []
        for (table, every), conditions in given.items():
            if table == unit:
                continue
            path = _path(table, parts)
            if path[-1] != unit or len(path) == 1:
                raise DataError(
                    f"conditions must speak of {unit!r} or of tables whose rows belong to its, however: {table!r} is none; "
                    f"leave them out",
                    parameter="where",
                )
            one = _on_parts(asked_of(table, every, conditions, _known_of(parts, table)), parts)
            _check(one, parts)
            asked.append(one)
        own = _of_unit([given[key] for key in ((unit, False), (unit, True)) if key in given], unit)
        summed = _summed(own, parts, unit)
        columns = {one.table: [str(clause.name) for clause in one.clauses] for one in asked}
        said = below_for(parts, {**columns, unit: [str(one.name) for one in summed]})
        every_path = {name for table in (*columns, *said) for name in _path(table, parts)}
        while more := {one for name in every_path for one in _needed(name, parts)} - every_path:
            every_path |= more
        counted = [_path(one.table, parts)[-2] for one in asked if not one.every]
        return cls(
            with_rows(own, counted, parts[unit]) if asked else own,
            tuple(asked),
            tuple(name for name in parts if name in every_path),
            summed,
        )


def with_rows(own: Where | None, children: Sequence[str], part: Part) -> Where | None:
    """The conditions on units, and that each has a row in each of these tables.

    Raises:
        DataError: if the conditions differ from unit to unit.
    """
    if rows_of_conditions(own) is not None:
        raise DataError(
            "conditions that differ from unit to unit must stand alone, however: others speak of rows that belong to units; ask "
            "for the same of all units",
            parameter="where",
        )
    assert isinstance(part, Root)  # noqa: S101 (the unit is one)
    counts = [name for name in dict.fromkeys(map(count_name, children)) if name in part.model.transform.owners]
    if own is None or isinstance(own, Mapping):
        return {**(own or {}), **{name: {">=": 1} for name in counts}} or None
    return [*([own] if isinstance(own, str) else own), *(f'"{name}">=1' for name in counts)]


def _summed(own: Where | None, parts: Mapping[str, Part], unit: str) -> tuple[Clause, ...]:
    """What is asked of columns of the unit that are totals of rows below.

    Raises:
        DataError: if it differs from unit to unit.
    """
    totals = {rule.column for rule in totals_of(parts[unit])}
    transform = transform_of(parts[unit]) if totals else None  # type: ignore[arg-type]
    if own is None or transform is None:
        return ()
    several = rows_of_conditions(own)
    if several is None:
        return tuple(one for one in read_where(cast("Conditions", own), known_to(transform)) if str(one.name) in totals)
    stray = next((name for row in several for name in row if str(name) in totals), None)
    if stray is not None:
        raise DataError(
            f"conditions that differ from unit to unit must not speak of totals of rows below, however: {stray!r} is one; ask for "
            "the same of all units",
            parameter="where",
        )
    return ()


def _of_unit(given: Sequence[Any], unit: str) -> Where | None:
    """The conditions on the unit, of which every row is its only one: ``all:`` before it says nothing more.

    Raises:
        DataError: if they are said in two ways that cannot be joined.
    """
    if len(given) == 2:  # noqa: PLR2004 (with and without all:)
        if any(not isinstance(one, list) for one in given):
            raise DataError(
                f"conditions on the unit, {unit!r}, must be said once, however: they are also under 'all:{unit}'"
            )
        return [*given[0], *given[1]]
    return given[0] if given else None


def _path(table: str, parts: Mapping[str, Part]) -> list[str]:
    """A table and those above it, up to the top."""
    path = [table]
    while (owner := getattr(getattr(parts[path[-1]], "shape", None), "owner", None)) is not None:
        path.append(owner.table)
    return path


def _needed(table: str, parts: Mapping[str, Part]) -> list[str]:
    """The siblings that the rows of a table are drawn given."""
    part = parts[table]
    return [one.table for one in part.branch.siblings] if isinstance(part, Grown) else []


def _known_of(parts: Mapping[str, Part], table: str) -> Known:
    """The columns of a table and the levels of those that have levels."""
    part = parts[table]
    assert not isinstance(part, Kept)  # noqa: S101 (it belongs to others)
    transform = transform_of(part)
    known: dict[str, Any] = dict.fromkeys(
        (*part.shape.columns, *(str(one.name) for one in part.shape.schema.composites))
    )
    for name in known.keys() & (transform.owners.keys() if transform else set()):
        known[name] = transform.codec(name).known  # type: ignore[union-attr]
    return known


def _on_parts(one: Asked, parts: Mapping[str, Part]) -> Asked:
    """What is asked, of the numbers that composites hold."""
    schema = parts[one.table].shape.schema  # type: ignore[union-attr]
    return replace(one, clauses=tuple(clauses_on_parts(one.clauses, schema.columns, schema.composites)))


def _check(one: Asked, parts: Mapping[str, Part]) -> None:
    part = parts[one.table]
    assert not isinstance(part, Kept)  # noqa: S101 (it belongs to others)
    try:
        for clause in one.clauses:
            _check_clause(clause, part, parts)
    except DataError as error:
        error.message = f"table {one.table!r}: {error.message}"
        raise


def _check_clause(clause: Clause, part: Plain | Root | Grown, parts: Mapping[str, Part]) -> None:
    listed, transform = listed_key(clause, part.shape, parts), transform_of(part)
    if listed is not None:
        codes_named(clause, listed, parts)
        return
    keys = set(part.shape.columns) - set(part.shape.schema.names)
    if transform is None or clause.name in keys:
        what = "a key" if clause.name in keys else "none"
        raise DataError(f"a condition must name a learned column, however: {clause.name!r} is {what}; leave it out")
    check_clauses([clause], part.shape.schema, transform)


def listed_key(clause: Clause, shape: Shape, parts: Mapping[str, Part]) -> Reference | None:
    """The key to a table that is kept as it is, where a clause speaks of one."""
    for one in shape.references:
        if one.how == "listed" and one.key.columns == (clause.name,) and isinstance(parts.get(one.key.table), Kept):
            return one
    return None


def codes_named(clause: Clause, one: Reference, parts: Mapping[str, Part]) -> set[int]:
    """The rows of a list that a clause names; -1 is a missing key.

    Raises:
        DataError: if it names none, or says a range.
    """
    kept = parts[one.key.table]
    assert isinstance(kept, Kept)  # noqa: S101 (the key is one to a list)
    levels = kept.frame[one.key.referenced[0]].tolist()
    if clause.values is None:
        raise DataError(
            f"conditions on a key must name values of {one.key.table!r}, however: {clause} is a range; use ="
        )
    found = {-1 if value is None else find_level(value, levels) for value in clause.values}
    if None in found:
        raise DataError(f"a condition on a key must name a row of {one.key.table!r}, however: none is in {clause}")
    return {code for code in found if code is not None}
