"""The private training: a network that starts from counts plays against a critic that learns from noisy gradients alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from synthgan.gan.dpsgd import CLIP, DPSGDUpdates
from synthgan.gan.monitor import Monitor
from synthgan.gan.state import TrainingState
from synthgan.gan.train import Progress, train
from synthgan.runtime import initial_weights
from synthgan.tabular.network.critic import ResidualBlock
from synthgan.tabular.network.generator import TabularGenerator
from synthgan.tabular.private.budget import GAN_RATE, GAN_STEPS
from synthgan.tabular.queries import TableSamples

if TYPE_CHECKING:
    from collections.abc import Generator

    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.network.network import Network
    from synthgan.tabular.private.rounds import PrivateFit

CRITIC_WIDTH, CRITIC_BLOCKS = 128, 2
CRITIC_STEPS = 4  # for each step of the generator
LEARNING_RATE = 1e-3
HOLD = 30.0  # weight of the columns' own distributions, which are known, beside the critic's word
MIN_FAKES = 64


class GroupedCritic(nn.Module):
    """Scores rows by the groups of modes that stand out of the noise: a critic that sees less is taught by less noise."""

    join: Tensor

    def __init__(self, layout: Layout, groups: tuple[np.ndarray, ...]) -> None:
        """Make a critic that sees for each column the group of its mode.

        Args:
            layout: what the codes mean.
            groups: for each column int64 ``[modes]``, the group of each mode.
        """
        super().__init__()
        sizes = [int(part.max()) + 1 for part in groups]
        starts = np.cumsum([0, *sizes])
        group_of_mode = np.concatenate([start + part for start, part in zip(starts, groups, strict=False)])
        join = torch.zeros(layout.modes, int(starts[-1]))
        join[torch.arange(layout.modes), torch.as_tensor(group_of_mode)] = 1.0
        self.register_buffer("join", join, persistent=False)
        self.enter = nn.Linear(join.shape[1], CRITIC_WIDTH)
        self.blocks = nn.Sequential(*[ResidualBlock(CRITIC_WIDTH) for _ in range(CRITIC_BLOCKS)])
        self.leave = nn.Linear(CRITIC_WIDTH, 1)

    def forward(self, sample: Tensor, condition: Any = None) -> Tensor:  # noqa: ARG002
        """Logits ``[rows]`` of samples ``[rows, modes + residuals]``."""
        seen = sample[:, : len(self.join)] @ self.join
        return self.leave(leaky_relu(self.blocks(self.enter(seen)), 0.2)).squeeze(1)


def play_privately(
    fit: PrivateFit, configs: Configs, streams: Streams, device: torch.device
) -> Generator[Progress, None, TabularGenerator]:
    """Let a network that starts from the fitted mixture play; its average is returned, the critic is thrown away.

    The number of steps is fixed before, and nothing is judged on rows.

    Raises:
        PrivacyError: if a unit may hold several rows.
    """
    steps = GAN_STEPS // CRITIC_STEPS
    state = _make_state(fit, configs, steps, streams, device)
    fakes = max(MIN_FAKES, round(GAN_RATE * fit.known.rows))
    gradient = fit.curator.gradient(
        TableSamples(fit.known.transform, device),
        clip=CLIP,
        noise=fit.budget.dpsgd_noise,
        rate=GAN_RATE,
        steps=GAN_STEPS,
        stage="training",
        purpose="what the critic learns from",
    )
    updates = DPSGDUpdates(gradient, fakes, streams, _hold(fit, device))
    monitor = Monitor(None, steps, 1)
    monitor.begin(state)
    for step in train(state, updates, monitor):
        yield Progress("training", step.step, steps, step.rows, step.critic_loss, step.generator_loss, step.message)
    return cast("TabularGenerator", state.average)


def _make_state(fit: PrivateFit, configs: Configs, steps: int, streams: Streams, device: torch.device) -> TrainingState:
    layout, network = fit.known.transform.layout, cast("Network", configs.generator)
    with initial_weights(streams):
        generator = TabularGenerator(layout, fit.model.mixture(), network.sizes())
        critic = GroupedCritic(layout, fit.groups)
    training = replace(
        network.training(configs.minutes), steps=steps, critic_steps=CRITIC_STEPS, learning_rate=LEARNING_RATE
    )
    return TrainingState(generator.to(device), critic.to(device), training)


def _hold(fit: PrivateFit, device: torch.device) -> Any:
    """How far samples are, on the whole, from the columns' distributions as they were measured."""
    layout = fit.known.transform.layout
    shares = [np.maximum(held, 0) / max(np.maximum(held, 0).sum(), 1.0) for held in fit.known.held]
    known = torch.as_tensor(np.concatenate(shares), dtype=torch.float32, device=device)

    def distance(sample: Tensor, noise: Any) -> Tensor:  # noqa: ARG001
        drawn = sample[:, : layout.modes].mean(0)
        return HOLD * ((drawn - known).square() / (known + 1e-3)).sum()

    return distance
