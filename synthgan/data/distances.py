"""Says which columns follow others at a distance that is learned, such as the length of a stay: found, or declared by a user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from synthgan.data.column import TEMPORAL, Column, Kind
from synthgan.data.dependence import circular_target, repeated_target
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean

Name: TypeAlias = str | int
DECLARED: Final = "declared"
FOUND: Final = "search"
_KEYS: Final = {"target", "sources", "found_by", "use"}
_KINDS: Final = TEMPORAL | {Kind.INTEGER, Kind.DECIMAL}


@dataclass(frozen=True, slots=True)
class Following:
    """A column that is others plus a distance, which is learned with the rest of the row.

    Attributes:
        target: the column that follows.
        sources: those that it follows: in each row the first that is not missing.
        found_by: "search", or "declared" by a user.
        use: whether it is kept to; False switches it off.

    Raises:
        SchemaError: there is no source, or the target is one.

    Example:
        >>> print(Following("discharged", ("left icu", "admitted")))
        discharged after left icu or admitted
    """

    target: Name
    sources: tuple[Name, ...]
    found_by: str = DECLARED
    use: bool = True

    def __post_init__(self) -> None:
        """Checks that it lies between different columns."""
        object.__setattr__(self, "sources", tuple(self.sources))
        if not self.sources or len({*self.names}) <= len(self.sources):
            raise SchemaError(
                f"a distance of column {self.target!r} must be from other columns, each once, however: from {list(self.sources)}"
            )

    @property
    def names(self) -> tuple[Name, ...]:
        """The columns that it lies between."""
        return (self.target, *self.sources)

    def __str__(self) -> str:
        """The distance as people write it."""
        return f"{self.target} after {' or '.join(map(str, self.sources))}"

    def to_dict(self) -> dict[str, Any]:
        """Gives the distance as a dictionary for JSON."""
        shown = {"target": self.target, "sources": list(self.sources), "found_by": self.found_by}
        return shown if self.use else shown | {"use": False}

    @classmethod
    def from_dict(cls, given: Any, names: Iterable[Name]) -> Following:
        """Reads what `to_dict` gives.

        Raises:
            SchemaError: a key is unknown or lacking, a value is wrong, or a column is not there.
        """
        if not isinstance(given, Mapping) or not {"target", "sources"} <= given.keys() <= _KEYS:
            raise SchemaError(f"a distance must be an object of target and sources, however: found {str(given)[:100]}")
        sources, use = given["sources"], given.get("use", True)
        if not isinstance(sources, (list, tuple)) or not isinstance(use, bool):
            raise SchemaError(
                f"a distance must have a list of sources, and use that is true or false, however: found {str(given)[:100]}"
            )
        known = {str(name): name for name in names}
        for name in (given["target"], *sources):
            if str(name) not in known:
                raise _unknown(name, known)
        found_by = str(given.get("found_by", DECLARED))
        return cls(known[str(given["target"])], tuple(known[str(name)] for name in sources), found_by, use)


def check_distances(distances: Sequence[Following], columns: Sequence[Column]) -> None:
    """See that distances can be counted one after the other.

    Raises:
        SchemaError: one is of a column that is not there or neither a number nor a moment, or between columns that cannot be
            compared; two have one target, or they go round in a circle.
    """
    known = {column.name: column for column in columns}
    for distance in distances:
        for name in distance.names:
            if name not in known:
                raise _unknown(name, {str(one): one for one in known})
        between = [known[name] for name in distance.names]
        odd = next((one for one in between if one.kind not in _KINDS or _sort(one) != _sort(between[0])), None)
        if odd is not None and distance.use:
            raise SchemaError(
                f"a distance must lie between numbers, between moments or between durations, however: {str(distance)!r} has "
                f"{between[0].name!r}, a {between[0].kind}, and {odd.name!r}, a {odd.kind}"
            )
    used = [distance for distance in distances if distance.use]
    twice = repeated_target(used)
    if twice is not None:
        raise SchemaError(f'a column must have one distance, however: {twice!r} has two; switch one off ("use": false)')
    target = circular_target(used)
    if target is not None:
        raise SchemaError(
            f'distances must not go round in a circle, however: {target!r} follows itself; switch one off ("use": false)'
        )


def _sort(column: Column) -> str:
    """What columns must have in common to be counted from each other."""
    if column.kind not in TEMPORAL:
        return "number" if column.moment is None else f"number {column.moment}"
    return "duration" if column.kind is Kind.DURATION else f"moment {column.timezone is not None}"


def _unknown(name: object, known: Mapping[str, Name]) -> SchemaError:
    return SchemaError(
        f"a distance must be between columns of the schema, however: found no {name!r}",
        remedy=did_you_mean(str(name), known),
    )
