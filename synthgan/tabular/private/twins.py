"""What each kind of codec must have to be learned under epsilon: a private twin, which asks a curator and sees no row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from synthgan.data.types import nullable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.data.schema import Column
    from synthgan.privacy.curator import Curator
    from synthgan.privacy.queries import CellQuery
    from synthgan.tabular.encoding.codec import Codec

SURE = 4.0  # standard deviations above which a count is taken to be of rows
VISIBLE = 2.0  # ... and above which a count of cells known to be there is kept


@dataclass(frozen=True)
class Asking:
    """Who answers about a group of columns, and at which noise.

    Attributes:
        curator: answers.
        noises: of each question, for each row of a unit.
        level_delta: the chance that a level of a single unit shows.
        container: what holds the table.
    """

    curator: Curator
    noises: Mapping[str, float]
    level_delta: float
    container: str

    def count(self, cells: CellQuery, question: str, purpose: str) -> NDArray[np.float64]:
        """Noisy counts of cells at the noise of one of the questions."""
        return self.curator.count(cells, noise=self.noises[question], stage="columns", purpose=purpose)

    def deviation(self, question: str) -> float:
        """Standard deviation of the noise on each count of that question."""
        return self.noises[question] * self.curator.rows_per_unit

    def known(self, column: Column, *, has_missing: bool) -> Column:
        """The column with how its missing values are written, if it was found to have some, in a type that can hold them."""
        if not has_missing:
            return replace(column, missing=None)
        nan = self.container == "pandas" and column.dtype.startswith(("float", "str", "object"))
        word = column.missing or ("nan" if nan else "null")
        return replace(column, missing=word, dtype=nullable(self.container, column.dtype))


class Twin(Protocol):
    """How columns of one kind of codec are learned from noisy counts."""

    def questions(self, columns: tuple[Column, ...], container: str) -> dict[str, float]:
        """The questions needed, with the share of the columns' budget each may spend; known before any row is seen."""

    def seeks_levels(self, columns: tuple[Column, ...]) -> bool:
        """Whether levels must be found that only the rows know, which spends a part of delta."""

    def measure(self, columns: tuple[Column, ...], asking: Asking) -> tuple[Codec, NDArray[np.float64]]:
        """The codec, and the rows that each of its modes is thought to hold, float64 ``[modes]``."""
