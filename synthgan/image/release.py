"""Whether a file of images tells who was learned: before two networks play, priors of thirds of the images are attacked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from synthgan.gan.train import Progress
from synthgan.image.density import densities, over
from synthgan.image.grain import CHECKED, COARSEST, UNPROVED, USUAL
from synthgan.io.manifest import CHECKED_BY
from synthgan.metrics.privacy.membership.rates import clopper_pearson, threshold
from synthgan.tabular.release import FALSE_POSITIVES, Check

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray
    from torch import Tensor

    from synthgan.image.prior import Prior
    from synthgan.runtime import Streams

    Indices = NDArray[np.int64]
    Maker = Callable[[int], Prior]  # of some images' prior, of a level
    MakePrior = Callable[[Indices], Maker]

MIN_IMAGES = 600  # with fewer, chance alone finds more in thirds of them than may be found
THIRDS = 3
MEASURED, _, SKIPPED, NOT_PROVED = CHECKED_BY


@dataclass(frozen=True, slots=True)
class ImageCheck(Check):
    """What was found out about a model of images: ``found`` and ``high`` are shares of images, ``kept_out`` none of them."""

    things: ClassVar[str] = "images"
    unchecked: ClassVar[dict[str, str]] = {
        SKIPPED: "what it gives away of those learned was not checked, as asked",
        NOT_PROVED: f"what it gives away was not checked: it needs {MIN_IMAGES} images beside those held out, drawn under classes alone",
    }


def checked_level(
    small: Tensor, classes: Indices, make: MakePrior, streams: Streams
) -> Generator[Progress, None, tuple[int, ImageCheck]]:
    """How coarse the prior is to be, and what an attack on it finds: the finest level that gives little away.

    From the usual level it goes finer as long as that gives little away, or else coarser until it does. To stop at the first that
    gives away too much matters: among many levels, chance alone would let one through.

    Args:
        small: the images to learn, as priors see them, float32 ``[n, channels, *sides]``.
        classes: of each, int64 ``[n]``.
        make: makes what makes the priors of the images at some places.
        streams: randomness: the thirds.
    """
    if len(small) < MIN_IMAGES:
        return UNPROVED, ImageCheck(NOT_PROVED)
    order = streams.numpy("thirds").permutation(len(small))
    order = order[np.argsort(classes[order], kind="stable")]
    thirds = [np.sort(order[first::THIRDS]) for first in range(THIRDS)]
    makers = [make(third) for third in thirds]

    def check(level: int) -> ImageCheck:
        hits = found_in_thirds(small, thirds, [made(level) for made in makers])
        share = clopper_pearson(hits, len(small))
        return ImageCheck(MEASURED, round(share.value, 4), round(float(share.high or 1), 4), coarser=level - CHECKED)

    yield Progress("checking")
    level, found = USUAL, check(USUAL)
    finer = found.why_confidential is None
    for tried in range(USUAL - 1, CHECKED - 1, -1) if finer else range(USUAL + 1, COARSEST + 1):
        yield Progress("checking")
        other = check(tried)
        passes = other.why_confidential is None
        if passes or not finer:
            level, found = tried, other
        if passes != finer:
            break
    return level, found


def found_in_thirds(small: Tensor, thirds: list[Indices], priors: list[Prior]) -> int:
    """How many images the best of some attacks finds in priors of thirds of them, at 1 % false positives.

    Each third is learned once, is once what the attacker holds (Watson et al., "On the importance of difficulty calibration in
    membership inference attacks", 2022), and is once nobody's. No image is kept out of the fit: a prior of a third of them gives away
    more of each than one of all does. What finds most counts.
    """
    hits: dict[tuple[str, str], int] = {}
    for turn, learned in enumerate(thirds):
        held, others = (turn + 1) % THIRDS, thirds[(turn + 2) % THIRDS]
        candidates = small[np.concatenate([learned, others])]
        own, known = densities(priors[turn], candidates), densities(priors[held], candidates)
        for weight, attacks in over(own, known).items():
            for name, scores in attacks.items():
                cut = threshold(scores[len(learned) :], FALSE_POSITIVES)
                hits[weight, name] = hits.get((weight, name), 0) + int((scores[: len(learned)] > cut).sum())
    return max(hits.values())
