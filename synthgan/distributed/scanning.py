"""Chooses the rows to learn from more than are learned: every row is looked at once, and chance has no say in who looks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.checks import is_whole, require
from synthgan.data.column import CODED
from synthgan.data.rows import number_of_rows
from synthgan.data.schema import Schema
from synthgan.distributed.choosing import Kept, chosen, lowest_of_each, mixed, numbers_of
from synthgan.distributed.levels import MAX_LEVELS, add_tallies, lacking_levels, place_among, tallies_of, too_many
from synthgan.distributed.pieces import in_memory, source_of_rows
from synthgan.distributed.threads import Threads
from synthgan.errors import DataWarning, Remedy
from synthgan.io.choices import reading_as
from synthgan.io.databases.addresses import is_url
from synthgan.io.memory import check_memory
from synthgan.io.readers import guarded
from synthgan.io.remote import fetched, is_file_url
from synthgan.io.sources import as_frame
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.panderas import AnySchema
    from synthgan.distributed.executor import Executor
    from synthgan.distributed.levels import Tally
    from synthgan.distributed.pieces import Source

    Hashes = NDArray[np.uint64]

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
    lacking: Mapping[str, pa.Array] = field(default_factory=dict)
    each: int = 0
    unit: str | int | None = None
    whole: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))

    def look(self, piece: int) -> tuple[int, dict[str, Tally], Kept]:
        """How many rows a piece has, how often each level, and the rows of it that may be kept."""
        rows, kept, tallies = 0, Kept(), dict[str, "Tally"]()
        for table, hashes, places in self._hashed(piece):
            rows += len(table)
            add_tallies(tallies, tallies_of(table, tallies))
            kept.add(chosen(table, hashes, places, hashes <= np.uint64(self.below)))
            if len(kept) > 2 * self.most:
                kept = kept.fewest(self.most)
        return rows, tallies, kept.fewest(self.most) if kept.tables else kept

    def fetch(self, piece: int) -> Kept:
        """The rows of a piece that hold what is lacking, as few as will do."""
        kept = Kept()
        for table, hashes, places in self._hashed(piece):
            wanted = np.zeros(len(table), dtype=bool)
            for name, levels in self.lacking.items():
                wanted |= place_among(table[name], levels) >= 0
            kept.add(chosen(table, hashes, places, wanted & (hashes > np.uint64(self.below))))
        return self.enough(kept)

    def rest(self, piece: int) -> Kept:
        """The rows of a piece that belong to units of which one row is fetched."""
        kept = Kept()
        for table, hashes, places in self._hashed(piece):
            kept.add(chosen(table, hashes, places, np.isin(hashes, self.whole)))
        return kept

    def enough(self, kept: Kept) -> Kept:
        """Of each level that is lacking the rows of the lowest hashes, of each unit one."""
        if not len(kept):
            return Kept()
        table, hashes, places = kept.joined()
        wanted = np.zeros(len(table), dtype=bool)
        for name, levels in self.lacking.items():
            at = place_among(table[name], levels)
            wanted[lowest_of_each(at, hashes, self.each)] = True
        return chosen(table, hashes, places, wanted)

    def _hashed(self, piece: int) -> Iterator[tuple[pa.Table, Hashes, Hashes]]:
        done = 0
        for name, first, table in self.source.read(piece):
            if self.unit in table.column_names:
                numbers, key = numbers_of(table[self.unit]), np.uint64(Streams(self.key).key("unit"))
            else:
                numbers = np.arange(first, first + len(table), dtype=np.uint64)
                key = np.uint64(Streams(self.key).key(name))
            places = (np.uint64(piece) << _PIECE) + np.arange(done, done + len(table), dtype=np.uint64)
            yield table, mixed(mixed(numbers) ^ key), places
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
        scan = partial(_scan, found, limit, rare_below, key, executor, unit, _coded(schema))
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
    source: Source,
    limit: int,
    rare_below: int,
    key: int,
    executor: Executor | None,
    unit: str | int | None,
    declared: Collection[str],
) -> Scanned:
    spread = executor if executor is not None and source.spreads else Threads()
    share = 1.0 if source.rows is None else (limit + SPARE * limit**0.5) / max(source.rows, 1)
    scan = _Scan(source, key, limit, min(int(share * 2**64), 2**64 - 1), unit=unit)
    rows, tallies, kept = 0, dict[str, "Tally"](), Kept()
    for some, levels, found in spread.map(_Scan.look, range(source.pieces), scan):
        rows += some
        add_tallies(tallies, levels)
        kept.add(found)
        check_memory("the rows to learn", sum(table.nbytes for table in kept.tables))
        if len(kept) > 2 * limit:
            kept = kept.fewest(limit)
    if not rows:
        return Scanned(pa.table({}), 0)
    kept = kept.fewest(limit)
    table, hashes, places = kept.joined()
    if rows > len(table):
        tallies = {name: tally for name, tally in tallies.items() if name != unit}
        _announce(too_many(tallies, table, declared), rare_below)
        lacking = lacking_levels(tallies, table, rare_below, declared)
        kept.add(_more(replace(scan, below=int(hashes.max()), lacking=lacking, each=2 * rare_below), spread))
        table, hashes, places = kept.joined()
    return Scanned(source.frame(table.take(np.argsort(places))), rows)


def _more(scan: _Scan, spread: Executor) -> Kept:
    """Rows of the levels that are lacking, and of units of which one is such a row all others."""
    pieces, more = range(scan.source.pieces), Kept()
    for found in spread.map(_Scan.fetch, pieces, scan) if scan.lacking else ():
        more.add(found)
    more = scan.enough(more)
    if scan.unit is None or not len(more):
        return more
    owners, whole = replace(scan, whole=np.unique(np.concatenate(more.hashes))), Kept()
    for found in spread.map(_Scan.rest, pieces, owners):
        whole.add(found)
    return whole


def _coded(schema: AnySchema | None) -> frozenset[str]:
    """The columns that a schema calls levels."""
    columns = schema.columns if isinstance(schema, Schema) else ()
    return frozenset(str(column.name) for column in columns if column.kind in CODED)


def _announce(names: Iterable[str], rare_below: int) -> None:
    for name in names:
        line = (
            f"column {name!r} must have at most {MAX_LEVELS:,} levels for all of them to be counted, however: it has more; some "
            f"that {rare_below} rows hold may be lacking in the rows that are learned"
        )
        warnings.warn(DataWarning(line, remedy=Remedy.option("learn_rows", ALL, "learn all")), stacklevel=2)
