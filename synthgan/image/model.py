"""A fitted image model: what is kept of images after training, and how new ones are drawn from it."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

import torch

from synthgan._version import __version__
from synthgan.config import from_parameters
from synthgan.errors import ConfigError, ModelFileError, SynthganError
from synthgan.gan.generate import generate
from synthgan.image.conditions import draw_rows, read_rows, read_sources
from synthgan.image.config import ImageConfig
from synthgan.image.encoding import ImageEncoding
from synthgan.image.networks import ImageGenerator
from synthgan.image.prior import Given, Prior, prior_like
from synthgan.runtime import below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.image.conditions import ConditionedRows
    from synthgan.image.records import ImageRecords
    from synthgan.runtime import Streams

KIND = "image"
_VERSIONS = ("torch", "numpy")


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
        """How rows of the images' columns can be read back out of the file, or that nobody looked, in words; None where they cannot."""
        rows = self.encoding.rows
        return None if self.privacy is not None or rows is None or rows.model is None else rows.model.keeps_rows

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
        try:
            encoding = ImageEncoding.from_json(manifest["images"], tensors)
            settings = {**manifest["config"], "seed": manifest["seed"]}
            weights = {name: torch.as_tensor(array) for name, array in below(tensors, "generator").items()}
            config = from_parameters(ImageConfig, settings)
            prior: Prior | Given = Given(encoding.shape)
            if encoding.sources is None:
                prior = prior_like(encoding.shape, weights["prior.centers"], weights["prior.tail"])
            generator = ImageGenerator(prior, encoding.attribute_width, config)
            generator.load_state_dict(weights)
            model = cls(encoding, generator.to(device).requires_grad_(False), settings)  # noqa: FBT003
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.privacy = manifest["privacy"]
        except (KeyError, TypeError, ValueError, IndexError, RuntimeError, AttributeError, SynthganError) as error:
            raise ModelFileError(
                f"{path}: must be a complete model, however: a part is missing or does not fit "
                f"({' '.join(str(error).split())})"
            ) from error
        return model
