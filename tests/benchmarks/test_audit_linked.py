"""The audit of private fits of linked rows: correct code passes, and each planted fault turns a check red."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from benchmarks.attacks import audit_linked
from synthgan import Database
from synthgan.data.links import link
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.relational.bounded import curators, databases, sequences
from synthgan.relational.noisy import records, tables
from synthgan.relational.noisy.declared import roles_of


@pytest.mark.parametrize("check", audit_linked.FAST, ids=lambda check: check.__name__)
def test_correct_code_passes(check):
    """No false alarms but by chance of less than 1e-6."""
    found = check()
    assert found.holds, found.evidence


def everybody(units, most):
    """All rows of all units: the cap is forgotten."""
    return np.flatnonzero(units >= 0)


def as_of_one(records, ledger, rows_per_unit=1):
    """A curator that takes each row for a unit: noise is not scaled."""
    return Curator(records, ledger)


def with_another_ledger(records, ledger, rows_per_unit=1):
    """A curator with a ledger of its own, which nobody adds up."""
    return Curator(records, PrivacyLedger(ledger.delta, ledger.unit), rows_per_unit)


def chosen_by_others(units, most):
    """The first rows of the table, whosever they are: how many a unit has among them depends on others."""
    return np.arange(min(len(units), most * len(np.unique(units)))) if most else units


def looked_up(intake, planned):
    """The columns that are constant in all groups, looked up in the rows."""
    asked = records.GroupRecords(intake.table, intake.groups)
    names = [name for name in intake.schema.names if name != intake.order]
    return {name for name in names if not records.VaryingCells(name).of(asked).any()}


def found_in_rows(given, unit, schema=None):
    """Linked tables with the keys that are found in their rows."""
    database = Database(given.tables, unit="patients")
    return database, roles_of(database.schema)


def led_anywhere(keys, units, referred, theirs):
    """Whether a key leads to a row, whosever it is."""
    return link(keys, list(keys), referred, list(referred)) >= 0


LIMITED = audit_linked.units_with_many_rows_are_limited
FAULTS = {
    "the cap is forgotten": (mock.patch.object(curators, "limited", everybody), LIMITED),
    "sensitivity is not scaled": (mock.patch.object(curators, "Curator", as_of_one), LIMITED),
    "rows are chosen by others": (mock.patch.object(curators, "limited", chosen_by_others), LIMITED),
    "a second ledger": (
        mock.patch.object(curators, "Curator", with_another_ledger),
        audit_linked.linked_answers_are_charged,
    ),
    "a second ledger of linked tables": (
        mock.patch.object(curators, "Curator", with_another_ledger),
        audit_linked.linked_tables_are_charged,
    ),
    "sensitivity of linked tables is not scaled": (
        mock.patch.object(curators, "Curator", as_of_one),
        audit_linked.linked_tables_are_charged,
    ),
    "keys are found in rows": (
        mock.patch.object(databases, "read_declared", found_in_rows),
        audit_linked.databases_say_nothing,
    ),
    "keys are followed to rows of others": (
        mock.patch.object(tables, "_leads_home", led_anywhere),
        audit_linked.records_are_of_one_patient,
    ),
    "constant columns are looked up": (
        mock.patch.object(sequences, "constant_columns", looked_up),
        audit_linked.groups_say_nothing,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_caught(name):
    fault, check = FAULTS[name]
    with fault:
        found = check()
    assert not found.holds, found.evidence
