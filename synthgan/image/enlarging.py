"""Learning images of any size: directly or, where they are large, small ones first and then how to enlarge them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgan.errors import ConfigError, ResourceError
from synthgan.gan.train import Progress
from synthgan.image.enlarged import EnlargedModel, base_encoding, enlarger_config, enlarger_encoding
from synthgan.image.learning import learn_images
from synthgan.image.loading import Loaded
from synthgan.image.memory import ensure_fit
from synthgan.image.patches import cut, padded, smaller
from synthgan.image.stages import Stages
from synthgan.io.checkpoint import Checkpoint
from synthgan.io.manifest import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    import numpy as np
    import torch

    from synthgan.image.model import ImageModel
    from synthgan.runtime import Streams

_GPU_BASES = (128, 64, 32)  # that are tried where a GPU has too little memory for more


class Part(NamedTuple):
    """What one network learns.

    Attributes:
        loaded: images, those that they are made from, what they look like and how they are learned.
        owners: the image that each is a piece of; None where they are whole.
    """

    loaded: Loaded
    owners: np.ndarray | None = None


def stages_of(loaded: Loaded, device: torch.device) -> Stages:
    """The stages in which images are learned, by their size, the device and its memory.

    Raises:
        ConfigError: if a base was asked for where there can be none.
    """
    config, encoding = loaded.config, loaded.encoding
    sides = tuple(encoding.shape[1 if encoding.clips else 0 : -1])
    if loaded.sources is not None or encoding.clips:
        if config.base is not None:
            what = "clips" if encoding.clips else "images that are made from others"
            raise ConfigError(f"base must be left out for {what}, however: base={config.base}", parameter="base")
        return Stages(sides, ())
    gpu = device.type != "cpu"
    stages = Stages.choose(sides, config.base, gpu=gpu)
    for base in _GPU_BASES * (gpu and config.base is None):
        if base >= max(stages.sizes[0]):
            continue
        try:
            ensure_fit(base_encoding(encoding, stages), config, len(loaded.records), device)
        except ResourceError:
            stages = Stages.choose(sides, base)
        else:
            break
    return stages


def parts_of(loaded: Loaded, stages: Stages, streams: Streams, first: int = 0) -> Iterator[Part]:
    """What each network learns, from the ``first`` on; pieces are cut when they are asked for."""
    records, _, encoding, config = loaded
    if not stages.factors:
        yield Part(loaded)
        return
    sizes = [padded(records, stages.padded)]
    for factor in reversed(stages.factors):
        sizes.insert(0, smaller(sizes[0], factor))
    if first == 0:
        yield Part(Loaded(sizes[0], None, base_encoding(encoding, stages), config))
    for stage in range(max(0, first - 1), len(stages.factors)):
        looks = enlarger_encoding(encoding, stages, stage)
        own = streams.below("stage", stage)
        factor, tile = stages.factors[stage], stages.tile(stage)
        large, small, owners = cut(sizes[stage + 1], sizes[stage], factor, tile, own)
        yield Part(Loaded(large, small, looks, enlarger_config(config, looks)), owners)


def learn_in_stages(
    loaded: Loaded, streams: Streams, saved: Checkpoint, device: torch.device
) -> Generator[Progress, None, ImageModel]:
    """Learn images, at once or stage by stage; gives the model.

    Raises:
        ResourceError: if it would take more memory than there is.
        ConfigError: if a base was asked for where there can be none.
    """
    records, sources, encoding, config = loaded
    stages = stages_of(loaded, device)
    yield Progress("encoding", message=f"found {encoding.describe()}")
    if not stages.factors:
        ensure_fit(encoding, config, len(records), device)
        return (yield from learn_images(records, sources, encoding, config, streams, saved, device))
    yield Progress("encoding", message=f"large images are {stages.describe()}; base says otherwise")
    settings = {**config.as_json(), "seed": streams.seed}
    done = _learned(saved, stages, device)
    began, count = time.monotonic(), len(stages.factors) + 1
    for index, part in enumerate(parts_of(loaded, stages, streams, len(done)), len(done)):
        large, small, looks, own = part.loaded
        ensure_fit(looks, own, len(large), device)
        if config.minutes is not None:  # what is left, shared out evenly
            left = config.minutes - (time.monotonic() - began) / 60
            own = replace(own, minutes=max(left, config.minutes / 100) / (count - index))

        def whole(model: ImageModel) -> EnlargedModel:
            return EnlargedModel(encoding, stages, [*done, model], settings)

        kept = _Kept(saved.path, settings=settings, put=whole, last=index == count - 1)
        if saved.manifest is not None:
            kept.manifest, kept.arrays, saved = saved.manifest, saved.arrays, replace(saved, manifest=None)
        if index:
            pieces = f"{len(large):,} pieces of {len(records):,} images"
            yield Progress("encoding", message=f"enlarging {stages.factors[index - 1]}-fold is learned from {pieces}")
        named = streams if index == 0 else streams.below("enlarger", index)
        done.append((yield from learn_images(large, small, looks, own, named, kept, device, part.owners)))
    return EnlargedModel(encoding, stages, done, settings)


def _learned(saved: Checkpoint, stages: Stages, device: torch.device) -> list[ImageModel]:
    """The parts that an earlier run had learned to their end, the base first."""
    if saved.manifest is None or "enlarging" not in saved.manifest:
        return []
    with opening(saved.path or ""):
        earlier = EnlargedModel.from_file(saved.path or "", saved.manifest, saved.arrays, device)
    if earlier.stages != stages:
        return []  # the check of what is resumed says why
    return [earlier.base, *earlier.enlargers][:-1]


@dataclass
class _Kept(Checkpoint):
    """The checkpoint of one part of a model, which holds all parts that came before it, too.

    Attributes:
        put: makes a model of all parts so far of that which is being learned.
    """

    put: Callable[[ImageModel], EnlargedModel] | None = None
    _part: ImageModel | None = None

    def check(self, settings: dict[str, Any], fingerprint: str, *more: Any) -> None:
        """Compare the hyper-parameters of the whole fit, in the place of the part's own."""
        super().check({**self.settings} if self.settings else settings, fingerprint, *more)

    @contextmanager
    def keeping(self, model: Any, training: Any, monitor: Any) -> Iterator[None]:
        """Keep all parts, from the first step of this one on: those before it have no other place."""
        assert self.put is not None  # noqa: S101 (every part has one)
        self._part = model
        with super().keeping(self.put(model), training, monitor):
            if self._write is not None:
                self._write()
            yield

    def _save(self, model: Any, training: Any, monitor: Any) -> None:
        assert self._part is not None  # noqa: S101 (it is being learned)
        self._part.training = monitor.summary(training)
        super()._save(model, training, monitor)
