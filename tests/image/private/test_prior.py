"""The private start: what it draws where noise is small, that no image has a hand in another's numbers, and its shapes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.prior_images import drafts_of

from synthgan.image.encoding import ImageEncoding
from synthgan.image.prior import small_of
from synthgan.image.private.budget import Budget
from synthgan.image.private.prior import MAX_PARTS, PriorMeasurer, leaning, measured_of, positive
from synthgan.image.queries import PixelRecords, project, stepped
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.runtime import Streams


def measure(images, classes, scale=1e4):
    """The start of a budget that is next to endless, or not."""
    channels, *size = images.shape[1:]
    levels, counts = np.unique(classes, return_counts=True)
    encoding = ImageEncoding((*size, channels), "uint8", 0, 255, "label", levels, counts)
    curator = Curator(Encoded(images, classes), PrivacyLedger(1e-6))
    return PriorMeasurer(curator, Budget(scale, 0.0, 0.0), encoding, Streams(0)).measure()


class Encoded(PixelRecords):
    """Images that are as networks see them already."""

    __slots__ = ("_encoded",)

    def __init__(self, images, classes):
        super().__init__(np.zeros((len(images), 1, 1, 1), np.uint8), classes)
        self._encoded = images

    def images(self, encoding, at=slice(None)):
        return self._encoded[at]


def striped(n, seed=0):
    """Two classes of images of 4 x 4 pixels: one of rows that move together, one of a brighter corner."""
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 2
    images = rng.normal(0, 0.1, (n, 1, 4, 4))
    images += 0.3 * rng.normal(size=(n, 1, 4, 1)) * (classes == 0)[:, None, None, None]
    images[classes == 1, :, 0, 0] += 0.5
    return torch.as_tensor(images.clip(-1, 1), dtype=torch.float32), classes


@pytest.mark.parametrize("scale", [1e4, 4.0])
def test_drafts_have_the_means_and_covariances_of_their_class(scale):
    images, classes = striped(6_000)
    prior = measure(images, classes, scale)
    assert len(prior.basis) <= 16
    for step in (0, 1):
        real, drawn = images[classes == step].flatten(1), drafts_of(prior, np.full(20_000, step)).flatten(1)
        assert (real.mean(0) - drawn.mean(0)).abs().max() < 0.05
        assert (torch.cov(real.T) - torch.cov(drawn.T)).abs().max() < 0.03


def test_a_class_of_two_kinds_is_drafted_as_two_kinds():
    rng = np.random.default_rng(0)
    side = rng.choice([-0.8, 0.8], 3_000)
    images = torch.as_tensor(side[:, None, None, None] + rng.normal(0, 0.05, (3_000, 1, 4, 4)), dtype=torch.float32)
    prior = measure(images.clamp(-1, 1), np.zeros(3_000, np.int64))
    assert prior.shares.shape == (1, MAX_PARTS)
    means = drafts_of(prior, np.zeros(2_000, np.int64)).mean((1, 2, 3))
    assert (means.abs() > 0.4).double().mean() > 0.95  # a single Gaussian would draw two fifths of them in between
    assert 0.4 < (means > 0).double().mean() < 0.6


def test_few_images_make_one_part_and_components_that_exist_at_least():
    images, classes = striped(60)
    prior = measure(images, classes, scale=0.3)
    assert prior.shares.shape == (2, 1)
    assert prior.centers.shape[2] == 4
    assert torch.isfinite(drafts_of(prior, np.zeros(50, np.int64))).all()


def test_large_images_are_measured_small():
    assert measured_of(small_of((300, 200, 1))) == (1, 38, 25)
    assert measured_of(small_of((16, 16, 16, 1))) == (1, 8, 8, 8)
    images = torch.linspace(-1, 1, 96).expand(400, 1, 96, 96) * torch.linspace(0.5, 1, 400)[:, None, None, None]
    drawn = drafts_of(measure(images, np.zeros(400, np.int64)), np.zeros(64, np.int64))
    assert drawn.shape == (64, 1, 96, 96)
    assert (drawn.mean((0, 1, 2)) - images.mean((0, 1, 2))).abs().max() < 0.2


def test_no_image_has_a_hand_in_the_places_of_another():
    """To the bit, however many there are: a matrix product alone does not promise it."""
    rng = np.random.default_rng(0)
    rows, columns = stepped(rng.uniform(-1, 1, (300, 700))), rng.normal(size=(700, 60))
    together = project(rows, columns)
    for many in (1, 2, 7, 299):
        np.testing.assert_array_equal(project(rows[:many], columns), together[:many])
    np.testing.assert_allclose(together, rows @ columns, atol=1e-3)


def test_covariances_lean_on_the_wider_one_as_far_as_noise_demands():
    rng = np.random.default_rng(0)
    wider, held = np.eye(5), np.array([1e5, 1e5])
    apart = np.diag([4.0, 1.0, 1.0, 1.0, 1.0])
    exact, noisy = (leaning(np.stack([apart, wider]) * held[:, None, None], held, wider, d) for d in (1.0, 1e9))
    np.testing.assert_allclose(exact, [apart, wider], atol=0.01)
    np.testing.assert_allclose(noisy, [wider, wider])
    values = np.linalg.eigvalsh(positive(rng.normal(size=(3, 6, 6))))
    assert values.min() > 0.0009
