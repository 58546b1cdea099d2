"""Which classes images have and how many of each there are, both from noisy counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import PrivacyError, Remedy
from synthgan.image.encoding import ImageEncoding
from synthgan.image.queries import ClassCells, ClassLevels
from synthgan.privacy.curator import check_delta

if TYPE_CHECKING:
    from synthgan.image.intake import ImageIntake
    from synthgan.image.private.budget import Budget

_CLEARLY = 4.0  # deviations of the noise


@dataclass(frozen=True)
class Measured:
    """What is known of images before any is looked at as a whole.

    Attributes:
        encoding: what they look like: by their frame alone, but for their classes.
        left_out: about how many take no part; 0 where it may be noise.
    """

    encoding: ImageEncoding
    left_out: int


def measure_classes(intake: ImageIntake, budget: Budget) -> Measured:
    """Find the classes of images and count them.

    Raises:
        PrivacyError: if no class shows, or delta means nothing for about so many images.
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
    noise = budget.noise("counts")
    counted = curator.count(
        ClassCells(levels, rest=True), noise=noise, stage="classes", purpose="how many images each class has"
    )
    check_delta(curator.ledger.delta, int(counted.sum()), "images (a noisy count)", i_know=intake.i_know)
    frame, counts = intake.frame, np.maximum(counted[:-1], 1).astype(np.int64)
    dtype, top = intake.scale.dtype, intake.scale.top
    encoding = ImageEncoding(frame.shape, dtype, 0, top, condition, levels, counts, frame.physical)
    encoding = replace(encoding, structures=intake.structures)
    return Measured(encoding, int(counted[-1]) if counted[-1] > _CLEARLY * noise else 0)
