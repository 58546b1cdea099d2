"""The model file: written whole or not at all, refused if a single byte changed, unable to run code."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthgan.errors import ModelFileError
from synthgan.io import modelfile

TENSORS = {
    "a": np.arange(12, dtype=np.float32).reshape(3, 4),
    "b": np.array([True, False]),
    "c": np.array(7, dtype=np.int64),
}
MANIFEST = {"kind": "table", "text": 'quotes " and \\ and ü', "versions": {"synthgan": "9.9"}}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "m.synthgan"
    modelfile.write(path, MANIFEST, TENSORS)
    return path.read_bytes()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    modelfile.write(tmp_path / "m", MANIFEST, TENSORS)
    manifest, tensors = modelfile.read(tmp_path / "m")
    assert {key: manifest[key] for key in MANIFEST} == MANIFEST
    assert manifest["tensors_sha256"] == modelfile.tensors_sha256(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(tensors[name], tensor)
        assert tensors[name].dtype == tensor.dtype


def test_the_same_content_gives_the_same_bytes(tmp_path: Path, content: bytes) -> None:
    modelfile.write(tmp_path / "again", dict(reversed(MANIFEST.items())), dict(reversed(TENSORS.items())))
    assert (tmp_path / "again").read_bytes() == content


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_byte_is_refused(tmp_path: Path, content: bytes, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(content) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[index]))
    path = tmp_path / "changed"
    path.write_bytes(content[:index] + bytes([value]) + content[index + 1 :])
    with pytest.raises(ModelFileError):
        modelfile.read(path)


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_shortened_file_is_refused(tmp_path: Path, content: bytes, length: int) -> None:
    (tmp_path / "short").write_bytes(content[: length % len(content)])
    with pytest.raises(ModelFileError):
        modelfile.read(tmp_path / "short")


def test_a_header_of_any_length_is_no_pickle(tmp_path: Path) -> None:
    """A file starts with the length of its header, whose bytes may look like the start of anything."""
    starts = set()
    for length in range(0, 2_400, 8):
        modelfile.write(tmp_path / "m", {"kind": "x" * length}, TENSORS)
        starts.add((tmp_path / "m").read_bytes()[0])
        modelfile.read(tmp_path / "m")
    assert 0x80 in starts


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.target,))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_in_disguise_is_refused_and_not_run(tmp_path: Path, protocol: int) -> None:
    target, path = tmp_path / "boom", tmp_path / "m.synthgan"
    path.write_bytes(pickle.dumps(Bomb(target), protocol=protocol))
    with pytest.raises(ModelFileError):
        modelfile.read(path)
    torch.save({"x": Bomb(target)}, path)
    assert zipfile.is_zipfile(path)
    with pytest.raises(ModelFileError, match="pickle"):
        modelfile.read(path)
    assert not target.exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such model file"),
        (lambda path: path.mkdir(), "folder"),
        (lambda path: path.write_bytes(b""), "cut short"),
        (lambda path: path.write_bytes(b"\xff" * 100), "cut short"),
        (lambda path: path.write_text("col_a,col_b\n1,2\n" * 10), "cut short"),
        (lambda path: path.write_bytes((2).to_bytes(8, "little") + b"{}"), "no synthgan manifest"),
    ],
)
def test_other_things_are_refused_in_one_line(tmp_path: Path, make: object, words: str) -> None:
    path = tmp_path / "m.synthgan"
    make(path)  # type: ignore[operator]
    with pytest.raises(ModelFileError, match=words) as caught:
        modelfile.read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_newer_format_is_refused_with_the_version_that_wrote_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modelfile, "FORMAT_VERSION", 4)
    modelfile.write(tmp_path / "m", MANIFEST, TENSORS)
    monkeypatch.undo()
    with pytest.raises(ModelFileError, match=r"format 4; open it with .*9\.9"):
        modelfile.read(tmp_path / "m")


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m"
    modelfile.write(path, MANIFEST, TENSORS)
    before = path.read_bytes()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        modelfile.write(path, {"kind": "other"}, TENSORS)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["m"]


def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ModelFileError, match=r"must be a place to write, however: there is no folder .*; make it first"
    ):
        modelfile.write(tmp_path / "no" / "such" / "folder" / "m", MANIFEST, TENSORS)


def test_the_file_is_ordinary_safetensors(content: bytes) -> None:
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert json.loads(header["__metadata__"]["synthgan"])["format"] == modelfile.FORMAT_VERSION
