"""Finds room among identifiers where no real one is, in ranges too coarse to tell where the real ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_RANGES: Final = 16
MIN_BLOCK: Final = 10  # a range never ends nearer to a real identifier than its last place tells
WORTH: Final = 0.5  # of the room that the finest cut finds
PLENTY: Final = 100  # so many free ones for each real one, and a coarser cut is good enough

Ranges = tuple[tuple[int, int], ...]


def free_ranges(taken: NDArray[np.uint64], blocks: Sequence[int], keys: int, below: int) -> Ranges:
    """The longest ranges of numbers that no real identifier has, cut where leading characters change.

    Args:
        taken: the numbers of real identifiers: uint64 [found], in any order, repeated or not.
        blocks: how many numbers share their first 0, 1, 2, … places: falling, the first is how many there are.
        keys: how many real identifiers there are: so many and many more are wanted.
        below: numbers from here on cannot be used.

    Returns:
        At most 16 ranges ``(low, high)``, high excluded, in order; none where there is no room.

    Example:
        >>> free_ranges(np.array([11, 12, 45], dtype=np.uint64), (1000, 100, 10, 1), keys=3, below=1000)
        ((100, 1000),)
    """
    if not len(taken):
        return ((0, below),) if below > 0 else ()
    ordered = np.sort(taken)
    levels: list[Ranges] = []
    for size in blocks[1:]:
        if size < MIN_BLOCK and blocks[0] > MIN_BLOCK:
            break
        occupied = ordered // np.uint64(size)
        occupied = occupied[np.append(True, occupied[1:] != occupied[:-1])]
        levels.append(_cut(occupied, size, below))
        if room_of(levels[-1]) >= PLENTY * keys:
            break
    most = min(max(map(room_of, levels), default=0), PLENTY * keys)
    # The coarser the cut, the less it tells of where the real ones are: a finer one must be worth it.
    return next((ranges for ranges in levels if ranges and room_of(ranges) >= most * WORTH), ())


def _cut(occupied: NDArray[np.uint64], size: int, below: int) -> Ranges:
    """The longest runs of blocks of a size that are not occupied."""
    last = np.uint64(-(-below // size))
    starts = np.append(np.uint64(0), occupied + np.uint64(1))
    ends = np.append(occupied, last)
    ends = np.minimum(ends, last)
    lengths = np.where(ends > starts, ends - np.minimum(starts, ends), np.uint64(0))
    longest = np.sort(np.argsort(lengths, kind="stable")[::-1][:MAX_RANGES])
    return tuple(
        (int(starts[at]) * size, min(int(ends[at]) * size, below))
        for at in longest
        if lengths[at] and int(starts[at]) * size < below
    )


def room_of(ranges: Ranges) -> int:
    """How many numbers ranges hold together."""
    return sum(high - low for low, high in ranges)


def placed(indices: NDArray[np.uint64], ranges: Ranges) -> NDArray[np.uint64]:
    """The numbers in ranges, counted through from 0: uint64 [rows]."""
    ends = np.cumsum([0, *(high - low for low, high in ranges)], dtype=np.uint64)
    lows = np.array([low for low, _ in ranges], dtype=np.uint64)
    at = np.searchsorted(ends, indices, side="right") - 1
    return np.asarray(indices - ends[at] + lows[at])
