"""A model of a database as JSON and tensors, and back: each part checked against those above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from synthgan.data.schema import Schema
from synthgan.io.contract import Anything, Array, Listed, Maybe, Record, Text, Whole, check, require
from synthgan.io.manifest import ENCODING, TABLE_MANIFEST
from synthgan.relational.filling import as_type
from synthgan.relational.parts import Grown, Kept, Plain, Root
from synthgan.relational.shapefile import shape_from_dict, shape_to_dict
from synthgan.relational.storage import branch_from_state, branch_state, context_from_state, context_state
from synthgan.runtime import below, put_below
from synthgan.tabular.encoding.keysets import read_keys
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.model import TabularModel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from synthgan.data.linked import DatabaseSchema
    from synthgan.io.contract import Part as Contracted
    from synthgan.relational.history import Memory
    from synthgan.relational.parts import Part
    from synthgan.relational.shape import Shape

Arrays = dict[str, np.ndarray]

_TABLE: Final = Record({"schema": Anything(), "encoding": ENCODING})
_OWN: Final[dict[str, Contracted]] = {"name": Text(), "shape": Anything(), "rows": Whole()}
_PARTS: Final = {
    "kept": Record({"role": Text(), "name": Text(), "dtypes": Listed(Text())}),
    "plain": Record({"role": Text(), **_OWN, "table": Maybe(_TABLE), "keys": Listed(Anything())}),
    "root": Record({"role": Text(), **_OWN, "table": TABLE_MANIFEST, "context": Listed(Whole(), distinct=True)}),
    "grown": Record(
        {"role": Text(), **_OWN, "table": _TABLE, "walk": Anything(), "context": Listed(Whole(), distinct=True)}
    ),
}


def parts_state(parts: Mapping[str, Part]) -> tuple[list[dict[str, Any]], Arrays]:
    """All parts as JSON, in their order, and tensors."""
    said: list[dict[str, Any]] = []
    arrays: Arrays = {}
    for index, (name, part) in enumerate(parts.items()):
        one, held = _state(part)
        said.append({"role": part.role, "name": name, **one})
        arrays |= {f"part/{index}/{key}": array for key, array in held.items()}
    return said, arrays


def _state(part: Part) -> tuple[dict[str, Any], Arrays]:
    if isinstance(part, Kept):
        return {"dtypes": [str(dtype) for dtype in part.frame.dtypes]}, {"data": _as_bytes(part)}
    own: dict[str, Any] = {"shape": shape_to_dict(part.shape), "rows": part.rows}
    if isinstance(part, Plain):
        own["keys"] = [key.state() for key in part.keys]
        if part.transform is None:
            return own | {"table": None}, {}
        encoding, arrays = part.transform.state()
        table = {"schema": part.transform.schema.to_dict(), "encoding": encoding}
        return own | {"table": table}, put_below({"table": arrays})
    seen, views = context_state(part.context)
    own["context"] = seen
    if isinstance(part, Root):
        return own | {"table": part.model.manifest()}, put_below({"table": part.model.tensors(), "context": views})
    transform = part.branch.rows.transform
    encoding, arrays = transform.state()
    walk, trees = branch_state(part.branch)
    own |= {"table": {"schema": transform.schema.to_dict(), "encoding": encoding}, "walk": walk}
    return own, put_below({"table": arrays, "walk": trees, "context": views})


def parts_from_state(
    path: str | Path, linked: DatabaseSchema, said: list[dict[str, Any]], arrays: Arrays, device: torch.device
) -> dict[str, Part]:
    """The parts that ``parts_state`` gave.

    Raises:
        MisfitError: if one is not what it must be.
    """
    require(all(name.startswith("part/") for name in arrays), "every tensor", "of a part")
    names = [one.get("name") for one in said]
    require(sorted(map(str, names)) == sorted(linked.tables), "parts", "one for each table")
    parts: dict[str, Part] = {}
    widths: dict[str, int] = {}
    for index, one in enumerate(said):
        role, name = one.get("role"), str(one["name"])
        require(role in _PARTS, f"role of {name}", f"one of {', '.join(_PARTS)}")
        check(one, _PARTS[str(role)], f"part {name}")
        held = below(arrays, f"part/{index}")
        if role == "kept":
            parts[name] = _kept(name, one, held)
            continue
        owner = linked.tables[name].owner
        above = None if owner is None else parts.get(owner.table)
        require(owner is None or (above is not None and not isinstance(above, Kept)), f"owner of {name}", "before it")
        shape = shape_from_dict(name, one["shape"], linked, _shapes_above(parts, linked, name))
        width = 0 if owner is None else widths[owner.table]
        near = {other: part for other, part in parts.items() if isinstance(part, Grown)}
        memories = {
            other: part.branch.walk.memory
            for other, part in near.items()
            if owner is not None and part.shape.owner is not None and part.shape.owner.table == owner.table
        }
        part, seen = _part(path, shape, one, held, (width, memories), device)
        parts[name], widths[name] = part, width + seen
    return parts


def _shapes_above(parts: Mapping[str, Part], linked: DatabaseSchema, name: str) -> dict[str, Shape]:
    """The shapes of the tables above one, by name."""
    found: dict[str, Shape] = {}
    while (owner := linked.tables[name].owner) is not None and owner.table not in found:
        name = owner.table
        part = parts.get(name)
        require(part is not None and not isinstance(part, Kept), f"owner {name}", "before it")
        found[name] = part.shape  # type: ignore[union-attr]
    return found


def _part(
    path: str | Path,
    shape: Shape,
    one: dict[str, Any],
    held: Arrays,
    known: tuple[int, Mapping[str, Memory]],
    device: torch.device,
) -> tuple[Part, int]:
    table, arrays, rows = one["table"], below(held, "table"), one["rows"]
    if one["role"] == "plain":
        transform = None
        if table is not None:
            transform = TableTransform.from_state(Schema.from_dict(table["schema"]), table["encoding"], arrays)
        keys = read_keys(shape.schema, one["keys"]) if transform is None else ()
        require(transform is not None or keys is not None, f"keys of {shape.name}", "made")
        return Plain(shape, transform, keys or (), rows), 0
    require((one["role"] == "root") == (shape.owner is None), f"role of {shape.name}", "root where nobody owns it")
    if one["role"] == "root":
        model = TabularModel.from_file(path, table, arrays, device)
        context = context_from_state(model.transform, one["context"], below(held, "context"))
        _check_learned(shape, model.transform)
        return Root(shape, model, context, rows), context.width
    transform = TableTransform.from_state(Schema.from_dict(table["schema"]), table["encoding"], arrays)
    width, memories = known
    branch = branch_from_state(transform, width, one["walk"], below(held, "walk"), memories, len(shape.milestones))
    require(not shape.milestones or shape.order in branch.rows.names, f"order of {shape.name}", "of numbers")
    begun = branch.walk.first == (0 if branch.beginning is None else 1)
    require(begun, f"walk of {shape.name}", "of all rows, or of those after the beginning")
    context = context_from_state(transform, one["context"], below(held, "context"))
    _check_learned(shape, transform)
    return Grown(shape, branch, context, rows), context.width


def _check_learned(shape: Shape, transform: TableTransform) -> None:
    require(set(shape.schema.names) <= set(transform.schema.names), f"columns of {shape.name}", "learned")


def _as_bytes(part: Kept) -> np.ndarray:
    table = pa.Table.from_pandas(part.frame, preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return np.frombuffer(sink.getvalue(), dtype=np.uint8)


def _kept(name: str, one: dict[str, Any], held: Arrays) -> Kept:
    check(held, Record({"data": Array("u1", ("bytes",))}), f"part {name}")
    try:
        with pyarrow.ipc.open_stream(pa.py_buffer(held["data"].tobytes())) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"table {name} must be a table of Arrow, however: it is damaged") from error
    require(len(one["dtypes"]) == table.num_columns, f"types of {name}", "one for each column")
    frame = table.to_pandas(ignore_metadata=True)
    for column, dtype in zip(frame.columns, one["dtypes"], strict=True):
        frame[column] = as_type(frame[column], dtype)
    return Kept(name, frame)
