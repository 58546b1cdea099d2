"""What a transform does about distances and equalities: learns those that would be lost, and puts decoded rows right by them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from synthgan.data.dependence import in_order
from synthgan.data.distances import FOUND, Following
from synthgan.errors import DataWarning
from synthgan.tabular.encoding.closeness import MIN_ROWS, find_distances, make_distance
from synthgan.tabular.encoding.constraints import HUGE
from synthgan.tabular.encoding.equalities import find_equalities, make_equal
from synthgan.tabular.encoding.numbers import NumberCodec
from synthgan.tabular.encoding.spacing import follow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.codec import Codec, Name, Values
    from synthgan.tabular.encoding.continuous import Cut
    from synthgan.tabular.encoding.equalities import Equality
    from synthgan.tabular.encoding.layout import Encoded
    from synthgan.tabular.encoding.spacing import Distance

    Rows = NDArray[np.bool_]
    TableTransform = Any  # its file imports this one


SPIKE = 0.02  # of the rows


def spaced(
    transform: TableTransform,
    table: Table,
    values: Mapping[Name, NDArray[np.float64]],
    config: EncodingConfig,
    streams: Streams,
    cut: Cut,
) -> TableTransform:
    """The transform with codecs of the distances that the schema declares; where it says nothing of them, of those that would be lost.

    Columns that lie at no distance may equal others in some rows. Which these are is learned, too.

    Args:
        transform: all else that was learned.
        table: the rows.
        values: the numbers of columns, of all rows or of many.
        config: which modes to look for.
        streams: randomness.
        cut: how finely to cut distances.
    """
    summed = {found.target for found in transform.constraints.sums} | transform.computed.targets
    free = {
        name: column
        for name, column in values.items()
        if name not in summed and (np.abs(column[~np.isnan(column)]) < HUGE).all()
    }
    names, listed = set(map(str, transform.schema.names)), transform.schema.distances
    if listed is None:
        smooth = {name: column for name, column in free.items() if not _has_spikes(column, transform.codec(name))}
        distances = find_distances(smooth, transform.columns, transform.scales, names, streams.numpy("distances"))
        found = tuple(Following(one.target, one.sources, FOUND) for one in distances)
        transform = replace(transform, schema=replace(transform.schema, distances=found or None))
    else:
        distances = _declared(listed, transform, free, names)
    tied = {name for distance in distances for name in distance.names}
    of_free = {name: transform.codec(name) for name in free}
    equalities = find_equalities(free, of_free, tied, config.rare_below, names, streams.numpy("equalities"))
    codecs = []
    every: tuple[Distance | Equality, ...] = (*distances, *equalities)
    for index, hidden in enumerate(every):
        rng = streams.numpy("modes", len(transform.schema) + index)
        codecs.append(NumberCodec.fit((hidden.column,), (behind(transform, table, hidden),), config, cut, rng))
    usual = tuple(order for order in transform.constraints.usual if not {*order.names} <= tied)
    constraints = replace(transform.constraints, usual=usual)
    transform = replace(transform, codecs=(*transform.codecs, *codecs), constraints=constraints)
    return replace(transform, distances=distances, equalities=equalities)


def _has_spikes(values: NDArray[np.float64], codec: Codec) -> bool:
    """Whether many rows share a number, which would be lost if it came about by a distance: bills of nothing."""
    if not isinstance(codec, NumberCodec) or codec.scale.kind != "number" or codec.encoder.discrete:
        return False
    return any((values == spike).mean() >= SPIKE for spike in codec.encoder.spikes)


def _declared(
    listed: tuple[Following, ...],
    transform: TableTransform,
    free: Mapping[Name, NDArray[np.float64]],
    names: set[str],
) -> tuple[Distance, ...]:
    """The distances that a schema declares; a warning names each that cannot be learned."""
    made: list[Distance] = []
    for one in in_order(one for one in listed if one.use):
        stray = next((name for name in one.names if name not in free), None)
        if stray is not None:
            _warn(one, f"column {stray!r} is computed from others, or not learned as numbers")
            continue
        distance = make_distance(one.target, one.sources, free, transform.columns, transform.scales, names)
        rows = int((~np.isnan(distance.of(free, transform.scales))).sum())
        if rows < MIN_ROWS:
            _warn(one, f"{rows} rows have both columns, and it takes {MIN_ROWS}")
            continue
        made.append(distance)
    return tuple(made)


def _warn(distance: Following, why: str) -> None:
    warnings.warn(DataWarning(f"the declared distance {str(distance)!r} is not learned: {why}"), stacklevel=2)


def behind(transform: TableTransform, table: Table, hidden: Distance | Equality) -> NDArray[np.float64]:
    """A distance in each row of a table, or which column another one equals."""
    values = {name: table.float64(transform.columns[name]) for name in hidden.names}
    found: NDArray[np.float64] = hidden.of(values, transform.scales)
    return found


def repaired(
    transform: TableTransform,
    values: Mapping[Name, Values],
    fixed: Mapping[Name, Rows],
    bounds: Mapping[Name, tuple[float, float]] | None = None,
) -> dict[Name, Values]:
    """Decoded values, of which those moved that break a constraint, or are not as far from another, or equal to it, as is said.

    Args:
        transform: says what must hold.
        values: by name; all columns that constraints, distances and equalities speak of, and the last two themselves, among them.
        fixed: by name of a column, bool ``[rows]``: where it must stay as it is.
        bounds: by name of a column that a condition speaks of, between which numbers it may lie after all.
    """
    constraints, scales, columns = transform.constraints, transform.scales, transform.columns
    if not transform.distances:
        moved = make_equal(transform.equalities, values, scales, columns, fixed, bounds or {})
        return constraints.repair(moved, scales, fixed)
    targets = [distance.target for distance in transform.distances]
    asked = [
        name
        for name in sorted(transform.tied & fixed.keys(), key=lambda name: name in targets)
        if name in (bounds or {})
    ]
    # Of several that a condition speaks of one stays, the others lie where their distance says, as far as the condition goes.
    held = {name: rows for name, rows in fixed.items() if name not in asked[1:]}
    moved = constraints.orders_apart(targets).repair(values, scales, fixed)
    moved = follow(transform.distances, moved, scales, columns, held)
    for name in asked[1:]:
        moved[name] = np.clip(cast("NDArray[np.float64]", moved[name]), *(bounds or {})[name])
    moved = make_equal(transform.equalities, moved, scales, columns, fixed, bounds or {})
    moved = constraints.repair(moved, scales, held if len(asked) > 1 else fixed, transform.tied)
    for name in asked[1:]:
        moved[name] = np.clip(cast("NDArray[np.float64]", moved[name]), *(bounds or {})[name])
    return moved


def keep_repairable(transform: TableTransform, drawn: Encoded, real: Encoded) -> TableTransform:
    """The transform with those constraints alone by which drawn rows can be repaired while no column's distribution changes."""
    scales, columns = transform.scales, transform.columns
    apart = (follow(transform.distances, transform.values(rows), scales, columns, {}) for rows in (drawn, real))
    made, found = (make_equal(transform.equalities, values, scales, columns, {}, {}) for values in apart)
    kept = transform.constraints.repairable(made, found, transform.scales, transform.tied)
    return replace(transform, constraints=kept)
