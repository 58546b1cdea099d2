"""A mixture fitted to noisy answers about a table that it never sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.tabular.network.mixture import Mixture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor

    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Layout

CLASSES = 200
SPREAD = 0.5  # of the classes' logits around the margins at the start
RATE = 0.05
WARM_UP_STEPS = 20
# How strongly classes are held to the margins, for each column; measured in squared standard deviations of the noise.
HOLD = 75.0
PADDED = (2, 4, 7, 10)  # groups that tables of three columns are padded to
_TINY = 1e-9


@dataclass(frozen=True)
class Answer:
    """A noisy table of shares over groups of modes: of two columns over the finest groups, of three over the coarse ones.

    Attributes:
        columns: which columns it crosses.
        shares: float64 ``[groups, groups(, groups)]``, of all rows, with noise.
        deviation: standard deviation of the noise on each share.
    """

    columns: tuple[int, ...]
    shares: np.ndarray
    deviation: float


@dataclass
class Triples:
    """Answers to tables of three columns, padded to one shape: a product of many small tables is one product.

    Attributes:
        columns: int64 ``[triples, 3]``.
        shares: float32 ``[triples, first × second groups, third groups]``.
        precision: float32 ``[triples, 1, 1]``.
    """

    columns: Tensor
    shares: Tensor
    precision: Tensor

    @classmethod
    def none(cls, sizes: tuple[int, ...]) -> Triples:
        """None yet, of so many groups."""
        first, second, third = sizes
        return cls(torch.zeros(0, 3, dtype=torch.int64), torch.zeros(0, first * second, third), torch.zeros(0, 1, 1))

    def add(self, columns: list[int], shares: Tensor, precision: float) -> None:
        """One more."""
        self.columns = torch.cat([self.columns, torch.tensor([columns])])
        self.shares = torch.cat([self.shares, shares.flatten(0, 1)[None]])
        self.precision = torch.cat([self.precision, torch.full((1, 1, 1), precision)])


def group_modes(held: np.ndarray, most: int, fewest_rows: float) -> np.ndarray:
    """Put neighbouring modes together until each group holds enough rows: int ``[modes]``, rising from 0.

    Args:
        held: float64 ``[modes]``, rows of each mode, in an order in which neighbours are alike.
        most: how many groups at most.
        fewest_rows: how many rows a group must hold.
    """
    members, rows = [[mode] for mode in range(len(held))], [float(count) for count in held]
    while len(rows) > 1:
        least = int(np.argmin(rows))
        if rows[least] >= fewest_rows:
            if len(rows) <= most:
                break
            least = int(np.argmin(np.add(rows[:-1], rows[1:])))
            other = least + 1
        else:
            is_last = least + 1 == len(rows)
            other = least - 1 if least and (is_last or rows[least - 1] <= rows[least + 1]) else least + 1
        low, high = sorted((least, other))
        members[low] += members.pop(high)
        rows[low] += rows.pop(high)
    groups = np.empty(len(held), dtype=np.int64)
    for group, modes in enumerate(members):
        groups[modes] = group
    return groups


@dataclass
class MarginalModel:
    """Latent classes, inside each of which the columns are independent, over groups of modes.

    What a pair or triple of columns looks like is a sum over the classes, exactly; so the classes are moved until they
    give the answers, each weighed by its noise. Classes are held to the margins by their mean divergence from them: noise
    pulls classes apart that no strong tie between columns does. (The idea of fitting a product mixture to noisy
    marginals is that of RAP, Aydore et al. 2021, and of GEM, Liu, Vietri and Wu 2021.)

    Attributes:
        layout: of the table.
        held: one a column: rows of each mode.
        groups: one a column, int ``[modes]``: the group of each mode that pairs of columns are told of.
        coarse: one a column, int ``[modes]``: the same for triples; each puts whole groups together.
        margin_deviations: one a column: standard deviation of the noise on a mode's share.
        streams: randomness for the start, which has seen no data.
    """

    layout: Layout
    held: tuple[np.ndarray, ...]
    groups: tuple[np.ndarray, ...]
    coarse: tuple[np.ndarray, ...]
    margin_deviations: tuple[float, ...]
    streams: Streams

    def __post_init__(self) -> None:
        """Start from classes spread around the margins."""
        self.sizes = [int(groups.max()) + 1 for groups in self.groups]
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)]).tolist()
        shares = [np.bincount(g, weights=held) for g, held in zip(self.groups, self.held, strict=True)]
        self.margin = torch.cat([_shares(part) for part in shares])
        self.precision = torch.cat(
            [
                torch.as_tensor(1 / (deviation**2 * np.bincount(groups)), dtype=torch.float32)
                for groups, deviation in zip(self.groups, self.margin_deviations, strict=True)
            ]
        )
        source = self.streams.torch("marginals", 0)
        self.weights = torch.zeros(CLASSES, requires_grad=True)
        width, widest = len(self.margin), max(self.sizes)
        # All columns are given as many groups, so that one softmax serves them all; the further ones have no chance.
        self.positions = torch.cat([at * widest + torch.arange(size) for at, size in enumerate(self.sizes)])
        self.logits = torch.full((CLASSES, len(self.sizes) * widest), -torch.inf)
        self.logits[:, self.positions] = self.margin.log() + SPREAD * torch.randn(CLASSES, width, generator=source)
        self.logits.requires_grad_()
        self.pair_shares, self.pair_precision = torch.zeros(width, width), torch.zeros(width, width)
        self.coarse_sizes = [int(groups.max()) + 1 for groups in self.coarse]
        # Coarse groups of all columns are made equally many, so that all triples are one product: the further ones are empty.
        self.wide = next(most for most in PADDED if most >= max(self.coarse_sizes))
        self.join = torch.zeros(width, self.wide * len(self.sizes))
        for at, (fine, coarse) in enumerate(zip(self.groups, self.coarse, strict=True)):
            self.join[self.starts[at] + torch.as_tensor(fine), at * self.wide + torch.as_tensor(coarse)] = 1.0
        self.triples: dict[tuple[int, ...], Triples] = {}

    def add(self, answers: Iterable[Answer]) -> None:
        """Take answers in."""
        for answer in answers:
            shares = torch.as_tensor(answer.shares, dtype=torch.float32)
            if len(answer.columns) == 2:  # noqa: PLR2004
                rows, columns = (slice(self.starts[at], self.starts[at + 1]) for at in answer.columns)
                self.pair_shares[rows, columns] = shares
                self.pair_precision[rows, columns] = answer.deviation**-2
                continue
            order = np.argsort(shares.shape, kind="stable").tolist()
            shares = shares.permute(order)
            sizes = tuple(next(most for most in PADDED if most >= size) for size in shares.shape)
            found = self.triples.setdefault(sizes, Triples.none(sizes))
            padded = torch.zeros(sizes)
            padded[tuple(map(slice, shares.shape))] = shares
            found.add([answer.columns[at] for at in order], padded, answer.deviation**-2)

    def fit(self, steps: int, rate: float = RATE) -> None:
        """Move the classes towards the answers, by Adam with a rate that falls to nothing."""
        optimizer = torch.optim.Adam([self.weights, self.logits], rate)
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / WARM_UP_STEPS) * (1 - step / steps) ** 0.5
            optimizer.zero_grad(set_to_none=True)
            self._loss().backward()
            optimizer.step()

    def tables(self, candidates: list[tuple[int, ...]]) -> Iterator[np.ndarray]:
        """The shares that the classes give to tables of two or three columns over coarse groups, one after the other."""
        with torch.no_grad():
            weights, probs = self._classes()
            coarse = (probs @ self.join).view(CLASSES, -1, self.wide)
            for columns in candidates:
                parts = [coarse[:, at, : self.coarse_sizes[at]] for at in columns]
                weighted = parts[-1] * weights[:, None]
                if len(parts) == 2:  # noqa: PLR2004
                    yield (parts[0].T @ weighted).numpy()
                else:
                    pairs = (parts[0][:, :, None] * parts[1][:, None, :]).flatten(1)
                    yield (pairs.T @ weighted).reshape([part.shape[1] for part in parts]).numpy()

    def mixture(self) -> Mixture:
        """The classes over all modes: inside a group as the margins have it, residuals as they fell."""
        with torch.no_grad():
            weights, probs = self._classes()
            parts = []
            for at, (groups, held) in enumerate(zip(self.groups, self.held, strict=True)):
                rows = np.maximum(held, 0) + _TINY
                inside = rows / np.bincount(groups, weights=rows)[groups]
                parts.append(self._of(probs, at)[:, groups] * torch.as_tensor(inside, dtype=torch.float32))
            shape = len(weights), self.layout.residuals
            log_probs = torch.cat(parts, 1).clamp_min(1e-12).log()
            return Mixture(weights.clamp_min(1e-12).log(), log_probs, torch.zeros(shape), torch.ones(shape))

    def _classes(self) -> tuple[Tensor, Tensor]:
        """Weights ``[classes]`` and chances ``[classes, groups]``."""
        probs = torch.softmax(self.logits.view(CLASSES, len(self.sizes), -1), 2).flatten(1)
        return torch.softmax(self.weights, 0), probs.index_select(1, self.positions)

    def _loss(self) -> Tensor:
        weights, probs = self._classes()
        weighted = probs * weights[:, None]
        loss = (self.pair_precision * (weighted.T @ probs - self.pair_shares) ** 2).sum()
        loss = loss + (self.precision * (weighted.sum(0) - self.margin) ** 2).sum()
        coarse = (probs @ self.join).view(CLASSES, -1, self.wide)
        for sizes, known in self.triples.items():
            first, second, third = (
                coarse[:, at, :size].transpose(0, 1) for at, size in zip(known.columns.T, sizes, strict=True)
            )
            pairs = (first[..., None] * second[:, :, None, :]).flatten(2).transpose(1, 2)
            shares = torch.bmm(pairs, third * weights[:, None])
            loss = loss + (known.precision * (shares - known.shares) ** 2).sum()
        divergence = (weighted * (probs.clamp_min(_TINY).log() - self.margin.log())).sum()
        return loss + HOLD * len(self.sizes) * divergence

    def _of(self, probs: Tensor, column: int) -> Tensor:
        return probs[:, self.starts[column] : self.starts[column + 1]]


def _shares(rows: np.ndarray) -> Tensor:
    rows = np.maximum(rows, 0) + 1e-6 * max(rows.sum(), 1.0)
    return torch.as_tensor(rows / rows.sum(), dtype=torch.float32)
