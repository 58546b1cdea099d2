"""Products, ratios and powers are looked for among many columns, and no glance that spares work loses one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan.data.formulas import monomials
from synthgan.data.formulas.find import find_formulas
from synthgan.data.table import Table


def _wide(rows: int, columns: int) -> pd.DataFrame:
    """Measurements, some of them rough, missing or zero, and five columns that are computed from others."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({f"c{index}": rng.lognormal(2, 0.6, rows).round(index % 4) for index in range(columns)})
    table.loc[rng.random(rows) < 0.5, "c1"] = np.nan
    table.loc[rng.random(rows) < 0.3, "c2"] = 0.0
    return table.assign(
        bmi=(table.c3 / table.c6.clip(1) ** 2).round(1),
        share=(100 * table.c2 / table.c7).round(2),
        dose=(table.c1 * table.c5).round(3),
        density=(table.c9 / table.c10.clip(1) ** 3).round(4),
        root=np.sqrt(table.c11 * table.c13).round(2),
    )


def test_a_glance_at_pairs_of_rows_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What two rows contradict is no formula: the same ones are found without looking at pairs first."""
    table = Table.read(_wide(90, 16))
    found = [str(formula.listed) for formula in find_formulas(table)]
    assert {formula.target for formula in find_formulas(table)} == {"bmi", "share", "dose", "density", "root"}
    monkeypatch.setattr(monomials, "_near", lambda low, high, moves: np.arange(moves.shape[1]))
    assert [str(formula.listed) for formula in find_formulas(table)] == found


def test_a_glance_at_pairs_of_rows_spares_most_forms() -> None:
    """Of all that is thinkable among many columns little is left to be looked at row by row."""
    rng = np.random.default_rng(1)
    logs = np.log(rng.lognormal(2, 0.6, (9, 60)))
    moves = -np.diff(monomials._powered(logs, monomials._forms(60)), axis=0)
    target = rng.lognormal(2, 0.6, 9).round(2)
    assert len(monomials._near(*monomials._bounds(target, np.full(9, 0.005)), moves)) < moves.shape[1] / 1000
