"""Bounds the memory that reading a file may take: as declared, or three quarters of the machine's."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from synthgan.errors import ConfigError, Remedy, ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHARE: Final = 0.75
_ANY_MACHINE: Final = 8_000_000_000  # where the system does not say what it has
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?\s*")

_declared: ContextVar[int | None] = ContextVar("declared", default=None)


@contextmanager
def memory_bound(memory: str | float | None) -> Iterator[None]:
    """Bounds the memory that any reading inside the block may take.

    Args:
        memory: bytes, or a text such as "4GB" or "512 MiB"; None leaves the bound as it is.

    Raises:
        ConfigError: it is no such size.
    """
    before = _declared.get()
    token = _declared.set(before if memory is None else bytes_of(memory))
    try:
        yield
    finally:
        _declared.reset(token)


def bytes_of(memory: str | float) -> int:
    """Reads a size.

    Example:
        >>> bytes_of("4GB"), bytes_of("1.5 MiB"), bytes_of(1000)
        (4000000000, 1572864, 1000)

    Raises:
        ConfigError: it is none.
    """
    found = _SIZE.fullmatch(str(memory).upper())
    size = int(float(found[1]) * (_BINARY if found[3] else _UNITS)[found[2]]) if found else 0
    if size < 1:
        raise ConfigError(f"memory must be a size such as 4GB, however: {memory!r}", parameter="memory")
    return size


def bound() -> int:
    """The bytes that reading may take: as declared, or three quarters of what the machine has."""
    declared = _declared.get()
    return int(_SHARE * _of_machine()) if declared is None else declared


def check_memory(path: str | Path, needed: float) -> None:
    """Refuses what would need more memory than there may be, before it is taken.

    Raises:
        ResourceError: it would.
    """
    most = bound()
    if needed > most:
        raise ResourceError(
            f"{path} must fit into {in_words(most)} of memory, however: reading it takes {in_words(needed)} or more",
            remedy=Remedy.option("memory", _rounded_up(needed), "if the machine has it")
            | "take fewer rows or columns, or smaller images",
        )


def in_words(size: float) -> str:
    """A size in words.

    Example:
        >>> in_words(2_500_000_000), in_words(999)
        ('2.5 GB', '999 bytes')
    """
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size:.0f} bytes"


def _rounded_up(size: float) -> str:
    unit = next((unit for unit, scale in reversed(_UNITS.items()) if size >= 2 * scale), "")
    return f"{int(size / _UNITS[unit]) + 1}{unit}B"


def _of_machine() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not everywhere
        return _ANY_MACHINE
