"""Two tables made by hand, each of which has what one stage of the generator is for and real tables have little of."""

from __future__ import annotations

import numpy as np
import pandas as pd


def rings(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Numbers that depend on each other in their spread and never in their mean: a bow tie, a ring, a fork."""
    x = rng.uniform(-1, 1, rows)
    angle, radius = rng.uniform(0, 2 * np.pi, rows), 1 + 0.1 * rng.normal(size=rows)
    group = rng.integers(0, 3, rows)
    ways = np.stack([np.zeros(rows), 2 * np.sign(rng.normal(size=rows)), 0.3 * rng.normal(size=rows)])
    return pd.DataFrame(
        {
            "x": x,
            "bow": x * rng.normal(size=rows),
            "east": radius * np.cos(angle),
            "north": radius * np.sin(angle),
            "group": np.array(["shut", "forked", "loose"])[group],
            "fork": ways[group, np.arange(rows)] + 0.05 * rng.normal(size=rows),
        }
    )


def codes(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """A column of 400 codes in no order, such as wards, which says almost everything about the others."""
    secret, count = np.random.default_rng(7), 400
    group, mean = secret.integers(0, 20, count), secret.normal(size=count)
    names = np.array([f"c{number:03d}" for number in secret.permutation(count)])
    shares = 1 / (1 + np.arange(count)) ** 0.7
    code = rng.choice(count, rows, p=shares / shares.sum())
    kind = np.where(rng.random(rows) < 0.95, group[code], rng.integers(0, 20, rows))
    x = 2 * mean[code] + 0.3 * rng.normal(size=rows)
    ill = rng.random(rows) < 1 / (1 + np.exp(-3 * np.sin(2.0 * group[code]) - x))
    return pd.DataFrame(
        {
            "code": names[code],
            "kind": np.array([f"k{number:02d}" for number in range(20)])[kind],
            "x": x,
            "z": 0.5 * x + rng.normal(size=rows),
            "ill": np.where(ill, "yes", "no"),
        }
    )
