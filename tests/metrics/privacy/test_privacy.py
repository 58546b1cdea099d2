import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.privacy.privacy import copying, exact_copies, nearer_to_train, privacy_scores
from synthgan.metrics.statistics.neighbours import MAX_LEVELS, Embedding, nearest
from synthgan.runtime import Streams

RNG = np.random.default_rng
NAN = np.nan


def test_copies_are_counted_row_by_row(columns):
    real = columns([[1, 2, NAN, 0.0]], [[0, 1, -1, 0]], levels=[2])
    other = columns([[1, 1, NAN, -0.0, 2]], [[0, 1, -1, 0, -1]], levels=[2])
    # Row 0 is a copy; row 1 takes each value from another row; row 2 is missing alike; -0 is 0; row 4
    # differs by a gap.
    assert exact_copies(real, other).value == 3 / 5


def test_swapped_columns_are_no_copies(columns):
    assert exact_copies(columns([[1.0], [2.0]]), columns([[2.0], [1.0]])).value == 0
    assert exact_copies(columns([[0.0], [0.0]]), columns([[0.0], [0.0]])).value == 1


def test_hashes_do_not_collide_on_a_grid(columns):
    left, right = np.divmod(np.arange(90_000), 300)
    real, other = columns([left, right]), columns([left + 300, right])
    # A false match among 90,000² pairs of 64-bit hashes: less than once in a billion.
    assert exact_copies(real, other).value == 0


def test_any_nan_is_missing(columns):
    odd = np.array([0x7FF8000000000123], dtype=np.uint64).view(np.float64)
    assert exact_copies(columns([[NAN]]), columns([odd])).value == 1


def test_a_table_of_copies_raises_both_alarms(units):
    real, holdout = units(800, 0), units(400, 1)
    copies, nearer = privacy_scores(Tables(real, real, holdout), Streams(0))
    assert copies.value == 1
    assert copies.reference == exact_copies(real, holdout).value
    # Half of the training rows are looked among: half of the rows find themselves, the others toss a coin.
    # Over 20 seeds .731 ± .012: the bound is more than six deviations away.
    assert nearer.value > 0.65
    assert nearer.goal == "reference"
    assert nearer.reference == 0.5


def test_fresh_rows_are_as_near_to_train_as_to_unseen_rows(units):
    found = nearer_to_train(units(2_000, 0), units(2_000, 1), units(2_000, 2), RNG(0))
    # Over 20 seeds .499 ± .013: the bound is six deviations away.
    assert found.value == pytest.approx(0.5, abs=0.08)


def test_intervals_of_nearness_know_that_rows_share_neighbours(units):
    found = [
        nearer_to_train(units(300, 3 * seed), units(2_000, 3 * seed + 1), units(300, 3 * seed + 2), RNG(seed))
        for seed in range(40)
    ]
    errors = [(estimate.high - estimate.low) / (2 * 1.96) for estimate in found]
    # Over 300 seeds the errors stated are 1.6 times the true spread (half ties make them cautious); without
    # heed to shared neighbours .67 times. The spread of 40 values varies by a ninth: a false alarm beyond
    # four deviations.
    assert np.mean(errors) > np.std([estimate.value for estimate in found])


def test_without_a_holdout_chance_is_what_real_rows_share_among_each_other(units, columns):
    (score,) = privacy_scores(Tables(units(50, 0), units(50, 1)), Streams(0))
    assert (score.name, score.reference) == ("exact_copies", 0.0)
    twins = columns([[1.0, 1.0, 2.0, 3.0]])
    (score,) = privacy_scores(Tables(twins, twins), Streams(0))
    assert score.reference == 0.5


def test_tiny_tables_have_no_neighbours(units):
    names = [score.name for score in privacy_scores(Tables(units(50, 0), units(50, 1), units(5, 2)), Streams(0))]
    assert names == ["exact_copies"]


def test_distances_by_hand(columns):
    real = columns([[0.0, 1.0, 2.0, 3.0]], [[0, 0, 1, 1]])
    embedding = Embedding.of(real)
    points = embedding.apply(columns([[0.0, 3.0, NAN]], [[0, 1, -1]], levels=[2]))
    # Places among the real values: 1/8, 7/8 and, missing, 1/2 with a distance of 1 on an axis of its own.
    among = embedding.apply(columns([[0.0]], [[0]], levels=[2]))
    assert nearest(points, among)[0].tolist() == pytest.approx([0, 0.75**2 + 1, 0.375**2 + 1 + 1], abs=1e-6)


def test_nearest_agrees_with_brute_force(units):
    embedding = Embedding.of(units(300, 0))
    points, among = embedding.apply(units(1_500, 1)), embedding.apply(units(200, 2))
    every = ((points[:, None].astype(float) - among[None]) ** 2).sum(axis=2)
    distances, indices = nearest(points, among)
    assert distances == pytest.approx(every.min(axis=1), abs=1e-5)
    assert every[np.arange(1_500), indices] == pytest.approx(every.min(axis=1), abs=1e-5)


def test_rare_levels_share_an_axis(columns):
    codes = np.repeat(np.arange(80), np.arange(80, 0, -1))
    table = columns(codes=[codes])
    points = Embedding.of(table).apply(table)
    assert points.shape[1] == MAX_LEVELS + 2
    assert (points[codes == 78] == points[codes == 79][0]).all()
    assert (points[codes == 0][0] != points[codes == 1][0]).any()


def test_a_holdout_that_was_trained_on_is_told_with_the_count(columns):
    rng = RNG(0)
    real, synthetic, unseen = (rng.normal(size=300) for _ in range(3))
    holdout = np.concatenate([unseen[:280], real[:20]])
    (note,) = copying(Tables(*(columns([part]) for part in (real, synthetic, holdout)))).notes
    assert "20 of the 300 holdout rows equal a training row" in note
    assert copying(Tables(*(columns([part]) for part in (real, synthetic, unseen)))).notes == ()


def test_rows_that_are_alike_by_chance_are_no_overlap(columns):
    """Twenty kinds of people: every holdout row has a twin among the training rows, and every training row as well."""
    tables = Tables(*(columns(codes=[RNG(seed).integers(0, 20, 400)], levels=[20]) for seed in range(3)))
    assert exact_copies(tables.real, tables.holdout).value > 0.9
    assert copying(tables).notes == ()


def test_a_synthetic_table_that_is_the_real_one_is_told_in_any_order(units):
    real = units(100, 0)
    (note,) = copying(Tables(real, real.take(RNG(0).permutation(100)), None)).notes
    assert "the very rows of the real one" in note
    assert copying(Tables(real, real.take(np.arange(99)), None)).notes == ()
