"""Model files of linked tables, attacked on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.small_walks import small_walks
from helpers.stays import stays

from synthgan import Database, DatabaseSynthesizer


@pytest.fixture
def sides(folder):
    """Folders of learned and of other patients with their rows, and a model of those learned."""
    frame = stays(300, longest=3)
    names, tables = np.sort(frame["patient_id"].unique()), {}
    for side, own in (("learned", names[:100]), ("unseen", names[100:])):
        some = frame[frame["patient_id"].isin(own)].reset_index(drop=True)
        patients = some.drop_duplicates("patient_id")[["patient_id", "sex"]].reset_index(drop=True)
        tables[side] = {"patients": patients, "rows": some.drop(columns="sex")}
        (folder / side).mkdir()
        for name, one in tables[side].items():
            one.to_parquet(folder / side / f"{name}.parquet")
    keys = {"primary_keys": {"patients": "patient_id"}, "order": {"rows": "charttime"}, "unit": "patients"}
    database = Database(tables["learned"], **keys).key("rows", "patient_id").references("patients", kind="owner")
    with small_walks():
        DatabaseSynthesizer(seed=0).fit(database).save(folder / "m.synthgan")
        yield folder


def test_a_file_of_linked_tables_is_attacked_by_unit(run, sides):
    told = run("inspect", "m.synthgan", "--attack", "learned", "--holdout", "unseen", "--json")
    assert told.code == 0, told.err
    attack = json.loads(told.out)["attack"]
    assert (attack["learned"], attack["others"], attack["what"]) == (100, 100, "people")
    assert 0 < attack["p_value"] <= 1
    alone = run("evaluate", "learned", "learned", "--unit", "patients", "--model", "m.synthgan")
    assert alone.code == 2
    assert "--model must come with --holdout, --report or --audit deep, however: it stands alone" in alone.err
    judged = run(
        *("evaluate", "learned", "learned", "--unit", "patients", "--holdout", "unseen"),
        "--model",
        "m.synthgan",
        "--json",
    )
    scores = {one["name"]: one for one in json.loads(judged.out)["scores"]}
    assert 0 <= scores["file_calibrated_tpr_at_1pct_fpr"]["value"] <= 1
