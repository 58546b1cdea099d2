"""Chooses the rows to learn from more than are learned: every row is looked at once, and chance has no say in who looks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pandas.util import hash_array

from synthgan.checks import is_whole, require
from synthgan.data.rows import number_of_rows
from synthgan.distributed.levels import add_levels, is_one_of, lacking_levels, levels_of
from synthgan.distributed.pieces import in_memory, source_of_rows
from synthgan.distributed.threads import Threads
from synthgan.io.choices import reading_as
from synthgan.io.databases.addresses import is_url
from synthgan.io.memory import check_memory
from synthgan.io.readers import guarded
from synthgan.io.remote import fetched, is_file_url
from synthgan.io.sources import as_frame
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.panderas import AnySchema
    from synthgan.distributed.executor import Executor
    from synthgan.distributed.pieces import Source

    Hashes = NDArray[np.uint64]
    Levels = Mapping[str, list[Any]]

ALL = "all"
MIN_ROWS, MAX_ROWS, MAX_CELLS = 100_000, 1_000_000, 50_000_000  # to learn, where nobody says how many
SPARE = 6.0  # standard deviations: so many rows more are kept than are wanted, where it is known how many there are
_PIECE = np.uint64(40)  # bits of a row's number inside its piece


@dataclass(frozen=True, slots=True)
class Scanned:
    """Rows to learn.

    Attributes:
        frame: they themselves, in the order in which they stood.
        rows: how many there were.
    """

    frame: Frame
    rows: int


@dataclass(slots=True)
class _Kept:
    """Rows that are kept, with what they are chosen and put in order by."""

    tables: list[pa.Table] = field(default_factory=list)
    hashes: list[Hashes] = field(default_factory=list)
    places: list[Hashes] = field(default_factory=list)

    def add(self, other: _Kept) -> None:
        self.tables += other.tables
        self.hashes += other.hashes
        self.places += other.places

    def __len__(self) -> int:
        return sum(map(len, self.hashes))

    def joined(self) -> tuple[pa.Table, Hashes, Hashes]:
        """All of them in one."""
        table = pa.concat_tables(self.tables, promote_options="permissive")
        return table, np.concatenate(self.hashes), np.concatenate(self.places)

    def fewest(self, most: int) -> _Kept:
        """Those of the lowest hashes, and all that share the last of these: rows of one unit have one hash."""
        if len(self) <= most:
            return self
        table, hashes, places = self.joined()
        picked = np.flatnonzero(hashes <= np.partition(hashes, most - 1)[most - 1])
        return _Kept([table.take(picked)], [hashes[picked]], [places[picked]])


@dataclass(frozen=True)
class _Scan:
    """What every look at a piece shares.

    Attributes:
        source: of the rows.
        key: decides, with the name of a file and the number of a row, the row's hash.
        most: rows to keep.
        below: hashes above it are not kept; what is lower may be more than ``most``.
        lacking: levels that all rows have often enough and those kept have not; of these rows are kept, whatever their hash.
        each: how many of each of them.
        unit: the column that says whose a row is: all rows of one unit are kept, or none; None where each row is somebody else's.
        whole: hashes of units that are kept whatever their hash.
    """

    source: Source
    key: int
    most: int
    below: int
    lacking: Levels = field(default_factory=dict)
    each: int = 0
    unit: str | int | None = None
    whole: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))

    def look(self, piece: int) -> tuple[int, dict[str, Counter[Any]], _Kept]:
        """How many rows a piece has, how often each level, and the rows of it that may be kept."""
        rows, kept, counts = 0, _Kept(), dict[str, "Counter[Any]"]()
        for table, hashes, places in self._hashed(piece):
            rows += len(table)
            add_levels(counts, levels_of(table, counts))
            kept.add(_chosen(table, hashes, places, hashes <= np.uint64(self.below)))
            if len(kept) > 2 * self.most:
                kept = kept.fewest(self.most)
        return rows, counts, kept.fewest(self.most) if kept.tables else kept

    def fetch(self, piece: int) -> _Kept:
        """The rows of a piece that hold what is lacking, as few as will do."""
        kept = _Kept()
        for table, hashes, places in self._hashed(piece):
            wanted = np.zeros(len(table), dtype=bool)
            for name, levels in self.lacking.items():
                wanted |= is_one_of(table[name], levels)
            kept.add(_chosen(table, hashes, places, wanted & (hashes > np.uint64(self.below))))
        return self.enough(kept)

    def rest(self, piece: int) -> _Kept:
        """The rows of a piece that belong to units of which one row is fetched."""
        kept = _Kept()
        for table, hashes, places in self._hashed(piece):
            kept.add(_chosen(table, hashes, places, np.isin(hashes, self.whole)))
        return kept

    def enough(self, kept: _Kept) -> _Kept:
        """Of each level that is lacking the rows of the lowest hashes, of each unit one."""
        if not len(kept):
            return _Kept()
        table, hashes, places = kept.joined()
        wanted = np.zeros(len(table), dtype=bool)
        for name, levels in self.lacking.items():
            for level in levels:
                found = np.flatnonzero(is_one_of(table[name], [level]))
                _, first = np.unique(hashes[found], return_index=True)
                wanted[found[first[: self.each]]] = True
        return _chosen(table, hashes, places, wanted)

    def _hashed(self, piece: int) -> Iterator[tuple[pa.Table, Hashes, Hashes]]:
        done = 0
        for name, first, table in self.source.read(piece):
            if self.unit in table.column_names:
                numbers, key = _numbers(table[self.unit]), np.uint64(Streams(self.key).key("unit"))
            else:
                numbers = np.arange(first, first + len(table), dtype=np.uint64)
                key = np.uint64(Streams(self.key).key(name))
            places = (np.uint64(piece) << _PIECE) + np.arange(done, done + len(table), dtype=np.uint64)
            yield table, _mixed(_mixed(numbers) ^ key), places
            done += len(table)


def scanned(
    data: Frame | Scanned | str | Path | Any,
    schema: AnySchema | None = None,
    *,
    most: int | str | None,
    rare_below: int,
    seed: int,
    executor: Executor | None = None,
    unit: str | int | None = None,
) -> Scanned:
    """The rows to learn: all of a table in memory, and of more than ``most`` in files a sample that lacks no common level.

    A row is kept where its hash, by the seed, the name of its file and its number in it, is among the lowest. So the sample is the
    same for any number of workers. The levels of all rows are counted; of one that ``rare_below`` rows have, or more, and too few
    of those kept, further rows are kept, those of the lowest hashes.

    Args:
        data: a frame; the path of a file or folder, or the URL of a table; a polars LazyFrame or a
            DuckDB relation, read as often as need be.
        schema: says how files are read.
        most: how many rows, or ``"all"``; None takes a million, fewer of a wide table.
        rare_below: how many rows make a level common.
        seed: of the hashes.
        executor: where pieces are read.
        unit: the column that says whose a row is. It takes the place of file and number in the hash: of each unit all rows are kept, or
            none, and about as many rows as were asked for.

    Raises:
        DataError: if it cannot be read.
        ResourceError: if the rows that are kept do not fit into memory.
    """
    if isinstance(data, Scanned):
        return data
    if is_url(data) and is_file_url(str(data)):
        with fetched(str(data)) as local:  # a copy that no other machine sees: it is read here
            return scanned(local, schema, most=most, rare_below=rare_below, seed=seed, unit=unit)
    if is_url(data):
        data = as_frame(data, schema)  # a table of a database comes whole, whatever is kept of it
    path = Path(data) if isinstance(data, (str, Path)) else None
    source = source_of_rows(data) if path is None else guarded(path, lambda: source_of_rows(data))
    if source is None or (source.rows is not None and source.rows <= limit_of(most, source.columns)):
        frame = as_frame(data, schema)
        table = frame if isinstance(frame, pa.Table) and path is not None else None
        if table is None or len(table) <= limit_of(most, table.num_columns):
            return Scanned(frame, number_of_rows(frame))
        source = in_memory(table)
    limit, key = limit_of(most, source.columns), Streams(seed).key("rows to learn")
    with reading_as(source=getattr(schema, "source", None)):
        found = source
        scan = partial(_scan, found, limit, rare_below, key, executor, unit)
        result = scan() if path is None else guarded(path, scan)
    return result if result.rows else Scanned(as_frame(data, schema), 0)  # which is refused in words


def limit_of(most: int | str | None, columns: int | None) -> int:
    """How many rows to learn: as many as was said, or else fewer of a wide table.

    Raises:
        ConfigError: if it is no number of rows.
    """
    if most is None:
        return MAX_ROWS if columns is None else max(MIN_ROWS, min(MAX_ROWS, MAX_CELLS // max(columns, 1)))
    require((is_whole(most) and most >= 1) or most == ALL, "learn_rows", 'a whole number of at least 1 or "all"', most)
    return 2**62 if most == ALL else int(most)


def _scan(
    source: Source, limit: int, rare_below: int, key: int, executor: Executor | None, unit: str | int | None
) -> Scanned:
    spread = executor if executor is not None and source.spreads else Threads()
    share = 1.0 if source.rows is None else (limit + SPARE * limit**0.5) / max(source.rows, 1)
    scan = _Scan(source, key, limit, min(int(share * 2**64), 2**64 - 1), unit=unit)
    rows, counts, kept = 0, dict[str, "Counter[Any]"](), _Kept()
    for some, levels, found in spread.map(_Scan.look, range(source.pieces), scan):
        rows += some
        add_levels(counts, levels)
        kept.add(found)
        check_memory("the rows to learn", sum(table.nbytes for table in kept.tables))
        if len(kept) > 2 * limit:
            kept = kept.fewest(limit)
    if not rows:
        return Scanned(pa.table({}), 0)
    kept = kept.fewest(limit)
    table, hashes, places = kept.joined()
    if rows > len(table):
        lacking = lacking_levels({name: levels for name, levels in counts.items() if name != unit}, table, rare_below)
        again = replace(scan, below=int(hashes.max()), lacking=lacking, each=2 * rare_below)
        more = _Kept()
        for found in spread.map(_Scan.fetch, range(source.pieces), again) if lacking else ():
            more.add(found)
        more = again.enough(more)
        if unit is not None and len(more):
            owners = replace(again, whole=np.unique(np.concatenate(more.hashes)))
            more = _Kept()
            for found in spread.map(_Scan.rest, range(source.pieces), owners):
                more.add(found)
        kept.add(more)
        table, hashes, places = kept.joined()
    return Scanned(source.frame(table.take(np.argsort(places))), rows)


def _chosen(table: pa.Table, hashes: Hashes, places: Hashes, wanted: NDArray[np.bool_]) -> _Kept:
    if wanted.all():
        return _Kept([table], [hashes], [places])
    return _Kept([table.filter(pa.array(wanted))], [hashes[wanted]], [places[wanted]])


def _numbers(column: pa.ChunkedArray) -> Hashes:
    """A number for each value, the same for the same value in any file; what is missing is one value."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    texts = np.asarray(column.cast(pa.string()).fill_null(""), dtype=object)
    return np.asarray(hash_array(texts), dtype=np.uint64)


def _mixed(numbers: Hashes) -> Hashes:
    """Each bit of a number spread over all of its hash: the finaliser of SplitMix64 (Steele et al., 2014)."""
    with np.errstate(over="ignore"):
        z = numbers + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
