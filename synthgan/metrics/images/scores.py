"""The scores of images, each beside what other real images get in the place of the synthetic ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.images.collapse import KINSHIP, MIN_CLASS, SHARE
from synthgan.metrics.images.copies import changes_of, exact_copies, near_copies, nearer_to_learned
from synthgan.metrics.images.frechet import frechet_distance, kernel_distance
from synthgan.metrics.images.manifold import NEIGHBOURS, Manifold, manifold
from synthgan.metrics.images.sets import MAX_IMAGES, Images, ImageSets, drawn
from synthgan.metrics.images.utility import FACTOR, FEW, augmentation_gain, performance
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate, share

if TYPE_CHECKING:
    from synthgan.metrics.images.compared import Compared
    from synthgan.metrics.images.features import Features
    from synthgan.metrics.images.utility import Labelled, Performance
    from synthgan.runtime import Streams

MAX_LEARNED = 20_000  # images that copies are looked for among
MAX_CHANGED = (1_000, MAX_LEARNED, 1_000)  # synthetic, learned and unseen ones that are looked for changed
MAX_VALUES = 50_000_000  # of pixels of each of these
ALARM = 0.01  # share of data sets without a leak that raise an alarm, by either of two tests
TEST_SHARE = 0.2  # of the real images, where there is no holdout
_TOO_FEW = f"not computed: no class has {MIN_CLASS} images in each set"
_NO_HOLDOUT = "not computed: there is no holdout of real images that nothing was fitted on"


def distance_scores(compared: Compared, sets: ImageSets, streams: Streams) -> list[Score]:
    """Return the Fréchet and the kernel distance of features: ``fd_self`` and ``kid_self``, of the user's model ``fid`` and ``kid``."""
    frechet, kernel = compared.names
    if not len(compared.classes):
        return [scored(name, None, reference=None, goal="minimize", reading=_TOO_FEW) for name in compared.names]
    values = [frechet_distance(compared.real, synthetic) for synthetic in (compared.synthetic, compared.other)]
    found = [
        kernel_distance(compared.real, synthetic, streams.numpy("kernel"))
        for synthetic in (compared.synthetic, compared.other)
    ]
    where = "features of your model" if frechet == "fid" else "features learned from the real images"
    many = _beside(compared, sets)
    return [
        scored(
            frechet,
            Estimate(values[0]),
            reference=values[1],
            goal="minimize",
            reading=f"Fréchet distance in {where}, {many}; only to be compared at as many images",
        ),
        scored(
            kernel,
            found[0],
            reference=found[1].value,
            goal="minimize",
            reading=f"kernel distance in {where}, {many}; where both are drawn alike 0 or, as classes are equally many, a little less",
        ),
    ]


def shift_notes(compared: Compared, sets: ImageSets, streams: Streams) -> list[str]:
    """Warn where the holdout surely differs from the learned images by itself: references say little then."""
    if sets.holdout is None or not len(compared.classes):
        return []
    found = kernel_distance(compared.real, compared.other, streams.numpy("kernel"))
    if found.low is None or found.low <= 0:
        return []
    said = (
        f"the holdout differs from the learned images by itself (kernel distance {found.value:.3f}, at least {found.low:.3f}): its "
        "references are easily reached, and images nearer to learned ones prove no copying; hold out images of the same source"
    )
    return [said]


def manifold_scores(compared: Compared, sets: ImageSets) -> list[Score]:
    """Return precision, recall, density and coverage over all classes together."""
    said = (
        "share of synthetic images that lie among the real ones",
        "share of real images that lie among the synthetic ones",
        "how densely real images lie around synthetic ones (1: as around real ones)",
        "share of real images with a synthetic one as near as their real neighbours",
    )
    if not len(compared.classes):
        return [scored(name, None, reference=None, goal="maximize", reading=_TOO_FEW) for name in Manifold._fields]
    found, floor = (manifold(compared.real, synthetic) for synthetic in (compared.synthetic, compared.other))
    return [
        scored(
            name,
            share(value * len(compared.classes), len(compared.classes)) if name != "density" else Estimate(value),
            reference=reference,
            goal="reference" if name == "density" else "maximize",
            reading=f"{reading}, {NEIGHBOURS} neighbours, {_beside(compared, sets)}",
        )
        for name, value, reference, reading in zip(Manifold._fields, found, floor, said, strict=True)
    ]


