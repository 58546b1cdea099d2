"""Stays in a hospital: day patients, who leave on the day they come, patients of wards, and of intensive care."""

import numpy as np
import pandas as pd

KINDS = ("day", "ward", "intensive")


def made_stays(rows: int, seed: int = 0, unit: str = "min") -> pd.DataFrame:
    """A table of stays over five years: who came when, and went when, to the minute or, in days, to the date."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(KINDS, rows, p=[0.4, 0.5, 0.1])
    age = rng.integers(18, 95, rows)
    came = rng.integers(0, 5 * 365, rows) * 1440 + np.clip(rng.normal(600, 150, rows), 0, 1439).round()
    hours = rng.gamma(4, 1.2, rows) + 0.5
    days = rng.lognormal(1.0 + 0.01 * (age - 60), 0.7, rows)
    long = rng.lognormal(2.1 + 0.005 * (age - 60), 0.8, rows)
    on_the_day = rng.random(rows) < 0.08  # of the ward's patients
    left = np.select([(kind == "day") | ((kind == "ward") & on_the_day), kind == "ward"], [hours / 24, days], long)
    went = came + np.maximum((left * 1440).round(), 1)
    same = came // 1440 * 1440 + 1439  # day patients are gone by midnight
    went = np.where((kind == "day") & (went > same), same, went)
    start = pd.Timestamp("2019-01-01")
    frame = pd.DataFrame(
        {
            "kind": kind,
            "age": age,
            "admitted": start + pd.to_timedelta(came, unit="min"),
            "discharged": start + pd.to_timedelta(went, unit="min"),
            "sex": rng.choice(["F", "M"], rows),
        }
    )
    if unit == "D":
        frame[["admitted", "discharged"]] = frame[["admitted", "discharged"]].apply(
            lambda column: column.dt.normalize()
        )
    return frame


def days_stayed(table: pd.DataFrame) -> pd.Series:
    """How long each stay lasted, in days."""
    return (table["discharged"] - table["admitted"]).dt.total_seconds() / 86400


def ks_by_kind(table: pd.DataFrame, real: pd.DataFrame) -> dict[str, float]:
    """The Kolmogorov-Smirnov distance of the stays of each kind of patient."""
    from scipy.stats import ks_2samp

    return {
        kind: float(
            ks_2samp(*(days_stayed(one[one["kind"] == kind]) for one in (table, real)), method="asymp").statistic
        )
        for kind in KINDS
    }
