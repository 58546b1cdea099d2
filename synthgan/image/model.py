"""A fitted image model: what is kept of images after training, and how new ones are drawn from it."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan._version import __version__
from synthgan.errors import ConfigError, DataError, ModelFileError
from synthgan.gan.generate import generate
from synthgan.image.areas import AreaDemands
from synthgan.image.conditions import draw_rows, read_rows, read_sources
from synthgan.image.encoding import ImageEncoding
from synthgan.image.parts import check_encoding, check_parts, config_of, generator_from
from synthgan.image.records import ImageRecords
from synthgan.image.release import ImageCheck
from synthgan.image.resampling import Target
from synthgan.io.manifest import IMAGE, opening
from synthgan.runtime import below

MAY_REMEMBER = "components and weights may remember training images, and samples lie nearer to some of them"

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import torch

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.image.conditions import ConditionedRows
    from synthgan.image.networks import ImageGenerator
    from synthgan.runtime import Streams

KIND = IMAGE
TRIED, MIN_MET = 4_096, 1 / 500  # images drawn before areas are called hopeless, and the share that must meet them
_VERSIONS = ("torch", "numpy")


class ImageModel:
    """What a model file of images holds.

    Attributes:
        encoding: what images and classes look like.
        generator: what draws the images: the average of those trained.
        settings: every hyper-parameter of the fit, and its seed.
        check: what an attack on it finds; None where nobody can look.
        training: the training summary.
        privacy: the ledger of a private fit, as the manifest holds it; None where there was none.
        versions: of what it was made with.
    """

    def __init__(
        self,
        encoding: ImageEncoding,
        generator: ImageGenerator,
        settings: dict[str, Any],
        check: ImageCheck | None = None,
    ) -> None:
        """Put the parts together."""
        self.encoding = encoding
        self.generator = generator
        self.settings = settings
        self.check = check
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
        rest, demands = AreaDemands.split(where, self.encoding.structures)
        if not demands:
            return self._batches(draw_rows(self.encoding, n, where, streams), streams)
        draw_rows(self.encoding, 1, rest, streams)  # refuses what was never learned, now
        return self._meeting(n, rest, demands, streams)

    def _meeting(self, n: int, rest: Where | None, demands: AreaDemands, streams: Streams) -> Iterator[ImageRecords]:
        """Draw until ``n`` images meet all: each stands for the real ones that do, as each is drawn as all are."""
        tried = met = 0
        while met < n:
            if tried >= TRIED and met < tried * MIN_MET:
                raise DataError(
                    f"areas must be met by one of {1 / MIN_MET:,.0f} images at least, however: {met:,} of {tried:,} drawn "
                    f"met them; ask for less"
                )
            own = streams.below("tried", tried)
            batches = self._batches(draw_rows(self.encoding, self.generator.batch_rows, rest, own), own)
            for images in batches:
                assert images.masks is not None  # noqa: S101 (areas are of masks)
                there = np.flatnonzero(demands.met(images.masks))[: n - met]
                tried, met = tried + len(images), met + len(there)
                if len(there):
                    yield images.take(there)

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
            found = sources if target is None else sources.brought(target)
        else:
            found = ImageRecords.read(sources, resolution=None if target is None else target.resolution)
        return found if looks is None else looks.as_sources(found)

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
            condition = encoding.ask(
                classes, encoding.encode_rows(attributes, own), sources, encoding.groups(classes, attributes)
            ).to(device)
            drawn = generate(self.generator, len(classes), condition=condition, streams=own, batch_samples=batch)
            for images, asked in drawn:
                made = encoding.decode(images, asked.classes, attributes)
                yield made if sources is None or sources.masks is None else replace(made, masks=sources.masks)

    @property
    def keeps_rows(self) -> str | None:
        """What may be read back out of the file of images or of rows of their columns, in words; None where a proof bounds it."""
        if self.privacy is not None:
            return None
        rows = self.encoding.rows
        of_rows = None if rows is None or rows.model is None else rows.model.keeps_rows
        return of_rows or (MAY_REMEMBER if self.check is None else self.check.why_confidential)

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
            "check": None if self.check is None else self.check.to_dict(),
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
            known = manifest.get("check")
            check = None if known is None else ImageCheck(**known)
            model = cls(encoding, generator.to(device).requires_grad_(False), settings, check)  # noqa: FBT003
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.privacy = manifest["privacy"]
        return model
