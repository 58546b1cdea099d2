"""People as they are audited: a refit without one leaves out all rows of theirs, in every table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import clone

from synthgan.audit.linked import judged_groups, judged_of
from synthgan.data.rows import take
from synthgan.errors import ConfigError
from synthgan.io.sources import as_frame
from synthgan.metrics.relational.units import whole_people
from synthgan.relational.database import Database
from synthgan.relational.frames import as_pandas
from synthgan.relational.lineage import Lineage
from synthgan.relational.synthesizer import DatabaseSynthesizer
from synthgan.synthesizer import Synthesizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.metrics.data.columns import Columns, Tables

    Indices = NDArray[np.int64]

MAX_PEOPLE = 20_000  # made by one refit


@dataclass(frozen=True)
class LinkedPeople:
    """The units of linked tables, and what learns them (a ``Subject``).

    Attributes:
        database: whose unit says who the people are.
        original: what learns it, not fitted.
    """

    database: Database
    original: DatabaseSynthesizer
    what: ClassVar[str] = "people"

    @property
    def columns(self) -> Columns:
        """All people as wholes."""
        return self._beside(self.database.tables).real

    def refitted(self, kept: Indices, seed: int) -> Tables:
        """All people, and as many as are kept, made of these."""
        learned = of_people(self.database, kept)
        made = clone(self.original).set_params(seed=seed).fit(learned).sample(min(len(kept), MAX_PEOPLE))
        return self._beside(made)

    def _beside(self, tables: Any) -> Tables:
        return whole_people(judged_of(self.database, tables, None, None)[0])


@dataclass(frozen=True)
class GroupedPeople:
    """The groups of a table of rows, and what learns them (a ``Subject``).

    Attributes:
        real: the rows; those that name no group are nobody's, and are always learned.
        group: the column that says which group a row is of.
        order: what the rows of a group are in order of; None leaves them as they stand.
        original: what learns them, not fitted.
        schema: what the columns are; None finds it out.
    """

    real: Frame
    group: str
    order: str | None
    original: Synthesizer
    schema: Any
    what: ClassVar[str] = "people"

    @cached_property
    def codes(self) -> Indices:
        """int64 ``[rows]``: the group of each row in the order of their first rows; -1 where it names none."""
        column = as_pandas("real", self.real)[self.group]
        return column.factorize()[0].astype(np.int64)

    @property
    def columns(self) -> Columns:
        """All people as wholes."""
        return self._beside(self.real).real

    def refitted(self, kept: Indices, seed: int) -> Tables:
        """All people, and as many as are kept, made of these."""
        rows = take(self.real, np.flatnonzero((self.codes < 0) | np.isin(self.codes, kept)))
        fitted = clone(self.original).set_params(seed=seed)
        fitted.fit(rows, group=self.group, order=self.order, schema=self.schema)
        return self._beside(fitted.sample(min(len(kept), MAX_PEOPLE)))

    def _beside(self, made: Frame) -> Tables:
        frames = {side: as_pandas(side, frame) for side, frame in (("real", self.real), ("synthetic", made))}
        return whole_people(judged_groups(frames, self.group, self.order)[0])


def subject_of(real: Any, synthesizer: Any, group: Any, order: Any) -> LinkedPeople | GroupedPeople:
    """Whoever is audited in linked tables, or in rows in groups.

    Raises:
        ConfigError: if the synthesizer is not one of these.
        DataError, SchemaError: if they cannot be read.
    """
    of_groups = group is not None
    kind: type[Any] = Synthesizer if of_groups else DatabaseSynthesizer
    original = kind() if synthesizer is None else synthesizer
    if not isinstance(original, kind):
        what = "rows in groups" if of_groups else "linked tables"
        raise ConfigError(
            f"synthesizer must be a {kind.__name__} to audit {what}, however: it is a {type(original).__name__}",
            parameter="synthesizer",
        )
    if of_groups:
        schema = getattr(original, "schema_", None)
        return GroupedPeople(as_frame(real), group, order, clone(original).set_params(executor=None), schema)
    database = real if isinstance(real, Database) else _database(real)
    if database.unit is None and hasattr(original, "model_"):
        database.unit = original.manifest()["unit"]
    return LinkedPeople(database, clone(original))


def _database(real: Any) -> Database:
    return Database(real) if hasattr(real, "items") else Database.read(real)


def of_people(database: Database, people: Indices) -> Database:
    """The database of some people with all rows of theirs; what belongs to nobody stays.

    Args:
        database: of all.
        people: int64: indices of rows of the unit.
    """
    lineage, unit = Lineage.of(database), str(database.unit)
    tables = {}
    for name, frame in database.tables.items():
        at = np.arange(len(frame)) if name == unit else lineage.above(name).get(unit)
        rows = np.arange(len(frame)) if at is None else np.flatnonzero((at < 0) | np.isin(at, people))
        tables[name] = frame.iloc[rows].reset_index(drop=True)
    return Database(database.like_given(tables), schema=database.schema)
