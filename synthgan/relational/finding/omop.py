"""Knows the tables of the OMOP Common Data Model by their names: their keys, and which are the standard vocabulary's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from synthgan.data.keys import ForeignKey, KeyKind, TableKeys
from synthgan.data.links import tells_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

FOUND_BY: Final = "OMOP CDM"
_PERSON: Final = "person"
_PERSON_COLUMNS: Final = frozenset({"person_id", "gender_concept_id", "year_of_birth"})
_LEAST_TABLES: Final = 3

# Tables whose primary key is called after them, as of versions 5.3 and 5.4.
_KEYED: Final = frozenset((
    "person", "observation_period", "visit_occurrence", "visit_detail", "condition_occurrence", "drug_exposure",
    "procedure_occurrence", "device_exposure", "measurement", "observation", "note", "note_nlp", "specimen", "location",
    "care_site", "provider", "payer_plan_period", "cost", "drug_era", "dose_era", "condition_era", "episode", "metadata",
    "concept", "vocabulary", "domain", "concept_class", "relationship", "cohort_definition",
))  # fmt: skip
_KEYLESS: Final = frozenset((
    "death", "fact_relationship", "episode_event", "cdm_source", "concept_relationship", "concept_synonym", "concept_ancestor",
    "source_to_concept_map", "drug_strength", "cohort",
))  # fmt: skip
VOCABULARY: Final = frozenset((
    "concept", "vocabulary", "domain", "concept_class", "relationship", "concept_relationship", "concept_synonym",
    "concept_ancestor", "drug_strength",
))  # fmt: skip

# Columns that refer to a table whose key has another name.
_NAMED: Final = {
    "preceding_visit_occurrence_id": "visit_occurrence",
    "preceding_visit_detail_id": "visit_detail",
    "parent_visit_detail_id": "visit_detail",
    "visit_detail_parent_id": "visit_detail",
    "episode_parent_id": "episode",
    "reverse_relationship_id": "relationship",
    "concept_id_1": "concept",
    "concept_id_2": "concept",
}


def is_omop(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether tables are those of the model: a person as it describes one, and two tables of its more."""
    names = {plain_name(name): name for name in tables}
    person = names.get(_PERSON)
    if person is None or len(set(names) & (_KEYED | _KEYLESS)) < _LEAST_TABLES:
        return False
    return {column.lower() for column in tables[person].columns} >= _PERSON_COLUMNS


def omop_keys(tables: Mapping[str, pd.DataFrame]) -> dict[str, TableKeys]:
    """Gives the keys of the tables of the model; other tables are not there.

    Keys that refer to the standard vocabulary are dimensions: its tables are public.
    """
    names = {plain_name(name): name for name in tables if plain_name(name) in _KEYED | _KEYLESS}
    return {name: _keys(plain, tables[name].columns, names, tables) for plain, name in names.items()}


def person_of(tables: Iterable[str]) -> str | None:
    """The table of the persons."""
    return next((name for name in tables if plain_name(name) == _PERSON), None)


def _keys(
    plain: str, columns: Iterable[str], names: Mapping[str, str], tables: Mapping[str, pd.DataFrame]
) -> TableKeys:
    mine = {column.lower(): column for column in columns}
    own = f"{plain}_id" if plain in _KEYED and f"{plain}_id" in mine else None
    foreign = []
    for lower, column in mine.items():
        target = _target(lower)
        if lower == own or target not in names:
            continue
        its = {one.lower(): one for one in tables[names[target]].columns}
        if f"{target}_id" in its:
            kind: KeyKind = "dimension" if target in VOCABULARY else "reference"
            referenced = (its[f"{target}_id"],)
            foreign.append(ForeignKey((column,), names[target], referenced, kind, nullable=True, found_by=FOUND_BY))
    primary = (mine[own],) if own and tells_apart(tables[names[plain]], (mine[own],)) else None
    return TableKeys(primary, FOUND_BY, tuple(foreign))


def _target(column: str) -> str:
    """The table that a column refers to, by its name; "" where it refers to none."""
    if column in _NAMED:
        return _NAMED[column]
    if column.endswith("_concept_id"):
        return "concept"
    return column.removesuffix("_id") if column.endswith("_id") and column.removesuffix("_id") in _KEYED else ""


def plain_name(name: str) -> str:
    """The name of a table without its schema, in small letters."""
    return name.rpartition(".")[2].lower()
