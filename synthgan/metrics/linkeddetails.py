"""Details of linked tables: the figures behind the scores of a database, as a page draws them; values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synthgan.metrics.score import Score

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinkedKey:
    """A foreign key, and where it leads.

    Attributes:
        table: whose key it is.
        columns: of the key.
        to: the table that it refers to.
        kind: "owner", "reference" or "dimension".
        lost: shares of the rows with such a key whose key no row has: real, synthetic.
        cardinality: how alike the numbers of rows are that each row is referred to by, 1 is alike; None where it was not compared.
    """

    table: str
    columns: tuple[str, ...]
    to: str
    kind: str
    lost: tuple[float, float]
    cardinality: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds in the real tables, in all rows or nearly so.

    Attributes:
        table: whose rows keep it.
        words: the rule, such as "charttime ≥ admissions.admittime".
        kind: "stay" (inside the times of the owner), "order", "constant" or "monotone".
        broken: shares of the rows of which it can be asked that break it: real, synthetic and perhaps holdout.
        asked: how many synthetic rows these are.
    """

    table: str
    words: str
    kind: str
    broken: tuple[float, ...]
    asked: int


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """One table, and what was measured of it alone.

    Attributes:
        name: the table's.
        owner: the table that its rows belong to, or None.
        order: the column that they are in order of, or None.
        of_people: whether its rows are people, or belong to them.
        rows: how many there are: real, synthetic, and of the holdout or None.
        scores: by the names of the scores of the whole.
    """

    name: str
    owner: str | None
    order: str | None
    of_people: bool
    rows: tuple[int, int, int | None]
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """How a number goes on over the rows of people: quantiles over all who have such a row, never one of them.

    Attributes:
        table: the table.
        column: the number.
        steps: int64 ``[steps]``: which row of a person, counted from 1.
        real: float64 ``[quantiles, steps]``: at ``QUANTILES``; NaN where too few people lie beyond.
        synthetic: the same of the synthetic rows.
        holdout: the same of unseen people, or None.
    """

    table: str
    column: str
    steps: NDArray[np.int64]
    real: Array
    synthetic: Array
    holdout: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """How often one level follows another in the rows of people.

    Attributes:
        table: the table.
        column: of the levels.
        labels: the commonest levels; the last may stand for all others.
        people: int64 ``[levels]``: so many real people have each.
        real: float64 ``[levels, levels]``: of the rows after one of a level (down), the share of each next (across); NaN where there
            are too few.
        synthetic: the same of the synthetic rows.
    """

    table: str
    column: str
    labels: tuple[str, ...]
    people: NDArray[np.int64]
    real: Array
    synthetic: Array


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """What share lasts longer than a time: stays, or the time from a person's first row to the last.

    Attributes:
        table: the table.
        what: what lasts, in words.
        unit: what times count, such as "days".
        times: float64 ``[times]``, ascending round numbers.
        real: float64 ``[times]``: shares of the real rows.
        synthetic: the same of the synthetic rows.
        holdout: the same of unseen people, or None.
    """

    table: str
    what: str
    unit: str
    times: Array
    real: Array
    synthetic: Array
    holdout: Array | None = None


@dataclass(frozen=True, slots=True)
class LinkedDetails:
    """What lies behind the scores of linked tables.

    Attributes:
        unit: the table whose rows are the people.
        against: "holdout" or "real": whom the synthetic people are held against.
        units: people: real, synthetic, and of the holdout or None.
        judged: whether there are people enough for figures of fidelity.
        tables: each table.
        keys: each foreign key.
        rules: what holds in the real tables.
        counts: names of the distributions, among those of columns, of how many rows people have of each table.
        gaps: names of those of the times between neighbouring rows of a person.
        bands: how numbers go on.
        transitions: which levels follow which.
        survival: how long things last.
        target: what models predict, as "table.column", and how it was chosen; None where there is none.
    """

    unit: str
    against: str
    units: tuple[int, int, int | None]
    judged: bool
    tables: tuple[LinkedTable, ...] = ()
    keys: tuple[LinkedKey, ...] = ()
    rules: tuple[Rule, ...] = ()
    counts: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    transitions: tuple[Transitions, ...] = ()
    survival: tuple[Survival, ...] = ()
    target: tuple[str, str] | None = None
