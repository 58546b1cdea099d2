"""Text from files and people as it may be shown: characters that command a terminal or deceive the eye are written out."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

_JOINERS = "\u200c\u200d"  # format characters that some scripts cannot be written without
_SCHEME = r"(?<![A-Za-z0-9+.-])(?!https?:)[A-Za-z][A-Za-z0-9+.-]+:/+"
_USER = re.compile(rf"({_SCHEME})[^\s/]*@")
_TABLE = r"table=[\w.+%-]+(?:[\s'\":;,]|$)"  # which is no secret where nothing follows
_QUERY = re.compile(rf"({_SCHEME}[^\s?]*)\?(?!{_TABLE})[^\s'\":;,]*")
_DECEPTIVE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def without_secrets(text: str) -> str:
    """Leave users, passwords and queries out of URLs in a text; of those that a path has made of them, too.

    Example:
        >>> print(without_secrets("postgresql:/ann:s3cret@host/db?token=x: there is no such file"))
        postgresql:/***@host/db?***: there is no such file
        >>> print(without_secrets("duckdb:///clinic.duckdb?table=visits"))
        duckdb:///clinic.duckdb?table=visits
    """
    return _QUERY.sub(r"\1?***", _USER.sub(r"\1***@", text))


def escaped(text: str, *, keep: str = "") -> str:
    r"""Write controls, marks that turn the direction of text, and lone surrogates as Python would.

    Args:
        text: from wherever.
        keep: characters that stay as they are.

    Example:
        >>> print(escaped("ward\u202e\x1b[2J\n7"))
        ward\u202e\x1b[2J\n7
    """
    if text.isprintable():
        return text
    return "".join(
        character if character in keep or _is_plain(character) else _written(character) for character in text
    )


def escaped_json(text: str) -> str:
    r"""JSON that means the same and shows no such character; between its tokens it has line breaks alone.

    Example:
        >>> print(escaped_json('{"name": "ward\u202e\x7f"}'))
        {"name": "ward\u202e\u007f"}
    """
    if text.isprintable():
        return text
    return "".join(one if one == "\n" or _is_plain(one) else _in_json(one) for one in text)


class EscapedStream(io.RawIOBase):
    """A stream of UTF-8 that writes what it is given to a terminal, escaped; lines and tabs stay."""

    def __init__(self, terminal: TextIO) -> None:
        """Write to a terminal."""
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def write(self, data: Any, /) -> int:
        """Write bytes; those of a character that is cut wait for the rest."""
        content = bytes(data)
        self._terminal.write(escaped(self._decoder.decode(content), keep="\n\t"))
        return len(content)


def _is_plain(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _DECEPTIVE


def _written(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return re.sub("....", r"\\u\g<0>", units)
