"""The page of benchmarks says what the committed results say, and nothing else."""

from __future__ import annotations

import re

from conftest import REPOSITORY

from benchmarks.publish import page, page_images, page_tables


def test_the_page_is_what_the_command_prints(capsys):
    page.main([])
    assert (REPOSITORY / "docs" / "benchmarks.md").read_text(encoding="utf-8") == capsys.readouterr().out


def test_the_page_has_no_long_sentence(capsys):
    page.main([])
    text = capsys.readouterr().out
    lines = [line for line in text.splitlines() if not line.startswith(("|", "#"))]
    found = re.split(r"(?<=[.!?])\s+(?=[A-Z`*])", " ".join(lines))
    assert len(found) > 30
    assert [sentence for sentence in found if len(sentence.split()) > 35] == []


def test_a_stage_that_was_not_left_out_has_a_dash_and_means_come_with_their_range():
    scores = {"c2st_train": 1.0, "c2st_test": 0.9, "pair_tvd": 0.01, "utility_real": 0.9, "utility_synthetic": 0.88}
    runs = [
        {"table": "a", "without": "nothing", "scores": scores},
        {"table": "b", "without": "game", "scores": scores},
    ]
    lines = page_tables.ablation({"runs": runs})
    assert "| nothing | 1.000 / 0.900, 1.00, 0.020 | – |" in lines
    assert "| game | – | 1.000 / 0.900, 1.00, 0.020 |" in lines


def test_private_runs_stand_under_their_epsilon_with_mean_and_range():
    scores = [{"two_way_error": error, "auc": 0.9, "accuracy": 0.8} for error in (0.02, 0.04)]
    runs = [
        {"table": "adult_discretised, epsilon 3", "model": "ours", "fit_cpu_seconds": 20 + index, "scores": its}
        for index, its in enumerate(scores)
    ]
    lines = page_tables.private({"runs": runs})
    assert lines[-1] == (
        "| **synthgan, marginals** | – | 0.0300 (0.020–0.040) / 0.9000 (0.900–0.900) / 0.800 | – | 20–21 |"
    )


def test_images_stand_beside_real_ones_and_a_baseline():
    figures = dict.fromkeys(page_images.IMAGE_FIGURES, 0.5)
    scores = {"fd_self": [1.0, 0.5], "coverage": [0.9, 0.95], "nearer_to_train": [None, None]}
    run = {
        "set": "digits",
        "images": 1_198,
        "device": "cpu",
        "steps": 1_200,
        "width": 16,
        "batch_images": 128,
        "fit_seconds": 60.4,
        "trained_on": dict.fromkeys(page_images.IMAGE_MODELS, figures),
    }
    scores["accuracy_synthetic"] = [0.98, 0.99]
    lines = page_images.images({"runs": [run | {"scores": {"ours": scores}}]})
    assert "| digits | 1,198 | 1,200 x 128, 16 | 60 |" + " 0.500 / 0.500 / 0.500 / 0.500 |" * 4 in lines
    filled = page_images.images({"runs": [run | {"scores": {}, "filled": dict.fromkeys(page_images.FILLED, figures)}]})
    assert "| digits |" + " 0.500 / 0.500 / 0.500 |" * 3 in filled
    assert page_images.has_residual(run | {"device": "cuda"}) == "digits, GPU"
    assert (
        lines[-1] == "| digits | **synthgan** | 1.000 (0.500) | – | – | – | 0.900 (0.950) | – | – | – | 0.980 (0.990) |"
    )


def test_images_a_second_stand_beside_their_share_of_the_peak():
    run = {"width": 16, "weights": 1_000, "batch_images": 256, "images_a_second": 1234.4, "drawn_a_second": 5678.2}
    run |= {"operations_an_image": 5e8, "operations_a_second": 2e12, "bytes": 2**31}
    lines = page_images.image_speed({"device": "card", "side": 64, "peak": 4e14, "runs": [run]})
    assert lines[-1] == "| 16 | 1,000 | 256 | 1,234 | 0.50 | 2.0 | 0.5% | 2.0 | 5,678 |"


def test_private_images_stand_with_what_they_spent():
    run = {"model": "moments", "images": 60_000, "epsilon_spent": 9.988, "seconds": 7.6}
    lines = page_images.private_images({"runs": [run | {"accuracy": {"svm": 0.9433, "network": 0.9647}}]})
    assert lines[-1] == "| moments | 9.99 | 60,000 | 0.943 | 0.965 | 8 |"
