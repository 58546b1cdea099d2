"""Learning images: the players, their batches, and turns in which the critic sees all of them through the same changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import torch

from synthgan.gan.game import Game
from synthgan.gan.objectives import make_objective
from synthgan.gan.protocols import Batch
from synthgan.gan.train import Progress, train
from synthgan.gan.turns import OpenTurns
from synthgan.gan.watch import Watch
from synthgan.image.model import ImageModel
from synthgan.image.networks import ImageCritic, ImageGenerator
from synthgan.image.start import fit_start
from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import numpy as np

    from synthgan.checkpoint import Checkpoint
    from synthgan.image.config import ImageConfig
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.networks import Condition
    from synthgan.image.records import ImageRecords
    from synthgan.runtime import Streams


@dataclass
class AugmentedTurns(OpenTurns):
    """The ordinary turns of a critic that changes at random what it sees, from a stream of each turn's own."""

    def critic(self, game: Game, place: int) -> float:
        """One step of the critic; returns its loss."""
        self._begin(game, "critic augmentation", place)
        return super().critic(game, place)

    def generator(self, game: Game, place: int) -> float:
        """One step of the generator; returns its loss."""
        self._begin(game, "generator augmentation", place)
        return super().generator(game, place)

    def _begin(self, game: Game, name: str, place: int) -> None:
        critic = cast("ImageCritic", game.critic)
        critic.source = self.streams.torch(name, place, critic.score.weight.device)


def learn_images(
    records: ImageRecords,
    encoding: ImageEncoding,
    config: ImageConfig,
    streams: Streams,
    saved: Checkpoint,
    device: torch.device,
) -> Generator[Progress, None, ImageModel]:
    """Let two networks play; gives the model."""
    classes, told = encoding.classes(records), encoding.told(records)
    condition = encoding.ask(classes, encoding.encode_rows(told, streams))
    known = repr({name: column.tolist() for name, column in told.items()}).encode()
    fingerprint = hashlib.sha256(records.pixels.tobytes() + known).hexdigest()
    saved.check({**config.as_json(), "seed": streams.seed}, fingerprint)
    training = config.training()
    if encoding.rows is not None:
        encoding = replace(encoding, rows=(yield from encoding.rows.learn(told, config.rare_below, streams)))
    yield Progress("drafting")
    start = fit_start(encoding.encode(records.pixels), classes, len(encoding.levels), streams)
    with initial_weights(streams):
        generator = ImageGenerator(start, encoding.attributes, config)
        critic = ImageCritic(encoding.shape, encoding.attributes, config)
    game = Game(generator.to(device), critic.to(device), training)
    watch = Watch(None, training.check_every, training.patience)
    model = ImageModel(encoding, cast("ImageGenerator", game.average), saved.settings)
    batches = _make_batches(records.pixels, condition, encoding, config, streams, device)
    turns = AugmentedTurns(batches, make_objective(training.objective, training.penalty), streams)
    with saved.keeping(model, game, watch):
        for step in saved.after_each(train(game, turns, watch)):
            losses = step.critic_loss, step.generator_loss
            yield Progress("training", step.step, training.steps, step.rows, *losses, step.message)
    model.training = watch.summary(game)
    return model


def _make_batches(
    pixels: np.ndarray,
    condition: Condition,
    encoding: ImageEncoding,
    config: ImageConfig,
    streams: Streams,
    device: torch.device,
) -> Callable[[int], Batch]:
    """Real batches by place in the run, drawn evenly; classes come at their true frequencies."""

    def batch(place: int) -> Batch:
        chosen = streams.numpy("batches", place).integers(len(pixels), size=config.batch_images)
        return Batch(encoding.encode(pixels[chosen]).to(device), condition.at(torch.as_tensor(chosen)).to(device))

    return batch
