"""Finds the column by which the rows of a table are ordered: the time at which they begin, else a running number."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from synthgan.relational.finding.names import is_numbering, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.data.keys import TableKeys
    from synthgan.relational.finding.profile import Profile

_SAMPLE: Final = 100  # values that say whether text is times
_MAX_MISSING: Final = 0.05
_BEGINS: Final = frozenset((
    "start", "begin", "from", "admit", "intime", "in", "chart", "event", "visit", "order", "service",
    "entry", "open",
))  # fmt: skip
_ENDS: Final = frozenset((
    "birth", "born", "dob", "end", "stop", "disch", "discharge", "out", "outtime", "to", "death", "dod", "close", "update", "updated",
    "modified", "store", "stored", "due",
))  # fmt: skip


def find_order(table: str, frame: pd.DataFrame, columns: Sequence[Profile], keys: TableKeys) -> tuple[str, str] | None:
    """Gives the column that orders the rows of a table, and what it was found by; None where there is none.

    A time that is hardly ever missing is taken before a running number; of several times the one that says by its name that
    something begins, and then the first. A row that belongs to no other has no order.

    Args:
        table: its name.
        frame: what it holds.
        columns: those of its columns that may be keys.
        keys: its keys.
    """
    if all(key.table == table for key in keys.foreign_keys) or not len(frame):
        return None
    times = [name for name in frame.columns if _is_time(frame[name]) and frame[name].isna().mean() <= _MAX_MISSING]
    if times:
        return min(times, key=_begins), "times"
    settled = keys.columns - set(keys.primary_key or ()) if len(keys.primary_key or ()) != 1 else keys.columns
    numbers = [one for one in columns if one.sort == "whole" and one.missing <= _MAX_MISSING * one.rows]
    for one in numbers:
        if one.name not in settled and is_numbering(one.said):
            return one.name, "name of a running number"
    return None


def _begins(name: str) -> int:
    words = set(parts(name)) | {part.removesuffix("time").removesuffix("date") for part in parts(name)}
    if words & _ENDS:
        return 2
    return 0 if words & _BEGINS else 1


def _is_time(series: pd.Series[Any]) -> bool:
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return True
    some = series.dropna().head(_SAMPLE).tolist()
    if some and all(isinstance(one, dt.date) for one in some):
        return True
    return bool(some) and all(isinstance(one, str) and _reads_as_time(one) for one in some)


def _reads_as_time(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return "-" in text
