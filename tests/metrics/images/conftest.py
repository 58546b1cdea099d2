"""Real digits of scikit-learn, and their features, learned once."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.made_images import Records
from sklearn.datasets import load_digits

from synthgan.metrics.images import copies, features, utility
from synthgan.metrics.images.sets import ImageSets
from synthgan.runtime import Streams


@pytest.fixture(scope="session")
def digits():
    """All 1,797 of them, 8 x 8, in a random order."""
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    return Records(found.images[order].astype(np.uint8)[..., None], {"label": found.target[order]})


@pytest.fixture(scope="session")
def thirds(digits):
    """Learned, other and unseen digits, 599 each."""
    return [digits.take(np.arange(start, start + 599)) for start in (0, 599, 1198)]


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """A fifth of the learning, and fewer draws: good enough for digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "EPOCHS", 5)
        patch.setattr(utility, "REPEATS", 2)
        patch.setattr(copies, "PERMUTATIONS", 299)
        yield


@pytest.fixture(scope="session")
def points(digits):
    """Features of 1,198 digits that the networks have not seen, and their classes."""
    sets = ImageSets.of(digits, digits)
    indices = np.arange(len(sets.real))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "EPOCHS", 5)
        extract = features.OwnFeatures(sets, sets.real.take(indices[:599]), Streams(0))
    unseen = sets.real.take(indices[599:])
    return extract(unseen), unseen.classes
