"""What happens to a private table before the curator has it: its schema is settled, units are limited, keys are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.containers.raw import decoded, names_of, raw_column
from synthgan.data.identifiers import is_key
from synthgan.data.rows import select, take
from synthgan.data.schema import Kind, Schema
from synthgan.data.table import Table
from synthgan.errors import DataError, PrivacyError, Remedy
from synthgan.privacy.curator import Curator, check_delta
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.noise import uniform
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.prepare import refuse_both
from synthgan.tabular.queries import TableRecords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.config import PrivacyConfig
    from synthgan.data import Frame
    from synthgan.privacy.spent import Account


@dataclass(frozen=True)
class Intake:
    """All that a private fit begins with: no row of the table, but whoever answers questions about them.

    Attributes:
        curator: owns the rows.
        schema: declared by a user, or of the columns' types alone.
        declared: whether a user declared it.
    """

    curator: Curator
    schema: Schema
    declared: bool


def take_in(
    frame: Frame,
    schema: Schema | None,
    privacy: PrivacyConfig,
    identifiers: Sequence[str | int] = (),
    drop: Sequence[str | int] = (),
    account: Account | None = None,
) -> Intake:
    """Give the rows of a table to a curator, whose ledger tells the account before it answers.

    Raises:
        PrivacyError: if delta means nothing, or a column looks like a key that nobody named.
        SchemaError: if the table does not fit a declared schema.
        DataError: as ``read_private`` does.
    """
    table = read_private(frame, schema, privacy, identifiers, drop)
    check_delta(privacy.delta, len(table), "rows", i_know=privacy.i_know)
    ledger = PrivacyLedger(privacy.delta, unit_words(privacy), account=account)
    curator = Curator(TableRecords(table), ledger, privacy.max_rows_per_unit)
    return Intake(curator, table.schema, schema is not None)


def read_private(
    frame: Frame,
    schema: Schema | None,
    privacy: PrivacyConfig,
    identifiers: Sequence[str | int],
    drop: Sequence[str | int],
) -> Table:
    """The rows that take part, by a schema declared or of the types alone; the column of units is not learned.

    Raises:
        SchemaError: if the frame does not fit a declared schema.
        DataError: if a column named is lacking, or a schema was given together with ``identifiers`` or ``drop``.
        PrivacyError: if a column looks like a key and nobody said what it is.
    """
    unit = privacy.unit
    if unit is not None:
        known = {str(name): name for name in names_of(frame)}
        if str(unit) not in known:
            raise DataError(
                f"unit must name a column of the table, however: found no {unit!r}",
                remedy=did_you_mean_or_known(unit, known),
                parameter="unit",
            )
        unit = known[str(unit)]
        frame = limit_rows(frame, unit, privacy.max_rows_per_unit)
    if schema is None:
        left_out = drop if unit is None else [*drop, unit]
        resolved = Schema.infer(frame, identifiers=identifiers, drop=left_out, types_only=True)
        frame = select(frame, resolved.names)
        check_keys(frame, resolved)
        return Table.read(frame, resolved, validate=False)
    refuse_both(identifiers, drop)
    learned = Schema(schema.container, tuple(column for column in schema if column.name != unit))
    return Table.read(select(frame, learned.names), learned)


def limit_rows(frame: Frame, unit: str | int, most: int) -> Frame:
    """The frame with at most that many rows of each unit, chosen at random; a row that names no unit is one of its own.

    Raises:
        DataError: if there is no such column.
    """
    values = decoded(raw_column(frame, unit).values)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    codes = np.asarray(values.dictionary_encode().indices.fill_null(-1)).astype(np.int64)
    nameless = codes < 0
    codes[nameless] = len(codes) + np.arange(nameless.sum())
    order = np.lexsort((uniform(len(codes)), codes))
    ordered = codes[order]
    rank = np.arange(len(codes)) - np.searchsorted(ordered, ordered)
    return take(frame, np.sort(order[rank < most]))


def check_keys(frame: Frame, schema: Schema) -> None:
    """See that the user has spoken of every column that looks like a key: whether it is one is not to be inferred.

    Raises:
        PrivacyError: if there is one they have not spoken of.
    """
    for column in schema.columns:
        if column.kind not in {Kind.INTEGER, Kind.CATEGORY}:
            continue
        values = decoded(raw_column(frame, column.name).values)
        if len(values) > values.null_count and is_key(values, str(column.name)):
            raise PrivacyError(
                f"column {column.name!r} must be named under epsilon if it is an identifier, however: it looks like one",
                remedy=Remedy.option("identifiers", [column.name], "regenerate it")
                | Remedy.option("drop", [column.name], "leave it out")
                | "state its kind in a schema",
            )


def unit_words(privacy: PrivacyConfig) -> str:
    """What one unit is, in words."""
    if privacy.unit is None:
        return "one row"
    rows = privacy.max_rows_per_unit
    return f"all rows of one {privacy.unit} (of which at most {rows} {'is' if rows == 1 else 'are'} learned)"
