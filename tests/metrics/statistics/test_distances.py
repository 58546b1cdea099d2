import numpy as np
import pandas as pd
import pytest

from synthgan.metrics.statistics import distances
from synthgan.metrics.statistics.distances import Sides, pair_distances, shape_distances, trend_distances

NAN = np.nan
RNG = np.random.default_rng


def sides(real, other, groups=0, seed=0):
    return Sides.deal(real, other, groups, RNG(seed))


def test_shape_by_hand(columns):
    real = columns([[1, 2, 3, 4]], [[0, 0, 1, -1]], levels=[3])
    other = columns([[3, 4, 5, NAN]], [[0, 1, 2, 2]], levels=[3])
    found = shape_distances(sides(real, other))
    # Numbers: at 2, half of the real and none of the other values lie below: .5; at 3 it is .75 against .333.
    # Levels: (2/3, 1/3, 0) against (1/4, 1/4, 1/2): half of 5/12 + 1/12 + 6/12.
    assert found.names == (("n0",), ("c0",))
    assert found.statistics[:, 0].tolist() == pytest.approx([0.5, 0.5])
    assert found.mean().value == pytest.approx(0.5)


def test_trend_by_hand(columns):
    real = columns([[0, 1, 2, 3], [0, 1, 2, 3]], [[0, 0, 1, 1]])
    other = columns([[0, 1, 2, 3], [3, 2, 1, 0]], [[0, 0, 1, 1]])
    found = trend_distances(sides(real, other), RNG(0))
    # Correlations 1 and -1 differ by 2, halved 1. The first number goes with the level as before: 0. The
    # second, cut into ten bins, has every level in bins where the real one has none: 1.
    assert dict(zip(found.names, found.statistics[:, 0], strict=True)) == pytest.approx(
        {("n0", "n1"): 1.0, ("n0", "c0"): 0.0, ("n1", "c0"): 1.0}
    )


def test_trend_gives_each_table_its_own_edges(columns):
    real = columns([[0, 1, 2, 3]], [[0, 0, 1, 1]])
    shifted = columns([[100, 110, 120, 130]], [[0, 0, 1, 1]])
    assert trend_distances(sides(real, shifted), RNG(0)).mean().value == 0
    assert pair_distances(sides(real, shifted), RNG(0)).mean().value == 1


def test_pair_tvd_by_hand_counts_missing(columns):
    real = columns(codes=[[0, 0, 1, 1], [0, 0, 1, 1]])
    other = columns(codes=[[0, 0, 1, 1], [0, 1, 1, -1]])
    # Cells 00, 11 hold half each; on the other side 00, 01, 11 and 1-missing a quarter each.
    found = pair_distances(sides(real, other), RNG(0))
    assert found.mean().value == pytest.approx(0.5)
    assert found.worst()[1] == "c0 with c1"


def sdmetrics_expects(real, other):
    """What sdmetrics' column metrics, put together as its versions up to 0.26 did, say of two frames."""
    pytest.importorskip("sdmetrics")
    from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
    from sdmetrics.single_column import KSComplement, TVComplement

    numeric = [name for name in real if real[name].dtype.kind == "f"]
    shape = {}
    for name in real:
        metric = KSComplement if name in numeric else TVComplement
        shape[name,] = 1 - metric.compute(real[name], other[name])
    cut = [
        frame.assign(**{n: np.digitize(frame[n], np.histogram_bin_edges(frame[n].dropna())) for n in numeric})
        for frame in (real, other)
    ]
    trend = {}
    names = list(real)
    for index, left in enumerate(names):
        for right in names[index + 1 :]:
            pair = [left, right]
            if left in numeric and right in numeric:
                trend[left, right] = 1 - CorrelationSimilarity.compute(real[pair], other[pair])
            else:
                trend[left, right] = 1 - ContingencySimilarity.compute(cut[0][pair], cut[1][pair])
    return shape, trend


