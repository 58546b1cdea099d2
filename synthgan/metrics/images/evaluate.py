"""Takes every measure of two sets of images: arrays in, scores out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.details import Details
from synthgan.metrics.images.clips import clip_scores
from synthgan.metrics.images.collapse import MIN_CLASS, collapse_sentences
from synthgan.metrics.images.compared import compare
from synthgan.metrics.images.scores import (
    collapse_score,
    copying_scores,
    distance_scores,
    manifold_scores,
    shift_notes,
    utility_scores,
)
from synthgan.metrics.images.sets import ImageSets
from synthgan.metrics.images.showing import image_details
from synthgan.metrics.images.structures import mask_scores
from synthgan.metrics.scores import Scores
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synthgan.metrics.images.compared import Compared
    from synthgan.metrics.images.features import Features
    from synthgan.metrics.images.sets import Images
    from synthgan.metrics.images.units import Records


def score_images(
    real: Records,
    synthetic: Records,
    holdout: Records | None = None,
    *,
    label: str | None = "label",
    features: str | Path | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Scores:
    """Take every measure of images; ``synthgan.evaluate_images`` makes a report of what is found.

    Args:
        real: The images the synthesizer was fitted on.
        synthetic: The images it made, of the same size and mode.
        holdout: Real images of the same source that nothing was fitted on.
        label: The column of the classes; None takes all images for one class.
        features: A TorchScript model to take features from instead of the two networks that learn the real images.
        seed: Fixes every random choice.
        progress: Called with the name of each stage as it begins.

    Returns:
        The scores. Notes name every class that has collapsed.

    Raises:
        DataError: If a set is too small or of another size or mode, labels are missing or unknown, or ``features`` is no such model.
        ConfigError: If the seed is not a whole number of at least 0.
    """
    stage = progress or (lambda _name: None)
    streams = Streams(seed)
    sets = ImageSets.of(real, synthetic, holdout, label)
    stage("features")
    extract, known = _features(sets, features, streams)
    stage("distances")
    compared = compare(sets, extract, known, streams)
    sentences = collapse_sentences(compared.found, sets.names, compared.absent)
    scores = [
        *distance_scores(compared, sets, streams),
        *manifold_scores(compared, sets),
        collapse_score(compared, sets),
    ]
    stage("utility")
    scores += utility_scores(sets, streams)
    stage("masks")
    given = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    masked, said = mask_scores(given, streams.below("masks"))
    moving = clip_scores(given, streams.below("clips"))
    stage("copies")
    copying, alarms = copying_scores(sets, extract, known, streams)
    details = Details(images=image_details(sets, compared, streams))
    return Scores(
        (*scores, *masked, *moving, *copying),
        (*said, *sentences, *alarms, *shift_notes(compared, sets, streams), *_remarks(sets, compared)),
        details,
    )


def diagnose_collapse(
    real: Records,
    synthetic: Records,
    *,
    label: str | None = "label",
    features: str | Path | None = None,
    seed: int = 0,
) -> list[str]:
    """Name the classes whose synthetic images are missing, the same few over and over, or images of other classes.

    Args:
        real: Real images.
        synthetic: Synthetic ones.
        label: As for ``synthgan.evaluate_images``, as are the others.
        features: Where features come from.
        seed: Fixes every random choice.

    Returns:
        A sentence for each; none where nothing is wrong. Classes with fewer than six images in either set are not judged.

    Raises:
        DataError: As ``synthgan.evaluate_images``.
    """
    streams = Streams(seed)
    sets = ImageSets.of(real, synthetic, None, label)
    compared = compare(sets, *_features(sets, features, streams), streams)
    return collapse_sentences(compared.found, sets.names, compared.absent)


def _features(sets: ImageSets, path: str | Path | None, streams: Streams) -> tuple[Features, Images]:
    """What gives features, and the learned images that it may be asked for: those that it has not learned itself."""
    from synthgan.metrics.images.features import GivenFeatures, OwnFeatures

    if path is not None:
        return GivenFeatures(path, sets.top), sets.real
    learned, known = sets.real.halves(streams.numpy("halves"))
    return OwnFeatures(sets, learned, streams.below("features")), known


def _remarks(sets: ImageSets, compared: Compared) -> list[str]:
    """What else there is to say of the sets themselves."""
    said = [*sets.notes]
    if sets.duplicates:
        said.append(
            f"{sets.duplicates:,} images of the holdout equal a learned image and were left out: check how it was held out"
        )
    few = [name for one, name in enumerate(sets.names) if one not in compared.found and one not in compared.absent]
    if few:
        named = ", ".join(map(repr, few))
        said.append(f"too few images of a set to compare (below {MIN_CLASS}) in the classes {named}")
    return said
