import numpy as np
import pandas as pd
import pytest

from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity import association as module
from synthgan.metrics.fidelity.association import association, cramers_v
from synthgan.metrics.fidelity.distributions import distributions
from synthgan.runtime import Streams


def _found(real, synthetic):
    tables, _ = align(real, synthetic)
    return association(tables, distributions(tables, Streams(0)), Streams(0))


def test_the_statistic_is_the_textbooks_where_its_correction_vanishes():
    # Two by two with a million rows: V is the phi coefficient, (ad - bc) over the root of the margins' product.
    table = np.array([[300_000, 200_000], [100_000, 400_000]])
    first, second = (np.repeat(part, table.ravel()) for part in ([0, 0, 1, 1], [0, 1, 0, 1]))
    phi = (300 * 400 - 200 * 100) / np.sqrt(500 * 500 * 400 * 600)
    assert cramers_v(first, second) == pytest.approx(phi, abs=1e-5)


def test_independent_columns_score_nothing_however_many_cells_they_have():
    rng = np.random.default_rng(0)
    found = [cramers_v(rng.integers(0, 20, 500), rng.integers(0, 20, 500)) for _ in range(50)]
    # Uncorrected, V would be about .2 each time; with it the mean over other seeds stays within .02 and .05.
    assert np.mean(found) < 0.08


@pytest.mark.parametrize("rows", [1, 2, 3, 50])
def test_columns_of_one_value_go_with_nothing(rows):
    assert cramers_v(np.zeros(rows, dtype=np.int64), np.arange(rows)) == 0


def test_numbers_levels_and_gaps_go_together_where_they_do():
    rng = np.random.default_rng(0)
    age = rng.integers(20, 80, 600)
    real = pd.DataFrame({"age": age, "old": np.where(age > 50, "yes", "no"), "free": rng.normal(size=600)})
    real["lab"] = np.where(real["old"] == "yes", np.nan, 1.5)
    synthetic = real.assign(old=rng.permutation(real["old"]))
    found = _found(real, synthetic)
    index = {name: at for at, name in enumerate(found.names)}
    assert list(index) == list(real.columns)
    assert found.real[index["age"], index["old"]] > 0.9
    assert found.real[index["old"], index["lab"]] > 0.98
    assert found.synthetic[index["age"], index["old"]] < 0.2
    assert (found.real == found.real.T).all()
    assert found.real.diagonal().tolist() == [1.0] * 4
    assert found.real[index["free"], index["old"]] < 0.15


def test_of_a_wide_table_the_columns_that_differ_most_are_kept_in_order(monkeypatch):
    monkeypatch.setattr(module, "MAX_COLUMNS", 2)
    real = pd.DataFrame({name: np.arange(50.0) for name in "abc"})
    found = _found(real, real.assign(a=real["a"] + 30, c=real["c"] + 20))
    assert found.names == ("a", "c")


def test_one_column_has_no_pair():
    frame = pd.DataFrame({"a": np.arange(50.0)})
    assert _found(frame, frame) is None


@pytest.mark.parametrize("rare_people", [1, 9, 10])
def test_what_few_people_share_does_not_show(rare_people):
    rng = np.random.default_rng(0)
    rows = 300
    real = pd.DataFrame({"drug": rng.choice(["no", "steady"], rows), "ward": rng.choice(["north", "south"], rows)})
    real["person"] = np.arange(rows)
    real.loc[: 2 * rare_people - 1, ["drug", "ward"]] = "rare"
    real.loc[: 2 * rare_people - 1, "person"] = np.repeat(np.arange(rare_people), 2)
    tables, _ = align(real, real, unit="person")
    found = association(tables, distributions(tables, Streams(0)), Streams(0))
    # Everybody with the rare drug is in the rare ward: V would be .7 or more.
    assert (found.real[0, 1] > 0.6) == (rare_people >= 10)
