"""Reads one condition that is written as text: ``race=A|B``, ``age>=65``, ``"BMI>=30"=yes``, ``site not in (a, b)``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIGN: Final = re.compile(r"\s*(<=|>=|!=|==|=|<|>)\s*(.*)", re.DOTALL)
_WORD: Final = re.compile(r"\s+(not\s+in|in)(?=[\s(\[\"'])\s*(.*)", re.DOTALL | re.IGNORECASE)
_UNKNOWN: Final = re.compile(r"(.*?)(?=\s*(?:[<>=]|!=)|\s+(?:not\s+in|in)[\s(\[\"'])", re.DOTALL | re.IGNORECASE)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_BRACKETS: Final = {"(": ")", "[": "]"}


class Operation(NamedTuple):
    """What a text says of a column.

    Attributes:
        name: the column.
        operator: ``=``, ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in`` or ``not in``.
        values: what stands behind it, one or more; None is missing.
    """

    name: str | int
    operator: str
    values: tuple[Any, ...]


def read_text(text: str, known: Mapping[str, Sequence[Any] | None]) -> Operation:
    """Reads a condition.

    The longest known name that the text begins with is the column, whatever signs it contains; a value that is a known
    level of the column is that level, whatever signs it contains. Anything else with such signs stands in quotes.

    Args:
        text: the condition.
        known: names of columns, and their levels (None for numbers).

    Raises:
        DataError: it is none.

    Example:
        >>> read_text("BMI>=30=yes", {"BMI>=30": ("yes", "no"), "BMI": None})
        Operation(name='BMI>=30', operator='=', values=('yes',))
        >>> read_text("drug!=x|y|z", {"drug": ("x|y", "z")}).values
        ('x|y', 'z')
        >>> read_text('drug="a=b"|c', {}).values
        ('a=b', 'c')
    """
    for start in dict.fromkeys((text, text.lstrip())):
        for name in sorted(known, key=len, reverse=True):
            said = _operation(start[len(name) :]) if start.startswith(name) else None
            if said is not None:
                return _read(text, name, *said, known[name] or ())
    name, rest = unquoted_start(text)
    if not (name or rest) and (found := _UNKNOWN.match(text.lstrip())):
        name, rest = found[1].strip(), text.lstrip()[found.end() :]
    said = _operation(rest)
    if said is None or not name:
        raise DataError(f"a condition must be like sex=F, race=A|B, age>=65 or x= (missing), however: {text!r}")
    return _read(text, name, *said, known.get(name) or ())


def unquoted_start(text: str) -> tuple[str, str]:
    """A name in quotes that a text begins with, and what follows it; two empty texts where there is none.

    Example:
        >>> unquoted_start('"lab values".unit=mmol')
        ('lab values', '.unit=mmol')
    """
    quoted = _QUOTED.match(text.lstrip())
    return (_unquoted(quoted[0]), text.lstrip()[quoted.end() :]) if quoted else ("", "")


def has_operator(text: str) -> bool:
    """Says whether a text can be a condition at all."""
    return bool(_UNKNOWN.match(text.lstrip()))


def as_item(value: object, bounds: str) -> str:
    """Writes a name or a value as it can be read again: in quotes where it holds one of these signs, or is empty."""
    text = str(value)
    if text and text == text.strip() and not set(text) & {*bounds, '"'}:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _operation(rest: str) -> tuple[str, str] | None:
    """The operator that a text begins with, and what follows it; None where it begins with none."""
    found = _SIGN.fullmatch(rest) or _WORD.fullmatch(rest)
    return None if found is None else (" ".join(found[1].lower().split()), found[2])


def _read(text: str, name: str, operator: str, value: str, levels: Sequence[Any]) -> Operation:
    """The operation, its values read; ``levels`` win over every sign."""
    texts = {str(level) for level in levels}
    if operator[0] in "<>":
        bound = value if value in texts else _item(value)
        if not bound:
            raise DataError(f"a range must have a bound, however: {text!r}; write for example {name}{operator}10")
        return Operation(name, operator, (bound,))
    if operator == "==" and value.strip() not in texts and f"={value.strip()}" in texts:
        operator, value = "=", f"={value}"
    if operator in {"in", "not in"} and value.strip() not in texts:
        return Operation(name, operator, _members(value, texts))
    return Operation(name, operator, _split(value, "|", texts))


def _members(value: str, texts: set[str]) -> tuple[Any, ...]:
    """The values of a list behind ``in``, in brackets and with commas, or with bars between."""
    value = value.strip()
    if value and value[-1:] == _BRACKETS.get(value[0]):
        inside = value[1:-1]
        return _split(inside, "|" if "|" in inside and "," not in inside else ",", texts)
    return _split(value, "|", texts)


def _split(value: str, sign: str, texts: set[str]) -> tuple[Any, ...]:
    """The values between signs: known levels that hold the sign are kept whole, the longest first."""
    parts = _parts(value, sign)
    values: list[Any] = []
    while parts:
        for count in range(len(parts), 0, -1):
            whole = sign.join(parts[:count])
            level = whole if whole in texts else whole.strip()
            if count == 1 or level in texts:
                values.append(level if level in texts and level else _item(whole))
                parts = parts[count:]
                break
    return tuple(values)


def _parts(value: str, sign: str) -> list[str]:
    """A text cut at a sign that stands outside quotes."""
    parts, start, at = [], 0, 0
    while at < len(value):
        # Quotes begin a value; elsewhere, as in 5' or d'Or, they are letters.
        quoted = _QUOTED.match(value, at) if not value[start:at].strip() else None
        if quoted:
            at = quoted.end()
        elif value[at] == sign:
            parts.append(value[start:at])
            start = at = at + 1
        else:
            at += 1
    return [*parts, value[start:]]


def _item(text: str) -> str | None:
    """One value without its quotes; None where nothing stands there, which means missing."""
    text = text.strip()
    return _unquoted(text) if _QUOTED.fullmatch(text) else text or None


def _unquoted(text: str) -> str:
    return re.sub(r"\\([\"'\\])", r"\1", text[1:-1])
