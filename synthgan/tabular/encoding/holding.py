"""Sees that what a file says to hold between columns can: each speaks of columns that are there, and none of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.io.contract import require
from synthgan.tabular.encoding.constraints import MAX_PARTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from synthgan.data.scale import Scale
    from synthgan.data.schema import Schema
    from synthgan.tabular.encoding.codec import Name
    from synthgan.tabular.encoding.constraints import Constraints
    from synthgan.tabular.encoding.equalities import Equality
    from synthgan.tabular.encoding.spacing import Distance


def check_constraints(found: Constraints, scales: Mapping[Name, Scale]) -> None:
    """See that what a file says to hold can: no column twice, and no sum of sums."""
    require(found.names <= scales.keys(), "constraints", "of numeric columns that are learned")
    pairs = [*found.redrawn, *(order.names for order in found.ordered)]
    require(
        all(low != high and {low, high} <= scales.keys() for low, high in pairs), "orders", "between two such columns"
    )
    targets = {one.target for one in found.sums}
    require(len(targets) == len(found.sums), "sums", "of different targets")
    for one in found.sums:
        names = one.names[1:]
        require(0 < len(set(names)) == len(names) <= MAX_PARTS, "parts of a sum", "few and different")
        require(
            all(weight for _, weight in one.parts) and not targets & set(names),
            "parts of a sum",
            "weighed, and no sums",
        )


def check_distances(found: tuple[Distance, ...], scales: Mapping[Name, Scale], schema: Schema) -> None:
    """See that what a file calls distances lie between numeric columns, each behind sources that are known before it."""
    names = [str(distance.column.name) for distance in found]
    require(
        not {*names} & {*map(str, schema.names)} and len({*names}) == len(names), "distances", "of names of their own"
    )
    require(
        all({*distance.names} <= scales.keys() for distance in found),
        "distances",
        "between numeric columns that are learned",
    )
    targets = [distance.target for distance in found]
    require(len({*targets}) == len(targets), "distances", "of different targets")
    for index, distance in enumerate(found):
        known = bool(distance.sources) and not {*distance.sources} & {*targets[index:]}
        require(known, "sources of a distance", "columns that are known before its target")
        kinds = {str(scales[name].kind) for name in distance.names}
        require(len(kinds) == 1, "distances", "between columns of one kind")


def check_equalities(found: tuple[Equality, ...], scales: Mapping[Name, Scale], names: Collection[Name]) -> None:
    """See that what a file calls equalities lie between numeric columns, each with sources that are known before it."""
    own = [str(equality.column.name) for equality in found]
    require(not {*own} & {*map(str, names)} and len({*own}) == len(own), "equalities", "of names of their own")
    targets = [equality.target for equality in found]
    require(len({*targets}) == len(targets), "equalities", "of different targets")
    for index, equality in enumerate(found):
        there = {*equality.names} <= {name for name, scale in scales.items() if scale.kind == "number"}
        require(there, "equalities", "between numeric columns that are learned")
        known = bool(equality.sources) and not {*equality.sources} & {*targets[index:]}
        require(known, "sources of an equality", "columns that are known before its target")
