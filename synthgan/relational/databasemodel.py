"""A fitted model of a database: what is kept of it after training, as a file and back."""

from __future__ import annotations

import platform
import re
from dataclasses import fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from synthgan._version import __version__
from synthgan.config import EncodingConfig, from_parameters
from synthgan.data.containers.source import checked_source
from synthgan.data.linked import DatabaseSchema
from synthgan.errors import DataError, ModelFileError
from synthgan.io.contract import require
from synthgan.io.manifest import DATABASE, opening
from synthgan.relational.choosing import choose
from synthgan.relational.databasefile import parts_from_state, parts_state
from synthgan.relational.density import of_units
from synthgan.relational.drawing import draw_database
from synthgan.relational.ends import Ends
from synthgan.relational.frames import Form
from synthgan.relational.histories import Histories
from synthgan.relational.model import told_by_trees
from synthgan.relational.onward import go_on
from synthgan.relational.parts import Kept, Root
from synthgan.relational.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import pandas as pd
    import torch
    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.relational.asking import Texts
    from synthgan.relational.parts import Part
    from synthgan.runtime import Streams

_VERSIONS = ("torch", "numpy", "pandas", "pyarrow", "scikit-learn")
_SETTINGS = {part.name for part in fields(EncodingConfig)} | {"minutes", "shift_dates"}


class DatabaseModel:
    """What a model file of a database holds.

    Attributes:
        linked: the keys of all tables.
        unit: the table that counts.
        parts: what draws each table, in the order in which they are drawn.
        forms: by table, the form in which it came in.
        settings: every parameter of the fit, and the seed.
        stored: what the tables were read from, as ``Stored.kind`` and ``Stored.ending`` say it.
        training: the training summary.
    """

    def __init__(
        self,
        linked: DatabaseSchema,
        unit: str,
        parts: dict[str, Part],
        forms: dict[str, Form],
        settings: dict[str, Any],
        stored: tuple[str, str] = ("", ""),
    ) -> None:
        """Put the parts together."""
        self.linked, self.unit, self.parts, self.forms = linked, unit, parts, forms
        self.settings, self.stored = settings, stored
        self.training: dict[str, Any] = {"tables": len(parts)}
        self.versions = {"synthgan": __version__, "python": platform.python_version()} | {
            name: version(name) for name in _VERSIONS
        }

    def draw(self, n: int, where: Texts | None, streams: Streams) -> dict[str, pd.DataFrame]:
        """A database of ``n`` units that meet ``where``, as pandas frames.

        Raises:
            DataError: if a condition names what is not there, or too few units meet it.
        """
        question = Question.read(where, self.parts, self.unit)
        made = choose(self.parts, self.unit, n, question, streams.below("asked")) if question.tables else None
        return draw_database(self.parts, self.unit, n, question.own, streams, made)

    def go_on(self, given: Mapping[str, Frame], until: Any, streams: Streams) -> dict[str, pd.DataFrame]:
        """Histories by table, each row as it was given, and behind them what is drawn, as pandas frames.

        Raises:
            ConfigError: if ``until`` is no end of any table.
            DataError: if histories do not fit the model.
            SchemaError: if a column does not fit the schema.
        """
        histories = Histories.read(self.parts, self.unit, given)
        ends = None if until is None else Ends.read(until, self.parts, self.unit, histories)
        return go_on(self.parts, self.unit, histories, ends, streams)

    def log_densities(self, given: Mapping[str, Frame], streams: Streams) -> NDArray[np.float64]:
        """The log density of each unit with all rows of its, ``[units]``.

        Raises:
            DataError, SchemaError: if the tables do not fit the model.
        """
        lacking = next(
            (name for name, part in self.parts.items() if not isinstance(part, Kept) and name not in given), None
        )
        if lacking is not None:
            raise DataError(f"the tables must have {lacking!r}, which was learned, however: they lack it; add it")
        units = Histories.read(self.parts, self.unit, given, any_cell=True)
        return of_units(self.parts, self.unit, units, streams)

    @property
    def rows(self) -> dict[str, int]:
        """How many rows of each table were learned, or are kept."""
        return {name: len(part.frame) if isinstance(part, Kept) else part.rows for name, part in self.parts.items()}

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""
        kept = [
            f"table {name} is kept as it is, as declared"
            for name, part in self.parts.items()
            if isinstance(part, Kept) and len(part.frame)
        ]
        roots = [part.model for part in self.parts.values() if isinstance(part, Root)]
        extremes = ["keep_extremes: exact minima and maxima"] if self.settings["keep_extremes"] else []
        return {
            "kind": DATABASE,
            "linked": self.linked.to_dict(),
            "unit": self.unit,
            "units": self.rows[self.unit],
            "forms": {
                name: {"container": one.container, "index": list(one.index), "source": one.source}
                for name, one in self.forms.items()
            },
            "stored": dict(zip(("kind", "ending"), self.stored, strict=True)),
            "parts": parts_state(self.parts)[0],
            "config": {name: value for name, value in self.settings.items() if name not in {"seed", "generator"}},
            "seed": self.settings["seed"],
            "rows": sum(self.rows.values()),
            "training": self.training,
            "privacy": None,
            "disclosures": [*extremes, *kept, *told_by_trees(roots)],
            "confidential": True,
            "versions": self.versions,
        }

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        return parts_state(self.parts)[1]

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> DatabaseModel:
        """Rebuild a model from the two halves of its file.

        Raises:
            ModelFileError: if they do not make up a model of a database.
        """
        if manifest.get("kind") != DATABASE:
            raise ModelFileError(
                f"{path}: must be a model of a database, however: it is one of kind {manifest.get('kind')!r}"
            )
        with opening(path):
            linked = DatabaseSchema.from_dict(manifest["linked"])
            parts = parts_from_state(path, linked, manifest["parts"], tensors, device)
            unit = manifest["unit"]
            require(isinstance(parts.get(unit), Root), "unit", "a table that belongs to nobody")
            require(manifest["config"].keys() <= _SETTINGS, "config", "of parameters that are known")
            forms = {
                name: Form(one["container"], tuple(one["index"]), one.get("source") and checked_source(one["source"]))
                for name, one in manifest["forms"].items()
            }
            said = manifest.get("stored", {"kind": "", "ending": ""})
            require(re.fullmatch(r"(\.\w+)*", said["ending"]) is not None, "stored", "of the ending of a file")
            from_parameters(EncodingConfig, manifest["config"])
            settings = {**manifest["config"], "seed": manifest["seed"]}
            model = cls(linked, unit, parts, forms, settings, (said["kind"], said["ending"]))
            model.training, model.versions = manifest["training"], manifest["versions"]
        return model
