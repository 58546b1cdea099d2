"""The synthesizer of images: fit, sample, save, load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from synthgan.config import from_parameters
from synthgan.errors import ConfigError
from synthgan.estimator import Estimator, number_to_draw
from synthgan.gan.train import Progress
from synthgan.image.config import ImageConfig
from synthgan.image.enlarged import AnyModel
from synthgan.image.enlarging import learn_in_stages
from synthgan.image.loading import load_images
from synthgan.image.model import KIND, ImageModel
from synthgan.image.plan import ImagePlan, plan_fit
from synthgan.image.private.config import ImagePrivacy
from synthgan.image.private.rules import check_rules
from synthgan.image.privately import plan_privately, private_steps
from synthgan.image.records import ImageRecords
from synthgan.io.checkpoint import Checkpoint
from synthgan.io.sources import as_frame
from synthgan.notebook import run
from synthgan.runtime import Streams, resolve_device

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.notebook import Watcher
    from synthgan.privacy.spent import Record


class ImageSynthesizer(Estimator[ImageModel]):
    """Learns labelled images, volumes or clips and makes synthetic ones: a conditional GAN of two residual networks.

    Parameters are stored untouched and checked when ``fit`` is called.

    Args:
        epsilon: differential privacy of the whole fit, of one image: what all that touches the images may cost. None proves nothing.
        delta: the chance of failure that epsilon is stated for.
        mechanism: what a private fit asks: ``"moments"``, Gaussians of each class from noisy sums, or ``"dpsgd"``, noisy gradients as well.
        i_know: accept an epsilon or delta that promises nothing, and add up what earlier private fits have spent.
        value_range: under epsilon, the lowest and the highest value of a pixel, beyond which each is clipped. None: that of the kind.
        resolution: pixels of all sides, or of each (depth, height, width), that images are scaled to fit and padded. None: as they are.
        spacing: millimetres from pixel to pixel that images are resampled to first. None takes them as they are.
        frames: how many frames of each clip are learned, evenly spread; 1 makes images of clips. None: of the shortest, 16 at most.
        base: the longest side of what large images are learned at first, and enlarged from. None: as the device learns at once.
        condition: the column of the classes that images are drawn under, or a list of columns, the classes first. None: no condition.
        rare_below: no class, darkest or brightest value held by fewer images enters a model.
        objective: of the game: ``"relativistic"``, ``"wasserstein"``, ``"hinge"`` or ``"standard"``.
        steps: generator steps at most.
        batch_images: images in each batch; of clips as many frames, but 8 at least; of large images as have 2**21 pixels, but 4 at least.
        learning_rate: Adam's, for both networks.
        penalty: weight of the gradient penalty. None lets it fall in the run and grow with the resolution.
        penalty_every: critic steps from one penalty to the next.
        ema_halflife_images: images seen after which an old weight counts half in the average that is sampled from.
        augment: what the critic sees images through: some of ``"translation,cutout,intensity,flip"``; empty for nothing.
        width: channels after two doublings of the base, which has four times as many.
        noise_width: noise dimensions.
        style: map the noise to styles that weigh the channels at every resolution, rather than to the coarsest image.
        grow: begin at the coarsest resolution and add one after the other.
        condition_image: what images are made from: ``"sources"`` beside them, their ``"masks"``, or themselves shrunk by a factor.
        structures: what the structures of masks are called, in the order of their numbers. None leaves the names they have.
        check_every: generator steps from one look at how near held-out images are to the next.
        patience: looks without gain before training stops early.
        holdout_share: share of the images held out for those looks (1,000 at most); 0 looks at none.
        minutes: stop training after so many; the result then depends on the machine's speed. None: when it no longer gains.
        check: look how much the file gives away of the images learned, and begin with a coarser prior until it is little.
        device: ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
        seed: of all that is random: the same images, seed and machine give the same model.

    Attributes:
        model_: what was learned, and ``sample_seed_`` the seed of the last draw.

    Example:
        >>> import numpy as np
        >>> from synthgan.image.records import ImageRecords, describe_kind
        >>> pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
        >>> images = ImageRecords(pixels, {"label": np.repeat(["ill", "well"], 20)})
        >>> synthesizer = ImageSynthesizer(steps=2, width=8, seed=0).fit(images)
        >>> synthesizer.sample(3, where={"label": "ill"}).columns["label"].tolist()
        ['ill', 'ill', 'ill']
    """

    _model = AnyModel

    def __init__(
        self,
        *,
        epsilon: float | None = None,
        delta: float = 1e-6,
        mechanism: str = "moments",
        i_know: bool = False,
        value_range: Sequence[float] | None = None,
        resolution: int | Sequence[int] | None = None,
        spacing: float | None = None,
        frames: int | None = None,
        base: int | None = None,
        condition: str | Sequence[str] | None = "label",
        rare_below: int = 10,
        objective: str = "relativistic",
        steps: int = 700,
        batch_images: int = 64,
        learning_rate: float = 1e-3,
        penalty: float | None = None,
        penalty_every: int = 8,
        ema_halflife_images: int = 3840,
        augment: str = "",
        width: int = 16,
        noise_width: int = 64,
        style: bool = False,
        grow: bool = False,
        condition_image: int | str | None = None,
        structures: Sequence[str] | None = None,
        check_every: int = 100,
        patience: int = 20,
        holdout_share: float = 0.1,
        minutes: float | None = None,
        check: bool = True,
        device: str = "auto",
        seed: int = 0,
    ) -> None:
        """Store the hyper-parameters."""
        self.epsilon = epsilon
        self.delta = delta
        self.mechanism = mechanism
        self.i_know = i_know
        self.value_range = value_range
        self.resolution = resolution
        self.spacing = spacing
        self.frames = frames
        self.base = base
        self.condition = condition
        self.rare_below = rare_below
        self.objective = objective
        self.steps = steps
        self.batch_images = batch_images
        self.learning_rate = learning_rate
        self.penalty = penalty
        self.penalty_every = penalty_every
        self.ema_halflife_images = ema_halflife_images
        self.augment = augment
        self.width = width
        self.noise_width = noise_width
        self.style = style
        self.grow = grow
        self.condition_image = condition_image
        self.structures = structures
        self.check_every = check_every
        self.patience = patience
        self.holdout_share = holdout_share
        self.minutes = minutes
        self.check = check
        self.device = device
        self.seed = seed

    def fit(
        self,
        data: ImageRecords | str | Path,
        y: object = None,  # noqa: ARG002
        *,
        sources: ImageRecords | str | Path | None = None,
        progress: Watcher = None,
    ) -> Self:
        """Learn images; gives the synthesizer itself.

        Args:
            data: images, or the path of a folder or ``.npz`` file (see ``synthgan.image.io.reading.read_images``).
            sources: the image that each is made from, in the same order, of any size; for ``condition_image="sources"``.
            y: ignored; pipelines of scikit-learn hand it on.
            progress: called with each step (its ``stage``, ``step`` and ``steps``); True draws a bar, in a notebook, too.

        Raises:
            DataError: if the images cannot be read or learned.
            ConfigError: if a hyper-parameter cannot be used.
            PrivacyError: if what was asked for cannot be had under epsilon.
            TrainingError: if training broke down and could not be rescued.
            ResourceError: if it would take more memory than there is.
        """
        run(self.fit_steps(data, sources=sources), progress)
        return self

    def fit_steps(
        self,
        data: ImageRecords | str | Path,
        *,
        sources: ImageRecords | str | Path | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        record: Record | None = None,
    ) -> Iterator[Progress]:
        """Do what ``fit`` does step by step, yielding progress; the synthesizer is fitted once the iterator ends.

        Args:
            data: as for ``fit``.
            sources: as for ``fit``.
            checkpoint: where to keep what is needed to go on; written now and then and when the iterator is closed early,
                removed at the end. It opens as a model, too.
            resume: go on from the checkpoint; the result is the same as that of an uninterrupted run.
            record: where a private fit keeps what it spends; None keeps it in ``spent_``.
        """
        config, privacy = self._configs()
        streams, device = Streams(self.seed), resolve_device(self.device)
        if privacy.epsilon is not None:
            check_rules(config, resume=resume, sources=sources is not None)
            with self._spending(record) as account:
                yield Progress("reading")
                return self._adopt((yield from private_steps(data, config, privacy, streams, device, account)))
        saved = Checkpoint.open(checkpoint, KIND, resume=resume)
        yield Progress("reading")
        loaded = load_images(data, sources, config, streams)
        yield from (Progress("reading", message=note) for note in loaded.notes)
        self._adopt((yield from learn_in_stages(loaded, streams, saved, device)))

    def sample(
        self,
        n: int | None = None,
        *,
        where: Where | None = None,
        rows: Frame | str | Path | None = None,
        sources: ImageRecords | str | Path | None = None,
        original_size: bool = False,
        seed: int | None = None,
    ) -> ImageRecords:
        """Draw ``n`` synthetic images, their classes (or the rows of their condition's columns) at their true frequencies.

        Args:
            n: how many images.
            where: the classes to draw: a mapping such as ``{"label": "ill"}`` or ``{"label": [3, 5]}``, or texts such as
                ``"label=ill"``; among several the true proportions are kept. Of images with masks also the share of the image
                that a structure takes: ``"area:nucleus>.2"``, or ``>0`` where it is there at all. Where the condition has several columns,
                anything that ``Synthesizer.sample`` takes: ``{"label": "ill", "age": (65, None)}``.
            rows: a table (of any kind, or the path of a file) of which each row gets an image, in place of ``n`` and
                ``where``. It has the condition's columns; others stay beside the images. Numbers beyond those
                learned are drawn as the nearest learned.
            sources: images of which each is made into another, in place of ``n``, for a model that was fitted so. Columns of
                the condition that they have are kept.
            original_size: bring images back to the size that those learned had before ``resolution`` or ``spacing`` changed it,
                without the padding; ``rare_below`` of them must have had the same.
            seed: the seed of the draw; None draws other images each time, and ``sample_seed_`` then says by which seed.

        Raises:
            NotFittedError: before ``fit``.
            ConfigError: if ``n`` is not a whole number of at least 1, or stands beside ``rows``.
            DataError: if the condition or a row names what was never learned, or a column lacks.
        """
        how: dict[str, Any] = {"where": where, "rows": rows, "sources": sources, "original_size": original_size}
        return ImageRecords.joined(list(self.sample_batches(n, **how, seed=seed)))

    def sample_batches(
        self,
        n: int | None = None,
        *,
        where: Where | None = None,
        rows: Frame | str | Path | None = None,
        sources: ImageRecords | str | Path | None = None,
        original_size: bool = False,
        seed: int | None = None,
    ) -> Iterator[ImageRecords]:
        """Draw what ``sample`` draws, batch by batch, in memory that does not grow with ``n``."""
        model, streams = self._fitted(), self._streams_of_draw(seed, where)
        given = None if sources is None else model.read_sources(sources)
        if given is not None:
            if n is not None or rows is not None:
                raise ConfigError("sources must stand alone, however: n or rows was given as well; each gets one image")
            batches = model.make_batches(given, where, streams)
        elif rows is not None:
            if n is not None or where is not None:
                raise ConfigError("rows must stand alone, however: n or where was given as well; take rows first")
            batches = model.render_batches(as_frame(rows), streams)
        else:
            batches = model.sample_batches(number_to_draw(n), where, streams)
        if original_size and model.encoding.size is None:
            raise ConfigError("original_size must be left out, however: this model knows no size but its own")
        return (batch.restored() for batch in batches) if original_size else batches

    def plan(self, data: ImageRecords | str | Path, *, sources: ImageRecords | str | Path | None = None) -> ImagePlan:
        """What ``fit`` would learn and what it would take; nothing is fitted. Raises what ``fit`` does.

        Under epsilon no image is looked at: it says what is public of them.

        Args:
            data: as for ``fit``.
            sources: as for ``fit``.
        """
        config, privacy = self._configs()
        if privacy.epsilon is None:
            streams, device = Streams(self.seed), resolve_device(self.device)
            return plan_fit(load_images(data, sources, config, streams), streams, device)
        check_rules(config, resume=False, sources=sources is not None)
        return plan_privately(data, config, privacy)

    def _configs(self) -> tuple[ImageConfig, ImagePrivacy]:
        """The hyper-parameters, checked."""
        parameters = self.get_params()
        return from_parameters(ImageConfig, parameters), from_parameters(ImagePrivacy, parameters)
