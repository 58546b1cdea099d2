"""Finds keys that nobody declared, by uniqueness, inclusion, type and name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.relational.links import link

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEAST_INCLUSION: Final = 0.97


@dataclass(frozen=True)
class _Key:
    table: str
    column: str


def find_keys(tables: Mapping[str, pd.DataFrame]) -> dict[str, TableKeys]:
    """Gives the keys of tables of which nothing is known."""
    primary = {name: key for name, frame in tables.items() if (key := _primary(name, frame)) is not None}
    found = {}
    for name, frame in tables.items():
        keys = []
        for column in frame.columns:
            parent = next((other for other, key in primary.items() if _alike(name, column, other, key)), None)
            if parent is None or not _is_key_type(frame[column]):
                continue
            at = link(frame, [column], tables[parent], [primary[parent]])
            asked = frame[column].notna().sum()
            share = float((at >= 0).sum() / asked) if asked else 0.0
            if share >= _LEAST_INCLUSION:
                nullable = bool(frame[column].isna().any())
                keys.append(
                    ForeignKey(
                        (column,), parent, (primary[parent],), "reference", nullable, f"names and inclusion {share:.2f}"
                    )
                )
        mine = primary.get(name)
        found[name] = TableKeys((mine,) if mine else None, "uniqueness and name", tuple(keys))
    return found


def _primary(name: str, frame: pd.DataFrame) -> str | None:
    wanted = {"id", f"{_plain(name)}id", f"{_singular(_plain(name))}id"}
    possible = [column for column in frame.columns if _is_key_type(frame[column]) and frame[column].is_unique]
    possible = [column for column in possible if _plain(column).endswith("id") and not frame[column].hasnans]
    return next((one for one in possible if _plain(one) in wanted), None) or next(iter(possible), None)


def _alike(table: str, column: str, parent: str, key: str) -> bool:
    if (table, column) == (parent, key):
        return False
    names = {f"{_plain(parent)}id", f"{_singular(_plain(parent))}id", _plain(parent), _singular(_plain(parent))}
    return (_plain(column) == _plain(key) and _plain(key) != "id") or _plain(column) in names


def _plain(name: Any) -> str:
    return "".join(letter for letter in str(name).lower() if letter.isalnum())


def _singular(name: str) -> str:
    return name.removesuffix("s")


def _is_key_type(series: pd.Series[Any]) -> bool:
    types = pd.api.types
    return (
        types.is_integer_dtype(series.dtype)
        or types.is_float_dtype(series.dtype)
        or types.is_string_dtype(series.dtype)
    )
