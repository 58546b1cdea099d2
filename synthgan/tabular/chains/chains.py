"""The generator ``chains``: it grows tree chains, plays them against boosted critics, and draws rows from them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from synthgan.distributed.threads import Threads
from synthgan.gan.train import Progress
from synthgan.tabular.base import BaseGenerator
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.critics import MAX_DRAWN
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.generator import ChainGenerator
from synthgan.tabular.chains.grower import MAX_ENTRIES, fill_with_codes, grow_chain
from synthgan.tabular.chains.impute import fill_by_chains
from synthgan.tabular.chains.likelihood import log_likelihood
from synthgan.tabular.chains.player import Player, clock
from synthgan.tabular.chains.storage import chains_from_state, chains_state
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.protocol import Cost

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.distributed.executor import Executor
    from synthgan.runtime import Streams
    from synthgan.tabular.chains.grower import Chain, Filler
    from synthgan.tabular.checkpoint import TableCheckpoint
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.protocol import Arrays, Known, Prepared


@dataclass(frozen=True, slots=True)
class _Growth:
    """What all chains are grown from."""

    train: Encoded
    layout: Layout
    mode_features: ModeFeatures
    config: ChainConfig
    streams: Streams
    fill: Filler

    def chain(self, index: int) -> Chain:
        """One of them."""
        return grow_chain(self.train, self.layout, self.mode_features, self.config, self.streams, index, self.fill)


class Chains(Player, BaseGenerator):
    """Trees that draw rows column by column, in several orders, and play against boosted critics.

    A model file of chains holds training rows: keep it as you keep the table. The parameters are described in
    ``synthgan.tabular.chains.config``.

    Example:
        >>> from synthgan import Chains, Synthesizer
        >>> Synthesizer(generator=Chains(chains=4, rounds=0)).get_params()["generator__chains"]
        4
    """

    sampler_: ChainGenerator
    name = "chains"
    cut = FINE
    takes_modes = ("quantile",)
    keeps_rows = "every training row can be read back out of the leaves of the chains"

    def __init__(
        self, *, chains: int = 16, chain_share: float = 0.8, leaf_rows: int | None = None, rounds: int = 2
    ) -> None:
        """Store the parameters."""
        self.chains = chains
        self.chain_share = chain_share
        self.leaf_rows = leaf_rows
        self.rounds = rounds

    def config(self) -> ChainConfig:
        """The parameters, checked; raises ConfigError where one cannot be used."""
        return ChainConfig(**self.get_params(deep=False))

    def check(self) -> None:
        """See that the parameters can be used."""
        self.config()

    def fit(
        self, prepared: Prepared, streams: Streams, saved: TableCheckpoint
    ) -> Generator[Progress, None, dict[str, Any]]:
        """Grow chains, then let them play against boosted critics until these find nothing more."""
        config, minutes = self.config(), prepared.minutes
        out_of_time = clock(minutes)
        mode_features = ModeFeatures.fit(prepared.train, prepared.layout, streams.numpy("views"))
        earlier = saved.resumed(lambda state, arrays: chains_from_state(prepared.layout, state, arrays).chains)
        self.sampler_ = sampler = ChainGenerator(prepared.layout, mode_features, earlier or ())
        message = None
        yield Progress("growing", len(sampler.chains), config.chains)
        with saved.keeping_progress(lambda: {"chains": len(sampler.chains)} if sampler.chains else {}):
            for chain in self._grown(prepared, mode_features, streams, len(sampler.chains)):
                sampler.chains = (*sampler.chains, chain)
                saved.once_in_a_while()
                if len(sampler.chains) < config.chains and out_of_time():
                    grown = f"{len(sampler.chains)} of {config.chains} chains"
                    message = f"stopped after {minutes:g} minutes with {grown}, as asked"
                yield Progress("growing", len(sampler.chains), config.chains, message=message)
                if message:
                    break
            sampler.executor = self._executor(prepared)
            try:
                played = yield from self._playing(prepared, config.rounds, streams, out_of_time)
            finally:
                sampler.executor = None
        return {"chains": len(sampler.chains)} | played

    def complete(self, known: Known, streams: Streams) -> Encoded:
        """The rows with their unknown cells drawn given the known ones; residuals stay as they are: they are independent."""
        codes = fill_by_chains(self.sampler_, known.rows.codes, known.cells, streams, gaps=known.gaps)
        return Encoded(codes, known.rows.residuals)

    def log_likelihood(self, encoded: Encoded) -> NDArray[np.float64]:
        """The log density of each row, as the leaves that it falls to have it."""
        return log_likelihood(self.sampler_, encoded)

    def _grown(self, prepared: Prepared, mode_features: ModeFeatures, streams: Streams, first: int) -> Iterator[Chain]:
        """The chains from ``first`` on, in their order, grown on an executor."""
        growth = _Growth(prepared.train, prepared.layout, mode_features, self.config(), streams, self._filler())
        return self._executor(prepared).map(_Growth.chain, range(first, growth.config.chains), growth)

    @staticmethod
    def _executor(prepared: Prepared) -> Executor:
        """Where chains are grown, and draw rows for critics: as many threads as torch has, if nobody said."""
        return prepared.executor or Threads(torch.get_num_threads())

    def _filler(self) -> Filler:
        """What stands in the leaves of trees."""
        return fill_with_codes

    def cost(self, prepared: Prepared, rows: int, streams: Streams) -> Cost:
        """What learning would take: from one chain over the rows prepared."""
        config, layout = self.config(), prepared.layout
        started = time.perf_counter()
        mode_features = ModeFeatures.fit(prepared.train, layout, streams.numpy("views"))
        chain = grow_chain(prepared.train, layout, mode_features, config, streams, 0, self._filler())
        seconds = time.perf_counter() - started
        most_rows = MAX_ENTRIES // (config.chains * len(layout.spans))
        growth = max(1.0, min(rows, most_rows) / len(prepared.train))
        numbers = config.chains * growth * (len(chain.codes) + 5 * len(chain.start))
        # The rounds take about as long as growing does; both use every thread there is.
        return Cost(
            int(numbers),
            2 * config.chains * growth * seconds,
            4 * numbers + 4 * MAX_DRAWN * mode_features.table.size / layout.modes,
        )

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """Chains and critics, as JSON and arrays."""
        return chains_state(self.sampler_)

    def restore(self, layout: Layout, state: dict[str, Any], arrays: Arrays, device: torch.device) -> None:  # noqa: ARG002
        """Take up what ``state`` put down; chains draw on the processor, whatever the device."""
        self.sampler_ = chains_from_state(layout, state, arrays)
