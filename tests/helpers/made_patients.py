"""Images made by hand of patients: the side that is bright goes with ``label``, how bright it all is with ``age``."""

from __future__ import annotations

import numpy as np

from synthgan import ImageRecords


def make_patients(n=200, side=4, seed=0):
    """Two fifths are ill, three quarters of these women; a tenth of ``sex`` is missing; ``seen`` is a date of 2024."""
    rng = np.random.default_rng(seed)
    label = np.where(rng.random(n) < 0.4, "ill", "well")
    age = rng.integers(20, 90, n)
    sex = np.where(rng.random(n) < np.where(label == "ill", 0.75, 0.35), "F", "M").astype(object)
    sex[rng.random(n) < 0.1] = None
    pixels = rng.integers(0, 20, (n, side, side)) + age[:, None, None]
    pixels[label == "ill", :, : side // 2] += 100
    pixels[label == "well", :, side // 2 :] += 100
    seen = np.datetime64("2024-01-01") + rng.integers(0, 300, n)
    dose = np.where(rng.random(n) < 0.2, np.nan, rng.integers(1, 9, n) / 2).astype(np.float32)
    columns = {"age": age.astype(np.int16), "label": label, "sex": sex, "seen": seen, "dose": dose}
    return ImageRecords(pixels.astype(np.uint8), columns | {"smokes": rng.random(n) < 0.3, "name": np.arange(n)})
