"""The shape of a table as JSON, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from synthgan.data.parting import names_in_frame
from synthgan.data.schema import Schema
from synthgan.io.contract import Anything, Flag, Listed, Maybe, Number, Record, Text, Tupled, check, require
from synthgan.relational.above import may_be_milestone
from synthgan.relational.lineage import HOW, Reference
from synthgan.relational.milestones import Milestone
from synthgan.relational.rules.sight import MOMENTS
from synthgan.relational.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.keys import ForeignKey
    from synthgan.data.linked import DatabaseSchema

_SHARE: Final = Number(low=0, high=1)
_NAMES: Final = Listed(Text(), distinct=True)
SHAPE: Final = Record(
    {
        "schema": Anything(),
        "columns": _NAMES,
        "key_dtypes": Record(others=Text()),
        "order": Maybe(Text()),
        "references": Listed(
            Record(
                {"columns": _NAMES, "how": Text(among=HOW), "table": Maybe(Text()), "by": Maybe(_NAMES), "lost": _SHARE}
            )
        ),
        "children": _NAMES,
        "counted": Listed(Record({"table": Text(), "columns": _NAMES})),
        "anchor": Maybe(Text()),
        "told": Maybe(Record({"table": Text(), "column": Text()})),
        "milestones": Listed(Record({"table": Text(), "column": Text(), "begins": Flag()}), optional=True),
        "counter": Maybe(Record({"column": Text(), "start": Number(low=0, high=1)})),
        "ghosts": Tupled((_SHARE, _SHARE)),
        "usual": Listed(Record({"column": Text(), "counts": Listed(Number(low=0))})),
    }
)


def shape_to_dict(shape: Shape) -> dict[str, Any]:
    """The shape as JSON; its keys stand in the schema of the database."""
    return {
        "schema": shape.schema.to_dict(),
        "columns": list(shape.columns),
        "key_dtypes": dict(shape.key_dtypes),
        "order": shape.order,
        "references": [
            {
                "columns": list(one.key.columns),
                "how": one.how,
                "table": one.table,
                "by": one.columns and list(one.columns),
                "lost": one.lost,
            }
            for one in shape.references
        ],
        "children": list(shape.children),
        "counted": [{"table": table, "columns": list(columns)} for table, columns in shape.counted],
        "anchor": shape.anchor,
        "told": None if shape.told is None else {"table": shape.told[0], "column": shape.told[1]},
        "milestones": [asdict(one) for one in shape.milestones],
        "counter": None if shape.counter is None else {"column": shape.counter[0], "start": shape.counter[1]},
        "ghosts": list(shape.ghosts),
        "usual": [{"column": name, "counts": list(counts)} for name, counts in shape.usual.items()],
    }


def shape_from_dict(name: str, given: Any, linked: DatabaseSchema, above: Mapping[str, Shape]) -> Shape:
    """The shape that ``shape_to_dict`` gave.

    Args:
        name: of the table.
        given: JSON.
        linked: the keys of all tables, and their rules.
        above: by table, the shapes of those that own its rows, and their owners.

    Raises:
        MisfitError: if a part of it is not what it must be.
        SchemaError: if its schema is none.
    """
    check(given, SHAPE, f"table {name}")
    keys = linked.tables[name]
    others: dict[tuple[str, ...], ForeignKey] = {key.columns: key for key in keys.foreign_keys if key.kind != "owner"}
    said = [tuple(one["columns"]) for one in given["references"]]
    require(sorted(said) == sorted(others), f"references of {name}", "one for each key that owns nobody")
    schema = Schema.from_dict(given["schema"])
    shape = Shape(
        name=name,
        schema=schema,
        columns=tuple(given["columns"]),
        key_dtypes=given["key_dtypes"],
        primary_key=tuple(keys.primary_key or ()),
        owner=keys.owner,
        order=given["order"],
        references=tuple(
            Reference(
                others[tuple(one["columns"])],
                one["how"],
                one["table"],
                None if one["by"] is None else tuple(one["by"]),
                one["lost"],
            )
            for one in given["references"]
        ),
        children=tuple(given["children"]),
        counted=tuple((one["table"], tuple(one["columns"])) for one in given["counted"]),
        anchor=given["anchor"],
        told=None if given["told"] is None else (given["told"]["table"], given["told"]["column"]),
        milestones=tuple(Milestone(**one) for one in given.get("milestones", ())),
        rules=tuple(rule for rule in linked.rules or () if rule.table == name and rule.use),
        counter=None if given["counter"] is None else (given["counter"]["column"], given["counter"]["start"]),
        ghosts=(given["ghosts"][0], given["ghosts"][1]),
        usual={one["column"]: tuple(one["counts"]) for one in given["usual"]},
    )
    _check(shape, above)
    return shape


def _check(shape: Shape, above: Mapping[str, Shape]) -> None:
    """See that every column that is named is there."""
    name, moments = shape.name, [column.name for column in shape.schema if column.kind in MOMENTS]
    apart = {column for one in shape.references for column in one.key.columns}
    apart |= set(shape.owner.columns) if shape.owner else set()
    apart |= {shape.counter[0]} if shape.counter else set()
    known = apart | set(names_in_frame(shape.schema.names, shape.schema.composites))
    require(set(shape.columns) <= known and apart <= set(shape.columns), f"columns of {name}", "of keys or learned")
    require(apart <= set(shape.key_dtypes), f"types of {name}", "one for each column of a key")
    require(shape.anchor is None or shape.anchor in moments, f"anchor of {name}", "a column of moments")
    require(shape.order is None or shape.order in shape.schema.names, f"order of {name}", "a column that is learned")
    for key in shape.references:
        near = {*above, name} if key.how == "local" else set(above)
        others = above[str(key.table)].references if key.how == "via" and key.table in above else ()
        follows = key.how not in {"same", "via", "local"} or key.table in near
        follows &= key.how != "via" or key.columns in [other.key.columns for other in others]
        require(follows, f"references of {name}", "that follow from tables above")
    rising = all(list(counts) == sorted(counts) for counts in shape.usual.values())
    require(rising, f"usual counts of {name}", "rising")
    require(bool(above) == (shape.owner is not None), f"owner of {name}", "learned before it")
    if shape.told is not None:
        table, column = shape.told
        ends = [one.name for one in above[table].schema if one.kind in MOMENTS] if table in above else []
        require(column in ends, f"told of {name}", "a column of moments above")
    seen = [(one.table, one.column) for one in shape.milestones]
    require(len(set(seen)) == len(seen), f"milestones of {name}", "different columns")
    for one in shape.milestones:
        require(shape.order is not None and one.table in above, f"milestones of {name}", "above rows in order")
        own, theirs = shape.schema.column(str(shape.order)), above[one.table].schema
        fits = one.column in theirs.names and may_be_milestone(theirs.column(one.column), own)
        require(fits, f"milestones of {name}", "numbers or moments above")
    require(all(rule.column in known for rule in shape.rules), f"rules of {name}", "of its columns")
