"""Attacks by matches: candidates that synthetic rows equal in all columns, or in all but one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.privacy.membership.candidates import Scores

    Hashes = NDArray[np.uint64]

_MISSING_BITS = np.float64(np.nan).view(np.uint64)


def match_attacks(pool: Columns, synthetic: Columns) -> dict[str, Scores]:
    """Return float64 ``[candidates]`` per attack; larger says member, 0 says no match.

    A match counts the less the more candidates share it: what many people have in common gives nobody away.

    ``exact match``: a synthetic row equals the candidate in every column, gaps included. ``near match``: in every column but one (of
    three or more).
    """
    cells, synthetic_points = cell_hashes(pool), cell_hashes(synthetic)
    scores = {"exact match": _matches(_whole(cells), _whole(synthetic_points))}
    columns = cells.shape[1]
    if columns > 2:  # noqa: PLR2004
        near = [
            _matches(_whole(cells) ^ cells[:, left_out], _whole(synthetic_points) ^ synthetic_points[:, left_out])
            for left_out in range(columns)
        ]
        scores["near match"] = np.max(near, axis=0)
    return scores


def row_hashes(table: Columns) -> Hashes:
    """Return uint64 ``[rows]``: equal rows have equal hashes.

    Among a million rows against a million, the chance of a single false match is below one in ten million.
    """
    return _whole(cell_hashes(table))


def found_in(table: Columns, synthetic: Columns) -> int:
    """Return how many rows of a table equal a synthetic row in every column, gaps included."""
    return int(np.isin(row_hashes(table), row_hashes(synthetic)).sum())


def cell_hashes(table: Columns) -> Hashes:
    """Return uint64 ``[rows, columns]``: equal values of a column have equal hashes, of different columns different ones."""
    matrix = table.matrix() + 0.0  # -0.0 becomes 0.0
    bits = matrix.view(np.uint64)
    bits = np.where(np.isnan(matrix), _MISSING_BITS, bits)  # there are many bit patterns of NaN
    salts = _mixed(np.arange(1, matrix.shape[1] + 1, dtype=np.uint64))
    return _mixed(_mixed(bits) ^ salts)


def _whole(cells: Hashes) -> Hashes:
    """Return uint64 ``[rows]``; as cells are combined by exclusive or, one can be taken out again."""
    return np.bitwise_xor.reduce(cells, axis=1)


def _matches(candidates: Hashes, synthetic: Hashes) -> Scores:
    """Return float64 ``[candidates]``: 0 without a match, else one over the number of candidates that are alike."""
    _, index, counts = np.unique(candidates, return_inverse=True, return_counts=True)
    return np.where(np.isin(candidates, synthetic), 1 / counts[index], 0.0)


def _mixed(bits: Hashes) -> Hashes:
    """Scramble 64-bit words one to one, as SplitMix64 does.

    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", doi:10.1145/2660193.2660195.
    """
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
