"""How a network learns rows: from those of which random cells are known, until rows set aside grow no likelier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from synthgan.runtime import initial_weights
from synthgan.tabular.autoregressive.network import AnyOrderNetwork, chances

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from synthgan.runtime import Streams
    from synthgan.tabular.autoregressive.config import AutoregressiveConfig
    from synthgan.tabular.autoregressive.views import Views

ASIDE_SHARE = 0.1
MIN_ASIDE, MAX_ASIDE = 20, 2_000
MASKS = 8  # with which each row aside is looked at
LOOK_EVERY = 50  # steps
LEARNING_RATE = 2e-3
HALVING_STEPS = 40  # of the running mean of the weights, which is what is looked at and kept
LARGEST_STEP = 1.0  # norm of a gradient


def learn(
    modes: Tensor, views: Views, config: AutoregressiveConfig, streams: Streams, out_of_time: Callable[[], bool]
) -> Iterator[AnyOrderNetwork]:
    """Train a network on rows, int64 ``[rows, columns]``; gives it as it is after each look, the best one last."""
    with initial_weights(streams):
        network = AnyOrderNetwork(views, config).to(modes.device)
    source = streams.torch("learning", 0, modes.device)
    order = torch.randperm(len(modes), generator=source, device=modes.device)
    aside = min(max(int(ASIDE_SHARE * len(modes)), MIN_ASIDE), MAX_ASIDE, len(modes) // 2)
    unseen, rows = modes[order[:aside]].repeat(MASKS, 1), modes[order[aside:]]
    masks = _known(unseen, source)
    mean = {name: value.detach().clone() for name, value in network.named_parameters()}
    best, kept, waited = _unlikeliness(network, mean, unseen, masks, views), _copied(mean), 0
    for step, batch in enumerate(_batches(rows, config.update_rows, config.updates, source), 1):
        if step == 1:
            optimizer = torch.optim.AdamW(
                network.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=config.weight_decay,
                fused=modes.device.type in {"cpu", "cuda"},
            )  # fmt: skip
        loss = unlikeliness(network, batch, _known(batch, source), views, config.dropout, source)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_STEP)
        optimizer.step()
        share = max(1 - 0.5 ** (1 / HALVING_STEPS), 1 / step)
        torch._foreach_lerp_(list(mean.values()), [p.detach() for p in network.parameters()], share)
        if step % LOOK_EVERY == 0:
            found = _unlikeliness(network, mean, unseen, masks, views)
            waited = waited + 1
            if found < best:
                best, kept, waited = found, _copied(mean), 0
            yield network
            if waited >= config.waits or out_of_time():
                break
    network.load_state_dict(kept)
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


def _known(modes: Tensor, source: torch.Generator) -> Tensor:
    """Which cells are known: float32 ``[rows, columns]``. Any number of a row's cells is as likely as any other."""
    share = torch.rand(len(modes), 1, device=modes.device, generator=source)
    return (torch.rand(modes.shape, device=modes.device, generator=source) < share).float()


def _batches(rows: Tensor, size: int, steps: int, source: torch.Generator) -> Iterator[Tensor]:
    """So many batches, in an order that is new whenever all rows were seen."""
    size = min(size, len(rows))
    order = torch.empty(0, dtype=torch.int64, device=rows.device)
    for _ in range(steps):
        if len(order) < size:
            order = torch.randperm(len(rows), generator=source, device=rows.device)
        yield rows[order[:size]]
        order = order[size:]


def _unlikeliness(
    network: AnyOrderNetwork, weights: dict[str, Tensor], modes: Tensor, known: Tensor, views: Views
) -> float:
    """The same of a network with other weights, as a number."""
    own = {name: value.detach().clone() for name, value in network.named_parameters()}
    with torch.no_grad():
        network.load_state_dict(weights)
        found = float(unlikeliness(network, modes, known, views))
        network.load_state_dict(own)
    return found


def _copied(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in weights.items()}
