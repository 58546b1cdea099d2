"""How well synthetic clips are told from real ones: by single frames, by what changes from frame to frame, and by whole clips.

Three small networks learn one half of the real and the synthetic clips and are asked about the other half; what unseen real clips get
in the place of the synthetic ones stands beside. The first two tell where the last one finds fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool3d, binary_cross_entropy_with_logits

from synthgan.metrics.images.sets import shrunk
from synthgan.metrics.images.units import is_clips
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate, around, auc, standard_error
from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from synthgan.runtime import Streams

MAX_CLIPS = 1_000  # of each set
SIDE = 32  # pixels that longer sides are averaged down to
WIDTH, STEPS, BATCH, RATE = 16, 300, 32, 2e-3
MIN_CLIPS = 10  # of either half


class Detector(nn.Module):
    """Says how synthetic a clip ``[n, channels, time, height, width]`` looks; logits ``[n]``."""

    def __init__(self, channels: int, frames: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((channels, WIDTH), (WIDTH, 2 * WIDTH), (2 * WIDTH, 4 * WIDTH)):
            time = 3 if frames > 1 else 1
            stride = (2 if frames > 2 else 1, 2, 2)  # noqa: PLR2004
            layers += [
                nn.Conv3d(before, after, (time, 3, 3), stride=stride, padding=(time // 2, 1, 1)),
                nn.BatchNorm3d(after),
                nn.LeakyReLU(0.2),
            ]
            frames = -(-frames // stride[0])
        self.layers, self.score = nn.Sequential(*layers), nn.Linear(4 * WIDTH * 4, 1)

    def forward(self, clips: Tensor) -> Tensor:
        """Logits, by what is seen in each quarter of the picture."""
        seen = adaptive_avg_pool3d(self.layers(clips), (1, 2, 2)).flatten(1)
        logits: Tensor = self.score(seen).squeeze(1)
        return logits


def clip_scores(sets: Mapping[str, Any], streams: Streams) -> list[Score]:
    """Return ``detected_frames``, ``detected_differences`` and ``detected_clips``; none where images are no clips.

    Args:
        sets: Clips by name: ``real``, ``synthetic`` and perhaps ``holdout``, each with ``pixels`` ``[n, time, height, width, channels]``.
        streams: Randomness: the halves, the first weights, the batches.
    """
    if not all(map(is_clips, sets.values())):
        return []
    low, high = float(sets["real"].pixels.min()), float(sets["real"].pixels.max())
    inputs = {
        what: _inputs(_some(records.pixels, streams.numpy("clips", index)), low, high)
        for index, (what, records) in enumerate(sets.items())
    }
    if "holdout" not in inputs:
        half = len(inputs["real"]) // 2
        inputs["holdout"], inputs["real"] = inputs["real"][half:], inputs["real"][:half]
    rng = np.random.default_rng(streams.key("frames"))
    views: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
        "frames": (lambda clips: _one_frame(clips, rng), "single frames"),
        "differences": (lambda clips: clips.diff(dim=2), "differences of frames"),
        "clips": (lambda clips: clips, "whole clips"),
    }
    scores = []
    for name, (view, what) in views.items():
        found = [
            detected(view(inputs["real"]), view(inputs[side]), streams.below(name)) for side in ("synthetic", "holdout")
        ]
        reading = (
            f"AUC of a network that learned to tell {what} of synthetic clips from real ones, on others of both; .5 is a guess, beside "
            "it that of unseen real ones"
        )
        scores.append(scored(f"detected_{name}", found[0], reference=found[1].value, goal="minimize", reading=reading))
    return scores


def detected(real: Tensor, other: Tensor, streams: Streams) -> Estimate:
    """Return the AUC of a detector that learned half of the real and of the other clips and is asked about the rest of them.

    Args:
        real: float32 ``[n, channels, time, height, width]``.
        other: The same of as many others or fewer; at most as many of each are taken.
        streams: Randomness.

    Returns:
        The AUC with DeLong's interval, not below .5: a detector that is wrong more often than right knows nothing.
    """
    n = min(len(real), len(other))
    orders = [torch.as_tensor(streams.numpy("halves", side).permutation(n)) for side in range(2)]
    learned = torch.cat([real[orders[0][: n // 2]], other[orders[1][: n // 2]]])
    asked = torch.cat([real[orders[0][n // 2 :]], other[orders[1][n // 2 :]]])
    truth = torch.cat([torch.zeros(n // 2), torch.ones(n // 2)])
    with initial_weights(streams):
        network = Detector(real.shape[1], real.shape[2])
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    rng = streams.numpy("batches")
    for _ in range(STEPS):
        chosen = torch.as_tensor(rng.integers(len(learned), size=BATCH))
        optimizer.zero_grad()
        binary_cross_entropy_with_logits(network(learned[chosen]), truth[chosen]).backward()
        optimizer.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        logits = torch.cat([network(block) for block in asked.split(128)]).double().numpy()
    value, influence = auc(np.arange(len(asked)) >= n - n // 2, logits)
    return around(max(0.5, value), standard_error(influence))


def _some(pixels: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    return pixels[rng.permutation(len(pixels))[:MAX_CLIPS]]


def _inputs(pixels: NDArray[Any], low: float, high: float) -> Tensor:
    """Clips as networks see them: float32 ``[n, channels, time, height, width]``, the darkest real pixel -1 and the brightest 1."""
    shares = 2 * (pixels.astype(np.float32) - low) / max(high - low, 1.0) - 1
    frames = shrunk(shares.reshape(-1, *shares.shape[2:]), SIDE)
    return torch.as_tensor(frames).unflatten(0, pixels.shape[:2]).transpose(1, 2).contiguous()


def _one_frame(clips: Tensor, rng: np.random.Generator) -> Tensor:
    """One frame of each clip, ``[n, channels, 1, height, width]``."""
    chosen = torch.as_tensor(rng.integers(clips.shape[2], size=len(clips)))
    return clips[torch.arange(len(clips)), :, chosen][:, :, None]
