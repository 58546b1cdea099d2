"""Tensors in fewer bytes: every one comes back as it was, and a file that lies about its size takes no memory."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from synthgan.errors import ModelFileError, ResourceError
from synthgan.io import modelfile
from synthgan.io.deflate import deflated, inflated
from synthgan.io.memory import memory_bound

ROWS = 20_000
RNG = np.random.default_rng(0)
TENSORS = {
    "codes": RNG.integers(0, 9, (ROWS, 2)).astype(np.uint16),
    "left": np.arange(ROWS, dtype=np.int32),
    "inner": np.arange(ROWS) % 3 > 0,
    "shares": np.round(RNG.random(ROWS), 1),
    "weights": RNG.normal(size=ROWS).astype(np.float32),
    "few": np.zeros(5),
    "none": np.zeros((0, 3), np.int64),
    "one": np.array(7),
}
SAID = {"dtype": "<i8", "shape": [1_000]}


def packed(content: bytes) -> dict[str, np.ndarray]:
    return {"t": np.frombuffer(content, np.uint8)}


def test_what_is_packed_comes_back() -> None:
    written, said = deflated(TENSORS)
    assert said.keys() == {"codes", "left", "inner", "shares"}  # what is small or random stays as it is
    assert sum(array.nbytes for array in written.values()) < 0.5 * sum(array.nbytes for array in TENSORS.values())
    again = inflated(written, said, Path("m"))
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(again[name], tensor)
        assert again[name].dtype == tensor.dtype
        again[name][...] = 0  # as every other tensor it can be written to


def test_a_model_file_is_smaller_and_hashes_what_it_means(tmp_path: Path) -> None:
    modelfile.write(tmp_path / "m", {"kind": "table"}, TENSORS)
    manifest, tensors = modelfile.read(tmp_path / "m")
    assert (tmp_path / "m").stat().st_size < 0.5 * sum(array.nbytes for array in TENSORS.values())
    assert manifest["tensors_sha256"] == modelfile.tensors_sha256(TENSORS) == modelfile.tensors_sha256(tensors)
    assert "packed" not in manifest


ZEROS = zlib.compress(bytes(8_000))
WRONG = {
    "no object": (packed(ZEROS), []),
    "of a tensor that is not there": ({}, {"t": SAID}),
    "of no bytes": ({"t": np.zeros(9)}, {"t": SAID}),
    "a type that is none": (packed(ZEROS), {"t": SAID | {"dtype": "|O"}}),
    "a shape below 0": (packed(ZEROS), {"t": SAID | {"shape": [-1]}}),
    "a shape that is none": (packed(ZEROS), {"t": SAID | {"shape": 1_000}}),
    "too many axes": (packed(ZEROS), {"t": SAID | {"shape": [1] * 99 + [1_000]}}),
    "no stream": (packed(bytes(9_000)), {"t": SAID}),
    "a stream cut short": (packed(ZEROS[:-4]), {"t": SAID}),
    "a stream that goes on": (packed(ZEROS + b"x"), {"t": SAID}),
    "fewer bytes": (packed(zlib.compress(bytes(7_999))), {"t": SAID}),
    "more bytes": (packed(zlib.compress(bytes(8_001))), {"t": SAID}),
    "more than any stream can hold": (packed(ZEROS), {"t": SAID | {"shape": [2**50, 2**50]}}),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_lie_is_refused(kind: str) -> None:
    tensors, said = WRONG[kind]
    with pytest.raises(ValueError, match=r"must|reshape|dimension"):
        inflated(tensors, said, Path("m"))


def test_what_does_not_fit_into_memory_is_refused_before_it_is_taken(tmp_path: Path) -> None:
    modelfile.write(tmp_path / "m", {"kind": "table"}, {"zeros": np.zeros(2_000_000)})
    with memory_bound(1_000_000), pytest.raises(ResourceError, match=r"reading it takes 16 MB"):
        modelfile.read(tmp_path / "m")


def test_a_forged_file_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lie = {"t": SAID | {"dtype": "|O"}}
    monkeypatch.setattr(modelfile, "deflated", lambda _: (packed(ZEROS), lie))
    modelfile.write(tmp_path / "m", {"kind": "table"}, {})
    with pytest.raises(ModelFileError, match="the file is damaged") as caught:
        modelfile.read(tmp_path / "m")
    assert "\n" not in str(caught.value)
