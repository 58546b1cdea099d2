"""What a fit does not take from a column: named for the owner of the data, counted for the model file."""

from __future__ import annotations

import math
import warnings
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from synthgan.data.rare import NEAREST, PREFIX, WITHHELD
from synthgan.errors import DataWarning, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMN, LEVELS, VALUES = "column", "levels", "values"
WHATS: Final = (COLUMN, LEVELS, VALUES)
PROSE, RARE, INFINITE, UNREADABLE = "free text", "rare", "infinite", "unreadable"
WHYS: Final = (PROSE, RARE, INFINITE, UNREADABLE)
NOTHING, MISSING = "nothing", "missing"  # drawn in place of what is withheld; else a word


@dataclass(frozen=True, slots=True)
class Withheld:
    """What was not taken from one column.

    Attributes:
        name: the column.
        what: all of it (``"column"``), some ``"levels"`` or some ``"values"``.
        why: ``"free text"``, ``"rare"``, ``"infinite"`` or ``"unreadable"``.
        share: of the column's values, rounded up to a hundredth: a single row does not show.
        levels: how many levels; 0 where that means nothing.
        drawn: what is drawn in their place: ``"nothing"``, ``"missing"``, or the word that stands there.
        line: the same for the owner of the data, who may read values; never in a file. Empty where it was declared.
        remedy: what helps.
    """

    name: str | int
    what: str
    why: str
    share: float
    levels: int
    drawn: str
    line: str = field(default="", compare=False)
    remedy: Remedy | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """What a model file says of it, as JSON: no value of any row."""
        given = asdict(self)
        return {key: given[key] for key in ("name", "what", "why", "share", "levels", "drawn")}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Withheld:
        """Reads what `to_dict` gives."""
        return cls(**given)


def told_of(given: Mapping[str, Any]) -> tuple[str, str]:
    """What was withheld and what is drawn instead, in words, as a model file knows it.

    Example:
        >>> told_of({"name": "job", "what": "levels", "why": "rare", "share": 0.96, "levels": 290, "drawn": "other"})
        ('290 levels of too few rows (96% of the values)', "'other'")
    """
    words = {PROSE: "free text", UNREADABLE: "values that cannot be read", INFINITE: "infinite numbers"}
    levels = f"{given['levels']:,} level{'s' if given['levels'] != 1 else ''} of too few rows"
    levels = "values of too few rows" if given["what"] == VALUES else levels
    share = "all of it" if given["what"] == COLUMN else f"{given['share']:.0%} of the values"
    named = {
        NOTHING: "nothing",
        MISSING: "missing",
        PREFIX: "what their beginnings share",
        NEAREST: "the nearest level",
    }
    return f"{words.get(given['why'], levels)} ({share})", named.get(given["drawn"], repr(given["drawn"]))


def declared_text(name: str | int) -> Withheld:
    """A column that its owner withholds: there is nothing to say aloud."""
    return Withheld(name, COLUMN, PROSE, 1.0, 0, WITHHELD)


def coarse(share: float) -> float:
    """A share as a model file may tell it.

    Example:
        >>> coarse(0.008), coarse(0.941), coarse(0.0)
        (0.01, 0.95, 0.0)
    """
    return min(1.0, math.ceil(round(100 * share, 9)) / 100)


def announce(found: Iterable[Withheld]) -> None:
    """Warns of each, in one line a column, with the remedy."""
    for one in found:
        if one.line:
            warnings.warn(DataWarning(one.line, remedy=one.remedy), stacklevel=2)
