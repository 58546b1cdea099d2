"""The warm start and the generator with its tractable heads."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.linked_generator import ENCODED, LAYOUT, MIXTURE, STREAMS, make_generator, sample
from helpers.linked_table import linked_table

from synthgan.runtime import Streams
from synthgan.tabular.conditioning.conditions import Evidence, LevelCondition
from synthgan.tabular.network.config import NetworkConfig
from synthgan.tabular.network.critic import TabularCritic, dense
from synthgan.tabular.network.generator import TabularGenerator
from synthgan.tabular.network.mixture import Mixture, choose_classes, fit_mixture


def frequencies(codes: np.ndarray, column: int) -> np.ndarray:
    return np.bincount(codes[:, column], minlength=LAYOUT.sizes[column]) / len(codes)


def open_evidence(**allowed: list[int]) -> Evidence:
    """Evidence that allows only these codes of these columns."""
    may = np.ones(LAYOUT.modes, dtype=bool)
    for name, codes in allowed.items():
        span = LAYOUT.span(name)
        may[span.start : span.stop] = np.isin(np.arange(span.size), codes)
    free = torch.full((LAYOUT.modes, 1), torch.inf)
    return Evidence(torch.as_tensor(may), -free, free)


def test_mixture_is_normalised_and_learns_the_links() -> None:
    assert float(MIXTURE.log_weights.exp().sum()) == pytest.approx(1, abs=1e-4)
    for part in MIXTURE.log_probs.exp().split(LAYOUT.sizes, 1):
        assert torch.allclose(part.sum(1), torch.ones(len(part)), atol=1e-3)


def test_warm_start_matches_margins_and_pairs() -> None:
    """20,000 rows: a pair frequency's standard error is at most .0035; .03 is over eight of them."""
    codes = sample(make_generator(), 20_000).codes
    for column in range(4):
        np.testing.assert_allclose(frequencies(codes, column), frequencies(ENCODED.codes, column), atol=0.03)
    both, real = (np.bincount(c[:, 0] * 3 + c[:, 1], minlength=6) / len(c) for c in (codes, ENCODED.codes))
    np.testing.assert_allclose(both, real, atol=0.03)


def test_free_rows_leave_less_to_chance() -> None:
    """Classes come in their shares up to a row, and in every column the picks of a class's rows lie one to an equal part."""
    noise = make_generator().noise(3_000, None, Streams(5), "rows", 0)
    counts = np.bincount(noise.classes.numpy(), minlength=30)
    assert np.abs(counts - 3_000 * MIXTURE.log_weights.softmax(0).numpy()).max() < 1.01
    for latent in np.flatnonzero(counts):
        picks = np.sort(noise.pick[noise.classes == latent].double().numpy(), axis=0)
        middles = np.arange(counts[latent])[:, None] + 0.5
        assert np.abs(picks * counts[latent] - middles).max() < 0.501
    assert (np.diff(noise.classes.numpy()) < 0).any()  # and not in the order of their classes


def test_classes_grow_with_the_rows() -> None:
    assert [choose_classes(rows) for rows in (20, 4_000, 10**7)] == [1, 100, 800]


def test_draws_follow_the_stated_heads() -> None:
    """One noise, 40,000 draws: frequencies within .015, six standard errors."""
    generator = make_generator(moved=True)
    classes, latent = torch.zeros(1, dtype=torch.long), torch.randn(1, 32, generator=STREAMS.torch("x"))
    heads = generator.heads(classes, latent)
    weights = heads.logits.exp().repeat(40_000, 1)
    codes = generator.draw_codes(weights, torch.rand(40_000, 4, generator=STREAMS.torch("y"))).numpy()
    for column, logits in enumerate(heads.logits.split(LAYOUT.sizes, 1)):
        np.testing.assert_allclose(frequencies(codes, column), torch.softmax(logits[0], 0).detach().numpy(), atol=0.015)


def test_training_samples_are_hard_and_carry_gradients() -> None:
    generator = make_generator()
    rows = generator(generator.noise(64, None, STREAMS, "n", 0))
    modes = rows[:, : LAYOUT.modes].detach()
    assert torch.isclose(modes.sum(1), torch.tensor(4.0)).all()
    assert ((modes - modes.round()).abs() < 1e-5).all()
    (rows * torch.randn(rows.shape, generator=STREAMS.torch("w"))).sum().backward()
    assert float(generator.leave.weight.grad.abs().sum()) > 0


