"""Columns that follow others closely come back as far behind them as they were; orders hold between kinds and units."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, Synthesizer
from synthgan.config import EncodingConfig, PrivacyConfig
from synthgan.data.distances import Following
from synthgan.data.formulas.formula import Formula
from synthgan.data.scale import Scale
from synthgan.data.schema import Column, Schema
from synthgan.data.table import Table
from synthgan.errors import DataWarning, ModelFileError
from synthgan.io import modelfile
from synthgan.runtime import Streams
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.listing import with_distances
from synthgan.tabular.encoding.spacing import Distance, follow
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.intake import settle
from tests.helpers.made_stays import days_stayed, ks_by_kind, made_stays

START = pd.Timestamp("2020-01-01")


def transformed(frame: pd.DataFrame, schema: Schema | None = None) -> tuple[TableTransform, Table]:
    table = Table.read(frame, schema)
    return TableTransform.fit(table, EncodingConfig(), Streams(0), FINE), table


def again(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, encoded and decoded."""
    transform, table = transformed(frame)
    return transform.inverse(transform.transform(table, Streams(1)), Streams(2)).frame()


def after(rng: np.random.Generator, rows: int, unit: str = "min", scale: float = 3_000) -> pd.Series:
    return pd.Series(pd.to_timedelta(rng.exponential(scale, rows).round(), unit=unit))


def stamps(rng: np.random.Generator, rows: int, unit: str = "min") -> pd.Series:
    most = {"min": 5 * 365 * 1440, "D": 5 * 365, "s": 5 * 365 * 86400}[unit]
    return pd.Series(START + pd.to_timedelta(rng.integers(0, most, rows), unit=unit))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_stay_is_found_and_comes_back(rng):
    real = made_stays(2_000)
    transform, _ = transformed(real)
    (stay,) = transform.distances
    assert (stay.target, stay.sources, stay.in_order) == ("discharged", ("admitted",), True)
    made = again(real)
    assert max(ks_by_kind(made, real).values()) < 0.03
    assert list(made) == list(real)


def test_days_to_days_keep_their_spike_at_none():
    real = made_stays(2_000, unit="D")
    share = [(days_stayed(table[table.kind == "day"]) == 0).mean() for table in (real, again(real))]
    assert share == [1, 1]


@pytest.mark.parametrize(
    "columns", [["admitted", "icu in", "icu out", "discharged"], ["discharged", "icu out", "admitted", "icu in"]]
)
def test_several_columns_in_a_row_with_gaps(rng, columns):
    table = pd.DataFrame({"admitted": stamps(rng, 1_000)})
    table["icu in"] = (table["admitted"] + after(rng, 1_000)).where(rng.random(1_000) < 0.3)
    table["icu out"] = table["icu in"] + after(rng, 1_000)
    table["discharged"] = table["icu out"].fillna(table["admitted"]) + after(rng, 1_000, scale=2_000)
    transform, _ = transformed(table[columns])
    assert {one.target: one.sources for one in transform.distances} == {
        "icu in": ("admitted",),
        "icu out": ("icu in",),
        "discharged": ("icu out", "admitted"),
    }
    made = again(table[columns])
    for before, behind in (
        ("admitted", "icu in"),
        ("icu in", "icu out"),
        ("icu out", "discharged"),
        ("admitted", "discharged"),
    ):
        assert not (made[behind] < made[before]).any()
    assert abs(made["icu in"].isna().mean() - 0.7) < 0.05


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda r: stamps(r, 600, "D"), lambda a, r: a + after(r, 600)),  # a date, then a minute
        (lambda r: stamps(r, 600), lambda a, r: (a + after(r, 600)).dt.ceil("D")),  # a minute, then a date
        (lambda r: stamps(r, 600, "D").dt.date, lambda a, r: pd.to_datetime(a) + after(r, 600, "D", 9)),
        (lambda r: pd.Series(r.normal(5000, 1000, 600).round()).astype(int), lambda a, r: (a + r.exponential(3, 600)).round(1)),
        (lambda r: pd.Series(r.normal(5000, 1000, 600).round(1)), lambda a, r: np.ceil(a + r.exponential(3, 600)).astype(int)),
        (lambda r: pd.Series(pd.to_timedelta(r.integers(0, 10**6, 600), unit="s")), lambda a, r: a + after(r, 600, "ms", 50_000)),
    ],
)  # fmt: skip
def test_an_order_holds_in_the_released_values_of_both_kinds(rng, first, second):
    low = first(rng)
    frame = pd.DataFrame({"low": low, "high": second(low, rng)})
    transform, _ = transformed(frame)
    assert transform.distances[0].in_order
    made = again(frame)
    low, high = (
        (pd.to_datetime(one) if isinstance(one.iloc[0], dt.date) else one) for one in (made["low"], made["high"])
    )
    assert (low <= high).all()
    assert made.dtypes.equals(frame.dtypes)


