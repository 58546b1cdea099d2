"""Putting a fit down and taking it up again: a checkpoint is a model file that also holds how far the fit has come."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch

from synthgan import modelfile
from synthgan.errors import DataError, ModelFileError
from synthgan.gan.game import below
from synthgan.runtime import whole_steps
from synthgan.tabular.mixture import Mixture
from synthgan.tabular.stored_chains import chains_from_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from synthgan.gan.game import Game
    from synthgan.gan.train import Step
    from synthgan.gan.watch import Watch
    from synthgan.tabular.chains import ChainGenerator
    from synthgan.tabular.fitting import Prepared
    from synthgan.tabular.growing import Chain
    from synthgan.tabular.layout import Layout
    from synthgan.tabular.model import TabularModel

SECONDS_BETWEEN_CHAINS_KEPT = 60.0
# What may differ between a run and its resumption: it changes where or how long the run goes, not what it computes.
_FREE_TO_CHANGE = frozenset({"steps", "minutes", "patience"})


@dataclass
class Checkpoint:
    """Where a fit keeps itself.

    Attributes:
        path: the file; None keeps nothing.
        manifest: what was read of an earlier run; None starts afresh.
        arrays: the tensors that were read.
        settings: the hyper-parameters of this run, and its seed.
        fingerprint: of the encoded rows.
    """

    path: Path | None = None
    manifest: dict[str, Any] | None = None
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    _write: Callable[[], None] | None = None
    _check_every: int = 1
    _written: float = field(default_factory=time.monotonic)

    @classmethod
    def open(cls, path: str | Path | None, *, resume: bool) -> Checkpoint:
        """The checkpoint at a path, read if the run is to be resumed.

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
        return cls(Path(path), manifest, arrays)

    def check(self, prepared: Prepared, settings: dict[str, Any]) -> None:
        """Note what is being fitted, and see that it is what the checkpoint was made from.

        Raises:
            DataError: if the data are others, or the settings differ.
        """
        self.settings, self.fingerprint = settings, prepared.fingerprint
        if self.manifest is None:
            return
        earlier = {**self.manifest["config"], "seed": self.manifest["seed"]}
        for name in sorted(set(settings) - _FREE_TO_CHANGE):
            if settings[name] != earlier.get(name):
                raise DataError(
                    f"{self.path}: resuming must use the same settings, however: {name} was {earlier.get(name)!r} "
                    f"and is {settings[name]!r}; use the earlier value or fit without resuming"
                )
        if self.manifest["checkpoint"]["fingerprint"] != prepared.fingerprint:
            raise DataError(
                f"{self.path}: resuming must use the same table and schema, however: they differ; fit without resuming"
            )

    def mixtures(self) -> list[Mixture]:
        """The warm start of the run being resumed; none where none is."""
        if self.manifest is None:
            return []
        weights = below(self._tensors(), "generator")
        return [Mixture(*(weights[part.name] for part in fields(Mixture)))]

    def chains(self, layout: Layout) -> tuple[Chain, ...]:
        """The chains that the run being resumed had grown; none where none is.

        Raises:
            ModelFileError: if they do not fit the table.
        """
        if self.manifest is None:
            return ()
        arrays = below(self.arrays, "generator")
        try:
            return chains_from_state(layout, self.manifest["encoding"]["generator"], arrays).chains
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(
                f"{self.path}: must be a complete checkpoint, however: {error}; fit without resuming"
            ) from error

    @contextmanager
    def keeping(self, model: TabularModel, game: Game, watch: Watch) -> Iterator[None]:
        """Begin or take up the game; keep it if the block is left early, remove what was kept once it is done."""
        self._begin(game, watch)
        self._check_every = game.config.check_every
        if self.path is not None:
            self._write = lambda: self._save(model, game, watch)
        with self._kept():
            yield

    @contextmanager
    def keeping_chains(self, model: TabularModel) -> Iterator[None]:
        """Keep the chains grown so far if the block is left early, remove what was kept once it is done."""
        if self.path is not None:
            self._write = lambda: self._save_chains(model)
        with self._kept():
            yield

    def grown(self) -> None:
        """Keep the chains once in a while."""
        if self._write is not None and time.monotonic() - self._written > SECONDS_BETWEEN_CHAINS_KEPT:
            self._write()
            self._written = time.monotonic()

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

    def _save_chains(self, model: TabularModel) -> None:
        """Write the chains grown so far, if any, to the file; the game, which takes seconds, begins anew."""
        generator = cast("ChainGenerator", model.generator)
        if not generator.chains:
            return
        model.training = {"chains": len(generator.chains)}
        manifest = model.manifest()
        manifest["checkpoint"] = {"chains": len(generator.chains), "fingerprint": self.fingerprint}
        modelfile.write(self.path or "", manifest, model.tensors())

    def _save(self, model: TabularModel, game: Game, watch: Watch) -> None:
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
