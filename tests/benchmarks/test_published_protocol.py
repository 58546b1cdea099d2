"""Our Shape and Trend errors are one minus what sdmetrics 0.26 reports (numbers made by tools/sdmetrics_fixture.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets.tables import Task
from benchmarks.runs.judge import as_categories, judge, lost_levels, published
from synthgan.metrics.data.alignment import align
from synthgan.metrics.statistics.distances import Sides, shape_distances, trend_distances
from tools.sdmetrics_fixture import CATEGORICAL, CODED, pair

EXPECTED = json.loads((Path(__file__).parent / "sdmetrics_026.json").read_text(encoding="utf-8"))
# TVComplement adds a millionth of a row to levels that only the synthetic table has: the only difference there is.
EXACTNESS = 1e-6


@pytest.fixture(scope="module")
def sides():
    tables, _ = align(*(as_categories(frame, CODED) for frame in pair()))
    return Sides.deal(tables.real, tables.synthetic, 0, np.random.default_rng(0))


def test_the_means_are_those_of_sdmetrics():
    real, synthetic = pair()
    found = published(real, synthetic, real.head(50), CODED)
    assert EXPECTED["sdmetrics"].startswith("0.26.")
    assert 1 - found["shape_error"]["value"] == pytest.approx(EXPECTED["scores"]["Column Shapes"], abs=EXACTNESS)
    assert 1 - found["trend_error"]["value"] == pytest.approx(EXPECTED["scores"]["Column Pair Trends"], abs=EXACTNESS)


def test_every_column_and_every_pair_is_that_of_sdmetrics(sides):
    shapes, trends = shape_distances(sides), trend_distances(sides, np.random.default_rng(0))
    for distances, expected in ((shapes, EXPECTED["Column Shapes"]), (trends, EXPECTED["Column Pair Trends"])):
        found = {frozenset(names): 1 - row[0] for names, row in zip(distances.names, distances.statistics, strict=True)}
        assert found == pytest.approx(
            {frozenset(key.split(" with ")): score for key, score in expected.items()}, abs=EXACTNESS
        )


def test_the_fixture_has_what_can_go_wrong():
    real, synthetic = pair()
    assert set(synthetic["code"]) - set(real["code"])  # levels of the synthetic table alone
    assert set(real["ward"]) - set(synthetic["ward"])  # and of the real one
    assert real["bill"].max() > 5 * real["bill"].median()
    assert {"b", "f", "i", "O"} <= {dtype.kind for dtype in real.dtypes}
    assert set(CATEGORICAL) < set(real)


def test_codes_counted_as_numbers_are_another_measure():
    real, synthetic = pair()
    as_codes, as_numbers = (published(real, synthetic, real.head(50), coded) for coded in (CODED, ()))
    assert as_codes["trend_error"]["value"] > as_numbers["trend_error"]["value"] + 0.02


@pytest.mark.parametrize("coded", [(), CODED], ids=["none", "codes"])
def test_the_judge_gives_every_score_and_the_published_ones_beside_them(coded):
    real, synthetic = pair()
    found = judge(real, synthetic, real.head(100), Task("ill", coded=coded))
    names = [score["name"] for score in found["scores"]]
    assert names[:3] == ["shape_error", "trend_error", "pair_tvd"]
    assert {"c2st_train", "c2st_holdout", "utility_real", "utility_synthetic", "exact_copies", "nearer_to_train"} < set(
        names
    )
    assert found["published_protocol"] == published(real, synthetic, real.head(100), coded)
    assert found["lost_levels"] == lost_levels(real, synthetic)
    assert "age=39" in found["lost_levels"]  # 7 of the 400 real rows
