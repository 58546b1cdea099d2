"""Histories of units: the rows that tables have so far, read and seen to fit a model that goes on with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthgan.data.column import Kind
from synthgan.data.links import link, tells_apart
from synthgan.data.rows import concat
from synthgan.data.table import Table
from synthgan.errors import ConfigError, DataError, SynthganError
from synthgan.io.databases.stores import read_database
from synthgan.relational.continuing import check_levels
from synthgan.relational.filling import as_type, counted
from synthgan.relational.frames import as_pandas
from synthgan.relational.parts import Kept, transform_of
from synthgan.relational.sequences import check_names
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.keys import ForeignKey
    from synthgan.relational.database import Database
    from synthgan.relational.lineage import Lineage
    from synthgan.relational.parts import Grown, Part, Plain, Root
    from synthgan.relational.shape import Shape

    Positions = NDArray[np.int64]
    Columns = tuple[str, ...]


@dataclass(frozen=True)
class Histories:
    """The rows that tables have so far; they are the first of all rows, as they stand.

    Attributes:
        frames: by table, its rows in the types that were learned.
        tables: the same, keys apart.
        owned_by: by table that belongs to another, the row that owns each row; negative where none does.
        refers: by table and columns of a key, the row that each row refers to; negative where it refers to none.
    """

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    owned_by: dict[str, Positions] = field(default_factory=dict)
    refers: dict[tuple[str, Columns], Positions] = field(default_factory=dict)

    @classmethod
    def read(
        cls, parts: Mapping[str, Part], unit: str, given: Mapping[str, Frame], *, any_cell: bool = False
    ) -> Histories:
        """Read histories, and see that a model can go on with them.

        Args:
            parts: of the model, owners first.
            unit: the table that counts.
            given: frames by table, the unit's among them; of lists that are kept as they are none is looked at.
            any_cell: whether levels that were not learned, and missing cells where there were none, may stand in them.

        Raises:
            DataError: if a table or column is lacking, a level was never learned, or keys do not tell rows apart or lead nowhere.
            SchemaError: if a column does not fit the schema.
        """
        stray = next((name for name in given if name not in parts), None)
        if stray is not None:
            raise DataError(
                f"history must hold tables of the model, however: found {stray!r}",
                remedy=did_you_mean_or_known(stray, list(parts)),
                parameter="history",
            )
        if unit not in given:
            raise DataError(f"history must hold {unit!r}, the unit, however: it does not", parameter="history")
        found = cls()
        for name, part in parts.items():
            if isinstance(part, Kept):
                found.frames[name] = part.frame
            elif name in given:
                try:
                    found._take(part, given[name], any_cell=any_cell)
                except SynthganError as error:
                    error.message = f"table {name!r}: {error.message}"
                    raise
        if not len(found.frames[unit]):
            raise DataError(f"history must have a row of {unit!r} to go on from, however: none", parameter="history")
        for part in parts.values():
            if not isinstance(part, Kept) and part.shape.name in found.tables:
                found._link(part.shape)
        return found

    def rows(self, table: str) -> int:
        """How many rows of a table are given."""
        return len(self.tables[table]) if table in self.tables else 0

    def _take(self, part: Plain | Root | Grown, given: Frame, *, any_cell: bool) -> None:
        """Take the rows of one table in."""
        shape = part.shape
        frame = as_pandas(shape.name, given)
        check_names(frame, **{f"column {name!r}": name for name in shape.columns})
        frame = frame[list(shape.columns)].reset_index(drop=True)
        keys = {name: as_type(frame[name], dtype) for name, dtype in shape.key_dtypes.items()}
        silent = [
            one for one in shape.schema if one.kind in {Kind.CONSTANT, Kind.MISSING}
        ]  # says nothing, whatever it says
        told = [one for one in shape.schema if one not in silent]
        read = Table.read(frame, shape.schema.of_columns(told), validate=not any_cell).columns if told else {}
        said = Table.of(shape.schema.of_columns(silent), {}, len(frame)).columns if silent else {}
        table = Table(shape.schema, {one.name: (said if one in silent else read)[one.name] for one in shape.schema})
        own = frame if any_cell else _in_types_of(table, frame, list(read))
        self.tables[shape.name] = table
        self.frames[shape.name] = pd.DataFrame(
            {name: keys[name] if name in keys else own[name] for name in shape.columns}
        )
        transform = transform_of(part)
        for name in () if any_cell or transform is None else shape.schema.names:
            if name in transform.owners:  # type: ignore[union-attr]
                check_levels(table, name, transform)  # type: ignore[arg-type]
        if shape.primary_key and len(frame) and not tells_apart(self.frames[shape.name], shape.primary_key):
            raise DataError(
                f"the key {', '.join(map(repr, shape.primary_key))} must be there and tell rows apart, however: in some rows it does not",
                parameter="history",
            )

    def _link(self, shape: Shape) -> None:
        """Find which rows the keys of a table lead to."""
        if shape.owner is not None:
            lost = shape.ghosts[1] > 0
            self.owned_by[shape.name] = self._rows_of(shape.name, shape.owner, lost=lost)
        for one in shape.references:
            self.refers[shape.name, one.key.columns] = self._rows_of(shape.name, one.key, lost=one.lost > 0)

    def _rows_of(self, name: str, key: ForeignKey, *, lost: bool) -> Positions:
        """The row that each key leads to; ``lost`` says whether some lead nowhere.

        Raises:
            DataError: if one leads nowhere that must not.
        """
        frame, other = self.frames[name], self.frames.get(key.table)
        if other is None:
            other = pd.DataFrame({column: pd.Series([], dtype=object) for column in key.referenced})
        positions = link(frame, key.columns, other, key.referenced)
        nowhere = np.flatnonzero(positions < -1)
        if len(nowhere) and not lost:
            values: Any = frame.loc[nowhere[0], list(key.columns)].tolist()
            raise DataError(
                f"table {name!r}: {', '.join(map(repr, key.columns))} must lead to a row of {key.table!r}, however: "
                f"{', '.join(map(repr, values))} does not; give these rows, too",
                parameter="history",
            )
        return positions


@dataclass(frozen=True)
class Begun:
    """Tables that begin with given rows.

    Attributes:
        histories: the given rows.
        totals: by table, the columns that rows below say, as far as these have been drawn.
        counts: by table and column of a count, several that were drawn of each given row, ``[several, given rows]``.
        touched: by table, which of its given rows have others below them than were given: bool ``[given rows]``.
    """

    histories: Histories
    totals: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, dict[str, Positions]] = field(default_factory=dict)
    touched: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def note(
        self,
        drawn: Mapping[str, Table],
        totalled: Mapping[str, Table],
        orders: Mapping[str, str | None],
        lineage: Lineage,
    ) -> None:
        """Note which columns are totals, and which given rows have others below them than were given.

        Args:
            drawn: the tables before totals were put in.
            totalled: and after.
            orders: by table, what its rows are in order of: when a given row was is no total.
            lineage: whose rows they are.
        """
        for name, table in totalled.items():
            placed = orders[name] if name in lineage.owners else None
            changed = [str(one) for one in table.columns if table.columns[one] is not drawn[name].columns[one]]
            self.totals[name] = [one for one in changed if one != placed]
        found = {name: np.zeros(rows, dtype=bool) for name, rows in lineage.rows.items()}
        for name in reversed(list(lineage.owned_by)):
            at, further = lineage.owned_by[name], found[name].copy()
            further[self.histories.rows(name) :] = True
            found[lineage.owners[name]][at[further & (at >= 0)]] = True
        self.touched.update({name: one[: self.histories.rows(name)] for name, one in found.items()})

    def put_back(self, frame: pd.DataFrame, shape: Shape, lineage: Lineage) -> pd.DataFrame:
        """A table with its given rows as they were given, but for totals of more rows than there were; counters go on from theirs."""
        given, rows = self.histories.frames.get(shape.name), self.histories.rows(shape.name)
        if given is None or not rows:
            return frame
        first = given.copy()
        for name in self.totals.get(shape.name, ()):
            changed = self.touched[shape.name]
            first[name] = joined_series(frame[name].iloc[:rows].reset_index(drop=True), given[name], changed)
        further = frame.iloc[rows:].reset_index(drop=True)
        if shape.counter is not None and len(further):
            name, start = shape.counter
            owner = lineage.owned_by[shape.name]
            last = pd.Series(np.asarray(given[name], dtype=np.float64)).groupby(owner[:rows]).max()
            begins = last.reindex(owner[rows:]).fillna(start - 1).to_numpy() + 1
            further[name] = as_type((begins + counted(owner[rows:])).astype(np.int64), shape.key_dtypes[name])
        return _stacked(first, further)


def _in_types_of(table: Table, frame: pd.DataFrame, names: list[str | int]) -> pd.DataFrame:
    """The frame of a table with some columns in the types that were learned."""
    written: Any = table.frame()
    told_otherwise = [name for name in names if frame[name].dtype != written[name].dtype]
    return frame.assign(**{str(name): written[name] for name in told_otherwise})


def joined_series(one: pd.Series[Any], otherwise: pd.Series[Any], chosen: NDArray[np.bool_]) -> pd.Series[Any]:
    """The chosen values of one column, and the others of another one."""
    return one if chosen.all() else otherwise if not chosen.any() else one.where(chosen, otherwise)


def _stacked(first: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    """Given rows above others; categories of either are kept."""
    for name in first.columns:
        one, other = first[name], further[name]
        if isinstance(one.dtype, pd.CategoricalDtype) and isinstance(other.dtype, pd.CategoricalDtype):
            levels = other.cat.categories.union(one.cat.categories, sort=False)
            first[name], further[name] = one.cat.set_categories(levels), other.cat.set_categories(levels)
    return concat([first, further]) if len(further) else first


def left_out_with_history(**given: Any) -> None:
    """See that what makes no sense with a history was not given; raises ConfigError where it was."""
    for name, value in given.items():
        if value is not None:
            raise ConfigError(f"{name} must be left out with a history, however: {name}={value!r}", parameter=name)


def tables_of(given: Database | Mapping[str, Frame] | str | Path) -> Mapping[str, Frame]:
    """Tables by name of whatever was given.

    Raises:
        DataError: if it cannot be read.
    """
    if isinstance(given, (str, Path)):
        return read_database(given).tables
    tables: Any = getattr(given, "tables", given)
    if not hasattr(tables, "items"):
        raise DataError(
            "history must be tables by name, or a place of linked tables, however: it is neither", parameter="history"
        )
    return dict(tables)
