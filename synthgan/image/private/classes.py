"""Which classes images have and how many of each there are, both from noisy counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import PrivacyError, Remedy
from synthgan.image.encoding import ImageEncoding, column_of_classes

if TYPE_CHECKING:
    from synthgan.image.config import ImageConfig
    from synthgan.image.private.budget import Budget
    from synthgan.image.private.curator import ImageCurator
    from synthgan.image.records import ImageRecords


def measure_classes(
    records: ImageRecords, config: ImageConfig, curator: ImageCurator, budget: Budget
) -> tuple[ImageEncoding, np.ndarray]:
    """What images look like, by type alone but for their classes, which are found and counted.

    Pixels have the whole range of their type; what headers say is left out.

    Returns:
        What they look like, and int64 ``[n]``, each image's class: -1 where it does not show.

    Raises:
        PrivacyError: if no class shows.
        DataError: if the column of classes is lacking or neither text nor whole numbers.
    """
    levels, codes = np.array(["all"]), np.zeros(len(records), dtype=np.int64)
    condition = next(iter(config.columns), None)
    if condition is not None:
        levels, codes = np.unique(column_of_classes(records, condition), return_inverse=True)
        shown = curator.found(
            codes,
            len(levels),
            noise=budget.noise("levels"),
            delta=budget.level_delta,
            stage="classes",
            purpose=f"which classes {condition!r} has",
        )
        if not shown.any():
            raise PrivacyError(
                f"a class of {condition!r} must have enough images to show, however: none stands out of the noise",
                remedy=Remedy.option("condition", None, "learn without classes") | "allow a larger epsilon",
            )
        codes = np.where(shown, shown.cumsum() - 1, -1)[codes]
        levels = levels[shown]
        if levels.dtype.kind == "U":  # whose width is that of the longest, shown or not
            levels = np.array(levels.tolist())
    counts = curator.counts(
        np.where(codes < 0, len(levels), codes),
        len(levels) + 1,
        noise=budget.noise("counts"),
        stage="classes",
        purpose="how many images each class has",
    )[:-1]
    shape = tuple(int(side) for side in records.pixels.shape[1:])
    high = int(np.iinfo(records.pixels.dtype).max)
    counts = np.maximum(counts, 1).astype(np.int64)
    return ImageEncoding(shape, str(records.pixels.dtype), 0, high, condition, levels, counts), codes
