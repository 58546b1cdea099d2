"""A fitted private model of linked tables: noisy mixtures of the units and of what is below them, as a file and back."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.data.column import Column
from synthgan.data.linked import DatabaseSchema
from synthgan.data.schema import Schema
from synthgan.errors import ConfigError
from synthgan.io.contract import Anything, Listed, Part, Record, Text, Whole, check, require
from synthgan.io.manifest import DATABASE, ENCODING, TABLE_MANIFEST, opening
from synthgan.relational.asking import by_table
from synthgan.relational.databasefile import parts_from_state, parts_state
from synthgan.relational.frames import Form
from synthgan.relational.noisy.declared import roles_of
from synthgan.relational.noisy.drawing import draw_linked
from synthgan.relational.noisy.storage import branch_from_state, branch_state
from synthgan.relational.noisy.tables import Shape
from synthgan.relational.parts import Kept
from synthgan.runtime import below
from synthgan.tabular.model import TabularModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    import torch

    from synthgan.relational.asking import Texts
    from synthgan.relational.noisy.declared import Roles
    from synthgan.relational.noisy.noisy import NoisyBranch
    from synthgan.runtime import Streams

_OWN: Final[dict[str, Part]] = {
    "role": Text(),
    "name": Text(),
    "rows": Whole(),
    "columns": Listed(Text(), distinct=True),
    "dtypes": Record(others=Text()),
    "plain": Listed(Anything()),
    "fresh": Listed(Anything()),
}
_UNIT: Final = Record({**_OWN, "table": TABLE_MANIFEST})
_BRANCH: Final = Record({**_OWN, "table": Record({"schema": Anything(), "encoding": ENCODING}), "walk": Anything()})


class NoisyDatabaseModel:
    """What a model file of linked tables holds that were learned under epsilon.

    Attributes:
        roles: of the tables.
        shapes: of those that are learned.
        unit_model: draws the units, with how many rows of each table they have.
        branches: draw the rows of the tables below, by name.
        public: the tables that are kept as they are.
        forms: by table, the form in which it came in.
        settings: every parameter of the fit, and the seed.
        training: the training summary.
        privacy: the ledger, as the manifest holds it.
        stored: what samples are written as where nobody names a kind: nothing is told of what was read.
    """

    stored: ClassVar[tuple[str, str]] = ("", "")

    def __init__(
        self,
        roles: Roles,
        shapes: Mapping[str, Shape],
        unit_model: TabularModel,
        branches: dict[str, NoisyBranch],
        public: dict[str, Kept],
        forms: dict[str, Form],
    ) -> None:
        """Put the parts together."""
        self.roles, self.shapes, self.unit_model = roles, shapes, unit_model
        self.branches, self.public, self.forms = branches, public, forms
        self.settings, self.versions = unit_model.settings, unit_model.versions
        self.training: dict[str, Any] = {}
        self.privacy: dict[str, Any] | None = None

    @property
    def linked(self) -> DatabaseSchema:
        """The keys of all tables."""
        return self.roles.schema

    def draw(self, n: int, where: Texts | None, streams: Streams) -> dict[str, pd.DataFrame]:
        """A database of ``n`` units that meet ``where``, as pandas frames.

        Raises:
            ConfigError: if a condition is on another table than that of the units.
            DataError: if it names what was never learned, or cannot be met.
        """
        asked = {} if where is None else by_table(where, self.roles.schema.tables)
        stray = next((name for name, _ in asked if name != self.roles.unit), None)
        if stray is not None:
            raise ConfigError(
                f"where must speak of the unit, {self.roles.unit!r}, of a model that was learned under epsilon, however: it speaks "
                f"of {stray!r}",
                parameter="where",
            )
        own = next(iter(asked.values()), None)
        public = {name: kept.frame for name, kept in self.public.items()}
        return draw_linked(self.roles, self.shapes, self.unit_model, self.branches, public, n, own, streams)

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""
        units = self.unit_model.rows
        return {
            "kind": DATABASE,
            "linked": self.linked.to_dict(),
            "unit": self.roles.unit,
            "units": units,
            "forms": {name: {"container": one.container, "index": list(one.index)} for name, one in self.forms.items()},
            "parts": [*map(self._part, (self.roles.unit, *self.roles.below)), *parts_state(self.public)[0]],
            "config": {name: value for name, value in self.settings.items() if name not in {"seed", "generator"}},
            "seed": self.settings["seed"],
            "rows": units,
            "training": self.training,
            "privacy": self.privacy,
            "disclosures": [f"table {name} is kept as it is, as declared" for name in self.public],
            "confidential": False,
            "versions": self.versions,
        }

    def _part(self, name: str) -> dict[str, Any]:
        shape = self.shapes[name]
        said: dict[str, Any] = {
            "role": "noisy",
            "name": name,
            "rows": self.unit_model.rows,
            "columns": list(shape.columns),
            "dtypes": dict(shape.dtypes),
            "plain": [column.to_dict() for column in shape.plain],
            "fresh": [column.to_dict() for column in shape.fresh],
        }
        if name == self.roles.unit:
            table = {**self.unit_model.manifest(), "privacy": None, "disclosures": [], "confidential": False}
            return said | {"table": table}
        transform = self.branches[name].states.transform
        table = {"schema": transform.schema.to_dict(), "encoding": transform.state()[0]}
        return said | {"table": table, "walk": branch_state(self.branches[name])[0]}

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        found = {f"unit/{name}": array for name, array in self.unit_model.tensors().items()}
        for name, branch in self.branches.items():
            at = self.roles.below.index(name)
            found |= {f"below/{at}/table/{key}": array for key, array in branch.states.transform.state()[1].items()}
            found |= {f"below/{at}/walk/{key}": array for key, array in branch_state(branch)[1].items()}
        return found | {f"public/{name}": array for name, array in parts_state(self.public)[1].items()}

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> NoisyDatabaseModel:
        """Rebuild a model from the two halves of its file.

        Raises:
            ModelFileError: if they do not make up a private model of linked tables.
        """
        with opening(path):
            starts = ("unit/", "below/", "public/")
            require(all(name.startswith(starts) for name in tensors), "every tensor", "a part of the model")
            names = [str(one.get("name")) for one in manifest["parts"]]
            roles = _in_order(roles_of(DatabaseSchema.from_dict(manifest["linked"])), names)
            require(manifest["unit"] == roles.unit, "unit", "that of the keys")
            said = {one["name"]: one for one in manifest["parts"]}
            check(said[roles.unit], _UNIT, f"part {roles.unit}")
            unit = TabularModel.from_file(path, said[roles.unit]["table"], below(tensors, "unit"), device)
            shapes = {name: _shape(said[name]) for name in (roles.unit, *roles.below)}
            branches: dict[str, NoisyBranch] = {}
            for index, name in enumerate(roles.below):
                check(said[name], _BRANCH, f"part {name}")
                branches[name] = _branch(said[name], below(tensors, f"below/{index}"))
            public = _public(path, roles, said, below(tensors, "public"), device)
            _check_columns(roles, shapes, {name: set(map(str, kept.frame.columns)) for name, kept in public.items()})
            forms = {name: Form(one["container"], tuple(one["index"])) for name, one in manifest["forms"].items()}
            known = {part.name for kind in (EncodingConfig, PrivacyConfig) for part in fields(kind)}
            require(manifest["config"].keys() <= known | {"check", "minutes"}, "config", "of parameters that are known")
            from_parameters(EncodingConfig, manifest["config"])
            model = cls(roles, shapes, unit, branches, public, forms)
            model.settings = {**unit.settings, **manifest["config"], "seed": manifest["seed"]}
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.privacy = unit.privacy = manifest["privacy"]
        return model


def _in_order(roles: Roles, names: Sequence[str]) -> Roles:
    """Roles with tables in the order in which their parts stand; that of names in a manifest is another."""
    require(sorted(names) == sorted(roles.schema.tables), "parts", "one for each table")
    below = tuple(name for name in names if name in roles.below)
    for at, name in enumerate(below):
        require(roles.owner(name).table in {roles.unit, *below[:at]}, "parts", "behind those that they belong to")
    return replace(roles, below=below, public=tuple(name for name in names if name in roles.public))


def _shape(said: dict[str, Any]) -> Shape:
    plain, fresh = (tuple(map(Column.from_dict, said[part])) for part in ("plain", "fresh"))
    require({column.name for column in (*plain, *fresh)} <= set(said["columns"]), "columns", "of the table")
    return Shape(tuple(said["columns"]), said["dtypes"], plain, fresh)


def _check_columns(roles: Roles, shapes: Mapping[str, Shape], public: Mapping[str, set[str]]) -> None:
    """See that each column of a table comes from one place, and that keys lead to columns that are made."""
    made = dict(public)
    for name, shape in shapes.items():
        keys = roles.schema.tables[name]
        foreign = {column for key in keys.foreign_keys for column in key.columns}
        own = [str(column.name) for column in (*shape.plain, *shape.fresh)]
        require(sorted({*own, *foreign}) == sorted(shape.columns), "columns", "each learned, a key, or made anew")
        require(len(own) == len({*own} - foreign), "columns", "each in one place")
        require({*foreign, *(str(one.name) for one in shape.fresh)} <= shape.dtypes.keys(), "dtypes", "of all keys")
        require(set(keys.primary_key or ()) <= set(shape.columns), "primary key", "of columns of its table")
        made[name] = set(own)
    for name in shapes:
        for key in roles.schema.tables[name].foreign_keys:
            for column in key.referenced:
                require(_ends(key.table, column, roles, made), "keys", "to columns that are made")


def _ends(table: str, column: str, roles: Roles, made: Mapping[str, set[str]]) -> bool:
    """Whether a column that a key refers to is made, or a key itself that leads to one that is."""
    for _ in range(len(roles.schema.tables) + 1):
        if column in made[table]:
            return True
        key = next((one for one in roles.schema.tables[table].foreign_keys if column in one.columns), None)
        if key is None:
            return False
        table, column = key.table, key.referenced[key.columns.index(column)]
    return False


def _branch(said: dict[str, Any], held: dict[str, np.ndarray]) -> NoisyBranch:
    table = said["table"]
    return branch_from_state(
        Schema.from_dict(table["schema"]), table["encoding"], below(held, "table"), said["walk"], below(held, "walk")
    )


def _public(
    path: str | Path, roles: Roles, said: dict[str, Any], held: dict[str, np.ndarray], device: torch.device
) -> dict[str, Kept]:
    if not roles.public:
        return {}
    linked = DatabaseSchema({name: roles.schema.tables[name] for name in roles.public})
    found = parts_from_state(path, linked, [said[name] for name in roles.public], held, device)
    kept = {name: part for name, part in found.items() if isinstance(part, Kept)}
    require(len(kept) == len(found), "public tables", "kept as they are")
    return kept
