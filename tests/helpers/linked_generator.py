"""A mixture of the linked table and a generator that starts from it, for several tests."""

from __future__ import annotations

import numpy as np
import torch
from helpers.linked_table import linked_table

from synthgan.gan.generate import generate
from synthgan.runtime import Streams
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.network.config import NetworkConfig
from synthgan.tabular.network.generator import TabularGenerator
from synthgan.tabular.network.mixture import fit_mixture

ENCODED, LAYOUT, ENCODERS = linked_table()
STREAMS = Streams(0)
*_, MIXTURE = fit_mixture(ENCODED, LAYOUT, 30, STREAMS)


def make_generator(*, moved: bool = False) -> TabularGenerator:
    """A generator at its warm start, or with a residual network that has an opinion of its own."""
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        generator = TabularGenerator(LAYOUT, MIXTURE, NetworkConfig())
        if moved:
            torch.nn.init.normal_(generator.leave.weight, std=0.15)
    return generator


def sample(generator: TabularGenerator, rows: int, condition: object = None, seed: int = 1) -> Encoded:
    parts = generate(generator, rows, condition=condition, streams=Streams(seed), batch_samples=5_000)
    codes, residuals = zip(*[(c.numpy(), p.numpy()) for c, p in parts], strict=True)
    return Encoded(np.concatenate(codes), np.concatenate(residuals))
