"""Makes identifiers anew: of the form of the real ones, none of them real, missing and repeated as often."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.column import Kind
from synthgan.data.containers.dtypes import storage_type
from synthgan.data.keyforms import Form, read_form
from synthgan.data.values import Levels
from synthgan.errors import DataError, SchemaError
from synthgan.io.contract import (
    Either,
    Flag,
    Listed,
    Maybe,
    MisfitError,
    Number,
    Part,
    Record,
    Text,
    Tupled,
    Whole,
    check,
    require,
)
from synthgan.tabular.encoding.fakes import made_up
from synthgan.tabular.encoding.keysizes import Sizes
from synthgan.tabular.encoding.lanes import LANE, Lane, Lanes
from synthgan.tabular.encoding.scatter import shares
from synthgan.tabular.encoding.tracks import MAX_ROOM, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.schema import Schema
    from synthgan.data.table import Table
    from synthgan.data.values import Values
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.codec import Name

_NAME: Final = Either((Text(), Whole(low=-(2**63), high=2**63)))
FRESH: Final[Part] = Record(
    {
        "column": _NAME,
        "form": Text(),
        "says": Text(),
        "lanes": Listed(LANE),
        "missing": Number(low=0, high=1),
        "sizes": Listed(Tupled((Whole(low=1, high=2**31), Number(low=0, high=1)))),
        "rising": Flag(),
        "checked": Flag(),
        "beside": Maybe(_NAME),
        "alike": Flag(),
    }
)


@dataclass(frozen=True)
class FreshKeys:
    """How the identifiers of one column are made.

    Attributes:
        column: the column.
        form: what they look like.
        lanes: where they come from.
        is_number: whether they are whole numbers rather than text.
        missing: the share of rows without one.
        sizes: how many rows share one.
        rising: whether they rise from row to row.
        checked: whether none of them is real: the form was held against the real ones.
        beside: a column before it whose identifiers are shared by the same rows, or missing in them; None for none.
        alike: whether those have the same digits, too.
    """

    column: Column
    form: Form
    lanes: Lanes
    is_number: bool
    missing: float = 0.0
    sizes: Sizes = field(default_factory=Sizes)
    rising: bool = False
    checked: bool = False
    beside: Name | None = None
    alike: bool = False

    @classmethod
    def fit(cls, column: Column, table: Table, rare_below: int) -> FreshKeys:
        """Find out how to make identifiers none of which a table holds; no one of those is kept.

        Args:
            column: an identifier.
            table: holds the real ones.
            rare_below: fewer rows than this say nothing of what is missing or repeated.

        Raises:
            DataError: if the pattern is not such as the column's type can hold.
        """
        form, limit = _form_of(column, table.schema.container)
        held = table.columns[column.name]
        real, codes = distinct(held)
        missing = len(held) - len(codes)
        return cls(
            column,
            form,
            Lanes(()) if column.form is not None else Lanes.find(form, limit, real, rare_below),
            limit is not None,
            missing=round(missing / len(held), 4) if missing >= rare_below and len(codes) >= rare_below else 0.0,
            sizes=Sizes.fit(np.bincount(codes), rare_below) if column.repeats and len(codes) else Sizes(),
            rising=_rises(held, codes),
            checked=True,
        )

    @classmethod
    def blind(cls, column: Column, container: str) -> FreshKeys:
        """How to make identifiers where the real ones may not be looked at: one may come up by chance."""
        form, limit = _form_of(column, container)
        lanes = Lanes(()) if column.form is not None else Lanes.find(form, limit, None)
        return cls(column, form, lanes, limit is not None)

    def check_room(self, rows: int) -> None:
        """See that there are identifiers for so many rows.

        Raises:
            DataError: if there are not.
        """
        wanted = self.sizes.groups(rows)
        if self.column.form is None and not self.lanes.fits(wanted):
            raise DataError(
                f"column {self.column.name!r} must have {wanted:,} identifiers, however: {self.form} has "
                f"{self.lanes.room:,} that are {'not real' if self.checked else 'different'}; "
                f"sample fewer rows, or fit with a longer pattern in the schema"
            )

    def make(self, first_row: int, rows: int, streams: Streams) -> NDArray[Any]:
        """Identifiers of the rows from ``first_row`` on, the same whatever the batches: [rows], None where one is missing."""
        name = self.column.name if self.beside is None else self.beside
        shared, own = streams.key(f"identifiers {name}"), streams.key(f"identifiers {self.column.name}")
        numbers = np.arange(first_row, first_row + rows, dtype=np.uint64)
        groups, at = np.unique(self.sizes.group_of(numbers, shared), return_inverse=True)
        made = self._made(groups, shared if self.alike else own)
        made = (made.astype(str).astype(np.int64) if self.is_number else made)[at]
        if self.column.missing and self.missing:
            made = made.astype(object)
            made[shares(numbers, shared + 1) < self.missing] = None
        return made

    def _made(self, groups: NDArray[np.uint64], key: int) -> NDArray[Any]:
        if self.column.form is not None:
            return made_up(self.column, groups, key)
        return self.lanes.texts(groups, key, rising=self.rising)

    def says(self) -> str:
        """Where they come from, in words."""
        if self.column.form is not None:
            return f"made up ({self.column.form}): one may be real by chance"
        used = [lane for lane in self.lanes.lanes if lane.count] or list(self.lanes.lanes[:1])
        spans = [(lane, span) for lane in used for span in lane.ranges]
        lane, (low, high) = max(spans, key=lambda one: one[1][1] - one[1][0])
        ends = lane.track.texts(np.array([low, high - 1], dtype=np.uint64), np.zeros(2, dtype=np.uint64), 0)
        more = f" and {len(spans) - 1} more range{'s' * (len(spans) > 2)}" * (len(spans) > 1)  # noqa: PLR2004 (one more)
        why = "none is real" if self.checked else "by their form alone: one may be real by chance"
        return f"{ends[0]} to {ends[1]}{more}; {why}"

    def state(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "column": self.column.name,
            "form": str(self.form),
            "says": self.says(),
            "lanes": [lane.state() for lane in self.lanes.lanes],
            "missing": self.missing,
            "sizes": [list(pair) for pair in self.sizes.shares],
            "rising": self.rising,
            "checked": self.checked,
            "beside": self.beside,
            "alike": self.alike,
        }

    @classmethod
    def from_state(cls, schema: Schema, state: Mapping[str, Any]) -> FreshKeys:
        """What ``state`` described.

        Raises:
            MisfitError: if a part of it is not what it must be.
            SchemaError: if the schema has no such column.
        """
        check(state, FRESH, "identifiers")
        column = schema.column(state["column"])
        require(column.kind is Kind.IDENTIFIER, "identifiers", "of columns that are")
        try:
            form = read_form(state["form"])
        except ValueError as error:
            raise MisfitError(f"form of {column.name!r} must be {error}, however: it is not") from error
        _, limit = _form_of(column, schema.container)
        lanes = Lanes(tuple(Lane.from_state(form, limit, lane) for lane in state["lanes"]))
        require(lanes.lanes or column.form is not None, "lanes", "one or more")
        sizes = Sizes(tuple((int(size), float(share)) for size, share in state["sizes"]))
        require(not sizes.shares or sum(share for _, share in sizes.shares) > 0, "sizes", "with their shares")
        known = (float(state["missing"]), sizes, state["rising"], state["checked"], state["beside"], state["alike"])
        return cls(column, form, lanes, limit is not None, *known)


def _form_of(column: Column, container: str) -> tuple[Form, int | None]:
    """The form of a column's identifiers and, where they are whole numbers, the greatest that its type can hold."""
    stored = storage_type(container, column.dtype)
    stored = stored.value_type if pa.types.is_dictionary(stored) else stored
    is_number = pa.types.is_integer(stored) or pa.types.is_floating(stored)
    form = read_form(column.pattern or ("int:1" if is_number else "uuid"))
    if not is_number:
        return form, None
    if column.form is not None or not whole_numbers(form):
        raise SchemaError(
            f"column {column.name!r}: pattern must be of whole numbers that {column.dtype} can hold, however: found "
            f"{column.form or column.pattern!r}"
        )
    if pa.types.is_integer(stored):
        return form, int(min(np.iinfo(stored.to_pandas_dtype()).max, MAX_ROOM))
    return form, 2 ** (np.finfo(stored.to_pandas_dtype()).nmant + 1)


def distinct(held: Values) -> tuple[pa.Array, NDArray[np.int64]]:
    """The real identifiers as text, each once, and which of them each row has that has one."""
    if isinstance(held, Levels):
        codes = np.asarray(held.codes)
        return pa.array(list(map(str, held.levels)), pa.large_string()), codes[codes >= 0].astype(np.int64)
    present = held.values.drop_null()
    if pa.types.is_floating(present.type):
        present = pc.round(present).cast(pa.int64(), safe=False)
    coded = present.dictionary_encode()
    return coded.dictionary.cast(pa.large_string()), np.asarray(coded.indices).astype(np.int64)


def _rises(held: Values, codes: NDArray[np.int64]) -> bool:
    """Whether no identifier is less than the one before it; text goes by its characters."""
    if isinstance(held, Levels):
        return bool(len(codes) > 1 and (codes[1:] >= codes[:-1]).all())
    present = held.values.drop_null()
    return bool(len(present) > 1 and pc.all(pc.greater_equal(present[1:], present[:-1])).as_py())
