"""What is known of groups before their next row: the one function that fitting and drawing share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.relational.trajectories import width_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.relational.rows import RowCodec, Rows
    from synthgan.tabular.chains.features import ModeFeatures

    Floats = NDArray[np.float32]

MISSING = -9.0  # below what is seen of any number
FOLLOWED_LEVELS = 8  # of each column, the commonest: their shares so far are seen
OF_NUMBER = 12  # how many numbers each number's history is seen as
OF_PLACE = 3


@dataclass(frozen=True)
class Memory:
    """What is remembered of each row, and how it is seen.

    Attributes:
        rows: how rows are encoded.
        mode_features: what trees see of each mode.
    """

    rows: RowCodec
    mode_features: ModeFeatures

    @property
    def width(self) -> int:
        """How many numbers a history says."""
        levels = sum(2 * int(self.mode_features.widths[at]) + len(self.followed(at)) + 2 for at in self.rows.levels)
        return OF_PLACE + OF_NUMBER * len(self.rows.names) + levels

    @property
    def trajectory_width(self) -> int:
        """How many numbers a whole group is seen as."""
        return width_of(len(self.rows.names), [self.followed(index) for index in self.rows.levels])

    def followed(self, index: int) -> NDArray[np.int64]:
        """The modes of a column of levels whose shares are seen."""
        span = self.rows.layout.spans[index]
        shares = self.mode_features.shares[span.start : span.stop]
        own = span.size - self.rows.references(index)
        return np.argsort(-shares[:own], kind="stable")[:FOLLOWED_LEVELS]

    def compared(self, index: int, codes: NDArray[np.int32], levels: NDArray[np.int32]) -> Floats:
        """Whether levels stand before (-1) or after (1) those of the row before, or are the same (0); 1 where none was."""
        span = self.rows.layout.spans[index]
        ranks = self.rows.layout.ranks[span.start : span.stop]
        there = np.where(levels < 0, -1, ranks[np.maximum(levels, 0)])
        return np.sign(ranks[codes] - there)

    def resolved(
        self,
        index: int,
        codes: NDArray[np.int32],
        before: NDArray[np.int32],
        beside: NDArray[np.generic] | None,
        rng: np.random.Generator,
    ) -> NDArray[np.int32]:
        """Drawn codes ``[rows]`` of one column, the levels before and beside (-1: none) in the place of their modes."""
        span = self.rows.layout.spans[index]
        own, found = span.size - self.rows.references(index), codes
        if index in self.rows.repeats:
            found = np.where(codes == own, before, found)
        if index in self.rows.linked:
            assert beside is not None  # noqa: S101
            found = np.where(codes == span.size - 1, beside, found)
        lost = np.flatnonzero(found < 0)
        if len(lost):  # the level of a row where there was none
            known = slice(span.start, span.start + own)
            chance = self.mode_features.shares[known] * self.rows.layout.emitted[known]
            found[lost] = rng.choice(own, len(lost), p=chance / chance.sum())
        return found.astype(np.int32)

    def seen(self, index: int, codes: NDArray[np.int32]) -> Floats:
        """What trees see of codes ``[rows]`` of one column."""
        return self.mode_features.features(codes, self.rows.layout, index)


class History:
    """Goes along groups, all at once: before each row it says what is known, after it it is told what the row was.

    Groups must be in falling order of their counts, so that those that still have rows are always the first.
    """

    def __init__(
        self,
        memory: Memory,
        counts: NDArray[np.int64],
        origin: NDArray[np.float64] | None = None,
        told: NDArray[np.int64] | None = None,
    ) -> None:
        """Nothing is known but how many rows there will be, and perhaps what first steps are counted from, as ``last`` has it.

        Where fewer rows are gone along than there will be, ``told`` says how many these are.
        """
        self._memory, self._counts, self._position = memory, counts, 0
        self._told = counts if told is None else told
        numbers, groups = len(memory.rows.names), len(counts)
        zeros = np.zeros((groups, numbers))
        self.last = np.full((groups, numbers), np.nan) if origin is None else origin.copy()  # as they are, not scaled
        self._before, self._first, self._step = zeros.copy(), zeros.copy(), zeros.copy()
        self._sum, self._steps, self._seen = zeros.copy(), zeros.copy(), zeros.copy()
        self._high, self._low = np.full_like(zeros, -np.inf), np.full_like(zeros, np.inf)
        self._age, self._run = zeros.copy(), zeros.copy()
        self.levels = np.full((groups, len(memory.rows.codecs)), -1, dtype=np.int32)  # codes of all columns
        self._levels_before = self.levels.copy()
        self._changes, self._level_run = (np.zeros((groups, len(memory.rows.levels))) for _ in range(2))
        self._followed = [memory.followed(index) for index in memory.rows.levels]
        self._shares = [np.zeros((groups, len(followed))) for followed in self._followed]

    @property
    def active(self) -> int:
        """How many groups have another row."""
        return int(np.searchsorted(-self._counts, -self._position, side="left"))

    def features(self) -> Floats:
        """What is known of the groups that have another row, float32 ``[active, width]``."""
        m, t = self.active, self._position
        counts = self._told[:m].astype(np.float32)
        parts: list[NDArray[np.floating]] = [np.column_stack([np.full(m, t), counts - t, counts])]
        seen, spread = self._seen[:m], self._memory.rows.spread
        none = seen == 0
        often = np.maximum(seen, 1)
        last = (np.nan_to_num(self.last[:m]) - self._memory.rows.start) / spread
        mean = self._sum[:m] / often
        blocks = [
            np.where(none, MISSING, last),
            np.where(none, MISSING, mean),
            np.where(none, MISSING, self._high[:m]),
            np.where(none, MISSING, self._low[:m]),
            np.where(seen > 1, self._before[:m], MISSING),
            np.where(none, 0, last - mean),
            np.where(none, 0, last - self._first[:m]),
            self._step[:m],
            self._steps[:m] / np.maximum(seen - 1, 1),
            seen / max(t, 1),
            self._age[:m],
            self._run[:m],
        ]
        parts.append(np.stack(blocks, axis=2).reshape(m, -1))
        for at, index in enumerate(self._memory.rows.levels):
            parts += self._level_parts(at, index, m)
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def _level_parts(self, at: int, index: int, m: int) -> list[NDArray[np.floating]]:
        t = max(self._position, 1)
        known = []
        for codes in (self.levels[:m, index], self._levels_before[:m, index]):
            view = self._memory.seen(index, np.maximum(codes, 0))
            known.append(np.where(codes[:, None] < 0, np.float32(MISSING), view))
        habit = np.column_stack([self._changes[:m, at] / t, self._level_run[:m, at]])
        return [*known, self._shares[at][:m] / t, habit]

    def observe(self, rows: Rows) -> None:
        """Take the next row of each group that has one."""
        m, t = len(rows), self._position
        numbers, there = rows.numbers, ~np.isnan(rows.numbers)
        scaled = np.where(there, (numbers - self._memory.rows.start) / self._memory.rows.spread, 0)
        seen = self._seen[:m]
        was = (np.nan_to_num(self.last[:m]) - self._memory.rows.start) / self._memory.rows.spread
        again = there & (seen > 0)
        step = np.where(again, scaled - was, 0)
        self._step[:m] = np.where(again, step, self._step[:m])
        self._steps[:m] += np.abs(step)
        self._before[:m] = np.where(again, was, self._before[:m])
        self._first[:m] = np.where(there & (seen == 0), scaled, self._first[:m])
        self._run[:m] = np.where(again & (step != 0), 0, self._run[:m] + (seen > 0))
        self._sum[:m] += scaled
        self._high[:m] = np.where(there, np.maximum(self._high[:m], scaled), self._high[:m])
        self._low[:m] = np.where(there, np.minimum(self._low[:m], scaled), self._low[:m])
        self._age[:m] = np.where(there, 0, self._age[:m] + 1)
        self._seen[:m] += there
        self.last[:m] = np.where(there, numbers, self.last[:m])
        for at, index in enumerate(self._memory.rows.levels):
            codes = rows.codes[:, index]
            changed = (codes != self.levels[:m, index]) & (t > 0)
            self._changes[:m, at] += changed
            self._level_run[:m, at] = np.where(changed, 0, self._level_run[:m, at] + (t > 0))
            self._shares[at][:m] += codes[:, None] == self._followed[at]
        self._levels_before[:m] = self.levels[:m]
        self.levels[:m] = rows.codes
        self._position += 1


def falling(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order in which a history takes groups."""
    return np.argsort(-counts, kind="stable")


def replay(memory: Memory, rows: Rows, groups: Groups, first: int = 0, told: NDArray[np.int64] | None = None) -> Floats:
    """What a history said before each row from the ``first`` of its group on, float32 ``[rows, width]``; 0 at those before.

    Args:
        memory: what is remembered.
        rows: side by side.
        groups: whose they are.
        first: of each group, what is drawn elsewhere.
        told: int64 ``[groups]``: how many rows each has in the end; None where these are all.
    """
    order = falling(groups.counts)
    history = History(memory, groups.counts[order], told=None if told is None else told[order])
    result: Floats | None = None
    for position in range(int(groups.counts.max(initial=0))):
        at = groups.starts[order[: history.active]] + position
        if position >= first:
            known = history.features()
            result = np.zeros((len(rows), known.shape[1]), dtype=np.float32) if result is None else result
            result[at] = known
        history.observe(rows.take(at))
    return np.zeros((len(rows), memory.width), dtype=np.float32) if result is None else result
