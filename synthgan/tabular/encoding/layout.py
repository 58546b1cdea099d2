"""What each tensor column of an encoded table means, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthgan.tabular.encoding.codec import ModeSet


@dataclass(frozen=True, slots=True)
class Span:
    """The modes of one table column.

    Attributes:
        name: the table column; of several that are encoded together, the first.
        start: index of its first mode among the modes of the whole table.
        size: how many modes it has.
        first_residual: index of its first residual among the residuals of the whole table; None where no mode has one.
        discrete: whether training-by-sampling draws conditions on it.
        levels: whether its modes are levels, rather than parts of a number line.
        residuals: how many residuals a mode has where it has any: 1, or 2 for a pair of coordinates.
    """

    name: str | int
    start: int
    size: int
    first_residual: int | None
    discrete: bool
    levels: bool
    residuals: int = 1

    @property
    def stop(self) -> int:
        """Index after its last mode."""
        return self.start + self.size

    @property
    def slots(self) -> slice:
        """Where its residuals stand among the residuals of the whole table; empty where no mode has one."""
        return (
            slice(0, 0)
            if self.first_residual is None
            else slice(self.first_residual, self.first_residual + self.residuals)
        )


@dataclass(frozen=True)
class Layout:
    """All spans of a table, and what is known of every mode.

    A table of R rows is encoded as integer codes ``[R, columns]`` (which mode) and float32 residuals ``[R, residuals]``
    (where inside the mode, as a normal score); W is the number of modes of all columns together.

    Attributes:
        spans: one a learned column, in table order.
        has_residual: bool ``[W]``, whether a value in the mode has a residual.
        centers: float32 ``[W]``, the mode's middle on its column's normal-score axis.
        widths: float32 ``[W]``, the mode's extent on that axis; 0 without a residual.
        emitted: bool ``[W]``; a mode that is learned but never generated (rare levels) is False.
        missing: bool ``[W]``: the modes that stand for a missing value.
        ranks: float32 ``[W]``: a level's rank in the sorted order of its column's levels; 0 for modes of numbers.
    """

    spans: tuple[Span, ...]
    has_residual: np.ndarray
    centers: np.ndarray
    widths: np.ndarray
    emitted: np.ndarray
    missing: np.ndarray
    ranks: np.ndarray

    @property
    def modes(self) -> int:
        """W, the number of modes of all columns."""
        return len(self.has_residual)

    @cached_property
    def residuals(self) -> int:
        """The number of residuals of all columns."""
        return len(self.column_of_residual)

    @cached_property
    def slots(self) -> int:
        """How many residuals the column with the most has; 1 where none has any."""
        return max((span.residuals for span in self.spans if span.first_residual is not None), default=1)

    @cached_property
    def starts(self) -> np.ndarray:
        """int64 ``[columns]``: each span's first mode."""
        return np.array([span.start for span in self.spans], dtype=np.int64)

    @cached_property
    def sizes(self) -> list[int]:
        """Each span's number of modes."""
        return [span.size for span in self.spans]

    @cached_property
    def column_of_mode(self) -> np.ndarray:
        """int64 ``[W]``: the span each mode belongs to."""
        return np.repeat(np.arange(len(self.spans)), self.sizes)

    @cached_property
    def column_of_residual(self) -> np.ndarray:
        """int64 ``[residuals]``: the span each residual belongs to."""
        owners = [index for index, span in enumerate(self.spans) if span.first_residual is not None]
        return np.repeat(np.array(owners, dtype=np.int64), [self.spans[index].residuals for index in owners])

    @cached_property
    def slot_of_residual(self) -> np.ndarray:
        """int64 ``[residuals]``: which of its column's residuals each one is, from 0."""
        slots = [np.arange(span.residuals) for span in self.spans if span.first_residual is not None]
        return np.concatenate([np.empty(0, dtype=np.int64), *slots]).astype(np.int64)

    def span(self, name: str | int) -> Span:
        """The span of a column; KeyError where the column is not learned."""
        for span in self.spans:
            if span.name == name:
                return span
        raise KeyError(name)


def make_layout(encoders: Mapping[str | int, ModeSet]) -> Layout:
    """Lay the modes of encoders, each called by its first column, out one after the other."""
    spans: list[Span] = []
    known: dict[str, list[np.ndarray]] = {
        part: [] for part in ("has_residual", "centers", "widths", "emitted", "missing", "ranks")
    }
    start = first_residual = 0
    for name, encoder in encoders.items():
        has_residual, (center, width) = encoder.has_residual, encoder.scores()
        residuals = encoder.residuals if has_residual.any() else 0
        labels = getattr(encoder, "labels", 0)  # marks are kinds of missing, which stand before it
        is_missing = np.arange(encoder.modes) >= encoder.modes - encoder.has_missing - labels
        spans.append(
            Span(
                name,
                start,
                encoder.modes,
                first_residual if residuals else None,
                discrete=encoder.discrete and encoder.modes > 1,
                levels=encoder.levels_only,
                residuals=max(residuals, 1),
            )
        )
        start, first_residual = start + encoder.modes, first_residual + residuals
        parts = (has_residual, center, width, encoder.emitted, is_missing, encoder.ranks)
        for whole, part in zip(known.values(), parts, strict=True):
            whole.append(part)
    return Layout(tuple(spans), **{part: np.concatenate(arrays) for part, arrays in known.items()})


@dataclass(frozen=True)
class Encoded:
    """An encoded table.

    Attributes:
        codes: int32 ``[rows, columns]``: each learned column's mode, counted from that column's first.
        residuals: float32 ``[rows, residuals]``: normal scores inside the modes; 0 where a mode has no residuals.
    """

    codes: np.ndarray
    residuals: np.ndarray

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.codes)

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """One table of all rows."""
        codes, residuals = zip(*((part.codes, part.residuals) for part in parts), strict=True)
        return cls(np.concatenate(codes), np.concatenate(residuals))

    def take(self, rows: np.ndarray) -> Encoded:
        """The rows at these indices."""
        return Encoded(self.codes[rows], self.residuals[rows])
