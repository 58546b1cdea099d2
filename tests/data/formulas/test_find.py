"""What is computed in every row is found, and what chance brings about is not."""

import numpy as np
import pandas as pd
import pytest

from synthgan.data.formulas.find import find_formulas
from synthgan.data.formulas.unary import _curved
from synthgan.data.table import Table

ROWS = 600


def people(seed=0, rows=ROWS):
    rng = np.random.default_rng(seed)
    height, total = rng.normal(168, 10, rows).round(1), rng.normal(200, 40, rows).round()
    weight = (rng.gamma(18, 4.2, rows) * (height / 168) ** 2).round(1)
    born = pd.Timestamp("1940-01-01") + pd.to_timedelta(rng.integers(0, 20_000, rows), unit="D")
    seen = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3_000_000, rows), unit="min")
    table = pd.DataFrame({"height": height, "weight": weight, "total": total, "born": born, "seen": seen})
    return table.assign(
        hdl=rng.normal(52, 13, rows).round().clip(20), triglycerides=rng.gamma(4, 35, rows).round(),
        wage=rng.lognormal(2.8, 0.5, rows).round(2), ward=rng.choice(list("abcdef"), rows), age=rng.integers(0, 95, rows),
    )  # fmt: skip


def age(t):
    return t.seen.dt.year - t.born.dt.year - (t.seen.dt.strftime("%m%d") < t.born.dt.strftime("%m%d"))


def texts(table):
    return {str(formula.target): formula.text for formula in find_formulas(Table.read(table))}


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda t: (t.weight / (t.height / 100) ** 2).round(1), "10000 * weight / height ** 2"),
        (lambda t: (t.total - t.hdl - t.triglycerides / 5).round(1), "total - hdl - triglycerides / 5"),
        (lambda t: ((2 * t.hdl + t.total) / 3).round(), "(total + 2 * hdl) / 3"),
        (lambda t: t.total + t.hdl + t.triglycerides + t.age, "total + hdl + triglycerides + age"),
        (lambda t: (t.weight * 2.20462).round(2), "2.20462 * weight"),
        (lambda t: (t.weight * 0.17).round(2), "0.17 * weight"),
        (lambda t: (100 - t.height / 3 + t.weight).round(4), None),
        (lambda t: (t.total / t.hdl).round(2), "total / hdl"),
        (lambda t: (t.total * t.hdl), "total * hdl"),
        (lambda t: (t.hdl * 100 / t.total).round(1), "100 * hdl / total"),
        (lambda t: np.log(t.wage).round(4), "log(wage)"),
        (lambda t: np.log10(t.wage).round(4), "log10(wage)"),
        (lambda t: np.log1p(t.triglycerides).round(5), "log1p(triglycerides)"),
        (lambda t: np.sqrt(t.weight).round(3), "sqrt(weight)"),
        (lambda t: t.age // 10, "age // 10"),
        (lambda t: t.seen.dt.year, "year(seen)"),
        (lambda t: t.seen.dt.hour, "hour(seen)"),
        (lambda t: t.seen.dt.day_name(), "weekday_name(seen)"),
        (lambda t: t.seen.dt.month_name(), "month_name(seen)"),
        (lambda t: t.seen.dt.isocalendar().week.astype(int), "week(seen)"),
        (lambda t: t.seen.dt.normalize(), "date(seen)"),
        (lambda t: t.seen.dt.month_name().str[:3], "lookup(month(seen))"),
        (lambda t: (t.seen.dt.day_of_week >= 5), "lookup(weekday(seen))"),
        (lambda t: (t.seen.dt.normalize() - t.born).dt.days, None),
        (age, "years(born, seen)"),
        (lambda t: pd.cut(t.age, [-1, 17, 39, 64, 120], labels=list("abcd")).astype(str), "lookup(cut(age, 18, 40, 65))"),
        (lambda t: t.age >= 65, "lookup(cut(age, 65))"),
        (lambda t: t.ward.map(dict(zip("abcdef", "xxyyyz", strict=True))), "lookup(ward)"),
    ],
)  # fmt: skip
def test_what_is_computed_is_found(compute, text):
    table = people()
    found = texts(table.assign(result=compute(table)))
    if text is None:  # solved for another column, or written in another way
        assert len(found) == 1
    else:
        assert found == {"result": text}


