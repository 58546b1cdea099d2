"""A fitted image model: what is kept of images after training, and how new ones are drawn from it."""

from __future__ import annotations

import math
import platform
from dataclasses import fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from synthgan._version import __version__
from synthgan.config import from_parameters
from synthgan.errors import ConfigError, ModelFileError
from synthgan.gan.generate import generate
from synthgan.image.conditions import draw_rows, read_rows, read_sources
from synthgan.image.config import ImageConfig
from synthgan.image.encoding import ImageEncoding
from synthgan.image.networks import ImageGenerator, first_weights
from synthgan.image.prior import PRIOR, Given, Prior, small_of
from synthgan.image.records import ImageRecords
from synthgan.image.resampling import Target
from synthgan.io.contract import Anything, Array, Flag, Maybe, Number, Record, Text, Tupled, check, require
from synthgan.io.manifest import IMAGE, opening
from synthgan.runtime import below

MAY_REMEMBER = "components and weights may remember training images, and samples lie nearer to some of them"

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.image.conditions import ConditionedRows
    from synthgan.runtime import Streams

KIND = IMAGE
# What a private fit has in its configuration beside the parameters of images.
_PRIVACY = Record(
    {
        "epsilon": Maybe(Number(low=0), optional=True),
        "delta": Number(low=0, high=1, optional=True),
        "mechanism": Text(optional=True),
        "i_know": Flag(optional=True),
        "value_range": Maybe(Tupled((Number(), Number())), optional=True),
    }
)
_VERSIONS = ("torch", "numpy")
MAX_PIXELS_RESTORED = 1 << 27  # of an image that is brought back to the size of its like


class ImageModel:
    """What a model file of images holds.

    Attributes:
        encoding: what images and classes look like.
        generator: what draws the images: the average of those trained.
        settings: every hyper-parameter of the fit, and its seed.
        training: the training summary.
        privacy: the ledger of a private fit, as the manifest holds it; None where there was none.
        versions: of what it was made with.
    """

    def __init__(self, encoding: ImageEncoding, generator: ImageGenerator, settings: dict[str, Any]) -> None:
        """Put the parts together."""
        self.encoding = encoding
        self.generator = generator
        self.settings = settings
        self.training: dict[str, Any] = {}
        self.privacy: dict[str, Any] | None = None
        self.versions = {"synthgan": __version__, "python": platform.python_version()} | {
            name: version(name) for name in _VERSIONS
        }

    def sample_batches(self, n: int, where: Where | None, streams: Streams) -> Iterator[ImageRecords]:
        """Draw ``n`` images that meet ``where``; conditions are checked before the first is drawn.

        Raises:
            DataError: if the condition names what was never learned.
        """
        self._check_sources(given=False)
        return self._batches(draw_rows(self.encoding, n, where, streams), streams)

    def make_batches(self, sources: ImageRecords, where: Where | None, streams: Streams) -> Iterator[ImageRecords]:
        """Make an image from each of those given.

        Raises:
            DataError: if they are not like those that were learned from, or a column or ``where`` names what was never learned.
        """
        self._check_sources(given=True)
        return self._batches(read_sources(self.encoding, sources, where, streams), streams)

    def read_sources(self, sources: ImageRecords | str | Path) -> ImageRecords:
        """Images to make others from, brought to the size of those learned from where these had been brought to one, too."""
        looks, brought = (
            self.encoding.sources,
            {self.settings.get("resolution"), self.settings.get("spacing")} != {None},
        )
        target = Target(looks.shape[:-1]) if looks is not None and brought else None
        if isinstance(sources, ImageRecords):
            return sources if target is None else sources.brought(target)
        return ImageRecords.read(sources, resolution=None if target is None else target.resolution)

    def _check_sources(self, *, given: bool) -> None:
        made = self.encoding.sources is not None
        if made != given:
            asked = (
                "must be given sources to make images from"
                if made
                else "makes images from noise: sources must be left out"
            )
            raise ConfigError(f"this model {asked}, however: sources were {'given' if given else 'not given'}")

    def render_batches(self, rows: Frame, streams: Streams) -> Iterator[ImageRecords]:
        """Draw an image for each row of a table, which is checked before the first is drawn.

        Raises:
            DataError: if the table lacks a column of the condition, or holds what was never learned.
        """
        self._check_sources(given=False)
        return self._batches([read_rows(self.encoding, rows)], streams)

    def _batches(self, rows: Iterable[ConditionedRows], streams: Streams) -> Iterator[ImageRecords]:
        device = self.generator.stage.device
        batch, encoding = self.generator.batch_rows, self.encoding
        parts = (part for whole in rows for part in whole.split(batch))
        for index, (classes, attributes, sources) in enumerate(parts):
            own = streams.below("images", index)
            condition = encoding.ask(classes, encoding.encode_rows(attributes, own), sources).to(device)
            drawn = generate(self.generator, len(classes), condition=condition, streams=own, batch_samples=batch)
            for images, asked in drawn:
                yield encoding.decode(images, asked.classes, attributes)

    @property
    def keeps_rows(self) -> str | None:
        """What may be read back out of the file of images or of rows of their columns, in words; None where a proof bounds it."""
        if self.privacy is not None:
            return None
        rows = self.encoding.rows
        of_rows = None if rows is None or rows.model is None else rows.model.keeps_rows
        return of_rows or MAY_REMEMBER

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""
        return {
            "kind": KIND,
            "images": self.encoding.as_json(),
            "config": {name: value for name, value in self.settings.items() if name != "seed"},
            "seed": self.settings["seed"],
            "rows": int(self.encoding.counts.sum()),
            "training": self.training,
            "privacy": self.privacy,
            "disclosures": [] if self.keeps_rows is None else [self.keeps_rows],
            "confidential": self.keeps_rows is not None,
            "versions": self.versions,
        }

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        weights = {f"generator/{name}": tensor.cpu().numpy() for name, tensor in self.generator.state_dict().items()}
        return weights | self.encoding.tensors()

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> Self:
        """Rebuild a model from the two halves of its file.

        Raises:
            ModelFileError: if they do not make up a model of images.
        """
        if manifest.get("kind") != KIND:
            raise ModelFileError(
                f"{path}: must be a model of images, however: it is one of kind {manifest.get('kind')!r}; "
                f"open it with Synthesizer.load"
            )
        with opening(path):
            check_parts(manifest, tensors)
            encoding = ImageEncoding.from_json(manifest["images"], tensors)
            check_encoding(encoding)
            settings = {**manifest["config"], "seed": manifest["seed"]}
            config = config_of(manifest["config"], encoding)
            generator = generator_from(below(tensors, "generator"), encoding, config)
            model = cls(encoding, generator.to(device).requires_grad_(False), settings)  # noqa: FBT003
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.privacy = manifest["privacy"]
        return model


