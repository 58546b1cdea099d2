"""Images made by hand: dark ones with a bright left half ("ill") or right half ("well")."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from synthgan import ImageRecords


@dataclass
class Records:
    """As little as evaluate_images takes for images."""

    pixels: np.ndarray
    columns: dict = field(default_factory=dict)

    def take(self, indices):
        """Those at these places."""
        return Records(self.pixels[indices], {name: column[indices] for name, column in self.columns.items()})


def make_images(n=40, side=8, channels=1, dtype=np.uint8, seed=0):
    """A quarter of them ill."""
    rng = np.random.default_rng(seed)
    label = np.where(np.arange(n) % 4 == 0, "ill", "well")
    pixels = rng.integers(0, 40, (n, side, side, channels))
    pixels[label == "ill", :, : side // 2] += 200
    pixels[label == "well", :, side // 2 :] += 200
    return ImageRecords((pixels * (np.iinfo(dtype).max // 255)).astype(dtype), {"label": label})
