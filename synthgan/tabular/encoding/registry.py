"""The kinds of column that can be learned: one line each, the first that claims a column takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.io.contract import require
from synthgan.tabular.encoding.coordinates import Coordinates
from synthgan.tabular.encoding.levels import LevelCodec
from synthgan.tabular.encoding.marked import MarkedCodec
from synthgan.tabular.encoding.moments import MomentCodec
from synthgan.tabular.encoding.numbers import NumberCodec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.schema import Column, Schema
    from synthgan.tabular.encoding.codec import Codec

CODECS: tuple[type[Codec], ...] = (
    Coordinates,
    MarkedCodec,
    MomentCodec,
    NumberCodec,
    LevelCodec,
)


def claimed(schema: Schema) -> list[tuple[type[Codec], tuple[Column, ...]]]:
    """The columns of a schema that are learned, those together that are encoded together, in the order of the table."""
    left, found = list(schema.columns), []
    for kind in CODECS:
        groups = kind.claim(left)
        found += [(kind, group) for group in groups]
        left = [column for column in left if not any(column in group for group in groups)]
    order = {column.name: index for index, column in enumerate(schema.columns)}
    return sorted(found, key=lambda one: order[one[1][0].name])


def grouped(schema: Schema) -> list[tuple[Column, ...]]:
    """The groups of columns alone."""
    return [group for _, group in claimed(schema)]


def codec_from_state(schema: Schema, fields: Mapping[str, Any], arrays: Mapping[str, Any]) -> Codec:
    """The codec that its ``state`` described.

    Raises:
        KeyError: if there is no such kind, or a part is missing.
        SchemaError: if it encodes a column that the schema lacks.
    """
    kinds = {kind.name: kind for kind in CODECS}
    columns = tuple(map(schema.column, fields["columns"]))
    require(fields["codec"] in kinds, "codec", f"one of {', '.join(kinds)}")
    kind = kinds[fields["codec"]]
    require(kind.claim(columns) == [columns], f"encoder of {fields['columns']}", f"of columns that {kind.name} encode")
    return kind.from_state(columns, fields, arrays)
