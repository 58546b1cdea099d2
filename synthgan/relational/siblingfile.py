"""How the siblings of a table are seen, as JSON and back: checked before it is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from synthgan.io.contract import Listed, Maybe, Record, Text, Whole, require
from synthgan.relational.partners import Link
from synthgan.relational.rows import RowCodec
from synthgan.relational.siblings import Beside, Sibling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthgan.relational.history import Memory
    from synthgan.tabular.encoding.table import TableTransform

_PAIR: Final = Listed(Whole(), size=2)
SIBLING: Final = Record({"table": Text(), "times": Maybe(_PAIR), "links": Listed(_PAIR, optional=True)})


def siblings_state(siblings: Sequence[Sibling]) -> list[dict[str, Any]]:
    """All of siblings but their tables, as JSON."""
    return [
        {
            "table": one.table,
            "times": None if one.times is None else list(one.times),
            "links": [[link.column, link.other] for link in one.links],
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
        require(times is not None or not links, "links of siblings", "of tables with times")
        found.append(Sibling(table, memory, None if times is None else (times[0], times[1]), links))
    require(len({one.table for one in found}) == len(found), "siblings", "different tables")
    linked = Beside(0, tuple(found)).linked
    require(len(set(linked)) == len(linked), "links of siblings", "of different columns")
    return tuple(found)


def _link(own: RowCodec, theirs: RowCodec, column: int, other: int) -> Link:
    known = column in own.levels and other in theirs.levels
    link = Link.of(own, column, theirs, other) if known else None
    require(link is not None, "links of siblings", "of columns of levels that have some in common")
    assert link is not None  # noqa: S101
    return link
