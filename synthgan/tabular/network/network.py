"""The generator ``network``: a conditional GAN that starts from a latent-class mixture."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import torch

from synthgan.config import from_parameters
from synthgan.gan.config import TrainConfig
from synthgan.gan.generate import generate
from synthgan.gan.monitor import Monitor
from synthgan.gan.objectives import make_objective
from synthgan.gan.team import Team
from synthgan.gan.train import Progress, train
from synthgan.gan.updates import StandardUpdates
from synthgan.io.contract import Array, Flag, Record, check, require
from synthgan.tabular.base import BaseGenerator
from synthgan.tabular.encoding.continuous import COARSE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.network.config import NetworkConfig
from synthgan.tabular.network.generator import CLASS_WIDTH, TabularGenerator
from synthgan.tabular.network.impute import fill_by_network
from synthgan.tabular.network.learning import make_batches, make_monitor, make_state
from synthgan.tabular.network.likelihood import log_likelihood
from synthgan.tabular.network.mixture import EPOCHS, MIXTURE, Mixture, choose_classes, fit_mixture
from synthgan.tabular.protocol import Cost

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.checkpoint import TableCheckpoint
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.protocol import Arrays, Known, Prepared

TRIAL_STEPS = 3
_STATE = Record({"moved": Flag()})


class Network(BaseGenerator):
    """A conditional GAN of two residual networks that starts from a latent-class mixture.

    The parameters are described in ``synthgan.gan.config`` and ``synthgan.tabular.network.config``.

    Example:
        >>> from synthgan import Network, Synthesizer
        >>> Synthesizer(generator=Network(steps=500)).set_params(generator__steps=7).generator.steps
        7
    """

    name = "network"
    cut = COARSE
    keeps_rows = "the weights of a network may remember training rows, and their density tells some from others"
    may_change = frozenset({"steps", "patience"})

    def __init__(
        self,
        *,
        objective: str = "relativistic",
        steps: int = 1500,
        batch_rows: int = 512,
        critic_steps: int = 1,
        learning_rate: float = 5e-4,
        penalty: float | None = None,
        penalty_every: int = 4,
        ema_halflife_steps: int = 100,
        conditional_share: float = 0.5,
        check_every: int = 250,
        patience: int = 4,
        holdout_share: float = 0.1,
        classes: int | None = None,
        noise_width: int = 32,
        generator_width: int = 128,
        critic_width: int = 256,
        blocks: int = 2,
        packing: int = 1,
    ) -> None:
        """Store the parameters."""
        self.objective = objective
        self.steps = steps
        self.batch_rows = batch_rows
        self.critic_steps = critic_steps
        self.learning_rate = learning_rate
        self.penalty = penalty
        self.penalty_every = penalty_every
        self.ema_halflife_steps = ema_halflife_steps
        self.conditional_share = conditional_share
        self.check_every = check_every
        self.patience = patience
        self.holdout_share = holdout_share
        self.classes = classes
        self.noise_width = noise_width
        self.generator_width = generator_width
        self.critic_width = critic_width
        self.blocks = blocks
        self.packing = packing

    def sizes(self) -> NetworkConfig:
        """The sizes of both networks, checked; raises ConfigError where one cannot be used."""
        return from_parameters(NetworkConfig, self.get_params(deep=False))

    def training(self, minutes: float | None = None) -> TrainConfig:
        """How they are trained, checked; raises ConfigError where something cannot be used."""
        return from_parameters(TrainConfig, self.get_params(deep=False) | {"minutes": minutes})

    def check(self) -> None:
        """See that the parameters can be used."""
        self.sizes()
        self.training()

    def adopt(self, network: TabularGenerator, layout: Layout) -> Self:
        """Draw from this network from now on."""
        self.network_, self.layout_ = network, layout
        return self

    def fit(
        self, prepared: Prepared, streams: Streams, saved: TableCheckpoint
    ) -> Generator[Progress, None, dict[str, Any]]:
        """Fit a latent-class mixture, then let a network that starts from it play against another."""
        sizes, training, layout = self.sizes(), self.training(prepared.minutes), prepared.layout
        earlier = saved.resumed(lambda _, arrays: _mixture(arrays))
        classes = sizes.classes or choose_classes(len(prepared.train))
        mixtures = [earlier] if earlier else fit_mixture(prepared.train, layout, classes, streams)
        for epoch, mixture in enumerate(mixtures, 1):  # noqa: B007 (the training starts from the last one)
            yield Progress("warm start", epoch, EPOCHS)
        state = make_state(layout, mixture, sizes, training, streams, prepared.device)
        monitor = make_monitor(prepared, training, streams)
        self.adopt(cast("TabularGenerator", state.average), layout)
        updates = _updates(prepared, sizes, training, streams)
        with saved.keeping_state(state, monitor):
            for step in saved.after_each(train(state, updates, monitor)):
                losses = step.critic_loss, step.generator_loss
                yield Progress("training", step.step, training.steps, step.rows, *losses, step.message)
        return monitor.summary(state)

    def rows_at_once(self) -> int:
        """How many rows are drawn at once."""
        return self.network_.batch_rows

    def sample(self, n: int, evidence: Evidence | None, streams: Streams, first: int = 0) -> Iterator[Encoded]:
        """Draw rows that meet the evidence, batch by batch."""
        network, rows = self.network_, self.rows_at_once()
        condition = None if evidence is None else evidence.to(network.device)
        parts = generate(network, n, condition=condition, streams=streams, batch_samples=rows, first=first)
        return (Encoded(codes.cpu().numpy().astype(np.int32), residuals.cpu().numpy()) for codes, residuals in parts)

    def log_evidence(self, evidence: Evidence) -> float:
        """The log probability that a row meets the evidence, estimated from a few thousand weighed candidates."""
        return self.network_.log_evidence(evidence.to(self.network_.device))

    def complete(self, known: Known, streams: Streams) -> Encoded:
        """The rows with their unknown cells drawn given the known ones."""
        return Encoded(*fill_by_network(self.network_, known.rows, known.cells, self.layout_, streams, gaps=known.gaps))

    def log_likelihood(self, encoded: Encoded) -> NDArray[np.float64]:
        """The log density of each row; of a network, which moves its mixture, an estimate by importance sampling."""
        return log_likelihood(self.network_, encoded, self.layout_)

    def cost(self, prepared: Prepared, rows: int, streams: Streams) -> Cost:
        """What learning would take: from a few steps of networks that are not trained."""
        sizes, training, layout = self.sizes(), self.training(), prepared.layout
        mixture = Mixture.even(sizes.classes or choose_classes(rows), layout)
        state = make_state(layout, mixture, sizes, training, streams, prepared.device)
        updates = _updates(prepared, sizes, training, streams)
        steps = train(state, updates, Monitor(None, 10**9, 1))
        ticks = [time.perf_counter() for _, _ in zip(range(TRIAL_STEPS), steps, strict=False)]
        step_seconds = (ticks[-1] - ticks[0]) / max(len(ticks) - 1, 1) if ticks else 0.0
        parameters = sum(p.numel() for module in (state.generator, state.critic) for p in module.parameters())
        memory = 8 * 4 * parameters + 40 * 4 * training.batch_rows * (layout.modes + layout.residuals)
        return Cost(parameters, step_seconds * training.steps, memory)

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """Whether a network moves the mixture, and all weights."""
        weights = {name: tensor.cpu().numpy() for name, tensor in self.network_.state_dict().items()}
        return {"moved": self.network_.embedding is not None}, weights

    def restore(self, layout: Layout, state: dict[str, Any], arrays: Arrays, device: torch.device) -> None:
        """Take up what ``state`` put down."""
        check(state, _STATE, "state")
        sizes = self.sizes() if state["moved"] else None
        require(sizes is None or sizes.blocks < len(arrays), "blocks", "in the file")
        check(
            arrays,
            Record(MIXTURE | _weights(sizes)),
            "generator",
            modes=layout.modes,
            residuals=layout.residuals,
            moved=layout.modes + 2 * layout.residuals,
        )
        network = TabularGenerator(layout, _mixture(arrays), sizes)
        network.load_state_dict({name: torch.as_tensor(array) for name, array in arrays.items()})
        self.adopt(network.to(device).requires_grad_(False), layout)  # noqa: FBT003


def _updates(prepared: Prepared, sizes: NetworkConfig, training: TrainConfig, streams: Streams) -> StandardUpdates:
    """How both networks move: on real batches of these rows."""
    batches = make_batches(prepared, training, sizes, streams)
    objective = make_objective(training.objective, training.penalty)
    return StandardUpdates(batches, objective, streams, team=Team.gathered(prepared.device))


def _mixture(arrays: Arrays) -> Mixture:
    """The mixture that a network starts from, among its arrays."""
    return Mixture(*(torch.as_tensor(arrays[part.name]) for part in fields(Mixture)))


def _weights(sizes: NetworkConfig | None) -> dict[str, Array]:
    """What a file holds of a generator beside its mixture, where it is more than that."""
    if sizes is None:
        return {}
    width = sizes.generator_width
    layers: dict[str, tuple[str | int, str | int]] = {
        "enter": (width, CLASS_WIDTH + sizes.noise_width),
        **{f"blocks.{index}.{layer}": (width, width) for index in range(sizes.blocks) for layer in ("enter", "leave")},
        "leave": ("moved", width),
    }
    found = {"embedding.weight": Array("f4", ("classes", CLASS_WIDTH))}
    for name, shape in layers.items():
        found |= {f"{name}.weight": Array("f4", shape), f"{name}.bias": Array("f4", shape[:1])}
    return found
