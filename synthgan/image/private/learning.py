"""A private fit from images to a model: budget planned, classes and moments measured, and perhaps networks trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.gan.train import Progress
from synthgan.image.model import ImageModel
from synthgan.image.networks import ImageGenerator
from synthgan.image.private.classes import measure_classes
from synthgan.image.private.dpsgd import play_privately
from synthgan.image.private.prior import PriorMeasurer
from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from collections.abc import Generator

    import torch

    from synthgan.image.config import ImageConfig
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.intake import ImageIntake
    from synthgan.image.private.budget import Budget
    from synthgan.image.private.config import ImagePrivacy
    from synthgan.runtime import Streams

HOPELESS = 20_000  # images times epsilon: below, classes blur


def learn_privately(
    intake: ImageIntake,
    config: ImageConfig,
    privacy: ImagePrivacy,
    budget: Budget,
    streams: Streams,
    device: torch.device,
) -> Generator[Progress, None, ImageModel]:
    """Make a mixture of noisy moments; with ``mechanism="dpsgd"`` let a network that starts from it play; gives the model.

    Images whose class does not show take no part. The seed decides where parts begin, the first weights and what the
    generator draws; noise and which images a step takes have none.

    Raises:
        PrivacyError: if no class shows, or delta means nothing for about so many images.
    """
    epsilon, curator = float(privacy.epsilon or 0), intake.curator
    measured = measure_classes(intake, budget)
    encoding = measured.encoding
    yield Progress("encoding", message=f"found about {encoding.describe()}{in_units(encoding)}")
    if measured.left_out:
        yield Progress("encoding", message=left_out(measured.left_out))
    if (about := int(encoding.counts.sum())) * epsilon < HOPELESS:
        yield Progress("encoding", message=hopeless(about, epsilon))
    yield Progress("prior")
    prior = PriorMeasurer(curator, budget, encoding, streams).measure()
    with initial_weights(streams):
        generator = ImageGenerator(prior, encoding.attribute_width, config).to(device)
    if privacy.mechanism == "dpsgd":
        generator = yield from play_privately(generator, encoding, config, curator, budget, streams)
    settings = {**config.as_json(), **privacy.as_json(), "seed": streams.seed}
    model = ImageModel(encoding, generator.requires_grad_(requires_grad=False), settings)
    _, parts, components = prior.centers.shape
    model.training = {"mechanism": privacy.mechanism, "parts": parts, "components": components + prior.tail.shape[1]}
    model.privacy = curator.ledger.to_dict()
    return model


def in_units(encoding: ImageEncoding) -> str:
    """The range of values in words, where they are more than plain numbers of their type."""
    if encoding.physical is None:
        return ""
    low, high = encoding.physical.values(np.array([encoding.low, encoding.high]))
    return f"; values are kept from {low:g} to {high:g}"


def left_out(many: int) -> str:
    """What to tell of images that take no part, whoever they are."""
    return (
        f"about {many:,} images take no part (a noisy count): they are of another size or kind than most, cannot be read, "
        f"or their class is missing or too rare to show"
    )


def hopeless(many: int, epsilon: float) -> str:
    """What to tell whoever asks for more than the noise leaves."""
    return (
        f"about {many:,} images at epsilon={epsilon:g} are too few: the noise will blur classes into each other; "
        f"count on {HOPELESS / epsilon:,.0f} images or more (20,000 at epsilon=1), and look at samples before using them"
    )
