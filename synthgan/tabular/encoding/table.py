"""A whole table's way to codes and places, and back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.schema import Kind, Schema
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.errors import DataError
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.constraints import MOST_ROWS, Relations, Scale
from synthgan.tabular.encoding.continuous import COARSE, Cut, ModeSpecificNormalizer
from synthgan.tabular.encoding.layout import Encoded, Layout, Span
from synthgan.tabular.encoding.quantiles import QuantileFunction
from synthgan.tabular.encoding.values import step_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from synthgan.config import EncodingConfig
    from synthgan.data.schema import Column
    from synthgan.runtime import Streams

NUMERIC = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.DURATION})
LEVELLED = frozenset({Kind.BOOLEAN, Kind.CATEGORY, Kind.ORDERED})
Encoder = ModeSpecificNormalizer | LevelEncoder


@dataclass(frozen=True)
class TableTransform:
    """Fitted encoders of all learned columns; identifiers, constants and empty columns are rebuilt from the schema.

    Attributes:
        schema: what the table is.
        encoders: one a learned column, by name, in table order.
        layout: what each code and place means.
        relations: what holds between numeric columns in every row.
    """

    schema: Schema
    encoders: dict[str | int, Encoder]
    layout: Layout
    relations: Relations = field(default_factory=Relations)

    @classmethod
    def fit(cls, table: Table, config: EncodingConfig, streams: Streams, cut: Cut = COARSE) -> TableTransform:
        """Fit every column's encoder, numbers cut as finely as said.

        Raises:
            DataError: if there is no column to learn, or one cannot be released under ``config.rare_below``.
        """
        encoders: dict[str | int, Encoder] = {}
        asked: dict[str | int, np.ndarray] = {}  # whether something holds between them
        for place, column in enumerate(table.schema):
            if column.kind in NUMERIC:
                low, high = column.bounds
                numbers = table.float64(column)
                every = max(1, len(numbers) // MOST_ROWS)
                asked[column.name] = numbers if every == 1 else numbers[::every].copy()  # a view would keep them all
                encoders[column.name] = ModeSpecificNormalizer.fit(
                    numbers,
                    config,
                    step=step_of(column),
                    minimum=low,
                    maximum=high,
                    cut=cut,
                    rng=streams.numpy("modes", place),
                )
            elif column.kind in LEVELLED:
                found = table.levels(column)
                encoders[column.name] = LevelEncoder.fit(
                    column.name, found.codes, found.levels, column.levels, config, ordered=column.kind is Kind.ORDERED
                )
        if not encoders:
            raise DataError("a table must have a column to learn, however: all are identifiers, constants or empty")
        transform = cls(table.schema, encoders, make_layout(encoders))
        return replace(transform, relations=Relations.find(asked, transform.scales))

    @cached_property
    def scales(self) -> dict[str | int, Scale]:
        """What values each numeric column may have."""
        numeric = {name: encoder for name, encoder in self.encoders.items() if not isinstance(encoder, LevelEncoder)}
        return {
            name: Scale(encoder.step, *encoder.released, self.schema.column(name).kind)
            for name, encoder in numeric.items()
        }

    def transform(self, table: Table, streams: Streams) -> Encoded:
        """Encode a table with the columns of the schema."""
        codes = np.empty((len(table), len(self.encoders)), dtype=np.int32)
        places = np.zeros((len(codes), self.layout.places), dtype=np.float32)
        for index, (span, (name, encoder)) in enumerate(zip(self.layout.spans, self.encoders.items(), strict=True)):
            column = self.schema.column(name)
            if isinstance(encoder, LevelEncoder):
                found = table.levels(column)
                codes[:, index] = encoder.encode(found.codes, found.levels)
                continue
            numbers = encoder.encode(table.float64(column), streams.numpy("places", index))
            codes[:, index] = numbers.codes
            if span.place is not None:
                places[:, span.place] = numbers.places
        return Encoded(codes, places)

    def values(self, encoded: Encoded) -> dict[str | int, np.ndarray | Levels]:
        """The learned columns' values, by name: numbers still to be rounded, or levels."""
        values: dict[str | int, np.ndarray | Levels] = {}
        for index, (span, (name, encoder)) in enumerate(zip(self.layout.spans, self.encoders.items(), strict=True)):
            codes = encoded.codes[:, index]
            if isinstance(encoder, LevelEncoder):
                values[name] = Levels(encoder.decode(codes), encoder.levels)
            else:
                places = encoded.places[:, span.place] if span.place is not None else np.zeros(len(codes), np.float32)
                values[name] = encoder.decode(codes, places)
        return values

    def inverse(
        self, encoded: Encoded, streams: Streams, first_row: int = 0, fixed: Collection[str | int] = ()
    ) -> Table:
        """The table that was encoded, with the columns of the schema.

        Args:
            encoded: codes and places.
            streams: randomness for identifiers.
            first_row: how many rows came before these, so that identifiers go on counting.
            fixed: columns that must not move for a relation to hold: a condition speaks of them.
        """
        as_they_are = {name: np.ones(len(encoded), dtype=bool) for name in fixed}
        values = self.relations.mend(self.values(encoded), self.scales, as_they_are)
        for column in self.schema.columns:
            if column.kind is Kind.IDENTIFIER:
                values[column.name] = make_identifiers(column, first_row, len(encoded), streams)
        return Table.of(self.schema, values, len(encoded))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything but the schema, as JSON and tensors."""
        described: list[dict[str, Any]] = []
        tensors: dict[str, np.ndarray] = {}
        for index, encoder in enumerate(self.encoders.values()):
            if isinstance(encoder, LevelEncoder):
                fields: dict[str, Any] = {
                    "levels": list(encoder.levels),
                    "has_rare": encoder.has_rare,
                    "has_missing": encoder.has_missing,
                    "ordered": encoder.ordered,
                }
            else:
                fields = {
                    "step": encoder.step,
                    "smooth": encoder.smooth is not None,
                    "has_missing": encoder.has_missing,
                }
                arrays = {name: getattr(encoder, name) for name in ("spikes", "edges", "means", "deviations", "masses")}
                if encoder.smooth is not None:
                    arrays |= {"knot_levels": encoder.smooth.levels, "knot_values": encoder.smooth.values}
                tensors |= {f"encoder/{index}/{name}": array for name, array in arrays.items() if len(array)}
            described.append(fields)
        return {"encoders": described, "relations": self.relations.state()}, tensors

    @classmethod
    def from_state(cls, schema: Schema, state: dict[str, Any], tensors: dict[str, np.ndarray]) -> TableTransform:
        """The transform that ``state`` described."""
        learned = [column.name for column in schema.columns if column.kind in NUMERIC | LEVELLED]
        encoders = {
            name: _read_encoder(
                fields,
                {key.split("/")[2]: array for key, array in tensors.items() if key.startswith(f"encoder/{index}/")},
            )
            for index, (name, fields) in enumerate(zip(learned, state["encoders"], strict=True))
        }
        transform = cls(schema, encoders, make_layout(encoders), Relations.from_state(state["relations"]))
        if transform.relations.names - set(transform.scales):
            raise ValueError("relations must hold between numeric columns that are learned")
        return transform


def make_layout(encoders: dict[str | int, Encoder]) -> Layout:
    """Lay the columns' modes out one after the other."""
    spans: list[Span] = []
    known: dict[str, list[np.ndarray]] = {
        name: [] for name in ("placed", "centers", "widths", "emitted", "missing", "ranks")
    }
    start = place = 0
    for name, encoder in encoders.items():
        if isinstance(encoder, LevelEncoder):
            has_place, discrete = np.zeros(encoder.modes, dtype=bool), True
            center = width = np.zeros(encoder.modes, dtype=np.float32)
            may_emit, rank = encoder.emitted, encoder.ranks
        else:
            has_place, discrete = encoder.placed, encoder.smooth is None
            center, width = encoder.scores()
            may_emit, rank = np.ones(encoder.modes, dtype=bool), np.zeros(encoder.modes, dtype=np.float32)
        is_missing = (np.arange(encoder.modes) == encoder.modes - 1) & encoder.has_missing
        spans.append(
            Span(
                name,
                start,
                encoder.modes,
                place if has_place.any() else None,
                discrete=discrete and encoder.modes > 1,
                levels=isinstance(encoder, LevelEncoder),
            )
        )
        start, place = start + encoder.modes, place + int(has_place.any())
        for whole, part in zip(known.values(), (has_place, center, width, may_emit, is_missing, rank), strict=True):
            whole.append(part)
    return Layout(tuple(spans), **{name: np.concatenate(parts) for name, parts in known.items()})


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


def _read_encoder(fields: dict[str, Any], arrays: dict[str, np.ndarray]) -> Encoder:
    if "levels" in fields:
        return LevelEncoder(tuple(fields["levels"]), fields["has_rare"], fields["has_missing"], fields["ordered"])
    smooth = QuantileFunction(arrays["knot_levels"], arrays["knot_values"]) if fields["smooth"] else None
    parts = {name: arrays.get(name, np.empty(0)) for name in ("spikes", "edges", "means", "deviations", "masses")}
    return ModeSpecificNormalizer(step=fields["step"], smooth=smooth, has_missing=fields["has_missing"], **parts)
