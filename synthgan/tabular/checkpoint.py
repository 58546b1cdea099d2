"""Where the fit of a table keeps itself: the model as far as it has come, and what its generator needs to go on."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from synthgan.io import modelfile
from synthgan.io.checkpoint import Checkpoint
from synthgan.io.manifest import opening
from synthgan.runtime import below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from synthgan.io.checkpoint import Model, Monitor, TrainingState

T = TypeVar("T")
SECONDS_BETWEEN_WRITES = 60.0


@dataclass
class TableCheckpoint(Checkpoint):
    """Where the fit of a table keeps itself; one without a path keeps nothing."""

    _model: Model | None = None
    _written: float = field(default_factory=time.monotonic)

    def begin(self, model: Model) -> None:
        """Say what is being fitted: it is kept as far as it has come."""
        self._model = model

    def resumed(self, read: Callable[[dict[str, Any], dict[str, np.ndarray]], T]) -> T | None:
        """What the generator of the run being resumed had put down, read from its state and arrays; None where none is.

        Raises:
            ModelFileError: if it does not fit the table.
        """
        if self.manifest is None:
            return None
        with opening(self.path or ""):
            return read(self.manifest["generator"]["state"], below(self.arrays, "generator"))

    def _earlier(self, manifest: dict[str, Any]) -> dict[str, Any]:
        generator = manifest["generator"]
        return {"check": True} | super()._earlier(manifest) | generator["config"] | {"generator": generator["name"]}

    @contextmanager
    def keeping_state(self, state: TrainingState, monitor: Monitor[Any]) -> Iterator[None]:
        """Begin or take up a training of two networks; keep it if the block is left early, remove what was kept once it is done."""
        assert self._model is not None  # noqa: S101 (a fit begins with it)
        with self.keeping(self._model, state, monitor):
            yield

    @contextmanager
    def keeping_progress(self, progress: Callable[[], dict[str, Any]]) -> Iterator[None]:
        """Keep the generator as far as it has come if the block is left early, remove what was kept once it is done.

        Args:
            progress: says how far that is, as JSON; nothing is kept while it is empty.
        """
        if self.path is not None:
            self._write = lambda: self._save_progress(progress())
        with self._kept():
            yield

    def once_in_a_while(self) -> None:
        """Write what is to be kept, if the last time is long ago."""
        if self._write is not None and time.monotonic() - self._written > SECONDS_BETWEEN_WRITES:
            self._write()
            self._written = time.monotonic()

    def _save_progress(self, progress: dict[str, Any]) -> None:
        if not progress or self._model is None:
            return
        self._model.training = progress
        modelfile.write(self.path or "", self._manifest(self._model, progress), self._model.tensors())
