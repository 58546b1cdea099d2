"""evaluate_images: every score beside its reference, planted faults found, the same seed the same report."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from helpers.made_images import Records

from synthgan import ConfigError, DataError, evaluate_images

NAMES = [
    "fd_self", "kid_self", "precision", "recall", "density", "coverage", "classes_collapsed", "utility_real", "utility_synthetic",
    "accuracy_real", "accuracy_synthetic", "balanced_accuracy_real", "balanced_accuracy_synthetic", "augmentation_gain", "exact_copies",
    "near_copies", "nearer_to_train", "nearer_to_train_features",
    "membership_p_value", "membership_tpr_at_1pct_fpr", "epsilon_lower_bound",
]  # fmt: skip
HALF = ("fd_self", "precision", "recall", "coverage", "utility_synthetic")


@pytest.fixture(scope="module")
def halves(thirds):
    return evaluate_images(*thirds)


def test_other_real_images_score_as_real_images_do(halves):
    assert [score.name for score in halves] == NAMES
    assert halves.notes == ()
    assert halves["classes_collapsed"].reading.startswith("classes lost: none, of 10; ")
    assert halves["classes_collapsed"].value == halves["exact_copies"].value == halves["near_copies"].value == 0
    for name in HALF:
        assert halves[name].value == pytest.approx(halves[name].reference, rel=0.3)
    for name in ("nearer_to_train", "nearer_to_train_features"):
        assert halves[name].low < 0.5 < halves[name].high
    assert halves["membership_p_value"].value > 0.01
    assert json.loads(halves.to_json())["scores"][0]["name"] == "fd_self"


def test_each_class_has_its_figures_beside_those_of_real_images(halves, thirds):
    found = halves.details.images
    assert (found.real, found.synthetic, found.holdout) == (599, 599, 599)
    assert [one.name for one in found.classes] == list("0123456789")
    assert sum(one.synthetic for one in found.classes) == 599
    for one in found.classes:
        assert one.figures.keys() == one.floors.keys()
        assert one.figures["coverage"] > 0.8
        assert one.verdict == ""
        assert one.shown.shape == one.neighbours.shape == (12, 8, 8, 1)
        assert {image.tobytes() for image in one.neighbours} <= {image.tobytes() for image in thirds[0].pixels}


def test_the_same_seed_gives_the_same_report_and_names_its_stages(halves, thirds):
    told = []
    again = evaluate_images(*thirds, progress=told.append)
    assert again.to_json() == halves.to_json()
    assert told == ["features", "distances", "utility", "masks", "copies", "attacks"]
    with pytest.raises(ConfigError, match="seed must be a whole number"):
        evaluate_images(*thirds, seed=-1)


def test_learned_images_handed_out_are_found(thirds):
    found = evaluate_images(thirds[0], thirds[0], thirds[2])
    assert found["exact_copies"].value == 1
    assert found["nearer_to_train"].value > 0.95
    assert "100.00% of the synthetic images equal a learned image in every pixel" in found.notes[0]
    assert any(
        "by pixels, synthetic images lie nearer to learned images than to unseen ones" in note for note in found.notes
    )


def test_collapsed_and_missing_classes_are_notes_and_a_score(thirds):
    real, other, _ = thirds
    label = other.columns["label"]
    indices = np.arange(599)
    indices[label == 3] = np.flatnonzero(label == 3)[0]
    found = evaluate_images(real, other.take(indices[label != 7]))
    assert found["classes_collapsed"].value == pytest.approx(0.2)
    assert found["classes_collapsed"].reference == 0
    assert found["classes_collapsed"].reading.startswith("classes lost: '3', '7', of 10; ")
    assert [note[:9] for note in found.notes[:2]] == ["class '7'", "class '3'"]
    verdicts = {one.name: one.verdict for one in found.details.images.classes if one.verdict}
    assert verdicts == {"3": "collapsed", "7": "missing"}
    # Without a holdout, what needs unseen images says so.
    assert found["nearer_to_train"].value is None
    assert "there is no holdout" in found["near_copies"].reading


def test_a_holdout_of_another_source_is_said_to_be_one(thirds):
    real, other, unseen = thirds
    found = evaluate_images(real, other, Records(16 - unseen.pixels, unseen.columns))
    assert any(note.startswith("the holdout differs from the learned images by itself") for note in found.notes)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_features_of_a_model_give_fid(thirds, tmp_path):
    model = torch.nn.Sequential(torch.nn.AvgPool2d(2), torch.nn.Flatten())
    torch.jit.save(torch.jit.trace(model, torch.rand(2, 3, 8, 8)), tmp_path / "model.pt")
    found = evaluate_images(*thirds, features=tmp_path / "model.pt")
    assert [score.name for score in found][:2] == ["fid", "kid"]
    assert found["fid"].value == pytest.approx(found["fid"].reference, rel=0.5)
    with pytest.raises(DataError, match="must be a TorchScript model"):
        evaluate_images(*thirds, features=tmp_path / "none.pt")


def test_black_images_are_judged_and_collapsed(thirds):
    real, other, unseen = thirds
    found = evaluate_images(real, Records(np.zeros_like(other.pixels), other.columns), unseen)
    assert found["classes_collapsed"].value == 1
    assert found["coverage"].value < 0.1
    assert (found["utility_synthetic"].value, found["near_copies"].value) == (0.5, 0)


def test_classes_too_small_to_compare_are_named_and_all_of_them_leave_scores_empty():
    rng = np.random.default_rng(0)
    records = Records(rng.integers(0, 255, (20, 4, 4, 3)).astype(np.uint8), {"label": np.arange(20) % 10})
    found = evaluate_images(records, records)
    assert found["fd_self"].value is None
    assert "no class has 6 images in each set" in found["coverage"].reading
    assert found.notes[-1].startswith("too few images of a set to compare (below 6) in the classes '0', '1'")
