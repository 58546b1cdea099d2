"""The leak test: one decision for all attacks together, whether the synthetic rows tell members from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.privacy.membership.candidates import Flags, Scores

ALARM = 0.01  # the chance of any alarm at all where the synthetic rows tell nothing
PERMUTATIONS = 999
SMALLEST_SET = 8
_CUTS_PER_DOUBLING = 2


@dataclass(frozen=True, slots=True)
class LeakTest:
    """What the test found.

    Attributes:
        p_value: Chance that any attack does as well as the best one did, where nothing leaks.
        by_source: The same for each attack alone, corrected for all the others having been tried.
        leader: The attack that did best.
        smallest_leak: Share of members that, were nobody else as exposed, would have raised an alarm; 1 where none would.
    """

    p_value: float
    by_source: dict[str, float]
    leader: str
    smallest_leak: float

    @property
    def alarm(self) -> bool:
        """Whether something leaks: wrong in at most one table of a hundred that tell nothing."""
        return self.p_value <= ALARM


def top_sets(scores: Scores, among: Flags | None = None) -> list[Flags]:
    """Return the candidates that an attack is surest of: sets that grow by the square root of two, ties included.

    Args:
        scores: float64 ``[candidates]``.
        among: bool ``[candidates]``: look among these only.

    Returns:
        bool ``[candidates]`` each, none of more than half of the candidates looked among.
    """
    searched = np.ones(len(scores), dtype=bool) if among is None else among
    descending = np.sort(scores[searched])[::-1]
    rows = len(descending)
    sizes = SMALLEST_SET * 2 ** np.arange(0, np.log2(max(rows / 2 / SMALLEST_SET, 1)) + 1e-9, 1 / _CUTS_PER_DOUBLING)
    cuts = np.unique(descending[np.minimum(sizes.astype(int), rows) - 1])
    sets = (searched & (scores >= cut) for cut in cuts)
    return [chosen for chosen in sets if chosen.sum() <= rows / 2]


def leak_test(sets: dict[str, list[Flags]], is_member: Flags, rng: np.random.Generator) -> LeakTest:
    """Test whether any of the sets holds more members than chance puts there.

    Every set was chosen without knowing who is a member; so, where nothing leaks, its members are as many as an urn
    gives (hypergeometric), and the smallest of all p values is as small as after dealing out the labels at random. Comparing it
    with 999 such deals makes one exact test of hundreds of sets, however they overlap: Westfall and Young,
    "Resampling-based multiple testing", 1993, section 2.3 (single-step minP).

    Args:
        sets: Per attack, bool ``[candidates]`` each.
        is_member: bool ``[candidates]``.
        rng: Deals out the labels.
    """
    flat = [chosen for of_one in sets.values() for chosen in of_one]
    if not flat:
        return LeakTest(1.0, dict.fromkeys(sets, 1.0), next(iter(sets), ""), 1.0)
    chosen = np.array(flat, dtype=np.float32)
    labels = np.tile(is_member.astype(np.float32), (PERMUTATIONS + 1, 1))
    rng.permuted(labels[1:], axis=1, out=labels[1:])
    counts = np.rint(chosen @ labels.T).astype(
        np.int64
    )  # [sets, 1 + deals] members in each; float32 is exact up to 2**24
    sizes = chosen.sum(axis=1).astype(np.int64)
    tails = {size: urn_tail(int(size), int(is_member.sum()), len(is_member)) for size in np.unique(sizes)}
    p = np.array([tails[size][found] for size, found in zip(sizes, counts, strict=True)])
    least = np.sort(p.min(axis=0)[1:])
    corrected = (1 + np.searchsorted(least, p[:, 0] * (1 + 1e-9), side="right")) / (PERMUTATIONS + 1)
    sources = [name for name, of_one in sets.items() for _ in of_one]
    by_source = dict.fromkeys(sets, 1.0)
    for source, chance in zip(sources, corrected, strict=True):
        by_source[source] = min(by_source[source], float(chance))
    critical = least[int(ALARM * (PERMUTATIONS + 1)) - 1]  # any set with a smaller p value is an alarm
    return LeakTest(
        float(corrected.min()), by_source, sources[int(p[:, 0].argmin())], _smallest_leak(tails, critical, is_member)
    )


def urn_tail(drawn: int, members: int, rows: int) -> Scores:
    """Return float64 ``[drawn + 1]``: the chance of at least so many members among that many drawn from the pool."""
    from scipy.special import gammaln

    found = np.arange(drawn + 1)
    possible = (found <= members) & (drawn - found <= rows - members)

    def ways(whole: int, part: NDArray[np.int64]) -> Scores:
        part = np.clip(part, 0, whole)
        return gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1)

    logs = ways(members, found) + ways(rows - members, drawn - found) - ways(rows, np.array([drawn]))
    chances = np.where(possible, np.exp(logs), 0.0)
    return np.minimum(chances[::-1].cumsum()[::-1], 1.0)


def _smallest_leak(tails: dict[int, Scores], critical: float, is_member: Flags) -> float:
    """Return the least share of members that, ahead of all others, fill one of the sets beyond chance, the rest of it by chance."""
    share = is_member.mean()
    needed = []
    for size, tail in tails.items():
        enough = np.flatnonzero(tail < critical)
        if len(enough):
            needed.append((enough[0] - share * size) / (1 - share))
    return float(min(min(needed, default=np.inf) / is_member.sum(), 1.0))
