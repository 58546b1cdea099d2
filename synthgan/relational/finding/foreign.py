"""Finds foreign keys of one column: names say what may refer to what, values whether it does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from synthgan.data.keys import ForeignKey, Question
from synthgan.relational.finding.names import (
    ENDING,
    NOTHING,
    ROLE,
    SAME,
    TABLE,
    has_suffix,
    is_called_id,
    is_generic,
    is_own_key,
    likeness,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from synthgan.relational.finding.profile import Profile

_LEAST_INCLUSION: Final = 0.97
_LEAST_OF_ONE_NAME: Final = 0.9  # where a column has the very name of the key: the rest are orphans
_LEAST_ASKED: Final = 0.5
_LEAST_COVERAGE: Final = 0.05  # of the keys, by a column that no name speaks for
_LEAST_CODES: Final = 20  # distinct texts that two columns hardly share by chance
_LEAST_WHOLE: Final = 10  # distinct whole numbers, of which a few lie among any keys
_LEAST_VALUES: Final = 2  # of random text that no name speaks for


@dataclass(frozen=True)
class _Evidence:
    """What speaks for a column's being a key.

    Attributes:
        child: the column.
        target: the key that it may refer to.
        name: how strongly its name says so.
        values: the share of its values that are keys.
        rows: the share of its rows that are.
    """

    child: Profile
    target: Profile
    name: int
    values: float
    rows: float

    @property
    def holds(self) -> bool:
        """Whether it is enough."""
        if self.name >= ENDING:
            enough = _LEAST_OF_ONE_NAME if self.name >= SAME else _LEAST_INCLUSION
            return max(self.values, self.rows) >= enough
        if self.child.sort == self.target.sort == "random":
            return (
                self.values >= _LEAST_INCLUSION and len(self.child.values) >= _LEAST_VALUES and not self.child.is_unique
            )
        return self.name == ROLE and self.values == 1 and len(self.child.values) >= _LEAST_VALUES

    @property
    def asks(self) -> bool:
        """Whether it is enough to ask."""
        if self.name >= ENDING:
            return max(self.values, self.rows) >= _LEAST_ASKED
        if self.name == ROLE:
            return self.values >= _LEAST_INCLUSION
        if self.child.sort == self.target.sort == "text":
            return self.values >= _LEAST_OF_ONE_NAME and len(self.child.values) >= _LEAST_CODES
        many = self.coverage >= _LEAST_COVERAGE and len(self.child.values) >= _LEAST_WHOLE
        told = is_called_id(self.child.said) and not self.child.is_unique and many
        return told and self.values == 1 and is_own_key(self.target.table, self.target.said)

    @property
    def weight(self) -> tuple[float, ...]:
        """What decides between several keys that a column may refer to."""
        at_home = self.name >= TABLE and is_own_key(self.target.table, self.target.said)
        return at_home, self.name, self.values, self.coverage if self.name < ENDING else len(self.target.values)

    @property
    def coverage(self) -> float:
        """The share of the keys that the column names."""
        return len(self.child.values) / len(self.target.values)

    def key(self) -> ForeignKey:
        """The foreign key."""
        by = "values" if self.name == NOTHING else "names"
        found_by = f"{by} and inclusion {self.rows:.2f}"
        nullable = self.child.missing > 0
        return ForeignKey((self.child.name,), self.target.table, (self.target.name,), "reference", nullable, found_by)


def find_foreign(
    columns: Sequence[Profile], settled: Mapping[str, Collection[str]]
) -> tuple[dict[str, list[ForeignKey]], list[Question]]:
    """Gives the foreign keys by table, and those that may be some.

    Args:
        columns: all columns of all tables that may be keys.
        settled: tables that declare foreign keys, with the columns of these: of others it is asked only.
    """
    targets = _targets(columns)
    found: dict[str, list[ForeignKey]] = defaultdict(list)
    asked: list[Question] = []
    for child in columns:
        if child.name in settled.get(child.table, ()) or not len(child.values) or (child.is_unique and _is_home(child)):
            continue
        evidence = [one for target in targets if (one := _evidence(child, target)) is not None]
        best = max((one for one in evidence if one.holds), key=lambda one: one.weight, default=None)
        if best is not None and child.table not in settled:
            found[child.table].append(best.key())
            continue
        maybe = best or max((one for one in evidence if one.asks), key=lambda one: one.weight, default=None)
        if maybe is not None and (best is not None or child.table not in settled):
            asked.append(Question(child.table, maybe.key()))
    return found, asked


def _evidence(child: Profile, target: Profile) -> _Evidence | None:
    """What speaks for a key; None where nothing could."""
    if child is target or (child.sort == "whole") != (target.sort == "whole"):
        return None
    own = child.table == target.table
    name = likeness(child.said, target.table, target.said, own=own)
    if own and name == SAME:
        return None
    if name == NOTHING and child.sort == "whole" and not has_suffix(child.said):
        return None
    values, rows = child.inside(target)
    return _Evidence(child, target, name, values, rows) if values > 0 else None


def _targets(columns: Sequence[Profile]) -> list[Profile]:
    """The columns that may be referred to: they tell rows apart, of which there are some, and of several of one name some are at home."""
    possible = [one for one in columns if one.is_unique and len(one.values) >= _LEAST_VALUES and _may_be_key(one)]
    named: dict[str, list[Profile]] = defaultdict(list)
    for one in possible:
        named[one.said if is_generic(one.said) else plain(one.said)].append(one)
    return [one for name, alike in named.items() for one in (alike if is_generic(name) else _homes(alike))]


def _homes(alike: Sequence[Profile]) -> list[Profile]:
    """Of keys of one name those that are at home: each that is no part of another one of them."""
    kept: list[Profile] = []
    for one in sorted(alike, key=_at_home, reverse=True):
        if all(one.inside(other)[0] < _LEAST_OF_ONE_NAME for other in kept):
            kept.append(one)
    return kept


def _may_be_key(column: Profile) -> bool:
    return has_suffix(column.said) or is_own_key(column.table, column.said) or column.sort == "random" or column.at == 0


def _at_home(column: Profile) -> tuple[float, ...]:
    return is_own_key(column.table, column.said), len(column.values), -column.at


def _is_home(column: Profile) -> bool:
    """Whether a key is called after its own table, so that it refers to nobody."""
    return is_own_key(column.table, column.said)
