"""Learning images: the players, their batches, and updates whose pace and penalty change with the step."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self, cast

import numpy as np
import torch

from synthgan.gan.monitor import Monitor
from synthgan.gan.objectives import ZeroCentred, make_objective
from synthgan.gan.protocols import Batch
from synthgan.gan.state import TrainingState
from synthgan.gan.team import Team
from synthgan.gan.train import Progress, train
from synthgan.gan.updates import StandardUpdates
from synthgan.image.axes import Axes
from synthgan.image.evaluator import MAX_IMAGES, MIN_IMAGES, HoldoutEvaluator
from synthgan.image.grain import CHECKED, FINEST, Grain
from synthgan.image.model import ImageModel
from synthgan.image.networks import ImageCritic, ImageGenerator
from synthgan.image.prior import Given, fit_prior, resize
from synthgan.image.release import SKIPPED, ImageCheck, checked_level
from synthgan.runtime import initial_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from synthgan.image.config import ImageConfig
    from synthgan.image.encoding import ImageEncoding
    from synthgan.image.prior import Condition, Prior
    from synthgan.image.records import ImageRecords
    from synthgan.io.checkpoint import Checkpoint
    from synthgan.runtime import Streams


# Steps in which the critic's pace rises and a generator with a prior stands still, a tenth of all at most: the first moves of Adam
# are large, the critic knows nothing yet, and the prior is good.
WARM_UP = 100
SLOWER = 0.25  # pace of a generator with a prior beside the critic's: at the same pace it leaves the prior before it is told where to
SLOWEST = 0.1  # of the learning rate, at the last step
GROWING = 0.6  # of the steps, at the end of which a growing network is at its last level
PENALTY = 0.05  # weight at the last step, for images of 32 x 32 pixels; it grows with their number
FIRM = 4  # times that weight at the first step
MIN_CLIPS = 8  # in a batch
MAX_BATCH_PIXELS, MIN_IMAGES_A_BATCH = 1 << 21, 4
_CHUNK = 512  # images encoded at once


@dataclass
class ImageUpdates(StandardUpdates):
    """The standard updates, at a pace and under a penalty that change with the step.

    The pace rises for ``WARM_UP`` steps and falls with a cosine, and the penalty falls with it, as in Huang et al. 2024, appendix
    B. A generator with a prior goes slower than the critic, and after it (Heusel et al., "GANs trained by a two time-scale
    update rule", 2017). The critic changes at random what it sees, from a stream of each update's own.

    Attributes:
        config: the hyper-parameters.
        pixels: of an image.
        prior_images: whether the generator begins with a prior that knows all that is asked.
    """

    config: ImageConfig
    pixels: int
    prior_images: bool

    def critic(self, state: TrainingState, step: int) -> float:
        """One step of the critic; returns its loss."""
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, self.config.steps))))
        warm_up = min(WARM_UP, self.config.steps / 10)
        pace = min(1.0, (step + 1) / warm_up) * (SLOWEST + (1 - SLOWEST) * fall)
        state.pace(pace, pace * SLOWER * (step >= warm_up) if self.prior_images else pace)
        if self.config.penalty is None and isinstance(self.objective, ZeroCentred):
            self.objective = replace(self.objective, weight=PENALTY * self.pixels / 32**2 * (1 + (FIRM - 1) * fall))
        if self.config.grow:
            self._grow(state, step)
        self._begin(state, "critic augmentation", step)
        return super().critic(state, step)

    def generator(self, state: TrainingState, step: int) -> float:
        """One step of the generator; returns its loss."""
        self._begin(state, "generator augmentation", step)
        return super().generator(state, step)

    def _grow(self, state: TrainingState, step: int) -> None:
        """Bring all networks to the level of this step: each new one fades in for half of its time."""
        finest = len(cast("ImageCritic", state.critic).levels) - 1
        grown = min(1.0, step / max(1.0, GROWING * self.config.steps)) * finest
        stage = math.floor(grown) + max(0.0, 2 * (grown % 1) - 1)
        for network in (state.generator, state.average, state.critic):
            cast("ImageCritic", network).stage.fill_(stage)

    def _begin(self, state: TrainingState, name: str, step: int) -> None:
        critic = cast("ImageCritic", state.critic)
        name += f" of {self.team.rank}" if self.team.rank else ""  # each process changes other images
        critic.source = self.streams.torch(name, step, critic.score.weight.device)


@dataclass(frozen=True)
class Planes:
    """Images and their masks as networks see them, a few at a time.

    Attributes:
        pixels: ``[n, *sides, channels]``.
        fields: of the masks, int8 ``[n, *sides, structures]``; None where there are none.
        encoding: what they look like.
    """

    pixels: np.ndarray
    fields: np.ndarray | None
    encoding: ImageEncoding

    @classmethod
    def of(cls, records: ImageRecords, encoding: ImageEncoding) -> Self:
        """Those of records."""
        masks = records.masks if encoding.structures is not None else None
        return cls(records.pixels, None if masks is None else masks.fields(clips=encoding.clips), encoding)

    def at(self, indices: np.ndarray) -> torch.Tensor:
        """Those at some indices, float32 ``[m, channels and structures, *sides]``."""
        return self.encoding.encode(self.pixels[indices], None if self.fields is None else self.fields[indices])


def learn_images(
    records: ImageRecords,
    sources: ImageRecords | None,
    encoding: ImageEncoding,
    config: ImageConfig,
    streams: Streams,
    saved: Checkpoint,
    device: torch.device,
    owners: np.ndarray | None = None,
) -> Generator[Progress, None, ImageModel]:
    """Let two networks play; gives the model. Images of one owner are held out together."""
    attributes = encoding.attributes(records)
    saved.check({**config.as_json(), "seed": streams.seed}, _fingerprint(records, attributes, sources))
    classes = encoding.classes(records)
    groups = encoding.groups(classes, attributes)
    condition = encoding.ask(classes, encoding.encode_rows(attributes, streams), sources, groups)
    training = config.training()
    if encoding.rows is not None:
        encoding = replace(encoding, rows=(yield from encoding.rows.learn(attributes, config.rare_below, streams)))
    yield Progress("prior")
    owners = np.arange(len(records)) if owners is None else owners
    held = _held_out(owners, training.holdout_share, streams)
    learned = np.setdiff1d(np.arange(len(records)), held)
    planes = Planes.of(records, encoding)
    prior, check = yield from _make_prior(planes, learned, condition.at(learned), config, streams)
    with initial_weights(streams):
        generator = ImageGenerator(prior, encoding.attribute_width, config)
        critic = ImageCritic(encoding.drawn, encoding.attribute_width, config, clips=encoding.clips)
    state = TrainingState(generator.to(device), critic.to(device), training)
    evaluator = None
    if len(held):
        names = [str(level) for level in encoding.levels]
        images = planes.at(held).to(device)
        asked = condition.at(held).to(device)
        evaluator = HoldoutEvaluator(images, asked, names, streams, structures=encoding.masked, clips=encoding.clips)
    alone = encoding.rows is None and encoding.sources is None and not encoding.words
    measure = "held_out_closeness" if alone and not encoding.masked else "held_out_closeness_and_match"
    team = Team.gathered(device)
    monitor = Monitor(evaluator, training.check_every, training.patience, measure, team=team)
    model = ImageModel(encoding, cast("ImageGenerator", state.average), saved.settings, check)
    batches = make_batches(planes, learned, condition, config, streams, device)
    objective = make_objective(training.objective, training.penalty)
    updates = ImageUpdates(batches, objective, streams, config, pixels_of(encoding), alone, team=team)
    with saved.keeping(model, state, monitor):
        for step in saved.after_each(train(state, updates, monitor)):
            losses = step.critic_loss, step.generator_loss
            yield Progress("training", step.step, training.steps, step.rows, *losses, step.message)
    model.training = monitor.summary(state)
    return model


def _fingerprint(records: ImageRecords, attributes: dict[str, np.ndarray], sources: ImageRecords | None) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(records.pixels).data)
    digest.update(repr({name: column.tolist() for name, column in attributes.items()}).encode())
    if records.masks is not None:
        digest.update(records.masks.values().tobytes() + repr(records.masks.structures).encode())
    if sources is not None:
        digest.update(np.ascontiguousarray(sources.pixels).data)
    return digest.hexdigest()


def _make_prior(
    planes: Planes, learned: np.ndarray, condition: Condition, config: ImageConfig, streams: Streams
) -> Generator[Progress, None, tuple[Prior | Given, ImageCheck | None]]:
    """What the generator begins with: prior images of each class, or the images that others are made from; and what it gives away.

    It is not known, and the prior as fine as can be, where more is told of images than their class.
    """
    encoding = planes.encoding
    if encoding.sources is not None:
        return Given(encoding.drawn), None
    size = encoding.small[1:]
    chunks = [learned[first : first + _CHUNK] for first in range(0, len(learned), _CHUNK)]
    small = torch.cat([resize(planes.at(chunk), size) for chunk in chunks])
    classes, count = condition.classes.numpy(), len(encoding.levels)
    groups = [np.flatnonzero(condition.mixtures.numpy() == one) for one in range(count, encoding.mixtures)]

    def fitted(some: np.ndarray, level: int, axes: Axes | None = None) -> Prior:
        own = groups if len(some) == len(small) else []
        given = small[some], encoding.shape, classes[some], count, streams, encoding.masked, own
        return fit_prior(*given, clips=encoding.clips, level=level, axes=axes)

    def make(some: np.ndarray) -> Callable[[int], Prior]:
        flat = small[some].flatten(1).double().numpy()
        most = Grain.of(len(some), flat.shape[1], count, CHECKED).components
        return partial(fitted, some, axes=Axes.of(flat, most, streams))

    level, check = FINEST, None if config.check else ImageCheck(SKIPPED)
    if config.check and encoding.rows is None and not encoding.words:
        level, check = yield from checked_level(small, classes, make, streams)
    return fitted(np.arange(len(small)), level), check


def _held_out(owners: np.ndarray, share: float, streams: Streams) -> np.ndarray:
    """The images that are held out, int64: none where they are too few to tell anything."""
    held = min(MAX_IMAGES, round(share * len(owners)))
    different = np.unique(owners)
    order = streams.numpy("held out").permutation(len(different))
    if len(different) == len(owners):
        return order[: held if held >= MIN_IMAGES else 0]
    ranks = np.empty(len(different), np.int64)
    ranks[order] = np.arange(len(different))
    rank = ranks[np.searchsorted(different, owners)]
    chosen = np.flatnonzero(rank <= np.sort(rank)[max(0, held - 1)])
    return chosen[:MAX_IMAGES] if MIN_IMAGES <= held < len(owners) else chosen[:0]


def pixels_of(encoding: ImageEncoding) -> int:
    """The pixels of an image, of a clip those of all its frames."""
    return math.prod(encoding.shape[:-1])


def batch_of(config: ImageConfig, encoding: ImageEncoding) -> int:
    """How many images are in a batch; fewer of clips, as each is many images, and of what is so large that few fill the memory."""
    if encoding.clips:
        return max(MIN_CLIPS, config.batch_images // encoding.shape[0])
    return min(config.batch_images, max(MIN_IMAGES_A_BATCH, MAX_BATCH_PIXELS // pixels_of(encoding)))


def make_batches(
    planes: Planes,
    learned: np.ndarray,
    condition: Condition,
    config: ImageConfig,
    streams: Streams,
    device: torch.device,
) -> Callable[[int], Batch]:
    """Real batches by step, drawn evenly; classes come at their true frequencies."""
    size = batch_of(config, planes.encoding)

    def batch(step: int) -> Batch:
        chosen = learned[streams.numpy("batches", step).integers(len(learned), size=size)]
        return Batch(planes.at(chosen).to(device), condition.at(torch.as_tensor(chosen)).to(device))

    return batch
