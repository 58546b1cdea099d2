"""Sums and second moments: one record moves them by no more than is charged, to the last bit, and noise is as wide as charged."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.questions import Cells, Given, Vectors
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from synthgan.privacy.charges import GAUSSIAN
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.vectors import GRID, whole_vectors

ALARM = 1e-6
NAMES = {"stage": "prior", "purpose": "test"}
numbers = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, -1.0, 1e-30])
vectors = st.integers(1, 5).flatmap(lambda width: st.lists(st.tuples(*[numbers] * width), min_size=1, max_size=6))
bounds = st.floats(1e-3, 1e3)


def curator(rows, cells):
    return Curator(Given(cells, rows), PrivacyLedger(1e-6))


def answer(question, rows, cells, size, *, asked=None, **options):
    """What one of the two questions gives of these vectors and cells."""
    found = asked or curator(rows, cells)
    return getattr(found, question)(Vectors(rows.shape[1]), Cells(size), **options, **NAMES)


@pytest.fixture
def silent(monkeypatch):
    """No noise."""
    monkeypatch.setattr("synthgan.privacy.curator.whole_normal", lambda size, deviation: np.zeros(size, np.int64))


@settings(max_examples=50)
@given(vectors, bounds)
def test_vectors_become_whole_and_no_longer_than_the_grid(rows, bound):
    whole = whole_vectors(np.array(rows), bound)
    assert (whole == np.trunc(whole)).all()
    squares = [sum(int(value) ** 2 for value in row) for row in whole.tolist()]  # in whole numbers of any size
    assert max(squares) <= GRID**2


@settings(max_examples=50)
@given(vectors, bounds, st.integers(0, 5), st.data())
def test_an_image_more_or_less_moves_answers_by_what_is_charged_at_most(rows, bound, index, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synthgan.privacy.curator.whole_normal", lambda size, deviation: np.zeros(size, np.int64))
        rows = np.array(rows)
        cells = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))))
        less, other = np.arange(len(rows)) != index % len(rows), rows.copy()
        other[~less], moved = rows[0][::-1] * -3, cells.copy()
        moved[~less] = data.draw(st.integers(0, 2))
        for question in ("sums", "second_moments"):
            asked = curator(rows, cells)
            answers = [answer(question, rows, cells, 3, asked=asked, bound=bound, noise=1.0)] + [
                answer(question, some, where, 3, bound=bound, noise=1.0)
                for some, where in ((rows[less], cells[less]), (other, moved))
            ]
            charge = asked.ledger.charges[0]
            # In steps of the grid, where all numbers are whole: nothing is lost to rounding in the comparison.
            step = bound / GRID if question == "sums" else (bound / GRID) ** 2
            all_, without, replaced = (np.rint(answer / step) for answer in answers)
            assert np.sqrt(np.square(all_ - without).sum()) <= round(charge.sensitivity / step)
            assert np.sqrt(np.square(all_ - replaced).sum()) <= charge.replace_sensitivity / step * (1 + 1e-12)


@pytest.mark.usefixtures("silent")
def test_the_bounds_are_reached():
    one, two = np.array([[3.0, 4.0]]), np.array([[-3.0, -4.0]])
    nothing, cells = np.zeros((0, 2)), np.zeros(1, np.int64)
    asked = curator(one, cells)
    sums, moments = (
        [answer(question, one, cells, 1, asked=asked, bound=5.0, noise=1.0)[0]]
        + [answer(question, some, cells[: len(some)], 1, bound=5.0, noise=1.0)[0] for some in (other, nothing)]
        for question, other in (("sums", two), ("second_moments", one[:, ::-1] * [1, -1]))
    )
    for answers, charge in zip((sums, moments), asked.ledger.charges, strict=True):
        assert np.linalg.norm(answers[0] - answers[2]) == pytest.approx(charge.sensitivity, rel=1e-3)
        assert np.linalg.norm(answers[0] - answers[1]) == pytest.approx(charge.replace_sensitivity, rel=1e-3)


@pytest.mark.usefixtures("silent")
def test_answers_are_sums_and_second_moments_by_cell():
    rng = np.random.default_rng(0)
    rows, cells = rng.normal(size=(10_000, 3)), rng.integers(0, 2, 10_000)  # more than a chunk
    cells[:500] = -1  # in none
    sums = answer("sums", rows, cells, 3, bound=100.0, noise=1.0)
    moments = answer("second_moments", rows, cells, 3, bound=100.0, noise=1.0)
    for cell in range(3):
        own = rows[cells == cell]
        np.testing.assert_allclose(
            sums[cell], own.sum(0), atol=40
        )  # half a step of .006 for each of 5,000 on the way to zero
        np.testing.assert_allclose(moments[cell], own.T @ own, rtol=0.01, atol=40)


def test_noise_is_as_wide_as_charged_and_half_as_strong_beside_the_diagonal():
    """Chi-squared tests of three variances, two-sided at the 1e-6 level; matrices are symmetric, so pairs count once."""
    width = 60
    nobody = np.zeros((0, width)), np.zeros(0, np.int64)
    asked = curator(*nobody)
    sums = answer("sums", *nobody, 50, asked=asked, bound=3.0, noise=2.0)
    moments = answer("second_moments", *nobody, 3, asked=asked, bound=3.0, noise=2.0)
    first, second = asked.ledger.charges
    assert (first.mechanism, first.sensitivity, first.replace_sensitivity, first.sigma) == (GAUSSIAN, 3.0, 6.0, 6.0)
    assert (second.sensitivity, second.sigma) == (9.0, 18.0)
    np.testing.assert_array_equal(moments, moments.transpose(0, 2, 1))
    upper = np.triu_indices(width, 1)
    for drawn, deviation in (
        (sums.ravel(), first.sigma),
        (np.diagonal(moments, axis1=1, axis2=2).ravel(), second.sigma),
        (moments[:, upper[0], upper[1]].ravel() * np.sqrt(2), second.sigma),
    ):
        assert ALARM / 2 < chi2.cdf((drawn**2).sum() / deviation**2, drawn.size) < 1 - ALARM / 2
