"""The address of a database: taken apart, and shown without what is secret in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from synthgan.errors import DataError

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HIDDEN: Final = "***"
_LEAST_SECRET: Final = 3  # letters; shorter ones are hidden where they stand alone


@dataclass(frozen=True, repr=False)
class Address:
    """Where a database is.

    Attributes:
        url: all of it, with its secrets.
        shown: the same without user, password and query: what may be told.
        secrets: the parts that may not.
    """

    url: str
    shown: str
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        """What may be told."""
        return f"Address({self.shown!r})"

    def told(self, text: str) -> str:
        """A text in which no secret stands."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            alone = len(secret) < _LEAST_SECRET
            text = re.sub(rf"\b{re.escape(secret)}\b" if alone else re.escape(secret), _HIDDEN, text)
        return text


def is_url(source: object) -> bool:
    """Whether a source is the URL of a database."""
    return isinstance(source, str) and _URL.match(source) is not None


def address_of(url: str) -> Address:
    """Takes a URL apart: ``postgresql://user:password@host:5432/hospital?sslmode=require``.

    Raises:
        DataError: it is none; nothing of it is told.

    Example:
        >>> address_of("postgresql://ann:s3cret@db.example:5432/hospital?token=abc").shown
        'postgresql://db.example:5432/hospital'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise DataError("a database's URL must be one, however: it cannot be read") from error
    given = [parts.username, parts.password, parts.query, parts.fragment]
    given += [value for _, value in parse_qsl(parts.query)]
    secrets = {form for one in given if one for form in (one, unquote(one))}
    place = f"{host}:{port}" if port is not None else host
    return Address(url, f"{parts.scheme}://{place}{parts.path}", tuple(sorted(secrets)))
