"""Every Arrow type comes back as it was, to the last digit, or its column is withheld by name when it is read."""

from __future__ import annotations

import datetime as dt
import warnings
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgan import Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.clauses import read_where
from synthgan.data.column import Column, Kind
from synthgan.data.containers.decimals import from_whole, to_whole
from synthgan.data.table import Table
from synthgan.errors import SchemaError
from synthgan.runtime import Streams
from synthgan.tabular.conditioning.where import make_evidence
from synthgan.tabular.encoding.table import TableTransform

ROWS = 240
RNG = np.random.default_rng(0)
SMALL = RNG.integers(0, 60, ROWS)
GAP = RNG.random(ROWS) < 0.1
CENTS = [Decimal(int(cents)) / 100 for cents in RNG.integers(0, 10**6, ROWS)]
DAYS = [dt.date(2020, 1, 1) + dt.timedelta(int(days)) for days in SMALL]


def gappy(values: Any, kind: pa.DataType) -> pa.Array:
    return pa.array([None if gone else value for value, gone in zip(values, GAP, strict=True)], kind)


def counted(kind: pa.DataType) -> pa.Array:
    return gappy([int(value) * 1_000 for value in SMALL], pa.int32() if kind.bit_width == 32 else pa.int64()).cast(kind)


def coded(levels: list[Any], kind: pa.DataType, *, ordered: bool) -> pa.Array:
    indices = pa.array(SMALL % 2, pa.int8(), mask=GAP)
    return pa.DictionaryArray.from_arrays(indices, pa.array(levels, kind), ordered=ordered)


