"""What a ``where`` demands of the columns of a table, turned into evidence."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.data.parting import clauses_on_parts
from synthgan.errors import DataError, Remedy
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.conditioning.conditions import Evidence
from synthgan.tabular.conditioning.constants import on_others
from synthgan.tabular.encoding.codec import UnmeetableError, contradiction

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from synthgan.data.clauses import Clause, Known
    from synthgan.data.schema import Column, Schema
    from synthgan.tabular.encoding.codec import Allowance, Name
    from synthgan.tabular.encoding.table import TableTransform

MAX_ALTERNATIVES = 200
_REST = re.compile(
    r"\s*(?P<name>.*?)\s*(?P<sign><=?)\s*(?P<high>.*)"
)  # of 15<=age<=18, what follows its first comparison


@dataclass(frozen=True)
class Alternative:
    """One way to meet all clauses.

    Attributes:
        evidence: what every row must meet.
        bounds: by column, the lowest and the highest number allowed.
    """

    evidence: Evidence
    bounds: Mapping[Name, tuple[float, float]]


def make_evidence(clauses: Sequence[Clause], transform: TableTransform) -> list[Alternative]:
    """The evidence that all clauses together amount to, as alternatives that exclude each other.

    A list of numbers gives one alternative for each, since two of them may share a mode with numbers between them.

    Raises:
        DataError: if a column is unknown or not learned, a value was never learned, or nothing can meet the clauses.
    """
    names, choices, schema = [], [], transform.schema
    for clause in on_others(clauses_on_parts(clauses, schema.columns, schema.composites), schema):
        names.append(find_column(clause, transform.schema, transform.owners).name)
        choices.append(transform.codec(names[-1]).alternatives(clause))
        if not choices[-1]:
            raise contradiction(clause, "it leaves no value that was learned")
    number = math.prod(len(choice) for choice in choices)
    if number > MAX_ALTERNATIVES:
        raise DataError(
            f"lists of numbers must make at most {MAX_ALTERNATIVES} combinations, however: {number}; use ranges"
        )
    asked = [
        [(clause, name, transform.codec(name).allow(clause)) for clause in choice]
        for name, choice in zip(names, choices, strict=True)
    ]
    found, refusal = [], None
    for combination in itertools.product(*asked):
        try:
            found.append(_evidence_of_all(combination, transform))
        except UnmeetableError as error:
            refusal = refusal or error
    if refusal is not None and not found:
        raise refusal
    return found


def known_to(transform: TableTransform) -> Known:
    """The columns that conditions may name, and the levels of those that have levels."""
    learned = {name: transform.codec(name).known for name in transform.owners}
    columns = {str(column.name): learned.get(column.name) for column in transform.schema}
    return columns | {str(one.name): None for one in transform.schema.composites}


def _evidence_of_all(asked: Iterable[tuple[Clause, Name, Allowance]], transform: TableTransform) -> Alternative:
    """The evidence of clauses that must all be met, each with its column and what its codec leaves."""
    layout = transform.layout
    allowed = np.ones(layout.modes, dtype=bool)
    lowest = np.full((layout.modes, layout.slots), -np.inf)
    highest = -lowest
    bounds: dict[Name, tuple[float, float]] = {}
    for clause, name, left in asked:
        span = layout.spans[transform.owners[name]]
        part = slice(span.start, span.stop)
        allowed[part] &= left.modes
        if left.lowest is not None and left.highest is not None:
            cut = part, slice(0, left.lowest.shape[1])
            lowest[cut], highest[cut] = np.maximum(lowest[cut], left.lowest), np.minimum(highest[cut], left.highest)
            allowed[part] &= (lowest[part] < highest[part]).all(1)
        if left.bounds is not None:
            low, high = bounds.get(name, (-math.inf, math.inf))
            bounds[name] = max(low, left.bounds[0]), min(high, left.bounds[1])
        between = name not in bounds or bounds[name][0] <= bounds[name][1]
        if not between or not (allowed & layout.emitted)[part].any():
            raise contradiction(clause, "the conditions on it exclude each other")
    cuts = (torch.as_tensor(bound, dtype=torch.float32) for bound in (lowest, highest))
    return Alternative(Evidence(torch.as_tensor(allowed), *cuts), bounds)


def _as_two(clause: Clause, known: Iterable[str]) -> Remedy | None:
    """A range that was written in one, ``15<=age<=18``, as the two conditions it takes; None for anything else."""
    found = _REST.fullmatch(str(clause.high))
    if found is None or found["name"] not in known:
        return None
    low = f"{found['name']}>{'' if clause.strict else '='}{clause.name}"
    return Remedy.option("where", [low, f"{found['name']}{found['sign']}{found['high']}"], "a range is two conditions")


def find_column(clause: Clause, schema: Schema, learned: Container[Name]) -> Column:
    """The clause's column, which must be one that was learned.

    Raises:
        DataError: if it is not.
    """
    by_text = {str(column.name): column for column in schema.columns}
    column = by_text.get(str(clause.name))
    if column is None:
        raise DataError(
            f"a condition must name a column of the table, however: {str(clause.name)!r}",
            remedy=_as_two(clause, by_text) or did_you_mean_or_known(clause.name, by_text),
        )
    if column.name not in learned:
        raise DataError(
            f"a condition must name a learned column, however: {column.name!r} is of kind {column.kind}; leave it out"
        )
    return column
