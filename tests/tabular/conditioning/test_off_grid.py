"""What is drawn under a condition meets it as it was asked, wherever its bounds lie between the values of a column."""

from __future__ import annotations

import datetime as dt
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.clauses import read_where
from synthgan.data.table import Table
from synthgan.errors import DataError
from synthgan.runtime import Streams
from synthgan.tabular.conditioning.where import known_to, make_evidence
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import TableTransform

if TYPE_CHECKING:
    from synthgan.tabular.conditioning.where import Alternative

ROWS = 400
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": RNG.integers(18, 95, ROWS),
        "few": RNG.integers(0, 6, ROWS),
        "bmi": RNG.normal(26, 4, ROWS).round(1),
        "ratio": RNG.random(ROWS),
        "single": RNG.normal(0, 1, ROWS).astype("float32"),
        "price": RNG.normal(50, 10, ROWS).round(2).astype("float32"),
        "lab": np.where(RNG.random(ROWS) < 0.3, np.nan, RNG.gamma(2, size=ROWS).round(3)),
        "day": pd.to_datetime(RNG.integers(0, 2_000, ROWS), unit="D", origin="2015-01-01"),
        "stamp": pd.to_datetime(RNG.integers(0, 10**9, ROWS), unit="s", origin="2001-01-01"),
        "zoned": pd.to_datetime(RNG.integers(0, 10**6, ROWS), unit="h", origin="1960-01-01", utc=True).tz_convert(
            "Europe/Berlin"
        ),
        "stay": pd.to_timedelta(RNG.integers(0, 5_000, ROWS), "min"),
        "at": [dt.time(*divmod(int(minute), 60)) for minute in RNG.integers(0, 1_440, ROWS)],
        "money": [Decimal(int(cents)) / 100 for cents in RNG.integers(0, 10**7, ROWS)],
        "sex": RNG.choice(["F", "M"], ROWS),
        "ok": RNG.random(ROWS) < 0.4,
        "lat": RNG.normal(48, 1, ROWS).round(3),
        "lon": RNG.normal(11, 2, ROWS).round(4),
    }
)
MET: dict[str, Any] = {
    "<": lambda cells, value: cells < value,
    "<=": lambda cells, value: cells <= value,
    ">": lambda cells, value: cells > value,
    ">=": lambda cells, value: cells >= value,
    "=": lambda cells, value: cells == value,
    "!=": lambda cells, value: cells != value,
}


@pytest.fixture(scope="module", params=["quantile", "gmm"])
def transform(request: pytest.FixtureRequest) -> TableTransform:
    table = TABLE if request.param == "quantile" else TABLE[["age", "bmi", "ratio", "day", "lab"]]  # mixtures are slow
    return TableTransform.fit(Table.read(table), EncodingConfig(modes=request.param), Streams(0))


def near(name: str, rng: np.random.Generator) -> Any:
    """A value of a column, or one beside it that it cannot have."""
    present = TABLE[name].dropna()
    value = present.iloc[rng.integers(len(present))]
    if name in {"sex", "ok"} or rng.random() < 0.3:
        return value
    if name == "money":
        return value + Decimal(int(rng.integers(-100, 100))) / 1_000
    if name == "at":
        return dt.time(int(rng.integers(24)), int(rng.integers(60)), int(rng.integers(60)))
    if name in {"day", "stamp", "zoned", "stay"}:
        return value + pd.Timedelta(int(rng.integers(-(10**6), 10**6)), "s")
    return float(value) + float(rng.choice([0.5, 0.25, 0.05, 0.001, 0.0004]) * rng.integers(-4, 5))


def ends_drawn(transform: TableTransform, alternative: Alternative, rng: np.random.Generator, rows: int) -> Encoded:
    """Rows of what evidence leaves, half of them at its very ends."""
    layout, evidence = transform.layout, alternative.evidence
    allowed = evidence.allowed.numpy() & layout.emitted
    codes = np.column_stack(
        [rng.choice(np.flatnonzero(allowed[span.start : span.stop]), rows) for span in layout.spans]
    ).astype(np.int32)
    residuals = np.zeros((rows, layout.residuals), dtype=np.float32)
    for index in range(layout.residuals):
        modes = codes[:, layout.column_of_residual[index]] + layout.starts[layout.column_of_residual[index]]
        slot = layout.slot_of_residual[index]
        low, high = (ends.numpy()[modes, slot].clip(-5, 5) for ends in (evidence.lowest, evidence.highest))
        share = np.where(rng.random(rows) < 0.5, rng.integers(0, 2, rows), rng.random(rows))
        residuals[:, index] = np.where(layout.has_residual[modes], low + share * (high - low), 0)
    return Encoded(codes, residuals)


