"""How closely a prior of images follows those it is made of: the finer, the better it tells them from others."""

from __future__ import annotations

import math
from typing import NamedTuple

COMPONENTS, ALL_COMPONENTS = 100, 256
IMAGES_A_COMPONENT = 40  # for a covariance among components: with fewer, prior images lie too near the images learned
MAX_PARTS = 30
IMAGES_A_PART = 40
SHRINKAGE = 0.1  # weight of the wider covariance: images for each component
FINEST, CHECKED, USUAL, UNPROVED, COARSEST = 0, 1, 2, 3, 5  # UNPROVED: of images too few to be checked
# Of a file that is checked. A covariance of K components has K (K + 1) / 2 numbers for each class, and components of few images lie
# near those: that is what an attacker finds. Sizes grow with the images so that what is found does not.
IMAGES_A_COMPONENT_CHECKED = 50
COMPONENTS_A_ROOT = 2.0  # components over the root of the images of a class
SHRINKAGE_CHECKED = 1.0
# Of each level from CHECKED on: its components over the usual, and its cosines over the root of the images.
SIZES = ((1.4, 2.0), (1.0, 2.0), (0.7, 2.0), (0.5, 2.0), (0.35, 1.0))


class Grain(NamedTuple):
    """The sizes of a prior.

    Attributes:
        head: components that have a covariance.
        components: all of them; others have a spread each.
        cosines: beyond the components; each has a spread, the same in all classes.
        parts: of the mixture of a class, at most.
        shrinkage: weight of the wider covariance: images for each component.
    """

    head: int
    components: int
    cosines: int
    parts: int
    shrinkage: float

    @classmethod
    def of(cls, images: int, values: int, classes: int, level: int) -> Grain:
        """The sizes for so many images of so many values; see ``SIZES``.

        Example:
            >>> Grain.of(1000, 784, 10, FINEST)
            Grain(head=25, components=250, cosines=0, parts=30, shrinkage=0.1)
            >>> Grain.of(1000, 784, 10, USUAL)
            Grain(head=20, components=20, cosines=63, parts=1, shrinkage=1.0)
        """
        if level == FINEST:
            # Images that are not many more than the components would lie in the span of them.
            most = min(ALL_COMPONENTS, max(1, images // 4), values)
            head = min(COMPONENTS, most, max(1, images // IMAGES_A_COMPONENT))
            return cls(head, most, 0, MAX_PARTS, SHRINKAGE)
        wanted = min(images / IMAGES_A_COMPONENT_CHECKED, COMPONENTS_A_ROOT * math.sqrt(images / classes), COMPONENTS)
        finer, cosines_a_root = SIZES[level - CHECKED]
        head = max(1, min(COMPONENTS, values, int(wanted * finer)))
        cosines = min(ALL_COMPONENTS - head, values - head, int(cosines_a_root * math.sqrt(images)))
        return cls(head, head, cosines, 1, SHRINKAGE_CHECKED)
