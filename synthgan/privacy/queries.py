"""What a curator can be asked: closed sorts of questions, each fixed before a record is seen, which it alone applies to its records.

A question is a frozen object of one of the classes below. Its ``of`` is called by the curator and by nobody else; what comes
back is checked here, noised there, and never handed on as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from synthgan.errors import PrivacyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor


class CellQuery(ABC):
    """Which cell each record falls into."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many cells there are; must not depend on the records, and is asked for before they are looked at."""

    @abstractmethod
    def of(self, records: Any) -> NDArray[Any]:
        """Whole numbers ``[records]``: each record's cell, from 0 to ``size`` - 1; -1 where it is in none."""


class LevelQuery(ABC):
    """Which levels there are, where only the records know."""

    @abstractmethod
    def of(self, records: Any) -> tuple[NDArray[Any], Sequence[Any]]:
        """Whole numbers ``[records]``, the index of each record's level, -1 where it has none; and the levels in their order."""


class VectorQuery(ABC):
    """A vector for each record, which no other record has a hand in."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many numbers a vector has; must not depend on the records."""

    @abstractmethod
    def of(self, records: Any) -> NDArray[Any]:
        """Floats ``[records, width]``."""


class Samples(Protocol):
    """Samples as a model takes them, with the condition of each."""

    @property
    def sample(self) -> Tensor:
        """Float32 ``[n, ...]``."""

    @property
    def condition(self) -> Any:
        """A tensor, tensors in a tuple, or None."""


class SampleQuery(ABC):
    """Records as a model takes them, by their indices."""

    @abstractmethod
    def of(self, records: Any) -> Callable[[NDArray[np.int64]], Samples]:
        """What gives the samples at some indices; a record may be left out, and stands for itself alone."""


@dataclass(frozen=True)
class Candidate:
    """A count that might be asked for, and what a model expects of it.

    Its score is the sum of absolute differences between count and expectation, which a record more or less moves by one at
    most, less a penalty.

    Attributes:
        cells: what would be counted.
        expected: float64 ``[size]``, the records expected in each cell.
        penalty: what is taken off; must not depend on the records.
    """

    cells: CellQuery
    expected: NDArray[np.float64]
    penalty: float = 0.0

    def score(self, records: Any) -> float:
        """How far the records are from what is expected of them."""
        return float(np.abs(count_cells(self.cells, records) - self.expected).sum()) - self.penalty


def read_cells(query: CellQuery, records: Any) -> NDArray[np.int64]:
    """Each record's cell, int64 ``[records]``.

    Raises:
        PrivacyError: if the query is of no known sort, or its answer is not one of its cells for each record.
    """
    check_sort(query, CellQuery)
    size = query.size
    cells = np.asarray(query.of(records))
    is_whole = cells.dtype.kind in "iu" and cells.shape == (len(records),)
    if not is_whole or (cells.size and not -1 <= cells.min() <= cells.max() < size):
        raise PrivacyError(
            f"a question must put each record into one of its cells, however: {type(query).__name__} does not"
        )
    return cells.astype(np.int64)


def count_cells(query: CellQuery, records: Any) -> NDArray[np.int64]:
    """How many records each cell holds, int64 ``[size]``; not noised."""
    cells = read_cells(query, records)
    return np.bincount(cells[cells >= 0], minlength=query.size)


def check_sort(query: object, sort: type) -> None:
    """See that a question is of the sort that it must be.

    Raises:
        PrivacyError: if it is of another class, which might do anything.
    """
    if not isinstance(query, sort):
        raise PrivacyError(f"a question must be a {sort.__name__}, however: it is a {type(query).__name__}")
