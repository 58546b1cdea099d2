"""Reads a rule from text: comparisons joined by "and", an arrow between what is so and what follows, "not", "unique"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

Name: TypeAlias = str | int
Read: TypeAlias = "tuple[tuple[Comparison, ...], tuple[Comparison, ...], tuple[Name, ...]]"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_ARROW: Final = re.compile(rf"({_QUOTED})|=>")
_AND: Final = re.compile(rf"({_QUOTED})|\s+and\s+", re.IGNORECASE)
_SIGN: Final = re.compile(rf"({_QUOTED})|<=|>=|!=|==|=|<|>")
_BAR: Final = re.compile(rf"({_QUOTED})|\|")
_COMMA: Final = re.compile(rf"({_QUOTED})|,")
_NOT: Final = re.compile(r"not\s*\((.*)\)", re.DOTALL | re.IGNORECASE)
_UNIQUE: Final = re.compile(r"unique\s*\((.*)\)", re.DOTALL | re.IGNORECASE)
_CONSTANT: Final = re.compile(r'["+\-.\d]')  # what a value begins with that may stand on the left
FLIPPED: Final = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
NEGATED: Final = {"=": "!=", "!=": "=", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column compared with values, or with another column.

    Attributes:
        name: the column.
        sign: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        values: any of these, as text; None is a missing value.
        other: the other column; None where values are meant.
    """

    name: Name
    sign: str
    values: tuple[str | None, ...] = ()
    other: Name | None = None

    @property
    def negated(self) -> Comparison:
        """What must be so where this is not."""
        return replace(self, sign=NEGATED[self.sign])


def read_rule(text: str, names: Sequence[Name]) -> Read | None:
    """Reads a rule: its premise, its consequence, and the columns that are unique together; None where it is none.

    Names and levels with signs in them are written in quotes. A value that is the name of a column is that column.

    Raises:
        SchemaError: a column that it names is not there.
    """
    known = {str(name): name for name in names}
    unique, never = _UNIQUE.fullmatch(text.strip()), _NOT.fullmatch(text.strip())
    if unique is not None:
        columns = tuple(_column(part, known) for part in _split(_COMMA, unique[1]))
        return ((), (), columns) if len(set(columns)) == len(columns) else None
    if never is not None:
        found = _comparisons(never[1], known)
        return None if not found else (tuple(found[:-1]), (found[-1].negated,), ())
    sides = [_comparisons(side, known) for side in _split(_ARROW, text)]
    if len(sides) > 2 or not all(sides):  # noqa: PLR2004 (what is so, and what follows)
        return None
    premise = sides[0] if len(sides) > 1 else []
    return tuple(premise or ()), tuple(sides[-1] or ()), ()


def _comparisons(text: str, known: dict[str, Name]) -> list[Comparison] | None:
    """The comparisons of one side; None where there is something else."""
    found: list[Comparison] = []
    for part in _split(_AND, text):
        signs = [match[0] for match in _SIGN.finditer(part) if match[1] is None]
        operands = _split(_SIGN, part)
        if not signs or (len(signs) > 1 and not all(sign[0] in "<>" for sign in signs)):
            return None
        for left, sign, right in zip(operands, signs, operands[1:], strict=False):
            one = _comparison(left, "=" if sign == "==" else sign, right, known)
            if one is None:
                return None
            found.append(one)
    return found


def _comparison(left: str, sign: str, right: str, known: dict[str, Name]) -> Comparison | None:
    first, second = _plain(left), _plain(right)
    if first in known and second in known:
        return Comparison(known[first], sign, other=known[second]) if first != second else None
    if first not in known and second in known and _CONSTANT.match(left.strip()):
        left, sign, right = right, FLIPPED[sign], left
    values = tuple(_plain(value) or None for value in _split(_BAR, right))
    if sign not in {"=", "!="} and (len(values) > 1 or None in values):
        return None
    return Comparison(_column(left, known), sign, values)


def _column(text: str, known: dict[str, Name]) -> Name:
    name = _plain(text)
    if name not in known:
        raise SchemaError(
            f"a rule must name columns of the schema, however: found no {name!r}", remedy=did_you_mean(name, known)
        )
    return known[name]


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """The parts of a text between those matches of a pattern that stand in no quotes."""
    parts, start = [], 0
    for match in pattern.finditer(text):
        if match[1] is None:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _plain(text: str) -> str:
    """A name or a value without the blanks and the quotes around it."""
    text = text.strip()
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if re.fullmatch(_QUOTED, text) else text
