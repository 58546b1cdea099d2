"""Evaluate images: two sets of images in, a report out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.images.evaluate import score_images
from synthgan.report import Report
from synthgan.report.made import Made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synthgan.metrics.images.units import Records


def evaluate_images(
    real: Records,
    synthetic: Records,
    holdout: Records | None = None,
    *,
    label: str | None = "label",
    features: str | Path | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Judge synthetic images against the real ones they were learned from.

    Args:
        real: The images the synthesizer was fitted on: ``ImageRecords``, or anything with ``pixels`` (uint8 or uint16 ``[n, height,
            width, channels]``) and ``columns``.
        synthetic: The images it made, of the same size and mode.
        holdout: Real images of the same source that nothing was fitted on: the reference beside every score. Without them
            the real images are halved for it, and what needs unseen images is not computed.
        label: The column of the classes; None takes all images for one class.
        features: A TorchScript model to take features from instead of the two networks that learn the real images; distances are
            then called ``fid`` and ``kid``. Such a file is a program: name only one that you made or trust.
        seed: Fixes every random choice: the same images and seed give the same scores on one machine.
        progress: Called with the name of each stage as it begins.

    Returns:
        The report. Shares are fractions. Notes name every class that has collapsed.

    Raises:
        DataError: If a set is too small or of another size or mode, labels are missing or unknown, or ``features`` is no such model.
        ConfigError: If the seed is not a whole number of at least 0.
    """
    found = score_images(real, synthetic, holdout, label=label, features=features, seed=seed, progress=progress)
    return Report.of(found, Made.of(real=real, synthetic=synthetic, holdout=holdout))
