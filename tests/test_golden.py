"""What rests on whole numbers alone gives the same bytes on every machine and with every version: hashes are written down.

Nothing here adds floating-point numbers, whose last bits may differ from machine to machine. Where a change of these bytes is
wanted, models made before it sample other rows from the same seed: say so in CHANGELOG.md.
"""

import datetime as dt
import hashlib
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan.config import EncodingConfig
from synthgan.data.schema import CODED, Column, Kind, Schema
from synthgan.data.table import Table
from synthgan.runtime import Streams
from synthgan.tabular.encoding.counting import make_identifiers
from synthgan.tabular.encoding.table import TableTransform

ROWS = 500


def digest(*arrays):
    """Hash of integer arrays, their types and their order of bytes given."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array, dtype="<i8").tobytes())
    return total.hexdigest()[:16]


def text_digest(frame):
    """Hash of a frame's names and values, as Python shows them one by one."""
    columns = pa.table(frame).to_pydict() if not isinstance(frame, pl.DataFrame) else frame.to_dict(as_series=False)
    return hashlib.sha256(repr(columns).encode()).hexdigest()[:16]


def whole_table():
    """A table of whole numbers, levels, decimals and stamps."""
    at = np.arange(ROWS)
    return pa.table({
        "id": pa.array(2**53 + at * 7919 % 1009, pa.int64()),
        "code": pa.array([None if n % 11 == 0 else f"L{n * 31 % 7}" for n in at]),
        "sure": pa.array([None if n % 13 == 0 else bool(n * 5 % 3) for n in at]),
        "fee": pa.array([Decimal(int(n) * 37 % 1000).scaleb(-2) for n in at], pa.decimal128(8, 2)),
        "seen": pa.array([dt.datetime(2020, 1, 1) + dt.timedelta(minutes=int(n) * 173) for n in at], pa.timestamp("us", "UTC")),
        "born": pa.array([dt.date(1930, 1, 1) + dt.timedelta(days=int(n) * 61) for n in at]),
    })  # fmt: skip


CONTAINERS = {
    "pyarrow": lambda table: table,
    "polars": pl.from_arrow,
    "pandas": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
}


def test_streams():
    streams = Streams(7).below("batch", 3)
    drawn = streams.numpy("rows").integers(0, 2**62, 64), np.array([streams.key("noise", 1)])
    assert digest(*drawn) == "ae3f8f43a1acece3"


@pytest.mark.parametrize("container", CONTAINERS)
def test_tables(container):
    table = Table.read(CONTAINERS[container](whole_table()))
    taken = table.take(Streams(0).numpy("rows").permutation(ROWS)[:200])
    assert text_digest(pa.table(taken.frame())) == "36a26e813cf3b625"


def test_codes_of_levels():
    schema = Schema("pyarrow", tuple(column for column in Table.read(whole_table()).schema if column.kind in CODED))
    table = Table.read(whole_table(), schema)
    transform = TableTransform.fit(table, EncodingConfig(), Streams(0))
    encoded = transform.transform(table, Streams(0))
    assert digest(encoded.codes) == "b0c4e5e3ae4cd463"
    assert text_digest(transform.inverse(encoded, Streams(0)).frame()) == text_digest(table.frame())


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("int:5", "7c79efa6d1e1e9cb"), ("text:P-:4", "475895d1e43e1310"), ("uuid", "f40566c2135a4dc1")],
)
def test_identifiers(pattern, expected):
    made = make_identifiers(Column("id", Kind.IDENTIFIER, "string", pattern=pattern), 7, 30, Streams(3))
    assert hashlib.sha256(",".join(map(str, made)).encode()).hexdigest()[:16] == expected
