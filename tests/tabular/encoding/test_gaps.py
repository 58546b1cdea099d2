"""Values only where real ones are: gaps stay empty, outliers and codes do not smear, tails stop where nature does."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from synthgan.config import EncodingConfig
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.runtime import Streams
from synthgan.tabular.encoding.continuous import COARSE, FINE, ModeSpecificNormalizer
from synthgan.tabular.encoding.gaps import is_code, part_values
from synthgan.tabular.encoding.quantiles import QuantileFunction
from synthgan.tabular.encoding.table import TableTransform
from tests.helpers.redrawn import redrawn

RNG = np.random.default_rng(0)
CUTS = [COARSE, FINE]


def ages(rows: int) -> np.ndarray:
    return RNG.integers(18, 90, rows)


def drawn(values, **options) -> np.ndarray:
    return redrawn(pd.DataFrame({"x": values}), **options)["x"].to_numpy()


@pytest.mark.parametrize("shape", ["normal", "uniform", "exponential", "lognormal", "standard_cauchy"])
@pytest.mark.parametrize("step", [0, 0.1])
def test_what_chance_leaves_is_no_gap(shape, step):
    """At a level of 1 in 1,000 a table, 60 tables have one with a chance of 6 in 100; outliers of heavy tails are more frequent."""
    parts = []
    for seed in range(60):
        values = np.sort(getattr(np.random.default_rng(seed), shape)(size=500))
        found = part_values(np.round(values / step) * step if step else values, step, 10)
        parts.append(len(found))
        assert sum(last - first for first, last in found) > 480
    assert max(parts) == 1


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("rows", [60, 400])
@pytest.mark.parametrize("codes", [1, 5])
def test_a_few_outliers_do_not_smear(cut, rows, codes):
    for code in (999, -1, 9_999):
        found = drawn(np.append(ages(rows), [code] * codes), cut=cut)
        assert found.max() <= 91
        assert found.min() >= (17 if codes > 1 else -1)
        assert (found < 17).mean() < 0.02


@pytest.mark.parametrize("rows", [20, 30, 45, 80, 150])
@pytest.mark.parametrize("codes", [1, 3])
def test_outliers_of_few_rows_do_not_smear_either(rows, codes):
    rng = np.random.default_rng(rows)
    for code in (999, 9_999, -999):
        found = drawn(np.append(rng.integers(18, 90, rows - codes), [code] * codes), cut=FINE)
        assert ((found < 10) | (found > 100)).mean() < 0.02
    fahrenheit = np.append(rng.normal(36.8, 0.4, rows - codes).round(1), [98.6] * codes)
    assert (drawn(fahrenheit, cut=FINE) > 45).mean() < 0.02


@pytest.mark.parametrize("shape", ["normal", "uniform", "exponential", "standard_cauchy"])
@pytest.mark.parametrize("rows", [24, 48])
def test_of_few_rows_few_tails_are_taken_for_outliers(shape, rows):
    """Of so few rows, a tail without end may seem to be one that outliers follow; others seldom do."""
    draws = (np.sort(getattr(np.random.default_rng(seed), shape)(size=rows)) for seed in range(100))
    lost = np.array([rows - sum(last - first for first, last in part_values(ordered, 0, 10)) for ordered in draws])
    most = {"normal": 0.03, "uniform": 0.03, "exponential": 0.05, "standard_cauchy": 0.7}[shape]
    assert (lost > 0).mean() <= most
    assert lost.mean() < 1 + (shape == "standard_cauchy")


@pytest.mark.parametrize("sizes", [(14, 11), (16, 7), (13, 12, 6), (20, 25)])
@pytest.mark.parametrize("step", [0, 0.1, 1])
def test_gaps_of_few_rows_stay_empty(sizes, step):
    rng = np.random.default_rng(len(sizes))
    values = np.concatenate([rng.normal(500 * 3**at, 5, rows) for at, rows in enumerate(sizes)])
    found = drawn(np.round(values / step) * step if step else values, cut=FINE)
    off = np.abs(found[:, None] - 500 * 3.0 ** np.arange(len(sizes)))
    assert (off.min(1) > 25).mean() < 0.01


@pytest.mark.parametrize("unit", ["D", "s"])
def test_dates_of_few_rows_stay_in_their_years(unit):
    rng = np.random.default_rng(0)
    start = np.repeat(np.array(["2015-03-01", "2021-09-01"], dtype=f"datetime64[{unit}]"), [16, 14])
    days = start + (rng.integers(0, 20, 30) * np.timedelta64(1, "D")).astype(f"timedelta64[{unit}]")
    found = pd.DatetimeIndex(drawn(days.astype("datetime64[us]"), cut=FINE))
    assert set(found.year) == {2015, 2021}


def test_a_greatest_value_that_is_written_like_a_code_stays():
    """Hours a week: 80, 84, 90, and 8 people say 99, too few for a spike; that is no further than others are apart."""
    most = np.repeat([70, 72, 75, 76, 80, 84, 90, 99], [27, 4, 8, 1, 11, 6, 6, 8])
    assert drawn(np.append(np.random.default_rng(0).integers(1, 69, 2_900), most), cut=FINE).max() > 96


@pytest.mark.parametrize("cut", CUTS)
def test_codes_that_enough_share_are_spikes(cut):
    found = drawn(np.append(ages(3_000) + RNG.random(3_000).round(2), [999.0] * 15 + [-1.0] * 15), cut=cut)
    outside = found[(found < 18) | (found > 91)]
    assert set(outside) == {999, -1}
    assert 0.006 < len(outside) / len(found) < 0.014


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("last", "there"), [(3, False), (12, True)])
def test_dates_that_mean_never_do_not_smear(cut, last, there):
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=int(day)) for day in RNG.integers(0, 1_000, 400)]
    days[:last] = [dt.date(9999, 12, 31)] * last
    days[-last:] = [dt.date(1900, 1, 1)] * last
    found = pd.Series(drawn(days, cut=cut))
    assert set(found[(found < dt.date(2019, 12, 1)) | (found > dt.date(2022, 11, 1))]) == (
        {dt.date(9999, 12, 31), dt.date(1900, 1, 1)} if there else set()
    )


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("modes", ["quantile", "gmm"])
def test_gaps_stay_empty(cut, modes):
    centers = np.array([48.85, 52.52, 41.9, 40.42, 59.33])
    cities = (centers[RNG.integers(0, 5, 300)] + RNG.normal(0, 0.05, 300)).round(5)
    found = drawn(cities, cut=cut, modes=modes)
    assert np.abs(found[:, None] - centers).min(1).max() < 0.4
    two = drawn(np.append(RNG.normal(0, 1, 200), RNG.normal(40, 1, 200)).round(2), cut=cut, modes=modes)
    assert not ((two > 6) & (two < 34)).any()
    zero = drawn(np.append(RNG.uniform(20, 30, 300), np.zeros(100)), cut=cut, modes=modes)
    assert not ((zero > 0) & (zero < 19)).any()
    assert (zero == 0).mean() == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("cut", CUTS)
def test_of_few_values_that_many_rows_share_none_is_invented(cut):
    codes = RNG.choice(10_000, 15, replace=False)
    for rows in (100, 200):
        values = np.append(RNG.choice(codes, rows), [codes[0]] * 10)
        assert set(drawn(values, cut=cut)) <= set(codes)
    doses = RNG.choice([0.5, 1, 1.5, 2.5, 5, 10, 20, 40], 80)
    assert set(drawn(np.append(doses, [1.0] * 10), cut=cut)) <= set(doses)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("rows", [60, 150, 300])
def test_tails_stop_where_scales_end(cut, rows):
    random = np.random.default_rng(rows)
    ends = {
        "hour": (0, 23),
        "minute": (0, 59),
        "weekday": (1, 7),
        "day": (1, 31),
        "month": (1, 12),
        "week": (1, 53),
        "adult": (18, 65),
    }
    table = {name: random.integers(low, high + 1, rows) for name, (low, high) in ends.items()}
    table["correlation"], ends["correlation"] = random.uniform(-1, 1, rows), (-1, 1)
    found = redrawn(pd.DataFrame(table), rows=20_000, cut=cut)
    for name, (low, high) in ends.items():
        assert found[name].between(low, high).all(), (name, found[name].min(), found[name].max())
    assert found["hour"].max() == 23


def test_hard_edges_are_seldom_passed_and_no_exact_extreme_is_told():
    passed = []
    for seed in range(40):
        values = np.random.default_rng(seed).uniform(37.2, 112.3, 150)
        encoder = ModeSpecificNormalizer.fit(
            values, EncodingConfig(), step=0, minimum=None, maximum=None, rng=np.random.default_rng(0)
        )
        ends = np.array(encoder.released)
        assert not np.isin(ends, values).any()
        passed.append(ends[0] < 37.2 or ends[1] > 112.3)
    assert np.mean(passed) < 0.15


def test_a_value_that_reals_in_range_round_to_is_not_beyond_the_end():
    function = QuantileFunction(np.array([0, 0.5, 0.5, 1.0]), np.array([0.0, 22.6, 40.0, 50.0]))
    values = np.array([-0.4, -0.6, 23.0, 23.2, 30.0, 39.7, 50.4, 51.0])
    beyond, nearest = function.homeless(values, 0.5)
    assert beyond.tolist() == [False, True, False, True, True, False, False, True]
    assert nearest[beyond].tolist() == [0, 22.6, 22.6, 50]


def test_what_is_withheld_is_counted_said_aloud_and_not_in_the_file():
    table = Table.read(pd.DataFrame({"x": np.append(ages(400), [999] * 5)}))
    transform = TableTransform.fit(table, EncodingConfig(), Streams(0), FINE)
    found = transform.codecs[0].withheld
    assert (found.name, found.what, found.why, found.share) == ("x", "values", "rare", 0.02)
    assert "5 lie far from all others; they are withheld" in found.line
    state, tensors = transform.state()
    assert TableTransform.from_state(table.schema, state, tensors).codecs[0].withheld is None
    assert all(np.abs(array).max() < 900 for array in tensors.values())


def test_a_declared_range_and_exact_extremes_are_kept():
    given = Schema.infer(pd.DataFrame({"x": ages(400)})).to_dict()
    given["columns"][0] |= {"minimum": 0, "maximum": 120}
    found = redrawn(pd.DataFrame({"x": ages(400)}), schema=Schema.from_dict(given))["x"]
    assert found.between(0, 120).all()
    kept = drawn(np.append(ages(400), [999]), keep_extremes=True, cut=COARSE)
    assert kept.max() == 999


def test_numbers_that_mean_unknown():
    assert [is_code(value) for value in (-1.0, -9, 99, 999, -99_999, 0, 1, 9.9, 98, 1e12)] == [True] * 5 + [False] * 5


@pytest.mark.parametrize(("rows", "one"), [(24, 1.0), (59, 1358.0), (67, 9888.0), (120, 999_999.0)])
def test_one_far_from_all_others_fills_nothing_between(rows, one):
    """A weight of 1,358 among 59 of at most 159 put a fifth of the synthetic ones between."""
    ordered = np.append(np.linspace(0.1 * one / 3, one / 3, rows - 1), one)
    assert part_values(ordered, 0.0, 10) == [(0, rows - 1)]
    assert part_values(-ordered[::-1], 0.0, 10) == [(1, rows)]


def test_much_that_is_withheld_is_said_aloud():
    """Of 34 altitudes each stands for eight or nine of 332 rows, but for three that more share: these would stand for all."""
    sizes = np.array([26, 18, 18, *[8, 9] * 15, 15])
    table = Table.read(
        pd.DataFrame({"altitude": np.repeat(np.cumsum(np.random.default_rng(0).integers(5, 30, len(sizes))), sizes)})
    )
    found = TableTransform.fit(table, EncodingConfig(), Streams(0), FINE).codecs[0].withheld
    assert found.line.startswith(
        "values of column 'altitude' must be shared by more rows to be told, however: those of 77% of its rows"
    )
    assert found.drawn == "nearest"
    few = Table.read(
        pd.DataFrame(
            {"altitude": np.repeat(np.cumsum(np.random.default_rng(0).integers(5, 30, 12)), [300] * 9 + [5] * 3)}
        )
    )
    found = TableTransform.fit(few, EncodingConfig(), Streams(0), FINE).codecs[0].withheld
    assert (found.share, found.line) == (0.01, "")


def test_amounts_that_few_share_are_not_moved_to_common_ones():
    """Gains of tax payers: a few are common, most are held by three or four. Taken for codes, the common ones stood for all."""
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.integers(40, 400, 60))
    held = np.repeat(values, np.where(np.arange(60) % 6 == 0, 40, rng.integers(2, 6, 60)))
    made = drawn(np.append(np.zeros(4_000), held), cut=FINE)
    common = np.isin(made, values[::6]).mean()
    assert common == pytest.approx(400 / (4_000 + len(held)), abs=0.02)


@pytest.mark.parametrize("step", [0, 1])
def test_wide_gaps_stay_empty_however_likely_they_are(step):
    """Rows on both sides lie apart themselves, so that chance might leave the gap; nobody is in it nevertheless."""
    values = np.array([3, 9, 14, 22, 27, 35, 38, 44, 49, 55, 91, 96, 101, 109, 114, 118, 127, 130, 138, 141], float)
    assert len(part_values(values, step, 10)) == 2
    found = drawn(values + (0 if step else 0.25), cut=FINE)
    assert not ((found > 62) & (found < 84)).any()
    assert (found > 70).mean() == pytest.approx(0.5, abs=0.05)


def test_wide_gaps_leave_enough_rows_everywhere():
    values = np.r_[np.linspace(0, 21, 12), np.linspace(46, 56, 6), np.linspace(79, 100, 12)]
    assert part_values(values, 0, 10) == [(0, 12), (12, 30)]
