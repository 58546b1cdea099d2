"""Attacks on private fits of linked rows: whoever has many rows counts as one, in one ledger, and names no key."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd

from benchmarks.attacks import charging
from benchmarks.attacks.audit_readers import EPSILON, told
from benchmarks.attacks.bounds import Finding
from benchmarks.attacks.charging import charged_as_drawn
from synthgan import Database, DatabaseSynthesizer, Synthesizer
from synthgan.config import PrivacyConfig
from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.privacy.curator import Curator
from synthgan.privacy.queries import CellQuery
from synthgan.relational.bounded import sequences
from synthgan.relational.bounded.curators import curator_of_steps
from synthgan.relational.noisy.declared import read_declared
from synthgan.relational.noisy.steps import Steps
from synthgan.relational.noisy.tables import place, shape_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Everyone(CellQuery):
    """All records are in one cell."""

    size = 1

    def of(self, records: Any) -> np.ndarray:
        """The one cell of each."""
        return np.zeros(len(records), dtype=np.int64)


PATIENTS, MOST, MANY = 60, 3, 50
QUICK = {"FIRST_STEPS": 10, "ROUND_STEPS": 2, "LAST_STEPS": 2}


def visits(patients: int = PATIENTS, many: int = 0) -> pd.DataFrame:
    """Visits of patients; where there are many more, they are of one patient, who is unlike all others."""
    patient = np.repeat(np.arange(patients), 1 + np.arange(patients) % 3)
    rng = np.random.default_rng(0)
    rows = {
        "patient": patient,
        "day": rng.integers(0, 300, len(patient)),
        "sex": np.array(["F", "M"])[patient % 2],
        "ward": rng.choice(["A", "B"], len(patient)),
    }
    strange = {
        "patient": patients,
        "day": 300 + np.arange(many),
        "sex": np.array(["F", "X"])[np.arange(many) % 2],
        "ward": "HIV clinic",
    }
    return pd.concat([pd.DataFrame(rows), pd.DataFrame(strange)], ignore_index=True)


def steps_of(frame: pd.DataFrame) -> Curator:
    """Who owns the steps of all visits, of which three of a patient take part."""
    privacy = PrivacyConfig(epsilon=4.0, unit="patient", max_rows_per_unit=MOST)
    intake = sequences.take_in(sequences.SequenceSource(frame, "patient", "day", None, (), ()), privacy, None)
    steps = Steps((), tuple(intake.schema), "day", intake.schema.container)
    units = sequences.units_of(intake, steps)
    return curator_of_steps(steps, intake.table, intake.groups, units, intake.groups.owner, intake.ledger, MOST)


def units_with_many_rows_are_limited() -> Finding:
    """(c) A patient of 50 visits moves a count of steps by no more than the ledger says. False alarms: none."""
    asked = [steps_of(visits(many=many)) for many in (0, MANY)]
    moved = len(asked[1]._records) - len(asked[0]._records)  # noqa: SLF001 (what no fit may look at)
    asked[1].count(Everyone(), noise=1.0, stage="", purpose="")
    charged = asked[1].ledger.charges[-1].sensitivity
    return Finding("who has many rows is limited", 0 < moved <= charged, f"moves {moved} rows, charged {charged:g}")


def linked_answers_are_charged() -> Finding:
    """(a) Of a fit of groups, each draw has a charge of its size and order in the one ledger, which keeps to epsilon."""
    return charged_as_drawn(
        "every answer on linked rows is charged", lambda: quick_fit(visits(), epsilon=charging.EPSILON)
    )


def quick_fit(frame: pd.DataFrame, **options: Any) -> Synthesizer:
    """A whole private fit of groups with few steps: what is asked of the rows is the same."""
    with mock.patch.multiple("synthgan.tabular.private.rounds", **QUICK):
        return Synthesizer(max_rows_per_unit=MOST, seed=0, **options).fit(frame, group="patient", order="day")


def groups_say_nothing() -> Finding:
    """(g) Visits, and 50 more of a patient of whom nobody heard: equal answers make equal files, messages and samples."""

    def run(frame: pd.DataFrame, folder: Path) -> list[str]:
        model = Synthesizer(epsilon=EPSILON, i_know=True, max_rows_per_unit=MOST, seed=0)
        said = [str(step) for step in model.fit_steps(frame, group="patient", order="day")]
        model.save(folder / "m.synthgan")
        return [*said, model.sample(20).to_csv()]

    return told("who has many rows says nothing", run, visits(), visits(many=MANY), ends_well=True)


KEYS = DatabaseSchema(
    {
        "patients": TableKeys(("patient",)),
        "visits": TableKeys(
            ("visit_id",),
            foreign_keys=(
                ForeignKey(("patient",), "patients", ("patient",)),
                ForeignKey(("before",), "visits", ("visit_id",)),
            ),
            order="day",
        ),
    },
    unit="patients",
)


def linked_visits(many: int = 0) -> dict[str, pd.DataFrame]:
    """The same as two tables; who has many visits has one number for all of them, and a visit in three of others names it."""
    rows = visits(many=many)
    patients = rows.drop_duplicates("patient")[["patient", "sex"]].reset_index(drop=True)
    number = np.where(rows["patient"] == PATIENTS, -1, np.arange(len(rows)))
    before = np.where(np.arange(len(rows)) % 3 == 0, -1, number)
    return {"patients": patients, "visits": rows.drop(columns="sex").assign(visit_id=number, before=before)}


def records_are_of_one_patient() -> Finding:
    """(c) The patient of 50 visits, whose number others name, changes no record of theirs. False alarms: none."""
    seen = []
    for many in (0, MANY):
        database, roles = read_declared(Database(linked_visits(many=many), schema=KEYS), None)
        shapes = {name: shape_of(name, database.tables[name], roles, None, []) for name in KEYS.tables}
        placed = place(roles, database.tables, shapes)
        seen.append({name: one.table.frame()[one.units < PATIENTS] for name, one in placed.items()})
    moved = [name for name in KEYS.tables if not seen[0][name].equals(seen[1][name])]
    return Finding("records are of one patient", not moved, f"{', '.join(moved) or 'nothing'} differs")


def databases_say_nothing() -> Finding:
    """(g) Two linked tables, and one more patient with 50 visits of one number: not even which keys there are is told."""

    def run(tables: dict[str, pd.DataFrame], folder: Path) -> list[str]:
        model = DatabaseSynthesizer(epsilon=EPSILON, i_know=True, max_rows_per_unit=MOST, seed=0)
        said = [str(step) for step in model.fit_steps(Database(tables, schema=KEYS))]
        model.save(folder / "m.synthgan")
        return [*said, *(frame.to_csv() for frame in model.sample(20).values())]

    sides = linked_visits(), linked_visits(many=MANY)
    return told("keys and rows of linked tables say nothing", run, *sides, ends_well=True)


def linked_tables_are_charged() -> Finding:
    """(a) Of a fit of linked tables, each draw has a charge in the one ledger, at no less than a patient moves it by."""
    asked: list[tuple[int, int]] = []
    real = Curator.count

    def watched(curator: Curator, *words: Any, **named: Any) -> np.ndarray:
        answer = real(curator, *words, **named)
        asked.append((id(curator.ledger), len(curator.ledger.charges)))
        return answer

    with contextlib.ExitStack() as patches:
        for name, steps in QUICK.items():
            patches.enter_context(mock.patch(f"synthgan.tabular.private.rounds.{name}", steps))
        patches.enter_context(mock.patch.object(Curator, "count", watched))
        model = DatabaseSynthesizer(epsilon=4.0, max_rows_per_unit=MOST, seed=0)
        ledger = model.fit(Database(linked_visits(), schema=KEYS)).manifest()["privacy"]
    counts = [charge for charge in ledger["charges"] if charge["mechanism"] == "gaussian"]
    finds = sum(charge["delta"] > 0 for charge in counts)
    scaled = {charge["sensitivity"] for charge in counts if charge["stage"] == "states"} == {MOST}
    holds = (
        len({own for own, _ in asked}) == 1
        and len(asked) + finds == len(counts)
        and ledger["epsilon"] <= 4.0
        and scaled
    )
    words = f"{len(asked) + finds} answers, {len(counts)} charges, epsilon {ledger['epsilon']:.4f}"
    return Finding("every answer on linked tables is charged", holds, words)


FAST = (
    units_with_many_rows_are_limited,
    linked_answers_are_charged,
    linked_tables_are_charged,
    groups_say_nothing,
    databases_say_nothing,
    records_are_of_one_patient,
)
