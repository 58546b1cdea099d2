"""Groups of rows learned under epsilon: what comes out, what is refused, and what a file keeps."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgan import Synthesizer
from synthgan.data.column import Column, Kind
from synthgan.data.groups import Groups
from synthgan.data.schema import Schema
from synthgan.errors import DataError, PrivacyError, SchemaError
from synthgan.relational.noisy.records import GroupRecords, VaryingCells, limited
from synthgan.relational.noisy.states import follows, put_together
from synthgan.relational.noisy.steps import Steps
from synthgan.relational.private import budget
from synthgan.relational.sequences import COUNT

STEPS, CLASSES = {"FIRST_STEPS": 150, "ROUND_STEPS": 10, "LAST_STEPS": 10}, 40


@pytest.fixture(autouse=True, scope="module")
def _quickly():
    private = "synthgan.tabular.private"
    with mock.patch.multiple(f"{private}.rounds", **STEPS), mock.patch(f"{private}.marginals.CLASSES", CLASSES):
        yield


def visits(patients=1_500):
    """Visits on rising days; sex is the patient's, and a ward is mostly that of the visit before."""
    rng = np.random.default_rng(0)
    count = rng.integers(1, 6, patients)
    groups = Groups(count)
    ward = rng.integers(0, 3, groups.rows)
    for row in np.flatnonzero((groups.position > 0) & (rng.random(groups.rows) < 0.9)):
        ward[row] = ward[row - 1]
    day = 100 + groups.totals(np.zeros(groups.rows))[groups.owner] + groups.position * 7
    sex = np.array(["F", "M"])[rng.integers(0, 2, patients)][groups.owner]
    return pd.DataFrame(
        {
            "patient": groups.owner,
            "day": day.astype(np.int64),
            "sex": sex,
            "ward": np.array(["A", "B", "C"])[ward],
            "pulse": (60 + 20 * ward + rng.normal(0, 3, groups.rows)).round().astype(np.int64),
        }
    )


@pytest.fixture(scope="module")
def private():
    return Synthesizer(epsilon=10, seed=0).fit(visits(), group="patient", order="day")


def test_groups_come_out_as_they_went_in(private):
    made, real = private.sample(1_500), visits()
    assert list(made.columns) == list(real.columns)
    assert made["patient"].nunique() == 1_500
    assert len(made[["patient", "sex"]].drop_duplicates()) == 1_500
    assert made.groupby("patient")["day"].is_monotonic_increasing.all()
    assert set(made["ward"]) == {"A", "B", "C"}
    assert made.groupby("patient").size().mean() == pytest.approx(real.groupby("patient").size().mean(), rel=0.1)


def test_what_stays_stays(private):
    made = private.sample(1_500)
    before = made.groupby("patient")["ward"].shift()
    assert (made["ward"] == before)[before.notna()].mean() > 0.8
    steps = made.groupby("patient")["day"].diff().dropna()
    assert (steps == 7).mean() > 0.8
    means = made.groupby("ward")["pulse"].mean()
    # 40 in the real table, 0 without a relation; each fit has other noise, and 24.6 was seen once.
    assert means["C"] - means["A"] > 15


def test_one_ledger_keeps_to_epsilon(private):
    manifest = private.manifest()
    ledger = manifest["privacy"]
    assert 9 < ledger["epsilon"] <= 10
    assert {charge["stage"] for charge in ledger["charges"]} == {"groups", "columns", "choices", "pairs", "states"}
    assert manifest["parents"]["privacy"] is None
    assert not manifest["confidential"]
    assert manifest["groups"] == pytest.approx(1_500, rel=0.1)


def test_conditions_speak_of_the_group(private):
    assert set(private.sample(30, where={"sex": "F"})["sex"]) == {"F"}
    assert len(private.sample(5, where={COUNT: 4})) == 20
    with pytest.raises(DataError, match="must name a column"):
        private.sample(5, where={"ward": "A"})


def test_a_file_draws_the_same(private, tmp_path):
    private.save(tmp_path / "m.synthgan")
    again = Synthesizer.load(tmp_path / "m.synthgan")
    pd.testing.assert_frame_equal(again.sample(40), private.sample(40))
    assert again.manifest() == private.manifest()


def test_a_file_of_other_parts_is_refused(private, tmp_path):
    from synthgan.io.modelfile import read, write

    private.save(tmp_path / "m.synthgan")
    manifest, tensors = read(tmp_path / "m.synthgan")
    tensors["walk/of_class"] = tensors["walk/of_class"] + 100
    write(tmp_path / "m.synthgan", manifest, tensors)
    with pytest.raises(Exception, match="must be a complete model"):
        Synthesizer.load(tmp_path / "m.synthgan")


@pytest.mark.parametrize("form", [pa.Table.from_pandas, lambda frame: frame.set_index("ward").reset_index()])
def test_dates_and_other_containers(form):
    frame = visits(300)
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame["day"], "D")
    made = Synthesizer(epsilon=100, i_know=True, seed=0).fit(form(frame), group="patient", order="day").sample(50)
    made = made.to_pandas() if isinstance(made, pa.Table) else made
    assert made["day"].between("2019-06-01", "2022-01-01").mean() > 0.9  # noise is drawn anew
    assert (made["day"].dt.normalize() == made["day"]).all()


def test_without_an_order_and_without_anything_constant():
    frame = visits(300).drop(columns=["day", "sex"])
    made = Synthesizer(epsilon=10, seed=0).fit(frame, group="patient").sample(20)
    assert list(made.columns) == list(frame.columns)