NUMBERS = [pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64()]
DECIMALS = [
    pa.decimal32(9, 2),
    pa.decimal64(18, 2),
    pa.decimal128(38, 2),
    pa.decimal128(38, 18),
    pa.decimal256(76, 30),
    pa.decimal128(10, 0),
]
COUNTED = [
    *(pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "Europe/Rome", "+05:30")),
    *(pa.duration(unit) for unit in ("s", "ms", "us", "ns")),
    pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"),
]  # fmt: skip
LEVELS = {
    pa.string(): ["a", "b"], pa.large_string(): ["a", "b"], pa.string_view(): ["a", "b"], pa.int64(): [1, 2], pa.float64(): [0.5, 1.5],
    pa.date32(): DAYS[:2], pa.bool_(): [True, False], pa.decimal128(5, 2): CENTS[:0] or [Decimal("1.50"), Decimal("2.25")],
    pa.decimal32(5, 2): [Decimal("1.50"), Decimal("2.25")], pa.timestamp("us"): [dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1)],
    pa.time32("s"): [dt.time(1), dt.time(2)], pa.null(): [None, None],
}  # fmt: skip
TYPES: dict[str, pa.Array] = (
    {str(kind): gappy(SMALL.astype(kind.to_pandas_dtype()), kind) for kind in NUMBERS}
    | {str(kind): gappy([cents if kind.scale else cents * 100 for cents in CENTS], kind) for kind in DECIMALS}
    | {f"{kind} of moments": counted(kind) for kind in COUNTED}
    | {str(kind): gappy(["abc"[value % 3] for value in SMALL], kind) for kind in (pa.string(), pa.large_string(), pa.string_view())}
    | {str(kind): gappy(DAYS, kind) for kind in (pa.date32(), pa.date64())}
    | {f"levels of {kind} {order}": coded(levels, kind, ordered=order) for kind, levels in LEVELS.items() for order in (True, False)}
    | {
        "negative scale": pa.array([Decimal(int(value)) * 100 for value in RNG.integers(1, 900, ROWS)]).cast(pa.decimal128(5, -2)),
        "wide decimals": gappy([Decimal(int(value)) * 10**20 + 1 for value in RNG.integers(1, 10**8, ROWS)], pa.decimal128(38, 2)),
        "top of uint64": gappy(np.uint64(2**64 - 100) + SMALL.astype(np.uint64), pa.uint64()),
        "bottom of int64": gappy(-(2**63) + SMALL * 3, pa.int64()),
        "all of int64": gappy(RNG.integers(-(2**63), 2**63 - 1, ROWS), pa.int64()),
        "few of int64": gappy(RNG.choice(RNG.integers(-(2**63), 2**63 - 1, 4), ROWS), pa.int64()),
        "bool": gappy(SMALL % 2 == 0, pa.bool_()),
        "null": pa.nulls(ROWS),
        "tiny": pa.array(RNG.lognormal(size=ROWS) * 1e-300),
        "subnormal": pa.array(RNG.lognormal(size=ROWS) * 1e-310),
        "huge": pa.array(RNG.lognormal(size=ROWS) * 1e300),
        "half of any size": pa.array((RNG.normal(size=ROWS) * 60_000).clip(-65_000, 65_000).astype("float16")),
        "tiny singles": pa.array((RNG.lognormal(size=ROWS) * 1e-40).astype("float32")),
    }
)  # fmt: skip
WITHHELD: dict[str, pa.Array] = {
    "binary": pa.array([b"x"] * ROWS),
    "large binary": pa.array([b"x"] * ROWS, pa.large_binary()),
    "fixed binary": pa.array([b"abc"] * ROWS, pa.binary(3)),
    "binary view": pa.array([b"x"] * ROWS, pa.binary_view()),
    "levels of binary": coded([b"a", b"b"], pa.binary(), ordered=False),
    "list": pa.array([[1]] * ROWS),
    "large list": pa.array([[1]] * ROWS, pa.large_list(pa.int8())),
    "list view": pa.array([[1]] * ROWS, pa.list_view(pa.int8())),
    "struct": pa.array([{"a": 1}] * ROWS),
    "map": pa.array([[("a", 1)]] * ROWS, pa.map_(pa.string(), pa.int8())),
    "interval": pa.array([pa.MonthDayNano([1, 2, 3])] * ROWS),
    "run-end encoded": pa.RunEndEncodedArray.from_arrays(pa.array([ROWS // 2, ROWS], pa.int32()), pa.array(["a", "b"])),
}


def learned(values: pa.Array) -> tuple[TableTransform, pa.Array]:
    """A column that was learned, and drawn again from its own codes."""
    table = Table.read(pa.table({"g": ["a", "b"] * (ROWS // 2), "x": values}))
    transform = TableTransform.fit(table, EncodingConfig(), Streams(0))
    drawn = transform.inverse(transform.transform(table, Streams(0)), Streams(0)).frame()
    drawn.validate(full=True)
    return transform, drawn["x"]


@pytest.mark.parametrize("name", TYPES)
def test_every_type_comes_back(name: str) -> None:
    transform, drawn = learned(TYPES[name])
    assert drawn.type == TYPES[name].type
    transform.check_writable()


@pytest.mark.parametrize("name", ["top of uint64", "bottom of int64", "few of int64"])
def test_large_whole_numbers_are_not_confused(name: str) -> None:
    drawn = learned(TYPES[name])[1].to_pylist()
    real = [value for value in TYPES[name].to_pylist() if value is not None]
    assert all(value is None or min(real) - 60 <= value <= max(real) + 60 for value in drawn)
    assert {value for value in real if real.count(value) >= 10} <= set(drawn)
    if name == "bottom of int64":
        assert all(value is None or (value + 2**63) % 3 == 0 for value in drawn)


@pytest.mark.parametrize("name", WITHHELD)
def test_what_holds_no_single_values_is_withheld_by_name(name: str) -> None:
    (line,) = Table.read(pa.table({"g": TYPES["string"], name: WITHHELD[name]})).withheld
    assert line.name == name
    assert "must hold single values" in line.line


def test_samples_have_the_types_that_were_learned() -> None:
    names = [
        "decimal32(9, 2)",
        "negative scale",
        "wide decimals",
        "top of uint64",
        "few of int64",
        "levels of string_view True",
        "tiny",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        synthesizer = Synthesizer(generator="chains", seed=0).fit(pa.table({name: TYPES[name] for name in names}))
        drawn = synthesizer.sample(50)
    assert [drawn[name].type for name in names] == [TYPES[name].type for name in names]
    assert len(set(drawn["wide decimals"].to_pylist())) > 40
    assert min(value for value in drawn["top of uint64"].to_pylist() if value is not None) >= 2**64 - 100


@pytest.mark.parametrize("scale", [9, 6, 2])
def test_decimals_beyond_int64_are_drawn_over_their_range(scale: int) -> None:
    amounts = [Decimal(int(value)) for value in RNG.integers(10**16, 10**18, ROWS)]
    drawn = learned(pa.array(amounts).cast(pa.decimal128(38, scale)))[1].to_pylist()
    assert len(set(drawn)) > 0.9 * ROWS
    assert max(drawn) > max(amounts) / 2


@pytest.mark.parametrize(("values", "places"), [
    ([Decimal(int(cents)) / 100 for cents in RNG.integers(10_001, 10**6, ROWS) * 10 + 1], {2}),
    ([Decimal(int(value)) * 10**15 + Decimal("0.25") for value in RNG.integers(1, 10**8, ROWS)], {2}),
    ([Decimal(int(value)) for value in RNG.integers(1, 10**5, ROWS)], {0}),
])  # fmt: skip
def test_python_decimals_have_as_many_places_as_their_column(values: list[Decimal], places: set[int]) -> None:
    table = Table.read(pd.DataFrame({"x": values}))
    transform = TableTransform.fit(table, EncodingConfig(), Streams(0))
    drawn = transform.inverse(transform.transform(table, Streams(0)), Streams(0)).frame()["x"]
    assert {-value.as_tuple().exponent for value in drawn} == places
    assert drawn.nunique() > 0.9 * len(set(values))


def test_conditions_on_large_numbers_are_exact() -> None:
    transform, _ = learned(TYPES["top of uint64"])
    base = transform.schema.column("x").base
    assert base
    for where in ({"x": (2**64 - 60, 2**64 - 55)}, {"x": {">": 2**64 - 61, "<": str(2**64 - 54)}}):
        (alternative,) = make_evidence(read_where(where), transform)
        assert alternative.bounds == {"x": (2**64 - 60 - base, 2**64 - 55 - base)}


@pytest.mark.parametrize("kind", [pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal128(38, 2), pa.decimal256(76, 2)])
def test_decimals_are_written_as_they_are_read(kind: pa.DataType) -> None:
    units = np.array([-(10**6), 0, 7, 10**6])
    gone = np.array([False, True, False, False])
    written = from_whole(units, kind, gone, 1)
    written.validate(full=True)
    assert to_whole(written) == [-(10**7), None, 70, 10**7]
    assert to_whole(written[2:]) == [70, 10**7]
    if kind.bit_width > 64:
        assert to_whole(from_whole([10**30, -(10**30)], kind, gone[2:], 2)) == [10**30, -(10**30)]


@pytest.mark.parametrize(("kind", "base"), [(Kind.INTEGER, 1.5), (Kind.INTEGER, True), (Kind.CATEGORY, 5)])
def test_a_base_is_a_whole_number_of_numbers(kind: Kind, base: Any) -> None:
    with pytest.raises(SchemaError, match="base must be a whole number"):
        Column("x", kind, "int64", base=base)
    assert Column("x", Kind.INTEGER, "int64", base=10**17, minimum=10**17 + 5).bounds == (5.0, None)