def test_a_date_on_the_day_of_a_stamp_stays_on_it(rng):
    seen = stamps(rng, 800)
    frame = pd.DataFrame({"seen": seen, "on": seen.dt.normalize() + after(rng, 800, "D", 1)})
    made = again(frame)
    share = [(table["on"] == table["seen"].dt.normalize()).mean() for table in (frame, made)]
    assert abs(share[0] - share[1]) < 0.02
    assert (made["on"] >= made["seen"].dt.normalize()).all()


@pytest.mark.parametrize("wrong", [20, 60])
def test_what_nearly_always_holds_is_broken_as_often(rng, wrong):
    start = stamps(rng, 10_000, "D")
    end = start + after(rng, 10_000, "D", 30)
    end[:wrong] = start[:wrong] - pd.Timedelta(days=3)
    made = again(pd.DataFrame({"start": start, "end": end}))
    assert (made["end"] < made["start"]).mean() == pytest.approx(wrong / 10_000, abs=0.002)


def test_one_typo_does_not_turn_others_round(rng):
    start = stamps(rng, 1_000)
    end = start + after(rng, 1_000)
    end[0] = start[0] - pd.Timedelta(days=2)
    made = again(pd.DataFrame({"start": start, "end": end}))
    assert (made["end"] < made["start"]).mean() < 0.005


def test_no_distance_without_need(rng):
    x = rng.normal(size=5_000)
    frame = pd.DataFrame(
        {
            "x": x,
            "y": x + rng.normal(size=5_000),
            "systolic": (120 + 15 * x).round(),
            "diastolic": (75 + 6 * x + 8 * rng.normal(size=5_000)).round(),
            "few": rng.integers(0, 5, 5_000),
            "less": rng.integers(0, 2, 5_000),
            "seen": stamps(rng, 5_000),
            "born": stamps(rng, 5_000),
        }
    )
    assert transformed(frame)[0].distances == ()


def test_numbers_that_many_rows_share_are_not_lost_to_a_distance(rng):
    bill = rng.lognormal(9, 1.5, 2_000).round()
    later = np.where(rng.random(2_000) < 0.1, 0, (bill * rng.lognormal(0, 0.03, 2_000)).round())
    frame = pd.DataFrame({"bill": bill, "later": later})
    assert transformed(frame)[0].distances == ()
    assert (again(frame)["later"] == 0).mean() == (later == 0).mean()
    assert transformed(frame[later > 0])[0].distances


def test_numbers_that_are_equal_in_some_rows_alone_are_not_close(rng):
    x, other = rng.lognormal(9, 1.5, (2, 2_000)).round()
    frame = pd.DataFrame({"bill": x, "paid": np.where(rng.random(2_000) < 0.45, x, other)})
    assert transformed(frame)[0].distances == ()


def test_wide_tables_of_numbers_gain_few_columns(rng):
    level = np.cumsum(rng.normal(size=300)) * 1_000
    frame = pd.DataFrame({f"x{at}": level + rng.normal(size=300) for at in range(50)})
    assert len(transformed(frame)[0].distances) == 5


def spaced(minimum: float | None = 0) -> tuple[tuple[Distance, ...], dict, dict]:
    columns = {name: Column(name, "integer", "int64", maximum=100, missing="null") for name in "abc"}
    scales = {name: Scale(1.0, 0, 100, "number") for name in "abc"}
    found = tuple(
        Distance(Column(f"{name}'", "integer", "int64", minimum=minimum), name, (before,))
        for before, name in ("ab", "bc")
    )
    return found, scales, columns


def test_what_is_fixed_stays_and_what_comes_before_it_moves():
    distances, scales, columns = spaced()
    values = {"a": [10.0], "b": [50.0], "c": [60.0], "b'": [2.0], "c'": [3.0]}
    values = {name: np.array(column) for name, column in values.items()}
    for fixed, expected in (
        ("", (10, 12, 15)),
        ("a", (10, 12, 15)),
        ("b", (48, 50, 53)),
        ("c", (55, 57, 60)),
        ("ac", (10, 57, 60)),
    ):
        moved = follow(distances, values, scales, columns, {name: np.ones(1, bool) for name in fixed})
        assert tuple(moved[name][0] for name in "abc") == expected


def test_gaps_stay_bounds_hold_and_a_lacking_distance_is_that_of_another_row():
    distances, scales, columns = spaced()
    values = {
        "a": [10.0, np.nan, 20, 99],
        "b": [50.0, 60, np.nan, 98],
        "c": [60.0, 61, 62, 63],
        "b'": [2.0, np.nan, 7, np.nan],
        "c'": [3.0, 4, np.nan, 5],
    }
    moved = follow(distances, {name: np.array(column) for name, column in values.items()}, scales, columns, {})
    np.testing.assert_array_equal(moved["b"], [12, 60, np.nan, 100])
    np.testing.assert_array_equal(moved["c"], [15, 64, 62, 100])


