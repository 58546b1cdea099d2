"""Coordinates under privacy: cells where surely many people are, cut level by level, and paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan import Schema, Synthesizer
from synthgan.data.schema import Column, Kind
from synthgan.data.table import Table
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.tabular.encoding.coordinates import Coordinates
from synthgan.tabular.encoding.quadtree import MAX_ROOTS, Cells, children, curve, roots_of
from synthgan.tabular.private.columns import learned_groups
from synthgan.tabular.private.coordinates import LEVELS, PrivateCoordinates
from synthgan.tabular.private.twins import SURE, Asking
from synthgan.tabular.queries import CoordinateCells, TableRecords

CITIES = np.array([[48.137, 11.575], [52.52, 13.405], [53.55, 9.99]])
FAR = (41.05, 18.95)  # within the bounds, where nobody else is
COLUMNS = (
    Column("lat", Kind.LATITUDE, "float64", decimals=4, missing="nan", minimum=40.0, maximum=56.0),
    Column("lon", Kind.LONGITUDE, "float64", decimals=4, missing="nan", minimum=4.0, maximum=20.0),
)
SCHEMA = Schema("pandas", (*COLUMNS, Column("city", Kind.CATEGORY, "object", levels=("M", "B", "H"))))


def people(rows=6_000, seed=0):
    """People around three cities, one far away, some nowhere and some of whom half is known."""
    rng = np.random.default_rng(seed)
    city = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
    residuals = np.round(CITIES[city] + rng.normal(0, 1, (rows, 2)) * [0.05, 0.08], 4)
    residuals[0] = FAR
    residuals[1:601] = np.nan
    residuals[601:631, 1] = np.nan
    return pd.DataFrame({"lat": residuals[:, 0], "lon": residuals[:, 1], "city": np.array(["M", "B", "H"])[city]})


def measured(frame, noise=2.0, columns=COLUMNS):
    """What the private twin finds, and the ledger; the noise is that of a question that could spend all."""
    twin = PrivateCoordinates()
    table = Table.read(frame, Schema("pandas", columns), validate=False)
    curator = Curator(TableRecords(table), PrivacyLedger(1e-6))
    noises = {name: noise / share**0.5 for name, share in twin.questions(columns, "pandas").items()}
    codec, held = twin.measure(columns, Asking(curator, noises, 0.0, "pandas"))
    return codec, held, curator.ledger


def away(residuals):
    """Degrees from each place to the nearest city."""
    return np.abs(np.asarray(residuals)[:, None] - CITIES).max(2).min(1)


def test_pairs_are_learned_together_where_they_are_declared_and_have_a_budget():
    groups = [(type(twin), [column.name for column in columns]) for twin, columns in learned_groups(SCHEMA)]
    assert groups[0] == (PrivateCoordinates, ["lat", "lon"])
    assert sum(PrivateCoordinates().questions(COLUMNS, "pandas").values()) == pytest.approx(1)
    undeclared = Schema.infer(people(), types_only=True)
    assert [len(columns) for _, columns in learned_groups(undeclared)] == [1, 1, 1]


def test_a_private_fit_draws_people_where_people_are():
    model = Synthesizer(epsilon=4.0, seed=0).fit(people(), schema=SCHEMA)
    drawn = model.sample(1_500)
    there = drawn.dropna()
    assert np.quantile(away(there[["lat", "lon"]]), 0.95) < 0.75
    assert (drawn["lat"].isna() == drawn["lon"].isna()).all()
    assert drawn["lat"].isna().mean() == pytest.approx(0.105, abs=0.04)
    south = there[there["city"] == "M"]
    assert (np.abs(south[["lat", "lon"]] - CITIES[0]).max(axis=1) < 1).mean() > 0.8
    box = model.sample(100, where={"lat": (52.3, 52.7), "lon": (13.0, 13.8)})
    assert box["lat"].between(52.3, 52.7).all()
    assert box["lon"].between(13.0, 13.8).all()
    ledger = model.manifest()["privacy"]
    assert 3.9 < ledger["epsilon"] <= 4.0
    asked = [charge["purpose"] for charge in ledger["charges"] if charge["stage"] == "columns"]
    assert 2 <= asked.count("where 'lat' and 'lon' lie") <= LEVELS
    assert asked.count("how 'lat' and 'lon' are distributed") == 1


def test_every_count_is_charged_and_no_level_is_counted_for_nothing():
    _, _, ledger = measured(people())
    rough = [charge for charge in ledger.charges if charge.purpose.startswith("where")]
    assert len(rough) <= LEVELS
    assert len(ledger.charges) == len(rough) + 1
    assert len({charge.sigma for charge in rough}) == 1


def test_no_cell_is_published_that_may_hold_nobody():
    """One person alone is in no cell, however often one asks; each cell's count stands out of its noise."""
    for seed in range(10):
        codec, held, ledger = measured(people(seed=seed))
        assert held.min() > SURE * ledger.charges[-1].sigma
        _, inside = codec.encoder.cell_of(np.array([FAR]))
        assert not inside.any()
        assert len(held) == codec.encoder.modes