def test_people_have_no_formula():
    assert texts(people()) == {}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_computed_is_right_in_all_rows_and_missing_where_a_source_is(seed):
    table = people(seed)
    table.loc[::7, "weight"] = np.nan
    table = table.assign(bmi=(table.weight / (table.height / 100) ** 2).round(1))
    read = Table.read(table)
    (formula,) = find_formulas(read)
    assert not formula.broken(read).any()
    np.testing.assert_array_equal(formula.compute(read).float64(), read.columns["bmi"].float64())
    assert (formula.gaps, formula.alone) == (False, False)


def shuffled(seed):
    """A table of strangers, of the kinds that coincide most easily: few rows, whole numbers, few levels, dates."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(20, 400))
    columns = {}
    for at in range(int(rng.integers(3, 12))):
        kind = rng.integers(0, 9)
        columns[f"c{at}"] = [
            lambda: rng.integers(0, rng.integers(2, 6), rows),
            lambda: rng.integers(0, 30, rows),
            lambda: rng.normal(100, 20, rows).round(1),
            lambda: rng.poisson(1.5, rows),
            lambda: rng.choice(list("abcdef")[: rng.integers(2, 6)], rows),
            lambda: np.where(rng.random(rows) < 0.95, 0, 1),
            lambda: rng.choice([f"code {code}" for code in range(rows // 4 + 1)], rows),
            lambda: pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 40, rows), unit="D"),
            lambda: rng.lognormal(2, 1, rows).round(2),
        ][kind]()
    return pd.DataFrame(columns)


def test_strangers_have_no_formula():
    """At most one find in 100 tables of columns that have nothing to do with each other."""
    found = [formula for seed in range(25) for formula in find_formulas(Table.read(shuffled(seed)))]
    assert list(map(str, found)) == []


def test_of_a_number_and_its_logarithm_the_logarithm_is_computed():
    """Computed from its logarithm, a price would leave its cents, and the logarithm no longer be that of the price."""
    table = people()
    assert texts(table.assign(log_wage=np.log(table.wage)))["log_wage"] == "log(wage)"
    assert texts(pd.DataFrame({"log_wage": np.log(table.wage), "wage": table.wage}))["log_wage"] == "log(wage)"
    hundreds = pd.DataFrame(
        {"log_rent": np.log(np.rint(table.wage * 10) * 100), "rent": np.rint(table.wage * 10) * 100}
    )
    assert set(texts(hundreds)) == {"log_rent"}


def test_what_was_reckoned_in_four_bytes_is_found_in_eight():
    table = people()
    short = np.square(table.wage.to_numpy(np.float32)).astype(np.float64)
    assert texts(table.assign(square=short))["square"] == "wage ** 2"
    written = np.array([float(f"{value:.15g}") for value in short])
    assert texts(table.assign(square=written))["square"] == "wage ** 2"


def test_rounding_does_not_explain_a_column_of_two_values():
    """Half a step about 0 and 1 is everything between them: 0.5 - 0.7 * old would do for young, and give 0 alone."""
    table = people()
    old, middle = (table.age >= 50).astype(int), table.age.between(40, 49).astype(int)
    found = texts(
        table.assign(young=(table.age < 40).astype(int), group=1 + middle + 2 * old, old=old).drop(columns="ward")
    )
    assert "old" not in found.get("young", "")
    assert not any("0.5" in text or "1.5" in text for text in found.values())


def test_many_weights_of_few_rows_are_no_formula():
    """Fifty rows are met by a sum of a dozen columns as soon as its weights may have as many digits as they like."""
    rng, years = np.random.default_rng(3), np.arange(1970, 2015)
    for _ in range(3):
        trends = 1000 + 30 * (years - 1970)[:, None] + rng.normal(0, 15, (45, 14))
        table = pd.DataFrame(trends.round(2), columns=[f"c{index}" for index in range(14)])
        assert texts(table.assign(year=years)) == {}


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda n: 10 / (n + 1), "10 / (n + 1)"),
        (lambda n: np.log(n + 2), "log(n + 2)"),
        (lambda n: np.sqrt((n + 3) / 0.25), "sqrt((n + 3) / 0.25)"),
    ],
)
def test_what_is_finer_is_computed_from_what_is_coarser_by_the_curve_turned_round(compute, text):
    n = np.random.default_rng(0).integers(1, 60, 400)
    assert texts(pd.DataFrame({"n": n, "result": compute(n)})) == {"result": text}


def test_numbers_most_of_which_are_rare_look_nothing_up():
    region = np.concatenate([np.repeat([3, 8, 11], 12), np.repeat(np.arange(20, 120), 4)])
    nation = np.where(region % 3 == 0, "UK", np.where(region % 3 == 1, "Italy", "Spain"))
    # Of what lies between the keys that may be told, the nearest would be said: all but a few regions would be in Spain.
    assert texts(pd.DataFrame({"region": region, "nation": nation})) == {}


def test_a_curve_that_exists_nowhere_lets_no_column_pass():
    """Of a table of 754 columns such as these every pair was looked at row by row."""
    rng = np.random.default_rng(0)
    glance = rng.normal(0, 1e4, (64, 20))
    with np.errstate(all="ignore"):
        assert not any(_curved(glance, np.full(20, 1e-6), source).any() for source in range(20))
        glance[:, 1] = np.exp(glance[:, 0] / 1e4)
        assert np.flatnonzero(_curved(np.abs(glance), np.full(20, 1e-6), 1)).tolist() == []
        glance[:, 2] = 3 * np.log(np.abs(glance[:, 3])) + 1
        assert np.flatnonzero(_curved(np.abs(glance), np.full(20, 1e-3), 3)).tolist() == [2]


def test_what_is_rounded_away_is_no_part_of_a_sum():
    """In 2,000 rows some column helps by chance: pounds were kilograms and a hair of blood pressure, each from the other."""
    rng = np.random.default_rng(0)
    rows = 3000
    kilograms, diastolic, pulse = (
        rng.gamma(18, 4.2, rows).round(1),
        rng.normal(80, 9, rows).round(),
        rng.normal(45, 10, rows).round(),
    )
    table = pd.DataFrame(
        {"weight_kg": kilograms, "diastolic": diastolic, "pulse": pulse, "age_months": rng.integers(240, 1100, rows)}
    )
    found = texts(table.assign(
        weight_lb=(kilograms / 0.45359237).round(1), systolic=diastolic + pulse, age_years=table.age_months // 12,
        mean_bp=((2 * diastolic + diastolic + pulse) / 3).round(),
    ))  # fmt: skip
    assert found["weight_lb"].endswith("* weight_kg")
    assert found["age_years"] == "age_months // 12"
    assert {"mean_bp", "weight_lb", "age_years"} < set(found)
    assert set(found) - {"mean_bp", "weight_lb", "age_years"} in ({"systolic"}, {"pulse"}, {"diastolic"})


def test_two_values_lie_on_no_line():
    """Prices of two years: a slope and a constant with twelve digits say no more than which is which, and less exactly."""
    rng = np.random.default_rng(0)
    year = rng.choice([1985, 1995], 300)
    table = pd.DataFrame(
        {"year": year, "index": np.where(year == 1985, 1.076, 1.524), "packs": rng.normal(100, 20, 300).round(1)}
    )
    assert texts(table) in ({"index": "lookup(year)"}, {"year": "lookup(index)"})


def test_of_a_sum_what_has_most_values_is_computed():
    """Weights in pounds, told in kilograms, stand on few values; computed from the gain, nobody would stand on one."""
    rng = np.random.default_rng(0)
    before, after = (rng.normal(160, 25, 800).round() * 0.45359237 for _ in range(2))
    before = before + rng.normal(0, 0.2, 800)
    assert set(texts(pd.DataFrame({"before": before, "after": after, "gain": after - before}))) <= {"gain", "before"}


def test_ratios_that_were_reckoned_in_four_bytes_are_computed():
    """Of 92 cities; a ratio that is off by a hair of four bytes had no formula, or one for a whole number alone."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "officers": rng.integers(100, 5000, 92),
            "area": rng.uniform(13, 600, 92).round(1).astype(np.float32),
            "people": rng.integers(56_000, 1_200_000, 92),
        }
    )
    ratios = {
        "denser": table.people / table.area,
        "by_area": table.officers / table.area,
        "by_people": 1000 * table.officers / table.people,
        "curved": 1000 * table.area / table.people**2,
    }
    for name, ratio in ratios.items():
        assert name in str(texts(table.assign(**{name: ratio.astype(np.float32)}).astype(float)))
    assert (
        len(texts(table.assign(**{name: ratio.astype(np.float32) for name, ratio in ratios.items()}).astype(float)))
        == 4
    )
