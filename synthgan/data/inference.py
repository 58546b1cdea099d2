"""Infers the columns of a table one by one, each converted from its container once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.column import Column, Kind
from synthgan.data.containers.cells import typed_column
from synthgan.data.containers.raw import container_of, names_of, raw_column
from synthgan.data.describe import describe_column, describe_type
from synthgan.errors import DataError, Remedy
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthgan.data.containers.raw import Frame, RawColumn


def infer_columns(
    frame: Frame,
    *,
    identifiers: Iterable[str | int] = (),
    drop: Iterable[str | int] = (),
    types_only: bool = False,
) -> Iterator[tuple[Column, RawColumn]]:
    """Gives each column that is not dropped: what it means, and what it holds; arguments as for `Schema.infer`.

    Free text comes as kind text, for the caller to refuse (`refuse_prose`) or to pass by.

    Raises:
        DataError: as `Schema.infer` does.
    """
    if container_of(frame) is None:
        raise DataError(f"a table must be a pandas, polars or pyarrow one, however: found {type(frame).__name__}")
    names = _checked_names(frame)
    by_text = {str(name): name for name in names}
    dropped = {_known(name, by_text, "drop") for name in drop}
    keys = {_known(name, by_text, "identifiers") for name in identifiers}
    kept = [name for name in names if name not in dropped]
    if not kept:
        raise DataError(f"a table must have columns, however: found none{' but dropped ones' if dropped else ''}")
    if not len(frame) and not types_only:
        raise DataError("a table must have rows, however: found none")
    for name in kept:
        if types_only:
            raw = typed_column(frame, name)
            yield describe_type(raw, name, is_identifier=name in keys), raw
        else:
            raw = raw_column(frame, name)
            yield describe_column(raw, name, is_identifier=name in keys, is_first=name == names[0]), raw


def refuse_prose(columns: Iterable[Column]) -> None:
    """Refuses columns of free text, all of them at once.

    Raises:
        DataError: there is one; the message has the remedies.
    """
    prose = [column.name for column in columns if column.kind is Kind.TEXT]
    if prose:
        found = f"column{'s' if len(prose) > 1 else ''} {', '.join(map(repr, prose))}"
        raise DataError(
            f"{found} must be categories or keys, however: found free text",
            remedy=Remedy.option("drop", prose, "leave out" if len(prose) > 1 else "leave it out")
            | Remedy.option("identifiers", prose, "regenerate as identifiers"),
        )


def _checked_names(frame: Frame) -> list[str | int]:
    names: list[str | int] = []
    for name in names_of(frame):
        if isinstance(name, bool) or not isinstance(name, (str, int, np.integer)):
            raise DataError(f"a column's name must be text or a whole number, however: found {name!r}; rename it")
        names.append(name if isinstance(name, str) else int(name))
    seen: set[str] = set()
    for name in names:
        if str(name) in seen:
            raise DataError(f"column names must differ, however: found {str(name)!r} twice; rename one of them")
        seen.add(str(name))
    return names


def _known(name: str | int, by_text: dict[str, str | int], argument: str) -> str | int:
    if str(name) in by_text:  # the command line has only text: 3 is named as "3"
        return by_text[str(name)]
    raise DataError(
        f"{argument} must name columns of the table, however: found no {name!r}",
        remedy=did_you_mean_or_known(name, by_text),
        parameter=argument,
    )