def test_shape_and_trend_agree_with_sdmetrics(units):
    real, other = units(400, 0), units(300, 1, independent=True)

    def frame(table):
        levels = np.where(table.codes < 0, None, table.codes.astype(object).astype(str))
        return pd.DataFrame(table.numbers, columns=table.number_names).join(
            pd.DataFrame(levels, columns=table.code_names)
        )

    shape, trend = sdmetrics_expects(frame(real), frame(other))
    both = sides(real, other)
    for found, expected in ((shape_distances(both), shape), (trend_distances(both, RNG(0)), trend)):
        assert dict(zip(found.names, found.statistics[:, 0], strict=True)) == pytest.approx(expected, abs=1e-9)


def test_fresh_rows_stand_between_copies_and_independent_columns(units):
    real, fresh, independent = units(2_000, 0), units(2_000, 1), units(2_000, 2, independent=True)
    resampled = real.take(RNG(3).integers(0, 2_000, 2_000))
    found = [pair_distances(sides(real, table), RNG(0)).mean().value for table in (real, resampled, fresh, independent)]
    # Over 200 seeds 0, .048 ± .004, .068 ± .005 and .174 ± .005. Resampled and fresh rows differ by .020 ±
    # .006: of all orders theirs is the likeliest to fail by chance, about once in 2,000 seeds (none of the
    # 200 did).
    assert found[0] == 0
    assert found == sorted(found)
    assert found[3] > 1.5 * found[2]  # 2.6 ± .2 over the same seeds


def test_intervals_cover_the_spread_of_fresh_draws(units):
    real = units(1_000, 0)
    found = [pair_distances(sides(real, units(1_000, seed), 20), RNG(0)).mean() for seed in range(1, 41)]
    widths = np.mean([(estimate.high - estimate.low) / 3.92 for estimate in found])
    spread = np.std([estimate.value for estimate in found])
    # The interval also covers the luck of the real rows, which are the same here. The ratio is 1.7 ± .26
    # over 30 seeds: bounds four deviations away, less than one false alarm in 10,000.
    assert 0.7 < widths / spread < 3


def test_undefined_distances_are_left_out_and_counted(columns):
    real = columns([[1, 2, 3], [7, 7, 7], [NAN] * 3], [[-1, -1, -1]], levels=[0])
    found = trend_distances(sides(real, real, 3), RNG(0))
    assert found.undefined == 3  # the pairs of numeric columns
    assert found.mean().value == 0
    shape = shape_distances(sides(real, real, 3))
    assert shape.undefined == 2
    assert shape.mean().value == 0
    assert shape.worst()[1] == "n0"


def test_worst_names_the_right_pair_behind_undefined_ones(columns):
    real = columns([[7, 7, 7, 7], [1, 2, 3, 4]], [[0, 1, 0, 1]])
    other = columns([[7, 7, 7, 7], [1, 2, 3, 4]], [[0, 0, 1, 1]])
    found = trend_distances(sides(real, other, 2), RNG(0))
    assert found.names[0] == ("n0", "n1")
    assert np.isnan(found.statistics[0, 0])
    estimate, name = found.worst()
    assert name == "n1 with c0"
    assert estimate.value == found.statistics[2, 0] == 0.5


def test_one_column_has_no_pairs(columns):
    real = columns([[1, 2, 3]])
    found = pair_distances(sides(real, real, 3), RNG(0))
    assert found.names == ()
    assert found.mean() is None
    assert found.worst() is None


def test_wide_tables_draw_their_pairs(monkeypatch):
    assert distances._pairs(4, RNG(0)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    monkeypatch.setattr(distances, "MAX_PAIRS", 50)
    drawn = distances._pairs(30, RNG(0))
    assert len(set(drawn)) == 50
    assert all(0 <= left < right < 30 for left, right in drawn)
    assert drawn == distances._pairs(30, RNG(0))
