"""Orders of computed columns, and such that moving values would bend, are kept by drawing rows again, and no column is bent."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from synthgan import Synthesizer
from synthgan.data.table import Table
from synthgan.tabular.encoding.constraints import Constraints
from synthgan.tabular.encoding.redrawing import POOL, TRIES, _keepable, redrawn


def _times(rng, rows):
    """Time asleep and in all, in hours, of strangers."""
    return pd.DataFrame({"asleep": rng.normal(7, 1, rows).round(2), "lain": rng.normal(8.5, 1, rows).round(2)})


def _transform(frame, orders):
    table = Table.read(frame)
    columns = {column.name: column for column in table.schema}
    scale = SimpleNamespace(kind="number", size=1.0, counted=lambda values, other: values)
    constraints = Constraints(redrawn=orders)
    return table, SimpleNamespace(constraints=constraints, columns=columns, scales=dict.fromkeys(columns, scale))


def test_rows_out_of_order_are_exchanged_for_others_that_are_like_them():
    rng = np.random.default_rng(0)
    frame = _times(rng, 3_000)
    table, transform = _transform(frame, (("asleep", "lain"),))
    asked = []

    def draw(rows, attempt):
        asked.append((rows, attempt))
        return Table.read(_times(rng, rows), table.schema)

    made = redrawn(table, transform, draw).frame()
    right = (frame["asleep"] <= frame["lain"]).to_numpy()
    assert (made["asleep"] <= made["lain"]).all()
    pd.testing.assert_frame_equal(made[right], frame[right])
    assert [attempt for _, attempt in asked] == [0]
    assert POOL * (~right).sum() <= asked[0][0] < len(frame)
    for name in frame:
        rejected = ks_2samp(frame[name][right], frame[name]).statistic
        assert ks_2samp(made[name], frame[name]).statistic < 0.8 * rejected


def test_rows_that_no_draw_puts_right_are_left_as_they_were():
    frame = pd.DataFrame({"low": np.arange(40.0) + 0.5, "high": np.arange(40.0) - 0.5})
    table, transform = _transform(frame, (("low", "high"),))
    tries = []
    made = redrawn(table, transform, lambda rows, attempt: tries.append(attempt) or table)
    pd.testing.assert_frame_equal(made.frame(), frame)
    assert tries == list(range(TRIES))


def test_identifiers_stay_where_they_are():
    rng = np.random.default_rng(1)
    frame = _times(rng, 400).assign(patient=[f"P{number:05}" for number in range(400)])
    table, transform = _transform(frame, (("asleep", "lain"),))
    others = table.take(np.flatnonzero(frame["asleep"] <= frame["lain"]))
    made = redrawn(table, transform, lambda *_: others).frame()
    assert (made["asleep"] <= made["lain"]).all()
    assert made["patient"].tolist() == frame["patient"].tolist()


@pytest.mark.parametrize(("low", "kept"), [("unbroken", False), ("near", True), ("far", False)])
def test_orders_are_kept_where_few_rows_break_them_and_no_column_is_bent(low, kept):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"high": rng.random(4_000)})
    frame["unbroken"] = frame["high"] / 2
    frame["near"] = frame["high"] * rng.random(4_000) + rng.normal(0, 0.02, 4_000)
    frame["far"] = 0.9 + rng.random(4_000)
    pair = (low, "high")
    table, transform = _transform(frame, ())
    real = {name: np.minimum(frame[name], frame["high"]).to_numpy() for name in frame}
    held, bending = _keepable(table, transform, (pair,), real)
    assert held == ((pair,) if kept else ())
    assert bending == ((pair,) if low == "far" else ())


def test_an_order_of_a_computed_column_holds_in_every_row_and_under_conditions():
    rng = np.random.default_rng(3)
    lain = rng.normal(8.5, 0.9, 400).round(1)
    naps, asleep = rng.exponential(0.5, 400).round(1), (lain * rng.beta(12, 2, 400)).round(1)
    frame = pd.DataFrame({"lain": lain, "asleep": np.minimum(asleep, lain - naps).round(1), "naps": naps})
    frame["all"] = (frame["asleep"] + frame["naps"]).round(1)
    frame["ward"] = rng.choice(["A", "B"], 400)
    model = Synthesizer(generator="chains", seed=0).fit(frame)
    assert "dropped" not in model.manifest()["training"]
    for where in (None, {"ward": "A", "lain": (9, None)}):
        made = model.sample(2_000, where=where)
        assert (made["all"] <= made["lain"]).all()
        assert np.allclose(made["asleep"] + made["naps"], made["all"])
        assert where is None or ((made["ward"] == "A") & (made["lain"] >= 9)).all()
