"""The timings of images: what is counted, and a whole run."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from benchmarks.runs import image_speed


@pytest.mark.parametrize("groups", [1, 4])
def test_a_gradient_costs_twice_what_the_convolution_does_in_groups_too(groups):
    layer = nn.Conv2d(8, 8, 3, padding=1, groups=groups)
    images = torch.rand(2, 8, 5, 5, requires_grad=True)
    with image_speed.Operations() as forward:
        layer(images)
    assert forward.total == 2 * 2 * 5 * 5 * 8 * 9 * 8 // groups
    with image_speed.Operations() as both:
        layer(images).sum().backward()
    assert both.total == 3 * forward.total


def test_matrix_products_are_counted():
    with image_speed.Operations() as counted:
        torch.rand(3, 4) @ torch.rand(4, 5)
    assert counted.total == 2 * 3 * 4 * 5


@pytest.mark.slow
def test_every_width_and_batch_is_timed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(image_speed, "IMAGES", 40)
    monkeypatch.setattr(image_speed, "MATRIX", {"cpu": 16})
    out = tmp_path / "speed.json"
    words = ["--device", "cpu", "--side", "8", "--widths", "4,8", "--batches", "4,8", "--steps", "2"]
    image_speed.main([*words, "--output", str(out)])
    found = json.loads(out.read_text())
    assert [(run["width"], run["batch_images"]) for run in found["runs"]] == [(4, 4), (4, 8), (8, 4), (8, 8)]
    assert (found["device"], found["side"]) == ("cpu", 8)
    for run in found["runs"]:
        assert run["operations_a_second"] == pytest.approx(run["images_a_second"] * run["operations_an_image"])
        assert min(run["bytes"], run["drawn_a_second"], run["weights"]) > 0
    assert "of the peak" in capsys.readouterr().out
