"""Gaps filled by a mixture or a network follow its own conditional distribution."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.linked_generator import LAYOUT, make_generator, sample

from synthgan.runtime import Streams
from synthgan.tabular.network.impute import fill_by_network

ROWS = 10_000
AGE = 2


@pytest.mark.parametrize("moved", [False, True], ids=["mixture", "network"])
@pytest.mark.parametrize("hidden", [(0,), (1, 2), (0, 3), (0, 1, 2, 3)], ids=str)
def test_refilled_rows_are_distributed_as_they_were(moved, hidden):
    """Rows that the generator drew, some columns hidden and filled again: every pair of columns, and the sign of places.

    Shares of 10,000 rows on each side differ by .007 at most on average: .03 is over four standard errors.
    """
    generator = make_generator(moved=moved)
    rows = sample(generator, ROWS, seed=4)
    known = np.ones((ROWS, 4), dtype=bool)
    known[:, list(hidden)] = False
    codes, residuals = fill_by_network(generator, rows, known, LAYOUT, Streams(5))
    assert (codes[known] == rows.codes[known]).all()
    assert (residuals == rows.residuals).all() == (AGE not in hidden)
    for cells, others in zip(pairs(rows.codes, rows.residuals), pairs(codes, residuals), strict=True):
        shares = [np.bincount(part, minlength=cells.max() + 1) / ROWS for part in (cells, others)]
        np.testing.assert_allclose(*shares, atol=0.03)


def pairs(codes, residuals):
    """The cells of each pair of columns; age is cut once more, by whether its place is above the middle."""
    columns = [codes[:, at] for at in range(4)]
    columns[AGE] = 2 * codes[:, AGE] + (residuals[:, 0] > 0)
    return [columns[a] * (2 * LAYOUT.sizes[b] + 2) + columns[b] for a in range(4) for b in range(a)]


def test_what_stands_in_a_gap_is_not_looked_at():
    generator = make_generator(moved=True)
    rows = sample(generator, 500, seed=6)
    known = np.ones((500, 4), dtype=bool)
    known[:, [0, AGE]] = False
    filled = fill_by_network(generator, rows, known, LAYOUT, Streams(7))
    rows.codes[:, [0, AGE]], rows.residuals[:] = 0, 9.0
    for one, other in zip(filled, fill_by_network(generator, rows, known, LAYOUT, Streams(7)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_known_cells_are_weighed_once():
    """Two rows, their sex and score hidden 5,000 times, against the exact posterior of a mixture; .03 is over four standard errors.

    Noise that is weighed by how well it bears out the known cells was proposed by just that: twice would be too much.
    """
    generator = make_generator()
    row = sample(generator, 200, seed=8)
    known = np.array([[False, True, True, False]]).repeat(5_000, 0)
    for at in (0, 120):
        rows = row.take(np.full(5_000, at))
        codes, _ = fill_by_network(generator, rows, known, LAYOUT, Streams(9))
        log = generator.log_weights.clone()
        for column in (1, AGE):
            log += generator.log_probs[:, LAYOUT.spans[column].start + int(rows.codes[0, column])]
        deviation = generator.residual_deviations[:, 0]
        density = (
            -0.5 * ((float(rows.residuals[0, 0]) - generator.residual_means[:, 0]) / deviation).square()
            - deviation.log()
        )
        log += density * bool(LAYOUT.has_residual[LAYOUT.spans[AGE].start + int(rows.codes[0, AGE])])
        for column in (0, 3):
            span = LAYOUT.spans[column]
            exact = log.softmax(0) @ generator.log_probs[:, span.start : span.stop].exp()
            found = np.bincount(codes[:, column], minlength=span.size) / 5_000
            np.testing.assert_allclose(found, exact, atol=0.03)
