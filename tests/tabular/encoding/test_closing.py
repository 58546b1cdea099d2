"""Shares that come to a whole do so, and none of them is what all others are off by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer

RNG = np.random.default_rng(0)
ROWS, TOPICS = 2_000, 5


def topics() -> pd.DataFrame:
    """Texts, each mostly of one topic: the others hold a floor of about two in a hundred each."""
    floor = RNG.uniform(0.018, 0.03, (ROWS, TOPICS))
    main = RNG.integers(0, TOPICS, ROWS)
    floor[np.arange(ROWS), main] = 0
    floor[np.arange(ROWS), main] = 1 - floor.sum(axis=1)
    return pd.DataFrame(floor, columns=[f"topic_{index}" for index in range(TOPICS)])


def test_shares_come_to_a_whole_and_keep_their_floors():
    real = topics()
    made = Synthesizer(generator="chains", seed=0).fit(real).sample(4_000)
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-9)
    for name in real:
        low, high = real[name].min() - 0.002, real[name][real[name] < 0.5].max() + 0.002
        assert ((made[name] < low) | made[name].between(high, 0.8)).mean() < 0.02, name


@pytest.mark.parametrize("fixed", ["topic_0", "topic_4"])
def test_what_is_asked_for_stays(fixed):
    made = Synthesizer(generator="chains", seed=0).fit(topics()).sample(200, where={fixed: (0.85, None)})
    assert (made[fixed] >= 0.85).all()
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-9)
