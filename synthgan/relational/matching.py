"""Matching: which row each drawn row refers to, so that rows are referred to as often as they were drawn to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

SWAPS = 30  # tries to part two rows of one owner that refer to the same
MAX_DEALT = 2_000  # rows referred to that are dealt out one after the other


def match(rows: int, wanted: NDArray[np.float64], rng: np.random.Generator) -> Positions:
    """A row to refer to for each of so many rows, each as often as is wanted, up to a common factor and a fraction.

    Args:
        rows: how many rows refer.
        wanted: float64 ``[referred rows]``: how often each is to be referred to; all alike where nothing is wanted.
        rng: randomness.
    """
    weights = np.maximum(np.nan_to_num(wanted), 0.0)
    if not weights.sum():
        weights = np.ones(len(weights))
    exact = weights * (rows / weights.sum())
    count = np.floor(exact).astype(np.int64)
    lacking = rows - int(count.sum())
    if lacking > 0:
        rest = exact - count
        keys = np.log(np.maximum(rng.random(len(rest)), 1e-300)) / np.maximum(rest, 1e-12)
        count[np.argsort(-keys, kind="stable")[:lacking]] += 1
    slots = np.repeat(np.arange(len(weights)), count)
    extra = rows - len(slots)
    if extra > 0:  # fewer rows to refer to than fractions
        slots = np.concatenate([slots, rng.choice(len(weights), extra, p=weights / weights.sum())])
    return rng.permutation(slots)[:rows]


def in_places(matched: Positions, values: NDArray[np.float64], rng: np.random.Generator) -> Positions:
    """The same rows to refer to, dealt out so that those that refer to one row have values that number them, as nearly as may be.

    The first places go to the rows of the least values, and so on: each value moves as little as it can.

    Args:
        matched: int64 ``[rows]``: rows to refer to, in any order.
        values: float64 ``[rows]``: numbers of the rows that refer; missing ones (NaN) come last.
        rng: says who comes first of those that are alike.
    """
    slots = np.sort(matched)
    place = np.arange(len(slots)) - np.searchsorted(slots, slots)
    result = np.empty_like(matched)
    result[np.lexsort((rng.random(len(values)), values))] = slots[np.lexsort((rng.random(len(slots)), place))]
    return result


def match_inside(own: Positions, theirs: Positions, rng: np.random.Generator) -> Positions:
    """A row to refer to for each row, by chance among those that have the same row above; -1 where there is none.

    Args:
        own: int64 ``[rows]``: the row above each.
        theirs: int64 ``[referred rows]``: the row above each of those.
        rng: randomness.
    """
    order = np.argsort(theirs, kind="stable")
    sorted_theirs = theirs[order]
    first = np.searchsorted(sorted_theirs, own, side="left")
    count = np.searchsorted(sorted_theirs, own, side="right") - first
    picked = first + (rng.random(len(own)) * count).astype(np.int64)
    found = order[np.minimum(picked, len(order) - 1)] if len(order) else np.full(len(own), -1)
    return np.where((count > 0) & (own >= 0), found, -1)


def parted(matched: Positions, owner: Positions, rng: np.random.Generator) -> Positions:
    """The same, changed so that hardly any two rows of one owner refer to the same row: pairs change what they refer to."""
    matched = matched.copy()
    for _ in range(SWAPS):
        twice = repeated(owner, matched)
        if not len(twice):
            break
        partner = rng.integers(len(matched), size=len(twice))
        keep = len(np.unique(np.concatenate([twice, partner]))) == 2 * len(twice)
        pairs = zip(twice, partner, strict=True) if not keep else [(twice, partner)]
        for one, other in pairs:
            matched[one], matched[other] = matched[other].copy(), matched[one].copy()
    return dealt(owner, matched, rng) if len(repeated(owner, matched)) else matched


def dealt(owner: Positions, matched: Positions, rng: np.random.Generator) -> Positions:
    """The same, each row referred to as often as before, dealt out anew so that no two rows of one owner refer to the same.

    The row referred to most often goes to the owners that have most rows left, and so on: that fails only where nothing else
    could do (Gale, "A theorem on flows in networks", 1957; Ryser, "Combinatorial properties of matrices of zeros and ones", 1957).
    What cannot be dealt out stays as it is.
    """
    often = np.bincount(matched[matched >= 0])
    wanted = np.argsort(-often, kind="stable")[: int((often > 0).sum())]
    if len(wanted) > MAX_DEALT:
        return matched
    there = np.flatnonzero(matched >= 0)
    order = there[np.lexsort((rng.random(len(there)), owner[there]))]
    owners, first, left = np.unique(owner[order], return_index=True, return_counts=True)
    begins, result = first.copy(), np.full(len(matched), -1, dtype=np.int64)
    for row in wanted:
        most = np.lexsort((rng.random(len(owners)), -left))[: often[row]]
        most = most[left[most] > 0]
        result[order[begins[most]]] = row
        begins[most] += 1
        left[most] -= 1
    rest = there[result[there] < 0]
    spare = np.repeat(
        np.arange(len(often)), np.maximum(often - np.bincount(result[result >= 0], minlength=len(often)), 0)
    )
    result[rest] = rng.permutation(spare)[: len(rest)]
    return result


def repeated(owner: Positions, matched: Positions) -> Positions:
    """The rows that have owner and referred row in common with one before them."""
    if not len(matched):
        return np.arange(0)
    width = int(matched.max()) + 2
    pairs = owner * width + matched + 1
    _, first = np.unique(pairs, return_index=True)
    later = np.ones(len(pairs), dtype=bool)
    later[first] = False
    return np.flatnonzero(later & (matched >= 0))
