"""The OMOP Common Data Model is known by its tables' names, also where no row says anything."""

from __future__ import annotations

import pandas as pd
import pytest

from synthgan import Database


def _table(**columns):
    return pd.DataFrame(columns)


def _tables(upper=False):
    tables = {
        "person": _table(
            person_id=[1, 2],
            gender_concept_id=[8507, 8532],
            year_of_birth=[1950, 1960],
            care_site_id=[None, None],
        ),
        "visit_occurrence": _table(
            visit_occurrence_id=[5, 6, 7],
            person_id=[1, 1, 2],
            visit_start_date=["2020-01-01", "2020-02-01", "2020-03-01"],
            preceding_visit_occurrence_id=[None, 5, None],
        ),
        "death": _table(person_id=[1], death_date=["2021-01-01"]),
        "concept": _table(concept_id=[8507, 8532], concept_name=["MALE", "FEMALE"], vocabulary_id=["Gender"] * 2),
        "care_site": _table(care_site_id=[], care_site_name=[]),
    }
    if upper:
        return {f"cdm.{name.upper()}": frame.rename(columns=str.upper) for name, frame in tables.items()}
    return tables


@pytest.mark.parametrize("upper", [False, True], ids=["small", "in a schema and capitals"])
def test_keys_are_those_of_the_model(upper):
    database = Database(_tables(upper))
    found = {
        f"{name}.{key}".lower().replace("cdm.", ""): key.kind
        for name, keys in database.schema.tables.items()
        for key in keys.foreign_keys
    }
    assert found == {
        "person.gender_concept_id -> concept.concept_id": "dimension",
        "person.care_site_id -> care_site.care_site_id": "reference",
        "visit_occurrence.person_id -> person.person_id": "owner",
        "visit_occurrence.preceding_visit_occurrence_id -> visit_occurrence.visit_occurrence_id": "reference",
        "death.person_id -> person.person_id": "owner",
    }
    assert {key.found_by for keys in database.schema.tables.values() for key in keys.foreign_keys} == {"OMOP CDM"}
    assert database.unit.lower().endswith("person")
    assert database.schema.unit_found_by == "OMOP CDM"
    primary = {name.lower().removeprefix("cdm."): keys.primary_key for name, keys in database.schema.tables.items()}
    assert primary["death"] is None
    assert [name.lower() for name in primary["care_site"]] == ["care_site_id"]


def test_a_person_alone_is_not_the_model():
    tables = {name: frame for name, frame in _tables().items() if name in {"person", "concept"}}
    assert all(
        key.found_by != "OMOP CDM" for keys in Database(tables).schema.tables.values() for key in keys.foreign_keys
    )


def test_tables_beside_the_model_are_looked_at():
    tables = _tables() | {"trial": _table(person_id=[1, 2, 2], arm=["a", "b", "b"])}
    assert Database(tables).owner("trial").found_by.startswith("names and inclusion")
