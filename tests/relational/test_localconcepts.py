"""Concepts that a hospital added to the vocabulary are kept where enough people have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Database
from synthgan.errors import DataWarning
from synthgan.relational.localconcepts import without_rare_concepts

COMMON, RARE, UNUSED = 2_000_000_001, 2_000_000_002, 2_000_000_003


def warehouse(*, unknown=True):
    """Thirty persons: twelve have the common local concept, three the rare one, one of them four times."""
    concepts = [8507, 8532, 201826, COMMON, RARE, UNUSED, *([0] if unknown else [])]
    had = [COMMON] * 12 + [RARE] * 3 + [201826] * 15 + [RARE] * 20
    whose = [*range(1, 31), *([13] * 20)]
    return {
        "person": pd.DataFrame(
            {"person_id": range(1, 31), "gender_concept_id": [8507, 8532] * 15, "year_of_birth": 1950}
        ),
        "condition_occurrence": pd.DataFrame(
            {
                "condition_occurrence_id": np.arange(1, 51),
                "person_id": whose,
                "condition_concept_id": had,
                "condition_start_date": pd.Timestamp("2020-01-01"),
            }
        ),
        "concept": pd.DataFrame({"concept_id": concepts, "concept_name": [f"name of {one}" for one in concepts]}),
        "concept_synonym": pd.DataFrame({"concept_id": [201826, RARE], "concept_synonym_name": ["T2D", "Mr Smith's"]}),
    }


def test_a_concept_of_few_persons_goes_with_all_that_names_it():
    database = Database(warehouse())
    with pytest.warns(DataWarning, match="2 of 3 are not; rows that have one get concept 0"):
        made = without_rare_concepts(database, 10)
    assert made.tables["concept"]["concept_id"].tolist() == [8507, 8532, 201826, COMMON, 0]
    assert made.tables["concept_synonym"]["concept_synonym_name"].tolist() == ["T2D"]
    conditions = made.tables["condition_occurrence"]["condition_concept_id"]
    assert (conditions == 0).sum() == 23
    assert (conditions == COMMON).sum() == 12
    assert made.schema == database.schema
    assert len(database.tables["concept"]) == 7  # what was given stays as it was


def test_where_there_is_no_unknown_concept_the_key_is_missing():
    with pytest.warns(DataWarning, match="local concepts"):
        made = without_rare_concepts(Database(warehouse(unknown=False)), 10)
    assert made.tables["condition_occurrence"]["condition_concept_id"].isna().sum() == 23


def test_other_databases_and_other_concepts_are_left_alone(recwarn):
    database = Database(warehouse())
    assert without_rare_concepts(database, 0) is database
    plain = Database({"people": pd.DataFrame({"person_id": [1, 2]})}, unit="people")
    assert without_rare_concepts(plain, 10) is plain
    assert not recwarn.list
