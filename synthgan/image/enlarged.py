"""A model of large images: one that draws them small, and networks that enlarge what it draws, tile by tile."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import torch

from synthgan.image.config import SOURCES
from synthgan.image.encoding import ImageEncoding
from synthgan.image.model import ImageModel
from synthgan.image.parts import check_encoding, check_parts, config_of, generator_from
from synthgan.image.patches import piece
from synthgan.image.prior import resize
from synthgan.image.sources import Sources
from synthgan.image.stages import MAX_STAGES, Stages
from synthgan.io.contract import require
from synthgan.io.manifest import opening
from synthgan.runtime import below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np

    from synthgan.image.conditions import ConditionedRows
    from synthgan.image.config import ImageConfig
    from synthgan.image.networks import ImageNoise
    from synthgan.image.records import ImageRecords
    from synthgan.runtime import Streams

_PIXELS_AT_ONCE = 1 << 21  # that are enlarged together


def base_encoding(whole: ImageEncoding, stages: Stages) -> ImageEncoding:
    """What the images look like that are drawn before they are enlarged: on the scale of whole ones."""
    return replace(whole, shape=(*stages.sizes[0], whole.shape[-1]), physical=None, size=None)


def enlarger_encoding(whole: ImageEncoding, stages: Stages, stage: int) -> ImageEncoding:
    """What the tiles look like that a stage makes, and what it makes them from; it is told of the class alone."""
    tile, factor = stages.tile(stage), stages.factors[stage]
    small = (*(side // factor for side in tile), whole.shape[-1])
    sources = Sources(small, whole.dtype, float(whole.low), float(whole.high))
    plain = replace(whole, shape=(*tile, whole.shape[-1]), physical=None, size=None, rows=None, words=())
    return replace(plain, sources=sources)


def enlarger_config(config: ImageConfig, encoding: ImageEncoding) -> ImageConfig:
    """The hyper-parameters of a network that enlarges."""
    return replace(config, condition=encoding.condition, condition_image=SOURCES, base=None, structures=None)


class EnlargedModel(ImageModel):
    """What a model file of large images holds; where some stages have not been learned, images are enlarged smoothly.

    Attributes:
        stages: the sizes that images have on the way.
        base: what draws them small.
        enlargers: the networks that enlarge, as far as they have been learned.
    """

    def __init__(
        self, encoding: ImageEncoding, stages: Stages, parts: Sequence[ImageModel], settings: dict[str, Any]
    ) -> None:
        """Put the parts together, the base first."""
        self.stages, (self.base, *self.enlargers) = stages, parts
        super().__init__(replace(encoding, rows=self.base.encoding.rows), self.base.generator, settings)

    def _batches(self, rows: Iterable[ConditionedRows], streams: Streams) -> Iterator[ImageRecords]:
        few = max(1, _PIXELS_AT_ONCE // math.prod(self.stages.padded))
        for index, drawn in enumerate(self.base._batches(rows, streams)):  # noqa: SLF001 (of the same class)
            for first in range(0, len(drawn), few):
                part = drawn.take(slice(first, first + few))
                yield self._enlarged(part, streams.below("enlarged", index).below("part", first))

    def _enlarged(self, images: ImageRecords, streams: Streams) -> ImageRecords:
        """Images at their whole size, stage by stage."""
        attributes, encoding = images.columns, self.base.encoding
        classes = torch.as_tensor(encoding.classes(images))
        sees = None if images.masks is None else images.masks.fields()
        drawn = encoding.encode(images.pixels, sees)
        for stage, enlarger in enumerate(self.enlargers):
            drawn = self._tiled(images, stage, enlarger, streams.below("stage", stage))
            encoding = replace(self.base.encoding, shape=(*self.stages.sizes[stage + 1], self.encoding.shape[-1]))
            images = encoding.decode(drawn, classes, attributes)
        inside = tuple(slice(side) for side in self.stages.sides)
        whole = resize(drawn, self.stages.padded)[(slice(None), slice(None), *inside)]
        return self.encoding.decode(whole, classes, attributes)

    def _tiled(self, images: ImageRecords, stage: int, enlarger: ImageModel, streams: Streams) -> torch.Tensor:
        """Images enlarged by one stage, float32 ``[n, channels and structures, *sides]``: tiles fade into each other.

        The noise of all tiles of an image is the same: what they share is then drawn alike.
        """
        factor, tile, generator = self.stages.factors[stage], self.stages.tile(stage), enlarger.generator
        encoding, device = enlarger.encoding, generator.stage.device
        classes = encoding.classes(images)
        sums = torch.zeros(len(images), encoding.drawn[-1], *self.stages.sizes[stage + 1])
        weights = torch.zeros(self.stages.sizes[stage + 1])
        weight = _fading(tile)
        noise: ImageNoise | None = None
        for place in self.stages.places(stage):
            sources = piece(images, place, tuple(side // factor for side in tile))
            asked = encoding.ask(classes, None, sources).to(device)
            with torch.inference_mode():
                noise = generator.noise(len(images), asked, streams, "tiles", 0) if noise is None else noise
                made, _ = generator.draw(noise._replace(condition=asked))
            at = tuple(slice(first * factor, first * factor + side) for first, side in zip(place, tile, strict=True))
            sums[(slice(None), slice(None), *at)] += made.cpu() * weight
            weights[at] += weight
        return sums / weights

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON: as others do, and how images are enlarged."""
        enlarging = self.stages.as_json() | {"training": [enlarger.training for enlarger in self.enlargers]}
        return super().manifest() | {"training": self.base.training, "enlarging": enlarging}

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        found = super().tensors()
        for stage, enlarger in enumerate(self.enlargers):
            found |= {f"enlargers/{stage}/{name}": array for name, array in enlarger.tensors().items()}
        return found

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> Self:
        """Rebuild a model from the two halves of its file.

        Raises:
            ModelFileError: if they do not make up a model of large images.
        """
        with opening(path):
            check_parts(manifest, tensors)
            encoding = ImageEncoding.from_json(manifest["images"], tensors)
            check_encoding(encoding)
            settings, found = {**manifest["config"], "seed": manifest["seed"]}, manifest["enlarging"]
            config = config_of(manifest["config"], encoding)
            require(not encoding.clips and encoding.sources is None, "images", "drawn from noise, and no clips")
            require(len(found["factors"]) <= MAX_STAGES, "factors", f"at most {MAX_STAGES}")
            stages = Stages(encoding.shape[:-1], tuple(found["factors"]))
            trained = found["training"]
            require(len(trained) <= len(stages.factors), "enlarging", "of as many networks as factors")
            own = {name.split("/")[1] for name in tensors if name.startswith("enlargers/")}
            require(own == {str(stage) for stage in range(len(trained))}, "every tensor", "a part of the model")
            parts = [_part(below(tensors, "generator"), base_encoding(encoding, stages), config, settings, device)]
            parts[0].training = manifest["training"]
            for stage, training in enumerate(trained):
                looks = enlarger_encoding(encoding, stages, stage)
                arrays = below(tensors, f"enlargers/{stage}/generator")
                parts.append(_part(arrays, looks, enlarger_config(config, looks), settings, device))
                parts[-1].training = training
            model = cls(encoding, stages, parts, settings)
            model.versions = manifest["versions"]
        return model


class AnyModel:
    """Opens model files of images of any size."""

    @staticmethod
    def from_file(
        path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> ImageModel:
        """Rebuild a model from the two halves of its file; raises ModelFileError where they do not make up one."""
        kind = EnlargedModel if "enlarging" in manifest else ImageModel
        return kind.from_file(path, manifest, tensors, device)


def _part(
    arrays: dict[str, np.ndarray],
    encoding: ImageEncoding,
    config: ImageConfig,
    settings: dict[str, Any],
    device: torch.device,
) -> ImageModel:
    generator = generator_from(arrays, encoding, config).to(device).requires_grad_(False)  # noqa: FBT003
    return ImageModel(encoding, generator, settings)


def _fading(tile: tuple[int, ...]) -> torch.Tensor:
    """The weight of each pixel of a tile among others that show the same: most in its middle, next to none at its edges."""
    weight = torch.ones(tile)
    for axis, side in enumerate(tile):
        near = torch.minimum(torch.arange(side) + 1, side - torch.arange(side)).float()
        weight = weight * near.view([-1 if other == axis else 1 for other in range(len(tile))])
    return weight
