"""How likely a network, or the mixture it starts from, is to draw given rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.runtime import Streams
from synthgan.tabular.network.generator import Heads
from synthgan.tabular.network.impute import BLOCK_CELLS, log_fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.encoding.layout import Encoded, Layout
    from synthgan.tabular.network.generator import TabularGenerator

CANDIDATES = 64  # noises weighed for each row, where a network moves the mixture


def log_likelihood(generator: TabularGenerator, encoded: Encoded, layout: Layout) -> NDArray[np.float64]:
    """The log density of each row, ``[rows]``: of its modes, and of its residuals as normal scores.

    The density of a mixture is a sum. That of a network is estimated by importance sampling: latent classes come from the
    mixture's posterior given the row, continuous noise from its own distribution.
    """
    device = generator.device
    source = Streams(0).torch("likelihood", 0, device)
    candidates = CANDIDATES if generator.noise_width else 1
    block = max(1, BLOCK_CELLS // (candidates * layout.modes + len(generator.log_weights)))
    result = np.empty(len(encoded))
    with torch.no_grad():
        for start in range(0, len(encoded), block):
            rows = encoded.take(np.arange(start, min(start + block, len(encoded))))
            codes, residuals = (torch.as_tensor(part, device=device) for part in (rows.codes, rows.residuals))
            known = torch.ones(codes.shape, dtype=torch.bool, device=device)
            cells = codes.long() + generator.starts, residuals, known
            has_residual = generator.has_residual[cells[0][:, generator.column_of_residual]].sum(1)
            by_class = Heads(
                generator.log_probs[None], generator.residual_means[None], generator.residual_deviations[None]
            )
            joint = torch.log_softmax(generator.log_weights, 0) + log_fit(by_class, *cells, generator)
            total = torch.logsumexp(joint, 1) - 0.5 * math.log(2 * math.pi) * has_residual
            if generator.noise_width:
                total = total + _moved_by(generator, joint, cells, candidates, source)
            result[start : start + len(rows)] = total.double().cpu().numpy()
    return result


def _moved_by(
    generator: TabularGenerator,
    joint: torch.Tensor,
    cells: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    candidates: int,
    source: torch.Generator,
) -> torch.Tensor:
    """By how much the network makes each row likelier than its mixture does, as a logarithm: ``[rows]``."""
    classes = torch.multinomial(torch.softmax(joint, 1), candidates, replacement=True, generator=source)
    latent = torch.randn(classes.numel(), generator.noise_width, device=joint.device, generator=source)
    stated = generator.heads(classes.flatten(), latent)
    log_probs = torch.cat([torch.log_softmax(part, 1) for part in stated.logits.split(generator.sizes, 1)], 1)
    parts = (part.view(len(joint), candidates, -1) for part in (log_probs, stated.mean, stated.deviation))
    by_class = joint - torch.log_softmax(generator.log_weights, 0)
    gains = log_fit(Heads(*parts), *cells, generator) - by_class.gather(1, classes)
    return torch.logsumexp(gains, 1) - math.log(candidates)
