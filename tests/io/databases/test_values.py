"""Values that a database hands out become Arrow columns, exactly."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from synthgan import DataError, ResourceError
from synthgan.io.databases.values import table_of
from synthgan.io.memory import memory_bound

COLUMNS = {
    "whole numbers": ([1, None, 2**62], "int64", [1, None, 2**62]),
    "decimals": ([Decimal("1.50"), Decimal("22.5")], "decimal128(4, 2)", [Decimal("1.50"), Decimal("22.50")]),
    "UUIDs": ([uuid.UUID(int=5), None], "string", [str(uuid.UUID(int=5)), None]),
    "JSON": ([{"a": 1}, [1, 2]], "string", ['{"a": 1}', "[1, 2]"]),
    "sets": ([{"b", "a"}], "string", ['["a", "b"]']),
    "bytes": ([memoryview(b"ab"), b"c"], "binary", [b"ab", b"c"]),
    "moments": ([dt.datetime(2020, 1, 1), None], "timestamp[us]", [dt.datetime(2020, 1, 1), None]),
    "spans": ([dt.timedelta(days=1)], "duration[us]", [dt.timedelta(days=1)]),
    "mixed": ([1, "a", None, b"\xff"], "large_string", ["1", "a", None, "\\xff"]),
    "too large": ([2**70, 1], "large_string", [str(2**70), "1"]),
}


@pytest.mark.parametrize(("values", "kind", "expected"), COLUMNS.values(), ids=COLUMNS)
def test_values_are_taken(values, kind, expected):
    column = table_of(["x"], [[(value,) for value in values]], "db").column("x")
    assert column.to_pylist() == expected
    assert str(column.type) == kind


def test_what_takes_too_much_memory_is_refused():
    with memory_bound(1_000), pytest.raises(ResourceError, match="db: table 't' must fit into"):
        table_of(["x"], [[("a" * 2_000,)]], "db: table 't'")


def test_what_cannot_be_read_is_refused():
    with pytest.raises(DataError, match="db: table 't': column 'x' must hold values that can be read"):
        table_of(["x"], [[("\ud800",), (1,)]], "db: table 't'")
