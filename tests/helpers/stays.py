"""Made stays: patients with rows over time, for what learns sequences and linked tables."""

from __future__ import annotations

import numpy as np
import pandas as pd


def stays(patients: int = 60, seed: int = 0, longest: int = 6) -> pd.DataFrame:
    """Rows of patients, in no order: a constant, times with gaps, a value that is often missing, a ward, a dose that never falls."""
    rng = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        sex, ward, dose = rng.choice(["F", "M"]), rng.choice(["ICU", "ward"]), 0
        level = 120 + 10 * (sex == "M") + 10 * rng.normal()
        time = pd.Timestamp("2020-01-01") + pd.Timedelta(hours=int(rng.integers(9_000)))
        for _ in range(int(rng.integers(1, longest + 1))):
            time += pd.Timedelta(hours=int(rng.integers(1, 6)))
            level, dose = level + rng.normal(), dose + int(rng.integers(0, 3))
            ward = {"ICU": "ward", "ward": "ICU"}[ward] if rng.random() < 0.2 else ward
            pressure = round(level, 1) if rng.random() > 0.3 else np.nan
            rows.append((f"P-{patient:05d}", time, sex, pressure, ward, dose))
    columns = ["patient_id", "charttime", "sex", "pressure", "ward", "dose"]
    return pd.DataFrame(rows, columns=columns).sample(frac=1, random_state=seed).reset_index(drop=True)