def test_amounts_do_not_fall_below_nothing():
    distances, scales, columns = spaced(minimum=None)
    values = {"a": [1.0], "b": [50.0], "c": [60.0], "b'": [-5.0], "c'": [3.0]}
    moved = follow(distances, {name: np.array(column) for name, column in values.items()}, scales, columns, {})
    assert (moved["b"][0], moved["c"][0]) == (0, 3)


@pytest.fixture(scope="module")
def ward() -> pd.DataFrame:
    return made_stays(700, seed=4).assign(seen=lambda table: table["admitted"].where(table.index % 3 > 0))


@pytest.fixture(scope="module")
def fitted(ward: pd.DataFrame) -> Synthesizer:
    return Synthesizer(generator=Chains(chains=2), seed=0).fit(ward)


def test_a_fit_learns_the_stay_of_each_kind_of_patient(fitted, ward, tmp_path):
    made = fitted.sample(4_000)
    fresh = max(max(ks_by_kind(made_stays(700, seed), made_stays(20_000)).values()) for seed in (8, 9))
    assert max(ks_by_kind(made, made_stays(20_000)).values()) <= 1.3 * fresh
    assert list(made) == list(ward)
    fitted.save(tmp_path / "m")
    pd.testing.assert_frame_equal(Synthesizer.load(tmp_path / "m").sample(4_000), made)


@pytest.mark.parametrize("column", ["admitted", "discharged"])
def test_conditions_on_either_column_hold_and_so_does_the_stay(fitted, ward, column):
    made = fitted.sample(500, where={column: ("2020-03-01", "2020-06-01")})
    assert made[column].between("2020-03-01", "2020-06-01").all()
    assert (made["admitted"] <= made["discharged"]).all()
    assert days_stayed(made).median() < 2 * days_stayed(ward).median()


def test_conditions_on_both_hold(fitted):
    low, high = pd.Timestamp("2020-03-01"), pd.Timestamp("2020-04-01")
    made = fitted.sample(200, where={"admitted": (low, high), "discharged": (low, high)})
    assert made[["admitted", "discharged"]].apply(lambda one: one.between(low, high)).all(axis=None)
    assert (made["admitted"] <= made["discharged"]).all()


def test_gaps_are_filled_as_far_from_what_is_there(fitted, ward):
    holed = ward.copy()
    holed.loc[:149, "discharged"] = pd.NaT
    holed.loc[150:299, "admitted"] = pd.NaT
    holed.loc[100:199, "age"] = np.nan
    filled = fitted.impute(
        holed.astype({"age": "Int64"}).astype({"age": "float64"}), columns=["admitted", "discharged"]
    )
    pd.testing.assert_frame_equal(
        filled.loc[300:, ["admitted", "discharged"]], ward.loc[300:, ["admitted", "discharged"]]
    )
    assert (filled["discharged"] >= filled["admitted"]).all()
    assert days_stayed(filled[:300]).median() < 2 * days_stayed(ward).median()
    assert np.isfinite(fitted.score_samples(ward)).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": "kind"}, "distances must be between numeric columns"),
        ({"sources": []}, "sources of a distance must be"),
        ({"sources": ["discharged"]}, "sources of a distance must be"),
        ({"sources": ["age"]}, "distances must be between columns of one kind"),
    ],
)
def test_a_file_whose_distances_cannot_be_is_refused(fitted, tmp_path, change, words):
    fitted.save(tmp_path / "m")
    manifest, tensors = modelfile.read(tmp_path / "m")
    stay = next(one for one in manifest["encoding"]["distances"] if one["target"] == "discharged")
    stay |= change
    modelfile.write(tmp_path / "forged", manifest, tensors)
    with pytest.raises(ModelFileError, match=words):
        Synthesizer.load(tmp_path / "forged")


