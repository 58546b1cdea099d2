"""Says of each column what matters for keys: its sort of values, which there are, and whether any repeats."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

import numpy as np
import pandas as pd

from synthgan.data.links import plain_values
from synthgan.relational.finding.names import shared_beginning

if TYPE_CHECKING:
    from numpy.typing import NDArray

Sort = Literal["whole", "text", "random"]
_LOOKED_AT: Final = 50  # values that say whether a text looks random
_MAX_LETTERS: Final = 64  # of a text that may be a key
_LEAST_LETTERS: Final = 16  # of a text that two columns do not share by chance
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?:$|[T ]\d\d:)")
_RANDOM: Final = re.compile(r"(?=.*\d)[0-9A-Za-z_.:{}/+=-]+")
# What stands for "none" among keys.
NOBODY: Final = frozenset(
    {"0", "-1", "", "none", "null", "na", "n/a", "-", "unknown", "00000000-0000-0000-0000-000000000000"}
)


@dataclass(frozen=True, eq=False)
class Profile:
    """A column that may be a key, or a part of one.

    Attributes:
        table: its table.
        name: its name.
        said: what the name says, without what all columns of the table begin with.
        at: its position in the table.
        sort: "whole" for whole numbers, "random" for texts that no two columns share by chance (UUIDs, say), "text" for others.
        rows: of the table.
        missing: rows without a value.
        values: the distinct values.
        counts: the rows of each of them, int64.
    """

    table: str
    name: str
    said: str
    at: int
    sort: Sort
    rows: int
    missing: int
    values: pd.Index
    counts: NDArray[np.int64]

    @property
    def is_unique(self) -> bool:
        """Whether it tells all rows apart."""
        return self.rows > 0 and self.missing == 0 and len(self.values) == self.rows

    def inside(self, other: Profile) -> tuple[float, float]:
        """The share of its values, and of its rows with a value, that are values of another column; marks for "none" do not count."""
        counted = np.array([str(value).strip().lower() not in NOBODY for value in self.values], bool)
        found = other.values.get_indexer(self.values) >= 0  # noqa: PD011 (an index of ours)
        counted |= found  # where 0 is a key, it is one
        if not counted.any():
            return 0.0, 0.0
        return float(found[counted].mean()), float(self.counts[found].sum() / self.counts[counted].sum())


def profiles(table: str, frame: pd.DataFrame) -> list[Profile]:
    """Gives the columns of a table that may be keys."""
    begin = shared_beginning(table, frame.columns)
    found = [_profile(table, name[begin:], at, frame[name]) for at, name in enumerate(frame.columns)]
    return [one for one in found if one is not None]


def _profile(table: str, said: str, at: int, series: pd.Series[Any]) -> Profile | None:
    there = series.dropna()
    types = pd.api.types
    if (
        types.is_bool_dtype(series.dtype)
        or types.is_datetime64_any_dtype(series.dtype)
        or types.is_timedelta64_dtype(series.dtype)
    ):
        return None
    if not all(_may_be_key(one) for one in there.iloc[:: max(1, len(there) // _LOOKED_AT)].tolist()):
        return None
    values = plain_values(there)
    if values.dtype == object:
        if not all(isinstance(one, (str, UUID)) for one in values):
            return None
        values = np.array([str(one) if isinstance(one, UUID) else one for one in values], object)
    distinct, counts = _counted(values)
    sort = _sort(distinct)
    if sort is None:
        return None
    return Profile(
        table, str(series.name), said, at, sort, len(series), int(series.isna().sum()), pd.Index(distinct), counts
    )


def _counted(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    codes, distinct = pd.factorize(values)
    return np.asarray(distinct), np.bincount(codes[codes >= 0], minlength=len(distinct)).astype(np.int64)


def _sort(distinct: NDArray[Any]) -> Sort | None:
    if distinct.dtype.kind == "i":
        return "whole"
    if distinct.dtype != object or not len(distinct):
        return None
    named = [one for one in distinct[:: max(1, len(distinct) // _LOOKED_AT)] if one.strip().lower() not in NOBODY]
    is_random = all(len(one) >= _LEAST_LETTERS and _RANDOM.fullmatch(one) for one in named)
    return "random" if named and is_random else "text"


def _may_be_key(value: Any) -> bool:
    """Whether a value is no prose, no time, no fraction and no list."""
    if isinstance(value, str):
        return len(value) <= _MAX_LETTERS and _TIME.match(value) is None
    whole = isinstance(value, float) and (math.isnan(value) or value == math.floor(value))
    return whole or isinstance(value, (int, UUID))
