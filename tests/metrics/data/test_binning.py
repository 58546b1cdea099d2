import numpy as np

from synthgan.metrics.data.binning import cut, decile_edges, equal_width_bins, ranks, with_missing

NAN = np.nan


def test_deciles_split_an_even_column_evenly():
    values = np.arange(1, 101, dtype=float)
    cells, count = cut(values, decile_edges(values))
    assert np.bincount(cells, minlength=count).tolist() == [10] * 10 + [0]


def test_a_spike_at_either_end_keeps_a_cell_of_its_own():
    for values in (np.array([0.0] * 95 + [1, 2, 3, 4, 5]), np.array([9.0] * 95 + [1, 2, 3, 4, 5])):
        cells, _ = cut(values, decile_edges(values))
        spike = cells[0]
        assert (cells[values == values[0]] == spike).all()
        assert not (cells[values != values[0]] == spike).any()


def test_missing_and_values_beyond_the_edges_have_cells():
    edges = decile_edges(np.array([1.0, 2.0, 3.0, NAN]))
    cells, count = cut(np.array([-100.0, 100.0, NAN]), edges)
    assert cells.tolist() == [0, len(edges), len(edges) + 1]
    assert count == len(edges) + 2


def test_constant_and_all_missing_columns_have_edges_too():
    assert decile_edges(np.array([7.0, 7.0])).tolist() == [7.0]
    assert decile_edges(np.array([NAN, NAN])).tolist() == []
    assert equal_width_bins(np.array([NAN, NAN])).tolist() == [11, 11]
    assert len(set(equal_width_bins(np.array([7.0, 7.0])))) == 1


def test_equal_width_bins_have_the_oddities_of_sdmetrics():
    assert equal_width_bins(np.array([0.0, 9.99, 10.0, NAN])).tolist() == [1, 10, 11, 11]


def test_numbers_that_ten_widths_cannot_tell_apart_share_one_bin():
    assert equal_width_bins(np.array([5.62949953421312e14, NAN, 5.62949953421312e14])).tolist() == [1, 11, 1]
    assert len(set(equal_width_bins(np.array([1e16, 1e16 + 2])))) == 1


def test_ranks_round_what_float64_cannot_keep():
    first, second, count = ranks(np.array([0.1 + 0.2]), np.array([0.3]))
    assert (first.tolist(), second.tolist(), count) == ([0], [0], 1)
    assert ranks(np.array([1e300]), np.array([-1e300]))[2] == 2


def test_missing_is_the_last_level():
    cells, count = with_missing(np.array([0, -1, 1], dtype=np.int32), 2)
    assert cells.tolist() == [0, 2, 1]
    assert count == 3
