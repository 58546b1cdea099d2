"""Keys and prose are told from values worth learning."""

from __future__ import annotations

import uuid

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.identifiers import has_key_name, identifier_pattern, is_key, is_prose

RNG = np.random.default_rng(0)
SCATTERED = RNG.choice(10_000, 200, replace=False)


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "ID",
        "encounter_id",
        "patientID",
        "patient_nbr",
        "No",
        "mrn",
        "row key",
        "orderid",
        "itemid",
        "PatientNumber",
        "UUID",
    ],
)
def test_names_of_keys(name):
    assert has_key_name(name)


@pytest.mark.parametrize(
    "name", ["", "paid", "covid", "noise", "number_diagnoses", "note", "identity", "7", "valid", "monkey"]
)
def test_names_of_other_things(name):
    assert not has_key_name(name)


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        (SCATTERED, "patient_id", True),  # all different, and the name says so
        (SCATTERED, "weight", False),
        (SCATTERED[:19], "patient_id", False),  # too few rows to tell
        (np.arange(1, 31), "weight", True),  # counts the rows
        (np.arange(1990, 2020), "year", False),  # thirty years in a row
        (np.arange(1_000, 1_200), "weight", True),
        (SCATTERED + 100_000, "weight", True),  # six digits each
        (SCATTERED + 95_000, "weight", False),
        (-SCATTERED - 100_000, "weight", False),
        (np.append(SCATTERED, SCATTERED[:90]), "patient_id", True),  # more than half different
        (np.append(SCATTERED, SCATTERED[:90]), "weight", False),
        (SCATTERED % 50, "patient_id", False),
    ],
)
def test_whole_numbers_that_are_keys(values, name, expected):
    assert is_key(pa.array(values), name) is expected


def test_whole_numbers_with_missing_ones_are_keys_by_name_only():
    values = pa.array([*SCATTERED.tolist(), None])
    assert is_key(values, "patient_id")
    assert not is_key(pa.array([*range(200), None]), "weight")


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ([f"P{n}" for n in range(20)], "code", True),
        ([f"P{n}" for n in range(19)], "code", False),
        ([f"P{n}" for n in range(99)] + ["P1"], "code", True),
        ([f"P{n}" for n in range(90)] + ["P1"] * 10, "code", False),
        ([f"P{n}" for n in range(60)] + ["P1"] * 40, "visit_id", True),
        ([f"the patient came in on day {n}" for n in range(30)], "note", False),
        ([None, *(f"P{n}" for n in range(20))], "code", True),
        (["250.83", "V45", "428.0"] * 50, "diag_1", False),
    ],
)
def test_text_that_is_keys(values, name, expected):
    assert is_key(pa.array(values), name) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([f"the patient came in on day {n}" for n in range(30)], True),
        ([f"the patient came in on day {n % 10}" for n in range(30)], False),
        ([f"Name{n} Surname{n}" for n in range(30)], False),
        ([f"{'x' * 40} {n:>20}" for n in range(30)], True),
        ([f"{'x' * 80}{n}" for n in range(30)], False),
        ([f"the patient came in on day {n}" for n in range(19)], False),
    ],
)
def test_prose(values, expected):
    assert is_prose(pa.array(values)) is expected


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        ([7, 1_234], "int:4"),
        ([-12_345, 3], "int:5"),
        ([10**18], "int:18"),
        (["P-001", "P-002"], "text:P-:3"),
        (["A1", "B22"], "text::3"),
        (["P-1", "P-1"], "text:P-:1"),
        (["only", "only"], "text:only:1"),
        ([str(uuid.UUID(int=7)), str(uuid.UUID(int=8)).upper()], "uuid"),
        ([str(uuid.UUID(int=7)), "x"], "text::18"),
    ],
)
def test_patterns(values, pattern):
    assert identifier_pattern(pa.array(values)) == pattern


@given(st.lists(st.text(max_size=12), min_size=1))
def test_the_prefix_is_shared_by_every_key(values):
    pattern = identifier_pattern(pa.array(values))
    prefix, _, digits = pattern.removeprefix("text:").rpartition(":")
    assert all(value.startswith(prefix) for value in values)
    assert 1 <= int(digits) <= 18
