"""Images and classes to tensors and back: values to [-1, 1], levels of the condition to codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch.nn.functional import one_hot

from synthgan.errors import DataError
from synthgan.image.classes import column_of_classes, require_column, shares_of
from synthgan.image.contrast import power_of
from synthgan.image.levels import levels_from
from synthgan.image.limits import check_size
from synthgan.image.masks import STEPS, Masks, Structures, labels_of
from synthgan.image.physical import Physical
from synthgan.image.prior import Condition, small_of
from synthgan.image.records import ImageRecords, describe
from synthgan.image.resampling import Fit
from synthgan.image.rows import Rows
from synthgan.image.sources import Sources
from synthgan.image.words import Words, is_of_sentences
from synthgan.runtime import Streams, below

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from synthgan.data.clauses import Where
    from synthgan.image.config import ImageConfig

_MAX_NAMES = 12


@dataclass(frozen=True)
class ImageEncoding:
    """What images and their classes look like.

    Attributes:
        shape: height, width and channels; depth, height, width and 1; or, of clips, time, height, width and channels.
        dtype: ``"uint8"`` or ``"uint16"``.
        low: the value that -1 stands for: the darkest that at least ``rare_below`` images hold.
        high: the value that 1 stands for: the brightest such.
        condition: the column of the classes; None where there is none.
        levels: what each class is called, in the column's own type; one for all where there is no condition.
        counts: images of each class.
        physical: what pixels mean, as far as at least ``rare_below`` images say the same.
        rows: all columns of the condition, where it has more than that of the classes.
        sources: what the images that these are made from look like; None where they are made from noise alone.
        size: the size that images had before they were brought to this one, where at least ``rare_below`` had the same.
        structures: what masks show that are learned with the images; None where none are.
        words: what is kept of each column of text in the condition.
        power: that shares from darkest to brightest are raised to before networks see them; see ``power_of``.
        clips: whether they are clips.
    """

    shape: tuple[int, ...]
    dtype: str
    low: int
    high: int
    condition: str | None
    levels: NDArray[Any]
    counts: NDArray[np.int64]
    physical: Physical | None = None
    rows: Rows | None = None
    sources: Sources | None = None
    size: Fit | None = None
    structures: Structures | None = None
    words: tuple[Words, ...] = ()
    power: float = 1.0
    clips: bool = False

    @classmethod
    def fit(cls, records: ImageRecords, config: ImageConfig, streams: Streams | None = None) -> Self:
        """What these images look like; ``streams`` place the ties of numeric columns.

        Raises:
            DataError: if there are too few, in all or of one class, or nothing in them to learn.
        """
        few = config.rare_below
        records.checked()
        if len(records) < few:
            raise DataError(f"images must be at least {few} (rare_below) to learn from, however: {len(records)}")
        first, *others = config.columns or (None,)
        if first is None:
            levels, counts = np.array(["all"]), np.array([len(records)])
        else:
            levels, counts = np.unique(column_of_classes(records, first), return_counts=True)
            rare = np.flatnonzero(counts < few)
            if len(rare):
                raise DataError(
                    f"each class of {first!r} must have at least {few} images (rare_below), however: "
                    f"{str(levels[rare[0]])!r} has {counts[rare[0]]}; join or leave out the {len(rare)} rare classes"
                )
        flat = records.pixels.reshape(len(records), -1)
        low = int(np.sort(flat.min(axis=1))[few - 1])
        high = int(np.sort(flat.max(axis=1))[-few])
        if low >= high:
            raise DataError(f"images must have darker and brighter pixels, however: nearly all are {low}")
        shape = tuple(int(side) for side in records.pixels.shape[1:])
        physical = None if records.physical is None else records.physical.common(few)
        size = records.fit if records.fit and records.fit.held >= few else None
        encoding = cls(shape, str(records.pixels.dtype), low, high, first, levels, counts, physical, size=size)
        encoding = replace(encoding, power=power_of(records.pixels, low, high), clips=records.clips)
        if records.masks is not None:
            encoding = replace(encoding, structures=records.masks.structures)
        if not others:
            return encoding
        for name in others:
            require_column(records.columns, name)
        texts = [name for name in others if is_of_sentences(records.columns[name])]
        classes = encoding.classes(records)
        words = tuple(Words.fit(name, records.columns[name].tolist(), classes, len(levels), few) for name in texts)
        encoding, plain = replace(encoding, words=words), [name for name in others if name not in texts]
        if not plain:
            return encoding
        attributes = encoding.named(classes) | {name: records.columns[name] for name in plain}
        return replace(encoding, rows=Rows.fit(attributes, few, (streams or Streams(0)).below("told")))

    @property
    def masked(self) -> int:
        """How many structures masks have that are learned with the images."""
        return 0 if self.structures is None else len(self.structures)

    @property
    def drawn(self) -> tuple[int, ...]:
        """The shape of what networks see: that of images, with a channel more for each structure of their masks."""
        return (*self.shape[:-1], self.shape[-1] + self.masked)

    @property
    def small(self) -> tuple[int, ...]:
        """The shape of a prior image, channels first."""
        return small_of(self.shape, self.masked, clips=self.clips)

    def classes(self, records: ImageRecords) -> NDArray[np.int64]:
        """The class of each image, ``[n]``."""
        if self.condition is None:
            return np.zeros(len(records), dtype=np.int64)
        return np.searchsorted(self.levels, column_of_classes(records, self.condition))

    def attributes(self, records: ImageRecords, others: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
        """The columns of the condition as the model knows them, the classes first; ``others`` are those beside them."""
        if others is None:
            others = [*(() if self.rows is None else self.rows.dtypes), *(one.column for one in self.words)]
        return self.named(self.classes(records)) | {
            name: records.columns[name] for name in others if name != self.condition
        }

    def named(self, classes: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The column of the classes, by its name; none where there is no condition."""
        return {} if self.condition is None else {self.condition: self.levels[classes]}

    @property
    def attribute_width(self) -> int:
        """How many numbers say what an image is."""
        return len(self.levels) + (0 if self.rows is None else self.rows.width) + sum(one.width for one in self.words)

    def encode_rows(self, attributes: Mapping[str, NDArray[Any]], streams: Streams) -> torch.Tensor | None:
        """The attributes that the networks get beside the class, float32 ``[n, ·]``; None where the condition is no more than that."""
        parts = [] if self.rows is None else [self.rows.encode({n: attributes[n] for n in self.rows.dtypes}, streams)]
        parts += [torch.as_tensor(one.encode(attributes[one.column].tolist())) for one in self.words]
        return torch.cat(parts, 1) if parts else None

    @property
    def mixtures(self) -> int:
        """How many mixtures the prior has: one for each class, and for each set of words that enough of its images have."""
        return len(self.levels) + (len(self.words[0].groups) if self.words else 0)

    def groups(self, classes: NDArray[np.int64], attributes: Mapping[str, NDArray[Any]]) -> NDArray[np.int64] | None:
        """The mixture of each image, int64 ``[n]``; None where each class has one."""
        if not self.words or not self.words[0].groups:
            return None
        sets = self.words[0].nearest(attributes[self.words[0].column].tolist())
        places = {group: len(self.levels) + place for place, group in enumerate(self.words[0].groups)}
        return np.array(
            [places.get(group, group[0]) for group in zip(classes.tolist(), sets.tolist(), strict=True)], dtype=np.int64
        )

    def ask(
        self,
        classes: NDArray[np.int64],
        more: torch.Tensor | None = None,
        sources: ImageRecords | None = None,
        groups: NDArray[np.int64] | None = None,
    ) -> Condition:
        """The condition of images of these classes, ``more`` of them, as ``encode_rows`` gave it, and made from ``sources``."""
        codes = torch.as_tensor(classes)
        attributes = one_hot(codes, len(self.levels)).float()
        guides = self.sources.encode(sources, self.shape, self.masked) if self.sources and sources else None
        given = attributes if more is None else torch.cat([attributes, more], 1)
        return Condition(codes, given, guides, None if groups is None else torch.as_tensor(groups))

    def encode(self, pixels: NDArray[Any], fields: NDArray[np.int8] | None = None) -> torch.Tensor:
        """``[n, *sides, channels]``, and the fields of their masks, to float32 ``[n, channels and structures, *sides]`` in [-1, 1]."""
        inside = np.clip(pixels.astype(np.float32), self.low, self.high)
        shares = 2 * (inside - self.low) / (self.high - self.low) - 1
        if self.power != 1:
            shares = 2 * ((shares + 1) / 2).clip(0, 1) ** self.power - 1
        if fields is not None:
            shares = np.concatenate([shares, fields.astype(np.float32) / STEPS], axis=-1)
        return torch.as_tensor(shares).movedim(-1, 1).contiguous()

    def decode(
        self, images: torch.Tensor, classes: torch.Tensor, attributes: Mapping[str, NDArray[Any]] | None = None
    ) -> ImageRecords:
        """What ``encode`` and ``classes`` took apart, with what was told of it beside the class."""
        channels = self.shape[-1]
        masks = None if self.structures is None else Masks(labels_of(images[:, channels:]), self.structures)
        shares = (images[:, :channels].movedim(1, -1).cpu().double().numpy() + 1) / 2
        shares = shares if self.power == 1 else shares.clip(0, 1) ** (1 / self.power)
        scaled = shares * (self.high - self.low) + self.low
        pixels = np.rint(np.clip(scaled, self.low, self.high)).astype(self.dtype)
        columns = self.named(classes.cpu().numpy()) if attributes is None else attributes
        return ImageRecords(pixels, columns, self.physical, fit=self.size, masks=masks, clips=self.clips)

    def shares(self, where: Where | None) -> NDArray[np.float64]:
        """The share of each class among the images to draw: its true one among those allowed.

        Raises:
            DataError: if ``where`` speaks of anything but levels of the condition.
        """
        return shares_of(self.condition, self.levels, self.counts, where)

    def describe(self) -> str:
        """What was found, in words."""
        images = describe(int(self.counts.sum()), self.shape, self.dtype, clips=self.clips)
        if self.condition is None:
            return images + self._masked
        shown = [f"{level}: {count:,}" for level, count in zip(self.levels, self.counts, strict=True)]
        more = f" and {len(shown) - _MAX_NAMES} more" if len(shown) > _MAX_NAMES else ""
        others = [] if self.rows is None else [repr(name) for name in self.rows.dtypes][1:]
        others += [f"{len(one.vocabulary)} words of {one.column!r}" for one in self.words]
        beside = f", with {', '.join(others)}" if others else ""
        classes = f"{len(shown)} classes of {self.condition!r}"
        return f"{images}, in {classes} ({', '.join(shown[:_MAX_NAMES])}{more}){beside}{self._masked}"

    @property
    def _masked(self) -> str:
        return "" if self.structures is None else f", with masks of {', '.join(map(repr, self.structures.names))}"

    def as_json(self) -> dict[str, Any]:
        """All of it, as the manifest holds it."""
        *depth, height, width, channels = self.shape
        return {
            "depth": depth[0] if depth and not self.clips else None,
            "frames": depth[0] if self.clips else None,
            "height": height,
            "width": width,
            "channels": channels,
            "dtype": self.dtype,
            "low": self.low,
            "high": self.high,
            "condition": self.condition,
            "levels": self.levels.tolist(),
            "levels_dtype": self.levels.dtype.str,
            "counts": self.counts.tolist(),
            "physical": None if self.physical is None else self.physical.as_json(),
            "rows": None if self.rows is None else self.rows.state()[0],
            "sources": None if self.sources is None else self.sources.as_json(),
            "size": None if self.size is None else self.size.as_json(),
            "structures": None if self.structures is None else self.structures.as_json(),
            "words": [one.as_json() for one in self.words],
            "power": self.power,
        }

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All arrays by name."""
        return {} if self.rows is None else {f"rows/{name}": array for name, array in self.rows.state()[1].items()}

    @classmethod
    def from_json(cls, state: dict[str, Any], tensors: dict[str, NDArray[Any]] | None = None) -> Self:
        """What ``as_json`` and ``tensors`` gave.

        Raises:
            MisfitError: if levels are not what they must be.
            DataError: if images of it would be too large, or its numbers mean nothing.
        """
        depth, physical, rows, sources = (state.get(name) for name in ("depth", "physical", "rows", "sources"))
        check_size(state["width"], state["height"], "images", depth)
        sides = [state[side] for side in ("depth", "frames", "height", "width", "channels") if state.get(side)]
        return cls(
            tuple(sides),
            state["dtype"],
            state["low"],
            state["high"],
            state["condition"],
            levels_from(state["levels"], state["levels_dtype"]),
            np.array(state["counts"], dtype=np.int64),
            None if physical is None else Physical.from_json(physical),
            None if rows is None else Rows.from_state(rows, below(tensors or {}, "rows")),
            None if sources is None else Sources.from_json(sources),
            None if state.get("size") is None else Fit.from_json(state["size"]),
            None if state.get("structures") is None else Structures.from_json(state["structures"]),
            tuple(map(Words.from_json, state.get("words") or ())),
            state.get("power", 1.0),
            state.get("frames") is not None,
        )
