"""Questions to a curator whose records are plain arrays: what an attacker asks who knows all rows but one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from synthgan.gan.protocols import Batch
from synthgan.privacy.queries import CellQuery, SampleQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class GivenCells(CellQuery):
    """The records are the cells: whole numbers ``[records]``."""

    cells: int

    @property
    def size(self) -> int:
        """As many as were said."""
        return self.cells

    def of(self, records: NDArray[np.int64]) -> NDArray[np.int64]:
        """The records themselves."""
        return records


@dataclass(frozen=True)
class GivenSamples(SampleQuery):
    """The records are the samples: float32 ``[records, width]``."""

    def of(self, records: torch.Tensor) -> Callable[[NDArray[np.int64]], Batch]:
        """The records themselves, by their indices."""
        return lambda indices: Batch(records[torch.as_tensor(indices)])
