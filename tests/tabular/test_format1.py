"""Files of format 1, written before a generator had a name in its file, open, sample and resume as they did."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, DataError, ImageSynthesizer, ModelFileError, Network, Synthesizer
from synthgan.io import modelfile
from synthgan.io.format1 import upgraded

FILES = Path(__file__).parent / "format1"
TABLE = pd.read_csv(FILES / "table.csv")
GENERATORS = {"chains": Chains, "network": Network, "private": Network}
# How the models and the checkpoints were fitted, as they are asked for now.
FITTED = {
    "chains": Synthesizer(
        generator=Chains(chains=2, leaf_rows=200, rounds=1), max_modes=8, seed=3, device="cpu"
    ),
    "network": Synthesizer(
        generator=Network(
            classes=2, steps=4, check_every=2, generator_width=4, critic_width=4, noise_width=2, blocks=1, batch_rows=32,
            holdout_share=0.0,
        ),
        max_modes=6, seed=3, device="cpu",
    ),
}  # fmt: skip


def whole_numbers(synthesizer: Synthesizer) -> str:
    return str(synthesizer.sample(20).to_csv(index=False))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_model_opens_and_samples_the_same_rows(name: str) -> None:
    model = Synthesizer.load(FILES / f"{name}.synthgan", device="cpu")
    assert whole_numbers(model) == (FILES / f"{name}.csv").read_text()
    assert type(model.generator) is GENERATORS[name]
    assert (model.manifest()["privacy"] is not None) == (name == "private")
    assert model.manifest()["confidential"] == (name != "private")
    assert len(model.sample(30, where={"sex": "F"})) == 30


@pytest.mark.parametrize("name", GENERATORS)
def test_a_model_that_is_saved_again_is_of_the_present_format(name: str, tmp_path: Path) -> None:
    model = Synthesizer.load(FILES / f"{name}.synthgan", device="cpu")
    model.save(tmp_path / "m")
    assert modelfile.read(FILES / f"{name}.synthgan")[0]["format"] == 1
    assert modelfile.read(tmp_path / "m")[0]["format"] == modelfile.FORMAT_VERSION == 3
    again = Synthesizer.load(tmp_path / "m", device="cpu")
    assert whole_numbers(again) == whole_numbers(model)
    assert again.manifest() == model.manifest()


@pytest.mark.parametrize("name", FITTED)
def test_parameters_go_to_their_generator(name: str) -> None:
    loaded, fitted = Synthesizer.load(FILES / f"{name}.synthgan", device="cpu"), FITTED[name]
    assert loaded.get_params() | {"generator": None} == fitted.get_params() | {"generator": None}


@pytest.mark.parametrize("name", FITTED)
def test_a_checkpoint_opens_but_is_of_another_encoding(name: str, tmp_path: Path) -> None:
    shutil.copy(FILES / f"{name}.checkpoint", tmp_path / "c")
    assert len(Synthesizer.load(tmp_path / "c").sample(5)) == 5
    with pytest.raises(DataError, match="resuming must use the same data"):
        list(FITTED[name].fit_steps(TABLE, checkpoint=tmp_path / "c", resume=True))


@pytest.mark.parametrize("name", ["chains", "network", "private", "images"])
def test_an_early_file_says_whether_it_keeps_rows(name: str) -> None:
    assert modelfile.read(FILES / f"{name}.synthgan")[0]["confidential"] == (name != "private")


def test_images_open_with_the_model_of_their_rows() -> None:
    model = ImageSynthesizer.load(FILES / "images.synthgan", device="cpu")
    assert model.manifest()["confidential"] is True
    with np.load(FILES / "images.npz") as kept:
        drawn = model.sample(4)
        np.testing.assert_array_equal(drawn.columns["age"], kept["age"])
        assert np.abs(drawn.pixels.astype(int) - kept["pixels"].astype(int)).max() <= 1


def test_what_is_no_manifest_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelfile, "FORMAT_VERSION", 1)
    manifest, tensors = modelfile.read(FILES / "chains.synthgan")
    monkeypatch.undo()
    for lacking in ("encoding", "config", "schema", "kind"):
        damaged = {key: value for key, value in manifest.items() if key != lacking}
        assert upgraded(damaged, frozenset(tensors)) == damaged
        monkeypatch.setattr(modelfile, "FORMAT_VERSION", 1)
        modelfile.write(tmp_path / "m", damaged, tensors)
        monkeypatch.undo()
        with pytest.raises(ModelFileError, match="must be") as caught:
            Synthesizer.load(tmp_path / "m")
        assert "\n" not in str(caught.value)


def test_a_list_of_encoders_of_another_length_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelfile, "FORMAT_VERSION", 1)
    manifest, tensors = modelfile.read(FILES / "chains.synthgan")
    manifest["encoding"]["encoders"].pop()
    modelfile.write(tmp_path / "m", manifest, tensors)
    monkeypatch.undo()
    with pytest.raises(ModelFileError, match="a part is missing or does not fit"):
        Synthesizer.load(tmp_path / "m")
