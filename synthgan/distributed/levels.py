"""How often each level of a column occurs, counted exactly and added up over pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.io.texttypes import typed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

MAX_LEVELS = 100_000  # of a column: what has more is no column of levels
MAX_CODES = 50  # of whole numbers: what has more is a number, where no schema calls it a category
MOST_MORE = 0.03  # of the rows kept, on top of them, for the sake of values of one number
_NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each level of a column occurs.

    Attributes:
        levels: each once, in the order in which they came; None of a column that holds no levels, or too many.
        counts: int64 ``[levels]``.
        missing: how many cells hold nothing.
    """

    levels: pa.Array | None
    counts: NDArray[np.int64]
    missing: int

    def __add__(self, other: Tally) -> Tally:
        """That of the rows of both."""
        missing = self.missing + other.missing
        if self.levels is None or other.levels is None or self.levels.type != other.levels.type:
            return Tally(None, _NOTHING, missing)
        found = pa.concat_arrays([self.levels, other.levels]).dictionary_encode()
        if len(found.dictionary) > MAX_LEVELS:
            return Tally(None, _NOTHING, missing)
        counts = np.zeros(len(found.dictionary), dtype=np.int64)
        np.add.at(counts, np.asarray(found.indices), np.concatenate([self.counts, other.counts]))
        return Tally(found.dictionary, counts, missing)

    @property
    def is_number(self) -> bool:
        """Whether the levels are many numbers or dates, also as text, which no single one of is a level."""
        if self.levels is None or len(self.levels) <= MAX_CODES:
            return False
        text = pa.types.is_large_string(self.levels.type)
        return not text or not pa.types.is_large_string(typed(pa.chunked_array([self.levels])).type)


def tallies_of(table: pa.Table, known: Mapping[str, Tally]) -> dict[str, Tally]:
    """By column how often each level occurs.

    Args:
        table: some rows.
        known: what was counted in others; where that is missing cells alone, no levels are looked at.
    """
    return {
        name: _tally(table[name], MAX_LEVELS if name not in known or known[name].levels is not None else 0)
        for name in table.column_names
    }


def add_tallies(tallies: dict[str, Tally], more: Mapping[str, Tally]) -> None:
    """Add those of other rows."""
    for name, tally in more.items():
        tallies[name] = tallies[name] + tally if name in tallies else tally


def lacking_levels(
    tallies: Mapping[str, Tally], table: pa.Table, rare_below: int, declared: Collection[str] = ()
) -> dict[str, pa.Array]:
    """By column, the levels that enough of all rows have and too few of those kept; null is one of them.

    Args:
        tallies: of all rows.
        table: the rows kept.
        rare_below: how many rows are enough; twice as many are wanted.
        declared: columns that are levels by their schema. Of other whole numbers that are many, values are lacking only where they
            are up to ``MAX_CODES``, and held by few rows: the tail of a number is no set of levels, and would bend the sample.
    """
    lacking = {}
    for name, tally in tallies.items():
        kept, counts, levels = _tally(table[name], len(table)), np.array([tally.missing]), pa.nulls(1)
        there = np.array([kept.missing])
        if tally.levels is not None and kept.levels is not None and kept.levels.type == tally.levels.type:
            at = np.asarray(pc.index_in(tally.levels, kept.levels).fill_null(-1))
            there = np.concatenate([there, np.append(kept.counts, 0)[at]])
            counts, levels = (
                np.append(counts, tally.counts),
                pa.concat_arrays([levels.cast(tally.levels.type), tally.levels]),
            )
        few = np.flatnonzero((counts >= rare_below) & (there < np.minimum(2 * rare_below, counts)))
        if str(name) not in declared and tally.is_number:
            more = (np.minimum(2 * rare_below, counts) - there)[few[few > 0]].sum()
            few = few if (few > 0).sum() <= MAX_CODES and more <= MOST_MORE * len(table) else few[few == 0]
        if len(few):
            lacking[name] = levels.take(pa.array(few))
    return lacking


def place_among(column: pa.ChunkedArray, levels: pa.Array) -> NDArray[np.int64]:
    """Which of some levels, null among them, each value is, int64 ``[rows]``; -1 where it is none."""
    if pa.types.is_null(levels.type):
        return np.asarray(column.is_null()).astype(np.int64) - 1
    return np.asarray(pc.index_in(_plain(column).cast(levels.type), levels).fill_null(-1)).astype(np.int64)


def too_many(tallies: Mapping[str, Tally], table: pa.Table, declared: Collection[str]) -> Iterable[str]:
    """The columns that have more levels than can be counted, and are no keys: half of the rows kept share their value with others."""
    for name, tally in tallies.items():
        column = table[name]
        of_levels = tally.levels is None and (_is_text(_plain(column).type) or str(name) in declared)
        if of_levels and 2 * pc.count_distinct(column).as_py() < len(table):
            yield name


def _tally(column: pa.ChunkedArray, most: int) -> Tally:
    column = _plain(column)
    kind = column.type
    if most and (pa.types.is_boolean(kind) or _is_text(kind) or (pa.types.is_integer(kind) and kind != pa.uint64())):
        found = pc.value_counts(column.drop_null())
        if len(found) <= most:
            wide = pa.large_string() if _is_text(kind) else pa.int64() if pa.types.is_integer(kind) else kind
            counts = np.asarray(found.field("counts"), dtype=np.int64)
            return Tally(found.field("values").cast(wide), counts, column.null_count)
    return Tally(None, _NOTHING, column.null_count)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
