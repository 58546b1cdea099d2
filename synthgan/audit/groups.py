"""Rows in groups as linked tables: the groups with what never changes in them, and their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthgan.data.groups import arranged
from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ROWS = "events"


def as_linked(
    frames: Mapping[str, pd.DataFrame], group: str, order: str | None
) -> tuple[DatabaseSchema, dict[str, dict[str, pd.DataFrame]], dict[str, dict[str, float]], list[str]]:
    """Split rows in groups into a table of groups and one of rows.

    Args:
        frames: by side, "real" first.
        group: the column that says which group a row is of; rows of none are left out.
        order: what the rows of a group are in order of, or None.

    Returns:
        the keys; by side, the two tables; by side, the share of groups in which each column changes that changes in no real one;
        and remarks.

    Raises:
        DataError: a side lacks the group or the order.
    """
    for side, frame in frames.items():
        for what, name in (("group", group), ("order", order)):
            if name is not None and name not in frame.columns:
                raise DataError(
                    f"{what} must be a column of each table, however: the {side} table has no {name!r}",
                    remedy=did_you_mean_or_known(name, [str(one) for one in frame.columns]),
                    parameter=what,
                )
    notes = [
        f"left out, as they name no {group}: {count:,} rows of the {side} table"
        for side, frame in frames.items()
        if (count := int(frame[group].isna().sum()))
    ]
    frames = {side: frame[frame[group].notna()].reset_index(drop=True) for side, frame in frames.items()}
    changes = {side: _changing(frame, group) for side, frame in frames.items()}
    apart = [name for name, share in changes["real"].items() if share == 0 and name != order]
    rows = _called(group)
    made = {side: _split(frame, group, apart, rows) for side, frame in frames.items()}
    owner = ForeignKey((group,), group, (group,), kind="owner", nullable=False)
    keys = {group: TableKeys(primary_key=(group,)), rows: TableKeys(foreign_keys=(owner,), order=order)}
    inconstant = {side: {name: changes[side].get(name, 0.0) for name in apart} for side in frames}
    return DatabaseSchema(keys, unit=group), made, inconstant, notes


def _called(group: str) -> str:
    return ROWS if group != ROWS else f"{ROWS} of {group}"


def _changing(frame: pd.DataFrame, group: str) -> dict[str, float]:
    """By column, the share of the groups in which it changes."""
    placed, groups = arranged(pd.factorize(frame[group])[0].astype(np.int64), None)
    found = {}
    for name in frame.columns:
        if name != group:
            codes = _codes(frame[name])[placed]
            moved = (codes[1:] != codes[:-1]) & (groups.position[1:] > 0)
            found[name] = len(np.unique(groups.owner[1:][moved])) / max(len(groups), 1)
    return found


def _codes(values: pd.Series[Any]) -> NDArray[np.int64]:
    return pd.factorize(values, use_na_sentinel=False)[0].astype(np.int64)


def _split(frame: pd.DataFrame, group: str, apart: list[str], rows: str) -> dict[str, pd.DataFrame]:
    known = [name for name in apart if name in frame.columns]
    groups = frame.drop_duplicates(group)[[group, *known]].reset_index(drop=True)
    return {group: groups, rows: frame.drop(columns=known)}
