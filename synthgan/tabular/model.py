"""A fitted tabular model: what is kept of a table after training, and how rows are drawn from it."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import fields, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from synthgan._version import __version__
from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.data.parting import own_columns
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.data.withheld import Withheld
from synthgan.errors import ModelFileError
from synthgan.io.contract import require
from synthgan.io.manifest import TABLE, opening
from synthgan.runtime import Streams, below
from synthgan.tabular.base import UNCHECKED
from synthgan.tabular.conditioning.requests import Requests
from synthgan.tabular.conditioning.where import known_to
from synthgan.tabular.drawing import Drawing
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.redrawing import keep_holding
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.registry import make_generator
from synthgan.tabular.release import Check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.distributed.executor import Executor
    from synthgan.tabular.protocol import TableGenerator

KIND = TABLE
REPAIRED_ROWS = 10_000  # drawn to see what repair does to each column
_VERSIONS = ("torch", "numpy", "pandas", "pyarrow", "scikit-learn")


class TabularModel:
    """What a model file holds: encoders, the generator, and where they come from.

    Attributes:
        transform: the fitted encoders with the schema.
        generator: what draws the rows.
        settings: every parameter of the fit, the generator with its own among them, and the seed.
        rows: how many rows it was trained on.
        training: the training summary.
        privacy: the ledger of a private fit, as the manifest holds it; None where there was none.
        check: what was found out of what the model gives away; None where its generator is not checked, or not yet.
    """

    def __init__(
        self,
        transform: TableTransform,
        generator: TableGenerator,
        settings: dict[str, Any],
        rows: int,
    ) -> None:
        """Put the parts together.

        Args:
            transform: the fitted encoders.
            generator: what draws the rows, once it is fitted.
            settings: every parameter but those of the generator, and the seed.
            rows: how many rows it is trained on.
        """
        self.transform = transform
        self.generator = generator
        self.settings: dict[str, Any] = {**settings, "generator": clone(generator)}
        self.rows = rows
        self.training: dict[str, Any] = {}
        self.privacy: dict[str, Any] | None = None
        self.check: Check | None = None
        self.versions = {"synthgan": __version__, "python": platform.python_version()} | {
            name: version(name) for name in _VERSIONS
        }

    def drawing(self, n: int, where: Where | None, streams: Streams) -> Drawing:
        """A draw of ``n`` rows that meet ``where``: all is decided and checked, and no row is drawn yet.

        Raises:
            DataError: if the condition names what was never learned, or cannot be met.
        """
        self.transform.check_room(n)
        requests = Requests.read(where, n, known_to(self.transform))
        return Drawing(self.transform, self.generator, requests, streams, self.rows)

    def sample_batches(
        self, n: int, where: Where | None, streams: Streams, executor: Executor | None = None
    ) -> Iterator[Frame]:
        """Draw ``n`` rows that meet ``where``, frame by frame; conditions are checked before the first row is drawn.

        Raises:
            DataError: if the condition names what was never learned, or cannot be met.
        """
        return self.drawing(n, where, streams).frames(executor)

    def log_densities(self, frame: Frame, streams: Streams) -> NDArray[np.float64]:
        """The log density of each row of a frame, ``[rows]``."""
        return self.generator.log_likelihood(self.encode(frame, streams))

    def encode(self, frame: Frame, streams: Streams) -> Encoded:
        """The rows of a frame as the model sees them; a private model reads them as it read its own, cell by cell."""
        schema = self.transform.schema
        read = Table.read if self.privacy is None else Table.coerce
        return self.transform.transform(read(own_columns(frame, schema.names, schema.composites), schema), streams)

    @property
    def keeps_rows(self) -> str | None:
        """What the file gives away of training rows, or that nobody looked, in words; None where that is little.

        Of a private fit it is bounded, whatever the generator: it never had them.
        """
        generator = self.generator
        if self.privacy is not None:
            return None
        words = generator.keeps_rows if "keeps_rows" in vars(type(generator)) else UNCHECKED
        if words is not None or not generator.checkable:
            return words
        return UNCHECKED if self.check is None else self.check.why_confidential

    def keep_repairable(self, train: Encoded, streams: Streams) -> None:
        """Keep those constraints that rows can be made to keep while no column's distribution changes; others are ``dropped``."""
        transform = self.transform
        if not transform.constraints.words and not transform.constraints.usual:
            return
        some = train.take(streams.numpy("relations").permutation(len(train))[:REPAIRED_ROWS])
        drawn = Encoded.joined(self.generator.sample(REPAIRED_ROWS, None, streams.below("relations", 0)))
        self.transform, dropped = keep_holding(transform, drawn, some, streams.below("redrawn", 0))
        if dropped:
            self.training = {**self.training, "dropped": dropped}

    def digest(self) -> str:
        """SHA-256 of all that decides what is drawn."""
        told = {"schema": self.transform.schema.to_dict(), "encoding": self.transform.state()[0], "rows": self.rows}
        digest = hashlib.sha256(json.dumps([told, self.generator.state()[0]], sort_keys=True, default=str).encode())
        for name, array in sorted(self.tensors().items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""
        encoding, _ = self.transform.state()
        generator = self.generator
        kept = (
            "keep_extremes: exact minima and maxima" if self.settings["keep_extremes"] else None,
            self.keeps_rows,
        )
        return {
            "kind": KIND,
            "schema": self.transform.schema.to_dict(),
            "withheld": [one.to_dict() for one in self.transform.withheld],
            "encoding": encoding,
            "generator": {
                "name": generator.name,
                "config": generator.stated(),
                "state": generator.state()[0],
            },
            "config": {name: value for name, value in self.settings.items() if name not in {"seed", "generator"}},
            "seed": self.settings["seed"],
            "rows": self.rows,
            "training": self.training,
            "privacy": self.privacy,
            "check": None if self.check is None else self.check.to_dict(),
            "disclosures": [words for words in kept if words is not None],
            "confidential": self.keeps_rows is not None,
            "versions": self.versions,
        }

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        _, arrays = self.transform.state()
        return arrays | {f"generator/{name}": array for name, array in self.generator.state()[1].items()}

    @classmethod
    def from_file(
        cls, path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray], device: torch.device
    ) -> TabularModel:
        """Rebuild a model from the two halves of its file.

        Raises:
            ModelFileError: if they do not make up a tabular model.
        """
        if manifest.get("kind") != KIND:
            raise ModelFileError(
                f"{path}: must be a model of a table, however: it is one of kind {manifest.get('kind')!r}; "
                f"open it with ImageSynthesizer.load"
            )
        with opening(path):
            check_parts(manifest, tensors)
            schema = Schema.from_dict(manifest["schema"])
            transform = TableTransform.from_state(schema, manifest["encoding"], tensors)
            withheld = tuple(map(Withheld.from_dict, manifest.get("withheld", ())))
            transform = replace(transform, withheld=withheld)
            settings = {"check": True, **manifest["config"], "seed": manifest["seed"]}
            encoding = from_parameters(EncodingConfig, manifest["config"])
            privacy = from_parameters(PrivacyConfig, manifest["config"])
            known = {part.name for part in (*fields(encoding), *fields(privacy))} | {"check", "minutes"}
            require(manifest["config"].keys() <= known, "config", "of parameters that are known")
            learned = manifest["generator"]
            generator = make_generator(str(learned["name"]), learned["config"])
            generator.check()
            generator.restore(transform.layout, learned["state"], below(tensors, "generator"), device)
            model = cls(transform, generator, settings, manifest["rows"])
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.privacy = manifest["privacy"]
            if manifest.get("check") is not None:
                model.check = Check(**manifest["check"])
        return model


def check_parts(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """See that every tensor is part of an encoder, of the generator or, in a checkpoint, of the training.

    Raises:
        MisfitError: if one is not.
    """
    starts = [*(f"encoder/{index}/" for index in range(len(manifest["encoding"]["encoders"]))), "generator/"]
    if "checkpoint" in manifest:
        starts += ["state/", "monitor/"]
    require(all(name.startswith(tuple(starts)) for name in tensors), "every tensor", "a part of the model")
