"""How a network learns rows: from those of which some cells are known, until rows set aside grow no likelier."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from synthgan.runtime import initial_weights
from synthgan.tabular.autoregressive.network import AnyOrderNetwork, chances

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from torch import Tensor

    from synthgan.runtime import Streams
    from synthgan.tabular.autoregressive.config import AutoregressiveConfig
    from synthgan.tabular.autoregressive.views import Views

ASIDE_SHARE = 0.07
MIN_ASIDE, MAX_ASIDE = 50, 2_000
MASKS = 4  # with which each row aside is looked at
LOOK_EVERY = 50  # steps
LEARNING_RATE = 4e-3
WARMING_STEPS = 50
HALVING_STEPS = 40  # of the running mean of the weights, which is what is looked at and kept
ORDERED_SHARE = 0.9  # of the rows: those whose known cells are the first in an order that rows are drawn in


def learn(
    modes: Tensor,
    orders: Tensor,
    views: Views,
    config: AutoregressiveConfig,
    streams: Streams,
    out_of_time: Callable[[], bool],
) -> Iterator[AnyOrderNetwork]:
    """Train a network; gives it as it is after each look at the rows aside, and the best one last.

    Args:
        modes: the rows, int64 ``[rows, columns]``, counted over the whole table.
        orders: the orders that rows are drawn in, int64 ``[orders, columns]``.
        views: how columns are seen.
        config: how to train.
        streams: randomness.
        out_of_time: says when to stop at once.
    """
    with initial_weights(streams):
        network = AnyOrderNetwork(views, config).to(modes.device)
    source = streams.torch("learning", 0, modes.device)
    mixed = torch.randperm(len(modes), generator=source, device=modes.device)
    aside = min(max(int(ASIDE_SHARE * len(modes)), MIN_ASIDE), MAX_ASIDE, len(modes) // 2)
    rows, unseen = modes[mixed[aside:]], modes[mixed[:aside]].repeat(MASKS, 1)
    known = masks(unseen, orders, source)
    mean = [weight.detach().clone() for weight in network.parameters()]
    best, kept, waited = _look(network, mean, unseen, known, views), _copied(mean), 0
    optimizer = torch.optim.AdamW(
        network.parameters(), betas=(0.9, 0.99), weight_decay=config.weight_decay,
        fused=modes.device.type in {"cpu", "cuda"},
    )  # fmt: skip
    steps = config.steps(len(modes))
    for step, (batch, seen) in enumerate(_batches(rows, orders, config.update_rows, steps, source), 1):
        optimizer.param_groups[0]["lr"] = _rate(step, steps)
        loss = unlikeliness(network, batch, seen, views, config.dropout, source)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        share = max(1 - 0.5 ** (1 / HALVING_STEPS), 1 / step)
        torch._foreach_lerp_(mean, [weight.detach() for weight in network.parameters()], share)
        if step % LOOK_EVERY and step < steps:
            continue
        found, waited = _look(network, mean, unseen, known, views), waited + 1
        if found < best:
            best, kept, waited = found, _copied(mean), 0
        yield network
        if waited >= config.waits or out_of_time():
            break
    _put(network, kept)
    yield network.requires_grad_(False)  # noqa: FBT003


def unlikeliness(
    network: AnyOrderNetwork,
    modes: Tensor,
    known: Tensor,
    views: Views,
    dropout: float = 0.0,
    source: torch.Generator | None = None,
) -> Tensor:
    """Nats of a cell that is not known, on average over a row's such cells, then over rows."""
    hidden = network.body(network.begin(modes, known, views), dropout, source)
    asked = (1 - known) * views.emitted[modes]
    nats = -torch.log(chances(network.leave(hidden), modes, views)) * asked
    return (nats.sum(1) / asked.sum(1).clamp_min(1)).mean()


def masks(modes: Tensor, orders: Tensor, source: torch.Generator) -> Tensor:
    """Which cells are known: float32 ``[rows, columns]``; any number of a row's cells, but all, is as likely as any other.

    Of most rows they are the first in one of the orders that rows are drawn in, of the others any.
    """
    rows, columns = modes.shape
    share = torch.rand(rows, 1, device=modes.device, generator=source)
    anyhow = torch.rand(modes.shape, device=modes.device, generator=source) < share
    which = torch.randint(len(orders), (rows,), device=modes.device, generator=source)
    first = orders.argsort(1)[which] < (share * columns).floor()
    ordered = torch.rand(rows, 1, device=modes.device, generator=source) < ORDERED_SHARE
    return torch.where(ordered, first, anyhow).float()


def _batches(
    rows: Tensor, orders: Tensor, size: int, steps: int, source: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """So many batches and which of their cells are known, in an order that is new whenever all rows were seen."""
    size = min(size, len(rows))
    each = len(rows) // size
    for step in range(steps):
        if step % each == 0:
            mixed = rows[torch.randperm(len(rows), generator=source, device=rows.device)]
            known = masks(mixed, orders, source)
        part = slice(step % each * size, (step % each + 1) * size)
        yield mixed[part], known[part]


def _rate(step: int, steps: int) -> float:
    """The learning rate of a step: it rises fast, then falls to nothing along a cosine (Loshchilov and Hutter, "SGDR", 2017)."""
    return LEARNING_RATE * min(step / WARMING_STEPS, 1) * 0.5 * (1 + math.cos(math.pi * step / (steps + 1)))


def _look(network: AnyOrderNetwork, weights: list[Tensor], modes: Tensor, known: Tensor, views: Views) -> float:
    """How unlikely rows are under a network with other weights."""
    own = _copied(network.parameters())
    _put(network, weights)
    with torch.no_grad():
        found = float(unlikeliness(network, modes, known, views))
    _put(network, own)
    return found


def _put(network: AnyOrderNetwork, weights: list[Tensor]) -> None:
    with torch.no_grad():
        for weight, value in zip(network.parameters(), weights, strict=True):
            weight.copy_(value)


def _copied(weights: Iterable[Tensor]) -> list[Tensor]:
    return [weight.detach().clone() for weight in weights]