def test_bounds_and_levels_are_the_declared_ones():
    columns = (
        Column("patient", Kind.IDENTIFIER, "int64"),
        Column("day", Kind.INTEGER, "int64", minimum=100, maximum=140),
        Column("ward", Kind.CATEGORY, "object", levels=("A", "B")),
    )
    fit = Synthesizer(epsilon=10, seed=0).fit(
        visits(300), group="patient", order="day", schema=Schema("pandas", columns)
    )
    made = fit.sample(100)
    assert made["day"].between(100, 140).all()
    assert set(made["ward"].dropna()) <= {"A", "B"}
    assert not any("which levels 'ward'" in charge["purpose"] for charge in fit.manifest()["privacy"]["charges"])


@pytest.mark.parametrize(
    ("options", "named", "words"),
    [
        ({"unit": "ward"}, {}, "unit must be the group"),
        ({"mechanism": "dpsgd"}, {}, "mechanism must be 'marginals'"),
        ({"generator": "chains"}, {}, "generator must be 'network'"),
        ({"delta": 0.5}, {}, "delta must be below one in"),
    ],
)
def test_what_would_break_the_promise_is_refused(options, named, words):
    with pytest.raises(PrivacyError, match=words):
        Synthesizer(epsilon=3, **options).fit(visits(100), group="patient", **{"order": "day", **named})


def test_an_order_must_be_learned_as_a_number():
    with pytest.raises(SchemaError, match="order must be a column of numbers or moments"):
        Synthesizer(epsilon=3).fit(visits(100), group="patient", order="ward")


def test_at_most_so_many_rows_of_a_unit_take_part():
    units = np.repeat([0, 1, -1, 2], [50, 2, 5, 1])
    taken = limited(units, 3)
    assert np.bincount(units[taken], minlength=3).tolist() == [3, 2, 1]
    alone = limited(np.where(units == 0, 0, -1), 3)
    assert len(alone) == 3  # whoever else there is


def test_a_column_varies_in_groups_that_hold_two_values():
    from synthgan.data.table import Table

    table = Table.read(pd.DataFrame({"a": ["x", "x", "y", "z", None, None]}))
    found = VaryingCells("a").of(GroupRecords(table, Groups(np.array([2, 2, 2]))))
    assert found.tolist() == [0, 1, 0]


def test_a_step_sees_its_own_group_alone():
    from synthgan.data.table import Table

    frame = pd.DataFrame({"day": [3, 5, 9, 1], "ward": ["A", "A", "B", "B"]})
    table = Table.read(frame)
    groups = Groups(np.array([3, 1]))
    steps = Steps((), tuple(table.schema), "day", "pandas")
    above = Table.read(pd.DataFrame({"sex": ["F", "M"]}))
    flat = steps.flat(table, groups, above, np.arange(4)).frame()
    assert flat["(step) day"].tolist()[1:3] == [2, 4]
    assert flat["(step) day"].isna().tolist() == [True, False, False, True]
    assert flat["(same) ward"].tolist()[1:3] == [True, False]
    assert flat["(same) ward"].isna().tolist() == [True, False, False, True]


def test_changes_that_noise_hides_still_come_up():
    """Five of 200 groups change; noise hides them. About 23 of those drawn should; none by chance alone: below 1e-6."""
    from synthgan.data.table import Table
    from synthgan.privacy.ledger import PrivacyLedger
    from synthgan.relational.bounded.curators import curator_of_steps
    from synthgan.relational.private.learning import learn_steps
    from synthgan.runtime import Streams

    groups = Groups(np.full(200, 2))
    ill = np.where(groups.owner < 5, groups.position == 0, groups.owner % 2 == 0)
    column = Column("ill", Kind.BOOLEAN, "boolean", levels=(False, True))
    table = Table.coerce(pd.DataFrame({"ill": pd.array(ill, dtype="boolean")}), Schema("pandas", (column,)))
    above = Table.read(pd.DataFrame({"old": np.arange(200) % 2 == 0}))
    steps = Steps(tuple(above.schema), (column,), None, "pandas")
    planned = budget.plan(3, 1e-6, 0)
    curator = curator_of_steps(steps, table, groups, above, groups.owner, PrivacyLedger(1e-6, "one group"), 1)
    fit = learn_steps(steps, curator, planned.steps(steps, 1.0, 0), planned.states(1.0), Streams(0))

    def finished():
        found.append((yield from fit))

    found = []
    list(finished())
    drawn = found[0].draw(groups, above, Streams(1)).frame()["ill"].to_numpy(dtype=bool).reshape(-1, 2)
    assert (drawn[:, 0] != drawn[:, 1]).any()


def test_the_noise_of_all_tables_is_one_budget():
    from synthgan.privacy.charges import Charge
    from synthgan.privacy.composition import composed_epsilon

    planned = budget.plan(3.0, 1e-6, 17)
    whole = [Charge.of_counts("", "", rows=1, noise=planned.noise(planned.gaussian))]
    choices = Charge.of_choices("", "", moved=1, epsilon=2 * planned.scale * (budget.CHOICES / 17) ** 0.5, many=17)
    assert composed_epsilon([*whole, choices], 1e-6) <= 3.0


def test_states_follow_as_counted():
    lifts = follows(np.array([[900.0, 0.0], [0.0, 900.0], [450.0, 450.0]]), 1.0)
    assert lifts[0, 0] > 1.9
    assert lifts[0, 1] < 0.1
    assert lifts[2] == pytest.approx(1, abs=0.01)
    assert put_together(np.zeros(4), np.array([[1, 0], [0.99, 0.01], [0, 1], [0, 1]]), 2).tolist() in (
        [0, 0, 1, 1],
        [1, 1, 0, 0],
    )
    alike = np.tile([[0.5, 0.5]], (4, 1)) + np.arange(4)[:, None] * 1e-9
    assert put_together(np.zeros(4), alike, 2).tolist() == [0, 0, 0, 0]