@pytest.mark.parametrize("column", range(4))
def test_training_conditions_are_met_on_every_column(column: int) -> None:
    generator = make_generator()
    for mode in range(LAYOUT.sizes[column]):
        flat = torch.full((16,), int(LAYOUT.starts[column]) + mode)
        condition = LevelCondition(flat, torch.full((16,), column))
        rows = generator(generator.noise(16, condition, STREAMS, "n", 0))
        assert torch.allclose(rows[torch.arange(16), flat].detach(), torch.ones(16))


@pytest.mark.parametrize("column", ["sex", "site", "age", "score"])
@pytest.mark.parametrize("moved", [False, True])
def test_evidence_on_any_column_is_always_met(column: str, moved: bool) -> None:
    generator = make_generator(moved=moved)
    index = [span.name for span in LAYOUT.spans].index(column)
    for code in range(LAYOUT.sizes[index]):
        codes = sample(generator, 200, open_evidence(**{column: [code]})).codes
        assert (codes[:, index] == code).all()


def test_conditional_samples_are_the_models_own_conditional_distribution() -> None:
    """Against rejection from 400,000 free rows; 20,000 rows on each side: .02 is over four standard errors."""
    generator = make_generator(moved=True)
    free = sample(generator, 400_000, seed=2)
    meets = (free.codes[:, 0] == 1) & (free.codes[:, 3] == 2)
    given = sample(generator, 20_000, open_evidence(sex=[1], score=[2]), seed=3)
    for column in range(4):
        np.testing.assert_allclose(frequencies(given.codes, column), frequencies(free.codes[meets], column), atol=0.02)
    chance = np.exp(generator.log_evidence(open_evidence(sex=[1], score=[2])))
    assert chance == pytest.approx(meets.mean(), rel=0.15)


def test_places_stay_inside_a_cut_mode() -> None:
    span = LAYOUT.span("age")
    low, high = torch.full((LAYOUT.modes, 1), -torch.inf), torch.full((LAYOUT.modes, 1), torch.inf)
    allowed = torch.ones(LAYOUT.modes, dtype=torch.bool)
    allowed[span.start : span.stop] = False
    allowed[span.start + 2] = True
    low[span.start + 2], high[span.start + 2] = 0.3, 0.4
    drawn = sample(make_generator(moved=True), 500, Evidence(allowed, low, high))
    assert (drawn.codes[:, 2] == 2).all()
    assert drawn.residuals.min() >= 0.3
    assert drawn.residuals.max() <= 0.4 + 1e-6


def test_modes_that_must_not_be_generated_never_are() -> None:
    generator = make_generator()
    generator.emitted[LAYOUT.span("site").start] = False
    assert (sample(generator, 2_000).codes[:, 1] != 0).all()


def test_critic_packs_rows_and_sees_places() -> None:
    codes, residuals = torch.as_tensor(ENCODED.codes[:6]), torch.as_tensor(ENCODED.residuals[:6])
    rows = dense(codes, residuals, torch.as_tensor(LAYOUT.starts), LAYOUT.modes)
    assert TabularCritic(LAYOUT, NetworkConfig())(rows).shape == (6,)
    packed = TabularCritic(LAYOUT, NetworkConfig(packing=3))
    assert packed(rows).shape == (2,)
    moved = rows.clone()
    moved[:, -1] += 1
    assert not torch.allclose(packed(rows), packed(moved))


def test_an_empty_mixture_of_one_class_is_independence() -> None:
    *_, single = fit_mixture(ENCODED, LAYOUT, 1, STREAMS)
    assert isinstance(single, Mixture)
    marginal = np.bincount((ENCODED.codes + LAYOUT.starts).ravel(), minlength=LAYOUT.modes) / len(ENCODED)
    np.testing.assert_allclose(single.log_probs.exp().numpy()[0], marginal, atol=0.02)


def test_places_follow_their_class_where_one_mode_is_all_there_is() -> None:
    """Age follows sex through its place alone: the two means differ by 1.9 normal scores, of 20,000 rows each."""
    encoded, layout, _ = linked_table(modes=1)
    *_, mixture = fit_mixture(encoded, layout, 20, STREAMS)
    generator = TabularGenerator(layout, mixture, NetworkConfig())
    drawn = sample(generator, 20_000)
    real, made = (
        np.subtract(*(part.residuals[part.codes[:, 0] == sex, 0].mean() for sex in (1, 0))) for part in (encoded, drawn)
    )
    assert real > 1.5
    assert made == pytest.approx(real, abs=0.1)
    assert drawn.residuals.std() == pytest.approx(encoded.residuals.std(), abs=0.05)
