"""Groups picked by conditions on their rows: some that belong to whole groups, others that one row or every row must meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthgan.data.clause_text import read_text
from synthgan.data.clauses import read_where, rows_of_conditions
from synthgan.data.parting import clauses_on_parts
from synthgan.errors import DataError
from synthgan.relational.asking import EVERY, Asked
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.conditioning.meeting import check_clauses
from synthgan.tabular.conditioning.where import known_to

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from synthgan.data.clauses import Clause, Conditions, Known, Where
    from synthgan.data.schema import Schema
    from synthgan.tabular.encoding.table import TableTransform


@dataclass(frozen=True)
class GroupQuestion:
    """Conditions on groups, read and checked.

    Attributes:
        own: what is constant in each group must meet.
        asked: what rows of it must meet.
    """

    own: Where | None
    asked: tuple[Asked, ...] = ()

    @classmethod
    def read(
        cls, where: Where | None, parents: TableTransform, rows: TableTransform, names: Collection[Any], group: Any
    ) -> GroupQuestion:
        """Read conditions.

        Args:
            where: a mapping from columns (or ``all:`` and a column) to what they must be, or texts.
            parents: how what belongs to whole groups was learned.
            rows: how rows were learned.
            names: of all columns.
            group: the column that says which group a row belongs to.

        Raises:
            DataError: if one names what is not there or was never learned.
        """
        each = rows_of_conditions(where)
        if where is None or each is not None:
            _check_each(each or [], [name for name in names if name in parents.owners], rows)
            return cls(where)
        told = {str(one.name) for schema in (parents.schema, rows.schema) for one in schema.composites}
        own_names, texts = {*map(str, names), *told}, not isinstance(where, Mapping)
        known = {name: held for name, held in {**known_to(parents), **known_to(rows)}.items() if name in own_names}
        known |= dict.fromkeys(own_names - known.keys())
        found: dict[str, Any] = {"own": [], "any": [], "every": []}
        for one in ([where] if isinstance(where, str) else where) if texts else where.items():  # type: ignore[union-attr]
            name, every, said = _parted(one, known)
            if name == group:
                raise DataError(
                    f"a condition must name a learned column, however: {name!r} names the group; leave it out"
                )
            in_rows = name in {one.name for one in (*rows.schema, *rows.schema.composites)}
            found[("every" if every else "any") if in_rows else "own"].append(said)
        asked = [
            Asked("", kind == "every", _clauses(found[kind] if texts else dict(found[kind]), known, rows.schema))
            for kind in ("any", "every")
            if found[kind]
        ]
        for one in asked:
            check_clauses(one.clauses, rows.schema, rows)
        return cls((found["own"] if texts else dict(found["own"])) or None, tuple(asked))


def _clauses(where: Conditions, known: Known, schema: Schema) -> tuple[Clause, ...]:
    return tuple(clauses_on_parts(read_where(where, known), schema.columns, schema.composites))


def _check_each(each: Sequence[Mapping[Any, Any]], constant: Sequence[Any], rows: TableTransform) -> None:
    """See that conditions that differ from group to group speak of whole groups alone."""
    stray = next((name for one in each for name in one if name in rows.columns), None)
    if stray is not None:
        raise DataError(
            f"conditions that differ from group to group must speak of what is constant in a group, however: {stray!r} differs "
            f"inside",
            remedy=did_you_mean_or_known(stray, constant),
            parameter="where",
        )


def _parted(one: Any, known: Known) -> tuple[Any, bool, Any]:
    """The column that a condition speaks of, whether every row must meet it, and the condition without that."""
    if isinstance(one, tuple):
        name, value = one
        every = str(name) not in known and str(name).startswith(EVERY)
        name = str(name).removeprefix(EVERY) if every else name
        return _checked(name, known), every, (name, value)
    text = str(one)
    name = read_text(text, known).name
    every = str(name) not in known and text.lstrip().startswith(EVERY)
    if every:
        text = text.lstrip().removeprefix(EVERY)
        name = read_text(text, known).name
    return _checked(name, known), every, text


def _checked(name: Any, known: Known) -> Any:
    if str(name) not in known:
        raise DataError(
            f"a condition must name a column of the table, however: {str(name)!r}",
            remedy=did_you_mean_or_known(name, known),
            parameter="where",
        )
    return name
