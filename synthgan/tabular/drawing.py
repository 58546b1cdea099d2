"""Draws the rows that are asked for: by their conditions, at true proportions, frame by frame, each by itself if need be."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.rows import concat, take
from synthgan.errors import DataError
from synthgan.runtime import Streams
from synthgan.tabular.conditioning.particles import Allowed
from synthgan.tabular.conditioning.where import Alternative, make_evidence
from synthgan.tabular.encoding.keeping import Keeper
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.redrawing import redrawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.clauses import Clause
    from synthgan.data.table import Table
    from synthgan.distributed.executor import Executor
    from synthgan.tabular.conditioning.requests import Requests
    from synthgan.tabular.encoding.table import TableTransform
    from synthgan.tabular.protocol import TableGenerator

FRAME_ROWS = 131_072
# Smoothing makes everything thinkable a little likely; below this a condition was in effect never seen together.
MIN_PROBABILITY = 1e-9


@dataclass(frozen=True)
class _Share:
    """The rows of a draw that meet one alternative of one condition.

    Attributes:
        alternative: what they meet; None where anything goes.
        rows: how many there are, and ``first`` how many come before them.
        streams: randomness of their codes, and ``condition`` that of what stands beside codes.
    """

    alternative: Alternative | None
    rows: int
    first: int
    streams: Streams
    condition: Streams


class Drawing:
    """A draw that is decided, of which every frame can be drawn by itself, by anybody.

    A frame's randomness is named by its batches and its first row; only rules that values must differ by look back, at the rows
    of all frames before.
    """

    def __init__(
        self,
        transform: TableTransform,
        generator: TableGenerator,
        requests: Requests,
        streams: Streams,
        learned: int,
    ) -> None:
        """Decide how many rows meet each alternative.

        Args:
            transform: the fitted encoders.
            generator: what draws codes.
            requests: what each row must meet.
            streams: randomness.
            learned: how many rows were learned.

        Raises:
            DataError: if a condition names what was never learned, or cannot be met.
        """
        self.transform, self.generator, self.requests = transform, generator, requests
        self._frame_rows = max(1, FRAME_ROWS // generator.rows_at_once()) * generator.rows_at_once()  # whole batches
        self.shares: list[_Share] = []
        probabilities = []
        counts = np.bincount(requests.of_row, minlength=len(requests.clauses))
        for index, clauses in enumerate(requests.clauses):
            own = streams if index == 0 else Streams(streams.key("condition", index))
            try:
                probabilities.append(self._decide(clauses, int(counts[index]), own))
            except DataError as error:
                if requests.first:
                    error.message = f"row {requests.first[index] + 1} of the conditions: {error.message}"
                raise
        if min(probabilities) * learned < 1:
            _warn(bool(requests.first), learned, probabilities)

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self._places)

    @property
    def looks_back(self) -> bool:
        """Whether rows must differ from all that were drawn before."""
        return any(rule.kind == "unique" for rule in self.transform.schema.rules)

    def frame(self, index: int, keeper: Keeper | None = None) -> Frame:
        """One frame.

        Args:
            index: which of them.
            keeper: knows what the frames before hold, where they must differ; None where they need not.
        """
        share, start = self._places[index]
        evidence, bounds, fixed = None, None, []
        if share.alternative is not None:
            evidence, bounds = share.alternative.evidence, share.alternative.bounds
            conditioned = Allowed.of(evidence, self.transform.layout).shares
            fixed = [column.name for at in conditioned for column in self.transform.codecs[at].columns]
        at_once, first = self.generator.rows_at_once(), share.first + start
        drawn = self.generator.sample(start + self.rows(index), evidence, share.streams, start // at_once)
        encoded = Encoded.joined(list(drawn))
        made = self.transform.inverse(encoded, share.condition, first, fixed, bounds, keeper or self.keeper())
        if self.looks_back:  # rows drawn in addition would count as those that others must differ from
            return made.frame()

        def further(rows: int, attempt: int) -> Table:
            streams = share.streams.below("again", first).below("attempt", attempt)
            encoded = Encoded.joined(list(self.generator.sample(rows, evidence, streams)))
            return self.transform.inverse(encoded, streams, first, fixed, bounds, self.keeper())

        return redrawn(made, self.transform, further).frame()

    def rows(self, index: int) -> int:
        """How many rows a frame has."""
        share, start = self._places[index]
        return min(share.rows - start, self._frame_rows)

    def keeper(self) -> Keeper:
        """What keeps the rules of the schema."""
        transform = self.transform
        return Keeper(transform.schema, {name: transform.codec(name).known or () for name in transform.owners})

    def frames(self, executor: Executor | None) -> Iterator[Frame]:
        """All frames, in order; rows that each have their own conditions come in the order in which these were asked for."""
        frames = self._in_turn(executor)
        if not self.requests.first:
            yield from frames
            return
        order = np.argsort(self.requests.of_row, kind="stable")
        drawn, place = concat(list(frames)), np.argsort(order, kind="stable")
        for start in range(0, len(place), FRAME_ROWS):
            yield take(drawn, place[start : start + FRAME_ROWS])

    def _in_turn(self, executor: Executor | None) -> Iterator[Frame]:
        if executor is None or self.looks_back:
            keeper = self.keeper()
            return (self.frame(index, keeper) for index in range(len(self)))
        return executor.map(Drawing.frame, range(len(self)), self)

    @cached_property
    def _places(self) -> list[tuple[_Share, int]]:
        """Where each frame begins: in which share, at which of its rows."""
        return [(share, start) for share in self.shares for start in range(0, share.rows, self._frame_rows)]

    def _decide(self, clauses: Sequence[Clause], n: int, streams: Streams) -> float:
        """Add the alternatives of a condition, each with as many rows as meet it at true proportions; how likely it is."""
        first = sum(share.rows for share in self.shares)
        if not clauses:
            self.shares.append(_Share(None, n, first, streams, streams))
            return 1.0
        alternatives = make_evidence(clauses, self.transform)
        logs = np.array([self.generator.log_evidence(alternative.evidence) for alternative in alternatives])
        probability = float(np.exp(logs).sum())
        if not probability > MIN_PROBABILITY:
            raise DataError(
                f"a condition must be one that rows can meet, however: what was learned gives it a probability of "
                f"{probability:.1g}; ask for less at once"
            )
        odds = np.exp(logs - logs.max())
        counts: NDArray[np.int64] = streams.numpy("alternatives").multinomial(n, odds / odds.sum())
        for index, (alternative, count) in enumerate(zip(alternatives, counts.tolist(), strict=True)):
            own = streams if index == 0 else Streams(streams.key("alternative", index))
            self.shares.append(_Share(alternative, count, first, own, streams))
            first += count
        return probability


def _warn(by_row: bool, learned: int, probabilities: Sequence[float]) -> None:
    rare = [probability for probability in probabilities if probability * learned < 1]
    what = f"{len(rare):,} of {len(probabilities):,} different conditions are" if by_row else "the condition is"
    warnings.warn(
        f"{what} rarer than one row in the {learned:,} learned (probability {min(rare):.1g}): rows that meet it are guesses",
        stacklevel=6,
    )
