"""Utility: what synthetic images are worth as training data, tested on real ones.

The classifier is a support vector machine on principal components of pixels. It shares nothing with the networks that
features come from, draws nothing at random, so that the same images always give the same figure, and takes seconds where a
convolutional network takes minutes and differs from seed to seed by more than what is to be measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.statistics.intervals import Estimate, around, auc, share, standard_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Points = NDArray[np.floating]
    Indices = NDArray[np.int64]
    Labelled = tuple[Points, Indices]

COMPONENTS = 100
FEW = 20  # images of each class that somebody has who gets synthetic ones besides
FACTOR = 5  # as many synthetic images for each of them
REPEATS = 5
MAX_TESTED = 2_000


@dataclass(frozen=True, slots=True)
class Performance:
    """How a classifier does on real images.

    Attributes:
        auc: Area under the ROC curve, of more than two classes the mean of one against the rest; DeLong's interval.
        accuracy: Share told right; Wilson's interval.
        balanced_accuracy: Mean over classes of the share told right; 1.96 standard errors.
    """

    auc: Estimate
    accuracy: Estimate
    balanced_accuracy: Estimate


def performance(train: Labelled, test: Labelled) -> Performance:
    """Train on some images and test on others.

    Args:
        train: Inputs ``[n, ...]`` and classes int64 ``[n]``.
        test: The same of real images, of at least two classes. A class that training lacks is never guessed.
    """
    truth = test[1]
    present = np.unique(truth).tolist()
    decisions = _decisions(train, test[0], max(present) + 1)
    guessed = decisions.argmax(axis=1)
    classes = present[1:] if len(present) == 2 else present  # noqa: PLR2004 (of two, one stands for both)
    found = [auc(truth == one, decisions[:, one]) for one in classes]
    influence = np.mean([part for _, part in found], axis=0)
    area = around(float(np.mean([value for value, _ in found])), standard_error(influence))
    shares = [((guessed == truth)[truth == one]) for one in present]
    error = math.sqrt(sum(float(part.var()) / len(part) for part in shares)) / len(present)
    balanced = around(float(np.mean([part.mean() for part in shares])), error)
    return Performance(area, share(int((guessed == truth).sum()), len(truth)), balanced)


def augmentation_gain(
    real: Labelled, added: Sequence[Labelled], test: Labelled, source: Callable[[int], np.random.Generator]
) -> tuple[list[Estimate], float]:
    """Return what adding images to few real ones gains in AUC over adding these few again.

    FEW real images of each class (fewer where there are no more) are drawn; beside them are learned FACTOR times as many
    of the added images, or, as the control, of the same few drawn again with replacement.

    Args:
        real: Real images to draw the few from.
        added: Sets of images to add, each by itself.
        test: Real images to test on; of MAX_TESTED each class gives an equal share, or all it has.
        source: Randomness of each of REPEATS draws.

    Returns:
        For each set the mean gain over REPEATS draws, with 1.96 of its standard errors; and the mean AUC of the control.
    """
    areas = []
    for repeat in range(REPEATS):
        rng = source(repeat)
        few = _of_each(real, FEW, rng)
        again = rng.integers(len(few[1]), size=FACTOR * len(few[1]))
        mixed = [_joined(few, (few[0][again], few[1][again]))]
        mixed += [_joined(few, _of_each(images, FACTOR * FEW, rng)) for images in added]
        classes = _of_each(test, MAX_TESTED // len(np.unique(test[1])), rng)
        areas.append([performance(images, classes).auc.value for images in mixed])
    control, *others = np.array(areas).T
    gains = [other - control for other in others]
    errors = [float(np.std(gain, ddof=1)) / math.sqrt(REPEATS) for gain in gains]
    return [around(float(gain.mean()), error, least=-1.0) for gain, error in zip(gains, errors, strict=True)], float(
        control.mean()
    )


def _decisions(train: Labelled, test: Points, classes: int) -> NDArray[np.float64]:
    """How much speaks for each class, float64 ``[n, classes]``."""
    from sklearn.decomposition import PCA
    from sklearn.svm import SVC

    inputs, known = (points.reshape(len(points), -1).astype(np.float64) for points in (train[0], test))
    present, counts = np.unique(train[1], return_counts=True)
    result = np.full((len(known), max(classes, int(present.max()) + 1)), -np.inf)
    if len(present) == 1 or not np.ptp(inputs, axis=0).any():  # nothing to learn
        result[:, present[counts.argmax()]] = 0.0
        return np.maximum(result, np.finfo(np.float64).min)
    pca = PCA(min(COMPONENTS, *inputs.shape), svd_solver="auto", random_state=0).fit(inputs)
    machine = SVC(C=10.0).fit(pca.transform(inputs), train[1])
    decided = machine.decision_function(pca.transform(known))
    result[:, present] = np.stack([-decided, decided], axis=1) if decided.ndim == 1 else decided
    return np.maximum(result, np.finfo(np.float64).min)


def _of_each(images: Labelled, most: int, rng: np.random.Generator) -> Labelled:
    """At most so many images of each class."""
    inputs, classes = images
    indices = np.concatenate([rng.permutation(np.flatnonzero(classes == one))[:most] for one in np.unique(classes)])
    return inputs[indices], classes[indices]


def _joined(one: Labelled, other: Labelled) -> Labelled:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
