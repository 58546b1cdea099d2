"""Drawing rows from any-order networks: column by column, in several orders, each cell by a network chosen at random."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import embedding_bag

from synthgan.runtime import Streams
from synthgan.tabular.autoregressive.column import Column, chosen
from synthgan.tabular.autoregressive.views import Views
from synthgan.tabular.chains.criticised import CriticisedGenerator, shared_out
from synthgan.tabular.conditioning.particles import Allowed, resample

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from synthgan.tabular.autoregressive.network import AnyOrderNetwork
    from synthgan.tabular.chains.booster import BoostedCritic
    from synthgan.tabular.chains.features import ModeFeatures
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout

ORDERS = 2  # the more there are, the more rows it takes to learn each of them well
BLOCK_ROWS = 8_192  # drawn at once
PILOT_ROWS = 1_024  # drawn in each order to find how likely a condition is
PARTICLES_PER_ROW = 4
MAX_PARTICLES = 65_536  # begun in one order for one batch of conditioned rows


class NetworkGenerator(CriticisedGenerator):
    """Draws rows in several orders of the columns in equal parts, and keeps of them what critics let pass.

    What is drawn of a cell is drawn from the mean of what all networks state of it.

    Attributes:
        networks: the networks.
        views: how they see the columns.
        orders: int64 ``[ORDERS, columns]``: the same for all tables of so many columns.
    """

    def __init__(
        self,
        layout: Layout,
        mode_features: ModeFeatures,
        networks: Sequence[AnyOrderNetwork],
        device: torch.device,
        critic: BoostedCritic | None = None,
    ) -> None:
        """Put the parts together."""
        super().__init__(layout, mode_features, critic)
        self.device, self.networks = device, tuple(networks)
        self.views = Views.of(layout, mode_features.shares).to(device)
        self.columns = [Column.of(self.views, column) for column in range(len(layout.spans))]
        rng = Streams(0).numpy("orders")
        self.orders = np.array([rng.permutation(len(layout.spans)) for _ in range(ORDERS)])

    def draw_uncriticised(self, rows: int, streams: Streams, condition: Evidence | None = None) -> NDArray[np.int32]:
        """Codes of rows as the networks draw them."""
        rng = streams.numpy("shuffle")
        odds = np.ones(ORDERS) if condition is None else self.odds(condition)
        counts = shared_out(rows, odds, rng)
        allowed = Allowed({} if condition is None else Allowed.of(condition, self.layout).shares)
        parts = []
        with torch.inference_mode():
            for index in np.flatnonzero(counts):
                source = streams.torch("rows", int(index), self.device)
                for start in range(0, int(counts[index]), BLOCK_ROWS):
                    part = min(BLOCK_ROWS, int(counts[index]) - start)
                    walk = self._given(int(index), part, allowed, odds[index], source)
                    walk.free(walk.left(self.orders[index]))
                    parts.append(walk.codes())
        codes = np.concatenate(parts)
        return codes[rng.permutation(len(codes))]

    def _ask_pilots(self, allowed: Allowed) -> NDArray[np.float64]:
        """How likely a row of each order is to be allowed, from rows sent ahead, ``[ORDERS]``."""
        streams = Streams(0).below("pilots", 0)
        with torch.inference_mode():
            found = [
                Walk(self, PILOT_ROWS, streams.torch("of order", index, self.device)).through(
                    self._first(index, allowed), allowed
                )
                for index in range(ORDERS)
            ]
        return np.array(found)

    def begun(self, modes: Tensor, known: Tensor) -> list[Tensor]:
        """What enters the first block of each network where some cells are known: see ``AnyOrderNetwork.begin``."""
        weights = known.to(torch.float32)
        return [
            bias + embedding_bag(modes, table, mode="sum", per_sample_weights=weights) for bias, table in self.tables
        ]

    @cached_property
    def tables(self) -> list[tuple[Tensor, Tensor]]:
        """What known modes add up to, by network."""
        with torch.inference_mode():
            return [network.tables(self.views) for network in self.networks]

    def _first(self, index: int, allowed: Allowed) -> list[int]:
        """The columns that a condition speaks of, in an order."""
        return [int(column) for column in self.orders[index] if int(column) in allowed.shares]

    def _given(self, index: int, rows: int, allowed: Allowed, odds: float, source: torch.Generator) -> Walk:
        """Rows whose conditioned columns are drawn: many more are begun, and those that bear the condition out go on."""
        first = self._first(index, allowed)
        if not first:
            return Walk(self, rows, source)
        particles = min(max(PARTICLES_PER_ROW * rows, int(2 * rows / odds), PILOT_ROWS), max(MAX_PARTICLES, rows))
        walk = Walk(self, particles, source)
        while not walk.through(first, allowed):
            walk = Walk(self, MAX_PARTICLES, source)
        # Copies of one begun row stand side by side: rows at even distances are of as many begun rows as there can be.
        start = torch.rand(1, device=self.device, generator=source)
        walk.take(((torch.arange(rows, device=self.device) + start) * (len(walk.modes) / rows)).long())
        return walk


class Walk:
    """Rows on their way: which cells are drawn, and what the networks have seen of them.

    Attributes:
        modes: int64 ``[rows, columns]``, counted over the whole table.
        known: which columns are drawn.
    """

    def __init__(self, generator: NetworkGenerator, rows: int, source: torch.Generator) -> None:
        """Begin rows of which nothing is known."""
        self.generator, self.source = generator, source
        self.modes = generator.views.first_mode[:-1].repeat(rows, 1)
        self.known: set[int] = set()
        self.seen = [bias.repeat(rows, 1) for bias, _ in generator.tables]

    def left(self, order: Iterable[int]) -> list[int]:
        """The columns of an order that are not drawn yet."""
        return [int(column) for column in order if int(column) not in self.known]

    def free(self, columns: Iterable[int]) -> None:
        """Draw columns as they come."""
        for column in columns:
            self._put(column, self.generator.columns[column].draw(self.stated(column), self.source))

    def through(self, columns: Iterable[int], allowed: Allowed) -> float:
        """Draw columns of which only a part is allowed; gives how likely that is, and 0 where it cannot be.

        Sequential Monte Carlo (Doucet and Johansen, "A tutorial on particle filtering and smoothing", 2009, section 3.5): each
        row is weighed by how much of the column's distribution is allowed, and rows are drawn anew by their weights.
        """
        likelihood = 1.0
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=self.source, device=self.modes.device)))
        for column in columns:
            shares = torch.as_tensor(allowed.shares[column], dtype=torch.float32, device=self.modes.device)
            odds = self.distribution(column) * shares
            weights = odds.sum(1).double().cpu().numpy()
            likelihood *= float(weights.mean())
            if not likelihood:
                return 0.0
            picked = torch.as_tensor(resample(weights, rng), device=self.modes.device)
            self.take(picked)
            self._put(column, self.generator.columns[column].first + chosen(odds[picked], self.source))
        return likelihood

    def take(self, rows: Tensor) -> None:
        """Go on with these rows."""
        self.modes, self.seen = self.modes[rows], [part[rows] for part in self.seen]

    def codes(self) -> NDArray[np.int32]:
        """The rows' codes."""
        return (self.modes - self.generator.views.first_mode[:-1]).cpu().numpy().astype(np.int32)

    def distribution(self, column: int) -> Tensor:
        """The mean of what all networks state of a column, ``[rows, modes]``."""
        own = self.generator.columns[column]
        each = zip(self.generator.networks, self.seen, strict=True)
        return torch.stack([own.distribution(network.state(part, own.outputs)) for network, part in each]).mean(0)

    def stated(self, column: int) -> Tensor:
        """What a network, another one for each row, states of a column."""
        return stated_by_any(self.generator, self.seen, column, self.source)

    def _put(self, column: int, modes: Tensor) -> None:
        self.known.add(column)
        self.modes[:, column] = modes
        for part, (_, table) in zip(self.seen, self.generator.tables, strict=True):
            part.add_(table[modes])


def stated_by_any(generator: NetworkGenerator, seen: Sequence[Tensor], column: int, source: torch.Generator) -> Tensor:
    """What a network, chosen at random for each row, states of a column: ``[rows, outputs]``."""
    outputs, rows = generator.columns[column].outputs, len(seen[0])
    which = torch.randint(len(generator.networks), (rows,), device=generator.device, generator=source)
    result = torch.empty(rows, len(outputs), device=generator.device)
    for index, (network, part) in enumerate(zip(generator.networks, seen, strict=True)):
        mine = torch.nonzero(which == index).flatten()
        result[mine] = network.state(part[mine], outputs)
    return result
