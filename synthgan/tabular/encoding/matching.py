"""Finds the level of a column that a value in a condition means."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.data.containers.cells import as_text
from synthgan.data.exact import to_fraction

if TYPE_CHECKING:
    from collections.abc import Sequence

_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def find_level(value: Any, levels: Sequence[Any], *, is_truth: bool = False) -> int | None:
    """The index of the level that a value means; None where it is none of them.

    A level is meant by itself, by its text, by a number that is equal to it, and true and false also as yes and no, 1 and 0.

    Args:
        value: what a condition names; not missing.
        levels: text, numbers, or true and false.
        is_truth: whether the levels are those of a boolean column.

    Example:
        >>> find_level(10.0, ("10", "20")), find_level("1.50", (1.5, 2.0)), find_level("YES", (False, True), is_truth=True)
        (0, 0, 1)
        >>> find_level("None", ("a",)), find_level(7, ("07",))
        (None, None)
    """
    by_text = {str(level): code for code, level in enumerate(levels)}
    for text in _texts(value):
        if text in by_text:
            return by_text[text]
    if is_truth:
        truth = _TRUTH.get(str(value).strip().lower())
        return next((code for code, level in enumerate(levels) if level is truth), None)
    if not all(isinstance(level, (bool, int, float)) for level in levels) and not isinstance(value, Decimal):
        return None
    try:
        number = to_fraction(value)
        return next((code for code, level in enumerate(levels) if to_fraction(level) == number), None)
    except (TypeError, ValueError, ArithmeticError):
        return None


def _texts(value: Any) -> list[str]:
    """How a value may be written as a level, likeliest first."""
    texts = [str(value)]
    if isinstance(value, (dt.date, dt.time, dt.timedelta, Decimal)):
        texts = [as_text(value) or texts[0], *texts]
    if isinstance(value, np.datetime64):
        texts.append(str(value.astype("M8[D]")))
    if isinstance(value, (float, np.floating)) and np.isfinite(value) and value == int(value):
        texts.append(str(int(value)))  # codes that a gap had made floats
    return texts
