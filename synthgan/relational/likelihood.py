"""How likely walks are to draw given rows of groups, all rows of each together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from synthgan.relational.completing import ways_of
from synthgan.relational.critic import Drawn
from synthgan.relational.walk import CANDIDATES, Given

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.relational.branch import Branch
    from synthgan.relational.completing import AsDrawn
    from synthgan.relational.rows import Rows
    from synthgan.relational.siblings import Beside
    from synthgan.runtime import Streams

    Floats = NDArray[np.float32]
    Numbers = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Alike = list[tuple[Ints, Ints]]  # by column, the first and the last code that count as like each of its codes

BLOCK_ROWS = 16_384


def of_branch(branch: Branch, read: Rows, groups: Groups, context: Floats, beside: Beside, streams: Streams) -> Numbers:
    """The log density of the rows of each group, ``[groups]``, given what is known of it: of their codes under all chains.

    A critic of steps makes a row likelier by its odds over the mean odds of rows drawn in its place. Odds of whole groups count as they
    are, up to a constant; what raking changes is left out.

    Args:
        branch: draws such rows.
        read: the rows, those of a group side by side and in order.
        groups: whose they are.
        context: float32 ``[groups, width]``: what is known of each.
        beside: the rows of siblings.
        streams: randomness.
    """
    whole = Drawn(np.hstack([beside.above(context), beside.apart(read, groups)]), read, groups)
    result = branch.critic.log_ratios(whole)
    for index, way in enumerate(ways_of(branch, read, groups, groups.counts, context, beside, streams)):
        result += _of_way(way, groups, _only_itself(way), streams.numpy("way", index), with_odds=True)
    return result


def of_rows(
    branch: Branch, read: Rows, groups: Groups, counts: Ints, context: Floats, beside: Beside, streams: Streams
) -> Numbers:
    """How likely the given rows of each group are where so many are to be in the end, as a logarithm, ``[groups]``.

    Neighbouring numbers count as alike, and critics are not asked: this compares counts, not people.
    """
    result = np.zeros(len(groups))
    for way in ways_of(branch, read, groups, counts, context, beside, streams):
        result += _of_way(way, groups, way.alike, streams.numpy("way"), with_odds=False)
    return result


def _only_itself(way: AsDrawn) -> Alike:
    """No code counts as like another."""
    return [(np.arange(size), np.arange(size)) for size in way.walk.memory.rows.layout.sizes]


def _of_way(way: AsDrawn, groups: Groups, alike: Alike, rng: np.random.Generator, *, with_odds: bool) -> Numbers:
    """The log density of the rows that one walk draws, ``[groups]``: one chain draws all rows of a group."""
    owner, chains = groups.owner[way.at], np.zeros((len(way.walk.chains), len(groups)))
    odds = np.zeros(len(groups))
    for start in range(0, len(way.at), BLOCK_ROWS):
        some = np.arange(start, min(start + BLOCK_ROWS, len(way.at)))
        for index, own in enumerate(chains):
            logs, seen = _of_rows(way, some, index, alike, rng)
            np.add.at(own, owner[some], logs)
        if with_odds:
            np.add.at(odds, owner[some], _of_odds(way, some, seen, rng))
    return logsumexp(chains, axis=0) - np.log(len(chains)) + odds


def _of_rows(way: AsDrawn, some: Ints, index: int, alike: Alike, rng: np.random.Generator) -> tuple[Numbers, Floats]:
    """The log probability of some rows' codes under one chain, ``[some]``, and what a critic sees of these rows."""
    cells = np.ones(len(way.walk.columns), dtype=bool)
    given = Given(way.rows.take(some), way.told[some], cells, alike, np.zeros(len(some)))
    _, seen = way.walk.row(way.walk.chains[index], way.past.take(some), rng, given)
    return given.logs, seen


def _of_odds(way: AsDrawn, some: NDArray[np.int64], seen: Floats, rng: np.random.Generator) -> Numbers:
    """By how much critics make rows likelier that are chosen among several, ``[some]``."""
    walk = way.walk
    if walk.critic is None and not walk.supports:
        return np.zeros(len(some))
    own = walk.odds(way.rows.take(some), seen)
    others = [own]
    for chain in rng.integers(len(walk.chains), size=CANDIDATES - 1):
        drawn = walk.row(walk.chains[chain], way.past.take(some), rng)
        others.append(walk.odds(*drawn))
    return own - logsumexp(others, axis=0) + np.log(CANDIDATES)
