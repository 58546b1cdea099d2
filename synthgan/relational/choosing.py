"""Units chosen by conditions on the rows that belong to them: the tables that are asked of are drawn first, until enough units meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.clauses import rows_of_conditions
from synthgan.errors import DataError
from synthgan.relational.asking import Asked, asked_of, by_table
from synthgan.relational.drawing import Made, draw_table, states
from synthgan.relational.parts import Kept, Root, count_name, fresh_keys, transform_of
from synthgan.relational.search import Search, renamed, stacked
from synthgan.relational.shape import NULL
from synthgan.tabular.conditioning.meeting import check_clauses, rows_meeting
from synthgan.tabular.encoding.matching import find_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data.clauses import Clause, Known, Where
    from synthgan.relational.asking import Texts
    from synthgan.relational.lineage import Reference
    from synthgan.relational.parts import Grown, Part, Plain
    from synthgan.relational.shape import Shape
    from synthgan.runtime import Streams

    Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Question:
    """Conditions across tables, read and checked.

    Attributes:
        own: what each unit must meet itself, and that it has rows where one is asked of.
        asked: of rows that belong to units.
        tables: what is drawn to see whether they meet it, owners first.
    """

    own: Where | None
    asked: tuple[Asked, ...]
    tables: tuple[str, ...]

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
            one = asked_of(table, every, conditions, _known_of(parts, table))
            _check(one, parts)
            asked.append(one)
        every_path = {name for one in asked for name in _path(one.table, parts)}
        own = _of_unit([given[key] for key in ((unit, False), (unit, True)) if key in given], unit)
        counted = [_path(one.table, parts)[-2] for one in asked if not one.every]
        return cls(
            with_rows(own, counted, parts[unit]) if asked else own,
            tuple(asked),
            tuple(name for name in parts if name in every_path),
        )


def choose(parts: Mapping[str, Part], unit: str, n: int, question: Question, streams: Streams) -> Made:
    """The tables of a question, keys apart, of ``n`` units that meet it.

    Raises:
        DataError: if too few were found.
    """
    tables = {name: part for name, part in parts.items() if name in question.tables and not isinstance(part, Kept)}
    rows = {name: max(getattr(part, "rows", 1), 1) for name, part in tables.items()}
    room = min([_room(part) * rows[unit] // rows[name] for name, part in tables.items()])
    search = Search(n, sum(rows.values()) / rows[unit], tuple(map(str, question.asked)), max(room, n))
    found: list[Made] = []
    while units := search.units():
        own = streams.below("round", len(found))
        pool = Made()
        met: list[NDArray[np.bool_]] = []
        for index, part in enumerate(tables.values()):
            draw_table(pool, part, units, question.own, own.below("table", index))
        for one in question.asked:
            rows_met = _met(one, pool, parts)
            pool.asked[one.table] = rows_met & pool.asked.get(one.table, rows_met)
            met.append(one.units(rows_met, pool.lineage.above(one.table)[unit], units))
        together = np.logical_and.reduce(met)
        kept = np.flatnonzero(together)[: n - search.found]
        search.add(units, [int(one.sum()) for one in (*met, together)])
        found.append(_kept(pool, tables, unit, kept))
    return _renamed(_stacked(found, tables), tables, streams.below("keys"))


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


def _room(part: Plain | Root | Grown) -> int:
    """For how many rows of a table there are identifiers."""
    return min([key.lanes.room for key in fresh_keys(part) if key.column.form is None], default=2**62)


def _path(table: str, parts: Mapping[str, Part]) -> list[str]:
    """A table and those above it, up to the top."""
    path = [table]
    while (owner := getattr(getattr(parts[path[-1]], "shape", None), "owner", None)) is not None:
        path.append(owner.table)
    return path


def _known_of(parts: Mapping[str, Part], table: str) -> Known:
    """The columns of a table and the levels of those that have levels."""
    part = parts[table]
    assert not isinstance(part, Kept)  # noqa: S101 (it belongs to others)
    transform = transform_of(part)
    known: dict[str, Any] = dict.fromkeys(part.shape.columns)
    for name in known.keys() & (transform.owners.keys() if transform else set()):
        known[name] = transform.codec(name).known  # type: ignore[union-attr]
    return known


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
    listed, transform = _listed(clause, part.shape, parts), transform_of(part)
    if listed is not None:
        _codes(clause, listed, parts)
        return
    keys = set(part.shape.columns) - set(part.shape.schema.names)
    if transform is None or clause.name in keys:
        what = "a key" if clause.name in keys else "none"
        raise DataError(f"a condition must name a learned column, however: {clause.name!r} is {what}; leave it out")
    check_clauses([clause], part.shape.schema, transform)


def _met(one: Asked, pool: Made, parts: Mapping[str, Part]) -> NDArray[np.bool_]:
    """Which rows meet what is asked of them."""
    part = parts[one.table]
    assert not isinstance(part, Kept)  # noqa: S101 (it belongs to others)
    table, transform = pool.tables[one.table], transform_of(part)
    met = np.ones(len(table), dtype=bool)
    for clause in one.clauses:
        listed = _listed(clause, part.shape, parts)
        if listed is not None:
            met &= _keys_meeting(pool, part.shape, listed, clause, parts)
        elif transform is not None:
            met &= rows_meeting(table, [clause], transform)
    return met


def _listed(clause: Clause, shape: Shape, parts: Mapping[str, Part]) -> Reference | None:
    """The key to a table that is kept as it is, where a clause speaks of one."""
    for one in shape.references:
        if one.how == "listed" and one.key.columns == (clause.name,) and isinstance(parts.get(one.key.table), Kept):
            return one
    return None


def _codes(clause: Clause, one: Reference, parts: Mapping[str, Part]) -> set[int]:
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


def _keys_meeting(
    pool: Made, shape: Shape, one: Reference, clause: Clause, parts: Mapping[str, Part]
) -> NDArray[np.bool_]:
    """Which rows refer to the rows of a list that a clause names; a key that leads nowhere meets nothing."""
    state = states(pool, shape, one)
    digits = np.array([text.isdigit() for text in state], dtype=bool)
    code = np.full(len(state), -1)
    code[digits] = state[digits].astype(np.int64)
    there = digits | (state == NULL)
    return there & (np.isin(code, list(_codes(clause, one, parts))) ^ clause.negated)


def _kept(pool: Made, tables: Mapping[str, Any], unit: str, units: Positions) -> Made:
    """What belongs to these units; of rows that nobody owns, as many as there are to so many others."""
    kept, made = {unit: units}, Made()
    for name, part in tables.items():
        if name != unit:
            at = pool.lineage.owned_by[name]
            new = np.full(pool.lineage.rows[part.shape.owner.table], -1)
            new[kept[part.shape.owner.table]] = np.arange(len(kept[part.shape.owner.table]))
            owned = np.flatnonzero((at >= 0) & (new[np.maximum(at, 0)] >= 0))
            lost = []
            for code, share in zip((-1, -2), part.shape.ghosts, strict=True):
                wanted = round(share * len(owned) / max(1 - sum(part.shape.ghosts), 1e-9))
                lost.append(np.flatnonzero(at == code)[:wanted])
            kept[name] = np.concatenate([owned, *lost])
            made.lineage.owners[name] = part.shape.owner.table
            chosen = at[kept[name]]
            made.lineage.owned_by[name] = np.where(chosen < 0, chosen, new[np.maximum(chosen, 0)])
        rows = kept[name]
        made.lineage.rows[name] = len(rows)
        made.learned[name], made.tables[name] = pool.learned[name].take(rows), pool.tables[name].take(rows)
        made.anchors[name], made.contexts[name] = pool.anchors[name][rows], pool.contexts[name][rows]
        if name in pool.asked:
            made.asked[name] = pool.asked[name][rows]
    return made


def _stacked(found: Sequence[Made], tables: Mapping[str, Any]) -> Made:
    """Several rounds as one."""
    if len(found) == 1:
        return found[0]
    made = Made()
    for name in tables:
        made.learned[name] = stacked([one.learned[name] for one in found])
        made.tables[name] = stacked([one.tables[name] for one in found])
        made.anchors[name] = np.concatenate([one.anchors[name] for one in found])
        made.contexts[name] = np.concatenate([one.contexts[name] for one in found])
        if name in found[0].asked:
            made.asked[name] = np.concatenate([one.asked[name] for one in found])
        made.lineage.rows[name] = len(made.anchors[name])
        if name in found[0].lineage.owners:
            owner = made.lineage.owners[name] = found[0].lineage.owners[name]
            before = np.cumsum([0, *(one.lineage.rows[owner] for one in found[:-1])])
            moved = [
                np.where(one.lineage.owned_by[name] < 0, one.lineage.owned_by[name], one.lineage.owned_by[name] + start)
                for one, start in zip(found, before, strict=True)
            ]
            made.lineage.owned_by[name] = np.concatenate(moved)
    return made


def _renamed(made: Made, tables: Mapping[str, Any], streams: Streams) -> Made:
    """The same with identifiers made anew: those of several rounds may be alike."""
    for name, part in tables.items():
        for held in (made.learned, made.tables):
            held[name] = renamed(held[name], fresh_keys(part), streams.below(name))
    return made
