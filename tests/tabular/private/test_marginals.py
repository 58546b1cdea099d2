"""The mixture made of noisy answers: grouping, closeness to the answers, and calm where there is only noise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.runtime import Streams
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.layout import make_layout
from synthgan.tabular.private.marginals import Answer, MarginalModel, group_modes

ROWS = 10_000


@given(st.lists(st.floats(0, 1_000), min_size=1, max_size=40).map(np.array), st.integers(1, 20), st.floats(0.1, 2_000))
@settings(max_examples=200, deadline=None)
def test_groups_are_neighbours_with_enough_rows(held, most, fewest):
    groups = group_modes(held, most, fewest)
    assert groups[0] == 0
    assert set(np.diff(groups)) <= {0, 1}
    rows = np.bincount(groups, weights=held)
    assert len(rows) == 1 or (rows >= fewest - 1e-6).all()
    assert len(rows) <= most


def tables(columns: int = 3, noise: float = 0.0, tie: float = 0.8, seed: int = 0):
    """Three-level columns, each a copy of the one before with that chance, and their noisy pair tables."""
    rng = np.random.default_rng(seed)
    codes = np.empty((ROWS, columns), dtype=np.int64)
    codes[:, 0] = rng.integers(0, 3, ROWS)
    for column in range(1, columns):
        keep = rng.random(ROWS) < tie
        codes[:, column] = np.where(keep, codes[:, column - 1], rng.integers(0, 3, ROWS))
    groups = tuple(np.arange(3) for _ in range(columns))
    layout = make_layout(
        {f"c{at}": LevelEncoder(("x", "y", "z"), has_rare=False, has_missing=False) for at in range(columns)}
    )
    held = tuple(np.bincount(codes[:, at], minlength=3).astype(float) for at in range(columns))
    model = MarginalModel(layout, held, groups, groups, (1e-3,) * columns, Streams(0))

    def answer(*at: int) -> Answer:
        cells = np.ravel_multi_index([codes[:, c] for c in at], (3,) * len(at))
        counted = np.bincount(cells, minlength=3 ** len(at)) + noise * rng.normal(size=3 ** len(at))
        return Answer(at, counted.reshape((3,) * len(at)) / ROWS, max(noise, 1.0) / ROWS)

    return model, answer, codes


def test_pairs_and_triples_are_met():
    model, answer, _codes = tables()
    model.add(answer(*at) for at in itertools.combinations(range(3), 2))
    model.add([answer(0, 1, 2)])
    model.fit(600)
    for at in ((0, 1), (1, 2), (0, 2), (0, 1, 2)):
        wanted = answer(*at).shares
        assert np.abs(next(model.tables([at])) - wanted).sum() / 2 < 0.01


def test_triples_of_columns_of_many_sizes_are_met():
    """Tables of two, five and nine groups are padded and put in order; each is met as it was answered."""
    rng, sizes = np.random.default_rng(0), (9, 2, 5, 2)
    first = rng.integers(0, 9, ROWS)
    codes = np.column_stack([first, first < 4, first % 5, rng.random(ROWS) < 0.1 + 0.8 * (first < 3)]).astype(int)
    groups = tuple(np.arange(size) for size in sizes)
    encoders = [LevelEncoder(tuple(map(str, range(size))), has_rare=False, has_missing=False) for size in sizes]
    held = tuple(np.bincount(codes[:, at], minlength=size).astype(float) for at, size in enumerate(sizes))
    model = MarginalModel(make_layout(dict(enumerate(encoders))), held, groups, groups, (1e-3,) * 4, Streams(0))
    asked = {}
    for at in itertools.combinations(range(4), 3):
        shape = tuple(sizes[column] for column in at)
        cells = np.ravel_multi_index([codes[:, column] for column in at], shape)
        asked[at] = np.bincount(cells, minlength=np.prod(shape)).reshape(shape) / ROWS
        model.add([Answer(at, asked[at], 1e-4)])
    model.fit(800)
    for at, shares in asked.items():
        assert (
            np.abs(next(model.tables([at])) - shares).sum() / 2 < 0.02
        )  # were the groups mixed up it would be .5 and more


def test_the_mixture_is_the_model():
    model, answer, _ = tables()
    model.add(answer(*at) for at in itertools.combinations(range(3), 2))
    model.fit(200)
    mixture = model.mixture()
    weights, probs = mixture.log_weights.exp(), mixture.log_probs.exp()
    assert float(weights.sum()) == pytest.approx(1, abs=1e-5)
    pair = (probs[:, :3] * weights[:, None]).T @ probs[:, 3:6]
    np.testing.assert_allclose(pair.numpy(), next(model.tables([(0, 1)])), atol=1e-5)


def test_noise_alone_ties_nothing():
    """Independent columns under strong noise: what is fitted is nearer to independence than the answers are, by far."""
    model, answer, _ = tables(noise=100.0, tie=0.0)
    answers = [answer(*at) for at in itertools.combinations(range(3), 2)]
    model.add(answers)
    model.fit(600)

    def distance(table: np.ndarray) -> float:
        return np.abs(table - table.sum(1)[:, None] * table.sum(0)).sum()

    for found in answers:
        assert distance(next(model.tables([found.columns]))) < 0.5 * distance(found.shares)


def test_the_same_seed_gives_the_same_mixture():
    first, second = (tables()[0] for _ in range(2))
    first.fit(3)
    second.fit(3)
    assert first.mixture().log_probs.equal(second.mixture().log_probs)
