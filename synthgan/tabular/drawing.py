"""Draws the rows that are asked for: by their conditions, at true proportions, frame by frame."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.rows import concat, take
from synthgan.errors import DataError
from synthgan.runtime import Streams
from synthgan.tabular.conditioning.particles import Allowed
from synthgan.tabular.conditioning.where import Alternative, make_evidence
from synthgan.tabular.encoding.keeping import Keeper
from synthgan.tabular.encoding.layout import Encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.clauses import Clause
    from synthgan.tabular.conditioning.requests import Requests
    from synthgan.tabular.encoding.table import TableTransform
    from synthgan.tabular.protocol import TableGenerator

    Plan = tuple[list[Alternative | None], NDArray[np.int64], Streams]

FRAME_ROWS = 131_072
# Smoothing makes everything thinkable a little likely; below this a condition was in effect never seen together.
MIN_PROBABILITY = 1e-9


def draw(
    transform: TableTransform, generator: TableGenerator, requests: Requests, streams: Streams, learned: int
) -> Iterator[Frame]:
    """Draw the rows of requests, frame by frame; conditions are checked before the first row is drawn.

    Args:
        transform: the fitted encoders.
        generator: what draws codes.
        requests: what each row must meet.
        streams: randomness.
        learned: how many rows were learned.

    Raises:
        DataError: if a condition names what was never learned, or cannot be met.
    """
    plans, probabilities = [], []
    counts = np.bincount(requests.of_row, minlength=len(requests.clauses))
    for index, clauses in enumerate(requests.clauses):
        own = streams if index == 0 else Streams(streams.key("condition", index))
        try:
            plan, probability = _plan(transform, generator, clauses, int(counts[index]), own)
        except DataError as error:
            if requests.first:
                error.message = f"row {requests.first[index] + 1} of the conditions: {error.message}"
            raise
        plans.append(plan)
        probabilities.append(probability)
    if min(probabilities) * learned < 1:
        _warn(bool(requests.first), learned, probabilities)
    keeper = Keeper(transform.schema, {name: transform.codec(name).known or () for name in transform.owners})
    if not requests.first:
        return _frames_of(transform, generator, plans[0], 0, keeper)
    return _in_order(transform, generator, requests, plans, keeper)


def _plan(
    transform: TableTransform, generator: TableGenerator, clauses: Sequence[Clause], n: int, streams: Streams
) -> tuple[Plan, float]:
    """The alternatives of a condition, how many of the rows meet each at their true proportions, and how likely it is."""
    if not clauses:
        return ([None], np.array([n]), streams), 1.0
    alternatives = make_evidence(clauses, transform)
    logs = np.array([generator.log_evidence(alternative.evidence) for alternative in alternatives])
    probability = float(np.exp(logs).sum())
    if not probability > MIN_PROBABILITY:
        raise DataError(
            f"a condition must be one that rows can meet, however: what was learned gives it a probability of {probability:.1g}; "
            f"ask for less at once"
        )
    shares = np.exp(logs - logs.max())
    counts = streams.numpy("alternatives").multinomial(n, shares / shares.sum())
    return (list(alternatives), counts, streams), probability


def _warn(by_row: bool, learned: int, probabilities: Sequence[float]) -> None:
    rare = [probability for probability in probabilities if probability * learned < 1]
    what = f"{len(rare):,} of {len(probabilities):,} different conditions are" if by_row else "the condition is"
    warnings.warn(
        f"{what} rarer than one row in the {learned:,} learned (probability {min(rare):.1g}): rows that meet it are guesses",
        stacklevel=5,
    )


def _frames_of(
    transform: TableTransform, generator: TableGenerator, plan: Plan, first_row: int, keeper: Keeper
) -> Iterator[Frame]:
    """Frames of each alternative in turn, of about ``FRAME_ROWS`` rows each."""
    done = first_row
    alternatives, counts, streams = plan
    for index, (alternative, count) in enumerate(zip(alternatives, counts, strict=True)):
        evidence, fixed = None, []
        if alternative is not None:
            evidence = alternative.evidence
            conditioned = Allowed.of(evidence, transform.layout).shares
            fixed = [column.name for at in conditioned for column in transform.codecs[at].columns]
        own = streams if index == 0 else Streams(streams.key("alternative", index))
        for encoded in _joined(generator.sample(int(count), evidence, own)):
            bounds = None if alternative is None else alternative.bounds
            yield transform.inverse(encoded, streams, done, fixed, bounds, keeper).frame()
            done += len(encoded)


def _in_order(
    transform: TableTransform, generator: TableGenerator, requests: Requests, plans: Sequence[Plan], keeper: Keeper
) -> Iterator[Frame]:
    """Frames of rows that each meet their own conditions, in the order in which these were asked for."""
    order = np.argsort(requests.of_row, kind="stable")
    frames: list[Frame] = []
    done = 0
    for plan in plans:
        frames += _frames_of(transform, generator, plan, done, keeper)
        done += int(plan[1].sum())
    drawn, place = concat(frames), np.argsort(order, kind="stable")
    for start in range(0, len(place), FRAME_ROWS):
        yield take(drawn, place[start : start + FRAME_ROWS])


def _joined(parts: Iterable[Encoded]) -> Iterator[Encoded]:
    """Parts put together until another one as large as the first would make more than ``FRAME_ROWS`` rows."""
    waiting: list[Encoded] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) + len(waiting[0]) > FRAME_ROWS:
            yield Encoded.joined(waiting)
            waiting = []
    if waiting:
        yield Encoded.joined(waiting)
