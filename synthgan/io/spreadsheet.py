"""Keeps text from being run: a cell that begins as a formula does is written behind an apostrophe, and read without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

# Spreadsheets run what begins so. Numbers and mere dashes do no harm, and stay as they are.
_BEGINS: Final = r"^'*[=+\-@\t\r\n]"
_HARMLESS: Final = r"^'*([+-]?[\d.,\s'’\x{a0}\x{202f}]*([eE][+-]?\d+)?[\s\x{a0}]*[%€$£]?|[+-]+)$"
_OWN: Final = r"^''*[=+\-@\t\r\n]"


def guarded(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Puts an apostrophe before the cells of a column of text that a spreadsheet would run.

    Example:
        >>> guarded(pa.array(["=1+1", "-5", "@me", "'+x", "a=b", "--", None])).to_pylist()
        ["'=1+1", '-5', "'@me", "''+x", 'a=b', '--', None]
    """
    return _changed(column, _BEGINS, lambda cells: pc.binary_join_element_wise("'", cells, ""))


def unguarded(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Takes away what `guarded` puts.

    Example:
        >>> unguarded(pa.array(["'=1+1", "'-5", "''+x", "'a'"])).to_pylist()
        ['=1+1', "'-5", "'+x", "'a'"]
    """
    return _changed(column, _OWN, lambda cells: pc.utf8_slice_codeunits(cells, 1, None))


def guarded_names(names: list[str]) -> list[str]:
    """The same for the names in a header."""
    return guarded(pa.array(names, pa.string())).to_pylist()


def unguarded_names(names: list[str]) -> list[str]:
    """Takes away what `guarded_names` puts."""
    return unguarded(pa.array(names, pa.string())).to_pylist()


def _changed(
    column: pa.Array | pa.ChunkedArray, begins: str, change: Callable[[pa.Array], pa.Array]
) -> pa.Array | pa.ChunkedArray:
    found = pc.match_substring_regex(column, begins)
    if not pc.any(found).as_py():
        return column
    found = pc.and_(found, pc.invert(pc.match_substring_regex(column, _HARMLESS)))
    return pc.if_else(found, change(column), column)
