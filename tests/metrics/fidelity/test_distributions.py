import numpy as np
import pandas as pd
import pytest

from synthgan import evaluate
from synthgan.errors import DataError
from synthgan.metrics.data.alignment import align
from synthgan.metrics.data.cells import MIN_UNITS
from synthgan.metrics.fidelity.distributions import distributions
from synthgan.metrics.statistics.distances import Sides, shape_distances
from synthgan.runtime import Streams

ROWS = 400


def _table(seed=0, rows=ROWS):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "ward": rng.choice(["north", "south", None], rows, p=[0.6, 0.3, 0.1]),
            "age": rng.integers(18, 90, rows),
            "pressure": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(120, 10, rows).round(1)),
            "admitted": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, rows), unit="D"),
            "person": rng.integers(0, 100, rows),
        }
    )


def _distributions(*frames, unit=None):
    tables, _ = align(*frames, unit=unit)
    return {column.name: column for column in distributions(tables, Streams(0))}


def test_rows_are_counted_in_the_order_of_the_table():
    real, synthetic, holdout = _table(), _table(1, 200), _table(2, 100)
    found = _distributions(real, synthetic, holdout)
    assert list(found) == [
        name for name in real.columns if name != "person"
    ]  # an identifier, however often one repeats
    for column in found.values():
        sides = (column.real, column.synthetic, column.holdout)
        assert [len(side) for side in sides] == [len(column.labels)] * 3
        assert [side.sum() for side in sides] == [400, 200, 100]
        assert column.units.tolist() == column.real.tolist()
    ward = found["ward"]
    assert ward.labels == ("north", "south", "missing")
    assert ward.real.tolist() == [*real["ward"].value_counts(), real["ward"].isna().sum()]
    assert found["admitted"].labels[1].startswith("2024-0")


def test_numbers_are_counted_in_ranges_that_hold_people_and_show_no_extreme():
    real, holdout = _table(), _table(2, 100)
    found = _distributions(real, _table(1), holdout)
    for name in ("age", "pressure", "admitted"):
        column = found[name]
        assert len(column.labels) >= 4
        assert min(column.units[column.units > 0]) >= MIN_UNITS
        assert min(column.holdout_units[column.holdout_units > 0]) >= MIN_UNITS
    ages, column = real["age"], found["age"]
    inner = column.edges[1:-1]
    wanted = np.histogram(ages, bins=[-np.inf, *inner, np.inf])[0]
    assert column.real.tolist() == wanted.tolist()
    assert ages.min() < inner.min() < inner.max() <= ages.max()


def test_gaps_are_a_cell_of_their_own_unless_few_people_have_them():
    real = _table()
    assert _distributions(real, real)["pressure"].labels[-1] == "missing"
    few = real.assign(pressure=real["pressure"].fillna(120))
    few.loc[:2, "pressure"] = np.nan
    column = _distributions(few, few)["pressure"]
    assert column.labels[-1].endswith(", or missing")
    assert column.real.sum() == ROWS


def test_people_are_counted_once_however_many_rows_they_have():
    real = _table()
    found = _distributions(real, real, unit="person")
    assert "person" not in found
    ward = found["ward"]
    wanted = [real.loc[real["ward"] == level, "person"].nunique() for level in ("north", "south")]
    assert ward.units[:2].tolist() == wanted
    assert (ward.real[:2] > wanted).all()
    assert found["age"].units.min() >= MIN_UNITS


def test_rows_that_name_nobody_count_as_one_person():
    real = _table().assign(person=None)
    assert _distributions(real, real, unit="person")["ward"].units.tolist() == [1, 1, 1]
    tables, _ = align(real.assign(person=[*range(9), *[None] * (ROWS - 9)]), real, unit="person")
    assert len(np.unique(tables.real.units)) == 10


def test_the_holdout_and_the_synthetic_table_may_lack_the_unit():
    real = _table()
    other = real.drop(columns="person")
    tables, notes = align(real, other, other, unit="person")
    assert tables.holdout.units is None
    assert notes == ("left out, as it says whose a row is: person",)
    assert tables.real.take(np.array([3, 1])).units.tolist() == tables.real.units[[3, 1]].tolist()


@pytest.mark.parametrize("unit", ["nobody", 7])
def test_a_unit_that_is_no_column_is_refused(unit):
    with pytest.raises(DataError, match="unit must be a column"):
        evaluate(_table(), _table(), unit=unit)


def test_errors_are_those_that_the_shape_score_averages():
    real, synthetic = _table(), _table(1)
    found = _distributions(real, synthetic)
    tables, _ = align(real, synthetic)
    sides = Sides.deal(tables.real, tables.synthetic, 0, np.random.default_rng(0))
    assert np.mean([column.error for column in found.values()]) == pytest.approx(shape_distances(sides).mean().value)


def test_evaluate_carries_them_and_tells_its_stages():
    stages = []
    report = evaluate(_table(rows=60), _table(1, 60), unit="person", progress=stages.append)
    assert [column.name for column in report.details.columns] == ["ward", "age", "pressure", "admitted"]
    assert report.details.association.names == ("ward", "age", "pressure", "admitted")
    assert stages[0] == "aligning"
    assert len(set(stages)) == len(stages) >= 5
