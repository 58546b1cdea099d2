"""A fitted tabular model: what is kept of a table after training, and how rows are drawn from it."""

from __future__ import annotations

import itertools
import platform
import warnings
from dataclasses import fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from synthgan._version import __version__
from synthgan.config import NetworkConfig, from_parameters
from synthgan.data.schema import Schema
from synthgan.errors import DataError, ModelFileError, SynthganError
from synthgan.gan.generate import generate
from synthgan.runtime import Streams, below
from synthgan.tabular.chains.storage import chains_from_state, chains_state
from synthgan.tabular.conditioning.particles import Allowed
from synthgan.tabular.conditioning.where import make_evidence
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.network.generator import TabularGenerator
from synthgan.tabular.network.mixture import Mixture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.tabular.chains.generator import ChainGenerator
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout

KIND = "table"
KEEPS_ROWS = "chains: every training row can be read back out of their leaves"
FRAME_ROWS = 131_072
# Smoothing makes everything thinkable a little likely; below this a condition was in effect never seen together.
LEAST_PROBABILITY = 1e-9
_VERSIONS = ("torch", "numpy", "pandas", "pyarrow", "scikit-learn")


class TabularModel:
    """What a model file holds: encoders, the generator, and where they come from.

    Attributes:
        transform: the fitted encoders with the schema.
        generator: what draws the rows; a network is the average of those trained.
        settings: every hyper-parameter of the fit, and its seed.
        rows: how many rows it was trained on.
        training: the training summary.
        privacy: the ledger of a private fit, as the manifest holds it; None where there was none.
    """

    def __init__(
        self,
        transform: TableTransform,
        generator: TabularGenerator | ChainGenerator,
        settings: dict[str, Any],
        rows: int,
    ) -> None:
        """Put the parts together."""
        self.transform = transform
        self.generator = generator
        self.settings = settings
        self.rows = rows
        self.training: dict[str, Any] = {}
        self.privacy: dict[str, Any] | None = None
        self.versions = {"synthgan": __version__, "python": platform.python_version()} | {
            name: version(name) for name in _VERSIONS
        }

    def sample_batches(self, n: int, where: Where | None, streams: Streams) -> Iterator[Frame]:
        """Draw ``n`` rows that meet ``where``, frame by frame.

        Conditions are checked before the first row is drawn.

        Raises:
            DataError: if the condition names what was never learned, or cannot be met.
        """
        alternatives: list[Evidence | None] = [None]
        counts = np.array([n])
        if where:
            alternatives, counts = self._share_out(n, make_evidence(where, self.transform), streams)
        return self._batches(alternatives, counts, streams)

    @property
    def confidential(self) -> bool:
        """Whether the file must be kept as the table is: chains hold the codes of all rows, column by column."""
        return not isinstance(self.generator, TabularGenerator)

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""
        encoding, _ = self.transform.state()
        if not isinstance(self.generator, TabularGenerator):
            encoding |= {"generator": chains_state(self.generator)[0]}
        disclosures = ["keep_extremes: exact minima and maxima"] if self.settings["keep_extremes"] else []
        if self.confidential:
            disclosures.append(KEEPS_ROWS)
        return {
            "kind": KIND,
            "schema": self.transform.schema.to_dict(),
            "encoding": encoding,
            "config": {name: value for name, value in self.settings.items() if name != "seed"},
            "seed": self.settings["seed"],
            "rows": self.rows,
            "training": self.training,
            "privacy": self.privacy,
            "disclosures": disclosures,
            "confidential": self.confidential,
            "versions": self.versions,
        }

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""
        _, arrays = self.transform.state()
        if isinstance(self.generator, TabularGenerator):
            weights = {name: tensor.cpu().numpy() for name, tensor in self.generator.state_dict().items()}
        else:
            weights = chains_state(self.generator)[1]
        return arrays | {f"generator/{name}": array for name, array in weights.items()}

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
        try:
            schema = Schema.from_dict(manifest["schema"])
            transform = TableTransform.from_state(schema, manifest["encoding"], tensors)
            settings = {**manifest["config"], "seed": manifest["seed"]}
            arrays = below(tensors, "generator")
            generator: TabularGenerator | ChainGenerator
            if "generator" in manifest["encoding"]:
                generator = chains_from_state(transform.layout, manifest["encoding"]["generator"], arrays)
            else:
                generator = _network(transform.layout, arrays, settings, device)
            model = cls(transform, generator, settings, manifest["rows"])
            model.training, model.versions = manifest["training"], manifest["versions"]
            model.privacy = manifest["privacy"]
        except (KeyError, TypeError, ValueError, IndexError, RuntimeError, AttributeError, SynthganError) as error:
            raise ModelFileError(
                f"{path}: must be a complete model, however: a part is missing or does not fit ({error})"
            ) from error
        return model

    def _share_out(
        self, n: int, alternatives: list[Evidence], streams: Streams
    ) -> tuple[list[Evidence | None], np.ndarray]:
        """How many of the rows meet each alternative, drawn at their true proportions."""
        moved = [evidence.to(self.generator.device) for evidence in alternatives]
        logs = np.array([self.generator.log_evidence(evidence) for evidence in moved])
        probability = float(np.exp(logs).sum())
        if not probability > LEAST_PROBABILITY:
            raise DataError(
                f"a condition must be one that rows can meet, however: what was learned gives it a probability of {probability:.1g}; "
                f"ask for less at once"
            )
        if probability * self.rows < 1:
            warnings.warn(
                f"the condition is rarer than one row in the {self.rows:,} learned (probability {probability:.1g}): "
                f"rows that meet it are guesses",
                stacklevel=4,
            )
        shares = np.exp(logs - logs.max())
        counts = streams.numpy("alternatives").multinomial(n, shares / shares.sum())
        return list(moved), counts

    def _batches(self, alternatives: list[Evidence | None], counts: np.ndarray, streams: Streams) -> Iterator[Frame]:
        """Frames of each alternative in turn, of about ``FRAME_ROWS`` rows each."""
        done = 0
        batch_rows = self.generator.batch_rows
        for index, (evidence, count) in enumerate(zip(alternatives, counts, strict=True)):
            layout = self.transform.layout
            asked = [] if evidence is None else Allowed.of(evidence, layout).shares
            fixed = [column.name for at in asked for column in self.transform.codecs[at].columns]
            own = streams if index == 0 else Streams(streams.key("alternative", index))
            batches = generate(self.generator, int(count), condition=evidence, streams=own, batch_samples=batch_rows)
            while waiting := list(itertools.islice(batches, max(1, FRAME_ROWS // batch_rows))):
                codes, places = (torch.cat(part).cpu().numpy() for part in zip(*waiting, strict=True))
                encoded = Encoded(codes.astype(np.int32), places)
                yield self.transform.inverse(encoded, streams, done, fixed).frame()
                done += len(encoded)


def _network(
    layout: Layout, arrays: dict[str, np.ndarray], settings: dict[str, Any], device: torch.device
) -> TabularGenerator:
    """The network with these weights, or the mixture that stayed one, ready to draw."""
    weights = {name: torch.as_tensor(array) for name, array in arrays.items()}
    start = Mixture(*(weights[part.name] for part in fields(Mixture)))
    is_moved = len(weights) > len(fields(Mixture))
    generator = TabularGenerator(layout, start, from_parameters(NetworkConfig, settings) if is_moved else None)
    generator.load_state_dict(weights)
    return generator.to(device).requires_grad_(False)  # noqa: FBT003
