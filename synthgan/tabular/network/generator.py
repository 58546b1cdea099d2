"""The generator that is a network: given its noise, it states a distribution for every column and draws from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu
from torch.special import ndtr, ndtri

from synthgan.runtime import Streams
from synthgan.tabular.conditioning.conditions import Evidence, LevelCondition
from synthgan.tabular.network.critic import ResidualBlock

if TYPE_CHECKING:
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.network.config import NetworkConfig
    from synthgan.tabular.network.mixture import Mixture

CLASS_WIDTH = 32
BATCH_MODES = 2**21  # modes times rows of one generated batch
EVIDENCE_ROWS = 4096
CANDIDATES = 4  # noise candidates weighed for each row that must meet evidence
_TINY = 1e-7


@dataclass(frozen=True, slots=True)
class TableNoise:
    """All the randomness behind generated rows.

    Attributes:
        classes: int64 ``[rows]``: latent class.
        latent: float32 ``[rows, noise_width]``, standard normal.
        pick: float32 ``[rows, columns]``, uniform: draws each column's mode from its head.
        offset: float32 ``[rows, residuals]``, uniform: draws each residual from its head.
        condition: what the rows must meet.
    """

    classes: Tensor
    latent: Tensor
    pick: Tensor
    offset: Tensor
    condition: LevelCondition | Evidence | None


@dataclass(frozen=True, slots=True)
class Heads:
    """The distributions a generator states for rows, given their noise.

    Attributes:
        logits: float32 ``[rows, modes]``: the softmax within each column draws its mode,
        mean: float32 ``[rows, residuals]``: each residual is normal around it,
        deviation: float32 ``[rows, residuals]``: with this standard deviation.
    """

    logits: Tensor
    mean: Tensor
    deviation: Tensor


class TabularGenerator(nn.Module):
    """States, given its noise, a distribution for every column, and draws from it.

    The noise is a latent class and a continuous vector. The class brings the logits of a mixture fitted by maximum
    likelihood; a residual network, whose exit starts at zero, moves them: so the training starts from the mixture.
    """

    log_weights: Tensor
    log_probs: Tensor
    residual_means: Tensor
    residual_deviations: Tensor
    starts: Tensor
    last: Tensor
    column_of_residual: Tensor
    slot_of_residual: Tensor
    residual_of_mode: Tensor
    has_residual: Tensor
    emitted: Tensor

    def __init__(self, layout: Layout, mixture: Mixture, config: NetworkConfig | None) -> None:
        """Start from a mixture over the same layout; without a config there is no network, and it stays the mixture."""
        super().__init__()
        self.sizes, self.residuals = layout.sizes, layout.residuals
        self.batch_rows = int(np.clip(BATCH_MODES // layout.modes, 64, 65_536))
        self.register_buffer("log_probs", mixture.log_probs.clone())
        self.register_buffer("residual_means", mixture.residual_means.clone())
        self.register_buffer("residual_deviations", mixture.residual_deviations.clone())
        self.register_buffer("log_weights", mixture.log_weights.clone())
        for name in ("starts", "column_of_residual", "slot_of_residual"):
            self.register_buffer(name, torch.as_tensor(getattr(layout, name)), persistent=False)
        self.register_buffer("last", torch.tensor(layout.sizes) - 1, persistent=False)
        for name, mask in (("has_residual", layout.has_residual), ("emitted", layout.emitted)):
            self.register_buffer(name, torch.tensor(mask), persistent=False)  # a copy: the layout is shared
        # Where a mode has fewer residuals than there are slots, the last one stands in: nothing is cut there.
        residual_of_span = [
            [(span.first_residual or 0) + min(slot, span.residuals - 1) for slot in range(layout.slots)]
            for span in layout.spans
        ]
        residual_of_mode = torch.tensor(residual_of_span)[torch.as_tensor(layout.column_of_mode)]
        self.register_buffer("residual_of_mode", residual_of_mode, persistent=False)
        self.noise_width = 0 if config is None else config.noise_width
        self.embedding: nn.Embedding | None = None
        if config is None:
            return
        self.embedding = nn.Embedding(len(mixture.log_weights), CLASS_WIDTH)
        self.enter = nn.Linear(CLASS_WIDTH + config.noise_width, config.generator_width)
        self.blocks = nn.Sequential(*[ResidualBlock(config.generator_width) for _ in range(config.blocks)])
        self.leave = nn.Linear(config.generator_width, layout.modes + 2 * layout.residuals)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.log_weights.device

    def noise(
        self, rows: int, condition: LevelCondition | Evidence | None, streams: Streams, name: str, index: int
    ) -> TableNoise:
        """Noise for rows that will meet the condition (see ``gan.protocols.Generator``)."""
        device = self.log_weights.device
        source = streams.torch(name, index, device)
        offset = torch.rand(rows, self.residuals, device=device, generator=source)
        with torch.no_grad():
            if condition is None:
                classes, pick = self._even_picks(rows, source)
                latent = torch.randn(rows, self.noise_width, device=device, generator=source)
                return TableNoise(classes, latent, pick, offset, condition)
            pick = torch.rand(rows, len(self.sizes), device=device, generator=source)
            if isinstance(condition, Evidence):
                classes, latent = self._noise_given(rows, condition, source)
            else:
                classes = _draw_classes(self._class_scores(condition), rows, source)
                latent = torch.randn(rows, self.noise_width, device=device, generator=source)
        return TableNoise(classes, latent, pick, offset, condition)

    def heads(self, classes: Tensor, latent: Tensor, evidence: Evidence | None = None, *, emit: bool = False) -> Heads:
        """The distributions stated for noise, restricted to the evidence.

        Args:
            classes: int64 ``[rows]``.
            latent: float32 ``[rows, noise_width]``.
            evidence: what the rows must meet.
            emit: rule out modes that are learned but never generated.
        """
        logits, mean, deviation = self._raw_heads(classes, latent)
        if emit:
            logits = logits.masked_fill(~self.emitted, -torch.inf)
        if evidence is not None:
            logits = self._restrict(logits, mean, deviation, evidence)
        return Heads(logits, mean, deviation)

    def forward(self, noise: TableNoise) -> Tensor:
        """Samples in the critic's space, ``[rows, modes + residuals]``: hard modes with straight-through gradients, residuals."""
        heads = self.heads(noise.classes, noise.latent)
        probs = torch.cat([torch.softmax(part, 1) for part in heads.logits.split(self.sizes, 1)], 1)
        codes = self.draw_codes(probs.detach(), noise.pick)
        if isinstance(noise.condition, LevelCondition):
            codes = noise.condition.required(codes, self.starts)
        hard = torch.zeros_like(probs).scatter_(1, codes + self.starts, 1.0)
        residuals = heads.mean + heads.deviation * ndtri(noise.offset.clamp(_TINY, 1 - _TINY))
        return torch.cat([hard + probs - probs.detach(), residuals * self._has_residual(codes)], 1)

    def draw(self, noise: TableNoise) -> tuple[Tensor, Tensor]:
        """Codes, int64 ``[rows, columns]``, and residuals, float32 ``[rows, residuals]``, of generated rows."""
        evidence = noise.condition if isinstance(noise.condition, Evidence) else None
        heads = self.heads(noise.classes, noise.latent, evidence, emit=True)
        codes = self.draw_codes(heads.logits.clamp_max_(30).exp_(), noise.pick)
        offset = noise.offset
        if evidence is not None and self.residuals:
            mode = (codes + self.starts)[:, self.column_of_residual]
            lowest, highest = (bound[mode, self.slot_of_residual] for bound in (evidence.lowest, evidence.highest))
            low = ndtr((lowest - heads.mean) / heads.deviation)
            high = ndtr((highest - heads.mean) / heads.deviation)
            offset = low + offset * (high - low)
        residuals = heads.mean + heads.deviation * ndtri(offset.clamp(_TINY, 1 - _TINY))
        if evidence is not None and self.residuals:
            residuals = torch.maximum(torch.minimum(residuals, highest), lowest)
        return codes, residuals * self._has_residual(codes)

    def log_evidence(self, evidence: Evidence) -> float:
        """Log probability that a generated row meets the evidence, estimated from ``EVIDENCE_ROWS`` weighed candidates."""
        with torch.no_grad():
            source = Streams(0).torch("evidence", 0, self.log_weights.device)
            _, _, log_weight = self._candidates(EVIDENCE_ROWS, EVIDENCE_ROWS, evidence, source)
            return float(torch.logsumexp(log_weight, 0)) - math.log(len(log_weight))

    def _even_picks(self, rows: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
        """Classes in their very proportions, ``[rows]``, and picks spread evenly over the rows of each: ``[rows, columns]``.

        What is drawn has the shares that are stated, up to a fraction of a row in each class: less is left to chance.
        """
        device, columns = self.log_weights.device, len(self.sizes)
        index = torch.arange(rows, device=device)
        running = torch.softmax(self.log_weights.double(), 0).cumsum(0)
        along = (index + torch.rand(rows, device=device, generator=source, dtype=torch.float64)) / rows
        classes = torch.searchsorted(running, along, right=True).clamp_max_(len(running) - 1)
        first = torch.searchsorted(classes, classes)
        size = torch.searchsorted(classes, classes, right=True) - first
        # In each column the rows of a class, which stand together, are put into an order of their own.
        order = (classes + torch.rand(columns, rows, device=device, generator=source, dtype=torch.float64)).argsort(1)
        rank = torch.empty_like(order).scatter_(1, order, index.expand(columns, -1)) - first
        pick = (rank + torch.rand(columns, rows, device=device, generator=source)) / size
        mixed = torch.randperm(rows, device=device, generator=source)
        return classes[mixed], pick.T[mixed].contiguous()

    def _raw_heads(self, classes: Tensor, latent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits ``[rows, modes]``, means and deviations ``[rows, residuals]``."""
        if self.embedding is None:
            return self.log_probs[classes], self.residual_means[classes], self.residual_deviations[classes]
        hidden = self.blocks(self.enter(torch.cat([self.embedding(classes), latent], 1)))
        moved = self.leave(leaky_relu(hidden, 0.2))
        logits, mean, spread = moved.split([moved.shape[1] - 2 * self.residuals, self.residuals, self.residuals], 1)
        deviation = self.residual_deviations[classes] * torch.exp(spread.clamp(-6, 2))
        return self.log_probs[classes] + logits, self.residual_means[classes] + mean, deviation

    def _restrict(self, logits: Tensor, mean: Tensor, deviation: Tensor, evidence: Evidence) -> Tensor:
        """Logits of the modes given the evidence: disallowed ones ruled out, cut ones weighed by their allowed share."""
        logits = logits.masked_fill(~evidence.allowed, -torch.inf)
        cut = evidence.cut
        if len(cut):
            for slot, at in enumerate(self.residual_of_mode[cut].T):
                logits[:, cut] += evidence.log_share(cut, slot, mean[:, at], deviation[:, at])
        return logits

    def _class_scores(self, condition: LevelCondition | Evidence) -> Tensor:
        """Log joint probability of class and condition by the classes alone, ``[rows or 1, classes]``."""
        if isinstance(condition, LevelCondition):
            return condition.class_scores(self.log_weights, self.log_probs)
        bound = self._restrict(self.log_probs, self.residual_means, self.residual_deviations, condition)
        gains = [torch.logsumexp(part, 1) for part in bound.split(self.sizes, 1)]
        return (self.log_weights + torch.stack(gains).sum(0))[None]

    def _noise_given(self, rows: int, evidence: Evidence, source: torch.Generator) -> tuple[Tensor, Tensor]:
        """Classes and latents from their distribution given the evidence, by importance resampling.

        Candidates come from the classes' own posterior; each is weighed by how likely its heads make the evidence
        (Rubin, "Using the SIR algorithm", 1988). No candidate is ever rejected in a loop.
        """
        classes, latent, log_weight = self._candidates(rows * CANDIDATES, rows, evidence, source)
        chosen = _draw_classes(log_weight, rows, source)
        return classes[chosen], latent[chosen]

    def _candidates(
        self, pool: int, batch_rows: int, evidence: Evidence, source: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Noise from the classes' posterior, and the log weight that makes it the generator's own; ``[pool]`` each."""
        scores = self._class_scores(evidence)[0]
        classes = _draw_classes(scores, pool, source)
        latent = torch.randn(pool, self.noise_width, device=scores.device, generator=source)
        weights = []
        for part_classes, part_latent in zip(classes.split(batch_rows), latent.split(batch_rows), strict=True):
            logits, mean, deviation = self._raw_heads(part_classes, part_latent)
            free = logits.split(self.sizes, 1)
            bound = self._restrict(logits.clone(), mean, deviation, evidence).split(self.sizes, 1)
            gains = [torch.logsumexp(b, 1) - torch.logsumexp(f, 1) for b, f in zip(bound, free, strict=True)]
            weights.append(torch.stack(gains).sum(0))
        # Proposed by p(class, evidence) / P(evidence); wanted is p(class) p(evidence | heads).
        return classes, latent, torch.cat(weights) + (self.log_weights - scores)[classes] + torch.logsumexp(scores, 0)

    def draw_codes(self, weights: Tensor, pick: Tensor) -> Tensor:
        """Draw each column's mode in proportion to weights ``[rows, modes]``: one search in the running sum of a row."""
        running = weights.cumsum(1, dtype=torch.float64)
        ends = running[:, self.starts + self.last]
        begins = torch.nn.functional.pad(ends[:, :-1], (1, 0))
        modes = torch.searchsorted(running, begins + pick * (1 - _TINY) * (ends - begins), right=True)
        return torch.minimum((modes - self.starts).clamp_min(0), self.last)

    def _has_residual(self, codes: Tensor) -> Tensor:
        """Bool ``[rows, residuals]``: whether the drawn mode of each column with residuals has one."""
        return self.has_residual[(codes + self.starts)[:, self.column_of_residual]]


def _draw_classes(scores: Tensor, rows: int, source: torch.Generator) -> Tensor:
    """Draw one index a row from log scores ``[classes]`` (the same for all rows) or ``[rows, classes]``."""
    running = torch.softmax(scores.double(), -1).cumsum(-1)
    pick = torch.rand(rows, 1, device=scores.device, generator=source, dtype=torch.float64) * (1 - _TINY)
    if scores.dim() == 1:
        return torch.searchsorted(running, pick.squeeze(1), right=True).clamp_max(scores.shape[-1] - 1)
    return (
        torch.searchsorted(running.expand(rows, -1).contiguous(), pick, right=True)
        .squeeze(1)
        .clamp_max(scores.shape[-1] - 1)
    )
