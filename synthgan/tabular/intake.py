"""What happens to a private table before the curator has it: its schema is settled, units are limited, keys are refused.

All of it goes by names, types and what is declared. Nothing here looks at a cell and then refuses, says or chooses something.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.coercion import LEARNED, coerced, name_in
from synthgan.data.column import Kind
from synthgan.data.composites import refuse_lacking
from synthgan.data.containers.cells import gaps_in, unit_codes
from synthgan.data.containers.dtypes import storage_type
from synthgan.data.containers.raw import names_of
from synthgan.data.identifiers import has_key_name
from synthgan.data.panderas import own_schema
from synthgan.data.parting import names_in_frame, parted
from synthgan.data.rows import take
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.distributed.shards import Shards
from synthgan.errors import DataError, DataWarning, PrivacyError, Remedy
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.noise import uniform
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.encoding.computed import Computed
from synthgan.tabular.prepare import refuse_both
from synthgan.tabular.queries import TableRecords
from synthgan.tabular.sharded import ShardRecords

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from synthgan.config import PrivacyConfig
    from synthgan.data import Frame
    from synthgan.data.column import Column
    from synthgan.data.panderas import AnySchema
    from synthgan.distributed.executor import Executor
    from synthgan.privacy.spent import Account


@dataclass(frozen=True)
class Intake:
    """All that a private fit begins with: no row of the table, but whoever answers questions about them.

    Attributes:
        curator: owns the rows.
        schema: declared by a user, or of the columns' names and types alone.
    """

    curator: Curator
    schema: Schema


@dataclass(frozen=True, slots=True)
class Misfits:
    """How many cells of a column are not such as was declared: exact counts, for the eyes of the data's owner alone.

    Attributes:
        name: the column.
        unfit: cells that are not of the declared kind: they count as missing.
        clipped: numbers and moments beyond the declared bounds: they are moved onto them.
        other: cells of levels that are not declared: they are learned as "other", which is never drawn.
    """

    name: str | int
    unfit: int
    clipped: int
    other: int


def take_in(
    rows: Frame | Shards,
    schema: AnySchema | None,
    privacy: PrivacyConfig,
    identifiers: Sequence[str | int] = (),
    drop: Sequence[str | int] = (),
    account: Account | None = None,
    executor: Executor | None = None,
) -> Intake:
    """Give the rows of a table to a curator, whose ledger tells the account before it answers; raises as ``settle`` does.

    Shards are read by the executor; what is asked, noised and charged is the same as of one table.
    """
    settled = settle(head_of(rows), schema, privacy, identifiers, drop)
    ledger = PrivacyLedger(privacy.delta, unit_words(privacy), account=account)
    records = (
        ShardRecords(limited(rows, privacy), settled, executor)
        if isinstance(rows, Shards)
        else TableRecords(read_private(rows, settled, privacy))
    )
    return Intake(Curator(records, ledger, privacy.max_rows_per_unit), settled)


def head_of(rows: Frame | Shards) -> Frame:
    """What the names and types of the rows are seen by."""
    return rows.head if isinstance(rows, Shards) else rows


def limited(shards: Shards, privacy: PrivacyConfig) -> Shards:
    """Those rows that take part: of each unit so many, though its rows stand in several files."""
    unit = unit_in(shards.head, privacy)
    if unit is None:
        return shards
    owners = [table for piece in range(shards.pieces) for table in shards.read(piece, [str(unit)])]
    return shards.limited(rows_of_units(pa.concat_tables(owners), unit, privacy.max_rows_per_unit))


def settle(
    frame: Frame,
    schema: AnySchema | None,
    privacy: PrivacyConfig,
    identifiers: Sequence[str | int] = (),
    drop: Sequence[str | int] = (),
) -> Schema:
    """The schema that a private fit goes by: the declared one, or that of names and types; the column of units is left out.

    Raises:
        DataError: if a column named is lacking, there is none to learn, or a schema was given with ``identifiers`` or ``drop``.
        PrivacyError: if a column is called like a key and nobody said what it is.
        SchemaError: if a look-up is declared without its table.
    """
    unit = unit_in(frame, privacy)
    declared, left_out = isinstance(schema, Schema), drop if unit is None else [*drop, unit]
    if declared:
        refuse_both(identifiers, drop)
    own, _, _ = own_schema(schema, frame, identifiers=identifiers, drop=left_out, types_only=True)
    schema = own or Schema.infer(frame, identifiers=identifiers, drop=left_out, types_only=True)
    if not declared:
        check_keys(schema)
    columns = tuple(_declared(column, schema) for column in schema if str(column.name) != str(unit))
    if not any(column.kind in LEARNED for column in columns):
        raise DataError("a table must have a column to learn, however: all are identifiers, constants or empty")
    refuse_lacking(schema.composites, schema.names)
    settled = schema.of_columns(columns)
    Computed.declared(settled)  # refuses what would have to be learned from rows
    for distance in settled.distances or ():
        if distance.use:
            line = f"the declared distance {str(distance)!r} is not learned under epsilon: both columns are learned by themselves"
            warnings.warn(DataWarning(line), stacklevel=2)
    return settled


def read_private(frame: Frame, schema: Schema, privacy: PrivacyConfig) -> Table:
    """The rows that take part, read cell by cell as a schema declares them.

    Raises:
        SchemaError: if the frame lacks a column, or has one whose type is of another sort.
    """
    unit = unit_in(frame, privacy)
    return Table.coerce(frame if unit is None else limit_rows(frame, unit, privacy.max_rows_per_unit), schema)


def misfits(rows: Frame | Shards, schema: Schema) -> tuple[Misfits, ...]:
    """How many cells of each learned column are not such as a schema declares: not private."""
    found = []
    for column in schema:
        if column.kind in LEARNED:
            counts = np.zeros(3, dtype=np.int64)
            for frame in _frames(rows, column, schema):
                read = coerced(schema.container, column, frame)
                gaps = gaps_in(frame, name_in(schema.container, column, frame))
                counts += (int(read.held.missing.sum()) - gaps, read.clipped, read.other)
            found.append(Misfits(column.name, *map(int, counts)))
    return tuple(found)


def _frames(rows: Frame | Shards, column: Column, schema: Schema) -> Iterator[Frame]:
    """A column in one frame or, of shards, in many; composites are parted."""
    composites = schema.of_columns([column]).composites
    if not isinstance(rows, Shards):
        yield parted(rows, composites)
        return
    (name,) = names_in_frame([column.name], composites)
    for piece in range(rows.pieces):
        yield from (parted(frame, composites) for frame in rows.read(piece, [str(name)]))


def unit_in(frame: Frame, privacy: PrivacyConfig) -> str | int | None:
    """The name that the column of units has in a frame; None where each row is a unit.

    Raises:
        DataError: if there is no such column.
    """
    if privacy.unit is None:
        return None
    known = {str(name): name for name in names_of(frame)}
    if str(privacy.unit) not in known:
        raise DataError(
            f"unit must name a column of the table, however: found no {privacy.unit!r}",
            remedy=did_you_mean_or_known(privacy.unit, known),
            parameter="unit",
        )
    return known[str(privacy.unit)]


def limit_rows(frame: Frame, unit: str | int, most: int) -> Frame:
    """The frame with at most that many rows of each unit (see ``rows_of_units``)."""
    return take(frame, rows_of_units(frame, unit, most))


def rows_of_units(frame: Frame, unit: str | int, most: int) -> NDArray[np.int64]:
    """At most that many rows of each unit, int64 ``[taken]``, chosen at random; a row that names no unit is one of its own."""
    codes = unit_codes(frame, unit).copy()
    nameless = codes < 0
    codes[nameless] = len(codes) + np.arange(nameless.sum())
    order = np.lexsort((uniform(len(codes)), codes))
    ordered = codes[order]
    rank = np.arange(len(codes)) - np.searchsorted(ordered, ordered)
    return np.sort(order[rank < most])


def check_keys(schema: Schema) -> None:
    """See that the user has spoken of every column that is called like a key: whether it is one is not to be looked up.

    Raises:
        PrivacyError: if there is one they have not spoken of.
    """
    for column in schema.columns:
        if column.kind in {Kind.INTEGER, Kind.CATEGORY} and has_key_name(str(column.name)):
            raise PrivacyError(
                f"column {column.name!r} must be named under epsilon if it is an identifier, however: it is called like one",
                remedy=Remedy.option("identifiers", [column.name], "regenerate it")
                | Remedy.option("drop", [column.name], "leave it out")
                | "state its kind in a schema",
            )


def _declared(column: Column, schema: Schema) -> Column:
    """The column with the levels that its type says, those of true and false; marks among numbers are missing."""
    column = replace(column, marks=None)
    is_truth = column.kind is Kind.BOOLEAN and pa.types.is_boolean(storage_type(schema.container, column.dtype))
    return replace(column, levels=(False, True)) if is_truth and column.levels is None else column


def unit_words(privacy: PrivacyConfig) -> str:
    """What one unit is, in words."""
    if privacy.unit is None:
        return "one row"
    rows = privacy.max_rows_per_unit
    return f"all rows of one {privacy.unit} (of which at most {rows} {'is' if rows == 1 else 'are'} learned)"
