"""What a network states is a distribution, whatever is known, and is drawn as it is stated."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from helpers.chain_tables import levels_table

from synthgan.config import EncodingConfig
from synthgan.runtime import Streams
from synthgan.tabular.autoregressive.column import Column, chosen
from synthgan.tabular.autoregressive.config import AutoregressiveConfig
from synthgan.tabular.autoregressive.generator import NetworkGenerator
from synthgan.tabular.autoregressive.learning import masks
from synthgan.tabular.autoregressive.likelihood import log_likelihood
from synthgan.tabular.autoregressive.network import AnyOrderNetwork, chances
from synthgan.tabular.autoregressive.views import Views
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.continuous import FINE, ModeSpecificNormalizer
from synthgan.tabular.encoding.layout import Encoded, make_layout

CONFIG = AutoregressiveConfig(width=16)
RNG = np.random.default_rng(0)


def patients(rows=2_000):
    """Sex; and a dose of many values, a spike and gaps, which follows it."""
    sex = RNG.integers(0, 2, rows)
    dose = np.where(RNG.random(rows) < 0.2, 0, RNG.normal(40 + 20 * sex, 8, rows))
    dose[::9] = np.nan
    config = EncodingConfig(rare_below=5)
    numbers = ModeSpecificNormalizer.fit(dose, config, step=0, minimum=None, maximum=None, cut=FINE, rng=RNG)
    found = numbers.encode(dose, RNG)
    encoders = {"sex": LevelEncoder(("f", "m"), has_rare=False, has_missing=False), "dose": numbers}
    return Encoded(np.stack([sex, found.codes], 1).astype(np.int32), found.residuals[:, None]), make_layout(encoders)


def made(encoded, layout, networks=2):
    """Networks that were not trained, and are moved at random so that they state more than margins."""
    mode_features = ModeFeatures.fit(encoded, layout, np.random.default_rng(0))
    views = Views.of(layout, mode_features.shares)
    torch.manual_seed(0)
    all_of = [AnyOrderNetwork(views, CONFIG).requires_grad_(False) for _ in range(networks)]
    for network in all_of:
        network.leave.weight.mul_(10)
    return NetworkGenerator(layout, mode_features, all_of, torch.device("cpu"))


def test_probabilities_of_all_rows_sum_to_one():
    codes = RNG.integers(0, 3, (300, 3))
    encoded, layout = levels_table(x=codes[:, 0], y=codes[:, 1] % 2, z=codes[:, 2])
    generator = made(encoded, layout)
    every = np.array(list(itertools.product(*(range(size) for size in layout.sizes))), dtype=np.int32)
    rows = Encoded(every, np.zeros((len(every), 0), dtype=np.float32))
    assert np.exp(log_likelihood(generator, rows)).sum() == pytest.approx(1, abs=1e-5)


def test_every_column_is_stated_as_it_is_drawn():
    encoded, layout = patients()
    generator = made(encoded, layout, networks=1)
    views, network = generator.views, generator.networks[0]
    modes = torch.as_tensor(encoded.codes[:1] + layout.starts)
    known = torch.zeros(1, modes.shape[1])
    known[0, 0] = 1
    begun = network.begin(modes, known, views)
    torch.testing.assert_close(begun, generator.begun(modes, known)[0])
    stated = network.leave(network.body(begun))
    assert len(views.curved)
    for column in range(1, modes.shape[1]):
        part, own = views.part(column), Column.of(views, column)
        each = modes.repeat(part.stop - part.start, 1)
        each[:, column] = torch.arange(part.start, part.stop)
        found = chances(stated.repeat(len(each), 1), each, views)[:, column]
        assert float(found.sum()) == pytest.approx(1, abs=1e-4)
        there = own.distribution(stated[:, own.outputs])[0]
        drawn = own.draw(stated[:, own.outputs].repeat(20_000, 1), torch.Generator().manual_seed(1)) - part.start
        shares = np.bincount(drawn.numpy(), minlength=own.size) / len(drawn)
        for likely in (found.numpy(), there.numpy()):
            assert np.abs(np.cumsum(shares) - np.cumsum(likely)).max() < 0.02


def test_nothing_rare_is_drawn_and_no_gap_fills_a_gap():
    codes = np.array([0] * 200 + [1] * 3 + [2] * 100)
    encoded, layout = levels_table(x=codes, y=np.arange(303) % 2, rare_below=5)
    generator = made(encoded, layout)
    drawn = generator.draw_codes(2_000, None, Streams(0))
    assert layout.emitted[drawn + layout.starts].all()
    encoded, layout = patients()
    views = Views.of(layout, np.full(layout.modes, 0.01))
    for column in range(len(layout.spans)):
        own = Column.of(views, column)
        stated = torch.zeros(3_000, len(own.outputs))
        drawn = own.draw(stated, torch.Generator().manual_seed(1), fills=True)
        if (views.emitted & ~torch.as_tensor(layout.missing))[views.part(column)].any():
            assert not layout.missing[drawn].any()


def test_any_number_of_cells_is_as_likely_to_be_known():
    modes = torch.zeros(40_000, 5, dtype=torch.int64)
    orders = torch.as_tensor(np.array([np.arange(5), np.arange(5)[::-1]]))
    known = masks(modes, orders, torch.Generator().manual_seed(0)).sum(1).long()
    assert (torch.bincount(known, minlength=5)[:5] / len(known) > 0.17).all()


def test_odds_of_nothing_are_never_chosen():
    odds = torch.tensor([[0.0, 1.0, 0.0, 2.0, 0.0]]).repeat(3_000, 1)
    found = torch.bincount(chosen(odds, torch.Generator().manual_seed(0)), minlength=5)
    assert found[[0, 2, 4]].sum() == 0
    assert found[3] / 3_000 == pytest.approx(2 / 3, abs=0.04)
