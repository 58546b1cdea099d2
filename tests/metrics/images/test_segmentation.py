"""Tests the U-Net that says what synthetic pairs are worth."""

import numpy as np
import torch

from synthgan.metrics.images import segmentation
from synthgan.metrics.images.segmentation import Segmented, UNet, dice, learn_structures
from synthgan.runtime import Streams


def squares(n, seed, shifted=0):
    rng = np.random.default_rng(seed)
    labels = np.zeros((n, 16, 16), np.uint8)
    for mask in labels:
        row, column = rng.integers(0, 11, 2)
        mask[row : row + 5, column : column + 5] = 1
    inputs = np.roll(labels, shifted, axis=2)[:, None] * 0.6 + rng.random((n, 1, 16, 16)) * 0.3
    return Segmented(inputs.astype(np.float32), labels)


def test_what_is_there_is_found_and_masks_beside_it_are_worth_less(monkeypatch):
    monkeypatch.setattr(segmentation, "BATCH", 12)
    test = squares(40, 1)
    found = [dice(learn_structures(squares(60, 0, shifted), 1, Streams(0), steps=70), test, 1)[0] for shifted in (0, 4)]
    assert found[0] > 0.7
    assert found[1] < found[0] - 0.3


def test_it_has_few_weights_and_takes_sides_of_any_length():
    network = UNet(3, 16)
    assert sum(weight.numel() for weight in network.parameters()) < 500_000
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, 3, 30, 45)).shape == (1, 17, 30, 45)


def test_dice_is_of_all_images_together():
    class Says(torch.nn.Module):
        def forward(self, images):
            return torch.cat([0.5 - images, images - 0.5], 1)

    inputs = np.zeros((2, 1, 2, 2), np.float32)
    inputs[0, 0, 0] = 1
    labels = np.array([[[1, 0], [0, 0]], [[0, 0], [0, 1]]], np.uint8)
    assert dice(Says(), Segmented(inputs, labels), 1)[0] == 2 * 1 / (2 + 2)
