"""Domains of the Study Data Tabulation Model: known by their columns, read from SAS transport files and written as such."""

from __future__ import annotations

import pandas as pd
import pytest

from synthgan import Database


def _domain(name, rows, **columns):
    return pd.DataFrame({"STUDYID": ["S1"] * rows, "DOMAIN": [name] * rows} | columns)


@pytest.fixture
def domains():
    return {
        "dm": _domain("DM", 3, USUBJID=["S1-1", "S1-2", "S1-3"], AGE=[50.0, 61.0, 47.0], SEX=["F", "M", "F"]),
        "ae": _domain(
            "AE", 3, USUBJID=["S1-1", "S1-1", "S1-3"], AESEQ=[1.0, 2.0, 1.0], AETERM=["Nausea", "Rash", "Nausea"],
            AESTDTC=["2020-01", "2020-02-03", "2020"],
        ),
        "vs": _domain(
            "VS", 4, USUBJID=["S1-1", "S1-1", "S1-2", "S1-2"], VSSEQ=[1.0, 2.0, 1.0, 2.0], VSTESTCD=["SYSBP", "DIABP"] * 2,
            VSSTRESN=[120.0, 80.0, 131.0, 77.0], VSDTC=["2020-01-01", "2020-01-01", "2020-01-02", "2020-01-02"],
        ),
        "suppae": pd.DataFrame(
            {"STUDYID": ["S1"], "RDOMAIN": ["AE"], "USUBJID": ["S1-1"], "IDVAR": ["AESEQ"], "QVAL": ["Y"]}
        ),
    }  # fmt: skip


def test_keys_are_those_of_the_model(domains):
    database = Database(domains)
    assert database.unit == "dm"
    assert {name: keys.primary_key for name, keys in database.schema.tables.items()} == {
        "dm": ("USUBJID",),
        "ae": ("USUBJID", "AESEQ"),
        "vs": ("USUBJID", "VSSEQ"),
        "suppae": None,
    }
    assert {name: keys.order for name, keys in database.schema.tables.items() if name in {"ae", "vs"}} == {
        "ae": "AESTDTC",
        "vs": "VSDTC",
    }
    owners = {str(database.owner(name)) for name in ("ae", "vs", "suppae")}
    assert owners == {"USUBJID -> dm.USUBJID"}
    assert database.owner("ae").found_by == "CDISC SDTM"
    assert database.schema.asked == ()


def test_a_number_that_repeats_is_no_key(domains):
    domains["ae"]["AESEQ"] = 1.0
    assert Database(domains).keys("ae").primary_key is None


def test_transport_files_are_read_and_written(domains, tmp_path):
    from synthgan.io.writers import write_table

    (tmp_path / "in").mkdir()
    for name, frame in domains.items():
        write_table(frame, tmp_path / "in" / f"{name}.xpt")
    database = Database.read(tmp_path / "in")
    assert database.unit == "dm"
    database.write(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ae.xpt", "dm.xpt", "suppae.xpt", "vs.xpt"]
    back = Database.read(tmp_path / "out")
    assert back.schema.tables == database.schema.tables
    assert back.tables["vs"]["VSSTRESN"].tolist() == [120.0, 80.0, 131.0, 77.0]
    assert back.tables["ae"]["AESTDTC"].tolist() == ["2020-01", "2020-02-03", "2020"]


def test_labels_of_columns_come_back(domains, tmp_path):
    import pyreadstat

    (tmp_path / "in").mkdir()
    labels = {"USUBJID": "Unique Subject Identifier", "AGE": "Age"}
    pyreadstat.write_xport(domains["dm"], str(tmp_path / "in/dm.xpt"), column_labels=labels)
    pyreadstat.write_xport(domains["ae"], str(tmp_path / "in/ae.xpt"))
    Database.read(tmp_path / "in").write(tmp_path / "out")
    said = pyreadstat.read_xport(str(tmp_path / "out/dm.xpt"))[1].column_names_to_labels
    assert labels.items() <= said.items()


def test_subjects_that_repeat_are_not_those_of_the_model(domains):
    domains["dm"] = pd.concat([domains["dm"]] * 2)
    keys = Database(domains).schema.tables.values()
    assert not any(key.found_by == "CDISC SDTM" for its in keys for key in its.foreign_keys)
