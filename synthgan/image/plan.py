"""What a fit of images would take: memory by counting, time by taking a few steps with networks that have learned nothing."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from synthgan.gan.objectives import make_objective
from synthgan.gan.state import TrainingState
from synthgan.image.grain import ALL_COMPONENTS
from synthgan.image.learning import ImageUpdates, Planes, make_batches, pixels_of
from synthgan.image.networks import ImageCritic, ImageGenerator
from synthgan.image.prior import Given, Prior

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from synthgan.image.config import ImageConfig
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.records import ImageRecords
    from synthgan.runtime import Streams

_TRIAL_STEPS = 2  # after a first one, which is slower than any other
_CHECKING = 1.25  # what checks on held-out images add, at most
_COPIES = 5  # of a weight: itself, its gradient, Adam's two moments, the average
_KEPT = 3  # of what a layer gives: itself, its gradient, and what the penalty differentiates again
_FLOAT = 4  # bytes


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


def plan_fit(
    records: ImageRecords,
    sources: ImageRecords | None,
    encoding: ImageEncoding,
    config: ImageConfig,
    streams: Streams,
    device: torch.device,
) -> ImagePlan:
    """What learning these would take, by a few steps of training that nothing is kept of."""
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
    given: list[int] = []
    hooks = [module.register_forward_hook(_counting(given)) for net in (generator, critic) for module in net.modules()]
    training = config.training()
    state = TrainingState(generator, critic, training)
    learned = streams.numpy("planned").permutation(len(records))
    batches = make_batches(Planes.of(records, encoding), learned, condition, config, streams, device)
    objective = make_objective(training.objective, training.penalty)
    updates = ImageUpdates(batches, objective, streams, config, pixels_of(encoding), sources is None)
    seconds = _timed(updates, state)
    for hook in hooks:
        hook.remove()
    weights = sum(weight.numel() for net in (generator, critic) for weight in net.parameters())
    layers = sum(given) // (_TRIAL_STEPS + 1)
    prior_bytes = _FLOAT * math.prod(encoding.small) * (len(records) * 2 + ALL_COMPONENTS)
    memory = records.pixels.nbytes + _FLOAT * (_COPIES * weights + _KEPT * layers) + prior_bytes
    limit = math.inf if config.minutes is None else 60 * config.minutes
    return ImagePlan(encoding.describe(), memory, min(limit, seconds * config.steps * _CHECKING))


def _timed(updates: ImageUpdates, state: TrainingState) -> float:
    """Seconds of a step."""
    for step in range(_TRIAL_STEPS + 1):
        if step == 1:
            started = time.perf_counter()
        updates.critic(state, step)
        updates.generator(state, step)
    return (time.perf_counter() - started) / _TRIAL_STEPS


def _counting(given: list[int]) -> Callable[[nn.Module, tuple[object, ...], object], None]:
    """Notes how many numbers a module gives."""

    def hook(_: nn.Module, __: tuple[object, ...], output: object) -> None:
        given.append(output.numel() if isinstance(output, torch.Tensor) else 0)

    return hook
