"""What a training of two networks takes: both networks at their warm start, a monitor, and batches of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.gan.monitor import Monitor
from synthgan.gan.protocols import Batch
from synthgan.gan.state import TrainingState
from synthgan.gan.team import Team
from synthgan.runtime import initial_weights
from synthgan.tabular.conditioning.conditions import ConditionSampler, LevelCondition
from synthgan.tabular.evaluator import LEVEL_SHARE, HoldoutEvaluator
from synthgan.tabular.network.critic import TabularCritic, dense
from synthgan.tabular.network.generator import TabularGenerator

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from synthgan.gan.config import TrainConfig
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Encoded, Layout
    from synthgan.tabular.network.config import NetworkConfig
    from synthgan.tabular.network.mixture import Mixture
    from synthgan.tabular.protocol import Prepared


def make_state(
    layout: Layout,
    mixture: Mixture,
    network: NetworkConfig,
    training: TrainConfig,
    streams: Streams,
    device: torch.device,
) -> TrainingState:
    """Both players, starting from a mixture, on the device."""
    with initial_weights(streams):
        generator = TabularGenerator(layout, mixture, network)
        critic = TabularCritic(layout, network)
    return TrainingState(generator.to(device), critic.to(device), training)


def make_monitor(prepared: Prepared, training: TrainConfig, streams: Streams) -> Monitor:
    """The monitor of a training on that table."""
    evaluator = None
    if len(prepared.held_out):
        flat = prepared.train.codes + prepared.layout.starts
        share = np.bincount(flat.ravel(), minlength=prepared.layout.modes) / len(prepared.train)
        evaluator = HoldoutEvaluator(prepared.held_out, prepared.layout, share >= LEVEL_SHARE, streams)
    return Monitor(evaluator, training.check_every, training.patience, team=Team.gathered(prepared.device))


def samples_of(encoded: Encoded, layout: Layout, device: torch.device) -> Callable[[Tensor], Tensor]:
    """Rows in the critic's space by their indices: integer codes stay on the device and are spread out a batch at a time."""
    codes, residuals = torch.as_tensor(encoded.codes, device=device), torch.as_tensor(encoded.residuals, device=device)
    starts = torch.as_tensor(layout.starts, device=device)
    return lambda rows: dense(codes[rows], residuals[rows], starts, layout.modes)


def make_batches(
    prepared: Prepared, training: TrainConfig, network: NetworkConfig, streams: Streams
) -> Callable[[int], Batch]:
    """Real batches by step."""
    encoded, layout, packing, device = prepared.train, prepared.layout, network.packing, prepared.device
    sampler = ConditionSampler(encoded.codes, layout, network.conditional_share)
    samples = samples_of(encoded, layout, device)
    # A batch of a small table is a quarter of it: the same rows over and over would teach the critic their names.
    batch_rows = max(min(training.batch_rows, len(encoded) // 4) // packing, 1) * packing

    def batch(step: int) -> Batch:
        rows, modes, columns = (
            torch.as_tensor(part, device=device) for part in sampler.draw(batch_rows, streams, step)
        )
        return Batch(samples(rows), LevelCondition(modes, columns))

    return batch
