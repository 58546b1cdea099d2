"""What given rows of a database will say in the end: how many rows belong and refer to them, and totals of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from synthgan.data.table import Table
from synthgan.data.values import Numbers
from synthgan.relational.completing import drawn_above
from synthgan.relational.parts import Grown, count_name, referred_name, transform_of
from synthgan.relational.rules.sight import is_number
from synthgan.relational.totalling import totals_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.linkedrules import LinkedRule
    from synthgan.data.values import Values
    from synthgan.relational.completing import Draw
    from synthgan.relational.parts import Plain, Root
    from synthgan.runtime import Streams

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SEVERAL = 3  # counts drawn of each row

Draws: TypeAlias = Callable[..., "Draw"]  # of a table, names of columns, and streams


def completed(
    part: Plain | Root | Grown, learned: Table, draws: Draws, streams: Streams
) -> tuple[Table, dict[str, Ints]]:
    """Given rows with what rows below will say of them: first how many these are, of which there are none fewer, then their totals.

    Args:
        part: of the table.
        learned: its given rows as they are learned.
        draws: gives what draws columns of rows, given all others.
        streams: randomness.

    Returns:
        the rows; and by column of a count, ``SEVERAL`` that were drawn of each row, ``[several, rows]``, the first of which stands in them.
    """
    counts, totals = _counts(part), [name for name in _open(part) if name not in _counts(part)]
    drawn: dict[str, Ints] = {}
    if not len(learned):
        return learned, drawn
    if counts:
        learned, found = _filled(part, learned, counts, totals, draws, streams.below("counts"), SEVERAL)
        drawn = {name: np.rint(np.nan_to_num(found[:, :, at])).astype(np.int64) for at, name in enumerate(counts)}
    if totals:
        learned, _ = _filled(part, learned, totals, [], draws, streams.below("totals"))
    return learned, drawn


def _filled(
    part: Plain | Root | Grown,
    learned: Table,
    names: Sequence[str],
    others: Sequence[str],
    draws: Draws,
    streams: Streams,
    several: int = 1,
) -> tuple[Table, Floats]:
    """Columns drawn given all but some others, and what was drawn of them, ``[several, rows, columns]``."""
    counts, rules = _counts(part), _totals(part)
    floors = np.full((len(learned), len(names) + len(others)), -np.inf)
    for at, name in enumerate(names):
        so_far = learned.float64(learned.schema.column(name))
        if name in counts or _grows(rules[name], so_far):
            floors[:, at] = np.where(np.isnan(so_far), -np.inf, so_far)
    values = drawn_above(draws(learned, [*names, *others], streams), floors, several, streams.below("drawn"))
    changed: dict[str | int, tuple[Column, Values]] = {}
    for name, own, floor in zip(names, values[0].T, floors.T, strict=False):
        column = learned.schema.column(name)
        if name in counts:
            changed[name] = column, Numbers(pa.array(np.maximum(np.rint(np.nan_to_num(own)), floor).astype(np.int64)))
        else:
            there, one = np.where(np.isfinite(own), own, learned.float64(column)), learned.schema.of_columns([column])
            changed[name] = column, Table.of(one, {name: there}, len(own)).columns[name]
    return learned.replaced(changed), values


def _counts(part: Plain | Root | Grown) -> list[str]:
    """The columns that say how many rows belong and refer to a row, as far as they are learned."""
    shape = part.shape
    names = [*map(count_name, shape.children), *(referred_name(*one) for one in shape.counted)]
    return [name for name in _open(part) if name in names]


def _open(part: Plain | Root | Grown) -> list[str]:
    """The columns of numbers that rows below will say in the end."""
    shape, transform = part.shape, transform_of(part)
    names = [*map(count_name, shape.children), *(referred_name(*one) for one in shape.counted), *_totals(part)]
    known = set(part.branch.rows.names) if isinstance(part, Grown) else set(transform.owners if transform else ())
    return [
        name
        for name in dict.fromkeys(names)
        if transform is not None and name in known and is_number(transform.schema.column(name))
    ]


def _totals(part: Plain | Root | Grown) -> dict[str, LinkedRule]:
    """By column, what rows below say in the end; not of when a given row was, from which theirs are told."""
    placed = {part.shape.order} if part.shape.owner is not None else set()
    return {rule.column: rule for rule in totals_of(part) if rule.column not in placed}


def _grows(rule: LinkedRule, so_far: Floats) -> bool:
    """Whether a total can only become more as rows follow: how many there are, the greatest, or a sum of what is never negative."""
    return rule.relation in {"count", "max"} or (rule.relation == "sum" and not (so_far < 0).any())


def in_the_end(part: Plain | Root | Grown, given: Table, learned: Table, anchors: Floats) -> Table:
    """Given rows with the totals that they will have: limits of the rows that follow are those of the end."""
    names = set(_open(part)) & _totals(part).keys()
    if not names:
        return given
    ended = part.shape.restored(learned, anchors)
    return given.replaced({name: (given.schema.column(name), ended.columns[name]) for name in names})


def by_chance(part: Plain | Root | Grown) -> Draws:
    """Draws columns of a table that was not learned, whatever the others say."""

    def draws(_: Table, names: Sequence[str], __: Streams) -> Draw:
        def draw(rows: Ints, streams: Streams) -> Floats:
            drawn = part.draw(len(rows), streams)  # type: ignore[call-arg, arg-type]
            return np.column_stack([drawn.float64(drawn.schema.column(name)) for name in names])

        return draw

    return draws
