"""Which classes images have and how many of each there are, both from noisy counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import PrivacyError, Remedy
from synthgan.image.encoding import ImageEncoding
from synthgan.image.queries import ClassCells, ClassLevels

if TYPE_CHECKING:
    from synthgan.image.intake import ImageIntake
    from synthgan.image.private.budget import Budget


def measure_classes(intake: ImageIntake, budget: Budget) -> ImageEncoding:
    """What images look like, by type alone but for their classes, which are found and counted.

    Pixels have the whole range of their type; what headers say is left out.

    Raises:
        PrivacyError: if no class shows.
    """
    curator, condition = intake.curator, intake.condition
    levels = np.array(["all"])
    if condition is not None:
        shown = curator.find(
            ClassLevels(),
            noise=budget.noise("levels"),
            delta=budget.level_delta,
            stage="classes",
            purpose=f"which classes {condition!r} has",
        )
        if not shown:
            raise PrivacyError(
                f"a class of {condition!r} must have enough images to show, however: none stands out of the noise",
                remedy=Remedy.option("condition", None, "learn without classes") | "allow a larger epsilon",
            )
        levels = np.array(shown)
    counted = curator.count(
        ClassCells(levels, rest=True),
        noise=budget.noise("counts"),
        stage="classes",
        purpose="how many images each class has",
    )[:-1]
    counts = np.maximum(counted, 1).astype(np.int64)
    return ImageEncoding(intake.shape, intake.dtype, 0, int(np.iinfo(intake.dtype).max), condition, levels, counts)
