"""Says which parts of FHIR R4 resources are columns of which tables; both ways are read from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from synthgan.data.keys import ForeignKey, TableKeys

FOUND_BY: Final = "FHIR"
# What marks resources as made up, in the words of the standard.
SYNTHETIC: Final = {
    "tag": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST", "display": "test health data"}
    ]
}


@dataclass(frozen=True)
class Part:
    """A column, and where its value stands in a resource.

    Attributes:
        column: its name.
        path: steps from the resource down, parted by dots; ``name[0]`` is the first of a list.
        refers: the type of the resource that it refers to; "" for a value.
        instead: a path that is read where nothing stands at the first.
        is_time: whether it is a date or a moment.
    """

    column: str
    path: str
    refers: str = ""
    instead: str = ""
    is_time: bool = False


@dataclass(frozen=True)
class Resource:
    """A type of resource, and its table.

    Attributes:
        kind: the type.
        table: the name of the table.
        parts: its columns; each resource has an "id" beside.
        required: parts that a valid resource has, with what stands there where the table says nothing.
        below: a list of the resource whose entries are rows of a table of their own, by the list's name.
    """

    kind: str
    table: str
    parts: tuple[Part, ...]
    required: dict[str, object] = field(default_factory=dict, hash=False)
    below: tuple[str, str, tuple[Part, ...]] | None = None


def _coded(column: str, path: str, instead: str = "") -> tuple[Part, ...]:
    """The code, the system and the words of the first coding of a concept."""
    return tuple(
        Part(f"{column}{end}", f"{path}.coding[0].{step}", instead=f"{instead}.coding[0].{step}" if instead else "")
        for end, step in (("", "code"), ("_system", "system"), ("_display", "display"))
    )


def _amount(column: str, path: str) -> tuple[Part, ...]:
    return Part(f"{column}_number", f"{path}.value"), Part(f"{column}_unit", f"{path}.unit")


_PATIENT: Final = Part("patient_id", "subject.reference", refers="Patient")
_ENCOUNTER: Final = Part("encounter_id", "encounter.reference", refers="Encounter")
_VALUES: Final = (
    *_amount("value", "valueQuantity"),
    *_coded("value_code", "valueCodeableConcept"),
    Part("value_text", "valueString"),
    Part("value_boolean", "valueBoolean"),
    Part("value_integer", "valueInteger"),
)

# Names, addresses beyond the postal code, telephones and identifiers of people are not read: nothing is to be learned of them.
RESOURCES: Final = (
    Resource(
        "Patient",
        "patient",
        (
            Part("gender", "gender"),
            Part("birth_date", "birthDate", is_time=True),
            Part("deceased", "deceasedBoolean"),
            Part("deceased_at", "deceasedDateTime", is_time=True),
            *_coded("marital_status", "maritalStatus"),
            Part("city", "address[0].city"),
            Part("state", "address[0].state"),
            Part("postal_code", "address[0].postalCode"),
            Part("country", "address[0].country"),
        ),
    ),
    Resource(
        "Encounter",
        "encounter",
        (
            _PATIENT,
            Part("status", "status"),
            Part("class", "class.code"),
            Part("class_system", "class.system"),
            *_coded("type", "type[0]"),
            Part("start", "period.start", is_time=True),
            Part("end", "period.end", is_time=True),
            *_coded("reason", "reasonCode[0]"),
            *_coded("discharge", "hospitalization.dischargeDisposition"),
        ),
        {"status": "unknown"},
    ),
    Resource(
        "Condition",
        "condition",
        (
            _PATIENT,
            _ENCOUNTER,
            Part("clinical_status", "clinicalStatus.coding[0].code"),
            Part("clinical_status_system", "clinicalStatus.coding[0].system"),
            Part("verification_status", "verificationStatus.coding[0].code"),
            Part("verification_status_system", "verificationStatus.coding[0].system"),
            *_coded("category", "category[0]"),
            *_coded("code", "code"),
            Part("onset", "onsetDateTime", instead="onsetPeriod.start", is_time=True),
            Part("abatement", "abatementDateTime", instead="abatementPeriod.end", is_time=True),
            Part("recorded", "recordedDate", is_time=True),
        ),
    ),
    Resource(
        "Observation",
        "observation",
        (
            _PATIENT,
            _ENCOUNTER,
            Part("status", "status"),
            *_coded("category", "category[0]"),
            *_coded("code", "code"),
            Part("effective", "effectiveDateTime", instead="effectivePeriod.start", is_time=True),
            Part("issued", "issued", is_time=True),
            *_VALUES,
        ),
        {"status": "unknown"},
        ("component", "observation_component", (*_coded("code", "code"), *_VALUES)),
    ),
    Resource(
        "MedicationRequest",
        "medication_request",
        (
            _PATIENT,
            _ENCOUNTER,
            Part("status", "status"),
            Part("intent", "intent"),
            *_coded("medication", "medicationCodeableConcept"),
            Part("authored", "authoredOn", is_time=True),
            *_coded("reason", "reasonCode[0]"),
            *_amount("dose", "dosageInstruction[0].doseAndRate[0].doseQuantity"),
        ),
        {"status": "unknown", "intent": "order"},
    ),
)
BY_KIND: Final = {one.kind: one for one in RESOURCES}
TABLES: Final = {one.table: one for one in RESOURCES} | {one.below[1]: one for one in RESOURCES if one.below}


def keys_of_tables(columns: dict[str, list[str]]) -> dict[str, TableKeys]:
    """Gives the keys of tables with these columns."""
    found = {}
    for name, there in columns.items():
        resource = TABLES[name]
        is_below = resource.below is not None and resource.below[1] == name
        parent = Part(f"{resource.table}_id", "", refers=resource.kind)
        parts = (parent,) if is_below else resource.parts
        foreign = [
            ForeignKey(
                (part.column,), BY_KIND[part.refers].table, ("id",), "reference", nullable=True, found_by=FOUND_BY
            )
            for part in parts
            if part.refers and part.column in there and BY_KIND[part.refers].table in columns
        ]
        primary = (parent.column, "position") if is_below else ("id",)
        found[name] = TableKeys(primary, FOUND_BY, tuple(foreign))
    return found
