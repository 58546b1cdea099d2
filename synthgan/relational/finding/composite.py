"""Finds foreign keys of several columns: those that have the names of a primary key of several columns, and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from synthgan.data.keys import ForeignKey
from synthgan.data.links import link
from synthgan.relational.finding.names import plain, shared_beginning

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

_LEAST_INCLUSION: Final = 0.97


def find_composite(
    tables: Mapping[str, pd.DataFrame],
    primary: Mapping[str, tuple[str, ...] | None],
    settled: Collection[str],
) -> dict[str, list[ForeignKey]]:
    """Gives foreign keys of several columns by table.

    Args:
        tables: pandas frames by name.
        primary: their primary keys.
        settled: tables of which all keys are known.
    """
    found: dict[str, list[ForeignKey]] = {}
    for parent, key in primary.items():
        if key is None or len(key) == 1:
            continue
        for child, frame in tables.items():
            mine = {said: name for name, said in _said(child, frame).items()}
            its = _said(parent, tables[parent])
            columns = tuple(mine.get(its[name], "") for name in key)
            if child in settled or child == parent or not all(columns) or columns == primary[child]:
                continue
            at = link(frame, columns, tables[parent], key)
            there = (at != -1).sum()
            share = float((at >= 0).sum() / there) if there else 0.0
            if share >= _LEAST_INCLUSION:
                nullable = bool(frame[list(columns)].isna().any(axis=None))
                by = f"names and inclusion {share:.2f}"
                found.setdefault(child, []).append(ForeignKey(columns, parent, key, "reference", nullable, by))
    return found


def _said(table: str, frame: pd.DataFrame) -> dict[str, str]:
    """What the columns of a table are called, in plain letters and without what all of them begin with."""
    begin = shared_beginning(table, frame.columns)
    return {name: plain(name[begin:]) for name in frame.columns}
