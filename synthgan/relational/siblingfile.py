"""How the siblings of a table are seen, as JSON and back: checked before it is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from synthgan.io.contract import Flag, Listed, Maybe, Record, Text, Whole, require
from synthgan.relational.partners import LevelLink, Link
from synthgan.relational.rows import RowCodec
from synthgan.relational.siblings import Beside, Sibling
from synthgan.tabular.encoding.numbers import NumberCodec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthgan.relational.history import Memory
    from synthgan.tabular.encoding.table import TableTransform

_PAIR: Final = Listed(Whole(), size=2)
SIBLING: Final = Record(
    {
        "table": Text(),
        "times": Maybe(_PAIR),
        "links": Listed(_PAIR, optional=True),
        "equals": Listed(_PAIR, optional=True),
        "leads": Flag(optional=True),
    }
)


def siblings_state(siblings: Sequence[Sibling]) -> list[dict[str, Any]]:
    """All of siblings but their tables, as JSON."""
    return [
        {
            "table": one.table,
            "times": None if one.times is None else list(one.times),
            "links": [[link.column, link.other] for link in one.links],
            "equals": [[equal.column, equal.other] for equal in one.equals],
            "leads": one.leads,
        }
        for one in siblings
    ]


def siblings_from_state(
    said: Sequence[Mapping[str, Any]], memories: Mapping[str, Memory], transform: TableTransform
) -> tuple[Sibling, ...]:
    """The siblings that ``siblings_state`` described.

    Args:
        said: JSON, its form checked.
        memories: by table, how the rows are encoded of those that may be siblings.
        transform: of the table that sees them.

    Raises:
        MisfitError: if they do not fit the tables.
    """
    found, own = [], RowCodec.bare(transform)
    for one in said:
        table, times = one["table"], one["times"]
        require(table in memories, "siblings", "tables of the same owner, before it")
        memory = memories[table]
        theirs = memory.rows
        require(
            times is None or (times[0] < len(theirs.names) and times[1] < len(own.names)),
            "times of siblings",
            "of numbers",
        )
        links = tuple(_link(own, theirs, *pair) for pair in one.get("links", ()))
        equals, leads = tuple(_equal(own, theirs, *pair) for pair in one.get("equals", ())), one.get("leads", False)
        require(times is not None or not (links or equals or leads), "links of siblings", "of tables with times")
        clock = None if times is None else own.holding(times[1])
        require(not leads or _is_number(own, clock), "times of siblings", "numbers where rows go on to them")
        found.append(Sibling(table, memory, None if times is None else (times[0], times[1]), links, equals, leads))
    require(len({one.table for one in found}) == len(found), "siblings", "different tables")
    linked = Beside(0, tuple(found)).linked(own)
    require(len(set(linked)) == len(linked), "links of siblings", "of different columns")
    return tuple(found)


def _link(own: RowCodec, theirs: RowCodec, column: int, other: int) -> LevelLink:
    known = column in own.levels and other in theirs.levels
    link = LevelLink.of(own, column, theirs, other) if known else None
    require(link is not None, "links of siblings", "of columns of levels that have some in common")
    assert link is not None  # noqa: S101
    return link


def _equal(own: RowCodec, theirs: RowCodec, column: int, other: int) -> Link:
    require(_is_number(own, column) and other < len(theirs.names), "equals of siblings", "of columns of numbers")
    return Link(column, other)


def _is_number(own: RowCodec, column: int | None) -> bool:
    return column in own.slots and isinstance(own.transform.codecs[column], NumberCodec)
