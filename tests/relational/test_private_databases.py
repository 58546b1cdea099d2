"""Linked tables learned under epsilon: keys that hold, what is refused, one ledger, and what a file keeps."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pandas as pd
import pytest
from helpers.hospital import hospital

from benchmarks.attacks.fuzz_mutants import opened, seal
from synthgan import Database, DatabaseSynthesizer
from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.data.linkedrules import LinkedRule
from synthgan.data.links import link
from synthgan.data.schema import Schema
from synthgan.errors import ConfigError, ModelFileError, PrivacyError, SchemaError
from synthgan.relational.bounded.databases import DatabaseSource, lost_rules
from synthgan.relational.noisy.declared import read_declared, roles_of
from synthgan.relational.noisy.tables import place, shape_of

STEPS, CLASSES = {"FIRST_STEPS": 100, "ROUND_STEPS": 10, "LAST_STEPS": 10}, 30
KEYS = DatabaseSchema(
    {
        "patients": TableKeys(
            ("patient_id",), foreign_keys=(ForeignKey(("zone_id",), "zones", ("zone_id",), "dimension"),)
        ),
        "zones": TableKeys(("zone_id",)),
        "items": TableKeys(("item_id",)),
        "notes": TableKeys(foreign_keys=(ForeignKey(("patient_id",), "patients", ("patient_id",)),)),
        "admissions": TableKeys(
            ("admission_id",),
            foreign_keys=(
                ForeignKey(("patient_id",), "patients", ("patient_id",)),
                ForeignKey(("before_id",), "admissions", ("admission_id",)),
            ),
            order="admitted",
        ),
        "labs": TableKeys(
            ("admission_id", "line"),
            foreign_keys=(
                ForeignKey(("admission_id",), "admissions", ("admission_id",)),
                ForeignKey(("patient_id",), "patients", ("patient_id",)),
                ForeignKey(("item_id",), "items", ("item_id",), "dimension"),
            ),
            order="taken",
        ),
    },
    unit="patients",
)  # in an order that is none of names


def tables(patients=400):
    """A hospital whose tables all belong to patients, but for a public list of items; some keys name nobody."""
    made = hospital(patients)
    admissions = made["admissions"].drop(columns="doctor_id")
    admissions["before_id"] = admissions["admission_id"].where(admissions.index % 4 == 0).shift()
    notes = pd.DataFrame({"patient_id": made["patients"]["patient_id"].sample(200, replace=True, random_state=0)})
    notes = notes.reset_index(drop=True)
    notes.loc[:2, "patient_id"] = -7
    picked = {name: made[name] for name in ("patients", "items", "labs")}
    picked["patients"] = picked["patients"].assign(zone_id=picked["patients"]["patient_id"] % 2)
    zones = pd.DataFrame({"zone_id": [0, 1], "label": ["north", "south"]})
    return picked | {"admissions": admissions, "notes": notes, "zones": zones}


@pytest.fixture(autouse=True, scope="module")
def _quickly():
    private = "synthgan.tabular.private"
    with mock.patch.multiple(f"{private}.rounds", **STEPS), mock.patch(f"{private}.marginals.CLASSES", CLASSES):
        yield


@pytest.fixture(scope="module")
def private():
    return DatabaseSynthesizer(epsilon=20, seed=0).fit(Database(tables(), schema=KEYS))


def test_every_key_leads_to_a_row(private):
    made = private.sample(300)
    assert sorted(made) == sorted(KEYS.tables)
    assert len(made["patients"]) == 300
    for name, keys in KEYS.tables.items():
        assert list(made[name].columns) == list(tables(60)[name].columns)
        if keys.primary_key:
            assert not made[name].duplicated(list(keys.primary_key)).any()
        for key in keys.foreign_keys:
            found = link(made[name], key.columns, made[key.table], key.referenced)
            assert (found >= -1).all()
            if key.columns not in {("before_id",), ("item_id",)}:
                assert (found >= 0).all()
    own = made["labs"].merge(made["admissions"], on="admission_id", suffixes=("", " above"))
    assert (own["patient_id"] == own["patient_id above"]).all()
    before = (
        made["admissions"]
        .dropna(subset="before_id")
        .merge(made["admissions"], left_on="before_id", right_on="admission_id", suffixes=("", " before"))
    )
    assert len(before)
    assert (before["patient_id"] == before["patient_id before"]).all()


def test_counts_and_values_are_about_right(private):
    made, real = private.sample(400), tables()
    for name in ("admissions", "labs", "notes"):
        assert len(made[name]) == pytest.approx(len(real[name]), rel=0.35)
    assert made["labs"]["value"].median() == pytest.approx(real["labs"]["value"].median(), abs=3)
    pd.testing.assert_frame_equal(made["items"], real["items"])


def test_one_ledger_keeps_to_epsilon(private):
    manifest = private.manifest()
    ledger = manifest["privacy"]
    assert 18 < ledger["epsilon"] <= 20
    assert sum(charge["stage"] == "states" for charge in ledger["charges"]) == 3
    assert not manifest["confidential"]
    assert manifest["disclosures"] == [f"table {name} is kept as it is, as declared" for name in ("zones", "items")]
    assert all(part.get("table", {}).get("privacy") is None for part in manifest["parts"])


def test_a_file_draws_the_same(private, tmp_path):
    private.save(tmp_path / "m.synthgan")
    again = DatabaseSynthesizer.load(tmp_path / "m.synthgan")
    for name, frame in private.sample(30).items():
        pd.testing.assert_frame_equal(again.sample(30)[name], frame)
    assert again.manifest() == private.manifest()


def _another_column(manifest):
    manifest["parts"][1]["columns"].append("strange")


def _no_dtype(manifest):
    manifest["parts"][1]["dtypes"] = {}


def _another_order(manifest):
    manifest["parts"][1:4] = manifest["parts"][3:0:-1]


def _stray_key(manifest):
    manifest["linked"]["tables"]["patients"]["references"][0]["referenced"] = ["strange"]


def _no_keys(manifest):
    manifest["linked"] = {}


def _another_table(manifest):
    manifest["parts"][0]["name"] = "strange"


FORGED = {
    _another_column: "columns must be each learned, a key, or made anew",
    _no_dtype: "dtypes must be of all keys",
    _another_order: "parts must be behind those that they belong to",
    _stray_key: "keys must be to columns that are made",
    _no_keys: "must be a JSON object with an object of tables",
    _another_table: "parts must be of tables that have keys",
}


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__)
def test_forged_files_are_refused(private, tmp_path, forge):
    """Found by the fuzz campaign: such files ended in tracebacks, on drawing or on showing what they say."""
    path = tmp_path / "m.synthgan"
    private.save(path)
    manifest, tensors = opened(path.read_bytes())
    forge(manifest)
    path.write_bytes(seal(manifest, tensors))
    with pytest.raises(ModelFileError, match=FORGED[forge]):
        DatabaseSynthesizer.load(path)


def test_conditions_speak_of_the_unit(private):
    assert set(private.sample(30, where={"patients": {"sex": "F"}})["patients"]["sex"]) == {"F"}
    with pytest.raises(ConfigError, match="where must speak of the unit, 'patients'"):
        private.sample(5, where={"labs": {"value": 3}})


def test_found_keys_are_not_taken():
    database = Database(tables(60), unit="patients")
    assert database.keys("labs").owner is not None  # found in rows
    with pytest.raises(PrivacyError, match="must belong to 'patients' or be public under epsilon"):
        read_declared(database, None)


def test_a_schema_of_found_keys_is_refused():
    found = Database(tables(60), unit="patients").schema
    with pytest.raises(PrivacyError, match="one that was found in rows"):
        read_declared(Database(tables(60), schema=KEYS), "patients", found)


def test_who_owns_whom_depends_on_no_row():
    one, other = (read_declared(Database(made, schema=KEYS), None)[1] for made in (tables(60), tables(90)))
    assert one == other
    empty = {name: frame.head(0) for name, frame in tables(60).items()}
    assert read_declared(Database(empty, schema=KEYS), None)[1] == one
    assert one.above("labs") == ("admissions", "patients")


@pytest.mark.parametrize(
    ("unit", "error", "words"),
    [(None, SchemaError, "nobody said which it is"), ("labs", PrivacyError, "must belong to 'labs' or be public")],
)
def test_a_unit_must_be_declared(unit, error, words):
    schema = DatabaseSchema(KEYS.tables, unit=unit)
    with pytest.raises(error, match=words):
        roles_of(schema)


def test_tables_without_declared_keys_are_refused():
    with pytest.raises(PrivacyError, match="keys must be declared under epsilon"):
        DatabaseSynthesizer(epsilon=3).fit(tables(60), unit="patients")


def test_a_folder_of_csv_says_no_types(tmp_path):
    for name, frame in tables(60).items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    with pytest.raises(PrivacyError, match="types must be said by the source"):
        DatabaseSynthesizer(epsilon=3).fit(tmp_path, unit="patients")


def test_a_column_called_like_a_key_must_be_spoken_of():
    made = tables(60)
    made["patients"]["ward_id"] = np.arange(60)
    with pytest.raises(PrivacyError, match="table 'patients': column 'ward_id' must be named under epsilon"):
        DatabaseSynthesizer(epsilon=3).fit(Database(made, schema=KEYS))
    roles = read_declared(Database(made, schema=KEYS), None)[1]
    assert "ward_id" not in shape_of("patients", made["patients"], roles, None, ["ward_id"]).columns
    declared = Schema.infer(made["patients"].drop(columns="patient_id"))
    assert "ward_id" in {one.name for one in shape_of("patients", made["patients"], roles, declared, []).plain}


def test_rows_of_nobody_are_left_out_and_a_patient_takes_all_theirs_along():
    made = tables(60)
    database, roles = read_declared(Database(made, schema=KEYS), None)
    shapes = {name: shape_of(name, made[name], roles, None, []) for name in (roles.unit, *roles.below)}
    placed = place(roles, database.tables, shapes)
    assert len(placed["notes"].table) == len(made["notes"]) - 3
    without = {
        name: frame[frame["patient_id"] != 7] if "patient_id" in frame else frame for name, frame in made.items()
    }
    fewer = place(roles, without, shapes)
    for name in ("admissions", "labs", "notes"):
        there = made[name]["patient_id"] == 7
        assert len(placed[name].table) - len(fewer[name].table) == there.sum()
        assert len(np.unique(placed[name].units)) - len(np.unique(fewer[name].units)) == bool(there.any())


def records_of(made):
    """By table and patient, what a private fit takes in of rows, keys and counts among it."""
    database, roles = read_declared(Database(made, schema=KEYS), None)
    shapes = {name: shape_of(name, made[name], roles, None, []) for name in (roles.unit, *roles.below)}
    placed, found = place(roles, database.tables, shapes), {}
    numbers = placed["patients"].table
    names = made["patients"]["patient_id"].to_numpy()
    assert len(numbers) == len(names)
    for name, one in placed.items():
        said = one.table.frame().assign(size=one.groups.counts[one.groups.owner], place=one.groups.position)
        for unit, rows in said.groupby(one.units):
            found[name, names[unit]] = rows.to_csv(index=False)
    return found


def without(made, patient):
    """The tables without a patient and all rows that lead to the patient: by name, or by a row above."""
    gone = made["admissions"].loc[made["admissions"]["patient_id"] == patient, "admission_id"]
    kept = {
        name: frame[frame["patient_id"] != patient] if "patient_id" in frame else frame for name, frame in made.items()
    }
    kept["labs"] = kept["labs"][~kept["labs"]["admission_id"].isin(gone)]
    return {name: frame.reset_index(drop=True) for name, frame in kept.items()}


def test_what_is_learned_of_a_patient_depends_on_no_other():
    """Keys that name admissions of others, of nobody, and labs that are of two patients: one patient fewer changes no record of another."""
    made = tables(60)
    rng = np.random.default_rng(1)
    made["admissions"]["before_id"] = rng.choice(made["admissions"]["admission_id"], len(made["admissions"]))
    wrong = rng.choice(len(made["labs"]), 40, replace=False)
    made["labs"].loc[wrong, "patient_id"] = rng.choice(made["patients"]["patient_id"], 40)
    everything = records_of(made)
    assert "True" in "".join(everything.values())  # some keys lead to the patient's own
    for patient in (5, 7, 11, 30, 55):
        fewer = records_of(without(made, patient))
        assert fewer == {of: said for of, said in everything.items() if of[1] != patient}


def test_rows_that_are_of_two_patients_are_left_out():
    made = tables(60)
    made["labs"].loc[:1, "patient_id"] = [59, 60]
    kept = sum(said.count("\n") - 1 for (name, _), said in records_of(made).items() if name == "labs")
    assert kept == len(made["labs"]) - 2


def test_two_keys_to_one_table_above_are_refused():
    keys = (*KEYS.tables["notes"].foreign_keys, ForeignKey(("donor_id",), "patients", ("patient_id",)))
    schema = DatabaseSchema({**KEYS.tables, "notes": TableKeys(foreign_keys=keys)}, unit="patients")
    made = tables(60)
    made["notes"]["donor_id"] = 1
    with pytest.raises(PrivacyError, match="table 'notes' has two keys to it, 'patient_id' and 'donor_id'"):
        read_declared(Database(made, schema=schema), None)


def test_rules_and_a_unit_that_were_found_in_rows_stay_out_of_the_model():
    rules = (LinkedRule("labs", "taken", ">=", "admissions", "admitted", broken=0.003, found_by="search"),)
    schema = DatabaseSchema(KEYS.tables, "patients", rules=rules)
    database, roles = read_declared(Database(tables(60), schema=KEYS), None, schema)
    assert "rules" not in roles.schema.to_dict()
    said = lost_rules(DatabaseSource(database, None, schema))
    assert said == (
        "rules between tables are not kept under epsilon: 1 of the schema, such as labs.taken >= admissions.admitted, are left out"
    )
    assert lost_rules(DatabaseSource("a.duckdb", None)) is None
    with pytest.raises(SchemaError, match="nobody said which it is"):
        read_declared(database, None, DatabaseSchema(KEYS.tables, "patients", unit_found_by="the most rows below"))


def test_what_stands_alone_is_refused():
    with pytest.raises(ConfigError, match="schemas and drop must come with epsilon"):
        DatabaseSynthesizer().fit(Database(tables(60), schema=KEYS), drop=["labs.value"])
