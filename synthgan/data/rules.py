"""What a user declares to hold in every row, checked against the columns at birth: orders, implications, combinations, uniqueness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

from synthgan.data.rule_text import Comparison, read_rule
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean

Name: TypeAlias = str | int
FORMS: Final = (
    "admitted <= discharged, age >= 18, dead = yes => again = no, not (sex = M and pregnant = yes) or unique(id, visit)"
)
_KEYS: Final = {"columns", "allowed"}


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that holds in every row, or of uniqueness between them.

    Attributes:
        given: what the user wrote: a text, or an object of columns and allowed combinations.
        premise: comparisons; where a row meets all of them,
        consequence: it must meet all of these.
        unique: columns of which no combination comes twice.
        columns: columns that have
        allowed: one of these combinations of levels in every row; None is a missing value.
    """

    given: str | Mapping[str, Any]
    premise: tuple[Comparison, ...] = ()
    consequence: tuple[Comparison, ...] = ()
    unique: tuple[Name, ...] = ()
    columns: tuple[Name, ...] = ()
    allowed: tuple[tuple[Any, ...], ...] = ()

    @classmethod
    def read(cls, given: object, names: Sequence[Name]) -> Rule:
        """Reads a rule as JSON has it.

        Args:
            given: a text, or ``{"columns": […], "allowed": [[…], …]}``.
            names: the columns of the schema.

        Raises:
            SchemaError: it is no rule, or names a column that is not there.
        """
        if isinstance(given, str):
            found = read_rule(given, names)
            if found is None:
                raise _no_rule(given)
            return cls(given, *found)
        if not isinstance(given, Mapping) or set(given) != _KEYS:
            raise _no_rule(given)
        columns, allowed = given["columns"], given["allowed"]
        wide = isinstance(columns, (list, tuple)) and isinstance(allowed, (list, tuple)) and columns and allowed
        if not wide or not all(isinstance(one, (list, tuple)) and len(one) == len(columns) for one in allowed):
            raise SchemaError(
                f"allowed combinations must be lists as long as that of the columns, however: found {given!r}"
            )
        known = {str(name): name for name in names}
        for name in columns:
            if str(name) not in known:
                raise unknown(str(name), names)
        own = {"columns": list(columns), "allowed": [list(one) for one in allowed]}
        return cls(own, columns=tuple(known[str(name)] for name in columns), allowed=tuple(map(tuple, allowed)))

    @classmethod
    def read_all(cls, given: object, names: Sequence[Name]) -> tuple[Rule, ...]:
        """Reads a list of rules; raises SchemaError as `read` does, or where it is no list."""
        if not isinstance(given, (list, tuple)):
            raise SchemaError(f"rules must be a list, however: found {given!r}")
        return tuple(cls.read(one.given if isinstance(one, Rule) else one, names) for one in given)

    @property
    def kind(self) -> Literal["unique", "allowed", "comparison"]:
        """What sort of rule it is."""
        return "unique" if self.unique else "allowed" if self.allowed else "comparison"

    @property
    def names(self) -> tuple[Name, ...]:
        """All columns that it speaks of."""
        named = [
            name for one in (*self.premise, *self.consequence) for name in (one.name, one.other) if name is not None
        ]
        return tuple(dict.fromkeys((*named, *self.unique, *self.columns)))

    def to_json(self) -> str | dict[str, Any]:
        """Gives the rule as it was written."""
        return self.given if isinstance(self.given, str) else dict(cast("dict[str, Any]", self.given))

    def __str__(self) -> str:
        """The rule as people write it."""
        if isinstance(self.given, str):
            return self.given
        return f"one of {len(self.allowed)} combinations of {', '.join(map(str, self.columns))}"


def unknown(name: str, names: Sequence[Name]) -> SchemaError:
    """The refusal of a rule about a column that is not there."""
    return SchemaError(
        f"a rule must name columns of the schema, however: found no {name!r}", remedy=did_you_mean(name, names)
    )


def _no_rule(found: object) -> SchemaError:
    return SchemaError(
        f"a rule must be like {FORMS}, however: found {found!r}",
        remedy="a column that is computed from others is a formula",
    )
