"""Small encoded tables for the tests of the tabular room."""

from __future__ import annotations

import numpy as np
from helpers.levels import fitted

from synthgan.config import EncodingConfig
from synthgan.tabular.encoding.continuous import ModeSpecificNormalizer
from synthgan.tabular.encoding.layout import Encoded, Layout, make_layout


def linked_table(rows: int = 4_000, seed: int = 0, modes: int = 12) -> tuple[Encoded, Layout, dict[str, object]]:
    """A table of sex, site (following sex), age (following sex) and score (few-valued): encoded, with its encoders."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, rows)
    site = np.where(rng.random(rows) < 0.8, sex, rng.integers(0, 3, rows))
    age = rng.normal(40 + 20 * sex, 5, rows)
    score = rng.integers(0, 5, rows).astype(float)
    config = EncodingConfig(max_modes=modes, rare_below=5)
    encoders: dict[str, object] = {
        "sex": fitted(sex.astype(np.int32), ("F", "M"), 5),
        "site": fitted(site.astype(np.int32), ("a", "b", "c"), 5),
        "age": ModeSpecificNormalizer.fit(age, config, step=0, minimum=None, maximum=None, rng=rng),
        "score": ModeSpecificNormalizer.fit(score, config, step=1, minimum=None, maximum=None, rng=rng),
    }
    ages, scores = (encoders[name].encode(values, rng) for name, values in (("age", age), ("score", score)))  # type: ignore[attr-defined]
    codes = np.stack([sex, site, ages.codes, scores.codes], 1).astype(np.int32)
    return Encoded(codes, ages.residuals[:, None]), make_layout(encoders), encoders  # type: ignore[arg-type]
