"""Groups of people: by which columns they are told apart, and who belongs to which."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.cells import name_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.metrics.data.columns import Columns, Name, Tables

MAX_COLUMNS = 6
MAX_BANDED = 2  # columns of numbers among them
MAX_LEVELS = 20
MIN_LEVELS = 2
MIN_BANDED_ROWS = 40  # known values: every quarter has ten
_SEX = frozenset({"sex", "gender"})
_ORIGIN = frozenset({"race", "racial", "ethnic", "ethnicity", "nationality", "language", "religion", "region"})
_STANDING = frozenset({"insurance", "payer", "marital", "disability"})
_DEMOGRAPHIC = _SEX | _ORIGIN | _STANDING
_AGE = frozenset({"age", "ages"})
_QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """How one column deals people into groups.

    Attributes:
        column: The column.
        labels: Who is in each group, in words; the last is of those whose value is missing.
        edges: Ascending upper ends of all bands but the last, of a column cut into bands; or None.
        values: Ascending values, or codes, of the groups of any other column.
    """

    column: Name
    labels: tuple[str, ...]
    edges: NDArray[np.float64] | None
    values: NDArray[np.float64]

    def of(self, table: Columns) -> NDArray[np.int64]:
        """Return [rows] int64: the group of each row, -1 where its value belongs to none."""
        values = table.column(self.column)
        missing = np.isnan(values)
        if self.edges is not None:
            groups = np.searchsorted(self.edges, values, side="left")
        else:
            groups = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
            groups = np.where(self.values[groups] == values, groups, -1)
        return np.where(missing, len(self.labels) - 1, groups).astype(np.int64)


def groupings(tables: Tables, target: Name | None) -> list[Grouping]:
    """Choose up to MAX_COLUMNS columns that deal people into groups, the target not among them.

    First come columns of at most MAX_LEVELS levels (or whole numbers) whose names speak of sex, age, race, region, insurance
    and the like, then numbers named like an age, then the columns with the fewest levels, then other numbers; of numbers
    MAX_BANDED, cut at the real quartiles, rounded to three digits.
    """
    ranked: list[tuple[int, int, Grouping]] = []
    for name in tables.real.names:
        values = tables.real.column(name)
        distinct = np.unique(values[~np.isnan(values)])
        if name == target or len(distinct) < MIN_LEVELS:
            continue
        if len(distinct) <= MAX_LEVELS and (distinct == np.round(distinct)).all():
            ranked.append(
                (
                    0 if _words(name) & (_DEMOGRAPHIC | _AGE) else 2,
                    len(distinct),
                    _by_level(tables.real, name, distinct),
                )
            )
        elif name in tables.real.number_names:
            banded = _by_band(name, values[~np.isnan(values)], tables.real.stamps.get(name))
            ranked += [(1 if _words(name) & _AGE else 3, 0, banded)] if banded else []
    chosen: list[Grouping] = []
    for _, _, grouping in sorted(ranked, key=lambda entry: entry[:2]):
        bands = sum(one.edges is not None for one in chosen)
        if len(chosen) < MAX_COLUMNS and (grouping.edges is None or bands < MAX_BANDED):
            chosen.append(grouping)
    return chosen


def _words(name: Name) -> set[str]:
    """The words of a name: ``PatientAge`` and ``patient_age`` have two."""
    return set(re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name)).lower()))


def _by_level(real: Columns, name: Name, distinct: NDArray[np.float64]) -> Grouping:
    if name in real.code_names and real.labels:
        words = real.labels[real.code_names.index(name)]
        labels = [words[int(code)] for code in distinct]
    else:
        labels = [f"{value:g}" for value in distinct]
    return Grouping(name, (*labels, "missing"), None, distinct)


def _by_band(name: Name, known: NDArray[np.float64], temporal: Column | None) -> Grouping | None:
    """Cut at the quartiles; None where too few rows, or numbers too much alike, leave a single band."""
    if len(known) < MIN_BANDED_ROWS:
        return None
    edges = np.unique([float(f"{edge:.3g}") for edge in np.quantile(known, _QUARTERS, method="inverted_cdf")])
    edges = edges[edges < known.max()]
    if not len(edges):
        return None
    words = [name_of(edge, temporal) for edge in edges.tolist()]
    between = [f"over {low} up to {high}" for low, high in pairwise(words)]
    return Grouping(name, (f"up to {words[0]}", *between, f"over {words[-1]}", "missing"), edges, np.empty(0))
