"""A whole table's way to codes and residuals, and back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.frames import Levels, build_frame, read_levels, read_numbers
from synthgan.data.schema import CODED, Kind, Schema
from synthgan.errors import DataError
from synthgan.io.tables import number_of_rows
from synthgan.tabular.encoding.constraints import MOST_ROWS, Relations, Scale
from synthgan.tabular.encoding.continuous import COARSE, Cut
from synthgan.tabular.encoding.layout import Encoded, Layout, make_layout
from synthgan.tabular.encoding.registry import CODECS, codec_from_state

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from synthgan.config import EncodingConfig
    from synthgan.data import Frame
    from synthgan.data.schema import Column
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.codec import Codec, Name, Values


@dataclass(frozen=True)
class TableTransform:
    """Fitted codecs of all learned columns; identifiers, constants and empty columns are rebuilt from the schema.

    Attributes:
        schema: what the table is.
        codecs: in the order of their first columns in the table.
        relations: what holds between numeric columns in every row.
    """

    schema: Schema
    codecs: tuple[Codec, ...]
    relations: Relations = field(default_factory=Relations)

    @classmethod
    def fit(
        cls, frame: Frame, schema: Schema, config: EncodingConfig, streams: Streams, cut: Cut = COARSE
    ) -> TableTransform:
        """Fit every column's codec, numbers cut as finely as said.

        Raises:
            DataError: if there is no column to learn, or one cannot be released under ``config.rare_below``.
        """
        index = {column.name: place for place, column in enumerate(schema.columns)}
        left, codecs = list(schema.columns), []
        values: dict[Name, Values] = {}
        for kind in CODECS:
            for group in kind.claim(left):
                values |= {column.name: read_values(frame, column) for column in group if column.name not in values}
                found = tuple(values[column.name] for column in group)
                codec = kind.fit(group, found, config, cut, streams.numpy("modes", index[group[0].name]))
                if codec is not None:
                    codecs.append(codec)
                    left = [column for column in left if column not in group]
        if not codecs:
            raise DataError("a table must have a column to learn, however: all are identifiers, constants or empty")
        codecs.sort(key=lambda codec: index[codec.columns[0].name])
        transform = cls(schema, tuple(codecs))
        asked = {name: _some(values[name]) for name in transform.scales}  # whether something holds between them
        return replace(transform, relations=Relations.find(asked, transform.scales))

    @cached_property
    def layout(self) -> Layout:
        """What each code and residual means."""
        return make_layout({codec.columns[0].name: codec.encoder for codec in self.codecs})

    @cached_property
    def scales(self) -> dict[Name, Scale]:
        """What values each column may have that a constraint may speak of."""
        return {codec.columns[0].name: codec.scale for codec in self.codecs if codec.scale is not None}

    @cached_property
    def owners(self) -> dict[Name, int]:
        """Which codec encodes each learned column: its index among the codecs and the spans of the layout."""
        return {column.name: index for index, codec in enumerate(self.codecs) for column in codec.columns}

    def codec(self, name: Name) -> Codec:
        """The codec of a learned column; KeyError where the column is not learned."""
        return self.codecs[self.owners[name]]

    def transform(self, frame: Frame, streams: Streams) -> Encoded:
        """Encode a frame that fits the schema."""
        codes = np.empty((number_of_rows(frame), len(self.codecs)), dtype=np.int32)
        places = np.zeros((len(codes), self.layout.places), dtype=np.float32)
        for index, (span, codec) in enumerate(zip(self.layout.spans, self.codecs, strict=True)):
            values = tuple(read_values(frame, column) for column in codec.columns)
            codes[:, index], residuals = codec.encode(values, streams.numpy("places", index))
            places[:, span.slots] = residuals
        return Encoded(codes, places)

    def values(self, encoded: Encoded) -> dict[Name, Values]:
        """The learned columns' values, by name: numbers still to be rounded, or levels."""
        values: dict[Name, Values] = {}
        for index, (span, codec) in enumerate(zip(self.layout.spans, self.codecs, strict=True)):
            decoded = codec.decode(encoded.codes[:, index], encoded.places[:, span.slots])
            values |= {column.name: one for column, one in zip(codec.columns, decoded, strict=True)}
        return values

    def inverse(
        self, encoded: Encoded, streams: Streams, first_row: int = 0, fixed: Collection[str | int] = ()
    ) -> Frame:
        """The frame of an encoded table, with the dtypes and columns of the schema.

        Args:
            encoded: codes and residuals.
            streams: randomness for identifiers.
            first_row: how many rows came before these, so that identifiers go on counting.
            fixed: columns that must not move for a relation to hold: a condition speaks of them.
        """
        as_they_are = {name: np.ones(len(encoded), dtype=bool) for name in fixed}
        values = self.relations.mend(self.values(encoded), self.scales, as_they_are)
        for column in self.schema.columns:
            if column.kind is Kind.IDENTIFIER:
                values[column.name] = make_identifiers(column, first_row, len(encoded), streams)
        return build_frame(self.schema, values, len(encoded))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything but the schema, as JSON and tensors."""
        described: list[dict[str, Any]] = []
        tensors: dict[str, np.ndarray] = {}
        for index, codec in enumerate(self.codecs):
            fields, arrays = codec.state()
            tensors |= {f"encoder/{index}/{name}": array for name, array in arrays.items()}
            described.append({"codec": codec.name, "columns": [column.name for column in codec.columns]} | fields)
        return {"encoders": described, "relations": self.relations.state()}, tensors

    @classmethod
    def from_state(cls, schema: Schema, state: dict[str, Any], tensors: Mapping[str, np.ndarray]) -> TableTransform:
        """The transform that ``state`` described."""
        codecs = []
        for index, fields in enumerate(state["encoders"]):
            start = f"encoder/{index}/"
            arrays = {key.removeprefix(start): array for key, array in tensors.items() if key.startswith(start)}
            codecs.append(codec_from_state(schema, fields, arrays))
        transform = cls(schema, tuple(codecs), Relations.from_state(state["relations"]))
        if transform.relations.names - set(transform.scales):
            raise ValueError("relations must hold between numeric columns that are learned")
        return transform


def read_values(frame: Frame, column: Column) -> Values:
    """A column of a frame as its codec takes it."""
    return Levels(*read_levels(frame, column)) if column.kind in CODED else read_numbers(frame, column)


def make_identifiers(column: Column, first_row: int, rows: int, streams: Streams) -> np.ndarray:
    """Fresh identifiers in the form of a column's own: a count of its width behind its constant prefix, or UUIDs."""
    pattern = column.pattern or "int:1"
    if pattern == "uuid":
        random = streams.numpy(f"uuid {column.name}", first_row)
        return np.array([str(uuid.UUID(bytes=random.bytes(16), version=4)) for _ in range(rows)], dtype=object)
    form, _, rest = pattern.partition(":")
    prefix, _, digits = rest.rpartition(":")
    # Counting starts at 10…0 so that every identifier has the width of the original ones.
    numbers = np.arange(first_row, first_row + rows, dtype=np.int64) + 10 ** max(int(digits) - 1, 0)
    if form == "int":
        return numbers
    return np.array([f"{prefix}{number}" for number in numbers], dtype=object)


def _some(values: Values) -> np.ndarray:
    """Enough rows to find what holds in all of them."""
    assert isinstance(values, np.ndarray)  # noqa: S101 (only numbers have scales)
    return values[:: max(1, len(values) // MOST_ROWS)]
