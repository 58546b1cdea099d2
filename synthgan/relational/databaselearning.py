"""A fit of a database: table after table, owners first, each given the rows above it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthgan.data.column import NUMBERS, TEMPORAL
from synthgan.data.groups import Groups, arranged
from synthgan.data.settling import settled
from synthgan.data.table import Table
from synthgan.errors import DataError
from synthgan.gan.train import Progress
from synthgan.relational.above import Above
from synthgan.relational.branch import Parents, grow
from synthgan.relational.context import Context
from synthgan.relational.kin import siblings_of
from synthgan.relational.lineage import how_made, share_lost
from synthgan.relational.listing import is_listed, keys_to_make
from synthgan.relational.parts import Grown, Kept, Plain, Root, count_name, referred_name, states_learned
from synthgan.relational.rarity import told_by_groups, without_constants
from synthgan.relational.rules.times import with_formulas_of_times
from synthgan.relational.shape import Shape, anchors_of, find_anchor, find_counter, find_told, told_from
from synthgan.relational.siblings import Beside
from synthgan.relational.telling import announce_of, quietly
from synthgan.relational.usual import usual_of
from synthgan.tabular.checkpoint import TableCheckpoint
from synthgan.tabular.encoding.keysets import fit_keys
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.learning import learn
from synthgan.tabular.prepare import MIN_ROWS
from synthgan.tabular.registry import make_generator

if TYPE_CHECKING:
    from collections.abc import Generator

    import torch
    from numpy.typing import NDArray

    from synthgan.data.keys import ForeignKey, TableKeys
    from synthgan.relational.branch import BranchConfig
    from synthgan.relational.database import Database
    from synthgan.relational.lineage import Lineage, Reference
    from synthgan.relational.parts import Part
    from synthgan.relational.rows import Rows
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs

    Floats = NDArray[np.float64]

NOTHING = "nothing of its own"  # the column of a table that has keys alone


@dataclass
class Known:
    """What is known of the rows of a table that was learned: those below are learned given it.

    Attributes:
        table: its rows.
        anchors: float64 ``[rows]``: in seconds, what times of children are told from.
        context: float32 ``[rows, width]``: what is seen of each row and of those above.
    """

    table: Table
    anchors: Floats
    context: NDArray[np.float32]


@dataclass
class Learning:
    """A fit as far as it has come.

    Attributes:
        database: what is learned.
        configs: all parameters.
        how: how walks are grown.
        streams: randomness.
        device: where tensors are computed on.
        known: by table.
        parts: by table, in the order in which they are drawn.
        read: by table that grew from another, its rows as siblings see them, those of an owner side by side.
    """

    database: Database
    configs: Configs
    how: BranchConfig
    streams: Streams
    device: torch.device
    lineage: Lineage
    known: dict[str, Known]
    parts: dict[str, Part]
    read: dict[str, tuple[Rows, Groups]] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, TableKeys]:
        """The keys of all tables."""
        return dict(self.database.schema.tables)

    def run(self) -> Generator[Progress, None, None]:
        """Learn all tables."""
        for index, name in enumerate(self.database.making.tables):
            yield Progress("learning", index, len(self.keys), message=None)
            if is_listed(name, self.database):  # it has no rows, or was declared a dimension and belongs to nobody
                self.parts[name] = Kept(name, self.database.tables[name])
                continue
            yield from self._table(name)

    def _table(self, name: str) -> Generator[Progress, None, None]:
        """Learn one table."""
        frame, keys = self.database.tables[name], self.keys[name]
        all_keys = {table: own.foreign_keys for table, own in self.keys.items()}
        others = [key for key in keys.foreign_keys if key.kind != "owner"]
        references = tuple(
            replace(
                how_made(name, key, self.lineage, all_keys), lost=share_lost(self.lineage.refers[name, key.columns])
            )
            for key in others
        )
        foreign = {column for key in keys.foreign_keys for column in key.columns}
        at = self.lineage.owned_by.get(name, np.full(len(frame), -1))
        own_keys = [column for column in keys.primary_key or () if column not in foreign]
        counter = None
        if keys.owner is not None and len(keys.primary_key or ()) > 1 and len(own_keys) == 1 and (at >= 0).all():
            counter = find_counter(frame, at, own_keys[0])
        apart = foreign | ({counter[0]} if counter else set())
        table = self._read(name, frame, own_keys, apart)
        shape = self._shape(name, frame, table, references, at, counter, apart)
        yield from self._learn(shape, table, at)

    def _read(self, name: str, frame: pd.DataFrame, own_keys: list[str], apart: set[str]) -> Table:
        """The columns of a table that are none of keys that refer to others; at least one constant."""
        if set(frame.columns) <= apart:
            return Table.read(pd.DataFrame({NOTHING: np.zeros(len(frame), dtype=np.int64)}))
        referred = {
            column
            for keys in self.keys.values()
            for key in keys.foreign_keys
            if key.table == name
            for column in key.referenced
        }
        if not self.database.owned(name):  # a day is a key beside its patient, and says something
            own_keys = [column for column in own_keys if len(own_keys) == 1 and frame[column].is_unique]
        identifiers = (referred | (set(own_keys) if len(own_keys) == 1 else set())) - apart
        table = Table.read(
            frame.reset_index(drop=True),
            identifiers=keys_to_make(name, frame, identifiers),
            drop=[column for column in frame.columns if column in apart],
            split=True,
        )
        return table if len(table) >= self.configs.encoding.rare_below else without_constants(table)

    def _shape(
        self,
        name: str,
        frame: pd.DataFrame,
        table: Table,
        references: tuple[Reference, ...],
        at: NDArray[np.int64],
        counter: tuple[str, float] | None,
        apart: set[str],
    ) -> Shape:
        keys = self.keys[name]
        order = keys.order if keys.order in table.schema.names else None
        if order is not None and table.schema.column(order).kind not in NUMBERS | TEMPORAL:
            order = None
        counted = tuple(
            (other, key.columns)
            for other, own in self.keys.items()
            for key in own.foreign_keys
            if key.table == name and key.kind == "reference" and self._is_free(other, key)
        )
        anchor = find_anchor(table, order)
        rules = tuple(rule for rule in self.database.schema.rules or () if rule.table == name and rule.use)
        return Shape(
            name=name,
            schema=with_formulas_of_times(table, rules),
            columns=tuple(frame.columns),
            key_dtypes={column: str(frame[column].dtype) for column in frame.columns if column in apart},
            primary_key=tuple(keys.primary_key or ()),
            owner=keys.owner,
            order=order,
            references=references,
            children=self.database.owned(name),
            counted=counted,
            anchor=anchor,
            told=None
            if keys.owner is None
            else find_told(table, anchor, self._anchors(keys.owner.table, at), self._tables(name)),
            rules=rules,
            counter=counter,
            ghosts=(float((at == -1).mean()), float((at < -1).mean()))
            if keys.owner is not None and len(at)
            else (0, 0),
        )

    def _is_free(self, table: str, key: ForeignKey) -> bool:
        """Whether nothing else says which row a key refers to."""
        all_keys = {name: own.foreign_keys for name, own in self.keys.items()}
        return how_made(table, key, self.lineage, all_keys).how == "any"

    def _learn(self, shape: Shape, table: Table, at: NDArray[np.int64]) -> Generator[Progress, None, None]:
        name, rows, own = shape.name, len(table), self.streams.below("table", len(self.parts))
        above = self._above(shape, at)
        counts = {count_name(child): self.lineage.groups(child).counts for child in shape.children}
        for other, columns in shape.counted:
            positions = self.lineage.refers[other, columns]
            counts[referred_name(other, columns)] = np.bincount(positions[positions >= 0], minlength=rows)
        rare = self.configs.encoding.rare_below
        states = states_learned(shape, self.lineage.refers, self._units(name), rare)
        shape = replace(shape, usual={one: usual_of(many) for one, many in counts.items()})
        learned = shape.learned(table, above.anchors, counts, states)
        part, context = yield from self._part(shape, learned, at, own)
        self.parts[name] = part
        self.known[name] = Known(table, shape.anchors(table, above.anchors), np.hstack([context, above.context]))

    def _above(self, shape: Shape, at: NDArray[np.int64]) -> Known:
        """What is known of the owner of each row."""
        if shape.owner is None:
            return Known(None, np.zeros(len(at)), np.zeros((len(at), 0), np.float32))  # type: ignore[arg-type]
        owner, anchors = self.known[shape.owner.table], self._anchors(shape.owner.table, at)
        if shape.told is not None:
            table, above = self._tables(shape.name)[shape.told[0]]
            anchors = told_from(table, shape.told[1], above, anchors)
        return Known(owner.table, anchors, owner.context[np.maximum(at, 0)])

    def _anchors(self, owner: str, at: NDArray[np.int64]) -> Floats:
        """The anchors of the owners of rows, in seconds; of rows without one, the usual."""
        return anchors_of(self.known[owner].anchors, at)

    def _tables(self, name: str) -> dict[str, tuple[Table, NDArray[np.int64]]]:
        """The tables above one, each with the row that is above each of its rows."""
        above = self.lineage.above(name)
        return {table: (self.known[table].table, at) for table, at in above.items() if table in self.known}

    def _units(self, name: str) -> NDArray[np.int64]:
        """Whose each row of a table is: the row at the top of its tree."""
        return next(reversed(self.lineage.above(name).values()), np.arange(self.lineage.rows[name]))

    def _part(
        self, shape: Shape, learned: Table, at: NDArray[np.int64], streams: Streams
    ) -> Generator[Progress, None, tuple[Part, NDArray[np.float32]]]:
        rows, nothing = len(learned), np.zeros((len(learned), 0), dtype=np.float32)
        rare = self.configs.encoding.rare_below
        learned = told_by_groups(settled(learned, rare), self._units(shape.name), rare)
        owned = at >= 0
        try:
            if shape.owner is None and rows >= max(MIN_ROWS, 2 * rare):
                own = replace(self.configs, generator=make_generator(self.configs.generator))  # each table has its own
                model = yield from quietly(learn(learned, own, streams, self.device, TableCheckpoint()))
                announce_of(shape.name, model.transform.withheld, shape.schema.names)
                context = Context.fit(model.transform, learned, model.transform.owners, streams.below("context"))
                return Root(shape, model, context, rows), context.of(learned, streams.below("context"))
            if shape.owner is not None and owned.sum() >= max(MIN_ROWS, 2 * rare):
                return (yield from self._grown(shape, learned, at, streams))
            transform = TableTransform.fit(learned, self.configs.encoding, streams)
        except DataError as error:
            if "column to learn" not in error.message:
                error.message = f"table {shape.name!r}: {error.message}"
                raise
            transform = None
        return Plain(shape, transform, fit_keys(learned, rare), rows), nothing

    def _grown(
        self, shape: Shape, learned: Table, at: NDArray[np.int64], streams: Streams
    ) -> Generator[Progress, None, tuple[Part, NDArray[np.float32]]]:
        assert shape.owner is not None  # noqa: S101
        values = None if shape.order is None else learned.float64(learned.schema.column(shape.order))
        placed, _ = arranged(at, values)
        name = shape.owner.table
        counts, owner = np.bincount(at[at >= 0], minlength=self.lineage.rows[name]), self.known[name]
        groups, table = Groups(counts), learned.take(placed)
        above = Above({name: one.table for name, one in self.known.items()}, self.lineage, owner.anchors)
        shape = replace(shape, milestones=() if values is None else above.find(shape, values[placed], groups))

        def again(n: int, own: Streams) -> Parents:
            chosen = own.numpy("owners").integers(len(counts), size=n)
            return Parents(Groups(counts[chosen]), owner.context[chosen], like=chosen)

        stepped: set[str | int] = set() if shape.order is None else {shape.order}
        units, near = self._units(name), siblings_of(shape, self.parts.values())
        beside, encoding = Beside.of(near, self.read, len(counts), above.passed(shape)), self.configs.encoding
        branch, _ = yield from grow(
            table, groups, units, owner.context, stepped, 0, encoding, self.how, again, streams, beside
        )
        shape = replace(shape, milestones=shape.milestones if shape.order in branch.rows.names else ())
        self.read[shape.name] = branch.rows.read(table, streams.below("siblings")), groups
        transform = branch.rows.transform
        announce_of(shape.name, transform.withheld, shape.schema.names)
        context = Context.fit(transform, table, transform.owners, streams.below("context"))
        seen = np.zeros((len(learned), context.width), dtype=np.float32)
        seen[placed] = context.of(table, streams.below("context"))
        return Grown(shape, branch, context, len(learned)), seen
