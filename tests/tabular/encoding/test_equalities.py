"""Columns that equal others in some rows do so again, in as many rows and in the same kind of row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.scale import Scale
from synthgan.data.schema import Column
from synthgan.data.table import Table
from synthgan.errors import ModelFileError
from synthgan.io import modelfile
from synthgan.runtime import Streams
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.equalities import Equality, make_equal
from synthgan.tabular.encoding.table import TableTransform


def payments(rows: int, seed: int = 0) -> pd.DataFrame:
    """Bills, and what was paid of them: careful people pay all, some pay as much as the month before, others anything."""
    rng = np.random.default_rng(seed)
    bill, other, before = (rng.lognormal(8, 1, rows).round() for _ in range(3))
    careful, same = rng.random(rows) < 0.4, rng.random(rows) < 0.2
    paid = np.where(careful, bill, np.where(same, before, other))
    return pd.DataFrame({"paid": paid, "bill": bill, "before": before, "careful": careful}).astype({"paid": "int64"})


def equal(frame: pd.DataFrame, column: str = "bill") -> float:
    return float((frame["paid"] == frame[column]).mean())


def transformed(frame: pd.DataFrame) -> tuple[TableTransform, Table]:
    table = Table.read(frame)
    return TableTransform.fit(table, EncodingConfig(), Streams(0), FINE), table


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return payments(1_500)


@pytest.fixture(scope="module")
def fitted(real: pd.DataFrame) -> Synthesizer:
    return Synthesizer(generator=Chains(chains=2, rounds=0), seed=0, check=False).fit(real)


def test_drawn_rows_are_equal_as_often_and_of_the_same_people(fitted, real):
    found = [one.column.name for one in fitted.model_.transform.equalities]
    assert found == ["bill = paid", "before = paid"]
    made = fitted.sample(4_000)
    assert list(made) == list(real)
    for column in ("bill", "before"):
        assert equal(made, column) == pytest.approx(equal(real, column), abs=0.04)
    assert equal(made[made["careful"]]) > 0.9
    assert equal(made[~made["careful"]]) < 0.1


def test_encoded_rows_come_back_as_equal(real):
    transform, table = transformed(real)
    made = transform.inverse(transform.transform(table, Streams(1)), Streams(2)).frame()
    assert equal(made) == equal(real)


@pytest.mark.parametrize(
    "where", [{"paid": (2_000, 4_000)}, {"bill": (2_000, 4_000)}, {"paid": (0, 4e3), "bill": (2e3, 9e9)}]
)
def test_conditions_hold_and_so_do_equalities(fitted, real, where):
    made = fitted.sample(800, where=where)
    like = real
    for name, bounds in where.items():
        assert made[name].between(*bounds).all()
        like = like[like[name].between(*bounds)]
    assert equal(made) == pytest.approx(equal(like), abs=0.1)


def test_gaps_are_filled_with_what_is_equal(fitted, real):
    careful = real[real["careful"]].reset_index(drop=True).astype({"bill": "Int64"})
    filled = fitted.impute(careful.assign(bill=careful["bill"].mask(careful.index < 200)), columns=["bill"])
    assert (filled["paid"] == filled["bill"])[:200].mean() > 0.8


def test_what_is_equal_by_chance_is_no_equality():
    rng = np.random.default_rng(0)
    level = rng.normal(50, 20, 3_000)
    frame = pd.DataFrame({
        "none": np.where(rng.random(3_000) < 0.5, 0, rng.lognormal(8, 1, 3_000).round()),  # nothing, as often as the next one
        "nothing": np.where(rng.random(3_000) < 0.5, 0, rng.lognormal(8, 1, 3_000).round()),
        "close": (level + rng.normal(0, 2, 3_000)).round(),  # whole numbers that follow each other
        "closer": (level + rng.normal(0, 2, 3_000)).round(),
        "few": rng.integers(0, 4, 3_000),
        "less": rng.integers(0, 4, 3_000),
    })  # fmt: skip
    assert transformed(frame)[0].equalities == ()


def test_few_rows_tell_of_no_equality():
    assert transformed(payments(60))[0].equalities == ()


def moved(values: dict, fixed: str = "", bounds: dict | None = None, step: float = 1.0) -> tuple:
    columns = {name: Column(name, "integer", "int64", maximum=100) for name in "abc"}
    scales = {name: Scale(step if name == "b" else 1.0, 0, 100, "number") for name in "abc"}
    said = tuple(
        Equality(Column(f"{name}'", "integer", "int64"), name, before) for name, before in (("b", "a"), ("c", "ab"))
    )
    values = {name: np.array([number], dtype=float) for name, number in values.items()}
    held = {name: np.ones(1, bool) for name in fixed}
    made = make_equal(said, values, scales, columns, held, bounds or {})
    return tuple(float(made[name][0]) for name in "abc")


@pytest.mark.parametrize(
    ("fixed", "bounds", "expected"),
    [
        ("", {}, (10, 10, 10)),
        ("a", {}, (10, 10, 10)),
        ("b", {}, (50, 50, 50)),  # its source gives way
        ("c", {}, (60, 60, 60)),
        ("ac", {}, (10, 60, 60)),  # one gives way to one
        ("ab", {"b": (5, 20)}, (10, 10, 10)),  # what a condition allows may move
        ("ab", {"b": (40, 60)}, (10, 50, 50)),
    ],
)
def test_what_is_fixed_stays_and_what_it_equals_moves(fixed, bounds, expected):
    assert moved({"a": 10, "b": 50, "c": 60, "b'": 1, "c'": 2}, fixed, bounds) == expected


def test_rows_without_a_partner_stay():
    assert moved({"a": 10, "b": 50, "c": 60, "b'": 0, "c'": 0}) == (10, 50, 60)
    assert moved({"a": np.nan, "b": 50, "c": 60, "b'": 1, "c'": 2})[1:] == (50, 50)
    assert moved({"a": 10, "b": np.nan, "c": 60, "b'": 1, "c'": 1})[::2] == (10, 10)
    assert moved({"a": 120, "b": 50, "c": 60, "b'": 1, "c'": 0}) == (120, 50, 60)  # beyond what the other may be


def test_both_take_a_value_that_both_may_have():
    assert moved({"a": 13, "b": 50, "c": 60, "b'": 1, "c'": 0}, step=5) == (15, 15, 60)


def test_a_file_keeps_them(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    pd.testing.assert_frame_equal(Synthesizer.load(tmp_path / "m").sample(500), fitted.sample(500))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": "careful"}, "equalities"),
        ({"sources": ["before"]}, "sources of an equality"),
        ({"sources": ["paid", "bill"]}, "sources of an equality"),
        ({"common": ["x"]}, "common"),
    ],
)
def test_a_file_whose_equalities_cannot_be_is_refused(fitted, tmp_path, change, words):
    fitted.save(tmp_path / "m")
    manifest, tensors = modelfile.read(tmp_path / "m")
    manifest["encoding"]["equalities"][0] |= change
    modelfile.write(tmp_path / "forged", manifest, tensors)
    with pytest.raises(ModelFileError, match=words):
        Synthesizer.load(tmp_path / "forged")
