"""Text that may be shown: without characters that deceive the eye, and without levels that only few people hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthgan.escapes import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthgan.metrics.data.columns import Name

LONGEST = 80  # characters of a name or a level
WITHHELD = "(a rare level)"
MISSING = "missing"  # the label of the cell of gaps


def plain(text: object, longest: int | None = LONGEST) -> str:
    r"""Write controls, marks that turn the direction of text, and lone surrogates as escapes; cut what is too long.

    Example:
        >>> plain("ward\u202e\n7")
        'ward\\u202e\\n7'
    """
    shown = escaped(str(text))
    return shown if longest is None or len(shown) <= longest else f"{shown[: longest - 1]}…"


class Withholder:
    """Takes levels that must not be named out of sentences that others wrote."""

    def __init__(self, hidden: Mapping[Name, Iterable[str]]) -> None:
        """Take the hidden levels of each column; the word for a gap names nobody, and sentences need it."""
        spared = {"", MISSING}
        self._hidden = {
            name: [label for label in labels if label.strip() not in spared] for name, labels in hidden.items()
        }

    def sentence(self, text: str) -> str:
        """Return the text with every hidden level replaced.

        A level that reads like a word is replaced wherever it stands alone; a number or a single letter only in quotes or
        right after its column's name, or every figure of a sentence would be suspect.
        """
        found = [
            match.span("level")
            for name, labels in self._hidden.items()
            for label in labels
            if label in text
            for match in _pattern(name, label).finditer(text)
        ]
        for start, end in reversed(_joined(found)):
            text = text[:start] + WITHHELD + text[end:]
        return text

    def mentions(self, name: Name, text: str) -> bool:
        """Whether a text about a column names one of its hidden levels, or another column's."""
        own = any(re.search(_alone(label), text) for label in self._hidden.get(name, ()) if label in text)
        return own or self.sentence(text) != text


def _alone(label: str) -> str:
    return rf"(?<!\w)(?P<level>{re.escape(label)})(?!\w)"


def _pattern(name: Name, label: str) -> re.Pattern[str]:
    if len(label) > 1 and any(character.isalpha() for character in label):
        return re.compile(_alone(label))
    before = [re.escape(f"{name}{between}") for between in (" ", "=", " = ", ": ", " is ")]
    named = "|".join(f"(?<={words})" for words in [*before, "['\"“‘«]"])
    return re.compile(rf"(?:{named})(?P<level>{re.escape(label)})(?!\w|[.,]\d)")


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that overlap; ascending."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
