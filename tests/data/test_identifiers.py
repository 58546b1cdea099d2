"""Keys and prose are told from values worth learning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgan.data.checkdigits import checked
from synthgan.data.identifiers import find_key, has_key_name, is_key, is_prose, overlap

RNG = np.random.default_rng(0)
SCATTERED = RNG.choice(10_000, 200, replace=False)


def with_luhn(numbers):
    letters = np.array([f"{number}0" for number in numbers]).view(np.uint32).reshape(len(numbers), -1)
    return np.array([int("".join(map(chr, row))) for row in checked("luhn", letters)])


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
        "patid",
        "idcase",
        "Fallnummer",
        "Patienten-Nr",
        "kunden_nr",
        "numéro patient",
        "numero_de_cliente",
        "dossiernummer",
    ],
)
def test_names_of_keys(name):
    assert has_key_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "paid",
        "covid",
        "noise",
        "number_diagnoses",
        "note",
        "identity",
        "7",
        "valid",
        "monkey",
        "heat_index",
        "index",
        "Hausnummer",
        "numero",
    ],
)
def test_names_of_other_things(name):
    assert not has_key_name(name)


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        (SCATTERED, "patient_id", True),  # all different, and the name says so
        (SCATTERED, "subject", True),
        (SCATTERED, "weight", False),
        (SCATTERED[:19], "patient_id", False),  # too few rows to tell
        (np.arange(1, 31), "row", True),  # counts the rows
        (np.arange(1, 31), "Unnamed: 0", True),
        (np.arange(1, 31), "weight", False),
        (np.arange(1, 31), "n_tokens", False),
        (np.arange(1890, 2010), "year", False),
        (np.arange(1_000, 1_200), "weight", False),
        (SCATTERED + 100_000, "price", False),  # six digits each
        (1_600_000_000_000 + 977 * SCATTERED, "epoch_ms", False),
        (SCATTERED, "heat_index", False),
        (np.append(SCATTERED, SCATTERED[:90]), "patient_id", True),  # more than half different
        (np.append(SCATTERED, SCATTERED[:90]), "weight", False),
        (np.repeat(np.arange(40), 8), "patient_id", True),  # the visits of patients
        (np.repeat(np.arange(40), 8), "subject", True),
        (np.repeat(np.arange(40), 8), "ward_type_id", False),
        (np.repeat(np.arange(40), 60), "patient_id", True),
        (np.repeat(np.arange(40), 60), "patient", False),
        (np.repeat(np.arange(40), 12), "school_id", False),
        (SCATTERED % 19, "patient_id", False),
        (with_luhn(SCATTERED + 10**9), "weight", True),
        (SCATTERED + 10**9, "weight", False),
    ],
)
def test_whole_numbers_that_are_keys(values, name, expected):
    assert is_key(pa.array(values), name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("plot", True), ("X", True), ("time", False), ("year", False), ("rank", False), ("n_tokens", False)],
)
def test_a_first_column_that_counts_is_a_key_unless_it_says_what_it_counts(name, expected):
    assert is_key(pa.array(np.arange(1, 41)), name, is_first=True) is expected
    assert not is_key(pa.array(np.arange(1, 41) * 2), name, is_first=True)


def test_whole_numbers_with_missing_ones_are_keys_by_name_only():
    values = pa.array([*SCATTERED.tolist(), None])
    assert is_key(values, "patient_id")
    assert not is_key(pa.array([*range(200), None]), "weight")


def test_why_is_said_and_what_is_shared_is_a_group():
    visits = find_key(pa.array(np.repeat(np.arange(40), 8)), "patient_id")
    assert visits.repeats
    assert "shared by rows" in visits.why
    once = find_key(pa.array(SCATTERED), "patient_id")
    assert (once.repeats, once.why) == (False, "whole numbers, all different, under the name of a key")


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ([f"P{n}" for n in range(20)], "code", True),
        ([f"P{n}" for n in range(19)], "code", False),
        ([f"P{n}" for n in range(99)] + ["P1"], "code", True),
        ([f"P{n}" for n in range(90)] + ["P1"] * 10, "code", False),
        ([f"P{n}" for n in range(60)] + ["P1"] * 40, "visit_id", True),
        ([f"P{n:03d}" for n in range(30)] * 5, "patient", True),
        (["Art", "Physics", "Law"] * 50 + [f"Subject {chr(65 + n)}" for n in range(24)] * 2, "subject", False),
        ([f"the patient came in on day {n}" for n in range(30)], "note", False),
        ([None, *(f"P{n}" for n in range(20))], "code", True),
        ([f"anna{n}@clinic.example" for n in range(40)] * 9, "contact", True),
        ([f"{n:032x}" for n in range(40)] * 9, "token", True),
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
        ([f"+49 171 55 {n:05d}" for n in range(30)], False),
        ([f"DE31 5403 6720 7580 7101 {n:04d}" for n in range(30)], False),
        ([f"{'x' * 40} {n:>20}" for n in range(30)], True),
        ([f"{'x' * 80}{n}" for n in range(30)], False),
        ([f"the patient came in on day {n}" for n in range(19)], False),
    ],
)
def test_prose(values, expected):
    assert is_prose(pa.array(values)) is expected


@pytest.mark.parametrize(
    ("real", "synthetic", "share"),
    [
        (["P-1", "P-2", None], ["p-2 ", "P-3"], 0.5),
        ([1, 2], np.array([2.0, 3.0, np.nan]), 0.5),
        (pd.Series([2**60 + 1]), pa.array([str(2**60 + 1), None]), 1.0),
        (["a"], [None, None], 0.0),
    ],
)
def test_the_share_of_real_identifiers_is_that_of_equal_ones_in_any_form(real, synthetic, share):
    assert overlap(real, synthetic) == share


@pytest.mark.parametrize(
    ("numbers", "name", "expected"),
    [
        ([1, 1100, *range(2, 60)], "rownames", True),
        (list(range(190, 260)), "row", True),
        (list(range(3, 300, 7)), "index", True),
        (list(range(1956, 2016)), "rownames", False),  # years that name the rows
        ([3, *range(5, 60)], "x", False),
        (list(range(3, 300, 7)), "heart_rate", False),
    ],
)
def test_numbers_under_the_name_of_a_row_tell_rows_apart(numbers, name, expected):
    """A part of a larger table keeps the numbers of its rows: they do not count from 1 any more, and are real ones."""
    assert is_key(pa.array(numbers), name) is expected
