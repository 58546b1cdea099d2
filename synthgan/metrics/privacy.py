"""Alarms for copying: exact copies of training rows, and rows nearer to them than unseen rows would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.intervals import Estimate, share
from synthgan.metrics.neighbours import Embedding, nearest
from synthgan.metrics.score import Score, scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.columns import Columns, Tables
    from synthgan.runtime import Streams

NEIGHBOURS_AT_MOST = 10_000  # training rows, and as many of the holdout, to look among
ROWS_AT_MOST = 5_000  # synthetic rows to look for
ROWS_AT_LEAST = 10
_TIE = 1e-4  # squared distances closer than this are equal: float32 keeps no more of them
_MISSING_BITS = np.float64(np.nan).view(np.uint64)


def privacy_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return exact_copies and, where there is a holdout, nearer_to_train.

    Both are alarms: a high figure is bad news, a low one is no evidence of privacy. Intervals are Wilson's.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    copies = exact_copies(tables.real, tables.synthetic)
    if tables.holdout is None:
        return [_copies_score(copies, None)]
    scores = [_copies_score(copies, exact_copies(tables.real, tables.holdout).value)]
    nearer = nearer_to_train(tables.real, tables.synthetic, tables.holdout, streams.numpy("neighbours"))
    if nearer is None:
        return scores
    reading = "share of synthetic rows nearer to a training row than to any of as many unseen rows; .5 is ideal"
    # By symmetry: to a row nothing was fitted on, training rows and unseen rows are alike.
    return [*scores, scored("nearer_to_train", nearer, reference=0.5, goal="reference", reading=reading)]


def _copies_score(copies: Estimate, reference: float | None) -> Score:
    reading = f"{copies.value:.2%} of the synthetic rows equal a training row"
    if reference is not None:
        reading += f"; of real rows nothing was fitted on, {reference:.2%} do"
    return scored("exact_copies", copies, reference=reference, goal="minimize", reading=reading)


def exact_copies(real: Columns, other: Columns) -> Estimate:
    """Return the share of the other table's rows that equal a real row in every column, gaps included.

    Rows are compared by 64-bit hashes: among a million rows against a million, the chance of a single false
    match is below one in ten million.

    Args:
        real: Training rows.
        other: The rows to look at; at least one.
    """
    copied = np.isin(_hashes(other), _hashes(real))
    return share(float(copied.sum()), other.rows)


def _hashes(table: Columns) -> NDArray[np.uint64]:
    """Return [rows] uint64 hashes of whole rows."""
    matrix = table.matrix() + 0.0  # -0.0 becomes 0.0
    hashes = np.zeros(table.rows, dtype=np.uint64)
    for column in matrix.T:
        bits = np.ascontiguousarray(column).view(np.uint64).copy()
        bits[np.isnan(column)] = _MISSING_BITS  # there are many bit patterns of NaN
        hashes = _mixed(hashes ^ _mixed(bits))
    return hashes


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit words one to one, as SplitMix64 does.

    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", doi:10.1145/2660193.2660195.
    """
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def nearer_to_train(real: Columns, synthetic: Columns, holdout: Columns, rng: np.random.Generator) -> Estimate | None:
    """Return the share of synthetic rows whose nearest neighbour is a training row rather than an unseen one.

    The two sets to look among are sub-sampled to one size, at most NEIGHBOURS_AT_MOST each; at most
    ROWS_AT_MOST synthetic rows are looked for. A tie counts half. For the distance see ``Embedding``.

    The interval is Wilson's for as many rows as there are independent neighbours, since rows around one
    neighbour all fall on its side; it is cautious where there are many ties.

    Args:
        real: Training rows.
        synthetic: The rows to look at.
        holdout: Real rows nothing was fitted on.
        rng: Draws the sub-samples.

    Returns:
        The estimate in [0, 1]; None with fewer than ROWS_AT_LEAST rows in a table or without a column.
    """
    rows = min(real.rows, holdout.rows, NEIGHBOURS_AT_MOST)
    if min(rows, synthetic.rows) < ROWS_AT_LEAST or not real.names:
        return None
    embedding = Embedding.of(real)
    looked_for = embedding.apply(synthetic.draw(ROWS_AT_MOST, rng))
    to_train, train_places = nearest(looked_for, embedding.apply(real.draw(rows, rng)))
    to_holdout, holdout_places = nearest(looked_for, embedding.apply(holdout.draw(rows, rng)))
    nearer, ties = to_train < to_holdout - _TIE, np.abs(to_train - to_holdout) <= _TIE
    found = (float(nearer.sum()) + 0.5 * float(ties.sum())) / len(looked_for)
    rows_in_effect = _rows_in_effect(np.where(nearer | ties, train_places, rows + holdout_places))
    return share(found * rows_in_effect, rows_in_effect)


def _rows_in_effect(neighbours: NDArray[np.int64]) -> float:
    """Return how many independent tosses the rows amount to: those that share a neighbour share its side.

    Kish 1965, "Survey sampling", section 8.2: ``n**2 / sum(sizes**2)`` for clusters of perfectly alike
    members.
    """
    sizes = np.unique(neighbours, return_counts=True)[1]
    return float(len(neighbours) ** 2 / (sizes.astype(np.float64) ** 2).sum())
