"""Utility by person: a model trained on synthetic people, tested on real ones that it never saw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import DataError
from synthgan.metrics.data.columns import Tables
from synthgan.metrics.relational.units import whole_people, with_level, with_number
from synthgan.metrics.utility.usefulness import usefulness
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name
    from synthgan.metrics.relational.sides import Judged, Side
    from synthgan.metrics.scores import Scores
    from synthgan.runtime import Streams

    Target = tuple[str, Name]

_OUTCOMES = re.compile(
    r"expire|death|died|dead|deceas|mortal|readmi|outcome|relapse|sepsislabel|^label$|^target$", re.IGNORECASE
)
MIN_CASES = 20  # real people of either outcome, for a target that nobody named
_TWO = 2
YES, NO = "yes", "no"
NAMED, FOUND = "named", "found by its name"


def choose_target(judged: Judged, named: str | int | None) -> tuple[Target | None, str]:
    """Return what models are to predict of people, and how it was chosen, in words.

    Args:
        judged: the sides.
        named: "table.column", or a column that one table alone has; None looks for a column that is called like an outcome and has
            two values, in the table of people first.

    Raises:
        DataError: a column was named that is not judged, or that several tables have.
    """
    known: list[Target] = [
        (table, column) for table in (judged.unit, *judged.below) for column in judged.real.columns[table].names
    ]
    if named is None:
        found = next((one for one in known if _OUTCOMES.search(str(one[1])) and _is_outcome(judged, one)), None)
        return found, FOUND
    table, point, column = str(named).rpartition(".")
    exact: list[Target] = [one for one in known if one == (table, column)] if point else []
    fits = exact or [one for one in known if str(one[1]) == str(named)]
    if len(fits) == 1:
        return fits[0], NAMED
    choices = [f"{table}.{column}" for table, column in known]
    if fits:
        several = ", ".join(f"{table}.{column}" for table, column in fits)
        raise DataError(
            f"target must be a column of one table, however: {several} are called so",
            remedy="name one of these",
            parameter="target",
        )
    raise DataError(
        f"target must be one of the columns judged, however: {named!r} is no such column",
        remedy=did_you_mean_or_known(str(named), choices),
        parameter="target",
    )


def _is_outcome(judged: Judged, target: Target) -> bool:
    table, column = target
    values = judged.real.columns[table].column(column)
    distinct = np.unique(values[~np.isnan(values)])
    if len(distinct) != _TWO:
        return False
    outcome = _of_people(judged, judged.real, target)[0]
    counts = np.unique(outcome[~np.isnan(outcome)], return_counts=True)[1]
    return len(counts) == _TWO and bool(counts.min() >= MIN_CASES)


def useful_people(judged: Judged, target: Target | None, streams: Streams) -> Scores:
    """Return the scores of utility of people as wholes, and what lies behind them.

    A column of rows that people have several of becomes one of people: whether they ever have its rarer value where there are two,
    the mean of numbers, the last of levels. The column itself is kept from the models.
    """
    if target is None:
        return usefulness(whole_people(judged), None, streams)
    people = whole_people(judged, but=target)
    title = f"{target[0]}.{target[1]}"
    sides = [
        _with_target(columns, judged, side, target, title) for columns, side in zip(people, judged.sides, strict=True)
    ]
    return usefulness(Tables(*sides), title, streams)


def _with_target(columns: Columns, judged: Judged, side: Side, target: Target, title: str) -> Columns:
    outcome, labels = _of_people(judged, side, target)
    if labels is None:
        return with_number(columns, title, outcome)
    codes = np.where(np.isnan(outcome), -1, outcome).astype(np.int32)
    return with_level(columns, title, codes, labels)


def _of_people(judged: Judged, side: Side, target: Target) -> tuple[NDArray[np.float64], tuple[str, ...] | None]:
    """float64 ``[people]``: the outcome of each, NaN where it is not known; and its labels, where it is a level."""
    table, name = target
    columns = side.columns[table]
    is_level = name in columns.code_names
    labels = columns.labels[columns.code_names.index(name)] if is_level and columns.labels else None
    if table == judged.unit:
        return columns.column(name), labels
    real = judged.real.columns[table].column(name)
    distinct, counts = np.unique(real[~np.isnan(real)], return_counts=True)
    linked = judged.linked(side, table)
    values, groups = linked.rows.column(name), linked.groups
    known = ~np.isnan(values)
    there = groups.totals(known.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        if len(distinct) == _TWO:
            rarer = groups.totals(((values == distinct[counts.argmin()]) & known).astype(np.float64))
            return np.where(there > 0, (rarer > 0).astype(np.float64), np.nan), (NO, YES)
        if not is_level:
            return groups.totals(np.where(known, values, 0.0)) / there, None
    last = np.full(len(groups), np.nan)
    owners = groups.owner[known]
    last[owners] = values[known]  # of several the last stands
    return last, labels