def far_apart(rows: int = 400) -> pd.DataFrame:
    """A column behind another at a distance that varies as much as both do: nothing is found."""
    rng = np.random.default_rng(3)
    first = rng.normal(50, 10, rows).round(1)
    return pd.DataFrame(
        {"first": first, "second": (first + rng.exponential(9, rows)).round(1), "kind": ["a", "b"] * (rows // 2)}
    )


def test_found_distances_are_listed_and_can_be_switched_off():
    real = made_stays(1_000)
    transform, _ = transformed(real)
    (listed,) = transform.schema.distances
    assert (str(listed), listed.found_by, listed.use) == ("discharged after admitted", "search", True)
    schema = Schema.from_json(transform.schema.to_json())
    assert schema.distances == transform.schema.distances
    assert transformed(real, schema)[0].distances == transform.distances
    off = replace(schema, distances=[replace(listed, use=False)])
    assert transformed(real, off)[0].distances == ()
    assert transformed(real, off)[0].schema.distances == off.distances
    assert transformed(real, replace(schema, distances=()))[0].distances == ()
    assert transformed(real, replace(schema, distances=None))[0].distances == transform.distances
    assert with_distances(Schema.infer(real), real).distances == (listed,)


def test_a_declared_distance_is_learned_where_none_is_found():
    real = far_apart()
    plain = Schema.infer(real)
    assert transformed(real)[0].distances == ()
    assert transformed(real)[0].schema.distances is None
    assert with_distances(plain, real).distances == ()
    schema = Schema.from_dict(plain.to_dict() | {"distances": [{"target": "second", "sources": ["first"]}]})
    transform, table = transformed(real, schema)
    (distance,) = transform.distances
    assert (distance.target, distance.sources, distance.in_order) == ("second", ("first",), True)
    made = transform.inverse(transform.transform(table, Streams(1)), Streams(2)).frame()
    behind = [(one["second"] - one["first"]).to_numpy() for one in (real, made)]
    assert np.abs(np.quantile(behind[0], (0.1, 0.5, 0.9)) - np.quantile(behind[1], (0.1, 0.5, 0.9))).max() < 1
    assert (behind[1] >= -1e-9).all()


def test_declared_distances_go_along_several_columns_and_stay_in_the_file(tmp_path):
    real = far_apart()
    real["third"] = (real["second"] + 5 + real["first"] % 3).round(1)
    listed = [Following("third", ("second", "first")), Following("second", ("first",))]
    schema = replace(Schema.infer(real), distances=listed, formulas=())
    model = Synthesizer(generator=Chains(chains=2), seed=0).fit(real, schema=schema)
    model.save(tmp_path / "m")
    loaded = Synthesizer.load(tmp_path / "m")
    assert loaded.schema_.distances == tuple(listed)
    assert [one.target for one in loaded.model_.transform.distances] == ["second", "third"]
    made = loaded.sample(500)
    assert (made["third"] - made["second"]).between(4.9, 8.1).all()


def test_a_declared_distance_that_cannot_be_learned_is_named():
    real = far_apart()
    schema = replace(Schema.infer(real), distances=[Following("second", ("first",))])
    real.loc[:390, "second"] = np.nan
    schema = replace(schema, columns=Schema.infer(real).columns)
    with pytest.warns(
        DataWarning, match="'second after first' is not learned: 9 rows have both columns, and it takes 20"
    ):
        assert transformed(real, schema)[0].distances == ()
    real = far_apart()
    schema = replace(
        Schema.infer(real),
        distances=[Following("second", ("first",))],
        formulas=[Formula.of("second", "2 * first", ["first", "second"])],
    )
    with (
        pytest.warns(UserWarning, match="break the declared formula"),
        pytest.warns(UserWarning, match="column 'second' is computed from others"),
    ):
        assert transformed(real, schema)[0].distances == ()


def test_under_epsilon_a_declared_distance_is_not_learned_and_that_is_said():
    real = far_apart()
    schema = replace(Schema.infer(real, types_only=True), distances=[Following("second", ("first",))])
    with pytest.warns(DataWarning, match="'second after first' is not learned under epsilon"):
        settle(real, schema, PrivacyConfig(epsilon=1.0))


def test_numbers_of_few_rows_that_rise_together_are_not_so_far_apart():
    """Passengers by year, 47 of them: the year was passengers and some, and lay between 1945 and 2049."""
    years = np.arange(1970, 2017)
    passengers = 7 + 66 * ((years - 1970) / 46) ** 2 + np.random.default_rng(0).normal(0, 1, 47)
    real = pd.DataFrame({"year": years, "passengers": passengers.round(4)})
    assert transformed(real)[0].distances == ()


def test_numbers_of_few_rows_of_which_one_is_always_the_first_are_a_distance():
    rng = np.random.default_rng(0)
    income = rng.normal(1000, 60, 58).cumsum().round() / 10
    real = pd.DataFrame({"consumption": (income * rng.uniform(0.97, 0.999, 58)).round(1), "income": income.round(1)})
    assert [one.target for one in transformed(real)[0].distances] == ["income"]


def test_numbers_of_few_rows_that_come_near_each_other_at_one_end_alone_are_no_distance():
    rng = np.random.default_rng(1)
    low = np.concatenate([rng.uniform(500, 900, 40), rng.uniform(1200, 1600, 8)]).round()
    high = np.concatenate([low[:40] + rng.normal(500, 30, 40).round(), rng.uniform(1620, 1690, 8).round()])
    transform, _ = transformed(pd.DataFrame({"low": low, "high": high}))
    assert not transform.hidden
