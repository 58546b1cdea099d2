"""Grouping: real levels of few rows are read as what the synthetic table names in their place.

A level that few rows hold is never released. The synthetic table says what such levels have in common instead ("250.*"), or
one word for all of them ("other"). Compared letter by letter, these rows would be told at a glance, whatever else is in them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.rare import is_placeholder, label_of, prefix_in, prefixes_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.column import Scalar
    from synthgan.data.values import Levels

RARE_BELOW: Final = 10  # rows: as fits have it unless told otherwise; what more rows hold must be there by its own name


def grouped(sides: Mapping[str, Levels]) -> tuple[dict[str, Levels], int]:
    """Read levels of few real rows as the groups that the synthetic table names, in every real table.

    Args:
        sides: One column, by the table it stands in: "real", "synthetic" and perhaps "holdout".

    Returns:
        The column by table, and how many levels of the real table are read as a group.

    Example:
        >>> from synthgan.data.values import Levels
        >>> real = Levels(np.array([0] * 20 + [1, 2], np.int32), ("flu", "250.1", "250.3"))
        >>> drawn = Levels(np.array([0] * 20 + [1, 1], np.int32), ("flu", "250.*"))
        >>> read, count = grouped({"real": real, "synthetic": drawn})
        >>> count, read["real"].levels, read["real"].codes[-2:].tolist()
        (2, ('flu', '250.*'), [1, 1])
    """
    drawn = {level for level in sides["synthetic"].levels if isinstance(level, str)}
    own = {level for side, column in sides.items() if side != "synthetic" for level in column.levels}
    new = drawn - own
    prefixes = prefixes_named(new, own)
    word = next((level for level in sorted(new) if is_placeholder(level)), None)
    if not prefixes and word is None:
        return dict(sides), 0
    real = sides["real"]
    rows = np.bincount(real.codes[real.codes >= 0], minlength=len(real.levels))
    common = {level for level, count in zip(real.levels, rows, strict=True) if count >= RARE_BELOW}
    stands: dict[Scalar, Scalar] = {}
    for level in own - drawn - common:
        start = prefix_in(level, prefixes) if isinstance(level, str) else None
        name = word if start is None else label_of(start)
        if name is not None:
            stands[level] = name
    read = {side: column if side == "synthetic" else _renamed(column, stands) for side, column in sides.items()}
    return read, sum(level in stands for level in real.levels)


def _renamed(column: Levels, names: Mapping[Scalar, Scalar]) -> Levels:
    """The column with other names for some levels; levels of one name become one."""
    wanted = [names.get(level, level) for level in column.levels]
    levels = tuple(dict.fromkeys(wanted))
    index = {level: code for code, level in enumerate(levels)}
    codes = np.array([index[level] for level in wanted] + [-1], dtype=np.int32)
    return replace(column, codes=codes[column.codes], levels=levels)
