"""What is withheld of the columns of linked tables, told with the name of the table."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, TypeVar

from synthgan.errors import DataWarning

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable

    from synthgan.data.withheld import Withheld
    from synthgan.gan.train import Progress

T = TypeVar("T")


def quietly(steps: Generator[Progress, None, T]) -> Generator[Progress, None, T]:
    """The same steps; what they would say of columns is left to ``announce_of``."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            try:
                step = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
        yield step


def announce_of(table: str, found: Iterable[Withheld], names: Collection[str | int]) -> None:
    """Warns of each column of these names, in one line; a public table is better declared a dimension."""
    for one in found:
        if one.line and one.name in names:
            warnings.warn(DataWarning(f"table {table!r}: {one.line}"), stacklevel=2)
