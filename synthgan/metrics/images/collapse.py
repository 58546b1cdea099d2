"""Collapsed classes: those whose synthetic images are few images over and over, or are images of other classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.images.manifold import NEIGHBOURS
from synthgan.metrics.statistics.neighbours import k_nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    Indices = NDArray[np.int64]

MIN_CLASS = NEIGHBOURS + 1  # images of a class in each set that can be judged
SHARE = 0.25  # of the real distances below which a class is collapsed
KINSHIP = 0.5  # of the real share of neighbours of one's own class below which images are of other classes
DOUBT = 1e-4  # that chance alone brings the latter


@dataclass(frozen=True, slots=True)
class Diversity:
    """How the images of one class differ from each other, beside as many real ones.

    Attributes:
        nearest: Median distance to the nearest other image of the class, as a share of that among real images.
        spread: Mean distance of two images of the class, as a share of that among real images.
        kin: Share of images whose nearest real image is of the class.
        kin_real: The same of real images, and other real ones.
        mostly: The class that most of the others' nearest real images are of.
        foreign: Whether ``kin`` is below half of ``kin_real``, and surely so.
    """

    nearest: float
    spread: float
    kin: float
    kin_real: float
    mostly: int
    foreign: bool

    @property
    def collapsed(self) -> bool:
        """Whether either distance is below a quarter of the real one."""
        return min(self.nearest, self.spread) < SHARE


def diversity(
    real: Points, real_classes: Indices, synthetic: Points, synthetic_classes: Indices
) -> dict[int, Diversity]:
    """Return how diverse each class is that has MIN_CLASS images or more in both sets, by class.

    One image over and over has no distance between its copies, two of them none to the nearest, and nor do copies with a
    little noise. The nearest-image distance also depends on the number of images: compare as many of each class only.

    Args:
        real: float64 ``[n, features]``.
        real_classes: int64 ``[n]``.
        synthetic: float64 ``[m, features]``, of each class as many.
        synthetic_classes: int64 ``[m]``.
    """
    from scipy.stats import fisher_exact

    centre = real.mean(axis=0)  # float32 keeps more of short vectors
    known, sampled = (real - centre).astype(np.float32), (synthetic - centre).astype(np.float32)
    kin_real = real_classes[k_nearest(known, known, 1, themselves=True)[1][:, 0]]
    kin_synthetic = real_classes[k_nearest(sampled, known, 1)[1][:, 0]]
    found = {}
    for one in np.unique(real_classes).tolist():
        mine, theirs = synthetic_classes == one, real_classes == one
        if min(mine.sum(), theirs.sum()) < MIN_CLASS:
            continue
        distances = _distances(sampled[mine]), _distances(known[theirs])
        nearest, spread = (_share(*both) for both in zip(*distances, strict=True))
        hits = [int((kin[of] == one).sum()) for kin, of in ((kin_synthetic, mine), (kin_real, theirs))]
        sizes = [int(mine.sum()), int(theirs.sum())]
        chance = fisher_exact([[hits[0], sizes[0] - hits[0]], [hits[1], sizes[1] - hits[1]]], alternative="less").pvalue
        kin, kin_of_real = hits[0] / sizes[0], hits[1] / sizes[1]
        others = np.bincount(kin_synthetic[mine][kin_synthetic[mine] != one], minlength=one + 1)
        foreign = bool(kin < KINSHIP * kin_of_real and chance < DOUBT)
        found[one] = Diversity(nearest, spread, kin, kin_of_real, int(others.argmax()), foreign)
    return found


def collapse_sentences(found: dict[int, Diversity], names: Sequence[str], absent: Sequence[int]) -> list[str]:
    """Say in a sentence for each class what is wrong with it; nothing where nothing is.

    Args:
        found: What ``diversity`` returned.
        names: What classes are called.
        absent: Classes without a synthetic image.
    """
    said = [f"class {names[one]!r} is missing: there is no synthetic image of it" for one in absent]
    for one, how in found.items():
        if how.collapsed:
            said.append(
                f"class {names[one]!r} has collapsed: its synthetic images are nearly the same few over and over (distance to the "
                f"next one {how.nearest:.0%} of what it is among real images, between any two {how.spread:.0%}; "
                f"below {SHARE:.0%} is collapsed)"
            )
        if how.foreign:
            said.append(
                f"class {names[one]!r} looks like other classes, mostly {names[how.mostly]!r}: the nearest real image is of its "
                f"own class for {how.kin:.0%} of its synthetic images, and for {how.kin_real:.0%} of real ones"
            )
    return said


def _distances(points: NDArray[np.float32]) -> tuple[float, float]:
    """The median distance to the nearest other point, and the mean distance of two points."""
    nearest = np.sqrt(k_nearest(points, points, 1, themselves=True)[0][:, 0])
    # The mean squared distance of two points is twice their variance, over all features.
    return float(np.median(nearest)), float(np.sqrt(2 * points.var(axis=0, ddof=1, dtype=np.float64).sum()))


def _share(synthetic: float, real: float) -> float:
    return synthetic / real if real > 0 else 1.0
