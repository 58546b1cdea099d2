"""Private fits that take a second: few classes and few steps, the same questions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

ROWS = 3_000


def make_patients(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Patients with ties between age, drug and outcome, gaps, and a patient number with several rows each."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    old = age > 60
    drug = np.where(rng.random(rows) < np.where(old, 0.8, 0.2), "insulin", "none")
    cost = (rng.gamma(2, 100, rows) * (1 + old)).round(2)
    cost[rng.random(rows) < 0.2] = np.nan
    return pd.DataFrame(
        {
            "patient": rng.integers(0, rows // 2, rows),
            "age": age,
            "drug": drug,
            "cost": cost,
            "died": rng.random(rows) < np.where(drug == "insulin", 0.4, 0.1),
        }
    )


@pytest.fixture
def quick(monkeypatch):
    """Few classes and steps: what is asked of the rows stays the same."""
    monkeypatch.setattr("synthgan.tabular.private.marginals.CLASSES", 20)
    for name, steps in (("FIRST_STEPS", 100), ("ROUND_STEPS", 20), ("LAST_STEPS", 80)):
        monkeypatch.setattr(f"synthgan.tabular.private.rounds.{name}", steps)
    for room in ("budget", "dpsgd"):
        monkeypatch.setattr(f"synthgan.tabular.private.{room}.GAN_STEPS", 80)


@pytest.fixture(scope="session")
def patients():
    return make_patients()