def test_every_released_row_meets_random_conditions(transform: TableTransform) -> None:
    rng, refused = np.random.default_rng(1), 0
    for _ in range(200):
        name = str(rng.choice(transform.schema.names))
        operators = [str(one) for one in rng.choice(list(MET), 2, replace=False)]
        if name in {"sex", "ok"}:
            operators = [str(rng.choice(["=", "!="]))]
        asked = {operator: near(name, rng) for operator in operators}
        found: list[Alternative] = []
        try:
            found = make_evidence(read_where({name: asked}, known_to(transform)), transform)
        except DataError:
            refused += 1
        for alternative in found:
            encoded = ends_drawn(transform, alternative, rng, 60)
            cells = transform.inverse(encoded, Streams(0), 0, [name], alternative.bounds).frame()[name]
            for operator, value in asked.items():
                assert MET[operator](*alike(cells, value, name)).all(), (name, asked, cells.tolist())
    assert refused < 130


def alike(cells: pd.Series[Any], value: Any, name: str) -> tuple[Any, Any]:
    """Cells and a value that pandas can compare; a number and a column of float32 as floats of that type."""
    if name == "at":
        return (
            one.map(lambda time: (time.hour, time.minute, time.second))
            for one in (cells, pd.Series([value] * len(cells)))
        )  # type: ignore[return-value]
    return cells, np.float32(value) if cells.dtype == "float32" else value


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(generator="chains", seed=0).fit(TABLE[["age", "bmi", "lab", "sex"]])


def test_each_row_meets_the_conditions_of_its_own_row(fitted: Synthesizer) -> None:
    asked = pd.DataFrame({"sex": ["F", "M", "F", "M"], "age": [20, 30, 40, 30], "lab": [np.nan, 1.0, np.nan, 1.0]})
    asked["lab"] = [None, (1, 2), None, (1, 2)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "3 of 3 different conditions are rarer than one row in the 400 learned")
        drawn = fitted.sample(4, where=asked)
        again = fitted.sample(4, where=asked.to_dict("records"))
    assert drawn[["sex", "age"]].to_dict("list") == asked[["sex", "age"]].to_dict("list")
    assert drawn["lab"].isna().tolist() == [True, False, True, False]
    pd.testing.assert_frame_equal(drawn, again)


def test_fewer_rows_of_conditions_are_shared_out(fitted: Synthesizer) -> None:
    drawn = fitted.sample(7, where=[{"sex": "F"}, {}, {"sex": "M", "age": (40, None)}])
    assert (drawn["sex"][:3] == "F").all()
    assert (drawn["sex"][5:] == "M").all()
    assert (drawn["age"][5:] >= 40).all()


def test_a_list_of_one_mapping_or_text_is_the_condition_of_all(fitted: Synthesizer) -> None:
    for where in ([{"sex": "F"}], ["sex=F"], "sex=F", {"sex": {"!=": "M"}}, pd.DataFrame({"sex": ["F"]})):
        assert (fitted.sample(5, where=where)["sex"] == "F").all()


def test_a_stated_step_is_kept_and_what_lies_off_it_by_itself_may_be_asked_for() -> None:
    rng = np.random.default_rng(0)
    hours = np.concatenate([rng.integers(0, 300, 700) * 15, np.full(30, 7)])
    prices = np.concatenate([rng.integers(0, 400, 700) + 0.99, np.full(30, 5.5)]).round(2)
    stepped = TableTransform.fit(
        Table.read(pd.DataFrame({"minutes": hours, "price": prices})), EncodingConfig(), Streams(0)
    )
    assert [column.step for column in stepped.schema] == [15, 1.0]
    for where, met in (
        ({"minutes": {">": 15, "<": 45}}, lambda cells: cells == 30),
        ({"minutes": {">": 2, "<": 20}}, lambda cells: cells.isin([7, 15])),
        ({"minutes": 7}, lambda cells: cells == 7),
        ({"price": (1.5, 3.99)}, lambda cells: cells.isin([1.99, 2.99, 3.99])),
        ({"price": (5, 6)}, lambda cells: cells.isin([5.5, 5.99])),
    ):
        (name,) = where
        for alternative in make_evidence(read_where(where), stepped):
            encoded = ends_drawn(stepped, alternative, rng, 60)
            assert met(stepped.inverse(encoded, Streams(0), 0, [name], alternative.bounds).frame()[name]).all()
    with pytest.raises(DataError, match="cannot be met"):
        make_evidence(read_where({"minutes": (16, 29)}), stepped)
