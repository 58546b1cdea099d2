"""How the total epsilon of a private fit of images is divided among questions that are fixed before any image is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from synthgan.privacy.charges import Charge
from synthgan.privacy.composition import calibrate

# Shares of what the start spends, as that of Gaussian noise: of the square of 1 / noise.
SHARES = {
    "frames": 0.02,  # which sizes and kinds files of images have, and how many each has
    "levels": 0.02,  # which classes there are
    "counts": 0.02,  # how many images each class has
    "mean": 0.04,  # the mean image
    "norms": 0.03,  # how far images lie from means: of all, of their class, of their part of it
    "whole": 0.26,  # second moments of all images
    "centers": 0.05,  # means of classes
    "classes": 0.18,  # second moments of each class
    "moving": 0.17,  # how many images the parts of classes have, and the sums of those
    "parts": 0.23,  # second moments of each part
}
NORMS = 3  # how often norms are asked for
ROUNDS = 3  # in which parts move
FRAMES = 2  # how often frames are asked for
LEVEL_DELTA = 0.1  # of delta: for finding frames, and for finding classes
DPSGD_SHARE = 0.2  # of the whole, where there is training by gradients
GAN_RATE, GAN_STEPS = 0.004, 160  # chance of an image to take part in a step of the critic, and how many there are


@dataclass(frozen=True)
class Budget:
    """What may be asked at which noise.

    Attributes:
        scale: the noise of an answer that could spend all is ``1 / scale``.
        dpsgd: the share of training by gradients; 0 where there is none.
        level_delta: chance that the frame of a single image shows, and that its class does.
    """

    scale: float
    dpsgd: float
    level_delta: float

    def noise(self, question: str, times: int = 1) -> float:
        """The noise of each of so many answers that spend a question's share together, for a sensitivity of 1."""
        return math.sqrt(times / (SHARES[question] * (1 - self.dpsgd))) / self.scale

    @property
    def dpsgd_noise(self) -> float:
        """The noise of each step of the critic: all steps spend about what one Gaussian answer of their share would.

        By the central limit of Bu et al., "Deep learning with Gaussian differential privacy", 2020, section 3; it only
        divides the budget, the ledger does not rely on it.
        """
        whole = self.scale**2 * self.dpsgd
        return 1 / math.sqrt(math.log1p(whole / (GAN_RATE**2 * GAN_STEPS)))


@lru_cache(maxsize=32)
def plan_budget(epsilon: float, delta: float, *, sought: bool, framed: bool, dpsgd: bool) -> Budget:
    """Divide the budget; the same question has the same answer.

    Args:
        epsilon: what may be spent.
        delta: at which chance of failure.
        sought: whether classes are to be found.
        framed: whether frames are.
        dpsgd: whether networks are to be trained.

    Raises:
        PrivacyError: if it pays for nothing.
    """
    level_delta, optional = LEVEL_DELTA * delta, {"levels": sought, "frames": framed}
    spent = sum(share for question, share in SHARES.items() if optional.get(question, True))

    def budget(scale: float) -> Budget:
        return Budget(scale, DPSGD_SHARE if dpsgd else 0.0, level_delta)

    def charges(scale: float) -> list[Charge]:
        planned = budget(scale)
        noise = 1 / (scale * math.sqrt(spent * (1 - planned.dpsgd)))
        whole = [Charge.of_counts("", "", rows=1, noise=noise, delta=(sought + framed) * level_delta)]
        if dpsgd:
            whole.append(Charge.of_steps("", "", noise=planned.dpsgd_noise, rate=GAN_RATE, steps=GAN_STEPS))
        return whole

    return budget(calibrate(charges, epsilon, delta))
