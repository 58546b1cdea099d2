"""What a checkpoint of a table's fit keeps beside a game: the mixture it starts from, or the chains grown so far."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, cast

from synthgan.errors import ModelFileError
from synthgan.io import modelfile
from synthgan.io.checkpoint import Checkpoint
from synthgan.runtime import below
from synthgan.tabular.chains.storage import chains_from_state
from synthgan.tabular.network.mixture import Mixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthgan.tabular.chains.generator import ChainGenerator
    from synthgan.tabular.chains.grower import Chain
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.model import TabularModel

SECONDS_BETWEEN_CHAINS_KEPT = 60.0


@dataclass
class TableCheckpoint(Checkpoint):
    """Where the fit of a table keeps itself."""

    _written: float = field(default_factory=time.monotonic)

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

    def _save_chains(self, model: TabularModel) -> None:
        """Write the chains grown so far, if any, to the file; the game, which takes seconds, begins anew."""
        generator = cast("ChainGenerator", model.generator)
        if not generator.chains:
            return
        model.training = {"chains": len(generator.chains)}
        manifest = model.manifest()
        manifest["checkpoint"] = {"chains": len(generator.chains), "fingerprint": self.fingerprint}
        modelfile.write(self.path or "", manifest, model.tensors())
