"""Filling gaps by any-order networks: unknown cells are drawn one after the other, given all that are known by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.tabular.autoregressive.generator import BLOCK_ROWS, stated_by_any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.autoregressive.generator import NetworkGenerator


def fill_by_networks(
    generator: NetworkGenerator,
    codes: NDArray[np.int32],
    known: NDArray[np.bool_],
    streams: Streams,
    *,
    gaps: bool = False,
) -> NDArray[np.int32]:
    """Codes ``[rows, columns]`` with those that are not known drawn anew; a block of rows takes one order.

    ``gaps`` says whether they may become missing values.
    """
    result = codes.copy()
    with torch.inference_mode():
        for index, order in enumerate(generator.orders):
            mine = np.arange(index, len(codes), len(generator.orders))
            source = streams.torch("impute", index, generator.device)
            for start in range(0, len(mine), BLOCK_ROWS):
                rows = mine[start : start + BLOCK_ROWS]
                result[rows] = _filled(generator, codes[rows], known[rows], order, source, gaps=gaps)
    return result


def _filled(
    generator: NetworkGenerator,
    codes: NDArray[np.int32],
    known: NDArray[np.bool_],
    order: NDArray[np.int64],
    source: torch.Generator,
    *,
    gaps: bool,
) -> NDArray[np.int32]:
    """Some rows, in one order."""
    first = generator.views.first_mode[:-1]
    modes = torch.as_tensor(codes, dtype=torch.int64, device=generator.device) + first
    there = torch.as_tensor(known, device=generator.device)
    seen = generator.begun(modes, there)
    for column in order.tolist():
        gap = torch.nonzero(~there[:, column]).flatten()
        if not len(gap):
            continue
        stated = stated_by_any(generator, [part[gap] for part in seen], column, source)
        drawn = generator.columns[column].draw(stated, source, fills=not gaps)
        modes[gap, column] = drawn
        for part, (_, table) in zip(seen, generator.tables, strict=True):
            part[gap] += table[drawn]
    return (modes - first).cpu().numpy().astype(np.int32)
