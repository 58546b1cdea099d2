"""Shows that what is computed in a health survey is computed in its synthetic rows, and what looking for it costs.

``python -m benchmarks formulas``: rows of BRFSS 2015 with columns as a health examination has them: height and weight about the body-mass
index of the row, and what follows from those (the index, its class, ages in months and years, the LDL of Friedewald's formula, shares
that come to 100, a length of stay, …). It prints in which share of the synthetic rows each holds, and the share of the fit's processor
time that the search took.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.datasets.tables import data_folder, load
from synthgan import Synthesizer
from synthgan.data.formulas.find import find_formulas
from synthgan.data.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[[pd.DataFrame], pd.Series]

OVERWEIGHT, OBESE = 25, 30
CLASSES = ("underweight", "normal", "overweight", "obese")


def _near(one: pd.Series, other: pd.Series, digits: int) -> pd.Series:
    """Where a column is another one to its own digits, or both are missing."""
    return ((one - other).abs() <= 0.5001 * 10.0**-digits + 1e-9) | (one.isna() & other.isna())


def _class_of(index: pd.Series) -> pd.Series:
    return pd.cut(index, [0, 18.5, OVERWEIGHT, OBESE, np.inf], right=False, labels=CLASSES).astype(object)


RULES: dict[str, Rule] = {
    "bmi = weight / height²": lambda t: _near(t.bmi, t.weight_kg / (t.height_cm / 100) ** 2, 1),
    "class of bmi": lambda t: t.bmi_class == _class_of(t.bmi),
    "obese = bmi >= 30": lambda t: (t.obese == 1) == (t.bmi >= OBESE),
    "years = months // 12": lambda t: t.age_years == t.age_months // 12,
    "pounds = kilograms / 0.45359237": lambda t: _near(t.weight_lb, t.weight_kg / 0.45359237, 1),
    "ldl = total - hdl - triglycerides / 5": lambda t: _near(t.ldl, t.total_chol - t.hdl - t.triglycerides / 5, 1),
    "ratio = total / hdl": lambda t: _near(t.chol_ratio, t.total_chol / t.hdl, 2),
    "mean pressure = (2 diastolic + systolic) / 3": lambda t: _near(t.mean_bp, (2 * t.diastolic + t.systolic) / 3, 0),
    "pulse pressure = systolic - diastolic": lambda t: t.pulse_pressure == t.systolic - t.diastolic,
    "log of the c-reactive protein": lambda t: _near(t.log_crp, np.log(t.crp), 4),
    "shares come to 100": lambda t: t.fat_pct + t.protein_pct + t.carb_pct == 100,
    "bad days = physical + mental": lambda t: t.bad_days == t.PhysHlth + t.MentHlth,
    "seen = year of the day": lambda t: t.exam_year == t.exam_day.dt.year,
    "stay = discharged - exam day": lambda t: t.stay_days == (t.discharged - t.exam_day).dt.days,
    "code and words of the sex": lambda t: (t.Sex == 1) == (t.sex_text == "male"),
}


def survey(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """People of BRFSS 2015, examined."""
    table, rows = people.astype(int), len(people)
    table["sex_text"] = np.where(table.Sex == 1, "male", "female")
    height = (rng.normal(163, 7, rows) + 13 * table.Sex).round(1)
    weight = ((table.BMI + rng.uniform(-0.5, 0.5, rows)) * (height / 100) ** 2).round(1)
    table = table.drop(columns=["BMI", "Age"]).assign(
        age_months=12 * (20 + 5 * (table.Age - 1)) + rng.integers(0, 60, rows),
        height_cm=height, weight_kg=weight, total_chol=rng.normal(190, 35, rows).round().clip(90) + 20 * table.HighChol,
        hdl=rng.normal(52, 13, rows).round().clip(20), triglycerides=rng.gamma(4, 32, rows).round().clip(20),
        systolic=(rng.normal(118, 14, rows) + 18 * table.HighBP).round(), crp=rng.lognormal(0.6, 0.9, rows).round(2).clip(0.1),
        fat_pct=rng.integers(20, 45, rows), protein_pct=rng.integers(8, 30, rows),
        exam_day=pd.Timestamp("2014-01-06") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D"),
    )  # fmt: skip
    table["diastolic"] = (0.45 * table.systolic + rng.normal(22, 7, rows)).round()
    table["bmi"] = (table.weight_kg / (table.height_cm / 100) ** 2).round(1)
    table["discharged"] = table.exam_day + pd.to_timedelta(rng.geometric(0.3, rows) - 1, unit="D")
    return table.assign(
        bmi_class=_class_of(table.bmi), obese=(table.bmi >= OBESE).astype(int), age_years=table.age_months // 12,
        weight_lb=(table.weight_kg / 0.45359237).round(1), ldl=(table.total_chol - table.hdl - table.triglycerides / 5).round(1),
        chol_ratio=(table.total_chol / table.hdl).round(2), mean_bp=((2 * table.diastolic + table.systolic) / 3).round(),
        pulse_pressure=table.systolic - table.diastolic, log_crp=np.log(table.crp).round(4),
        carb_pct=100 - table.fat_pct - table.protein_pct, bad_days=table.PhysHlth + table.MentHlth,
        exam_year=table.exam_day.dt.year, stay_days=(table.discharged - table.exam_day).dt.days,
    )  # fmt: skip


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder that holds tables/ (default: $SYNTHGAN_DATA, else ../shared/data)")
    parser.add_argument("--rows", type=int, default=20_000, help="people (default: 20,000)")
    parser.add_argument("--generator", default="chains", help="chains or distilled (default: chains)")
    given = parser.parse_args(words)
    people, _ = load("brfss2015_diabetes", data_folder(given.data))
    table = survey(people.head(given.rows), np.random.default_rng(0))
    for words_of, rule in RULES.items():
        assert rule(table).all(), words_of
    started = time.process_time()
    find_formulas(Table.read(table))
    searched = time.process_time() - started
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        synthesizer = Synthesizer(generator=given.generator, seed=0).fit(table)
        fitted = time.process_time() - started
        made = synthesizer.sample(given.rows)
    print(f"{given.rows:,} rows, {table.shape[1]} columns, {given.generator}")
    for words_of, rule in RULES.items():
        print(f"{words_of:<46} {rule(made).mean():>8.3%}")
    print(f"fit {fitted:.1f} s of processor time, the search {searched:.1f} s of it ({searched / fitted:.1%})")


if __name__ == "__main__":
    main()
