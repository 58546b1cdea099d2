"""What a private fit of images may cost, and how it goes about it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from synthgan.checks import require, require_known
from synthgan.config import PrivacyConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        value_range: the lowest and the highest value of a pixel or voxel, in the units of the files, beyond which each is
            clipped; None takes the range of the modality (CT: -1024 to 3071), else the whole range of the stored type.
    """

    epsilon: float | None = None
    delta: float = 1e-6
    mechanism: str = "moments"
    i_know: bool = False
    value_range: Sequence[float] | None = None

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
            require(self.value_range is None, "value_range", "left alone without epsilon", self.value_range)
        rule = "two finite numbers, the lower one first"
        require(self.value_range is None or _is_range(self.value_range), "value_range", rule, self.value_range)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The declared range of values."""
        return None if self.value_range is None else (float(self.value_range[0]), float(self.value_range[1]))

    def as_json(self) -> dict[str, Any]:
        """All fields in one flat mapping, as the manifest holds them."""
        return asdict(self) | ({} if self.bounds is None else {"value_range": [*self.bounds]})


def _is_range(given: Sequence[float]) -> bool:
    if not isinstance(given, (list, tuple)) or len(given) != 2:  # noqa: PLR2004 (low and high)
        return False
    numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) and math.isfinite(end) for end in given)
    return numbers and given[0] < given[1] and math.isfinite(given[1] - given[0])
