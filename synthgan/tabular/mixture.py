"""The warm start: a latent-class mixture fitted by maximum likelihood, which the adversarial game then moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import embedding_bag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from synthgan.runtime import Streams
    from synthgan.tabular.layout import Encoded, Layout

ROWS_PER_CLASS = 40
MOST_CLASSES = 800
MOST_ROWS = 200_000
BATCH_ROWS = 4096
BATCHES = 8  # mini-batches an epoch at least, so that a small table gets enough updates, too
EPOCHS = 15
SMOOTHING = 0.1


@dataclass(frozen=True)
class Mixture:
    """Latent classes, inside each of which the columns are independent.

    Attributes:
        log_weights: float32 ``[classes]``.
        log_probs: float32 ``[classes, modes]``, normalised within each column's span.
    """

    log_weights: Tensor
    log_probs: Tensor


def choose_classes(rows: int) -> int:
    """How many classes a table of that many rows can feed."""
    return max(1, min(MOST_CLASSES, rows // ROWS_PER_CLASS))


def fit_mixture(table: Encoded, layout: Layout, classes: int, streams: Streams) -> Iterator[Mixture]:
    """Fit latent classes by stepwise expectation-maximisation, yielding the mixture after every epoch.

    Stepwise EM (Liang and Klein, "Online EM for unsupervised models", 2009, section 4) keeps running averages of the
    expected counts over mini-batches and needs a fraction of the passes that batch EM does. Each class is smoothed by
    ``SMOOTHING`` of a row of the table's own marginals, so that no class rules a mode out that the table has.

    Args:
        table: the encoded rows.
        layout: what the codes mean.
        classes: how many latent classes.
        streams: randomness for the seeds and the order of rows.
    """
    source = streams.torch("mixture", 0, "cpu")
    order = torch.randperm(len(table), generator=source)[:MOST_ROWS]
    flat = torch.as_tensor(table.codes[order.numpy()]).long() + torch.as_tensor(layout.starts)
    marginal = torch.bincount(flat.flatten(), minlength=layout.modes).float().clamp_min(1e-6) / len(flat)
    mean = _seeds(flat, marginal, classes, layout)
    weights = torch.full((classes,), 1 / classes)
    batches = min(len(flat), max(BATCHES, len(flat) // BATCH_ROWS))
    update = 0
    for _ in range(EPOCHS):
        shuffled = flat[torch.randperm(len(flat), generator=source)]
        for batch in shuffled.tensor_split(batches):
            mixture = _normalise(mean, weights, marginal, len(flat))
            share = torch.softmax(_log_joint(batch, mixture), 1)
            counts = torch.zeros(layout.modes, classes)
            for column in batch.T:
                counts.index_add_(0, column, share)
            rate = (update + 2) ** -0.6
            mean = torch.lerp(mean, counts.T / len(batch), rate)
            weights = torch.lerp(weights, share.mean(0), rate)
            update += 1
        yield _normalise(mean, weights, marginal, len(flat))


def _seeds(flat: Tensor, marginal: Tensor, classes: int, layout: Layout) -> Tensor:
    """Expected counts to start from: each class leans towards one random row."""
    mean = marginal.repeat(classes, 1) / classes
    rows = flat[torch.arange(classes) % len(flat)]
    lean = torch.zeros(classes, layout.modes).scatter_(1, rows, 1.0)
    return (0.7 * mean + 0.3 * lean / classes).float()


def _normalise(mean: Tensor, weights: Tensor, marginal: Tensor, rows: int) -> Mixture:
    """Probabilities from expected counts per row of the table."""
    prior = SMOOTHING / rows
    probs = (mean + prior * marginal) / (weights + prior)[:, None]
    return Mixture(((weights + prior) / (1 + prior * len(weights))).log(), probs.log())


def _log_joint(flat: Tensor, mixture: Mixture) -> Tensor:
    """``log p(class) + log p(row | class)``, ``[rows, classes]``."""
    return embedding_bag(flat, mixture.log_probs.T.contiguous(), mode="sum") + mixture.log_weights
