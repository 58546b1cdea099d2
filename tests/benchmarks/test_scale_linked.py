"""The scale of histories: what the benchmark makes is what histories are like."""

from __future__ import annotations

from benchmarks.runs.scale_linked import ROWS, made_patients


def test_made_patients_have_about_twenty_rows_in_order_and_doses_that_never_fall():
    frame = made_patients(300)
    of_patient = frame.groupby("patient_id")
    assert of_patient.ngroups == 300
    assert abs(len(frame) / 300 - ROWS) < 1
    assert of_patient["charttime"].is_monotonic_increasing.all()
    assert of_patient["dose"].is_monotonic_increasing.all()
    assert of_patient["dose"].first().max() < 3
    assert of_patient["sex"].nunique().max() == 1
    assert 0.2 < frame["value"].isna().mean() < 0.4
