"""Finds in which encoding a text is written, by its first bytes and by the letters that it would hold."""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Those that Windows, DOS and the Mac wrote in Europe and America; where two do as well, the first.
_WESTERN: Final = ("cp1252", "cp1250", "cp850", "mac_roman", "latin-1")
_LETTERS: Final = frozenset("äöüÄÖÜßéèêëàâçîïôùûÉÈÀÇáíóúñÁÍÓÚÑãõÃÕåøæÅØÆ")
_EASTERN: Final = frozenset("ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽőűŐŰ")
_SIGNS: Final = frozenset("°µ€£§±²³½¼¾’‘“”„–—·«»…™®©\u00a0")
_LONG_RUN: Final = re.compile(rb"[\x80-\xff]{3,}")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_IN_WORDS: Final = frozenset("’·")
_WORD: Final = re.compile(r"([\x00-\x7f]?)([^\x00-\x7f])(?=([\x00-\x7f]?))")
_FEW: Final = 4


def marked_encoding(head: bytes) -> str | None:
    """Gives the encoding that a text says itself by its first bytes; None where it says none.

    Example:
        >>> marked_encoding("ä".encode("utf-16")), marked_encoding(b"a;b")
        ('utf-16', None)
    """
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def encoding_of(sample: bytes) -> str | None:
    """Finds the encoding of a text by a part of it; None where it is none of Western or Central Europe, and not Unicode.

    Example:
        >>> encoding_of("Größe;Menge".encode("cp1252")), encoding_of("Größe".encode()), encoding_of("Размер".encode("cp1251"))
        ('cp1252', 'utf-8', None)
    """
    if marked := marked_encoding(sample):
        return marked
    if wide := _wide(sample):
        return wide
    if is_utf8(sample):
        return "utf-8"
    if sum(map(len, _LONG_RUN.findall(sample))) * 2 > len(_HIGH.findall(sample)):
        return None  # whole words of them: another alphabet
    letters = [letter for letter in sample.decode("utf-8", "replace") if not letter.isascii()]
    if letters.count("\ufffd") * 2 < len(letters):
        return None  # most of it is UTF-8, and the rest is damaged
    scores = {name: _score(sample, name) for name in _WESTERN}
    return max(scores, key=lambda name: scores[name])


def is_utf8(sample: bytes) -> bool:
    """Says whether a part of a text is UTF-8; at its end a letter may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: of plain letters, every other byte is zero."""
    if len(sample) < _FEW or len(sample[:1000]) % 2:
        sample = sample[: len(sample) // 2 * 2]
    for name, zeros, letters in (
        ("utf-16-le", sample[1:1000:2], sample[:1000:2]),
        ("utf-16-be", sample[:1000:2], sample[1:1000:2]),
    ):
        if len(zeros) >= _FEW and zeros.count(0) * 2 > len(zeros) and not letters.count(0):
            return name
    return None


def _score(sample: bytes, name: str) -> float:
    """How many letters are such as these languages have; odd signs, and capitals inside of words, count against it."""
    try:
        text = codecs.decode(sample, name)
    except UnicodeDecodeError:
        return float("-inf")
    return sum(_likelihood(*found) for found in _WORD.findall(text))


def _likelihood(before: str, letter: str, behind: str) -> float:
    if letter in _SIGNS:
        return -1 if before.isalpha() and behind.isalpha() and letter not in _IN_WORDS else 1
    if not letter.isalpha() or (before.islower() and letter.isupper()):
        return -1
    return 1 if letter in _LETTERS else 0.9 if letter in _EASTERN else 0
