"""Codecs of a table from noisy counts of single columns, and what each mode is thought to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.schema import Column, Schema
from synthgan.errors import PrivacyError, Remedy
from synthgan.tabular.encoding.computed import Computed
from synthgan.tabular.encoding.keysets import blind_keys
from synthgan.tabular.encoding.registry import claimed
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.private.coordinates import PrivateCoordinates
from synthgan.tabular.private.levels import PrivateLevels
from synthgan.tabular.private.numbers import PrivateNumbers
from synthgan.tabular.private.twins import Asking, Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from synthgan.privacy.curator import Curator

Group = tuple[Twin, tuple[Column, ...]]

NEARLY_ALL = 0.95  # of the rows
TWINS: Mapping[str, Twin] = {
    "coordinates": PrivateCoordinates(),
    "numbers": PrivateNumbers(),
    "levels": PrivateLevels(),
}
"""By what a codec calls its private twin."""


@dataclass(frozen=True)
class PrivateColumns:
    """What is known of single columns, all of it from noisy answers.

    Attributes:
        transform: the encoders; its schema says nothing that was not declared or measured.
        held: one a learned column: float64 ``[modes]``, the rows each mode is thought to hold.
        noises: one a learned column: noise of its last count for each row of a unit.
        rows: how many rows there are thought to be.
    """

    transform: TableTransform
    held: tuple[np.ndarray, ...]
    noises: tuple[float, ...]
    rows: float

    def lacking(self) -> Iterator[str]:
        """What to tell of columns of which little or nothing can be shown, by what was counted."""
        for codec, held in zip(self.transform.codecs, self.held, strict=True):
            name = codec.columns[0].name
            if codec.known is not None and not codec.known:
                yield (
                    f"column {name!r} is withheld, and empty in all samples: none of its levels stands out of the noise; "
                    f"declare its levels in a schema, or leave it out"
                )
            elif codec.encoder.has_missing and held[-1] > NEARLY_ALL * held.sum():
                yield f"column {name!r} is missing in nearly all rows; if it holds values, declare its kind in a schema"


def learned_groups(schema: Schema) -> list[Group]:
    """The columns that are learned, those together that are encoded together, each group with its private twin.

    Raises:
        PrivacyError: if a column is of a kind that has none.
    """
    groups = []
    for kind, columns in claimed(schema):
        if kind.private_twin is None:
            name = columns[0].name
            raise PrivacyError(
                f"column {name!r} must be of a kind that can be learned under epsilon, however: it is {columns[0].kind}",
                remedy=Remedy.option("drop", [name], "leave it out") | "state another kind in a schema",
            )
        groups.append((TWINS[kind.private_twin], columns))
    return groups


def measure_columns(
    schema: Schema,
    curator: Curator,
    noise_of: Callable[[int, float], float],
    level_delta: float,
) -> PrivateColumns:
    """Ask what there is to ask of single columns.

    Args:
        schema: declared by a user, or of the columns' types alone.
        curator: answers.
        noise_of: the noise of a question, by the index of a column and the share of its budget that it spends.
        level_delta: for each column, the chance that a level of a single unit shows.
    """
    codecs, held, noises = [], [], []
    for at, (twin, columns) in enumerate(learned_groups(schema)):
        noise = {name: noise_of(at, share) for name, share in twin.questions(columns, schema.container).items()}
        asking = Asking(curator, noise, level_delta, schema.container)
        codec, rows = twin.measure(columns, asking)
        codecs.append(codec)
        held.append(rows)
        noises.append(noise["fine"])
    total = float(np.mean([part.sum() for part in held]))
    known = {column.name: column for codec in codecs for column in codec.columns}
    learned = schema.of_columns(known.get(column.name, column) for column in schema)
    transform = TableTransform(learned, tuple(codecs), keys=blind_keys(learned), computed=Computed.declared(learned))
    return PrivateColumns(transform, tuple(held), tuple(noises), max(total, 1.0))