def test_one_coordinate_alone_counts_as_missing():
    codec, held, ledger = measured(people())
    assert codec.encoder.has_missing
    assert held[-1] == pytest.approx(630, abs=5 * ledger.charges[-1].sigma)
    assert held.sum() == pytest.approx(6_000, abs=100)


def test_more_people_or_less_noise_make_finer_cells():
    coarse, fine = (measured(people(), noise)[0].encoder.cells for noise in (20.0, 0.5))
    assert fine[:, 0].max() > coarse[:, 0].max()
    assert len(fine) > len(coarse)


@pytest.mark.parametrize("rows", [0, 3])
def test_a_pair_lost_in_noise_still_has_a_mode(rows):
    codec, held, _ = measured(people(rows=1_000).iloc[700 : 700 + rows], noise=50.0)
    assert codec.encoder.modes >= 1
    assert (held >= 1).all()
    assert isinstance(codec, Coordinates)


@pytest.mark.parametrize(("counts", "whole"), [((100, 16, 16, 16), True), ((100, 40, 40, 40), False)])
def test_a_cell_stays_whole_where_its_parts_would_lose_many(monkeypatch, counts, whole):
    """At a deviation of 9, a cell is cut above 143 rows, and 36 of a part are sure; 48 of 148 would be lost."""
    monkeypatch.setattr("synthgan.privacy.curator.whole_normal", lambda size, deviation: np.zeros(size, np.int64))
    box = np.array([column.bounds for column in COLUMNS])
    root = roots_of(box, 24)[1]
    parts = Cells(np.empty((0, 2)), children(root, box), np.empty(0), False)
    residuals = np.repeat((parts.low + parts.high) / 2, counts, axis=0)
    codec, held, _ = measured(pd.DataFrame({"lat": residuals[:, 0], "lon": residuals[:, 1]}))
    assert whole == (root.tolist() in codec.encoder.cells.tolist())
    assert held.sum() == sum(counts)


boxes = st.tuples(st.floats(-90, 90), st.floats(-90, 90), st.floats(-180, 180), st.floats(-180, 180)).map(
    lambda ends: np.round(
        [sorted(ends[:2]), sorted(ends[2:])], 9
    )  # no map is finer, and cells do not tell 1e-40 from 0
)


@given(boxes, st.integers(0, 24), st.floats(0, 1), st.floats(0, 1))
def test_roots_cover_the_box_and_parts_cover_their_cell_in_it(box, deepest, north, east):
    roots = roots_of(box, deepest)
    assert len(roots) <= MAX_ROOTS
    assert (roots[:, 0] == roots[0, 0]).all()
    assert roots[0, 0] <= deepest
    point = np.array([[box[0] @ [1 - north, north], box[1] @ [1 - east, east]]]).clip(box[:, 0], box[:, 1])
    at, inside = Cells(np.empty((0, 2)), roots, np.empty(0), has_missing=False).cell_of(point)
    assert inside.all()
    parts = children(roots[at[0]], box)
    if roots[0, 0] < 24:
        assert Cells(np.empty((0, 2)), parts, np.empty(0), has_missing=False).cell_of(point)[1].all()
        assert (np.diff(Cells(np.empty((0, 2)), parts, np.empty(0), has_missing=False).starts) > 0).all()


def test_places_fall_into_their_cell_the_rest_or_missing():
    cells = roots_of(np.array([[40.0, 56.0], [4.0, 20.0]]), 24)
    frame = pd.DataFrame({"lat": [48.1, -33.9, np.nan, 48.1], "lon": [11.6, 151.2, 11.6, np.nan]})
    question = CoordinateCells(COLUMNS, cells)
    found = question.of(TableRecords(Table.read(frame, Schema("pandas", COLUMNS), validate=False)))
    assert found[1:].tolist() == [len(cells), len(cells) + 1, len(cells) + 1]
    low = Cells(np.empty((0, 2)), cells, np.empty(0), has_missing=False)
    assert low.starts[found[0]] <= curve(np.array([[48.1, 11.6]]))[0]
    assert question.size == len(cells) + 2


def test_places_are_drawn_within_the_declared_bounds():
    """Cells on the grid of the globe reach beyond them; people stand at the very edge."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"lat": 56 - rng.exponential(0.2, 3_000).round(4), "lon": rng.uniform(4, 20, 3_000).round(4)})
    codec, _, _ = measured(frame.clip({"lat": 40.0, "lon": 4.0}, {"lat": 56.0, "lon": 20.0}, axis=1), noise=10.0)
    assert (codec.encoder.high > [56.0, 20.0]).any()
    codes = np.repeat(np.arange(len(codec.encoder.cells), dtype=np.int32), 500)
    lat, lon = codec.decode(codes, rng.normal(size=(len(codes), 2)).astype(np.float32))
    assert ((lat >= 40) & (lat <= 56)).all()
    assert ((lon >= 4) & (lon <= 20)).all()
