"""Whom a model file is asked about: the rows of a flat table, groups of rows, or the units of linked tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

import numpy as np
from sklearn.base import clone

from synthgan.audit.people import of_people
from synthgan.data.containers.cells import unit_codes
from synthgan.data.rows import number_of_rows, take
from synthgan.io.manifest import SEQUENCE
from synthgan.io.sources import as_frame
from synthgan.relational.database import Database
from synthgan.relational.histories import tables_of
from synthgan.relational.sequences import check_names
from synthgan.relational.synthesizer import DatabaseSynthesizer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.tabular.synthesizer import Synthesizer

    Indices = NDArray[np.int64]

AnySynthesizer: TypeAlias = "Synthesizer | DatabaseSynthesizer"


class Asked(Protocol):
    """What was learned, one by one, and the model that is asked."""

    what: ClassVar[str]

    def read(self, source: Any) -> Any:
        """Whoever stands in a source.

        Raises:
            DataError, SchemaError: if it cannot be read.
        """
        ...

    def count(self, side: Any) -> int:
        """How many they are."""
        ...

    def part(self, side: Any, chosen: Indices) -> Any:
        """Some of them, with all that belongs to them."""
        ...

    def densities(self, synthesizer: Any, side: Any) -> NDArray[np.float64]:
        """The log density of each under a model."""
        ...

    def learned_again(self, side: Any, seed: int) -> Any:
        """The same pipeline, learned on others."""
        ...


@dataclass(frozen=True)
class AskedRows:
    """The rows of a flat table (an ``Asked``)."""

    model: Synthesizer
    what: ClassVar[str] = "rows"

    def read(self, source: Frame | str | Path) -> Frame:
        """A table."""
        return as_frame(source)

    def count(self, side: Frame) -> int:
        """Its rows."""
        return number_of_rows(side)

    def part(self, side: Frame, chosen: Indices) -> Frame:
        """Some rows."""
        return take(side, chosen)

    def densities(self, synthesizer: Synthesizer, side: Frame) -> NDArray[np.float64]:
        """Of each row."""
        return synthesizer.score_samples(side)

    def learned_again(self, side: Frame, seed: int) -> Synthesizer:
        """The same parameters, fitted on other rows."""
        check = self.model.epsilon is not None
        return clone(self.model).set_params(seed=seed, check=check).fit(side, schema=self.model.schema_)


@dataclass(frozen=True)
class AskedGroups(AskedRows):
    """Groups of rows, such as patients with their visits; rows that name no group are nobody's (an ``Asked``)."""

    what: ClassVar[str] = "people"

    @property
    def _named(self) -> Any:
        model: Any = self.model.model_
        return model.named

    def read(self, source: Frame | str | Path) -> Frame:
        """A table, without rows that name no group."""
        frame = as_frame(source)
        check_names(frame, group=self._named.group)
        return take(frame, np.flatnonzero(unit_codes(frame, self._named.group) >= 0))

    def count(self, side: Frame) -> int:
        """Its groups."""
        return int(unit_codes(side, self._named.group).max(initial=-1)) + 1

    def part(self, side: Frame, chosen: Indices) -> Frame:
        """All rows of some groups."""
        return take(side, np.flatnonzero(np.isin(unit_codes(side, self._named.group), chosen)))

    def learned_again(self, side: Frame, seed: int) -> Synthesizer:
        """The same parameters, fitted on other groups."""
        group, order, schema = self._named.group, self._named.order, self.model.schema_
        again: Any = clone(self.model).set_params(seed=seed)
        fitted: Synthesizer = again.fit(side, group=group, order=order, schema=schema)
        return fitted


@dataclass(frozen=True)
class AskedUnits:
    """The units of linked tables, with all rows of theirs (an ``Asked``)."""

    model: DatabaseSynthesizer
    what: ClassVar[str] = "people"

    def read(self, source: Any) -> Database:
        """Linked tables, with the keys that the model knows."""
        tables = tables_of(source)
        linked = self.model.schema_
        database = Database({name: tables[name] for name in tables if name in linked.tables}, schema=linked)
        database.unit = self.model.manifest()["unit"]
        return database

    def count(self, side: Database) -> int:
        """Its units."""
        return side.rows[str(side.unit)]

    def part(self, side: Database, chosen: Indices) -> Database:
        """Some units with all rows of theirs; what belongs to nobody stays."""
        return of_people(side, chosen)

    def densities(self, synthesizer: DatabaseSynthesizer, side: Database) -> NDArray[np.float64]:
        """Of each unit."""
        return synthesizer.score_samples(side)

    def learned_again(self, side: Database, seed: int) -> DatabaseSynthesizer:
        """The same parameters, fitted on other units."""
        return clone(self.model).set_params(seed=seed).fit(side, unit=str(side.unit))


def asked_of(synthesizer: AnySynthesizer) -> Asked:
    """Whom a fitted model is asked about.

    Raises:
        NotFittedError: if it is not fitted.
    """
    kind = synthesizer.manifest()["kind"]
    if isinstance(synthesizer, DatabaseSynthesizer):
        return AskedUnits(synthesizer)
    return AskedGroups(synthesizer) if kind == SEQUENCE else AskedRows(synthesizer)
