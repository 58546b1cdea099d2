"""Where identifiers come from: tracks, what of each is free, and in which proportions they are used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from synthgan.data.keyforms import GROWTH
from synthgan.io.contract import Listed, Record, Tupled, Whole, require
from synthgan.tabular.encoding.freshness import Ranges, free_ranges, placed, room_of
from synthgan.tabular.encoding.scatter import permuted
from synthgan.tabular.encoding.tracks import MAX_ROOM, Track, varying_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import pyarrow as pa
    from numpy.typing import NDArray

    from synthgan.data.keyforms import Form

CYCLE: Final = 1_000  # identifiers, about, in which each lane has its share
_ENOUGH: Final = 2  # so many free identifiers of a track for each real one, or it is not used
_SURE: Final = 10.0**16  # so many for each real one, and ten million drawn ones meet none, but for a chance of 10**-9
_PLENTY: Final = 10**15  # nobody needs longer ones

_SPAN: Final = Whole(high=MAX_ROOM)
LANE: Final = Record(
    {
        "shape": Whole(high=100),
        "length": Whole(high=300),
        "count": Whole(high=CYCLE),
        "ranges": Listed(Tupled((_SPAN, _SPAN))),
    }
)


@dataclass(frozen=True)
class Lane:
    """A track and what of it is used.

    Attributes:
        track: identifiers of one shape and length.
        ranges: of the numbers of its identifiers, those that may be used.
        count: how many in a cycle come from it; 0 where it serves once another lane is used up.
    """

    track: Track
    ranges: Ranges
    count: int

    @cached_property
    def room(self) -> int:
        """How many identifiers it has."""
        return room_of(self.ranges)

    def state(self) -> dict[str, Any]:
        """All of it as JSON."""
        ranges = [list(span) for span in self.ranges]
        return {"shape": self.track.shape, "length": self.track.length, "count": self.count, "ranges": ranges}

    @classmethod
    def from_state(cls, form: Form, limit: int | None, state: Mapping[str, Any]) -> Lane:
        """What ``state`` described.

        Raises:
            MisfitError: if the form has no such track, or the track no such numbers.
        """
        at, length, ranges = state["shape"], state["length"], tuple((low, high) for low, high in state["ranges"])
        require(at < len(form.shapes), "shape", "one of the form's")
        varying = varying_run(form.shapes[at])
        part = None if varying is None else form.shapes[at][varying]
        low, high = (0, 0) if part is None else (part.low, part.high + GROWTH * part.grows)
        require(low <= length <= high, "length", "one of the form's")
        track = Track(form, at, length)
        ends = [end for span in ranges for end in span]
        require(ends and ends == sorted(ends) and all(a < b for a, b in ranges), "ranges", "in order, and not empty")
        most = track.room if limit is None else track.below(limit)
        require(ends[-1] <= most, "ranges", "of identifiers that there are")
        return cls(track, ranges, state["count"])


@dataclass(frozen=True)
class Lanes:
    """All lanes of a column: those in use first, then those that serve once one of these is used up."""

    lanes: tuple[Lane, ...]

    @classmethod
    def find(cls, form: Form, limit: int | None, real: pa.Array | None, rare_below: int = 1) -> Lanes:
        """Share out identifiers of a form.

        Args:
            form: what they look like.
            limit: of whole numbers, the greatest that they may be; None for text.
            real: Arrow array [identifiers] of text: the real ones, each once, none of which may come up; None looks at none.
            rare_below: a length or shape of fewer real ones has no share.
        """
        keys = 0 if real is None else len(real)
        usual: list[tuple[Track, Ranges, int]] = []
        further: list[Lane] = []
        lengths = None if real is None else pc.utf8_length(real)
        for track, is_growth in _tracks(form):
            below = track.room if limit is None else track.below(limit)
            taken = np.empty(0, dtype=np.uint64)
            if real is not None:
                low, high = track.lengths
                taken = track.numbers_of(
                    real.filter(pc.and_(pc.greater_equal(lengths, low), pc.less_equal(lengths, high)))
                )
            if len(taken) and track.whole_room >= _SURE * keys:
                ranges: Ranges = ((0, below),)
            else:
                ranges = free_ranges(taken, track.blocks, keys, below)
            if is_growth:
                further.append(Lane(track, ranges, 0))
            else:
                usual.append((track, ranges, len(taken)))
        further = [lane for lane in further if lane.room]
        if further:
            usual = [one for one in usual if room_of(one[1]) >= max(_ENOUGH * one[2], 1)]
        counts = _counts(
            [room_of(ranges) for _, ranges, _ in usual], [n for *_, n in usual], rare_below, grows=bool(further)
        )
        lanes = [Lane(track, ranges, count) for (track, ranges, _), count in zip(usual, counts, strict=True) if count]
        return cls((*lanes, *further))

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        """Which lane each identifier of a cycle comes from."""
        return np.repeat(np.arange(len(self.lanes)), [lane.count for lane in self.lanes])

    @cached_property
    def _rooms(self) -> NDArray[np.uint64]:
        return np.array([lane.room for lane in self.lanes], dtype=np.uint64)

    def _before(self, order: NDArray[np.int64]) -> NDArray[np.uint64]:
        """How often each lane was asked before each identifier of a cycle, and in all: uint64 [cycle + 1, lanes]."""
        before = np.zeros((len(order) + 1, len(self.lanes)), dtype=np.uint64)
        before[np.arange(1, len(order) + 1), order] = 1
        return np.cumsum(before, axis=0, dtype=np.uint64)

    def _overflow(self, numbers: NDArray[np.uint64], before: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """How many identifiers found their lane used up before each of these: uint64 [identifiers]."""
        cycles, at = np.divmod(numbers, np.uint64(len(before) - 1))
        used = cycles[:, None] * before[-1] + before[at.astype(np.int64)]
        return np.where(used > self._rooms, used - self._rooms, np.uint64(0)).sum(axis=1, dtype=np.uint64)

    def fits(self, count: int) -> bool:
        """Whether there are so many identifiers."""
        spare = sum(lane.room for lane in self.lanes if not lane.count)
        if not len(self._order):
            return count <= spare
        if self._order[0] != self._order[-1]:  # else a shuffled cycle could use up a lane a little earlier
            count += -count % len(self._order)
        number = np.array([count], dtype=np.uint64)
        return int(self._overflow(number, self._before(self._order))[0]) <= spare

    @cached_property
    def room(self) -> int:
        """How many identifiers there are, about."""
        low, high = 0, 2**62
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.fits(middle) else (low, middle)
        return low

    def texts(self, numbers: NDArray[np.uint64], key: int, *, rising: bool) -> NDArray[np.object_]:
        """The identifiers of numbers, each of its own: objects [identifiers].

        Args:
            numbers: uint64 [identifiers], counted from 0.
            key: which of the orders in which they may come.
            rising: count through each lane instead of jumping about in it.
        """
        lane_of, ranks = self._places(numbers, key)
        made = np.empty(len(numbers), dtype=object)
        for at, lane in enumerate(self.lanes):
            mine = lane_of == at
            if mine.any():
                own = ranks[mine] % np.uint64(lane.room)
                own = own if rising else permuted(own, lane.room, key + 10 * at)
                made[mine] = lane.track.texts(placed(own, lane.ranges), numbers[mine], key)
        return made

    def _places(self, numbers: NDArray[np.uint64], key: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """The lane of each identifier, and which of the lane's it is."""
        lane_of, ranks = np.zeros(len(numbers), dtype=np.int64), numbers.copy()
        over, before = np.ones(len(numbers), dtype=bool), np.zeros((2, len(self.lanes)), dtype=np.uint64)
        if len(self._order):
            order = np.random.default_rng(key).permutation(self._order)
            before = self._before(order)
            cycles, at = np.divmod(numbers, np.uint64(len(order)))
            lane_of = order[at.astype(np.int64)]
            ranks = cycles * before[-1, lane_of] + before[at.astype(np.int64), lane_of]
            over = ranks >= self._rooms[lane_of]
        spare = np.flatnonzero([not lane.count for lane in self.lanes])
        if len(spare) and over.any():
            late = self._overflow(numbers[over], before) if len(self._order) else numbers
            ends = np.append(np.uint64(0), np.cumsum(self._rooms[spare], dtype=np.uint64))
            at = np.minimum(np.searchsorted(ends, late, side="right") - 1, len(spare) - 1)
            lane_of[over], ranks[over] = spare[at], late - ends[at]
        return lane_of, ranks


