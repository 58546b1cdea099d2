"""Kinds of rows: latent classes of a noisy mixture put together, and which kind follows which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.tabular.private.levels import share_faint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.tabular.encoding.table import TableTransform

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_STATES = 32
ROWS_A_CELL = 2.0  # standard deviations of the noise that a cell should hold on average, were all alike
KINDS_RUNS = 4
DIGITS = 6  # that profiles differ in
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class States:
    """Says of rows which state they are in, by what stands in them alone.

    Attributes:
        transform: encodes rows.
        columns: the columns that are looked at.
        log_weights: float64 ``[classes]``.
        log_probs: float64 ``[classes, modes]``.
        of_class: int64 ``[classes]``: the state that each class belongs to, numbered from 0.
    """

    transform: TableTransform
    columns: tuple[int, ...]
    log_weights: Floats
    log_probs: Floats
    of_class: Ints

    @property
    def count(self) -> int:
        """How many states there are."""
        return int(self.of_class.max(initial=0)) + 1

    def of(self, codes: NDArray[np.integer]) -> Ints:
        """The likeliest state of each row, int64 ``[rows]``; codes ``[rows, columns]`` are those of the columns looked at."""
        starts = self.transform.layout.starts
        found = np.empty(len(codes), dtype=np.int64)
        for at in range(0, len(codes), 20_000):
            part = codes[at : at + 20_000]
            logs = np.tile(self.log_weights, (len(part), 1))
            for index, column in enumerate(self.columns):
                logs += self.log_probs[:, starts[column] + part[:, index]].T
            share = np.exp(logs - logs.max(1, keepdims=True))
            of_state = np.zeros((len(part), self.count))
            for state in range(self.count):
                of_state[:, state] = share[:, self.of_class == state].sum(1)
            found[at : at + 20_000] = of_state.argmax(1)
        return found


def put_together(log_weights: Floats, profiles: Floats, most: int) -> Ints:
    """Classes with like profiles put together into so many states at most: int64 ``[classes]``, numbered from 0.

    Args:
        log_weights: float64 ``[classes]``.
        profiles: float64 ``[classes, modes]``: chances of the modes of the columns that are looked at.
        most: how many.
    """
    from sklearn.cluster import KMeans

    roots = np.sqrt(profiles)  # their distance is Hellinger's
    differ = len(np.unique(roots.round(DIGITS), axis=0))  # where noise hides all, classes are alike
    found = KMeans(min(most, differ), n_init=KINDS_RUNS, random_state=0).fit(
        roots, sample_weight=np.exp(log_weights) + _TINY
    )
    return np.unique(found.labels_, return_inverse=True)[1].astype(np.int64)


def states_wanted(rows: float, deviation: float) -> int:
    """How many states about so many rows can feed, where counts have noise of that deviation."""
    return int(np.clip(np.sqrt(rows / (ROWS_A_CELL * deviation)), 2, MAX_STATES))


def follows(counted: Floats, deviation: float) -> Floats:
    """By how much likelier a state is after another one than anywhere: float64 ``[states + 1, states]``.

    Args:
        counted: noisy counts ``[states + 1, states]``, those of first rows last.
        deviation: of their noise.
    """
    held = np.stack([share_faint(row, deviation) for row in np.maximum(counted, 0)])
    anywhere = held.sum(0) + deviation
    anywhere = anywhere / anywhere.sum()
    chance = (held + deviation * anywhere) / (held.sum(1, keepdims=True) + deviation)
    return chance / anywhere
