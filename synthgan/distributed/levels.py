"""How often each level of a column occurs, counted exactly and added up over pieces."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.checks import is_whole
from synthgan.io.texttypes import typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

MAX_LEVELS = 10_000  # of a column of text: what has more is no column of levels
MAX_CODES = 50  # of whole numbers: what has more is a number


class Gaps(Counter[Any]):
    """Of a column that holds no levels, or too many: how often it is missing, and nothing else."""


def levels_of(table: pa.Table, known: Mapping[str, Counter[Any]]) -> dict[str, Counter[Any]]:
    """By column how often each level occurs, None (missing) among them.

    Args:
        table: some rows.
        known: what was counted in others; where that is missing values alone, no levels are looked at.
    """
    return {name: _levels(table[name], isinstance(known.get(name), Gaps)) for name in table.column_names}


def add_levels(counts: dict[str, Counter[Any]], more: Mapping[str, Counter[Any]]) -> None:
    """Add counts of other rows."""
    for name, levels in more.items():
        held = counts.setdefault(name, type(levels)())
        held.update(levels)
        if isinstance(levels, Gaps) or len(held) > (MAX_CODES if _of_numbers(held) else MAX_LEVELS):
            counts[name] = Gaps({None: held[None]})


def lacking_levels(counts: Mapping[str, Counter[Any]], table: pa.Table, rare_below: int) -> dict[str, list[Any]]:
    """By column, the levels that enough of all rows have and too few of those kept."""
    kept, lacking = levels_of(table, counts), {}
    for name, levels in counts.items():
        few = [
            level
            for level, count in levels.items()
            if count >= rare_below and kept[name][level] < min(2 * rare_below, count)
        ]
        if few and not _is_text_of_numbers(levels):
            lacking[name] = few
    return lacking


def is_one_of(column: pa.ChunkedArray, levels: Iterable[Any]) -> NDArray[np.bool_]:
    """Whether each value is one of some levels, None (missing) among them, bool ``[rows]``."""
    column, kind = _plain(column)
    return np.asarray(pc.is_in(column, value_set=pa.array(list(levels), kind)))


def _levels(column: pa.ChunkedArray, gaps: bool) -> Counter[Any]:
    column, kind = _plain(column)
    text = pa.types.is_boolean(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not gaps and (text or pa.types.is_integer(kind)):
        found = pc.value_counts(column)
        if len(found) <= (MAX_LEVELS if text else MAX_CODES):
            return Counter(dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)))
    return Gaps({None: column.null_count})


def _of_numbers(levels: Counter[Any]) -> bool:
    return any(map(is_whole, levels))


def _is_text_of_numbers(levels: Counter[Any]) -> bool:
    """Whether many texts are numbers or dates, which no single one of is a level."""
    texts = [level for level in levels if isinstance(level, str)]
    return len(texts) > MAX_CODES and not pa.types.is_string(typed(pa.chunked_array([texts])).type)


def _plain(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.DataType]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    return column, kind
