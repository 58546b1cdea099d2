"""Stopping a fit and going on with it: a checkpoint is a model file that also holds how far the fit has come."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import torch

from synthgan.errors import DataError, ModelFileError
from synthgan.io import modelfile
from synthgan.io.manifest import opening, read_model
from synthgan.runtime import below, whole_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np


# What may differ between a run and its resumption: it changes where or how long the run goes, not what it computes.
FREE_TO_CHANGE = frozenset({"steps", "minutes", "patience"})

UNFINISHED = "a checkpoint holds the state of a training on the rows, and a fingerprint of them"


class Model(Protocol):
    """What a checkpoint asks of the model that it keeps.

    Attributes:
        training: the training summary.
    """

    training: dict[str, Any]

    def manifest(self) -> dict[str, Any]:
        """What the model says of itself, as JSON."""

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays of the model by name."""


class Step(Protocol):
    """What a checkpoint asks of a training step: how many came before it."""

    @property
    def step(self) -> int:
        """Its number."""


class Config(Protocol):
    """What a checkpoint asks of the configuration of the training.

    Attributes:
        check_every: steps from one check, and from one writing, to the next.
    """

    @property
    def check_every(self) -> int:
        """Steps."""


class TrainingState(Protocol):
    """What a checkpoint asks of the training state that it keeps."""

    step: int

    @property
    def config(self) -> Config:
        """How it is trained."""

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that is needed to go on exactly here."""

    def restore(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        """Take up what ``tensors`` put down."""


S = TypeVar("S", bound=Step)
G_contra = TypeVar("G_contra", bound=TrainingState, contravariant=True)
G = TypeVar("G", bound=TrainingState)


class Monitor(Protocol[G_contra]):
    """What a checkpoint asks of whoever watches the training."""

    finished: bool

    def begin(self, training: G_contra) -> None:
        """Take a first look."""

    def restore(self, numbers: dict[str, Any], weights: dict[str, torch.Tensor], training: G_contra) -> None:
        """Take up what ``state`` put down."""

    def state(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        """Everything that is needed to go on watching."""

    def summary(self, training: G_contra) -> dict[str, Any]:
        """What there is to say of the training so far."""


@dataclass
class Checkpoint:
    """Where a fit keeps itself.

    Attributes:
        path: the file; None keeps nothing.
        manifest: what was read of an earlier run; None starts afresh.
        arrays: the tensors that were read.
        settings: the hyper-parameters of this run, and its seed.
        fingerprint: of the data as they are learned.
        last: whether the fit is done once this training is; else what was kept stays.
    """

    path: Path | None = None
    manifest: dict[str, Any] | None = None
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    last: bool = True
    _write: Callable[[], None] | None = None
    _check_every: int = 1

    @classmethod
    def open(cls, path: str | Path | None, kind: str, *, resume: bool) -> Self:
        """The checkpoint at a path, read if the run is to be resumed.

        Args:
            path: the file; None keeps nothing.
            kind: what is being fitted, as the manifest names it.
            resume: whether to go on from it.

        Raises:
            ModelFileError: if there is nothing sound to resume from.
        """
        if not resume:
            return cls(None if path is None else Path(path))
        if path is None:
            raise ModelFileError("resuming must name a checkpoint, however: none was named; give its path")
        if not Path(path).exists():
            raise ModelFileError(
                f"{path}: resuming must find a checkpoint, however: there is none; fit without resuming"
            )
        manifest, arrays = read_model(path)
        if "checkpoint" not in manifest:
            raise ModelFileError(f"{path}: must be a checkpoint, however: it is a finished model; fit without resuming")
        if manifest.get("kind") != kind:
            raise ModelFileError(
                f"{path}: must be a checkpoint of a fit of kind {kind!r}, however: kind {manifest.get('kind')!r}; "
                f"fit without resuming"
            )
        return cls(Path(path), manifest, arrays)

    def check(self, settings: dict[str, Any], fingerprint: str, may_change: frozenset[str] = FREE_TO_CHANGE) -> None:
        """Note what is being fitted, and see that it is what the checkpoint was made from.

        Args:
            settings: every hyper-parameter that the fit reads, and the seed.
            fingerprint: of the data as they are learned.
            may_change: hyper-parameters that may differ.

        Raises:
            DataError: if the data are others, or the settings differ.
        """
        self.settings, self.fingerprint = settings, fingerprint
        if self.manifest is None:
            return
        earlier = self._earlier(self.manifest)
        for name, value in settings.items():
            if name not in may_change and value != earlier.get(name):
                raise DataError(
                    f"{self.path}: resuming must use the same settings, however: {name} was {earlier.get(name)!r} "
                    f"and is {value!r}; use the earlier value or fit without resuming"
                )
        if self.manifest["checkpoint"]["fingerprint"] != fingerprint:
            raise DataError(f"{self.path}: resuming must use the same data, however: they differ; fit without resuming")

    def _earlier(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The settings that a manifest holds."""
        return {**manifest["config"], "seed": manifest["seed"]}

    @contextmanager
    def keeping(self, model: Model, training: G, monitor: Monitor[G]) -> Iterator[None]:
        """Begin or take up the training; keep it if the block is left early, remove what was kept once it is done."""
        self._begin(training, monitor)
        self._check_every = training.config.check_every
        if self.path is not None:
            self._write = lambda: self._save(model, training, monitor)
        with self._kept():
            yield

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except (GeneratorExit, KeyboardInterrupt):
            if self._write is not None:
                self._write()
            raise
        if self.path is not None and self.last:
            self.path.unlink(missing_ok=True)

    def after_each(self, steps: Iterator[S]) -> Iterator[S]:
        """The same steps, none of them torn by an interrupt, with the state kept every so often."""
        if self._write is None:
            yield from steps
            return
        for step in whole_steps(steps):
            if step.step % self._check_every == 0:
                self._write()
            yield step

    def _begin(self, training: G, monitor: Monitor[G]) -> None:
        if self.manifest is None:
            monitor.begin(training)
            return
        with opening(self.path or ""):
            state, tensors = self.manifest["checkpoint"], self._tensors()
            training.restore(below(tensors, "state"), state["step"])
            monitor.restore(state["monitor"], below(tensors, "monitor"), training)
        monitor.finished = False

    def _save(self, model: Model, training: G, monitor: Monitor[G]) -> None:
        """Write model, training state and monitor to the file."""
        numbers, weights = monitor.state()
        model.training = monitor.summary(training)
        manifest = self._manifest(model, {"step": training.step, "monitor": numbers})
        arrays = model.tensors() | {f"state/{name}": tensor.numpy() for name, tensor in training.tensors().items()}
        arrays |= {f"monitor/{name}": tensor.numpy() for name, tensor in weights.items()}
        modelfile.write(self.path or "", manifest, arrays)

    def _manifest(self, model: Model, progress: dict[str, Any]) -> dict[str, Any]:
        """The manifest of the model as far as it has come; what else a checkpoint holds was never checked for rows."""
        manifest = model.manifest()
        return manifest | {
            "checkpoint": progress | {"fingerprint": self.fingerprint},
            "disclosures": [*manifest["disclosures"], UNFINISHED],
            "confidential": True,
        }

    def _tensors(self) -> dict[str, torch.Tensor]:
        return {name: torch.as_tensor(array) for name, array in self.arrays.items()}
