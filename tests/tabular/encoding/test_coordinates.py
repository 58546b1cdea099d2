"""Geographic coordinates: learned together, drawn where people are, and never in a box of a few."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan import Chains, DataError, Network, Schema, Synthesizer
from synthgan.config import EncodingConfig
from synthgan.data.clauses import read_where
from synthgan.data.schema import Column, Kind
from synthgan.io.contract import MisfitError
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.coordinates import NO_CELLS, Coordinates
from synthgan.tabular.encoding.quadtree import Cells

RARE_BELOW = 10
CITIES = np.array([[48.137, 11.575], [52.52, 13.405], [53.55, 9.99]])
COLUMNS = (
    Column("lat", Kind.LATITUDE, "float64", decimals=4, missing="nan"),
    Column("lon", Kind.LONGITUDE, "float64", decimals=4, missing="nan"),
)


def people(rows=3_000, seed=0):
    """People around three cities, 200 of them in one clinic, three far away, some nowhere."""
    rng = np.random.default_rng(seed)
    city = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
    pairs = np.round(CITIES[city] + rng.normal(0, 1, (rows, 2)) * [0.05, 0.08], 4)
    pairs[:200], city[:200] = (48.1111, 11.4444), 0
    pairs[200:203] = -33.86, 151.2
    pairs[203:233] = np.nan
    return pd.DataFrame({"lat": pairs[:, 0], "lon": pairs[:, 1], "city": np.array(["M", "B", "H"])[city]})


def fit(pairs, rare_below=RARE_BELOW):
    values = pairs[:, 0], pairs[:, 1]
    config = EncodingConfig(rare_below=rare_below)
    codec = Coordinates.fit(COLUMNS, values, config, FINE, np.random.default_rng(0))
    return codec, values


def in_boxes(codec, pairs):
    """Which of the places lie in each point or box."""
    low, high = codec.encoder.low, codec.encoder.high
    return ((pairs[:, None] >= low) & ((pairs[:, None] < high) | (low == high) & (pairs[:, None] == low))).all(2)


@pytest.fixture(scope="module")
def table():
    return people()


@pytest.fixture(scope="module")
def fitted(table):
    return Synthesizer(generator="chains", seed=0).fit(table)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(2, 30), st.sampled_from(["cloud", "line", "villages"]))
def test_no_box_is_told_by_fewer_than_the_threshold_and_every_place_drawn_lies_in_one(seed, rare_below, form):
    rng = np.random.default_rng(seed)
    pairs = rng.normal(0, 20, (400, 2))
    if form == "line":
        pairs[:, 1] = pairs[:, 0]
    if form == "villages":
        pairs = rng.integers(-3, 3, (400, 2)) * 7 + rng.normal(0, 0.01, (400, 2))
    pairs = np.round(pairs.clip(-89, 89), 4)
    codec, values = fit(pairs, rare_below)
    held = in_boxes(codec, pairs)
    assert (held.sum(0) >= rare_below / 2).all()  # of those that a box is drawn by, half lie in it at least (Chebyshev)
    assert (held.sum(1) <= 1).all() or len(codec.encoder.points)
    assert not np.isin(codec.encoder.boxes[:, [0, 2]], pairs[:, 0]).any()  # no end of a box is anybody's place
    codes, residuals = codec.encode(values, rng)
    drawn = np.column_stack(codec.decode(codes, rng.normal(size=residuals.shape).astype(np.float32)))
    slack = 1e-9
    low, high = codec.encoder.low[codes], codec.encoder.high[codes]
    assert ((drawn >= low - slack) & (drawn <= high + slack)).all()


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_what_lies_in_a_box_comes_back_exactly(seed):
    rng = np.random.default_rng(seed)
    pairs = np.round(CITIES[rng.integers(0, 3, 500)] + rng.normal(0, 0.05, (500, 2)), 4)
    codec, values = fit(pairs)
    inside = codec.encoder.find(pairs)[1]
    assert inside.mean() > 0.8
    back = np.column_stack(codec.decode(*codec.encode(values, rng)))
    np.testing.assert_allclose(back[inside], pairs[inside], atol=1.1e-4)  # a step: the jitter may round either way


def test_a_pair_is_recognised_by_name_and_range(table):
    kinds = {column.name: column.kind for column in Schema.infer(table)}
    assert (kinds["lat"], kinds["lon"]) == (Kind.LATITUDE, Kind.LONGITUDE)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Latitude", "latitude"),
        ("home_lat", "latitude"),
        ("pickupLng", "longitude"),
        ("LON", "longitude"),
        ("geo.long", "longitude"),
        ("latency", "decimal"),
        ("flat", "decimal"),
        ("salon", "decimal"),
        ("platform", "decimal"),
        ("belonging", "decimal"),
    ],
)
def test_names_are_read_as_words(name, kind):
    (column,) = Schema.infer(pd.DataFrame({name: np.linspace(1.5, 40.25, 50)}))
    assert column.kind == kind


def test_numbers_beyond_the_globe_are_decimals():
    (column,) = Schema.infer(pd.DataFrame({"lat": np.linspace(0.5, 1_000.25, 50)}))
    assert column.kind is Kind.DECIMAL


def test_pairs_are_found_by_what_their_names_have_in_common():
    names = ["home_lat", "work_lon", "home_lon", "work_lat", "third_lat"]
    kinds = [Kind.LATITUDE if name.endswith("lat") else Kind.LONGITUDE for name in names]
    columns = [Column(name, kind, "float64") for name, kind in zip(names, kinds, strict=True)]
    found = [tuple(column.name for column in pair) for pair in Coordinates.claim(columns)]
    assert found == [("home_lat", "home_lon"), ("work_lat", "work_lon")]


def test_half_a_pair_missing_leaves_each_column_to_itself(table):
    table = table.copy()
    table.loc[500:510, "lon"] = np.nan
    model = Synthesizer(generator="chains", seed=0).fit(table)
    drawn = model.sample(500)
    assert drawn.lon.isna().sum() != 0
    assert [codec.name for codec in model.model_.transform.codecs] == ["numbers", "numbers", "levels"]


def test_people_are_drawn_where_people_are(table, fitted):
    drawn = fitted.sample(3_000)
    assert list(drawn.dtypes) == list(table.dtypes)
    pairs = drawn[["lat", "lon"]].dropna().to_numpy()
    off = np.abs(pairs[:, None] - CITIES).max(2).min(1)
    assert (off < 0.5).mean() > 0.99  # drawn one by one, 6 of 10 would lie between the cities
    assert not (pairs[:, 0] < 0).any()  # three people are too few to be told
    assert ((drawn.lat == 48.1111) & (drawn.lon == 11.4444)).mean() == pytest.approx(0.067, abs=0.02)
    assert drawn.lat.isna().equals(drawn.lon.isna())
    assert drawn.lat.isna().mean() == pytest.approx(0.01, abs=0.008)
    assert (pairs == np.round(pairs, 4)).all()
    assert (drawn.city[drawn.lat.between(52.3, 52.8)] == "B").mean() > 0.95  # learned together with the other columns


@pytest.mark.parametrize(
    "where",
    [
        {"lat": (48.1, 48.2), "lon": (11.5, 11.6)},
        ["lat>=48.1", "lat<=48.2", "lon>=11.5", "lon<=11.6"],
        {"lat": (48.1, 48.2), "lon": (11.5, 11.6), "city": "M"},
    ],
)
def test_a_bounding_box_is_met_exactly(fitted, where):
    drawn = fitted.sample(200, where=where)
    assert drawn.lat.between(48.1, 48.2).all()
    assert drawn.lon.between(11.5, 11.6).all()
    assert drawn.lat.nunique() > 100


def test_missing_and_single_values_can_be_asked_for(fitted):
    drawn = fitted.sample(20, where=["lat=", "city=M"])
    assert drawn.lat.isna().all()
    assert drawn.lon.isna().all()
    assert (fitted.sample(20, where={"lat": 48.1111, "lon": 11.4444}).lat == 48.1111).all()


@pytest.mark.parametrize("where", [{"lat": (60, 70)}, {"lon": (-20, -10)}, {"lat": (48, 49), "lon": (13.2, 13.5)}])
def test_boxes_where_nobody_is_are_refused(fitted, where):
    with pytest.raises(DataError, match="must be one that rows can meet"):
        fitted.sample(10, where=where)


def test_no_missing_where_none_was_learned():
    codec, _ = fit(people()[["lat", "lon"]].dropna().to_numpy())
    (clause,) = read_where(["lat="])
    with pytest.raises(DataError, match="missing never was"):
        codec.allow(clause)


def test_a_network_learns_pairs_too(table):
    model = Synthesizer(generator=Network(steps=20), seed=0).fit(table)
    drawn = model.sample(300, where={"lat": (48.1, 48.2), "lon": (11.5, 11.6)})
    assert drawn.lat.between(48.1, 48.2).all()
    assert drawn.lon.between(11.5, 11.6).all()


def test_gaps_are_filled_in_pairs(table, fitted):
    gaps = table[table.lat > 0].head(300).copy()
    gaps.loc[::3, ["lat", "lon"]] = None
    gaps.loc[1::3, "lon"] = None
    filled = fitted.impute(gaps)
    assert not filled.isna().any().any()
    assert filled.lat[1::3].equals(gaps.lat[1::3])
    off = np.abs(filled[["lat", "lon"]].to_numpy()[:, None] - CITIES).max(2).min(1)
    assert (off < 0.5).mean() > 0.98


def test_a_model_file_keeps_pairs(fitted, tmp_path):
    fitted.save(tmp_path / "m.synthgan")
    again = Synthesizer.load(tmp_path / "m.synthgan")
    assert again.sample(50).equals(fitted.sample(50))
    described = json.loads(json.dumps(again.manifest()["encoding"]["encoders"]))
    assert described[0]["codec"] == "coordinates"
    assert described[0]["columns"] == ["lat", "lon"]


def test_a_schema_declares_pairs_and_bounds(table):
    schema = json.loads(Schema.infer(table.rename(columns={"lat": "y", "lon": "x"})).to_json())
    for column, kind in zip(schema["columns"], ["latitude", "longitude"], strict=False):
        column["kind"] = kind
    declared = Schema.from_dict(schema)
    model = Synthesizer(generator=Chains(chains=1, rounds=0)).fit(
        table.rename(columns={"lat": "y", "lon": "x"}), schema=declared
    )
    assert [codec.name for codec in model.model_.transform.codecs] == ["coordinates", "levels"]
    assert declared.column("y").bounds == (-90, 90)
    assert declared.column("x").bounds == (-180, 180)


FAR_APART = {
    "Paris": (48.85, 2.35),
    "Berlin": (52.52, 13.4),
    "Rome": (41.9, 12.5),
    "Madrid": (40.42, -3.7),
    "Oslo": (59.91, 10.75),
}


def townspeople(rows, towns=tuple(FAR_APART), seed=0):
    """People near a few towns far apart, and which one is theirs."""
    rng = np.random.default_rng(seed)
    town = rng.choice(towns, rows)
    pairs = np.round(np.array([FAR_APART[name] for name in town]) + rng.normal(0, 0.05, (rows, 2)), 5)
    return pd.DataFrame({"town": town, "lat": pairs[:, 0], "lon": pairs[:, 1]})


def far_share(drawn, towns=tuple(FAR_APART)):
    """The share of places more than half a degree from the town of their row (or from any town)."""
    pairs = drawn[["lat", "lon"]].to_numpy()[:, None]
    off = np.hypot(*np.moveaxis(pairs - np.array([FAR_APART[town] for town in towns]), 2, 0))
    near = off[np.arange(len(drawn)), [towns.index(town) for town in drawn.town]] if "town" in drawn else off.min(1)
    return (near > 0.5).mean()


@pytest.mark.parametrize("rows", [100, 200, 500])
def test_everyone_lives_near_their_town_however_few_rows_there_are(rows):
    drawn = Synthesizer(generator="chains", seed=0).fit(townspeople(rows)).sample(2_000)
    assert far_share(drawn) < 0.02
    assert far_share(drawn.drop(columns="town")) < 0.02
    assert drawn[["lat", "lon"]].drop_duplicates().shape[0] > 1_000


def test_so_does_everyone_whom_a_student_draws():
    assert far_share(Synthesizer(seed=0).fit(townspeople(200)).sample(2_000)) < 0.02


def test_places_stay_where_people_are_without_the_name_of_a_town():
    table = townspeople(120).drop(columns="town")
    table["age"] = np.random.default_rng(1).integers(20, 80, len(table))
    assert far_share(Synthesizer(generator="chains", seed=0).fit(table).sample(2_000)) < 0.02


def test_two_groups_at_two_ends_of_the_world_stay_two_groups():
    table = townspeople(60, ("Paris", "Berlin")).drop(columns="town")
    table.loc[::2, ["lat", "lon"]] = np.round(np.random.default_rng(2).normal([-33.9, 151.2], 0.2, (30, 2)), 5)
    drawn = Synthesizer(generator="chains", seed=0).fit(table).sample(1_000)
    south = drawn.lat < 0
    assert 0.4 < south.mean() < 0.6
    assert ((drawn.lat[south] + 33.9).abs() < 1.2).all()
    assert far_share(drawn[~south]) < 0.02


def test_one_latitude_alone_stays_where_people_are():
    table = townspeople(200).drop(columns=["lon", "town"])
    drawn = Synthesizer(generator="chains", seed=0).fit(table).sample(2_000)
    off = np.abs(drawn.lat.to_numpy()[:, None] - [place[0] for place in FAR_APART.values()]).min(1)
    assert (off > 0.4).mean() < 0.02


def test_missing_pairs_are_missing_in_pairs_and_move_nobody():
    table = townspeople(200)
    table.loc[::5, ["lat", "lon"]] = np.nan
    drawn = Synthesizer(generator="chains", seed=0).fit(table).sample(2_000)
    assert drawn.lat.isna().equals(drawn.lon.isna())
    assert drawn.lat.isna().mean() == pytest.approx(0.2, abs=0.05)
    assert far_share(drawn.dropna()) < 0.02


def test_declared_coordinates_stay_where_people_are():
    table = townspeople(150).rename(columns={"lat": "y", "lon": "x"})
    schema = json.loads(Schema.infer(table).to_json())
    for column, kind in zip(schema["columns"], ["category", "latitude", "longitude"], strict=True):
        column["kind"] = kind
    model = Synthesizer(generator="chains", seed=0).fit(table, schema=Schema.from_dict(schema))
    assert [codec.name for codec in model.model_.transform.codecs] == ["levels", "coordinates"]
    assert far_share(model.sample(1_000).rename(columns={"y": "lat", "x": "lon"})) < 0.02


def on_a_grid(rows, step, offset, seed=0):
    rng = np.random.default_rng(seed)
    cells = rng.integers([80, 10], [110, 40], (rows, 2))
    return pd.DataFrame(cells * step + offset, columns=["lat", "lon"]).assign(rain=rng.gamma(2, 5, rows).round(1))


@pytest.mark.parametrize(
    ("rows", "step", "offset"), [(60, 0.5, 0.25), (300, 0.5, 0.25), (300, 0.25, 0), (900, 0.75, 0.1)]
)
def test_places_on_a_grid_stay_on_it(rows, step, offset):
    table = on_a_grid(rows, step, offset)
    assert [(c.step, c.offset or 0) for c in Schema.infer(table)][:2] == [(step, offset)] * 2
    drawn = Synthesizer(generator="chains", seed=0).fit(table).sample(1_000)
    for name in ("lat", "lon"):
        steps = ((drawn[name] - offset) / step).round(6)
        assert (steps % 1 == 0).all()
        assert steps.nunique() > 25
    assert (drawn[["lat", "lon"]] == drawn[["lat", "lon"]].round(2)).all().all()


def test_of_few_meridians_and_circles_none_is_invented():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"lat": rng.integers(10, 16, 300) * 2.5, "lon": rng.integers(0, 5, 300) * 2.5})
    drawn = Synthesizer(generator="chains", seed=0).fit(table).sample(1_000)
    for name in table:
        assert set(drawn[name]) == set(table[name])


def test_conditions_on_a_grid_are_met_on_it():
    model = Synthesizer(generator="chains", seed=0).fit(on_a_grid(300, 0.5, 0.25))
    drawn = model.sample(200, where={"lat": (44.0, 46.0), "lon": (10.3, 12.8)})
    assert set(drawn.lat) <= {44.25, 44.75, 45.25, 45.75}
    assert set(drawn.lon) <= {10.75, 11.25, 11.75, 12.25, 12.75}
    assert len(drawn.drop_duplicates(["lat", "lon"])) > 12
    with pytest.raises(DataError, match="must be one that rows can meet"):
        model.sample(5, where={"lat": (44.3, 44.7)})


def test_a_declared_step_of_coordinates_is_kept():
    schema = json.loads(Schema.infer(townspeople(100)).to_json())
    schema["columns"][1] |= {"step": 0.01, "offset": 0.005}
    drawn = Synthesizer(generator="chains", seed=0).fit(townspeople(100), schema=Schema.from_dict(schema)).sample(500)
    assert ((drawn.lat * 1_000).round(6) % 10 == 5).all()
    assert far_share(drawn) < 0.02


def test_a_place_of_few_is_in_no_box():
    pairs = people()[["lat", "lon"]].to_numpy()
    codec, _ = fit(pairs)
    assert not in_boxes(codec, np.array([[-33.86, 151.2]])).any()


def stated(codec):
    fields, arrays = codec.state()
    return {"codec": "coordinates", "columns": ["lat", "lon"], **fields}, arrays


def test_files_of_earlier_versions_hold_cells():
    modes = Cells(np.empty((0, 2)), np.array([[4, 11, 8], [4, 12, 8]]), np.array([0.25, 0.75]), has_missing=False)
    fields, arrays = stated(Coordinates(COLUMNS, modes))
    assert sorted(arrays) == ["cells", "masses"]
    codec = Coordinates.from_state(COLUMNS, fields, arrays)
    values = np.array([35.0, 50.0]), np.array([10.0, 20.0])
    codes, residuals = codec.encode(values, np.random.default_rng(0))
    assert codes.tolist() == [0, 1]
    np.testing.assert_allclose(codec.decode(codes, residuals), values, atol=1.1e-4)


BOXES = np.array([[48.0, 11.0, 48.5, 11.5], [52.0, 13.0, 52.5, 13.5]])


@pytest.mark.parametrize(
    ("boxes", "rule"),
    [
        (BOXES[::-1], "in the order of the curve"),
        (BOXES[:, [2, 1, 0, 3]], "south-western corner first"),
        (BOXES + np.array([90, 0, 90, 0]), "on the globe"),
        (BOXES * [1, 1, 1, np.nan], "boxes must be"),
        (BOXES[:1], "one for each mode"),
        (BOXES[:, :3], "boxes must be"),
    ],
)
def test_forged_boxes_are_refused(boxes, rule):
    modes = Cells(np.empty((0, 2)), NO_CELLS, np.array([0.5, 0.5]), has_missing=False, boxes=BOXES)
    fields, arrays = stated(Coordinates(COLUMNS, modes))
    assert Coordinates.from_state(COLUMNS, fields, arrays).encoder.boxes.tolist() == BOXES.tolist()
    with pytest.raises(MisfitError, match=rule):
        Coordinates.from_state(COLUMNS, fields, arrays | {"boxes": np.ascontiguousarray(boxes)})


def test_boxes_beside_cells_are_refused():
    modes = Cells(np.empty((0, 2)), np.array([[4, 11, 8]]), np.array([1.0]), has_missing=False)
    fields, arrays = stated(Coordinates(COLUMNS, modes))
    with pytest.raises(MisfitError, match="left out where there are cells"):
        Coordinates.from_state(COLUMNS, fields, arrays | {"boxes": BOXES})
