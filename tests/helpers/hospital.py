"""A made hospital: linked tables with everything that keys can do."""

from __future__ import annotations

import numpy as np
import pandas as pd


def hospital(patients: int = 60, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Patients, their admissions, labs of these (with a counter), a list of items, doctors (with chiefs), and who saw whom.

    Some admissions name no doctor; some labs name an item that is not in the list.
    """
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"patient_id": np.arange(1, patients + 1), "sex": rng.choice(["F", "M"], patients)})
    people["born"] = pd.to_datetime("1950-01-01") + pd.to_timedelta(rng.integers(0, 15_000, patients), "D")
    doctors = pd.DataFrame(
        {"doctor_id": [f"D-{index:03d}" for index in rng.permutation(40)], "ward": rng.choice(["A", "B"], 40)}
    )
    chiefs = doctors["doctor_id"].to_numpy()[rng.integers(0, 5, 40)]
    doctors["chief_id"] = np.where(np.arange(40) < 5, None, chiefs)
    of_patient = np.repeat(np.arange(patients), rng.integers(0, 4, patients))
    count = len(of_patient)
    admissions = pd.DataFrame(
        {"admission_id": 1_000 + rng.permutation(count), "patient_id": people["patient_id"].to_numpy()[of_patient]}
    )
    admissions["doctor_id"] = np.where(
        rng.random(count) < 0.2, None, doctors["doctor_id"].to_numpy()[rng.integers(0, 40, count)]
    )
    start = pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 9_000, count), "h")
    admissions["admitted"], admissions["discharged"] = start, start + pd.to_timedelta(rng.integers(24, 240, count), "h")
    of_admission = np.repeat(np.arange(count), rng.integers(0, 6, count))
    position = np.arange(len(of_admission)) - np.searchsorted(of_admission, of_admission)
    labs = pd.DataFrame({"admission_id": admissions["admission_id"].to_numpy()[of_admission], "line": position + 1})
    labs["patient_id"] = admissions["patient_id"].to_numpy()[of_admission]
    stay = (admissions["discharged"] - admissions["admitted"]).to_numpy()[of_admission]
    share = np.sort(rng.random(len(labs)))
    labs["taken"] = (start[of_admission] + stay * (0.1 + 0.15 * position) * share).floor("min")
    labs["item_id"] = rng.choice([50, 51, 52, 99], len(labs), p=[0.4, 0.3, 0.2, 0.1])
    labs["value"] = (labs["item_id"] + rng.normal(size=len(labs))).round(1)
    items = pd.DataFrame({"item_id": [50, 51, 52], "label": ["Na", "K", "Cl"]})
    seen = pd.DataFrame({"admission_id": np.repeat(admissions["admission_id"].to_numpy(), 2)})
    seen["doctor_id"] = np.concatenate([rng.choice(doctors["doctor_id"], 2, replace=False) for _ in range(count)])
    return {
        "patients": people,
        "doctors": doctors,
        "items": items,
        "admissions": admissions,
        "labs": labs,
        "seen": seen,
    }
