"""`synthgan card`: what a model file says of itself, as Markdown."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from synthgan.io.writers import write_table
from synthgan.report.croissant import croissant_of

PRIVATE = Path(__file__).parents[1] / "tabular" / "format1" / "private.synthgan"


def test_a_card_names_columns_privacy_and_origin(run, model):
    done = run("card", model)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("---\nlibrary_name: synthgan\ntags:\n- synthetic-data\n- tabular\n---\n")
    for words in ("# people", "| age | integer |", "Nothing is proved", "**The file is confidential**", "SHA-256 `"):
        assert words in done.out
    assert done.out == run("card", model).out
    assert "may be released" not in done.out


def test_a_card_of_a_private_model_has_its_promise(run, folder):
    shutil.copy(PRIVATE, folder / "p.synthgan")
    done = run("card", "p.synthgan", "-o", "README.md")
    assert done.code == 0, done.err
    text = (folder / "README.md").read_text("utf-8")
    assert "- differential-privacy" in text
    assert "The fit is differentially private: ε = " in text
    assert run("card", "p.synthgan", "-o", "README.md").code == 2  # nothing is overwritten


def test_names_of_columns_are_no_markdown():
    from synthgan.report.card import _text

    assert _text("a|b <script>") == "a\\|b \\<script\\>"


def test_an_index_is_a_column_of_what_is_described(tmp_path):
    made = pd.DataFrame({"x": [1, 2]}, index=pd.Index([5, 6], name="site"))
    write_table(made, tmp_path / "made.parquet", origin={"synthetic": True})
    fields = json.loads(croissant_of(tmp_path / "made.parquet"))["recordSet"][0]["field"]
    assert [field["name"] for field in fields] == ["site", "x"]


@pytest.mark.parametrize("name", ["made.parquet", "made.csv"])
def test_a_file_of_samples_is_described_in_croissant(run, model, folder, name):
    assert run("sample", model, "-n", 20, "-o", name, "--seed", 1).code == 0
    done = run("card", name, "--format", "croissant", "-o", "croissant.json")
    assert done.code == 0, done.err
    said = json.loads((folder / "croissant.json").read_text("utf-8"))
    assert said["@type"] == "sc:Dataset"
    assert said["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert {"name", "description", "distribution", "recordSet"} <= set(said)
    (file,) = said["distribution"]
    assert file["@id"] == file["contentUrl"] == name
    assert file["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    fields = {field["source"]["extract"]["column"]: field["dataType"] for field in said["recordSet"][0]["field"]}
    assert fields["age"] == "sc:Integer"
    assert fields["pressure"] == "sc:Float"
    assert {field["source"]["fileObject"]["@id"] for field in said["recordSet"][0]["field"]} == {name}
    assert "Nothing is proved" in said["description"]
    assert run("card", name, "--format", "croissant").out == run("card", name, "--format", "croissant").out


def test_a_folder_of_parts_is_described_part_by_part(run, model, folder):
    assert run("sample", model, "-n", 20, "-o", "made/", "--seed", 1).code == 0
    shutil.copy(folder / "made" / "part-00000.parquet", folder / "made" / "part-00001.parquet")
    done = run("card", "made/", "--format", "croissant")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    *parts, together = said["distribution"]
    assert [part["contentUrl"] for part in parts] == ["made/part-00000.parquet", "made/part-00001.parquet"]
    for part in parts:
        assert part["sha256"] == hashlib.sha256((folder / part["contentUrl"]).read_bytes()).hexdigest()
    assert (together["@type"], together["includes"]) == ("cr:FileSet", "made/*.parquet")
    assert {field["source"]["fileSet"]["@id"] for field in said["recordSet"][0]["field"]} == {together["@id"]}
    assert said["description"].startswith("Synthetic rows: 40, drawn by synthgan")
    (folder / "made" / "part-00002.csv").write_text("age\n1\n")
    refused = run("card", "made/", "--format", "croissant")
    assert refused.code == 3
    assert "must hold parts of one table in Parquet, however: part-00002.csv is none" in refused.err


@pytest.mark.parametrize("name", ["made.csv", "made/"])
def test_mlcroissant_finds_no_fault(run, model, folder, name):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant (Apache-2.0) is no requirement of ours")
    assert run("sample", model, "-n", 20, "-o", name, "--seed", 1).code == 0
    assert run("card", name, "--format", "croissant", "-o", "croissant.json").code == 0
    described = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert described.metadata.ctx.issues.errors == set()
    assert len(list(described.records(record_set="rows"))) == 20


def test_real_rows_get_no_card_of_synthetic_ones(run, table):
    done = run("card", table, "--format", "croissant")
    assert done.code == 3
    assert "must say that its rows are synthetic, however: it does not" in done.err
    assert run("card", table, "--format", "html").code == 2
