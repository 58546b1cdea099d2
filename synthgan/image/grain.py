"""How closely a prior of images follows those it is made of: the finer, the better it tells them from others."""

from __future__ import annotations

import math
from typing import NamedTuple

COMPONENTS, ALL_COMPONENTS = 100, 256
IMAGES_A_COMPONENT = 40  # for a covariance among components: with fewer, prior images lie too near the images learned
MAX_PARTS = 30
IMAGES_A_PART = 40
SHRINKAGE = 0.1  # weight of the wider covariance: images for each component
FINEST, CHECKED, COARSEST = 0, 1, 3
# Of a file that is checked. A covariance of K components has K (K + 1) / 2 numbers for each class, and what many numbers of few images
# are is what an attacker finds: on MNIST these find 3 % at 1,000 and at 4,000 images, the finest 90 % and 59 %.
IMAGES_A_COMPONENT_CHECKED = 50
COMPONENTS_A_ROOT = 2.0  # components over the root of the images of a class
SHRINKAGE_CHECKED = 1.0


class Grain(NamedTuple):
    """The sizes of a prior.

    Attributes:
        head: components that have a covariance.
        components: all of them; others have a spread each.
        parts: of the mixture of a class, at most.
        shrinkage: weight of the wider covariance: images for each component.
    """

    head: int
    components: int
    parts: int
    shrinkage: float

    @classmethod
    def of(cls, images: int, values: int, classes: int, level: int) -> Grain:
        """The sizes for so many images of so many values; of levels above 0 each has half the components of the last.

        Example:
            >>> Grain.of(1000, 784, 10, 0), Grain.of(1000, 784, 10, 1)
            (Grain(head=25, components=250, parts=30, shrinkage=0.1), Grain(head=20, components=20, parts=1, shrinkage=1.0))
        """
        if level == FINEST:
            # Images that are not many more than the components would lie in the span of them.
            most = min(ALL_COMPONENTS, max(1, images // 4), values)
            return cls(min(COMPONENTS, most, max(1, images // IMAGES_A_COMPONENT)), most, MAX_PARTS, SHRINKAGE)
        halved = 2 ** (level - CHECKED)
        wanted = min(images / IMAGES_A_COMPONENT_CHECKED, COMPONENTS_A_ROOT * math.sqrt(images / classes)) / halved
        head = max(1, min(COMPONENTS, values, int(wanted)))
        return cls(head, head, 1, SHRINKAGE_CHECKED)
