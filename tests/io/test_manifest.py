"""The manifest of every model is checked field by field before anything is made or shown of it."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from synthgan import ImageSynthesizer, ModelFileError, Synthesizer
from synthgan.io import modelfile
from synthgan.io.manifest import check_manifest, opening, read_model
from synthgan.io.reasons import MAX_TOLD, one_line, told
from synthgan_cli.__main__ import main

FILES = Path(__file__).parents[1] / "tabular" / "format1"
MODELS = {"table": Synthesizer, "image": ImageSynthesizer}
FORGED = [
    ("network", ("rows",), -1, "rows must be a whole number"),
    ("network", ("rows",), "many", "rows must be a whole number"),
    ("network", ("training",), [], "training must be an object"),
    ("network", ("training", "history"), [[1]], r"training/history\[0\] must be a list of 2"),
    ("network", ("versions",), {"numpy": 1}, "versions/numpy must be text"),
    ("network", ("config", "modes"), "sideways", "modes must be one of"),
    ("network", ("config", "strange"), 1, "config must be of parameters that are known"),
    ("network", ("seed",), -1, "seed must be a whole number"),
    ("network", ("strange",), 1, "without parts that nobody knows"),
    ("network", ("generator", "config", "generator_width"), 10**9, "must be a tensor of"),
    ("network", ("generator", "config", "blocks"), 10**9, "blocks must be in the file"),
    ("network", ("generator", "state", "moved"), "yes", "state/moved must be true or false"),
    ("network", ("encoding", "encoders", 0, "columns"), ["height"], "of columns that levels encode"),
    ("network", ("encoding", "encoders", 1, "step"), 1e-300, "step must be that of column"),
    ("network", ("schema", "columns", 1, "dtype"), "no type", "a part is missing or does not fit"),
    ("network", ("confidential",), "no", "confidential must be true or false"),
    ("chains", ("generator", "state", "chains"), 10**9, "state/chains must be a whole number from 1"),
    ("private", ("privacy", "charges", 0, "sigma"), "large", r"privacy/charges\[0\]/sigma must be a finite number"),
    ("private", ("privacy", "epsilon"), None, "privacy/epsilon must be a finite number"),
    ("images", ("images", "width"), 10**6, "images/width must be a whole number from 1 to 1024"),
    ("images", ("images", "levels"), ["a", "a"], "a list of different values"),
    ("images", ("images", "levels_dtype"), "<U99999", "levels must be <U99999"),
    ("images", ("images", "levels_dtype"), "O", "levels_dtype must be text"),
    ("images", ("images", "counts"), [1], "images/counts must be a list of"),
    ("images", ("images", "high"), 300, "low and high must be values of uint8"),
    ("images", ("config", "width"), 10**9, "must be a tensor of"),
    ("images", ("config", "noise_width"), 10**9, "must be a tensor of"),
]


@pytest.fixture(scope="module")
def opened():
    return {name: read_model(FILES / f"{name}.synthgan") for name in ("chains", "network", "private", "images")}


def forge(manifest, at, value):
    changed = copy.deepcopy(manifest)
    *way, last = at
    inner = changed
    for key in way:
        inner = inner[key]
    inner[last] = value
    return changed


@pytest.mark.parametrize(("name", "at", "value", "words"), FORGED)
def test_a_forged_field_is_refused_in_one_line(tmp_path, opened, capsys, name, at, value, words):
    manifest, tensors = opened[name]
    path = tmp_path / "forged.synthgan"
    modelfile.write(path, forge(manifest, at, value), tensors)
    with pytest.raises(ModelFileError, match=words) as caught:
        MODELS[manifest["kind"]].load(path, device="cpu")
    assert str(caught.value).isprintable()
    assert main(["inspect", str(path)]) in (0, 3)
    assert "unexpected" not in capsys.readouterr().err


def test_a_network_that_does_not_grow_has_one_stage(tmp_path, opened):
    manifest, tensors = opened["images"]
    modelfile.write(tmp_path / "m", manifest, tensors | {"generator/stage": tensors["generator/stage"] - 1})
    with pytest.raises(ModelFileError, match="stage must be one that the networks grow to"):
        ImageSynthesizer.load(tmp_path / "m", device="cpu")


@pytest.mark.parametrize("kind", [None, 1, [], "other", {"table": 1}])
def test_a_kind_that_nobody_knows_is_refused(kind):
    with pytest.raises(ModelFileError, match="must be a model of a table, of sequences, of a database or of images"):
        check_manifest("m", {"kind": kind})


def test_what_does_not_fit_is_told_in_one_short_line_that_a_terminal_shows():
    with pytest.raises(ModelFileError) as caught, opening("m"):
        raise RuntimeError("several\nlines \x1b[31m" + "of words " * 1_000)
    told = str(caught.value)
    assert told.isprintable()
    assert len(told) < MAX_TOLD + 200


def test_numbers_that_json_has_not_are_refused(tmp_path, opened, monkeypatch):
    manifest, tensors = opened["network"]
    real = json.dumps
    monkeypatch.setattr(json, "dumps", lambda *words, **options: real(*words, **(options | {"allow_nan": True})))
    modelfile.write(tmp_path / "m", manifest | {"rows": float("nan")}, tensors)
    with pytest.raises(ModelFileError, match="no synthgan manifest"):
        modelfile.read(tmp_path / "m")


def test_the_fingerprint_of_tensors_is_checked(tmp_path, opened, monkeypatch):
    manifest, tensors = opened["network"]
    monkeypatch.setattr(modelfile, "tensors_sha256", lambda _: "0" * 64)
    modelfile.write(tmp_path / "m", manifest, tensors)
    monkeypatch.undo()
    with pytest.raises(ModelFileError, match="SHA-256 of its tensors"):
        modelfile.read(tmp_path / "m")


@pytest.mark.parametrize("say", [one_line, told])
def test_what_a_library_says_of_a_damaged_file_commands_no_terminal(say):
    assert say(ValueError("don't know \x0f, \x1b[2J of ü\nand more")).startswith("don't know \\x0f, \\x1b[2J of ü")
    assert len(say(ValueError("\x00" * 1_000))) <= MAX_TOLD + 3
    assert say(ValueError("x")) == "x"
