"""Rows that are kept of many, by their hashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pandas.util import hash_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]


@dataclass(slots=True)
class Kept:
    """Rows that are kept, with what they are chosen and put in order by."""

    tables: list[pa.Table] = field(default_factory=list)
    hashes: list[Hashes] = field(default_factory=list)
    places: list[Hashes] = field(default_factory=list)

    def add(self, other: Kept) -> None:
        """Keep those of another, too."""
        self.tables += other.tables
        self.hashes += other.hashes
        self.places += other.places

    def __len__(self) -> int:
        """How many rows."""
        return sum(map(len, self.hashes))

    def joined(self) -> tuple[pa.Table, Hashes, Hashes]:
        """All of them in one."""
        table = pa.concat_tables(self.tables, promote_options="permissive")
        return table, np.concatenate(self.hashes), np.concatenate(self.places)

    def fewest(self, most: int) -> Kept:
        """Those of the lowest hashes, and all that share the last of these: rows of one unit have one hash."""
        if len(self) <= most:
            return self
        table, hashes, places = self.joined()
        picked = np.flatnonzero(hashes <= np.partition(hashes, most - 1)[most - 1])
        return Kept([table.take(picked)], [hashes[picked]], [places[picked]])


def chosen(table: pa.Table, hashes: Hashes, places: Hashes, wanted: NDArray[np.bool_]) -> Kept:
    """The rows that are wanted."""
    if wanted.all():
        return Kept([table], [hashes], [places])
    return Kept([table.filter(pa.array(wanted))], [hashes[wanted]], [places[wanted]])


def lowest_of_each(levels: NDArray[np.int64], hashes: Hashes, each: int) -> NDArray[np.int64]:
    """Of each level the rows of the lowest hashes, at most ``each``; of those that share a hash, as rows of one unit do, one.

    Args:
        levels: int64 ``[rows]``: the level of each row; -1 where it has none, and is not wanted.
        hashes: uint64 ``[rows]``.
        each: how many.
    """
    order = np.lexsort((hashes, levels))
    order = order[levels[order] >= 0]
    begins, differs = np.ones(len(order), dtype=bool), np.ones(len(order), dtype=bool)
    begins[1:] = np.diff(levels[order]) > 0
    differs[1:] = begins[1:] | (hashes[order][1:] != hashes[order][:-1])
    order, begins = order[differs], begins[differs]
    rank = np.arange(len(order)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
    return order[rank < each]


def numbers_of(column: pa.ChunkedArray) -> Hashes:
    """A number for each value, the same for the same value in any file; what is missing is one value."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    texts = np.asarray(column.cast(pa.string()).fill_null(""), dtype=object)
    return np.asarray(hash_array(texts), dtype=np.uint64)


def mixed(numbers: Hashes) -> Hashes:
    """Each bit of a number spread over all of its hash: the finaliser of SplitMix64 (Steele et al., 2014)."""
    with np.errstate(over="ignore"):
        z = numbers + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
