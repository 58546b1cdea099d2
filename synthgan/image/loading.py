"""Images as they are to be learned without epsilon: read, brought to their size, and paired with what they are made from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from synthgan.errors import ConfigError, DataError, Remedy
from synthgan.image.encoding import ImageEncoding
from synthgan.image.lettering import text_note
from synthgan.image.limits import LABEL, MASKS, columns_of_classes
from synthgan.image.records import ImageRecords
from synthgan.image.sources import Sources, sources_of

if TYPE_CHECKING:
    from pathlib import Path

    from synthgan.image.config import ImageConfig
    from synthgan.runtime import Streams

    Given = ImageRecords | str | Path


class Loaded(NamedTuple):
    """What is to be learned.

    Attributes:
        records: the images.
        sources: the image that each is made from; None where they are made from noise alone.
        encoding: what they look like.
        config: with the columns of the condition that there are.
    """

    records: ImageRecords
    sources: ImageRecords | None
    encoding: ImageEncoding
    config: ImageConfig

    @property
    def notes(self) -> list[str]:
        """What is not learned, a line each."""
        unused = [repr(name) for name in self.records.columns if name not in self.config.columns]
        hint = "name them in condition to learn them"
        beside = [f"columns that are not learned: {', '.join(unused)}; {hint}"] if unused else []
        return [*self.records.notes, *([] if self.sources is None else self.sources.notes), *beside]


def load_images(data: Given, sources: Given | None, config: ImageConfig, streams: Streams) -> Loaded:
    """Read what is to be learned, if it is not in memory, and look at it.

    Where there is no column ``label``, but images have several labels at once, all of these are the condition; where nothing is
    known of images, there is none.

    Raises:
        DataError: if it cannot be read or learned.
        ConfigError: if sources are lacking, or not asked for.
    """
    records = _read(data, config)
    if records.clips:
        records = _of_clips(records, config)
    if config.condition == LABEL and LABEL not in records.columns:
        if not records.columns:
            config = replace(config, condition=None)
            records = replace(records, notes=(*records.notes, "images have no classes: they are learned as one"))
        elif several := columns_of_classes(records.columns):
            config = replace(config, condition=several)
    if note := text_note(records.pixels):
        records = replace(records, notes=(*records.notes, note))
    records = _with_known_masks(records, config)
    made_from = sources_of(records, None if sources is None else _read(sources, config), config)
    if made_from is not None and records.masks is not None:
        unused = (
            () if config.condition_image == MASKS else ("masks are not learned with images that are made from others",)
        )
        records = replace(records, masks=None, notes=records.notes + unused)
    encoding = ImageEncoding.fit(records, config, streams)
    if made_from is not None:
        looks = Sources.of(made_from, config.rare_below)
        if isinstance(config.condition_image, int):  # shrunk ones are on the scale of those they are made of
            looks = replace(looks, low=encoding.low, high=encoding.high)
        encoding = replace(encoding, sources=looks)
    return Loaded(records, made_from, encoding, config)


def _with_known_masks(records: ImageRecords, config: ImageConfig) -> ImageRecords:
    """The same without structures that too few images show, under the names that were given."""
    if records.masks is None:
        if config.structures is not None:
            raise DataError(
                "structures must be those of masks, however: the images have none; leave them unnamed",
                parameter="structures",
            )
        return records
    named = replace(records.masks, structures=records.masks.structures.called(config.structures))
    masks, rare = named.without_rare(config.rare_below)
    said = f"structures that fewer than {config.rare_below} images show are background: {', '.join(map(repr, rare))}"
    return replace(records, masks=masks, notes=records.notes + ((said,) if rare else ()))


def _of_clips(records: ImageRecords, config: ImageConfig) -> ImageRecords:
    """Clips that can be learned.

    Raises:
        ConfigError: if they were to be made from others.
    """
    if config.condition_image is not None:
        raise ConfigError(
            f"clips must be learned from noise, however: condition_image={config.condition_image!r}; leave it out",
            remedy=Remedy.option("frames", 1, "learns one frame of each"),
        )
    return records


def _read(data: Given, config: ImageConfig) -> ImageRecords:
    target = config.target
    if isinstance(data, ImageRecords):
        records = data.of_frames(config.frames)
        return records if target is None else records.brought(target)
    return ImageRecords.read(data, frames=config.frames, **({} if target is None else vars(target)))
