"""A whole table's way to codes and residuals, and back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from synthgan.data.schema import CODED, Kind, Schema
from synthgan.data.table import Table
from synthgan.errors import DataError
from synthgan.io.contract import check, require
from synthgan.io.manifest import ENCODING
from synthgan.runtime import Streams
from synthgan.tabular.encoding.codec import all_withheld, decided
from synthgan.tabular.encoding.computed import Computed
from synthgan.tabular.encoding.constraints import MAX_ROWS, Constraints
from synthgan.tabular.encoding.continuous import COARSE, Cut
from synthgan.tabular.encoding.counting import make_identifiers
from synthgan.tabular.encoding.equalities import Equality
from synthgan.tabular.encoding.holding import check_constraints, check_distances, check_equalities
from synthgan.tabular.encoding.keysets import fit_keys, read_keys
from synthgan.tabular.encoding.layout import Encoded, Layout, make_layout
from synthgan.tabular.encoding.numbers import NumberCodec
from synthgan.tabular.encoding.obeying import Obedience
from synthgan.tabular.encoding.registry import CODECS, codec_from_state, grouped
from synthgan.tabular.encoding.spaced import behind, repaired, spaced
from synthgan.tabular.encoding.spacing import Distance

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from synthgan.config import EncodingConfig
    from synthgan.data.scale import Scale
    from synthgan.data.schema import Column
    from synthgan.data.withheld import Withheld
    from synthgan.tabular.encoding.codec import Codec, Name, Values
    from synthgan.tabular.encoding.identifiers import FreshKeys
    from synthgan.tabular.encoding.keeping import Keeper


FARTHEST = 8.0  # a residual beyond all that are drawn


@dataclass(frozen=True)
class TableTransform:
    """Fitted codecs of all learned columns; identifiers, constants and empty columns are rebuilt from the schema.

    Attributes:
        schema: what the table is.
        codecs: in the order of their first columns in the table, then those of distances and of equalities.
        constraints: what holds between numeric columns in every row.
        keys: how identifiers are made; None for a file of an earlier version, which counts them.
        computed: which columns are a function of others.
        withheld: what was not learned of the table that it was fitted to.
        distances: how far columns are behind others: columns that are learned and never released.
        equalities: which columns equal others in some rows: such columns, too.
    """

    schema: Schema
    codecs: tuple[Codec, ...]
    constraints: Constraints = field(default_factory=Constraints)
    keys: tuple[FreshKeys, ...] | None = None
    computed: Computed = field(default_factory=Computed)
    withheld: tuple[Withheld, ...] = ()
    distances: tuple[Distance, ...] = ()
    equalities: tuple[Equality, ...] = ()

    @classmethod
    def fit(cls, table: Table, config: EncodingConfig, streams: Streams, cut: Cut = COARSE) -> TableTransform:
        """Fit every column's codec, numbers cut as finely as said.

        Raises:
            DataError: if there is no column to learn, or one cannot be released under ``config.rare_below``.
        """
        index = {column.name: at for at, column in enumerate(table.schema)}
        left, codecs = list(table.schema), []
        values_of: dict[Name, np.ndarray] = {}  # whether something holds between them
        for kind in CODECS:
            for group in kind.claim(left):
                found = tuple(read_values(table, column) for column in group)
                codec = kind.fit(group, found, config, cut, streams.numpy("modes", index[group[0].name]))
                if codec is not None:
                    codecs.append(codec)
                    values_of |= {group[0].name: _some(found[0])} if codec.scale else {}
                    left = [column for column in left if column not in group]
        if not codecs:
            raise DataError(
                "a table must have a column to learn, however: all are identifiers, constants, empty or withheld"
            )
        codecs.sort(key=lambda codec: index[codec.columns[0].name])
        computed, keys = Computed.fit(table, config.rare_below), fit_keys(table, config.rare_below)
        schema = computed.listed_in(decided(table.schema, codecs))
        lost = all_withheld(table, codecs)
        transform = cls(schema, tuple(codecs), keys=keys, computed=computed, withheld=lost)
        known = {name: values_of[name] for name in transform.scales}
        transform = replace(transform, constraints=Constraints.find(known, transform.scales, computed.targets))
        return spaced(transform, table, known, config, streams, cut)

    @cached_property
    def columns(self) -> dict[Name, Column]:
        """The columns of the schema by name."""
        return {column.name: column for column in self.schema}

    @property
    def own_codecs(self) -> tuple[Codec, ...]:
        """The codecs of columns of the table."""
        return self.codecs[: len(self.codecs) - len(self.hidden)]

    @property
    def hidden(self) -> tuple[Distance | Equality, ...]:
        """What the last codecs are of: columns that are learned and never released."""
        return (*self.distances, *self.equalities)

    @property
    def tied(self) -> set[Name]:
        """The columns that distances lie between."""
        return {name for distance in self.distances for name in distance.names}

    @cached_property
    def layout(self) -> Layout:
        """What each code and residual means."""
        return make_layout({codec.columns[0].name: codec.encoder for codec in self.codecs})

    @cached_property
    def scales(self) -> dict[Name, Scale]:
        """What values each column may have that a constraint may speak of."""
        return {codec.columns[0].name: codec.scale for codec in self.own_codecs if codec.scale is not None}

    @cached_property
    def owners(self) -> dict[Name, int]:
        """Which codec encodes each learned column: its index among the codecs and the spans of the layout."""
        return {column.name: index for index, codec in enumerate(self.own_codecs) for column in codec.columns}

    def codec(self, name: Name) -> Codec:
        """The codec of a learned column; KeyError where the column is not learned."""
        return self.codecs[self.owners[name]]

    def transform(self, table: Table, streams: Streams) -> Encoded:
        """Encode a table with the columns of the schema."""
        codes = np.empty((len(table), len(self.codecs)), dtype=np.int32)
        every_residual = np.zeros((len(codes), self.layout.residuals), dtype=np.float32)
        for index, (span, codec) in enumerate(zip(self.layout.spans, self.codecs, strict=True)):
            at = index - len(self.own_codecs)
            values: tuple[Values, ...] = (
                tuple(read_values(table, column) for column in codec.columns)
                if at < 0
                else (behind(self, table, self.hidden[at]),)
            )
            codes[:, index], residuals = codec.encode(values, streams.numpy("places", index))
            every_residual[:, span.slots] = residuals
        return Encoded(codes, every_residual)

    def values(self, encoded: Encoded) -> dict[Name, Values]:
        """The learned columns' values, by name: numbers still to be rounded, or levels."""
        values: dict[Name, Values] = {}
        for index, (span, codec) in enumerate(zip(self.layout.spans, self.codecs, strict=True)):
            decoded = codec.decode(encoded.codes[:, index], encoded.residuals[:, span.slots])
            values |= {column.name: one for column, one in zip(codec.columns, decoded, strict=True)}
        return values

    def inverse(
        self,
        encoded: Encoded,
        streams: Streams,
        first_row: int = 0,
        fixed: Collection[Name] = (),
        bounds: Mapping[Name, tuple[float, float]] | None = None,
        keeper: Keeper | None = None,
        given: Mapping[Name, Values] | None = None,
        *,
        alone: bool = True,
    ) -> Table:
        """The table that was encoded, with the columns of the schema.

        Args:
            encoded: codes and residuals.
            streams: randomness for identifiers.
            first_row: how many rows came before these, so that identifiers go on counting.
            fixed: columns that must not move for a constraint to hold: a condition speaks of them.
            bounds: by column, the lowest and the highest number that a condition allows: residuals may miss them by a hair.
            keeper: keeps the rules that a schema declares, in all batches of a draw; None where nobody is to.
            given: by column, values that are known better than by their codes, which are not looked at then.
            alone: whether each row is nobody else's concern: what breaks a formula may then be taken from another row.

        Raises:
            DataError: if rows cannot keep all rules.
        """
        as_they_are = {name: np.ones(len(encoded), dtype=bool) for name in fixed}
        drawn = self.values(encoded) | dict(given or {})
        for name, ends in (bounds or {}).items():
            at = self.owners[name]
            inside = self.codecs[at].encoder.has_residual[encoded.codes[:, at]]
            numbers = cast("np.ndarray", drawn[name])
            drawn[name] = np.where(inside, np.clip(numbers, *ends), numbers)
        values = repaired(self, drawn, as_they_are, bounds)
        if self.keys is None:
            named = [one for one in self.schema.columns if one.kind is Kind.IDENTIFIER]
            values |= {one.name: make_identifiers(one, first_row, len(encoded), streams) for one in named}
        values |= {one.column.name: one.make(first_row, len(encoded), streams) for one in self.keys or ()}
        rng = streams.numpy("computed", first_row)
        if keeper is not None and self.schema.rules:
            obeyed = Obedience(self, self.schema, as_they_are, bounds, rng)
            values = obeyed.kept(values, keeper, streams.numpy("rules", first_row))
            as_they_are = obeyed.held
        made = Table.of(self.schema, values, len(encoded))
        return self.computed.put_in(made, as_they_are, self.scales, rng if alone else None)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything but the schema, as JSON and tensors."""
        described: list[dict[str, Any]] = []
        tensors: dict[str, np.ndarray] = {}
        for index, codec in enumerate(self.codecs):
            own, arrays = codec.state()
            tensors |= {f"encoder/{index}/{name}": array for name, array in arrays.items()}
            described.append({"codec": codec.name, "columns": [column.name for column in codec.columns]} | own)
        fields: dict[str, Any] = {"encoders": described, "constraints": self.constraints.state()}
        if self.keys is not None:
            fields["identifiers"] = [one.state() for one in self.keys]
        if self.computed.formulas:
            fields["formulas"] = self.computed.state()
        if self.distances:
            fields["distances"] = [distance.state() for distance in self.distances]
        if self.equalities:
            fields["equalities"] = [equality.state() for equality in self.equalities]
        return fields, tensors

    @classmethod
    def from_state(cls, schema: Schema, state: dict[str, Any], tensors: Mapping[str, np.ndarray]) -> TableTransform:
        """The transform that ``state`` described.

        Raises:
            MisfitError: if a part of it is not what it must be.
            SynthganError: if the schema cannot hold what a codec can say.
        """
        check(state, ENCODING, "encoding")
        codecs: list[Codec] = []
        distances = tuple(map(Distance.from_state, state.get("distances", ())))
        equalities = tuple(map(Equality.from_state, state.get("equalities", ())))
        hidden: tuple[Distance | Equality, ...] = (*distances, *equalities)
        own = len(state["encoders"]) - len(hidden)
        for index, fields in enumerate(state["encoders"]):
            start = f"encoder/{index}/"
            arrays = {key.removeprefix(start): array for key, array in tensors.items() if key.startswith(start)}
            if index < own:
                codecs.append(codec_from_state(schema, fields, arrays))
            else:
                codecs.append(NumberCodec.from_state((hidden[index - own].column,), fields, arrays))
        encoded = [column.name for codec in codecs[: max(own, 0)] for column in codec.columns]
        wanted = [column.name for group in grouped(schema) for column in group]
        require(
            codecs and sorted(map(str, encoded)) == sorted(map(str, wanted)),
            "encoders",
            "one for each column that is learned",
        )
        keys, computed = (
            read_keys(schema, state.get("identifiers")),
            Computed.from_state(schema, state.get("formulas", [])),
        )
        constraints = Constraints.from_state(state["constraints"])
        transform = cls(schema, tuple(codecs), constraints, keys, computed, (), distances, equalities)
        check_constraints(transform.constraints, transform.scales)
        check_distances(distances, transform.scales, schema)
        check_equalities(equalities, transform.scales, (*schema.names, *(one.column.name for one in distances)))
        transform.check_writable()
        return transform

    def check_room(self, rows: int) -> None:
        """See that there are identifiers for so many rows; raises DataError where a column has too few."""
        for one in self.keys or ():
            one.check_room(rows)

    def check_writable(self) -> None:
        """See that all that codecs can say can be written in the types of the schema, by writing it.

        Raises:
            SynthganError: if something cannot.
        """
        modes = [np.flatnonzero(codec.encoder.emitted) for codec in self.codecs]
        require(all(map(len, modes)), "every encoder", "of a mode that is drawn")
        rows = max(map(len, modes))
        codes = np.column_stack([np.resize(own, rows) for own in modes]).astype(np.int32)
        residuals = np.full((rows, self.layout.residuals), FARTHEST, dtype=np.float32)
        for ends in (residuals, -residuals):
            self.inverse(Encoded(codes, ends), Streams(0)).frame()


def read_values(table: Table, column: Column) -> Values:
    """A column of a table as its codec takes it."""
    return table.levels(column) if column.kind in CODED | {Kind.TEXT} else table.float64(column)


def _some(values: Values) -> np.ndarray:
    """Enough rows to find what holds in all of them."""
    assert isinstance(values, np.ndarray)  # noqa: S101 (only numbers have scales)
    every = max(1, len(values) // MAX_ROWS)
    return values if every == 1 else values[::every].copy()  # a view would keep all of them
