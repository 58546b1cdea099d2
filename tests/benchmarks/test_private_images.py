"""The benchmark of private images: its network, its models, and a whole run on tiny data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.made_images import make_images

from benchmarks.runs import private_images
from synthgan import ImageRecords

REAL = make_images(900)


def test_the_network_learns_what_there_is_and_is_tested_on_others():
    others = make_images(200, seed=1)
    assert private_images.network_utility(REAL, others, 0) == 1
    swapped = np.where(others.columns["label"] == "ill", "well", "ill")
    assert private_images.network_utility(REAL, ImageRecords(others.pixels, {"label": swapped}), 0) == 0


def test_a_run_writes_figures_of_every_model(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    np.savez(tmp_path / "images" / "mnist.npz", images=REAL.pixels, labels=REAL.columns["label"])
    out = tmp_path / "out.json"
    words = ["--epsilon", "5", "--models", "moments,open,real", "--images", "200"]
    private_images.main([*words, "--data", str(tmp_path), "--output", str(out)])
    assert "mnist, moments (epsilon 5.00): svm" in capsys.readouterr().out
    runs = json.loads(out.read_text())["runs"]
    assert [run["model"] for run in runs] == ["moments", "open", "real"]
    assert [run["images"] for run in runs] == [200, 200, 200]
    assert [run["epsilon_spent"] is None for run in runs] == [False, True, True]
    assert all(run["accuracy"]["svm"] > 0.9 for run in runs)


def test_unknown_models_are_refused(capsys):
    with pytest.raises(SystemExit):
        private_images.main(["--models", "magic"])
    assert "a model must be one of moments, dpsgd, open, real, however: magic" in capsys.readouterr().err
