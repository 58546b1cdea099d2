"""Drafts have the means, spreads and parts of each class, at any size, and lean on nothing that few images hold."""

from __future__ import annotations

import numpy as np
import torch
from helpers.prior_images import drafts_of

from synthgan.image.prior import Prior, fit_prior, resize, small_of
from synthgan.runtime import Streams


def correlated(n, seed=0):
    """Two classes of images of 4 x 4 pixels: one of rows that move together, one of a brighter corner."""
    rng = np.random.default_rng(seed)
    classes = np.arange(n) % 2
    images = (
        rng.normal(0, 0.1, (n, 1, 4, 4)) + 0.3 * rng.normal(size=(n, 1, 4, 1)) * (classes == 0)[:, None, None, None]
    )
    images[classes == 1, :, 0, 0] += 0.5
    return torch.as_tensor(images.clip(-1, 1), dtype=torch.float32), classes


def test_drafts_have_the_means_and_covariances_of_their_class():
    images, classes = correlated(1_000)
    prior = fit_prior(images, (4, 4, 1), classes, 2, Streams(0))
    for index in (0, 1):
        real = images[classes == index].flatten(1)
        drawn = drafts_of(prior, np.full(20_000, index)).flatten(1)
        # Three standard errors of 500 real images are about .04 and .018 at the widest pixel.
        assert (real.mean(0) - drawn.mean(0)).abs().max() < 0.02
        assert (torch.cov(real.T) - torch.cov(drawn.T)).abs().max() < 0.02


def test_a_class_of_two_kinds_is_drafted_as_two_kinds():
    rng = np.random.default_rng(0)
    side = rng.choice([-0.8, 0.8], 400)
    images = torch.as_tensor(side[:, None, None, None] + rng.normal(0, 0.05, (400, 1, 4, 4)), dtype=torch.float32)
    drawn = drafts_of(fit_prior(images, (4, 4, 1), np.zeros(400, np.int64), 1, Streams(0)), np.zeros(2_000, np.int64))
    means = drawn.mean((1, 2, 3))
    assert (means.abs() > 0.4).double().mean() > 0.97  # a single Gaussian would draw two fifths of them in between
    assert 0.4 < (means > 0).double().mean() < 0.6


def test_a_rare_class_is_no_copy_of_its_few_images():
    images, _ = correlated(410)
    classes = np.r_[np.zeros(400, np.int64), np.ones(10, np.int64)]
    prior = fit_prior(images, (4, 4, 1), classes, 2, Streams(0))
    drawn = drafts_of(prior, np.ones(500, np.int64)).flatten(1)
    own = images[400:].flatten(1)
    basis = torch.linalg.qr((own - own.mean(0)).T).Q[:, :9]
    outside = (drawn - own.mean(0)) - (drawn - own.mean(0)) @ basis @ basis.T
    assert outside.norm(dim=1).median() > 0.05  # ten images span nine dimensions: drafts leave them
    # Among the components, too, no direction is empty: it leans on all images, whose pixels vary by .01 everywhere.
    assert torch.linalg.eigvalsh(prior.roots[1, 0] @ prior.roots[1, 0].T).min() > 5e-4


def test_large_images_are_drafted_small_and_enlarged():
    assert small_of((300, 200, 1)) == (1, 75, 50)
    images = torch.linspace(-1, 1, 96).expand(40, 1, 96, 96) * torch.linspace(0.5, 1, 40)[:, None, None, None]
    prior = fit_prior(resize(images, (48, 48)), (96, 96, 1), np.zeros(40, np.int64), 1, Streams(0))
    drawn = drafts_of(prior, np.zeros(8, np.int64))
    assert drawn.shape == (8, 1, 96, 96)
    assert (drawn.mean((0, 1, 2)) - images.mean((0, 1, 2))).abs().max() < 0.2


def test_weights_tell_the_sizes_of_a_start():
    images, classes = correlated(200)
    prior = fit_prior(images, (4, 4, 1), classes, 2, Streams(0))
    again = Prior((4, 4, 1), *prior.centers.shape, prior.tail.shape[1])
    again.load_state_dict(prior.state_dict())
    assert isinstance(again, Prior)
    assert torch.equal(drafts_of(prior, classes), drafts_of(again, classes))


def test_resizing_keeps_the_mean_where_it_shrinks():
    images = torch.rand(2, 1, 8, 8)
    assert torch.allclose(resize(images, (4, 4)).mean(), images.mean(), atol=1e-6)
    assert resize(images, (8, 8)) is images
