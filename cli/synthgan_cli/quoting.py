"""Commands as the shell takes them, for the user to copy."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def quoted(text: str) -> str:
    r"""A text as the shell takes it, on one line whatever it holds.

    Example:
        >>> quoted("age"), quoted("blood pressure"), quoted("it's")
        ('age', "'blood pressure'", '\'it\'"\'"\'s\'')
        >>> print(quoted("two\nlines"))
        $'two\nlines'
    """
    if text.isprintable():
        return shlex.quote(text)
    escaped = (_escaped(letter) for letter in text)
    return f"$'{''.join(escaped)}'"


def command_line(words: Iterable[str]) -> str:
    """A command as the shell takes it."""
    return " ".join(map(quoted, words))


def _escaped(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(letter, f"\\U{ord(letter):08x}")