def collapse_score(compared: Compared, sets: ImageSets) -> Score:
    """Return ``classes_collapsed``: the share of classes that are missing, collapsed, or look like others."""
    evaluated = len(compared.found) + len(compared.absent)
    if not evaluated:
        return scored("classes_collapsed", None, reference=None, goal="minimize", reading=_TOO_FEW)
    lost = compared.absent + [one for one, how in compared.found.items() if how.collapsed or how.foreign]
    named = ", ".join(repr(sets.names[one]) for one in sorted(lost))
    floor = sum(how.collapsed or how.foreign for how in compared.floor.values()) / max(len(compared.floor), 1)
    reading = (
        f"classes lost: {named or 'none'}, of {evaluated}; lost is what is missing, less than {SHARE:.0%} as diverse as "
        f"real images, or less than {KINSHIP:.0%} as often among its own kind"
    )
    return scored(
        "classes_collapsed", Estimate(len(lost) / evaluated), reference=floor, goal="minimize", reading=reading
    )


def utility_scores(sets: ImageSets, streams: Streams) -> list[Score]:
    """Return how well classifiers trained on real and on synthetic images do on real ones, and what synthetic ones add to a few."""
    names = [
        f"{stem}_{side}" for stem in ("utility", "accuracy", "balanced_accuracy") for side in ("real", "synthetic")
    ]
    train, test = sets.real, sets.holdout
    if test is None:
        order = streams.numpy("test").permutation(len(train))
        tested = round(TEST_SHARE * len(train))
        train, test = train.take(order[tested:]), train.take(order[:tested])
    if len(np.unique(test.classes)) < 2 or len(np.unique(train.classes)) < 2:  # noqa: PLR2004
        why = "not computed: there is one class only to predict"
        return [
            scored(name, None, reference=None, goal="maximize", reading=why) for name in (*names, "augmentation_gain")
        ]
    size = min(len(train), len(sets.synthetic), MAX_IMAGES)
    sides = [_labelled(sets, _some(images, size, streams, "utility")) for images in (train, sets.synthetic)]
    tested_on = _labelled(sets, drawn([test], streams.numpy("tested"))[0])
    found = [performance(side, tested_on) for side in sides]
    where = (
        "unseen real images"
        if sets.holdout is not None
        else "a fifth of the real images, which the synthesizer has seen"
    )
    scores = _performance_scores(found, f"trained on {size:,} {{}} images, tested on {where}")
    return [*scores, _gain_score(sides, tested_on, streams)]


def _performance_scores(found: list[Performance], reading: str) -> list[Score]:
    scores = []
    for stem, field, what in (
        ("utility", "auc", "AUC"),
        ("accuracy", "accuracy", "accuracy"),
        ("balanced_accuracy", "balanced_accuracy", "mean accuracy of the classes"),
    ):
        reference = getattr(found[0], field).value
        for side, one in zip(("real", "synthetic"), found, strict=True):
            said = f"{what} of a classifier {reading.format(side)}"
            beside = None if side == "real" else reference
            scores.append(
                scored(f"{stem}_{side}", getattr(one, field), reference=beside, goal="maximize", reading=said)
            )
    return scores


def _gain_score(sides: list[Labelled], test: Labelled, streams: Streams) -> Score:
    real, synthetic = sides
    source = streams.below("few")
    gains, control = augmentation_gain(real, [synthetic, real], test, lambda repeat: source.numpy("draw", repeat))
    reading = (
        f"gain in AUC of adding {FACTOR * FEW} synthetic images of each class to {FEW} real ones, over {control:.3f} where these are "
        "drawn again instead; the reference adds real images"
    )
    return scored("augmentation_gain", gains[0], reference=gains[1].value, goal="maximize", reading=reading)


