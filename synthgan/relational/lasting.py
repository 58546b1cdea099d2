"""How long histories last: whether given rows are all there will be, or how many follow, by how well each bears out these rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from scipy.special import logsumexp

from synthgan.data.values import Numbers
from synthgan.relational.likelihood import of_rows
from synthgan.relational.parts import count_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.data.table import Table
    from synthgan.relational.branch import Branch
    from synthgan.relational.rows import Rows
    from synthgan.relational.siblings import Beside
    from synthgan.runtime import Streams

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

ENDED = 0.5  # how likely it is, before their rows are looked at, that histories have ended


def lasting(
    branch: Branch,
    read: Rows,
    groups: Groups,
    drawn: Ints,
    context: Callable[[Ints], Floats],
    beside: Beside,
    streams: Streams,
) -> Ints:
    """How many rows each group has in the end, ``[groups]``: as many as are given, or one of several numbers that were drawn.

    Rows of a stay that ends at noon say at eleven whether many more will follow. So each number counts by how likely the given
    rows are where so many are to come (Bayes' rule), as the walk has it.

    Args:
        branch: draws such rows.
        read: the given rows, those of a group side by side and in order.
        groups: how many of each are given.
        drawn: int64 ``[several, groups]``: numbers drawn for each, none below those given.
        context: what is known of each group, float32 ``[groups, width]``, where it has so many rows.
        beside: the rows of siblings.
        streams: randomness.
    """
    several = np.concatenate([groups.counts[None], drawn])
    logs = np.array([of_rows(branch, read, groups, counts, context(counts), beside, streams) for counts in several])
    logs[0] += np.log(ENDED)
    logs[1:] += np.log((1 - ENDED) / len(drawn))
    odds = logs - logsumexp(logs, axis=0) + streams.numpy("lasting").gumbel(size=logs.shape)
    return np.take_along_axis(several, odds.argmax(0)[None], axis=0)[0]


def with_count(learned: Table, child: str, counts: Ints) -> Table:
    """Rows of an owner that say how many rows of a child they have."""
    column = learned.schema.column(count_name(child))
    return learned.replaced({column.name: (column, Numbers(pa.array(counts.astype(np.int64))))})
