"""Questions to a curator whose records are plain arrays: cells, vectors and samples as they were given."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from synthgan.gan.protocols import Batch
from synthgan.privacy.queries import CellQuery, LevelQuery, SampleQuery, VectorQuery


@dataclass
class Given:
    """Records of which everything is known."""

    cells: np.ndarray
    vectors: np.ndarray | None = None
    batch: Batch | None = None
    asked: list[str] = field(default_factory=list)

    def __len__(self):
        return len(self.cells)


@dataclass(frozen=True)
class Cells(CellQuery):
    """The cells that were given."""

    many: int

    @property
    def size(self):
        return self.many

    def of(self, records):
        records.asked.append("cells")
        return records.cells


@dataclass(frozen=True)
class Levels(LevelQuery):
    """A level for each cell that was given."""

    many: int

    def of(self, records):
        records.asked.append("levels")
        return records.cells, [f"level {at}" for at in range(self.many)]


@dataclass(frozen=True)
class Vectors(VectorQuery):
    """The vectors that were given."""

    wide: int

    @property
    def width(self):
        return self.wide

    def of(self, records):
        records.asked.append("vectors")
        return records.vectors


@dataclass(frozen=True)
class Samples(SampleQuery):
    """The samples that were given, by their indices."""

    def of(self, records):
        records.asked.append("samples")

        def taken(indices):
            condition = records.batch.condition
            chosen = (
                None
                if condition is None
                else type(condition)(*(part if part is None else part[indices] for part in condition))
            )
            return Batch(records.batch.sample[indices], chosen)

        return taken
