"""The synthesizer of images: fit, sample, save, load."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from synthgan import modelfile
from synthgan.checkpoint import Checkpoint
from synthgan.config import from_parameters
from synthgan.errors import ConfigError, NotFittedError
from synthgan.gan.train import Progress
from synthgan.image.config import ImageConfig
from synthgan.image.encoding import ImageEncoding, scale_to
from synthgan.image.learning import learn_images
from synthgan.image.model import KIND, ImageModel
from synthgan.image.private.config import ImagePrivacy
from synthgan.image.private.learning import learn_privately
from synthgan.image.private.rules import check_rules
from synthgan.image.records import ImageRecords
from synthgan.runtime import Streams, resolve_device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synthgan.clauses import Where


class ImageSynthesizer(BaseEstimator):  # type: ignore[misc]
    """Learns labelled images and makes synthetic ones: a conditional GAN of two residual networks.

    Hyper-parameters, described in ``synthgan.image.config``, are stored untouched and checked when ``fit`` is called.
    With ``epsilon`` (and ``delta``, ``mechanism``, ``i_know``: see ``synthgan.image.private.config``) the whole fit is
    differentially private, without it there is no guarantee. Attribute: ``model_``.

    Example:
        >>> import numpy as np
        >>> from synthgan.image.records import ImageRecords
        >>> pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
        >>> images = ImageRecords(pixels, {"label": np.repeat(["ill", "well"], 20)})
        >>> synthesizer = ImageSynthesizer(steps=2, width=8, seed=0).fit(images)
        >>> synthesizer.sample(3, where={"label": "ill"}).columns["label"].tolist()
        ['ill', 'ill', 'ill']
    """

    def __init__(
        self,
        *,
        epsilon: float | None = None,
        delta: float = 1e-6,
        mechanism: str = "moments",
        i_know: bool = False,
        resolution: int | None = None,
        condition: str | None = "label",
        rare_below: int = 10,
        objective: str = "relativistic",
        steps: int = 1500,
        batch_images: int = 64,
        learning_rate: float = 2e-3,
        penalty: float | None = None,
        penalty_every: int = 8,
        ema_halflife_steps: int = 60,
        augment: str = "",
        width: int = 16,
        noise_width: int = 64,
        minutes: float | None = None,
        device: str = "auto",
        seed: int = 0,
    ) -> None:
        """Store the hyper-parameters."""
        self.epsilon = epsilon
        self.delta = delta
        self.mechanism = mechanism
        self.i_know = i_know
        self.resolution = resolution
        self.condition = condition
        self.rare_below = rare_below
        self.objective = objective
        self.steps = steps
        self.batch_images = batch_images
        self.learning_rate = learning_rate
        self.penalty = penalty
        self.penalty_every = penalty_every
        self.ema_halflife_steps = ema_halflife_steps
        self.augment = augment
        self.width = width
        self.noise_width = noise_width
        self.minutes = minutes
        self.device = device
        self.seed = seed

    def fit(self, data: ImageRecords | str | Path) -> Self:
        """Learn images; gives the synthesizer itself.

        Args:
            data: images, or the path of a folder or ``.npz`` file (see ``synthgan.image.reading.read_images``).

        Raises:
            DataError: if the images cannot be read or learned.
            ConfigError: if a hyper-parameter cannot be used.
            PrivacyError: if what was asked for cannot be had under epsilon.
            TrainingError: if training broke down and could not be mended.
        """
        deque(self.fit_steps(data), maxlen=0)
        return self

    def fit_steps(
        self, data: ImageRecords | str | Path, *, checkpoint: str | Path | None = None, resume: bool = False
    ) -> Iterator[Progress]:
        """Do what ``fit`` does step by step, yielding progress; the synthesizer is fitted once the iterator ends.

        Args:
            data: as for ``fit``.
            checkpoint: where to keep what is needed to go on; written now and then and when the iterator is closed early,
                removed at the end. It opens as a model, too.
            resume: go on from the checkpoint; the result is the same as that of an uninterrupted run.
        """
        config, privacy = self._configs()
        streams, device = Streams(self.seed), resolve_device(self.device)
        if privacy.epsilon is not None:
            check_rules(config, resume=resume)
            yield Progress("reading")
            self._adopt((yield from learn_privately(_read(data, config), config, privacy, streams, device)))
            return
        saved = Checkpoint.open(checkpoint, KIND, resume=resume)
        yield Progress("reading")
        records = _read(data, config)
        encoding = ImageEncoding.fit(records, config)
        yield Progress("encoding", message=f"found {encoding.describe()}")
        self._adopt((yield from learn_images(records, encoding, config, streams, saved, device)))

    def sample(self, n: int, *, where: Where | None = None, seed: int | None = None) -> ImageRecords:
        """Draw ``n`` synthetic images, their classes at their true frequencies.

        Args:
            n: how many images.
            where: the classes to draw: a mapping such as ``{"label": "ill"}`` or ``{"label": [3, 5]}``, or texts such as
                ``"label=ill"``; among several the true proportions are kept.
            seed: the seed of the draw; None takes the synthesizer's own, so that the same call gives the same images.

        Raises:
            NotFittedError: before ``fit``.
            ConfigError: if ``n`` is not a whole number of at least 1.
            DataError: if the condition names what was never learned.
        """
        parts = list(self.sample_batches(n, where=where, seed=seed))
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
        return ImageRecords(np.concatenate([part.pixels for part in parts]), columns, parts[0].physical)

    def sample_batches(self, n: int, *, where: Where | None = None, seed: int | None = None) -> Iterator[ImageRecords]:
        """Draw what ``sample`` draws, batch by batch, in memory that does not grow with ``n``."""
        model = self._fitted()
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise ConfigError(f"n must be a whole number of at least 1, however: n={n!r}")
        return model.sample_batches(int(n), where, Streams(self.seed if seed is None else seed))

    def save(self, path: str | Path) -> None:
        """Write the fitted synthesizer to a model file, atomically.

        Raises:
            NotFittedError: before ``fit``.
            ModelFileError: if it cannot be written there.
            ResourceError: if the disk is full.
        """
        model = self._fitted()
        modelfile.write(path, model.manifest(), model.tensors())

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto") -> Self:
        """Open a model file, made on whatever device.

        Raises:
            ModelFileError: if the file is missing, damaged, forged, of a newer format, or a model of a table.
            ConfigError: if there is no such device.
        """
        manifest, tensors = modelfile.read(path)
        model = ImageModel.from_file(path, manifest, tensors, resolve_device(device))
        known = set(cls._get_param_names())
        synthesizer = cls(**{name: value for name, value in model.settings.items() if name in known}, device=device)
        synthesizer._adopt(model)
        return synthesizer

    def manifest(self) -> dict[str, Any]:
        """What the model file says of itself: images, configuration, training summary, provenance."""
        return self._fitted().manifest()

    def plan(self, data: ImageRecords | str | Path) -> str:
        """What ``fit`` would learn, in words; nothing is fitted. Raises what ``fit`` does for bad images."""
        config, privacy = self._configs()
        records = _read(data, config)
        return ImageEncoding.fit(records, config).describe() if privacy.epsilon is None else records.describe()

    def _configs(self) -> tuple[ImageConfig, ImagePrivacy]:
        """The hyper-parameters, checked."""
        parameters = self.get_params()
        return from_parameters(ImageConfig, parameters), from_parameters(ImagePrivacy, parameters)

    def _adopt(self, model: ImageModel) -> None:
        """Take a fitted model as one's own."""
        self.model_ = model

    def _fitted(self) -> ImageModel:
        if not hasattr(self, "model_"):
            raise NotFittedError("a synthesizer must be fitted first, however: it is not; call fit or load")
        return self.model_


def _read(data: ImageRecords | str | Path, config: ImageConfig) -> ImageRecords:
    """The images as they are to be learned."""
    return scale_to(data if isinstance(data, ImageRecords) else ImageRecords.read(data), config.resolution)