def check_parts(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """See that every tensor is part of the networks, of rows or, in a checkpoint, of the training.

    Raises:
        MisfitError: if one is not.
    """
    starts = ["generator/", *(["rows/"] if manifest["images"].get("rows") else [])]
    if "checkpoint" in manifest:
        starts += ["state/", "monitor/"]
    require(all(name.startswith(tuple(starts)) for name in tensors), "every tensor", "a part of the model")


def check_encoding(encoding: ImageEncoding) -> None:
    """See that parts that come from a file fit each other.

    Raises:
        MisfitError: if they do not.
    """
    sides = len(encoding.shape) - 1
    require(
        encoding.low < encoding.high <= np.iinfo(encoding.dtype).max,
        "low and high",
        f"values of {encoding.dtype}, in order",
    )
    require(encoding.counts.sum() > 0, "counts", "of one image or more")
    require(encoding.condition is not None or len(encoding.levels) == 1, "levels", "one where there is no condition")
    if encoding.physical is not None and encoding.physical.spacing is not None:
        require(len(encoding.physical.spacing) == sides, "spacing", "a number for each side")
    if encoding.size is not None:
        require({len(encoding.size.original), len(encoding.size.scaled)} == {sides}, "size", "of as many sides")
        most = MAX_PIXELS_RESTORED
        require(math.prod(encoding.size.original) <= most, "size", f"of at most {most:,} pixels")
    if encoding.sources is not None:
        require(encoding.sources.low < encoding.sources.high, "low and high of sources", "in order")
        require(
            len(encoding.sources.shape) == len(encoding.shape), "shape of sources", "of as many sides as images have"
        )
    if encoding.rows is not None:
        known = encoding.rows.model and encoding.rows.model.transform.codecs[0].known
        require(encoding.rows.schema.names[0] == encoding.condition, "condition", "the first column of rows")
        require(set(map(str, known or ())) <= set(map(str, encoding.levels)), "levels", "those of the rows")


def config_of(given: dict[str, Any], encoding: ImageEncoding) -> ImageConfig:
    """The hyper-parameters of a file, checked, and against what was learned.

    Raises:
        SynthganError: if one cannot be used.
        MisfitError: if they are those of another model.
    """
    config = from_parameters(ImageConfig, given)
    own = {part.name for part in fields(config)}
    check({name: value for name, value in given.items() if name not in own}, _PRIVACY, "config")
    columns = () if encoding.condition is None else (encoding.condition,)
    learned = tuple(encoding.rows.dtypes) if encoding.rows is not None else columns
    require(config.columns == learned, "condition", "of the columns that were learned")
    return config


def generator_from(arrays: dict[str, np.ndarray], encoding: ImageEncoding, config: ImageConfig) -> ImageGenerator:
    """The generator that a file holds; nothing is made larger than its weights in the file are.

    Raises:
        MisfitError: if they do not fit each other, the images or the configuration.
    """
    prior: Prior | Given = Given(encoding.shape)
    if encoding.sources is None:
        values, classes = math.prod(small_of(encoding.shape)), len(encoding.levels)
        sizes = check(arrays, Record(PRIOR, others=Anything()), "generator", values=values, classes=classes)
        require(sizes["all"] == sizes["components"] + sizes["tail"], "prior.basis", "of all components")
        prior = Prior(encoding.shape, classes, sizes["parts"], sizes["components"], sizes["tail"])
    first = first_weights(prior, encoding.attribute_width, config)
    check(arrays, Record(first, others=Anything()), "generator")
    generator = ImageGenerator(prior, encoding.attribute_width, config)
    shapes = {name: tuple(weight.shape) or (1,) for name, weight in generator.state_dict().items()}
    check(arrays, Record({name: Array("f4", shape) for name, shape in shapes.items()}), "generator")
    generator.load_state_dict({name: torch.as_tensor(array) for name, array in arrays.items()})
    return generator
