"""Drawing samples from a generator, batch by batch, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthgan.gan.protocols import Sampler
    from synthgan.runtime import Streams


def generate(
    generator: Sampler, samples: int, *, condition: Any = None, streams: Streams, batch_samples: int, first: int = 0
) -> Iterator[Any]:
    """Yield hard samples in batches until there are exactly ``samples``.

    Args:
        generator: what draws.
        samples: how many in all.
        condition: what every sample must meet, in the generator's own form.
        streams: randomness; the same streams give the same samples for the same ``batch_samples``.
        batch_samples: samples a batch; memory grows with it, not with ``samples``.
        first: the batch to begin with: each has streams of its own, so that batches can be drawn anywhere.
    """
    for step in range(first, -(-samples // batch_samples)):
        rows = min(batch_samples, samples - step * batch_samples)
        with torch.inference_mode():
            yield generator.draw(generator.noise(rows, condition, streams, "sample", step))
