"""What a ``where`` asks of each of the rows to draw: the same of all, or of each what a row of conditions says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from synthgan.data.clauses import read_where, rows_of_conditions
from synthgan.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.clauses import Clause, Conditions, Known, Where


@dataclass(frozen=True)
class Requests:
    """Conditions that differ, and who must meet which.

    Attributes:
        clauses: each of the different conditions; those of one hold together.
        of_row: int64 ``[rows]``: which of them each row meets.
        first: which row of conditions says each of them first; empty where there are no rows of conditions.
    """

    clauses: tuple[tuple[Clause, ...], ...]
    of_row: NDArray[np.int64]
    first: tuple[int, ...] = ()

    @classmethod
    def read(cls, where: Where | None, n: int, known: Known) -> Self:
        """Read conditions of ``n`` rows.

        Of as many rows of conditions as there are rows, each row meets its own. Of fewer, each is met by as many rows as any
        other, give or take one, and these stand together.

        Raises:
            DataError: if something is no condition, or there are more rows of conditions than rows.
        """
        rows = rows_of_conditions(where)
        if rows is None:
            plain: Conditions | None = where  # type: ignore[assignment]
            return cls((tuple(read_where(plain, known)),), np.zeros(n, dtype=np.int64))
        if len(rows) > n:
            raise DataError(
                f"rows to draw must be as many as there are rows of conditions, or more, however: {n:,} for {len(rows):,} rows"
            )
        places: dict[tuple[Clause, ...], int] = {}
        of_condition = [places.setdefault(tuple(read_where(row, known)), len(places)) for row in rows]
        return cls(
            tuple(places),
            np.array(of_condition)[np.arange(n) * len(rows) // n],
            tuple(np.unique(of_condition, return_index=True)[1].tolist()),
        )
