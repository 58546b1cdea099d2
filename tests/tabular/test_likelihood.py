"""How likely generators find rows: finite, a distribution, and likelier for real rows than for shuffled ones."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.independent import Independent

from synthgan import Chains, Network, Synthesizer
from synthgan.data.table import Table
from synthgan.runtime import Streams
from synthgan.tabular.encoding.layout import Encoded

RNG = np.random.default_rng(0)
ROWS = 3_000
FIRST = RNG.integers(0, 3, ROWS)
FEW = pd.DataFrame(
    {
        "a": np.array(["x", "y", "z"])[FIRST],
        "b": np.where(RNG.random(ROWS) < 0.8, FIRST % 2, RNG.integers(0, 2, ROWS)),
        "c": RNG.random(ROWS) < np.where(FIRST == 1, 0.9, 0.2),
    }
)
NUMBERS = FEW.assign(height=(RNG.normal(160, 5, ROWS) + 15 * FIRST).round(1))
KINDS = {
    "chains without critics": Chains(chains=4, rounds=0),
    "chains with critics": Chains(chains=2, leaf_rows=ROWS, rounds=2),
    "a mixture": Network(steps=0, classes=20),
    "a network": Network(
        steps=60, classes=4, learning_rate=2e-3, noise_width=4, generator_width=16, critic_width=16, blocks=1, batch_rows=64,
        holdout_share=0.0,
    ),
    "independent": Independent(),
}  # fmt: skip


@cache
def fitted(kind: str, *, numbers: bool = False) -> Any:
    return Synthesizer(generator=KINDS[kind], seed=1, device="cpu").fit(NUMBERS if numbers else FEW).model_


def every_row(layout: Any) -> Encoded:
    codes = np.array(list(itertools.product(*map(range, layout.sizes))), dtype=np.int32)
    return Encoded(codes, np.zeros((len(codes), layout.residuals), dtype=np.float32))


# Importance sampling and the share that critics keep are estimates.
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("chains without critics", 1e-6),
        ("chains with critics", 0.05),
        ("a mixture", 1e-4),
        ("a network", 0.05),
        ("independent", 1e-9),
    ],
)
def test_all_rows_together_have_the_probability_one(kind: str, error: float) -> None:
    model = fitted(kind)
    rows = every_row(model.transform.layout)
    assert model.transform.layout.residuals == 0
    assert np.exp(model.generator.log_likelihood(rows)).sum() == pytest.approx(1, abs=error)


def test_the_network_has_moved_its_mixture() -> None:
    """Otherwise the tests of a network would be those of a mixture."""
    rows, network = every_row(fitted("a network").transform.layout), fitted("a network").generator
    moved = np.exp(network.log_likelihood(rows))
    weights = np.exp(network.network_.log_weights.numpy())
    probs = np.exp(network.network_.log_probs.numpy())
    starts = network.layout_.starts
    start = sum(
        weight * np.prod(of_class[rows.codes + starts], axis=1)
        for weight, of_class in zip(weights / weights.sum(), probs, strict=True)
    )
    assert np.abs(moved - start).max() > 0.005


@pytest.mark.parametrize("kind", ["chains without critics", "chains with critics", "a mixture", "a network"])
def test_rows_are_as_likely_as_they_are_drawn(kind: str) -> None:
    """Of 20,000 rows drawn, a share p has a standard error below .004; estimates of a network are averaged over 30 copies."""
    model = fitted(kind)
    layout = model.transform.layout
    rows = every_row(layout)
    drawn = np.concatenate([part.codes for part in model.generator.sample(20_000, None, Streams(5))])
    found = np.bincount(np.ravel_multi_index(drawn.T, layout.sizes), minlength=len(rows)) / len(drawn)
    copies = rows.take(np.arange(len(rows)).repeat(30))
    stated = np.exp(model.generator.log_likelihood(copies)).reshape(len(rows), 30).mean(1)
    np.testing.assert_allclose(stated, found, atol=0.015)


@pytest.mark.parametrize("kind", ["chains without critics", "chains with critics", "a mixture", "a network"])
def test_real_rows_are_finite_and_likelier_than_shuffled_ones(kind: str) -> None:
    model = fitted(kind, numbers=True)
    transform = model.transform
    unseen = NUMBERS.sample(frac=1, random_state=0).head(1_000)
    shuffled = unseen.apply(lambda column: column.sample(frac=1, random_state=len(str(column.name))).to_numpy())
    shuffled["height"] = np.roll(unseen.height.to_numpy(), 1)
    real, mixed = (
        model.generator.log_likelihood(transform.transform(Table.read(frame, transform.schema), Streams(0)))
        for frame in (unseen, shuffled)
    )
    assert real.shape == (1_000,)
    assert real.dtype == np.float64
    assert np.isfinite(real).all()
    assert np.isfinite(mixed).all()
    assert real.mean() > mixed.mean() + 0.5


def test_the_likelihood_is_the_same_each_time_and_in_parts() -> None:
    model = fitted("a mixture")
    rows = every_row(model.transform.layout)
    whole = model.generator.log_likelihood(rows)
    np.testing.assert_array_equal(whole, model.generator.log_likelihood(rows))
    parts = [model.generator.log_likelihood(rows.take(np.arange(i, i + 1))) for i in range(len(rows))]
    np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-5)
