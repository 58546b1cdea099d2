"""Evaluate images: two sets of images in, a report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from synthgan.metrics.images.evaluate import score_images
from synthgan.metrics.images.units import is_clips
from synthgan.metrics.scores import joined
from synthgan.report import Report
from synthgan.report.made import Made
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthgan.image.synthesizer import ImageSynthesizer
    from synthgan.metrics.images.units import Records
    from synthgan.metrics.scores import Scores


def evaluate_images(
    real: Records,
    synthetic: Records,
    holdout: Records | None = None,
    *,
    label: str | None = "label",
    features: str | Path | None = None,
    model: ImageSynthesizer | str | Path | None = None,
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
        model: The model that made the synthetic images, fitted, or its file. Attacks on the file then stand beside those on the
            images: two releases. It needs a holdout.
        seed: Fixes every random choice: the same images and seed give the same scores on one machine.
        progress: Called with the name of each stage as it begins.

    Returns:
        The report. Shares are fractions. Notes name every class that has collapsed.

    Raises:
        DataError: If a set is too small or of another size or mode, labels are missing or unknown, or ``features`` is no such model.
        ConfigError: If the seed is not a whole number of at least 0.
    """
    synthesizer = None if model is None else _opened(model)
    found = score_images(real, synthetic, holdout, label=label, features=features, seed=seed, progress=progress)
    if progress is not None:
        progress("attacks")
    found = joined([found, *_attacks(real, synthetic, holdout, synthesizer, Streams(seed).below("attacks"))])
    manifest = None if synthesizer is None else synthesizer.manifest()
    return Report.of(found, Made.of(real=real, synthetic=synthetic, holdout=holdout, model=manifest))


def _opened(model: ImageSynthesizer | str | Path) -> ImageSynthesizer:
    if not isinstance(model, (str, Path)):
        return model
    from synthgan.image.synthesizer import ImageSynthesizer

    return ImageSynthesizer.load(model)


def _attacks(
    real: Records,
    synthetic: Records,
    holdout: Records | None,
    synthesizer: ImageSynthesizer | None,
    streams: Streams,
) -> list[Scores]:
    """What attackers find out from the images and, where it is known, from the file of the model."""
    from synthgan.audit.imagemembers import file_scores, sample_scores

    found = [sample_scores(real, synthetic, holdout, streams.below("samples"))]
    if synthesizer is None:
        return found
    from synthgan.image.records import ImageRecords

    def records(of: Records) -> ImageRecords:
        return of if isinstance(of, ImageRecords) else ImageRecords(of.pixels, of.columns, clips=is_clips(of))

    unseen = None if holdout is None else records(holdout)
    return [*found, file_scores(synthesizer, records(real), unseen, streams.below("file"))]
