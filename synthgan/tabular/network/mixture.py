"""The warm start: a latent-class mixture fitted by maximum likelihood, which the adversarial training then moves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import embedding_bag

from synthgan.io.contract import Array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Encoded, Layout

ROWS_PER_CLASS = 40
MAX_CLASSES = 800
MAX_ROWS = 200_000
BATCH_ROWS = 4096
BATCHES = 8  # mini-batches an epoch at least, so that a small table gets enough updates, too
EPOCHS = 15
SMOOTHING = 0.1
RESIDUAL_SMOOTHING = 1.0
MIN_DEVIATION = 0.1
# What a file holds of a mixture over a layout.
MIXTURE = {
    "log_weights": Array("f4", ("classes",)),
    "log_probs": Array("f4", ("classes", "modes")),
    "residual_means": Array("f4", ("classes", "residuals")),
    "residual_deviations": Array("f4", ("classes", "residuals"), above=0),
}


@dataclass(frozen=True)
class Mixture:
    """Latent classes, inside each of which the columns are independent.

    Attributes:
        log_weights: float32 ``[classes]``.
        log_probs: float32 ``[classes, modes]``, normalised within each column's span.
        residual_means: float32 ``[classes, residuals]``: residuals are normal around them,
        residual_deviations: float32 ``[classes, residuals]``: with these standard deviations.
    """

    log_weights: Tensor
    log_probs: Tensor
    residual_means: Tensor
    residual_deviations: Tensor

    @classmethod
    def even(cls, classes: int, layout: Layout) -> Mixture:
        """A mixture that has seen nothing: all modes alike, all residuals standard normal."""
        log_probs = torch.cat([torch.full((classes, size), -math.log(size)) for size in layout.sizes], 1)
        shape = classes, layout.residuals
        return cls(torch.full((classes,), -math.log(classes)), log_probs, torch.zeros(shape), torch.ones(shape))

    def log_joint(self, rows: Rows) -> Tensor:
        """``log p(class) + log p(row | class)``, ``[rows, classes]``, up to a constant of each row."""
        score = embedding_bag(rows.flat, self.log_probs.T.contiguous(), mode="sum") + self.log_weights
        precision = self.residual_deviations**-2
        fixed = 0.5 * precision * self.residual_means**2 + self.residual_deviations.log()
        score += rows.residuals @ (precision * self.residual_means).T - rows.has_residual @ fixed.T
        return score - 0.5 * (rows.residuals**2 @ precision.T)


@dataclass(frozen=True)
class Rows:
    """Encoded rows as the mixture counts them.

    Attributes:
        flat: int64 ``[rows, columns]``: modes, counted from the table's first.
        residuals: float32 ``[rows, residuals]``; 0 where a mode has none.
        has_residual: float32 ``[rows, residuals]``: 1 where the mode has a residual.
    """

    flat: Tensor
    residuals: Tensor
    has_residual: Tensor

    def __len__(self) -> int:
        return len(self.flat)

    def take(self, index: Tensor) -> Rows:
        """The rows at these indices."""
        return Rows(self.flat[index], self.residuals[index], self.has_residual[index])


@dataclass
class Counts:
    """Running expectations per row of the table, from which the mixture follows.

    Attributes:
        weights: ``[classes]``: share of the rows.
        modes: ``[classes, modes]``: share of the rows by mode.
        moments: ``[3, classes, residuals]``: share of the rows that have the residual, sums of residuals and of their squares.
    """

    weights: Tensor
    modes: Tensor
    moments: Tensor

    def move(self, batch: Rows, mixture: Mixture, rate: float) -> None:
        """Move the expectations towards those of a batch."""
        share = torch.softmax(mixture.log_joint(batch), 1) / len(batch)
        modes = torch.zeros(self.modes.shape[::-1])
        for column in batch.flat.T:
            modes.index_add_(0, column, share)
        moments = torch.stack([share.T @ part for part in (batch.has_residual, batch.residuals, batch.residuals**2)])
        self.weights = torch.lerp(self.weights, share.sum(0), rate)
        self.modes = torch.lerp(self.modes, modes.T, rate)
        self.moments = torch.lerp(self.moments, moments, rate)

    def mixture(self, marginal: Tensor, rows: int) -> Mixture:
        """The mixture they amount to, each class smoothed by a little of the table's own margins."""
        prior = SMOOTHING / rows
        probs = (self.modes + prior * marginal) / (self.weights + prior)[:, None]
        log_weights = ((self.weights + prior) / (1 + prior * len(self.weights))).log()
        # As if each class had seen a few more residuals, standard normal ones.
        few = RESIDUAL_SMOOTHING / rows
        seen, total, squares = self.moments
        mean = total / (seen + few)
        variance = (squares + few) / (seen + few) - mean**2
        return Mixture(log_weights, probs.log(), mean, variance.clamp_min(MIN_DEVIATION**2).sqrt())


def choose_classes(rows: int) -> int:
    """How many classes a table of that many rows can feed."""
    return max(1, min(MAX_CLASSES, rows // ROWS_PER_CLASS))


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
    order = torch.randperm(len(table), generator=source)[:MAX_ROWS]
    rows = _read(table.take(order.numpy()), layout)
    marginal = torch.bincount(rows.flat.flatten(), minlength=layout.modes).float().clamp_min(1e-6) / len(rows)
    counts = _seeds(rows, marginal, classes)
    batches = min(len(rows), max(BATCHES, len(rows) // BATCH_ROWS))
    update = 0
    for _ in range(EPOCHS):
        for index in torch.randperm(len(rows), generator=source).tensor_split(batches):
            counts.move(rows.take(index), counts.mixture(marginal, len(rows)), (update + 2) ** -0.6)
            update += 1
        yield counts.mixture(marginal, len(rows))


def _read(table: Encoded, layout: Layout) -> Rows:
    """Encoded rows as the mixture counts them."""
    flat = torch.as_tensor(table.codes).long() + torch.as_tensor(layout.starts)
    has_residual = torch.as_tensor(layout.has_residual)[flat[:, torch.as_tensor(layout.column_of_residual)]].float()
    return Rows(flat, torch.as_tensor(table.residuals) * has_residual, has_residual)


def _seeds(rows: Rows, marginal: Tensor, classes: int) -> Counts:
    """Expectations to start from: each class leans towards one row."""
    row = torch.arange(classes) % len(rows)
    lean = torch.zeros(classes, len(marginal)).scatter_(1, rows.flat[row], 1.0)
    modes = (0.7 * marginal + 0.3 * lean) / classes
    has_residual, residuals = rows.has_residual[row] / classes, rows.residuals[row] / classes
    moments = torch.stack([has_residual, 0.5 * residuals, has_residual + 0.25 * residuals * rows.residuals[row]])
    return Counts(torch.full((classes,), 1 / classes), modes, moments)
