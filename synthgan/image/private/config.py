"""What a private fit of images may cost, and how it goes about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from synthgan.checks import require, require_known
from synthgan.config import PrivacyConfig

MECHANISMS = ("moments", "dpsgd")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImagePrivacy:
    """Differential privacy of the whole fit; a unit is one image.

    Attributes:
        epsilon: what everything that touches the images may cost together when one is added or removed; None is no privacy.
        delta: the chance of failure that it is stated for.
        mechanism: ``"moments"`` (Gaussians of each class from noisy sums and second moments) or ``"dpsgd"`` (a training that starts
            from those, and whose critic alone sees images, by noisy gradients).
        i_know: accept an epsilon or delta that means nothing.
    """

    epsilon: float | None = None
    delta: float = 1e-6
    mechanism: str = "moments"
    i_know: bool = False

    def __post_init__(self) -> None:
        """Check every field, by the rules of tables where they have it, too.

        Raises:
            ConfigError: if a field has a value that cannot be used.
            PrivacyError: if one promises nothing, and ``i_know`` does not say so.
        """
        require_known(self, mechanism=MECHANISMS)
        PrivacyConfig(epsilon=self.epsilon, delta=self.delta, i_know=self.i_know)
        if self.epsilon is None:
            require(self.mechanism == MECHANISMS[0], "mechanism", "left alone without epsilon", self.mechanism)

    def as_json(self) -> dict[str, Any]:
        """All fields in one flat mapping, as the manifest holds them."""
        return asdict(self)
