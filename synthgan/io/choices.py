"""Says how files are to be read where they do not say it themselves: what the user chose, for all that is read in a block."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from synthgan.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen; None is to be found out.

    Attributes:
        encoding: of text, as Python names it.
        decimal: the mark before decimals, "." or ",".
        missing: further marks that mean missing, in every column.
        delimiter: what stands between cells.
        quote: what stands around cells.
        lines_above: lines above the header.
        sheet: of a workbook, by name.
    """

    encoding: str | None = None
    decimal: str | None = None
    missing: tuple[str, ...] | None = None
    delimiter: str | None = None
    quote: str | None = None
    lines_above: int | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        """Refuses what no file can be read by."""
        if self.encoding is not None:
            check_encoding(self.encoding)
        if self.decimal not in {None, ".", ","}:
            raise ConfigError(f'decimal must be "." or ",", however: {self.decimal!r}', parameter="decimal")
        for name in ("delimiter", "quote"):
            mark = getattr(self, name)
            if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in "\r\n"):
                raise ConfigError(f"{name} must be one sign, however: {mark!r}", parameter=name)


_chosen: ContextVar[Choices] = ContextVar("chosen", default=Choices())  # noqa: B039 (it is frozen)


def chosen() -> Choices:
    """What holds now."""
    return _chosen.get()


@contextmanager
def reading_as(
    *,
    encoding: str | None = None,
    decimal: str | None = None,
    na: Sequence[str] | None = None,
    source: Mapping[str, Any] | None = None,
) -> Iterator[None]:
    """Chooses how all files inside the block are read.

    Args:
        encoding: of text, such as "cp1252"; None finds it.
        decimal: the mark before decimals, "." or ","; None finds it.
        na: further marks that mean missing, in every column.
        source: what a schema says of its file; what was chosen outside of it, or beside it, comes first.

    Raises:
        ConfigError: one of them is no such thing.
    """
    said = {field.name: (source or {}).get(field.name) for field in fields(Choices)}
    outer = {field.name: getattr(_chosen.get(), field.name) for field in fields(Choices)}
    given = {"encoding": encoding, "decimal": decimal, "missing": None if na is None else tuple(na)}
    said["missing"] = None if said["missing"] is None else tuple(said["missing"])
    merged = dict(said)
    for choices in (outer, given):
        merged |= {name: value for name, value in choices.items() if value is not None}
    token = _chosen.set(Choices(**merged))
    try:
        yield
    finally:
        _chosen.reset(token)


def check_encoding(name: str) -> None:
    """Refuses what is no encoding of text.

    Raises:
        ConfigError: it is none.
    """
    try:
        codecs.lookup(name)
        "a".encode(name)
    except (LookupError, ValueError) as error:
        raise ConfigError(
            f"encoding must be one that Python knows, such as utf-8, cp1252 or latin-1, however: {name!r}",
            parameter="encoding",
        ) from error
