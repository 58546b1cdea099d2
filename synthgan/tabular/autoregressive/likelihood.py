"""How likely any-order networks are to draw given rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from synthgan.tabular.autoregressive.network import chances
from synthgan.tabular.chains.likelihood import log_of_critic, log_of_residuals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from synthgan.tabular.autoregressive.generator import NetworkGenerator
    from synthgan.tabular.encoding.layout import Encoded

BLOCK_CELLS = 2**21  # rows times what networks state of them


def log_likelihood(generator: NetworkGenerator, encoded: Encoded) -> NDArray[np.float64]:
    """The log density of each row, ``[rows]``: of its modes in all orders, and of its residuals as normal scores.

    Of each mode a thousandth of its share in the table counts beside what networks state of it. Where critics choose among the rows,
    the density is that of the networks times the chance to be kept, over the share that is kept.
    """
    first = generator.views.first_mode[:-1]
    block = max(1, BLOCK_CELLS // generator.networks[0].leave.out_features)
    result = log_of_residuals(generator.layout, encoded) + log_of_critic(generator, encoded.codes)
    with torch.inference_mode():
        for start in range(0, len(encoded), block):
            part = slice(start, start + block)
            modes = torch.as_tensor(encoded.codes[part], dtype=torch.int64, device=generator.device) + first
            found = torch.stack([_in_order(generator, modes, order) for order in generator.orders])
            result[part] += (torch.logsumexp(found, 0) - math.log(len(found))).cpu().numpy()
    return result


def _in_order(generator: NetworkGenerator, modes: Tensor, order: NDArray[np.int64]) -> Tensor:
    """The log probability of each row's modes, float64 ``[rows]``, where they are drawn in that order."""
    total = torch.zeros(len(modes), dtype=torch.float64, device=modes.device)
    seen = generator.begun(modes, torch.zeros_like(modes))
    for column in order.tolist():
        found = torch.zeros_like(total)
        for network, part in zip(generator.networks, seen, strict=True):
            found += chances(network.leave(network.body(part)), modes, generator.views)[:, column]
        total += torch.log(found / len(seen))
        for part, (_, table) in zip(seen, generator.tables, strict=True):
            part.add_(table[modes[:, column]])
    return total
