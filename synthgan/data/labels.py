"""Missing values that are labelled, carried by numbers that are none.

In float64 a labelled missing value is a NaN whose last bits say its label. Whoever asks for missing values sees it; whoever takes,
joins or moves them keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAN: Final = np.uint64(0x7FF8_0000_0000_0000)
_LABEL: Final = np.uint64(0xFFFF_FFFF)


def labelled(numbers: NDArray[np.float64], labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """Numbers [rows] with a labelled NaN where there is a label; -1 is none.

    Example:
        >>> marked = labelled(np.array([1.5, 2.0, np.nan]), np.array([-1, 0, -1], np.int32))
        >>> np.isnan(marked).tolist(), labels_of(marked).tolist()
        ([False, True, True], [-1, 0, -1])
    """
    numbers = np.array(numbers, np.float64)
    where = labels >= 0
    numbers.view(np.uint64)[where] = _NAN | (labels[where].astype(np.uint64) + np.uint64(1))
    return numbers


def labels_of(numbers: NDArray[np.float64]) -> NDArray[np.int32]:
    """The labels of numbers [rows], as `labelled` has put them: int32, -1 where there is none."""
    bits = np.ascontiguousarray(numbers, np.float64).view(np.uint64) & _LABEL
    return np.where(np.isnan(numbers), bits.astype(np.int64) - 1, -1).astype(np.int32)
