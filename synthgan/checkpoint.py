"""Putting a game down and taking it up again: a checkpoint is a model file that also holds how far the fit has come."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import torch

from synthgan import modelfile
from synthgan.errors import DataError, ModelFileError
from synthgan.gan.game import below
from synthgan.runtime import whole_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from synthgan.gan.game import Game
    from synthgan.gan.train import Step
    from synthgan.gan.watch import Watch

# What may differ between a run and its resumption: it changes where or how long the run goes, not what it computes.
_FREE_TO_CHANGE = frozenset({"steps", "minutes", "patience"})


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


@dataclass
class Checkpoint:
    """Where a fit keeps itself.

    Attributes:
        path: the file; None keeps nothing.
        manifest: what was read of an earlier run; None starts afresh.
        arrays: the tensors that were read.
        settings: the hyper-parameters of this run, and its seed.
        fingerprint: of the data as they are learned.
    """

    path: Path | None = None
    manifest: dict[str, Any] | None = None
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
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
        manifest, arrays = modelfile.read(path)
        if "checkpoint" not in manifest:
            raise ModelFileError(f"{path}: must be a checkpoint, however: it is a finished model; fit without resuming")
        if manifest.get("kind") != kind:
            raise ModelFileError(
                f"{path}: must be a checkpoint of a fit of kind {kind!r}, however: kind {manifest.get('kind')!r}; "
                f"fit without resuming"
            )
        return cls(Path(path), manifest, arrays)

    def check(self, settings: dict[str, Any], fingerprint: str) -> None:
        """Note what is being fitted, and see that it is what the checkpoint was made from.

        Args:
            settings: every hyper-parameter, and the seed.
            fingerprint: of the data as they are learned.

        Raises:
            DataError: if the data are others, or the settings differ.
        """
        self.settings, self.fingerprint = settings, fingerprint
        if self.manifest is None:
            return
        earlier = {**self.manifest["config"], "seed": self.manifest["seed"]}
        for name in sorted(set(settings) - _FREE_TO_CHANGE):
            if settings[name] != earlier.get(name):
                raise DataError(
                    f"{self.path}: resuming must use the same settings, however: {name} was {earlier.get(name)!r} "
                    f"and is {settings[name]!r}; use the earlier value or fit without resuming"
                )
        if self.manifest["checkpoint"]["fingerprint"] != fingerprint:
            raise DataError(f"{self.path}: resuming must use the same data, however: they differ; fit without resuming")

    @contextmanager
    def keeping(self, model: Model, game: Game, watch: Watch) -> Iterator[None]:
        """Begin or take up the game; keep it if the block is left early, remove what was kept once it is done."""
        self._begin(game, watch)
        self._check_every = game.config.check_every
        if self.path is not None:
            self._write = lambda: self._save(model, game, watch)
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
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def after_each(self, steps: Iterator[Step]) -> Iterator[Step]:
        """The same steps, none of them torn by an interrupt, with the game kept every so often."""
        if self._write is None:
            yield from steps
            return
        for step in whole_steps(steps):
            if step.step % self._check_every == 0:
                self._write()
            yield step

    def _begin(self, game: Game, watch: Watch) -> None:
        if self.manifest is None:
            watch.begin(game)
            return
        state, tensors = self.manifest["checkpoint"], self._tensors()
        game.restore(below(tensors, "game"), state["step"])
        watch.restore(state["watch"], below(tensors, "watch"))
        watch.finished = False

    def _save(self, model: Model, game: Game, watch: Watch) -> None:
        """Write model, game and watch to the file."""
        numbers, weights = watch.state()
        model.training = watch.summary(game)
        manifest = model.manifest()
        manifest["checkpoint"] = {"step": game.step, "fingerprint": self.fingerprint, "watch": numbers}
        arrays = model.tensors() | {f"game/{name}": tensor.numpy() for name, tensor in game.tensors().items()}
        arrays |= {f"watch/{name}": tensor.numpy() for name, tensor in weights.items()}
        modelfile.write(self.path or "", manifest, arrays)

    def _tensors(self) -> dict[str, torch.Tensor]:
        return {name: torch.as_tensor(array) for name, array in self.arrays.items()}
