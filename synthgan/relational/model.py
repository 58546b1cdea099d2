"""A fitted model of sequences: what is kept of them after training, and how whole groups are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.data.groups import Groups
from synthgan.data.rows import concat
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.data.withheld import Withheld
from synthgan.errors import ModelFileError
from synthgan.io.contract import require
from synthgan.io.manifest import SEQUENCE, opening
from synthgan.relational.critic import Drawn
from synthgan.relational.picking import GroupQuestion
from synthgan.relational.search import Search, renamed, stacked
from synthgan.relational.sequences import COUNT, first_rows
from synthgan.relational.storage import branch_from_state, branch_state, context_from_state, context_state
from synthgan.runtime import below, put_below
from synthgan.tabular.conditioning.meeting import rows_meeting
from synthgan.tabular.encoding.identifiers import FreshKeys
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.model import TabularModel
from synthgan.tabular.pooled.pooled import Pooled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import torch

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.relational.branch import Branch
    from synthgan.relational.context import Context
    from synthgan.runtime import Streams

    Name = str | int

KIND = SEQUENCE
MAX_BATCH_ROWS = 1_000_000  # drawn at once, those among them that the critic does not keep


def told_by_trees(parents: Iterable[TabularModel]) -> list[str]:
    """What a file gives away of the rows learned, in words: the leaves of its walks, which are pooled, and the models of parents."""
    return sorted({Pooled.keeps_rows, *(words for one in parents if (words := one.keeps_rows) is not None)})


@dataclass(frozen=True)
class Named:
    """Which columns a table of sequences is told apart and put in order by.

    Attributes:
        group: says which group a row belongs to.
        order: what rows of a group are put in order by; None where they stand in it.
        above: the columns that are constant in each group.
    """

    group: Name
    order: Name | None
    above: tuple[Name, ...]


class SequenceModel:
    """What a model file of sequences holds.

    Attributes:
        schema: of the whole table.
        named: what its columns are for.
        parents: draws what belongs to whole groups: what is constant, how many rows there are, and the first one.
        context: sees of parents what the walk goes by.
        branch: draws the rows that follow.
        key: makes the names of groups.
        settings: every parameter of the fit, and the seed.
        rows: how many rows it was trained on,
        groups: and how many groups.
        training: the training summary.
    """

    privacy: None = None

    def __init__(
        self,
        schema: Schema,
        named: Named,
        parents: TabularModel,
        context: Context,
        branch: Branch,
        key: FreshKeys,
        counts: tuple[int, int],
    ) -> None:
        """Put the parts together; ``counts`` are how many rows and groups were learned."""
        self.schema, self.named, self.parents = schema, named, parents
        self.context, self.branch, self.key = context, branch, key
        self.rows, self.groups = counts
        self.settings = parents.settings
        self.training = parents.training
        self.withheld: tuple[Withheld, ...] = ()
        self.versions = parents.versions

    @property
    def transform(self) -> TableTransform:
        """How rows are encoded."""
        return self.branch.rows.transform

    def sample_batches(self, n: int, where: Where | None, streams: Streams) -> Iterator[Frame]:
        """Draw ``n`` whole groups of which each meets ``where``, frame by frame.

        Raises:
            DataError: if a condition names what is not there, or too few groups meet it.
        """
        self.key.check_room(n)
        question = GroupQuestion.read(
            where, self.parents.transform, self.transform, self.schema.names, self.named.group
        )
        return self._batches(n, question, streams)

    def _batches(self, n: int, question: GroupQuestion, streams: Streams) -> Iterator[Frame]:
        rows = max(self.rows / max(self.groups, 1), 1.0)
        most = max(1, int(MAX_BATCH_ROWS / (rows * self.branch.critic.pool)))
        for batch, start in enumerate(range(0, n, most)):
            wanted = min(most, n - start)
            own = streams.below("groups", batch)
            several, free = int(np.ceil(wanted * self.branch.critic.pool)), question == GroupQuestion(None)
            if question.asked:
                parents, drawn, table = self._met(wanted, several, question, own)
            else:
                parents, drawn = self.pool(several, question.own, own)
            chosen = self.branch.critic.choose(drawn, wanted, own.numpy("choose"), raked=free)
            kept = drawn.take(chosen)
            if question.asked:
                rows_kept = table.take(drawn.groups.rows_of(chosen))
            else:
                rows_kept = self.branch.table(kept.rows, own.below("rows"), int(start * rows))
            yield self._assembled(parents.take(chosen), rows_kept, kept.groups, start, own)

    def _met(self, wanted: int, several: int, question: GroupQuestion, streams: Streams) -> tuple[Table, Drawn, Table]:
        """Several groups, at least those wanted, that meet conditions: their parents, their rows, and these as a table."""
        search = Search(several, max(self.rows / max(self.groups, 1), 1.0), tuple(map(str, question.asked)))
        found: list[tuple[Table, Drawn, Table]] = []
        while units := search.units(wanted):
            own = streams.below("round", len(found))
            parents, drawn = self.pool(units, question.own, own)
            table = self.branch.table(drawn.rows, own.below("rows"))
            met = [
                one.units(rows_meeting(table, one.clauses, self.transform), drawn.groups.owner, units)
                for one in question.asked
            ]
            together = np.logical_and.reduce(met)
            search.add(units, [int(one.sum()) for one in (*met, together)])
            kept = np.flatnonzero(together)
            found.append((parents.take(kept), drawn.take(kept), table.take(drawn.groups.rows_of(kept))))
        parents, table = stacked([one[0] for one in found]), stacked([one[2] for one in found])
        table = renamed(table, self.transform.keys or (), streams.below("names of rows"))
        return parents, Drawn.stacked([one[1] for one in found]), table

    def _assembled(self, parents: Table, own: Table, groups: Groups, start: int, streams: Streams) -> Frame:
        """Groups as a frame, under new names."""
        column = self.key.column
        made = self.key.make(start, len(groups), streams.below("keys"))
        keys = Table.of(self.schema.of_columns([column]), {column.name: made}, len(groups)).take(groups.owner)
        above = parents.take(groups.owner)
        held = {
            name: (keys if name == column.name else above if name in self.named.above else own).columns[name]
            for name in self.schema.names
        }
        return Table(self.schema, held).frame()

    def pool(self, n: int, where: Where | None, streams: Streams) -> tuple[Table, Drawn]:
        """So many groups with their parents, whatever the critic says of them."""
        parents = draw_parents(self.parents, n, where, streams)
        groups = groups_of(parents)
        first = self.branch.read_first(first_rows(self.transform.schema, parents), streams.below("first"))
        context = self.context.of(parents, streams.below("context"))
        return parents, self.branch.draw(first, groups, context, streams.below("walk"))

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""
        encoding, _ = self.transform.state()
        walk, _ = branch_state(self.branch)
        kept = ["keep_extremes: exact minima and maxima"] if self.settings["keep_extremes"] else []
        return {
            "kind": KIND,
            "schema": self.schema.to_dict(),
            "withheld": [one.to_dict() for one in self.withheld],
            "sequence": {"group": self.named.group, "order": self.named.order, "above": list(self.named.above)},
            "groups": self.groups,
            "key": self.key.state(),
            "parents": self.parents.manifest(),
            "table": {"schema": self.transform.schema.to_dict(), "encoding": encoding},
            "walk": walk,
            "context": context_state(self.context)[0],
            "config": {name: value for name, value in self.settings.items() if name not in {"seed", "generator"}},
            "seed": self.settings["seed"],
            "rows": self.rows,
            "training": self.training,
            "privacy": None,
            "disclosures": [*kept, *told_by_trees([self.parents])],
            "confidential": True,
            "versions": self.versions,
        }

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        _, arrays = self.transform.state()
        parts = {"parents": self.parents.tensors(), "table": arrays, "walk": branch_state(self.branch)[1]}
        parts["context"] = context_state(self.context)[1]
        return put_below(parts)

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> SequenceModel:
        """Rebuild a model from the two halves of its file.

        Raises:
            ModelFileError: if they do not make up a model of sequences.
        """
        if manifest.get("kind") != KIND:
            raise ModelFileError(
                f"{path}: must be a model of sequences, however: it is one of kind {manifest.get('kind')!r}"
            )
        with opening(path):
            starts = ("parents/", "table/", "walk/", "context/")
            require(all(name.startswith(starts) for name in tensors), "every tensor", "a part of the model")
            schema = Schema.from_dict(manifest["schema"])
            said = manifest["sequence"]
            named = Named(said["group"], said["order"], tuple(said["above"]))
            parents = TabularModel.from_file(path, manifest["parents"], below(tensors, "parents"), device)
            table = manifest["table"]
            transform = TableTransform.from_state(
                Schema.from_dict(table["schema"]), table["encoding"], below(tensors, "table")
            )
            context = context_from_state(parents.transform, manifest["context"], below(tensors, "context"))
            branch = branch_from_state(transform, context.width, manifest["walk"], below(tensors, "walk"))
            key = FreshKeys.from_state(schema, manifest["key"])
            _check(schema, named, parents, transform, key, manifest["config"])
            model = cls(schema, named, parents, context, branch, key, (manifest["rows"], manifest["groups"]))
            model.settings = {**parents.settings, **manifest["config"], "seed": manifest["seed"]}
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.withheld = tuple(map(Withheld.from_dict, manifest["withheld"]))
        return model


def _check(
    schema: Schema,
    named: Named,
    parents: TabularModel,
    transform: TableTransform,
    key: FreshKeys,
    config: dict[str, Any],
) -> None:
    """See that every column of the table stands in one part, and that the parts belong together."""
    stated = [named.group, *named.above, *transform.schema.names]
    require(sorted(map(str, stated)) == sorted(map(str, schema.names)), "columns", "each in one part of the model")
    require(named.order is None or named.order in transform.schema.names, "order", "a column of the rows")
    require(key.column.name == named.group, "key", "of the column of groups")
    own = parents.transform.schema.names
    require({COUNT, *named.above} <= set(own), "parents", "of the columns of whole groups")
    require(COUNT in parents.transform.owners or parents.transform.columns[COUNT].levels, "counts", "learned")
    known = {part.name for kind in (EncodingConfig, PrivacyConfig) for part in fields(kind)} | {
        "check",
        "minutes",
        "shift_dates",
    }
    require(config.keys() <= known, "config", "of parameters that are known")
    from_parameters(EncodingConfig, config)


def draw_parents(model: TabularModel, n: int, where: Where | None, streams: Streams) -> Table:
    """So many rows of a table of parents.

    Raises:
        DataError: if a condition names what was never learned, or cannot be met.
    """
    frame = concat(list(model.sample_batches(n, where, streams.below("parents"))))
    return Table.read(frame, model.transform.schema, validate=False)


def groups_of(parents: Table) -> Groups:
    """How many rows each parent has."""
    column = parents.schema.column(COUNT)
    return Groups(np.maximum(np.nan_to_num(parents.float64(column)), 1).astype(np.int64))
