"""What trees see of each mode: numbers by their score, levels by their order and by what they go with."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.chain_tables import levels_table, patients
from helpers.levels import fitted

from synthgan.config import EncodingConfig
from synthgan.tabular.chains import features as views_module
from synthgan.tabular.chains.features import MISSING_SCORE, WIDTH, ModeFeatures
from synthgan.tabular.encoding.continuous import FINE, ModeSpecificNormalizer
from synthgan.tabular.encoding.layout import Encoded, make_layout

RNG = np.random.default_rng(0)


def fit(encoded, layout, seed=0):
    return ModeFeatures.fit(encoded, layout, np.random.default_rng(seed))


def test_numbers_are_seen_by_their_score_and_missing_below_all():
    values = np.concatenate([RNG.normal(size=3_000), np.zeros(400), np.full(300, np.nan)])
    encoder = ModeSpecificNormalizer.fit(
        values, EncodingConfig(), step=0, minimum=None, maximum=None, cut=FINE, rng=RNG
    )
    layout = make_layout({"x": encoder})
    codes = encoder.encode(values, RNG).codes
    mode_features = fit(Encoded(codes[:, None], np.zeros((len(codes), 1))), layout)
    seen = mode_features.features(codes, layout, 0)
    assert seen.shape == (len(codes), 1)
    assert seen.dtype == np.float32
    assert (seen[-300:] == MISSING_SCORE).all()
    assert (seen[:-300] > MISSING_SCORE).all()
    np.testing.assert_array_equal(seen[:-300, 0], layout.centers[codes[:-300]])
    assert np.unique(seen[3_000:3_400]).tolist() == [pytest.approx(0, abs=0.05)]  # the zeros stand amid the others


@pytest.mark.parametrize(
    ("levels", "ordered", "rising"),
    [
        (("low", "mid", "high"), True, ("low", "mid", "high")),
        (("low", "mid", "high"), False, ("high", "low", "mid")),
        (("10", "9", "-2.5"), False, ("-2.5", "9", "10")),
        (("10", "9", "-2.5"), True, ("10", "9", "-2.5")),
    ],
)
def test_levels_are_seen_in_their_order_and_missing_comes_last(levels, ordered, rising):
    codes = np.repeat([0, 1, 2, -1], 100).astype(np.int32)
    encoder = fitted(codes, levels, ordered=ordered)
    layout = make_layout({"x": encoder})
    mode_features = fit(Encoded(encoder.encode(codes, levels)[:, None], np.zeros((400, 0))), layout)
    scores = dict(zip(levels, mode_features.table[:3, 0], strict=True))
    assert tuple(sorted(scores, key=scores.get)) == rising
    assert mode_features.table[3, 0] > max(scores.values())
    np.testing.assert_allclose(np.sort(mode_features.table[:, 0]), [-1.15, -0.319, 0.319, 1.15], atol=0.01)  # quarters


def towns(rows=4_000, seed=0):
    """Thirty towns, odd ones in one country and even ones in the other, by which sex and height differ."""
    rng = np.random.default_rng(seed)
    town = rng.integers(0, 30, rows)
    country = town % 2
    follows = rng.random((rows, 2)) < 0.2 + 0.6 * country[:, None]
    return levels_table(town=town, tall=follows[:, 0].astype(int), rich=follows[:, 1].astype(int))


def test_alike_levels_lie_near_each_other():
    mode_features = fit(*towns())
    odd, even = mode_features.table[1:30:2, 1], mode_features.table[0:30:2, 1]
    apart = abs(odd.mean() - even.mean())
    assert apart > 6 * max(odd.std(), even.std())
    assert mode_features.table[:30, 2].std() < apart / 10  # and the next axis is scaled by how little it explains


def test_levels_of_a_lone_column_have_their_order_alone():
    mode_features = fit(*levels_table(x=RNG.integers(0, 30, 500)))
    assert mode_features.widths.tolist() == [1]


def test_columns_are_as_wide_as_their_levels_need():
    columns = {f"of {size}": RNG.integers(0, size, 2_000) for size in (2, 3, 8, 9, 40)}
    encoded, layout = levels_table(**columns)
    mode_features = fit(encoded, layout)
    assert mode_features.widths.tolist() == [1, 2, 2, WIDTH, WIDTH]
    for column, width in enumerate(mode_features.widths):
        assert mode_features.features(encoded.codes[:, column], layout, column).shape == (2_000, width)
        part = slice(layout.starts[column], layout.starts[column] + layout.sizes[column])
        assert (mode_features.table[part, width:] == 0).all()
        assert (mode_features.table[part, :width].std(0) > 0).all()


@pytest.mark.parametrize("most_rows", [100, 10_000])
def test_shares_are_those_of_all_rows_even_where_the_axes_are_found_on_some(most_rows, monkeypatch):
    monkeypatch.setattr(views_module, "MAX_ROWS", most_rows)
    encoded, layout = patients()
    counts = np.bincount((encoded.codes + layout.starts).ravel(), minlength=layout.modes)
    np.testing.assert_allclose(fit(encoded, layout).shares, counts / len(encoded))


@pytest.mark.parametrize("limit", ["MAX_ROWS", "MAX_INDICATORS"])
def test_large_tables_are_looked_at_in_part_and_the_same_way_every_time(limit, monkeypatch):
    encoded, layout = towns()
    whole = fit(encoded, layout)
    monkeypatch.setattr(views_module, limit, {"MAX_ROWS": 1_000, "MAX_INDICATORS": 5}[limit])
    part, again, other = fit(encoded, layout), fit(encoded, layout), fit(encoded, layout, seed=1)
    np.testing.assert_array_equal(part.table, again.table)
    assert (part.table != other.table).any()
    assert (part.table != whole.table).any()
    assert np.isfinite(part.table).all()


def test_the_signs_of_the_axes_do_not_hang_on_the_library(monkeypatch):
    encoded, layout = towns()
    usual = fit(encoded, layout)
    svd = np.linalg.svd

    def turned(matrix, **options):
        left, sizes, right = svd(matrix, **options)
        return -left, sizes, -right

    monkeypatch.setattr(np.linalg, "svd", turned)
    np.testing.assert_array_equal(fit(encoded, layout).table, usual.table)


def test_splits_are_judged_by_levels_one_by_one_and_by_more_than_the_mean_of_numbers():
    encoded, layout = patients()
    mode_features = fit(encoded, layout)
    np.testing.assert_array_equal(np.sort(mode_features.targets(layout, 1), 0), np.sort(np.eye(3), 0))
    ages = mode_features.targets(layout, 3)
    assert len(ages) == layout.sizes[3]
    np.testing.assert_allclose(ages[:, 0], mode_features.table[layout.span("age").start :, 0])
    shape = np.abs(ages[:, :1])  # two wards of one mean age, one of them of the old and the young
    assert np.linalg.matrix_rank(np.hstack([ages, shape]) - ages.mean()) > 2
    spread = ages[[0, 5]].mean(0) - ages[[2, 3]].mean(0)
    assert abs(spread[0]) < 0.1
    assert np.abs(spread[1:]).max() > 0.3


def test_a_common_value_among_numbers_is_judged_on_its_own():
    values = np.concatenate([RNG.normal(size=3_000), np.zeros(400), np.full(300, np.nan)])
    encoder = ModeSpecificNormalizer.fit(
        values, EncodingConfig(max_modes=20), step=0, minimum=None, maximum=None, cut=FINE, rng=RNG
    )
    layout = make_layout({"x": encoder})
    codes = encoder.encode(values, RNG).codes
    targets = fit(Encoded(codes[:, None], np.zeros((len(codes), 1))), layout).targets(layout, 0)
    alone = {tuple(column) for column in targets.T if set(column) == {0, 1}}
    modes = np.eye(layout.modes)
    assert alone == {tuple(modes[0]), tuple(modes[-1])}  # zero and missing
