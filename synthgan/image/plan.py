"""What a fit of images would take: memory by counting it on nothing, time by taking a few steps with networks that have learned nothing."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synthgan.gan.objectives import make_objective
from synthgan.gan.state import TrainingState
from synthgan.image.enlarging import parts_of, stages_of
from synthgan.image.learning import ImageUpdates, Planes, batch_of, make_batches, pixels_of
from synthgan.image.loading import Loaded
from synthgan.image.memory import check_fit
from synthgan.image.networks import ImageCritic, ImageGenerator
from synthgan.image.prior import Given, Prior

if TYPE_CHECKING:
    import torch

    from synthgan.runtime import Streams

_TRIAL_STEPS = 2  # after a first one, which is slower than any other
_CHECKING = 1.25  # what checks on held-out images add, at most
_TRIAL_PIXELS = 1 << 18  # in a batch of these, at most
_FEWEST = 2  # images in it


@dataclass(frozen=True)
class ImagePlan:
    """What a fit would do.

    Attributes:
        description: what it would learn.
        memory_bytes: what it would take at most; None where nothing may be counted.
        seconds: the longest it would take on this machine; None where nothing may be counted.
    """

    description: str
    memory_bytes: int | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        """What it would learn."""
        return self.description


def plan_fit(loaded: Loaded, streams: Streams, device: torch.device) -> ImagePlan:
    """What learning these would take, by a few steps of training that nothing is kept of.

    Raises:
        ResourceError: if it would take more memory than there is.
    """
    encoding, config = loaded.encoding, loaded.config
    stages = stages_of(loaded, device)
    memory, seconds = 0, 0.0
    for large, small, looks, own in (part.loaded for part in parts_of(loaded, stages, streams)):
        memory = max(memory, check_fit(looks, own, len(large), device))
        few = _few(Loaded(large, small, looks, own))
        pixels = [batch_of(*one) * pixels_of(one[1]) for one in ((own, looks), (few.config, few.encoding))]
        seconds += _step_seconds(few, streams, device) * pixels[0] / pixels[1] * own.steps * _CHECKING
    if stages.factors and device.type == "cpu":
        memory += 2 * loaded.records.pixels.nbytes  # whole and at every size
    limit = math.inf if config.minutes is None else 60 * config.minutes
    said = "; ".join(filter(None, (encoding.describe(), stages.describe())))
    return ImagePlan(said, memory, min(limit, seconds))


def _few(loaded: Loaded) -> Loaded:
    """The same where a step takes seconds: of large images fewer in a batch, and of these every other pixel if need be."""
    records, sources, encoding, config = loaded
    dims, every = len(encoding.shape) - 1 - encoding.clips, 1
    while pixels_of(encoding) > every**dims * _TRIAL_PIXELS // _FEWEST:
        every *= 2
    taken = (slice(None), *[slice(None)] * encoding.clips, *[slice(None, None, every)] * dims)
    masks = records.masks and replace(records.masks, labels=records.masks.labels[taken])
    records = replace(records, pixels=records.pixels[taken], masks=masks)
    encoding = replace(encoding, shape=tuple(int(side) for side in records.pixels.shape[1:]))
    size = max(_FEWEST, min(batch_of(config, encoding), _TRIAL_PIXELS // pixels_of(encoding)))
    return Loaded(records, sources, encoding, replace(config, batch_images=size))


def _step_seconds(loaded: Loaded, streams: Streams, device: torch.device) -> float:
    """How long a step of training takes."""
    records, sources, encoding, config = loaded
    attributes = encoding.attributes(records)
    classes = encoding.classes(records)
    groups = encoding.groups(classes, attributes)
    condition = encoding.ask(classes, encoding.encode_rows(attributes, streams), sources, groups)
    prior = (
        Given(encoding.drawn)
        if sources is not None
        else Prior(encoding.shape, encoding.mixtures, 1, 1, 1, encoding.masked, clips=encoding.clips)
    )
    generator = ImageGenerator(prior, encoding.attribute_width, config).to(device)
    critic = ImageCritic(encoding.drawn, encoding.attribute_width, config, clips=encoding.clips).to(device)
    training = config.training()
    state = TrainingState(generator, critic, training)
    learned = streams.numpy("planned").permutation(len(records))
    batches = make_batches(Planes.of(records, encoding), learned, condition, config, streams, device)
    objective = make_objective(training.objective, training.penalty)
    updates = ImageUpdates(batches, objective, streams, config, pixels_of(encoding), sources is None)
    for step in range(_TRIAL_STEPS + 1):
        if step == 1:
            started = time.perf_counter()
        updates.critic(state, step)
        updates.generator(state, step)
    return (time.perf_counter() - started) / _TRIAL_STEPS
