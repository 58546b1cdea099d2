"""The benchmark of keys: its truth fits its tables' names, and what it counts."""

from __future__ import annotations

import pytest

from benchmarks.datasets.linked import truths
from benchmarks.runs.keys import foreign, primary
from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.data.linked import DatabaseSchema


@pytest.mark.parametrize("name", truths())
def test_true_foreign_keys_refer_to_true_primary_keys(name):
    truth = truths()[name]
    for key in truth.foreign | truth.empty:
        table, _, column = key.partition(" -> ")[2].partition(".")
        assert [column] in truth.primary[table], key


def test_true_keys_are_many():
    assert sum(len(truth.foreign) for truth in truths().values()) == 130


def test_what_is_found_is_counted():
    truth = truths()["f1_coded"]
    keys = (
        ForeignKey(("circuit_id",), "circuit", ("circuit_id",)),
        ForeignKey(("round",), "circuit", ("circuit_id",)),
    )
    nothing = {name: TableKeys() for name in truth.primary}
    schema = DatabaseSchema(nothing | {"race": TableKeys(("race_id",), foreign_keys=keys), "driver": TableKeys(("x",))})
    found = foreign(schema, truth)
    assert (found.right, found.wrong, len(found.missed)) == (1, ("race.round -> circuit.circuit_id",), 12)
    assert found.precision == 0.5
    assert found.recall == pytest.approx(1 / 13)
    rows = primary(schema, truth)
    assert (rows.right, rows.wrong, len(rows.missed)) == (1, ("driver: x",), 8)
