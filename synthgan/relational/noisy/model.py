"""A fitted private model of sequences: noisy mixtures of what belongs to whole groups and of their steps, as a file and back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.data.coercion import LEARNED
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.io.contract import require
from synthgan.io.manifest import SEQUENCE, opening
from synthgan.relational.model import draw_parents, groups_of
from synthgan.relational.noisy.drawing import rest_of
from synthgan.relational.noisy.storage import branch_from_state, branch_state
from synthgan.runtime import below, put_below
from synthgan.tabular.encoding.identifiers import FreshKeys
from synthgan.tabular.model import TabularModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import torch

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.data.withheld import Withheld
    from synthgan.relational.noisy.noisy import NoisyBranch
    from synthgan.runtime import Streams

    Name = str | int

BATCH_GROUPS = 20_000


class NoisySequenceModel:
    """What a model file of sequences holds that were learned under epsilon.

    Attributes:
        schema: of the whole table.
        group: the column that says which group a row belongs to.
        parents: draws what is constant in each group, and how many rows it has.
        branch: draws the rows.
        key: makes the names of groups.
        settings: every parameter of the fit, and the seed.
        training: the training summary.
        privacy: the ledger, as the manifest holds it.
        rows: about how many rows there were, and
        groups: about how many groups, by noisy counts.
    """

    withheld: tuple[Withheld, ...] = ()

    def __init__(
        self, schema: Schema, group: Name, parents: TabularModel, branch: NoisyBranch, key: FreshKeys, rows: int
    ) -> None:
        """Put the parts together."""
        self.rows, self.groups = rows, parents.rows
        self.group, self.parents, self.branch, self.key = group, parents, branch, key
        known = {column.name: column for column in (*parents.transform.schema, *branch.schema, key.column)}
        self.schema = schema.of_columns(known[column.name] for column in schema)
        self.settings, self.versions = parents.settings, parents.versions
        self.training: dict[str, Any] = {}
        self.privacy: dict[str, Any] | None = None

    @property
    def above(self) -> list[Name]:
        """The columns that are constant in each group."""
        return [column.name for column in self.branch.steps.above]

    def sample_batches(self, n: int, where: Where | None, streams: Streams) -> Iterator[Frame]:
        """Draw ``n`` whole groups of which each meets ``where``, frame by frame.

        Raises:
            DataError: if a condition names what does not belong to whole groups, or cannot be met.
        """
        self.key.check_room(n)
        for batch, start in enumerate(range(0, n, BATCH_GROUPS)):
            yield self._batch(min(BATCH_GROUPS, n - start), start, where, streams.below("groups", batch))

    def _batch(self, wanted: int, start: int, where: Where | None, streams: Streams) -> Frame:
        parents = draw_parents(self.parents, wanted, where, streams)
        groups = groups_of(parents)
        own = self.branch.draw(groups, parents, streams.below("steps"))
        made = self.key.make(start, wanted, streams.below("keys"))
        column = self.key.column
        keys = Table.of(self.schema.of_columns([column]), {column.name: made}, wanted).take(groups.owner)
        above = parents.take(groups.owner)
        parts = [keys, own, Table(above.schema, {name: above.columns[name] for name in self.above})]
        known = {name for part in parts for name in part.columns}
        rest = [one for one in self.schema if one.name not in known]
        if rest:
            parts.append(rest_of(self.schema.of_columns(rest), groups.rows, start, streams.below("rest")))
        held = {name: next(part.columns[name] for part in parts if name in part.columns) for name in self.schema.names}
        return Table(self.schema, held).frame()

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""
        said, _ = branch_state(self.branch)
        encoding, _ = self.branch.states.transform.state()
        return {
            "kind": SEQUENCE,
            "schema": self.schema.to_dict(),
            "withheld": [],
            "sequence": {
                "group": self.group,
                "order": self.branch.steps.order,
                "above": self.above,
            },
            "groups": self.groups,
            "key": self.key.state(),
            "parents": {**self.parents.manifest(), "privacy": None, "disclosures": [], "confidential": False},
            "table": {"schema": self.branch.states.transform.schema.to_dict(), "encoding": encoding},
            "walk": said,
            "context": [],
            "config": {name: value for name, value in self.settings.items() if name not in {"seed", "generator"}},
            "seed": self.settings["seed"],
            "rows": self.rows,
            "training": self.training,
            "privacy": self.privacy,
            "disclosures": [],
            "confidential": False,
            "versions": self.versions,
        }

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        _, arrays = self.branch.states.transform.state()
        parts = {"parents": self.parents.tensors(), "table": arrays, "walk": branch_state(self.branch)[1]}
        return put_below(parts)

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> NoisySequenceModel:
        """Rebuild a model from the two halves of its file.

        Raises:
            ModelFileError: if they do not make up a private model of sequences.
        """
        with opening(path):
            require(all(name.startswith(("parents/", "table/", "walk/")) for name in tensors), "every tensor", "a part")
            schema, said = Schema.from_dict(manifest["schema"]), manifest["sequence"]
            parents = TabularModel.from_file(path, manifest["parents"], below(tensors, "parents"), device)
            table = manifest["table"]
            branch = branch_from_state(
                Schema.from_dict(table["schema"]),
                table["encoding"],
                below(tensors, "table"),
                manifest["walk"],
                below(tensors, "walk"),
            )
            require(set(said["above"]) <= set(parents.transform.schema.names), "above", "of columns of parents")
            known = {part.name for kind in (EncodingConfig, PrivacyConfig) for part in fields(kind)}
            require(manifest["config"].keys() <= known | {"check", "minutes"}, "config", "of parameters that are known")
            from_parameters(EncodingConfig, manifest["config"])
            stated = {said["group"], *(column.name for column in (*branch.steps.above, *branch.steps.own))}
            require(stated <= set(schema.names), "columns", "of the table")
            rest = [column for column in schema if column.name not in stated]
            require(not any(column.kind in LEARNED for column in rest), "columns", "each in one part of the model")
            key = FreshKeys.from_state(schema, manifest["key"])
            require(key.column.name == said["group"], "key", "of the column of groups")
            model = cls(schema, said["group"], parents, branch, key, manifest["rows"])
            model.settings = {**parents.settings, **manifest["config"], "seed": manifest["seed"]}
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.privacy = parents.privacy = manifest["privacy"]
        return model
