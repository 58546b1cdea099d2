"""`synthgan evaluate` on linked tables and on histories: what is printed, for people and for machines."""

from __future__ import annotations

import json

import pytest
from helpers.hospital import hospital
from helpers.stays import stays

from synthgan import Database, DatabaseSynthesizer, Report, Synthesizer
from synthgan.audit import deep


@pytest.fixture
def hospitals(folder):
    for seed, name in enumerate(("real.sqlite", "made", "unseen.sqlite")):
        Database(hospital(40, seed), unit="patients").write(folder / name)
    return "real.sqlite", "made"


def test_linked_tables_of_few_people_are_judged_by_their_structure(run, hospitals):
    done = run("evaluate", *hospitals, "--holdout", "unseen.sqlite", "--unit", "patients")
    assert done.out.splitlines()[0].startswith("LOOK  No alarm that forbids a release."), done.out
    assert done.code == 0, done.err
    assert "foreign_key_violations" in done.out
    assert "c2st_units" not in done.out
    assert done.err.count("fidelity is not judged: it needs 200 people") == 1
    assert "not computed: fidelity" not in done.err


def test_machines_get_tables_keys_and_rules_beside_the_scores(run, hospitals):
    done = run("evaluate", *hospitals, "--json")
    assert done.code == 0, done.err
    printed = json.loads(done.out)
    assert printed["version"] == 1
    found = printed["linked"]
    assert (found["unit"], found["judged_against"], found["fidelity_judged"]) == ("patients", "real", False)
    assert {one["name"] for one in found["tables"]} >= {"patients", "labs"}
    assert {"table", "columns", "to", "lost", "cardinality", "kind"} == set(found["keys"][0])
    assert any(one["rule"] == "admitted ≤ discharged" for one in found["rules"])
    assert {one["name"]: one["value"] for one in printed["scores"]}["c2st_trajectory"] is None


def test_a_page_and_its_figures_are_written(run, hospitals, folder):
    done = run("evaluate", *hospitals, "--report", "page.html")
    assert done.code == 0, done.err
    assert "Wrote page.html" in done.err
    page = (folder / "page.html").read_text("utf-8")
    assert "How the tables hang together" in page
    assert "fidelity is not judged" in page
    found = json.loads((folder / "page.json").read_text("utf-8"))["linked"]
    assert found == json.loads(run("evaluate", *hospitals, "--json").out)["linked"]


def test_histories_are_judged_by_group(run, folder):
    for seed, name in enumerate(("real.csv", "made.parquet", "unseen.csv")):
        frame = stays(210, seed)
        frame.to_csv(folder / name, index=False) if name.endswith("csv") else frame.to_parquet(folder / name)
    words = ("--holdout", "unseen.csv", "--group", "patient_id", "--order", "charttime")
    done = run("evaluate", "real.csv", "made.parquet", *words, "--all")
    assert done.code == 0, done.err
    assert "c2st_trajectory" in done.out
    assert "utility_synthetic" in done.out
    assert done.out.splitlines()[-1].startswith("events")


def test_people_are_audited(run, folder, hospitals, monkeypatch):
    asked = []

    def steps(real, synthesizer, **given):
        asked.append((real, synthesizer, given))
        return Report(())
        yield

    monkeypatch.setattr(deep, "audit_steps", steps)
    stays(210, 0).to_parquet(folder / "stays.parquet")
    words = ("--audit", "deep", "--refits", "4", "--workers", "3")
    done = run("evaluate", "stays.parquet", "stays.parquet", "--group", "patient_id", "--order", "charttime", *words)
    assert done.code == 0, done.err
    assert "the deep audit fits 4 times" in done.err
    done = run("evaluate", *hospitals, "--unit", "patients", *words)
    assert done.code == 0, done.err
    (_, grouped, of_groups), (database, linked, of_tables) = asked
    assert (type(grouped), of_groups["group"], of_groups["order"]) == (Synthesizer, "patient_id", "charttime")
    assert (type(linked), database.unit) == (DatabaseSynthesizer, "patients")
    assert of_groups["refits"] == of_tables["refits"] == 4
    assert of_groups["executor"].workers == of_tables["executor"].workers == 3


def test_measures_go_to_the_workers_that_are_asked_for(run, hospitals, monkeypatch):
    given = []

    def evaluate(*_, executor=None, **__):
        given.append(executor)
        return Report(())

    monkeypatch.setattr("synthgan.evaluate", evaluate)
    for words in ((), ("--workers", "3")):
        assert run("evaluate", *hospitals, "--unit", "patients", *words).code == 0
    assert given[0] is None
    assert given[1].workers == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--model", "unseen.sqlite"),
            "--model must come with --holdout, --report or --audit deep, however: it stands alone",
        ),
        (("--audit", "quick"), "--audit must be deep, however: quick"),
        (("--internal",), "--internal must come with --report"),
        (("--report", "real.sqlite"), "the output must not be an input"),
        (("--report", "page.json"), "must not be named .json"),
        (("--survival", "a,b"), "--survival must be for one table, however: linked tables were given"),
        (("--order", "taken"), "--order must be for one table, however: linked tables were given"),
        (("--unit", "people"), "found no 'people'"),
        (("--holdout", "nowhere.sqlite"), "nowhere.sqlite: must be a file, however: there is none"),
        (("--target", "labs.none"), "'labs.none' is no such column"),
    ],
)
def test_what_linked_tables_do_not_know_is_refused_in_one_line(run, hospitals, words, told):
    done = run("evaluate", *hospitals, *words)
    assert done.code in {2, 3}
    assert told in done.lines[-1]
    assert "Traceback" not in done.err


def test_an_order_without_groups_is_refused(run, table):
    done = run("evaluate", table, table, "--order", "age")
    assert done.code == 2
    assert "--order must come with --group" in done.err


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["plain", "with a traceback"])
def test_no_secret_of_a_url_is_told(run, hospitals, debug):
    url = "postgresql://ann:s3cret@localhost:1/hospital?token=qwerty"
    for words in ((url, hospitals[1]), (hospitals[0], url), (*hospitals, "--holdout", url)):
        done = run("evaluate", *words, *debug)
        assert done.code == 3
        assert "postgresql://localhost:1/hospital" in done.err
        assert not any(secret in done.out + done.err for secret in ("ann:", "s3cret", "qwerty"))
