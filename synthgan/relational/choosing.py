"""Units chosen by conditions on the rows that belong to them: the tables that are asked of are drawn first, until enough units meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.relational.drawing import draw_table
from synthgan.relational.made import Made
from synthgan.relational.parts import Kept, fresh_keys, transform_of
from synthgan.relational.questions import codes_named, listed_key
from synthgan.relational.referring import states
from synthgan.relational.search import Search, renamed, stacked
from synthgan.relational.shape import NULL
from synthgan.relational.totalling import total_up
from synthgan.tabular.conditioning.meeting import rows_meeting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.clauses import Clause
    from synthgan.relational.asking import Asked
    from synthgan.relational.lineage import Reference
    from synthgan.relational.parts import Grown, Part, Plain, Root
    from synthgan.relational.questions import Question
    from synthgan.relational.shape import Shape
    from synthgan.runtime import Streams

    Positions = NDArray[np.int64]


def choose(parts: Mapping[str, Part], unit: str, n: int, question: Question, streams: Streams) -> Made:
    """The tables of a question, keys apart, of ``n`` units that meet it.

    Raises:
        DataError: if too few were found.
    """
    tables = {name: part for name, part in parts.items() if name in question.tables and not isinstance(part, Kept)}
    rows = {name: max(getattr(part, "rows", 1), 1) for name, part in tables.items()}
    room = min([_room(part) * rows[unit] // rows[name] for name, part in tables.items()])
    words = (*map(str, question.asked), *(f"{unit}.{one}" for one in question.summed))
    search = Search(n, sum(rows.values()) / rows[unit], words, max(room, n))
    found: list[Made] = []
    while units := search.units():
        own = streams.below("round", len(found))
        pool = Made(usual=question.own is None)
        met: list[NDArray[np.bool_]] = []
        for index, part in enumerate(tables.values()):
            draw_table(pool, part, units, question.own, own.below("table", index))
        total_up(pool.tables, pool.sight, tables)
        for one in question.asked:
            rows_met = _met(one, pool, parts)
            pool.asked[one.table] = rows_met & pool.asked.get(one.table, rows_met)
            met.append(one.units(rows_met, pool.lineage.above(one.table)[unit], units))
        transform = transform_of(parts[unit])  # type: ignore[arg-type]
        met += [rows_meeting(pool.tables[unit], [clause], transform) for clause in question.summed]  # type: ignore[arg-type]
        together = np.logical_and.reduce(met)
        kept = np.flatnonzero(together)[: n - search.found]
        search.add(units, [int(one.sum()) for one in (*met, together)])
        found.append(_kept(pool, tables, unit, kept))
    return _renamed(_stacked(found, tables), tables, streams.below("keys"))


def _room(part: Plain | Root | Grown) -> int:
    """For how many rows of a table there are identifiers."""
    return min([key.lanes.room for key in fresh_keys(part) if key.column.form is None], default=2**62)


def _met(one: Asked, pool: Made, parts: Mapping[str, Part]) -> NDArray[np.bool_]:
    """Which rows meet what is asked of them."""
    part = parts[one.table]
    assert not isinstance(part, Kept)  # noqa: S101 (it belongs to others)
    table, transform = pool.tables[one.table], transform_of(part)
    met = np.ones(len(table), dtype=bool)
    for clause in one.clauses:
        listed = listed_key(clause, part.shape, parts)
        if listed is not None:
            met &= _keys_meeting(pool, part.shape, listed, clause, parts)
        elif transform is not None:
            met &= rows_meeting(table, [clause], transform)
    return met


def _keys_meeting(
    pool: Made, shape: Shape, one: Reference, clause: Clause, parts: Mapping[str, Part]
) -> NDArray[np.bool_]:
    """Which rows refer to the rows of a list that a clause names; a key that leads nowhere meets nothing."""
    state = states(pool, shape, one)
    digits = np.array([text.isdigit() for text in state], dtype=bool)
    code = np.full(len(state), -1)
    code[digits] = state[digits].astype(np.int64)
    there = digits | (state == NULL)
    return there & (np.isin(code, list(codes_named(clause, one, parts))) ^ clause.negated)


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