def _tracks(form: Form) -> list[tuple[Track, bool]]:
    """Every track of a form, and whether identifiers have only grown into it."""
    found = []
    for at, shape in enumerate(form.shapes):
        varying = varying_run(shape)
        if varying is None:
            found.append((Track(form, at), False))
            continue
        part = shape[varying]
        found += [(Track(form, at, length), False) for length in range(part.low, part.high + 1)]
        for length in range(part.high + 1, part.high + 1 + GROWTH * part.grows):
            track = Track(form, at, length)
            found.append((track, True))
            if track.room >= _PLENTY:
                break
    return found


def _counts(rooms: list[int], real: list[int], rare_below: int, *, grows: bool) -> list[int]:
    """How many identifiers of a cycle come from each track: as many as of the real ones, or as there is room for."""
    frequent = [n if n >= rare_below and room else 0 for n, room in zip(real, rooms, strict=True)]
    if grows and any(frequent):
        return [max(1, round(CYCLE * n / sum(frequent))) if n else 0 for n in frequent]
    total = sum(rooms)
    if total <= CYCLE:
        return rooms
    if len(rooms) > 1 and any(frequent) and all(room >= _PLENTY for n, room in zip(frequent, rooms, strict=True) if n):
        return [max(1, round(CYCLE * n / sum(frequent))) if n else 0 for n in frequent]
    return [room * CYCLE // total for room in rooms]
