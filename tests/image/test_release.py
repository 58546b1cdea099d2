"""The release check of images: a prior that tells who was learned is found, a coarser one is taken, and the file says which."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from synthgan import ImageRecords, ImageSynthesizer
from synthgan.image.axes import Axes, beyond
from synthgan.image.density import REST, densities, over, prior_of
from synthgan.image.grain import CHECKED, COARSEST, FINEST, UNPROVED, USUAL, Grain
from synthgan.image.prior import fit_prior
from synthgan.image.release import ImageCheck, checked_level, found_in_thirds
from synthgan.runtime import Streams

N = 600


def smooth(seed, n=N, side=8):
    rng = np.random.default_rng(seed)
    return torch.as_tensor(gaussian_filter(rng.normal(size=(n, 1, side, side)), (0, 0, 1, 1)).astype(np.float32))


SMALL, CLASSES = smooth(0), np.arange(N) % 2
THIRDS = [np.arange(first, N, 3) for first in range(3)]


def made(some, level):
    return fit_prior(SMALL[some], (8, 8, 1), CLASSES[some], 2, Streams(0), level=level)


OTHERS = fit_prior(smooth(9), (8, 8, 1), CLASSES, 2, Streams(0), level=COARSEST)


def fine_or_coarse(some, fine):
    """A prior that gives its images away, or one of others."""
    return made(some, FINEST) if fine else OTHERS


def test_the_finest_prior_is_found_out_and_a_coarse_one_is_not():
    fine, coarse = (found_in_thirds(SMALL, THIRDS, [made(some, at) for some in THIRDS]) for at in (FINEST, COARSEST))
    assert fine > 0.3 * N
    assert coarse < 0.05 * N


def test_each_level_has_fewer_components():
    sizes = [Grain.of(4000, 784, 10, level).head for level in range(CHECKED, COARSEST + 1)]
    assert sizes == [56, 40, 28, 20, 14]
    assert Grain.of(20, 784, 10, COARSEST) == (1, 1, 4, 1, 1.0)


def test_beyond_components_cosines_are_alike_in_all_classes():
    prior = made(np.arange(N), USUAL)
    head, grain = prior.centers.shape[2], Grain.of(N, 64, 2, USUAL)
    assert head == grain.head
    assert head < len(prior.basis) <= head + grain.cosines
    np.testing.assert_allclose(prior.basis @ prior.basis.T, np.eye(len(prior.basis)), atol=1e-5)
    assert (prior.tail[0] == prior.tail[1]).all()
    assert (prior.tail > 0).all()


def test_the_cosines_that_vary_most_are_taken():
    waves = np.cos(np.pi * (np.arange(8) + 0.5) / 8 * np.arange(8)[:, None])
    weights = np.random.default_rng(0).normal(size=(200, 8)) * [0, 1, 5, 1, 1, 9, 1, 1]
    flat = (weights @ waves)[:, None].repeat(8, 1).reshape(200, 64)
    found = beyond(np.zeros((0, 64)), flat, (1, 8, 8), 1, 2).reshape(2, 8, 8)
    lengths = np.abs(found.sum(1) @ (waves / np.linalg.norm(waves, axis=1, keepdims=True)).T)
    assert sorted(lengths.argmax(1)) == [2, 5]


def test_components_that_are_known_are_not_sought_again():
    axes = Axes(np.zeros(64), np.eye(64))
    prior = fit_prior(SMALL, (8, 8, 1), CLASSES, 2, Streams(0), level=USUAL, axes=axes)
    head = prior.centers.shape[2]
    np.testing.assert_array_equal(prior.basis[:head], np.eye(64, dtype=np.float32)[:head])


def test_masks_have_no_cosines():
    components = np.linalg.qr(np.random.default_rng(0).normal(size=(128, 3)))[0].T
    components[:, 64:] = 0
    components = np.linalg.qr(components.T)[0].T
    flat = np.random.default_rng(1).normal(size=(50, 128))
    assert (np.abs(beyond(components, flat, (2, 8, 8), 1, 20)[:, 64:]) < 1e-9).all()


def test_cosines_that_components_span_are_left_out():
    flat = smooth(1, 100).flatten(1).double().numpy()
    assert beyond(np.eye(64)[:60], flat, (1, 8, 8), 1, 64).shape == (4, 64)


def steps_of(small, classes, make):
    steps = checked_level(small, classes, make, Streams(0))
    try:
        while True:
            next(steps)
    except StopIteration as ended:
        return ended.value


@pytest.mark.parametrize(
    ("gives_away", "level"), [(FINEST, CHECKED), (CHECKED, USUAL), (USUAL, USUAL + 1), (COARSEST, COARSEST)]
)
def test_the_finest_level_that_gives_little_away_is_taken(gives_away, level):
    def make(some):
        return lambda at: fine_or_coarse(some, at <= gives_away)

    taken, check = steps_of(SMALL, CLASSES, make)
    assert (taken, check.coarser) == (level, level - CHECKED)
    assert (check.why_confidential is None) == (gives_away < COARSEST)


def test_a_finer_level_is_not_tried_after_one_that_failed():
    tried = []

    def make(some):
        return lambda at: tried.append(at) or fine_or_coarse(some, at < COARSEST)

    assert steps_of(SMALL, CLASSES, make)[0] == COARSEST
    assert sorted(set(tried)) == [USUAL, USUAL + 1, USUAL + 2, COARSEST]


def test_of_few_images_nothing_is_known():
    level, check = steps_of(SMALL[:599], CLASSES[:599], None)
    assert level == UNPROVED
    assert check == ImageCheck("not proved")
    assert "needs 600 images" in check.why_confidential


def records(n=900):  # of fewer, chance alone finds too many
    pixels = (128 + 200 * smooth(0, n).numpy()[:, 0]).clip(0, 255).astype(np.uint8)
    return ImageRecords(pixels, {"label": np.arange(n) % 2, "age": np.arange(n) % 50})


def fitted(**options):
    return ImageSynthesizer(steps=1, width=4, batch_images=8, holdout_share=0, **options).fit(records())


def test_a_file_says_what_was_found(tmp_path):
    synthesizer = fitted()
    manifest = synthesizer.manifest()
    assert manifest["check"]["by"] == "measured"
    assert manifest["check"]["high"] <= 0.05
    assert (manifest["confidential"], manifest["disclosures"]) == (False, [])
    synthesizer.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan").manifest()
    assert json.dumps(again["check"]) == json.dumps(manifest["check"])
    assert again["confidential"] is False


def test_without_the_check_the_prior_is_as_fine_as_can_be():
    unchecked, checked = fitted(check=False), fitted()
    manifest = unchecked.manifest()
    assert manifest["confidential"] is True
    assert manifest["disclosures"] == ["what it gives away of those learned was not checked, as asked"]
    assert len(unchecked.model_.generator.prior.basis) > len(checked.model_.generator.prior.basis)


def test_nobody_can_look_where_more_than_the_class_is_told():
    manifest = fitted(condition=["label", "age"]).manifest()
    assert manifest["check"] is None
    assert manifest["confidential"] is True


def test_densities_are_higher_where_images_were_learned():
    own, other = (
        densities(prior_of(part, (8, 8, 1), 0), SMALL) for part in (SMALL[: N // 3], SMALL[N // 3 : 2 * N // 3])
    )
    attacks = over(own, other)
    learned, unseen = slice(N // 3), slice(2 * N // 3, None)
    assert list(attacks) == ["0", "0.5", "1"]
    assert np.median(attacks["1"][REST][learned]) > np.quantile(attacks["1"][REST][unseen], 0.8)
