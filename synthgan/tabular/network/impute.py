"""Filling gaps by a network or a mixture: noise is drawn from its distribution given the known cells, gaps from its heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from synthgan.tabular.network.generator import Heads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Encoded, Layout
    from synthgan.tabular.network.generator import TabularGenerator

CANDIDATES = 16  # noises weighed for each row, where a network moves the mixture
BLOCK_CELLS = 2**22  # modes times candidates of a block


def fill_by_network(
    generator: TabularGenerator,
    encoded: Encoded,
    known: NDArray[np.bool_],
    layout: Layout,
    streams: Streams,
    *,
    gaps: bool = False,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Codes ``[rows, columns]`` and residuals ``[rows, residuals]`` with those that are not known drawn anew.

    The latent class comes from its posterior given the known cells, the continuous noise by importance resampling of
    ``CANDIDATES`` (Rubin, "Using the SIR algorithm", 1988); given both, the gaps of a row are independent.

    Args:
        generator: states distributions.
        encoded: the rows; what stands in their gaps is not looked at.
        known: bool ``[rows, columns]``.
        layout: what codes and residuals mean.
        streams: randomness.
        gaps: whether what is not known may become a missing value.
    """
    source = streams.torch("impute", 0, generator.device)
    candidates = CANDIDATES if generator.noise_width else 1
    block = max(1, BLOCK_CELLS // (candidates * layout.modes + len(generator.log_weights)))
    codes, residuals = encoded.codes.copy(), encoded.residuals.copy()
    with torch.no_grad():
        for start in range(0, len(codes), block):
            part = slice(start, start + block)
            modes, there, seen = (
                torch.as_tensor(array[part], device=generator.device) for array in (codes, residuals, known)
            )
            codes[part], residuals[part] = _fill_block(
                generator, modes, there, seen, layout, candidates, source, gaps=gaps
            )
    return codes, residuals


def _fill_block(
    generator: TabularGenerator,
    codes: Tensor,
    residuals: Tensor,
    known: Tensor,
    layout: Layout,
    candidates: int,
    source: torch.Generator,
    *,
    gaps: bool,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    rows, device = len(codes), codes.device
    cells = codes.long() + generator.starts, residuals, known
    by_class = Heads(generator.log_probs[None], generator.residual_means[None], generator.residual_deviations[None])
    fit = log_fit(by_class, *cells, generator)
    classes = torch.multinomial(
        torch.softmax(generator.log_weights + fit, 1), candidates, replacement=True, generator=source
    )
    latent = torch.randn(classes.numel(), generator.noise_width, device=device, generator=source)
    stated = generator.heads(classes.flatten(), latent)
    log_probs = torch.cat([torch.log_softmax(part, 1) for part in stated.logits.split(generator.sizes, 1)], 1)
    parts = (part.view(rows, candidates, -1) for part in (log_probs, stated.mean, stated.deviation))
    heads = Heads(*parts)
    weight = torch.softmax(log_fit(heads, *cells, generator) - fit.gather(1, classes), 1)
    best = torch.arange(rows, device=device), torch.multinomial(weight, 1, generator=source).squeeze(1)
    fillable = torch.as_tensor(layout.emitted & (gaps | ~layout.missing), device=device)
    likely = heads.logits[best].exp() + 1e-30  # a column that is always missing has no likely value
    drawn = generator.draw_codes(likely * fillable, torch.rand(codes.shape, device=device, generator=source))
    offset = torch.randn(residuals.shape, device=device, generator=source)
    drawn_residuals = heads.mean[best] + heads.deviation[best] * offset
    filled = torch.where(known, codes.long(), drawn)
    filled_residuals = torch.where(known[:, generator.column_of_residual], residuals, drawn_residuals)
    return filled.cpu().numpy().astype(np.int32), filled_residuals.cpu().numpy()


def log_fit(heads: Heads, modes: Tensor, residuals: Tensor, known: Tensor, generator: TabularGenerator) -> Tensor:
    """How well heads bear out the known cells: log density ``[rows, heads]``.

    Args:
        heads: logits that are log probabilities ``[rows or 1, heads, modes]``, the others ``[rows or 1, heads, residuals]``.
        modes: int64 ``[rows, columns]``.
        residuals: float32 ``[rows, residuals]``.
        known: bool ``[rows, columns]``.
        generator: knows the layout.
    """
    rows, count = len(modes), heads.logits.shape[1]
    logits, total = heads.logits.expand(rows, -1, -1), torch.zeros(rows, count, device=modes.device)
    for column in range(modes.shape[1]):
        mode = modes[:, column, None, None].expand(-1, count, 1)
        total += torch.where(known[:, column, None], logits.gather(2, mode).squeeze(2), 0.0)
    for at, column in enumerate(generator.column_of_residual.tolist()):
        mean, deviation = heads.mean[:, :, at], heads.deviation[:, :, at]
        density = -0.5 * ((residuals[:, at, None] - mean) / deviation).square() - deviation.log()
        there = known[:, column] & generator.has_residual[modes[:, column]]
        total += torch.where(there[:, None], density, 0.0)
    return total
