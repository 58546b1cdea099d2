"""The rows of groups as a walk sees them: numbers, levels and codes, some numbers told as steps from the value before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from synthgan.relational.repeats import WithReferences, comes_again
from synthgan.relational.stepping import before_each, inside, remembers, rises, rounded, spreads, step_column
from synthgan.tabular.encoding.layout import Encoded, make_layout
from synthgan.tabular.encoding.numbers import NumberCodec
from synthgan.tabular.encoding.spaced import behind
from synthgan.tabular.encoding.table import read_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.groups import Groups
    from synthgan.data.scale import Scale
    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.codec import Codec
    from synthgan.tabular.encoding.continuous import Cut
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.encoding.table import TableTransform

    Name = str | int
    Numbers = NDArray[np.float64]

_TINY = 1e-7


@dataclass(frozen=True)
class Rows:
    """Rows as a walk sees them.

    Attributes:
        numbers: float64 ``[rows, numbers]``; NaN is missing.
        codes: int32 ``[rows, codecs]``: of levels their modes; of numbers whatever code they were drawn or encoded as.
    """

    numbers: Numbers
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.codes)

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """The rows at these indices."""
        return Rows(self.numbers[rows], self.codes[rows])

    def followed_by(self, others: Rows) -> Rows:
        """These rows, and others behind them."""
        return Rows(np.concatenate([self.numbers, others.numbers]), np.concatenate([self.codes, others.codes]))

    def replaced(self, at: NDArray[np.bool_], others: Rows) -> Rows:
        """The same with other rows where ``at`` says."""
        numbers, codes = self.numbers.copy(), self.codes.copy()
        numbers[at], codes[at] = others.numbers, others.codes
        return Rows(numbers, codes)


@dataclass(frozen=True)
class RowCodec:
    """How rows are encoded: as the transform of their table has it, but for columns that are told as steps.

    Attributes:
        transform: of the table.
        steps: by index of a codec, the codec of the steps that its column is told by.
        start: float64 ``[numbers]``: what a step is counted from where nothing was before.
        spread: float64 ``[numbers]``: how far numbers lie apart, by which they are compared.
        rising: bool ``[numbers]``: which never fall inside a group.
        repeats: the indices of the codecs of levels that have a mode for the level of the row before, behind their own.
        linked: the indices of those, and of numbers, that have a mode for what a sibling's row says at the same time, the last one.
    """

    transform: TableTransform
    steps: Mapping[int, NumberCodec]
    start: Numbers
    spread: Numbers
    rising: NDArray[np.bool_]
    repeats: tuple[int, ...] = ()
    linked: tuple[int, ...] = ()

    @classmethod
    def bare(cls, transform: TableTransform) -> RowCodec:
        """One that knows nothing but the transform."""
        return cls(transform, {}, np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool))

    @classmethod
    def fit(
        cls,
        transform: TableTransform,
        table: Table,
        groups: Groups,
        stepped: set[Name],
        first: int,
        config: EncodingConfig,
        cut: Cut,
        streams: Streams,
        origin: Numbers | None = None,
    ) -> RowCodec:
        """Find what is told as steps: what must be, what never falls, and numbers that remember the value before well.

        Args:
            transform: of the table.
            table: the rows, side by side.
            groups: whose they are.
            stepped: the columns that must be told as steps: those that rows are put in order by.
            first: how many rows of each group are drawn elsewhere.
            config: how columns are encoded.
            cut: how finely.
            streams: randomness.
            origin: float64 ``[groups, numbers]``: what first steps are counted from; NaN where nothing says it.
        """
        bare = cls.bare(transform)
        numbers = bare.read_numbers(table)
        known = [one[~np.isnan(one)] for one in numbers.T]
        start = np.array([np.median(one) if len(one) else 0.0 for one in known])
        before = before_each(numbers, groups)
        rising = np.array([rises(*pair) for pair in zip(numbers.T, before.T, strict=True)], dtype=bool)
        bare = replace(bare, start=start, spread=spreads(numbers), rising=rising)
        before = before if origin is None else np.where(np.isnan(before), origin[groups.owner], before)
        codecs: dict[int, NumberCodec] = {}
        drawn = groups.position >= first
        for index, codec in enumerate(transform.codecs):
            if not isinstance(codec, NumberCodec):
                continue
            at = bare.slots[index].start
            told = codec.column.name in stepped or rising[at] or remembers(numbers[:, at], before[:, at])
            steps = (numbers[:, at] - bare.base(before[:, at], at))[drawn]
            if told and not np.isnan(steps).all():
                column = step_column(codec.column, steps)
                codecs[index] = NumberCodec.fit((column,), (steps,), config, cut, streams.numpy("steps", index))
        return replace(bare, steps=codecs)

    def with_repeats(self, read: Rows, earlier: NDArray[np.int32]) -> RowCodec:
        """The same, with a mode for the level of the row before where it mostly comes again; -1: there was no row before."""
        modes = [codec.encoder.modes for codec in self.transform.codecs]
        found = [at for at in self.levels if comes_again(read.codes[:, at], earlier[:, at], modes[at])]
        return replace(self, repeats=tuple(found))

    @cached_property
    def slots(self) -> dict[int, slice]:
        """By index of a codec of numbers, where its numbers stand."""
        found, at = {}, 0
        for index, codec in enumerate(self.transform.codecs):
            if not codec.encoder.levels_only:
                found[index] = slice(at, at + len(codec.columns))
                at += len(codec.columns)
        return found

    @cached_property
    def levels(self) -> list[int]:
        """The indices of the codecs of levels."""
        return [index for index in range(len(self.transform.codecs)) if index not in self.slots]

    @cached_property
    def names(self) -> list[Name]:
        """The names of the numbers; of hidden columns those that they have in the transform."""
        return [column.name for index in self.slots for column in self.transform.codecs[index].columns]

    @cached_property
    def codecs(self) -> list[Codec]:
        """What each column is drawn by."""
        return [self.steps.get(index, codec) for index, codec in enumerate(self.transform.codecs)]

    @cached_property
    def layout(self) -> Layout:
        """What the codes mean."""
        return make_layout(
            {
                index: WithReferences(codec.encoder, self.references(index))
                if self.references(index)
                else codec.encoder
                for index, codec in enumerate(self.codecs)
            }
        )

    def references(self, index: int) -> int:
        """How many modes a codec has behind its own, for what other rows say."""
        return (index in self.repeats) + (index in self.linked)

    @cached_property
    def _decoding(self) -> dict[int, tuple[Codec, NDArray[np.bool_], Scale | None, Scale | None]]:
        """By index of a codec of numbers: what decodes it, where its modes have residuals, and the scales of steps and values."""
        return {
            index: (
                self.codecs[index],
                self.codecs[index].encoder.has_residual,
                self.codecs[index].scale,
                self.transform.codecs[index].scale,
            )
            for index in self.slots
        }

    def read_numbers(self, table: Table) -> Numbers:
        """The numbers of a table, float64 ``[rows, numbers]``."""
        transform, own = self.transform, len(self.transform.own_codecs)
        columns: list[Numbers] = []
        for index in self.slots:
            if index < own:
                columns += [np.asarray(read_values(table, column)) for column in transform.codecs[index].columns]
            else:
                columns.append(behind(transform, table, transform.hidden[index - own]))
        return np.column_stack(columns) if columns else np.zeros((len(table), 0))

    def read(self, table: Table, streams: Streams) -> Rows:
        """The rows of a table, encoded as its transform has it."""
        return Rows(self.read_numbers(table), self.transform.transform(table, streams).codes)

    def encode(self, rows: Rows, before: Numbers, streams: Streams) -> Encoded:
        """The rows as they would have to be drawn, given the last number that there was before each of them."""
        codes = rows.codes.copy()
        for index, codec in self.steps.items():
            at = self.slots[index].start
            step = rows.numbers[:, at] - self.base(before[:, at], at)
            codes[:, index], _ = codec.encode((step,), streams.numpy("steps of", index))
        return Encoded(codes, np.zeros((len(codes), 0), dtype=np.float32))

    def told(
        self, rows: Rows, earlier: NDArray[np.int32], beside: Mapping[int, NDArray[np.generic]]
    ) -> NDArray[np.int32]:
        """Codes of rows as they are drawn: of what the row before says, or else a sibling's row, that it comes again.

        Args:
            rows: how they are encoded.
            earlier: int32 ``[rows, columns]``: the codes of the row before each.
            beside: by linked column, ``[rows]``: the code, or the number, that a sibling's row says.
        """
        codes = rows.codes
        found = codes.copy()
        for index in self.linked:
            own = rows.numbers[:, self.slots[index].start] if index in self.slots else codes[:, index]
            found[own == beside[index], index] = self.layout.sizes[index] - 1
        for index in self.repeats:  # last, so that what never changes is certain
            found[codes[:, index] == earlier[:, index], index] = self.layout.sizes[index] - self.references(index)
        return found

    def coded(self, index: int, values: Numbers, before: Numbers, rng: np.random.Generator) -> NDArray[np.int32]:
        """Numbers ``[rows]`` of one codec as they would have to be drawn; -1 where there is none, or none that is in its range."""
        at, own = self.slots[index].start, self.transform.codecs[index].scale
        steps = values - self.base(before[:, at], at) if index in self.steps else values
        codes, _ = self.codecs[index].encode((np.where(np.isnan(steps), 0.0, steps),), rng)
        known = ~np.isnan(values) if own is None else (values >= own.lowest) & (values <= own.highest)
        return np.where(known, codes, -1).astype(np.int32)

    def holding(self, place: int) -> int:
        """The index of the codec of a number."""
        return next(index for index, slot in self.slots.items() if slot.start <= place < slot.stop)

    def base(self, before: Numbers, number: int) -> Numbers:
        """What steps are counted from, given the last values ``[rows]``, NaN where there was none."""
        return np.where(np.isnan(before), self.start[number], before)

    def decode(
        self,
        index: int,
        codes: NDArray[np.int32],
        before: Numbers,
        is_first: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> list[Numbers]:
        """The numbers ``[rows]`` of one codec's codes, anywhere inside their modes, rounded as their columns are.

        Args:
            index: which codec.
            codes: int32 ``[rows]``.
            before: float64 ``[rows, numbers]``: the last number that there was.
            is_first: bool ``[rows]``: whether that was none of its own group.
            rng: says where inside.
        """
        codec, has_residual, step, own = self._decoding[index]
        share = np.clip(rng.random((len(codes), codec.encoder.residuals)), _TINY, 1 - _TINY)
        residuals = (ndtri(share) * has_residual[codes][:, None]).astype(np.float32)
        found = [np.asarray(one, dtype=np.float64) for one in codec.decode(codes, residuals)]
        if index in self.steps:
            at = self.slots[index].start
            found = [inside(rounded(found[0], step), self.base(before[:, at], at), own)]
            if self.rising[at]:
                found = [np.fmax(found[0], np.where(np.isnan(found[0]) | is_first, np.nan, before[:, at]))]
        return found if own is None else [np.where(np.isnan(one), one, own.rounded(one)) for one in found]

    def values(self, rows: Rows, kept: NDArray[np.int64]) -> dict[Name, Numbers]:
        """The numbers of these rows by name."""
        return {name: rows.numbers[kept, at] for at, name in enumerate(self.names)}
