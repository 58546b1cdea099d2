"""Alarms for copying: exact copies of training rows, and rows nearer to them than unseen rows would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.details import Details
from synthgan.metrics.privacy.membership.matches import found_in, row_hashes
from synthgan.metrics.score import Score, scored
from synthgan.metrics.scores import Scores
from synthgan.metrics.statistics.intervals import Estimate, share
from synthgan.metrics.statistics.neighbours import Embedding, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.runtime import Streams

MAX_NEIGHBOURS = 10_000  # training rows, and as many of the holdout, to look among
MAX_ROWS = 5_000  # synthetic rows to look for
MIN_ROWS = 10
_TIE = 1e-4  # squared distances closer than this are equal: float32 keeps no more of them


def copying_findings(tables: Tables, streams: Streams) -> Scores:
    """Return the scores of ``privacy_scores`` and what ``copying`` warns of."""
    warned = copying(tables)
    return Scores(tuple(privacy_scores(tables, streams)), warned.notes, warned.details)


def privacy_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return exact_copies and, where there is a holdout, nearer_to_train.

    Both are alarms: a high figure is bad news, a low one is no evidence of privacy. Intervals are Wilson's. Without a holdout the
    reference of exact_copies is the share of training rows that equal another: what chance would bring, about.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    copies = exact_copies(tables.real, tables.synthetic)
    if tables.holdout is None:
        twins = share_of_twins(row_hashes(tables.real))
        return [_copies_score(copies, twins, f"{twins:.2%} of the training rows equal another of them")]
    chance = exact_copies(tables.real, tables.holdout).value
    scores = [_copies_score(copies, chance, f"of real rows nothing was fitted on, {chance:.2%} do")]
    nearer = nearer_to_train(tables.real, tables.synthetic, tables.holdout, streams.numpy("neighbours"))
    if nearer is None:
        return scores
    reading = "share of synthetic rows nearer to a training row than to any of as many unseen rows; .5 is ideal"
    # By symmetry: to a row nothing was fitted on, training rows and unseen rows are alike.
    return [*scores, scored("nearer_to_train", nearer, reference=0.5, goal="reference", reading=reading)]


def _copies_score(copies: Estimate, reference: float, beside: str) -> Score:
    reading = f"{copies.value:.2%} of the synthetic rows equal a training row; {beside}"
    return scored("exact_copies", copies, reference=reference, goal="minimize", reading=reading)


def exact_copies(real: Columns, other: Columns) -> Estimate:
    """Return the share of the other table's rows that equal a real row in every column, gaps included.

    Rows are compared by 64-bit hashes (``row_hashes``).

    Args:
        real: Training rows.
        other: The rows to look at; at least one.
    """
    return share(found_in(other, real), other.rows)


def copying(tables: Tables, *, one: str = "row", many: str = "rows") -> Scores:
    """Return, as notes and details, warnings about the tables themselves: the synthetic one is the real one, the holdout was learned.

    Rows may be alike by chance, in a table of few columns most are: a holdout is suspected where clearly more of its rows (by
    three standard errors) have a twin in the real table than real rows have one among each other.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        one: What a row is called, where it is more than a row.
        many: What several are called.
    """
    notes: list[str] = []
    same: bool | None = None
    learned: float | None = None
    real = row_hashes(tables.real)
    if tables.real.rows == tables.synthetic.rows and (np.sort(real) == np.sort(row_hashes(tables.synthetic))).all():
        same = True
        notes.append(
            f"the synthetic table holds the very {many} of the real one: nothing was synthesized, or everything copied"
        )
    if tables.holdout is not None:
        overlap, rows, twins = found_in(tables.holdout, tables.real), tables.holdout.rows, share_of_twins(real)
        if overlap > rows * twins + 3 * np.sqrt(rows * max(twins * (1 - twins), 1 / rows)):
            learned = overlap / rows
            notes.append(
                f"{overlap:,} of the {rows:,} holdout {many} equal a training {one}: scores take the holdout for unseen {many}, so leaks "
                f"look smaller than they are; hold out {many} that nothing was fitted on"
            )
    return Scores((), tuple(notes), Details(same=same, overlap=learned))


def share_of_twins(hashes: NDArray[np.uint64]) -> float:
    """Return the share of rows that equal another row of the same table: what chance brings of an unseen row, about.

    Args:
        hashes: uint64 ``[rows]``.
    """
    _, index, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    return float((counts[index] > 1).mean())


def nearer_to_train(real: Columns, synthetic: Columns, holdout: Columns, rng: np.random.Generator) -> Estimate | None:
    """Return the share of synthetic rows whose nearest neighbour is a training row rather than an unseen one.

    The two sets to look among are sub-sampled to one size, at most MAX_NEIGHBOURS each; at most
    MAX_ROWS synthetic rows are looked for. A tie counts half. For the distance see ``Embedding``.

    The interval is Wilson's for as many rows as there are independent neighbours, since rows around one
    neighbour all fall on its side; it is cautious where there are many ties.

    Args:
        real: Training rows.
        synthetic: The rows to look at.
        holdout: Real rows nothing was fitted on.
        rng: Draws the sub-samples.

    Returns:
        The estimate in [0, 1]; None with fewer than MIN_ROWS rows in a table or without a column.
    """
    rows = min(real.rows, holdout.rows, MAX_NEIGHBOURS)
    if min(rows, synthetic.rows) < MIN_ROWS or not real.names:
        return None
    embedding = Embedding.of(real)
    queries = embedding.apply(synthetic.draw(MAX_ROWS, rng))
    to_train, train_indices = nearest(queries, embedding.apply(real.draw(rows, rng)))
    to_holdout, holdout_indices = nearest(queries, embedding.apply(holdout.draw(rows, rng)))
    nearer, ties = to_train < to_holdout - _TIE, np.abs(to_train - to_holdout) <= _TIE
    found = (float(nearer.sum()) + 0.5 * float(ties.sum())) / len(queries)
    rows_in_effect = _rows_in_effect(np.where(nearer | ties, train_indices, rows + holdout_indices))
    return share(found * rows_in_effect, rows_in_effect)


def _rows_in_effect(neighbours: NDArray[np.int64]) -> float:
    """Return how many independent tosses the rows amount to: those that share a neighbour share its side.

    Kish 1965, "Survey sampling", section 8.2: ``n**2 / sum(sizes**2)`` for clusters of perfectly alike
    members.
    """
    sizes = np.unique(neighbours, return_counts=True)[1]
    return float(len(neighbours) ** 2 / (sizes.astype(np.float64) ** 2).sum())
