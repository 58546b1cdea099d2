"""What is added to rare rows is added below them, and figures are gains over the same rows without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.datasets import imbalanced
from benchmarks.runs import augmentation

ROWS = 400


def table(seed=0, rows=ROWS):
    rng = np.random.default_rng(seed)
    rare = rng.random(rows) < 0.15
    return pd.DataFrame(
        {
            "x": rng.normal(rare * 1.5, 1),
            "gap": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
            "word": np.where(rare & (rng.random(rows) < 0.5), "a", rng.choice(["b", "c", None], rows)),
            "class": np.where(rare, "yes", "no"),
        }
    )


@pytest.fixture
def parts(monkeypatch, tmp_path):
    (tmp_path / "tables").mkdir()
    table(rows=3_000).to_parquet(tmp_path / "tables" / "small.parquet")
    monkeypatch.setitem(imbalanced.TABLES, "small", imbalanced.Rare("class", ("yes",)))
    monkeypatch.setattr(imbalanced, "ROWS", 600)
    return imbalanced.load("small", tmp_path, 0)


def test_a_hundred_rare_rows_are_learned_and_the_other_half_is_tested_on_as_it_is(parts):
    assert (len(parts.rare), parts.rare.sum()) == (600, 100)
    assert len(parts.test) == 1_500
    assert 0.12 < parts.test_rare.mean() < 0.18
    assert "class" not in parts.features


@pytest.mark.parametrize("model", ["real", "over", "smote", "chains"])
def test_models_add_rows_of_the_rare_class_below_the_real_ones(parts, model):
    features, rare = augmentation.added(model, parts, 0)
    pd.testing.assert_frame_equal(features.iloc[:600].reset_index(drop=True), parts.features, check_dtype=False)
    assert (np.asarray(rare[600:]) == 1).all()
    assert len(features) == (600 if model == "real" else 1_000)
    assert augmentation.judged((features, rare), parts, weights=False)["auc"] > 0.7


def test_a_peer_learns_rows_and_classes_elsewhere_and_is_asked_for_the_rare_one(parts, monkeypatch):
    asked = []

    def elsewhere(model, table, seed, options):
        asked.append((model, seed, options, int(table[augmentation.CLASS].sum())))
        return table.iloc[: options["rows"]], {}

    monkeypatch.setattr(augmentation, "fitted_elsewhere", elsewhere)
    features, rare = augmentation.added("ctgan", parts, 3)
    assert asked == [("ctgan", 3, {"rows": 400, "column": augmentation.CLASS, "level": 1}, 100)]
    assert list(features) == list(parts.features)
    assert (len(features), rare.sum(), (rare[600:] == 1).all()) == (1_000, 500, True)


def test_a_peer_whose_environment_lacks_is_refused_in_one_line(parts, monkeypatch, tmp_path):
    monkeypatch.setattr("benchmarks.runs.tabular.PEERS_PYTHON", tmp_path / "none")
    with pytest.raises(SystemExit, match="make peers"):
        augmentation.main(["--data", str(tmp_path), "--tables", "small", "--models", "real,ctgan"])


def test_the_page_says_what_is_gained_over_real_rows_and_keeps_unseen_tables_apart():
    runs = [
        {"table": name, "model": model, "seed": seed, "scores": {"auc": 0.7 + gain + 0.01 * seed}}
        for name, gain in (("adult", 0.1), ("magic", 0.2), ("default", 0.05))
        for model, gain in (("real", 0.0), ("smote", gain))
        for seed in (0, 1)
    ]
    lines = augmentation.page(runs, ["real", "smote"])
    assert "| adult | 0.705 | +0.100 (+0.100 to +0.100) |" in lines
    assert "| **mean of those looked at** |  | **+0.150 (-0.485 to +0.785)** |" in lines
    assert "| **mean of the unseen** |  | **+0.050** |" in lines


def test_unseen_tables_are_five_and_half_of_all_are_of_the_package():
    assert len(imbalanced.TABLES) == 12
    assert len(imbalanced.UNSEEN) == 5
    assert sum("/" in name for name in imbalanced.TABLES) == 6
    assert set(imbalanced.UNSEEN) <= set(imbalanced.TABLES)