def copying_scores(
    sets: ImageSets, extract: Features, known: Images, streams: Streams
) -> tuple[list[Score], list[str]]:
    """Return the alarms for copying, as scores and as notes.

    Args:
        sets: All images.
        extract: Gives features.
        known: The learned images that it may be asked for.
        streams: Source of randomness.
    """
    copies = exact_copies(sets.real, sets.synthetic)
    # Real images have doubles, too: those of the holdout were left out of everything else.
    doubles = None if sets.holdout is None else sets.duplicates / (len(sets.holdout) + sets.duplicates)
    beside = "" if doubles is None else f"; of unseen real images, {doubles:.2%} do"
    reading = f"{copies.value:.2%} of the synthetic images equal a learned image in every pixel{beside}"
    scores = [scored("exact_copies", copies, reference=doubles, goal="minimize", reading=reading)]
    notes = [reading] if copies.value else []
    names = ("nearer_to_train", "nearer_to_train_features")
    if sets.holdout is None:
        scores.append(scored("near_copies", None, reference=None, goal="minimize", reading=_NO_HOLDOUT))
        scores += [scored(name, None, reference=None, goal="reference", reading=_NO_HOLDOUT) for name in names]
        return scores, notes
    near, count = _near_copies(sets, sets.holdout, streams)
    scores.append(near)
    if count:
        notes.append(near.reading)
    synthetic = _some(sets.synthetic, MAX_IMAGES, streams, "copies")
    for name, view, among in ((names[0], sets.coarse, sets.real), (names[1], extract, known)):
        pair = drawn([among, sets.holdout], streams.numpy(name))
        found = nearer_to_learned(
            view(synthetic), view(pair[0]), view(pair[1]), pair[0].classes, streams.key("exchanged")
        )
        where = "pixels" if name == names[0] else "features"
        reading = (
            f"share of synthetic images nearer to a learned image than to any of {len(pair[0]):,} unseen ones, by {where}; .5 is ideal, "
            f"p = {found.p_value:.4f}"
        )
        scores.append(scored(name, found.share, reference=0.5, goal="reference", reading=reading))
        if found.p_value <= ALARM / len(names):
            notes.append(
                f"by {where}, synthetic images lie nearer to learned images than to unseen ones ({found.share.value:.1%} of them, "
                f"p = {found.p_value:.4f}): learned images show, unless the holdout is of another source"
            )
    return scores, notes


def _near_copies(sets: ImageSets, holdout: Images, streams: Streams) -> tuple[Score, int]:
    synthetic = _some(sets.synthetic, MAX_IMAGES, streams, "copies")
    learned = _some(sets.real, MAX_LEARNED, streams, "copied")
    unseen = _some(holdout, MAX_IMAGES, streams, "never copied")
    views = [sets.coarse(images) for images in (synthetic, learned, unseen)]
    found = near_copies(views[0], views[1], views[2])
    few = [view[: max(1, min(most, MAX_VALUES // view[0].size))] for view, most in zip(views, MAX_CHANGED, strict=True)]
    height, width = views[0].shape[2:]
    changed = np.any([near_copies(few[0], few[1], few[2], change) for change in changes_of(height, width)], axis=0)
    found[: len(changed)] |= changed
    count = int(found.sum())
    reading = (
        f"{count:,} of {len(synthetic):,} synthetic images are near copies: nearer to a learned image than any of {len(unseen):,} "
        f"unseen real images is, and by half than to any unseen one; {len(changed):,} of them were looked for turned, shifted and "
        "cropped as well"
    )
    score = scored("near_copies", share(count, len(synthetic)), reference=0.0, goal="minimize", reading=reading)
    return score, count


def _some(images: Images, most: int, streams: Streams, name: str) -> Images:
    return images.take(streams.numpy(name).permutation(len(images))[:most])


def _labelled(sets: ImageSets, images: Images) -> Labelled:
    return sets.coarse(images), images.classes


def _beside(compared: Compared, sets: ImageSets) -> str:
    other = "unseen real ones" if sets.holdout is not None else "other real ones"
    return f"{len(compared.classes):,} images; beside it that of {other}"
