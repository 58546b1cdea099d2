"""The generator ``autoregressive``: networks that draw a row's cells one by one, in any order, and play against boosted critics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

from synthgan.gan.train import Progress
from synthgan.tabular.autoregressive.config import AutoregressiveConfig
from synthgan.tabular.autoregressive.generator import NetworkGenerator
from synthgan.tabular.autoregressive.impute import fill_by_networks
from synthgan.tabular.autoregressive.learning import LOOK_EVERY, learn
from synthgan.tabular.autoregressive.likelihood import log_likelihood
from synthgan.tabular.autoregressive.storage import networks_from_state, networks_state
from synthgan.tabular.base import BaseGenerator
from synthgan.tabular.chains.critics import MAX_DRAWN
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.player import Player, clock
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.protocol import Cost

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.checkpoint import TableCheckpoint
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.protocol import Arrays, Known, Prepared


class Autoregressive(Player, BaseGenerator):
    """Small networks that draw a row's cells one by one, in any order, and play against boosted critics.

    They are good at tables of numbers, from a thousand rows on. The parameters are described in
    ``synthgan.tabular.autoregressive.config``.

    Example:
        >>> from synthgan import Autoregressive, Synthesizer
        >>> Synthesizer(generator=Autoregressive(networks=5)).get_params()["generator__networks"]
        5
    """

    sampler_: NetworkGenerator
    name = "autoregressive"
    cut = FINE
    takes_modes = ("quantile",)

    def __init__(
        self,
        *,
        networks: int = 2,
        width: int = 192,
        depth: int = 1,
        dropout: float = 0.1,
        weight_decay: float = 0.05,
        updates: int | None = None,
        update_rows: int = 128,
        waits: int = 8,
        critics: int = 2,
    ) -> None:
        """Store the parameters."""
        self.networks = networks
        self.width = width
        self.depth = depth
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.updates = updates
        self.update_rows = update_rows
        self.waits = waits
        self.critics = critics

    def config(self) -> AutoregressiveConfig:
        """The parameters, checked; raises ConfigError where one cannot be used."""
        return AutoregressiveConfig(**self.get_params(deep=False))

    def check(self) -> None:
        """See that the parameters can be used."""
        self.config()

    def fit(
        self, prepared: Prepared, streams: Streams, saved: TableCheckpoint
    ) -> Generator[Progress, None, dict[str, Any]]:
        """Train networks one after the other, then let them play against boosted critics until these find nothing more."""
        config, layout, device = self.config(), prepared.layout, prepared.device
        out_of_time = clock(prepared.minutes)
        mode_features = ModeFeatures.fit(prepared.train, layout, streams.numpy("views"))
        earlier = saved.resumed(lambda state, arrays: networks_from_state(layout, config, state, arrays, device))
        networks = () if earlier is None else earlier.networks
        self.sampler_ = NetworkGenerator(layout, mode_features, networks, device)
        modes = torch.as_tensor(prepared.train.codes + layout.starts, device=device)
        orders = torch.as_tensor(self.sampler_.orders, device=device)
        steps, message = 0, None
        yield Progress("learning", len(networks), config.networks)
        with saved.keeping_progress(lambda: {"step": len(networks)} if networks else {}):
            for index in range(len(networks), config.networks):
                own = streams.below("network", index)
                for network in learn(modes, orders, self.sampler_.views, config, own, out_of_time):  # noqa: B007 (the last is the best)
                    steps += LOOK_EVERY
                    yield Progress("learning", index, config.networks, steps * config.update_rows)
                networks = (*networks, network)
                self.sampler_ = NetworkGenerator(layout, mode_features, networks, device)
                saved.once_in_a_while()
                if len(networks) < config.networks and out_of_time():
                    learned = f"{len(networks)} of {config.networks} networks"
                    message = f"stopped after {prepared.minutes:g} minutes with {learned}, as asked"
                yield Progress("learning", len(networks), config.networks, message=message)
                if message:
                    break
            played = yield from self._playing(prepared, config.critics, streams, out_of_time)
        return {"networks": len(networks)} | played

    def complete(self, known: Known, streams: Streams) -> Encoded:
        """The rows with their unknown cells drawn given the known ones; residuals stay as they are: they are independent."""
        codes = fill_by_networks(self.sampler_, known.rows.codes, known.cells, streams, gaps=known.gaps)
        return Encoded(codes, known.rows.residuals)

    def log_likelihood(self, encoded: Encoded) -> NDArray[np.float64]:
        """The log density of each row, on average over some orders of the columns."""
        return log_likelihood(self.sampler_, encoded)

    def cost(self, prepared: Prepared, rows: int, streams: Streams) -> Cost:
        """What learning would take: from some steps of one network, which is not kept."""
        config, layout = self.config(), prepared.layout
        mode_features = ModeFeatures.fit(prepared.train, layout, streams.numpy("views"))
        sampler = NetworkGenerator(layout, mode_features, (), prepared.device)
        modes = torch.as_tensor(prepared.train.codes + layout.starts, device=prepared.device)
        started = time.perf_counter()
        orders = torch.as_tensor(sampler.orders, device=prepared.device)
        network = next(learn(modes, orders, sampler.views, config, streams.below("trial"), lambda: True))
        steps = config.steps(rows)
        seconds = (time.perf_counter() - started) / min(LOOK_EVERY, steps) * steps
        numbers = config.networks * sum(weight.numel() for weight in network.parameters())
        seen = 4 * MAX_DRAWN * mode_features.table.size / layout.modes
        return Cost(numbers, config.networks * seconds, 16 * numbers + seen)

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """Networks and critics, as JSON and arrays."""
        return networks_state(self.sampler_)

    def restore(self, layout: Layout, state: dict[str, Any], arrays: Arrays, device: torch.device) -> None:
        """Take up what ``state`` put down."""
        self.sampler_ = networks_from_state(layout, self.config(), state, arrays, device)
