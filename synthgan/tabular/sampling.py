"""What is drawn from a fitted synthesizer: a frame, frame by frame, or a folder of parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan.data.containers.origin import with_origin
from synthgan.data.rows import concat
from synthgan.distributed.threads import Threads
from synthgan.estimator import number_to_draw
from synthgan.tabular.model import TabularModel
from synthgan.tabular.parts import Parts, began, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.distributed.executor import Executor
    from synthgan.runtime import Streams
    from synthgan.tabular.parts import Part


class Sampling(ABC):
    """The drawing half of a synthesizer, which has a model once it is fitted."""

    seed: int
    executor: Executor | None
    sample_origin_: Mapping[str, Any] | None

    @abstractmethod
    def _fitted(self) -> Any:
        """The model."""

    @abstractmethod
    def _streams_of_draw(self, seed: int | None, where: Any = None) -> Streams:
        """The streams of one draw: of that seed, or others each time."""

    @abstractmethod
    def _flat(self) -> TabularModel:
        """The model, where it is one of a flat table."""

    def sample(self, n: int, *, where: Where | None = None, seed: int | None = None) -> Frame:
        """Draw ``n`` synthetic rows; where groups were learned, ``n`` whole groups.

        Args:
            n: how many.
            where: what every row must meet: a mapping from column to a value, a list of values, a ``(low, high)`` tuple
                with both ends included (None for an open end), None (missing) or operators, ``{">": 3, "!=": 5}``; or texts
                such as ``"age>=65"``, which all hold. A table, or a list of mappings, has a row of conditions for each row to
                draw; of fewer, each is met by as many rows as any other. Of groups, a column that differs inside is met by at
                least one row, and under ``"all:ward"`` by every row.
            seed: the seed of the draw; None draws other rows each time, and ``sample_seed_`` then says by which seed.

        Returns:
            A frame of the kind, with the columns, dtypes and column order, of the table that was learned.

        Raises:
            NotFittedError: before ``fit``.
            ConfigError: if ``n`` is not a whole number of at least 1.
            DataError: if the condition names what was never learned, or cannot be met.
        """
        drawn = concat(list(self.sample_batches(n, where=where, seed=seed)))
        return with_origin(drawn, self.sample_origin_)

    def sample_batches(self, n: int, *, where: Where | None = None, seed: int | None = None) -> Iterator[Frame]:
        """Draw what ``sample`` draws, frame by frame, in memory that does not grow with ``n``."""
        model, streams, origin = self._fitted(), self._streams_of_draw(seed, where), self.sample_origin_
        # groups are drawn here, whatever the executor
        on = () if self.executor is None or not isinstance(model, TabularModel) else (self.executor,)
        batches = model.sample_batches(number_to_draw(n), where, streams, *on)
        return (with_origin(frame, origin) for frame in batches)

    def sample_parts(
        self,
        n: int,
        folder: str | Path,
        *,
        where: Where | None = None,
        seed: int | None = None,
        resume: bool = False,
    ) -> Iterator[Part]:
        """Draw what ``sample`` draws into ``part-00000.parquet``, … of a folder, on the executor, and yield each part as it is there.

        The parts and their bytes depend on the model, ``n``, ``where`` and the seed alone. Each is renamed into place when it is
        whole; ``_manifest.json``, with the SHA-256 and the rows of each, comes last. Memory does not grow with ``n``.

        Args:
            n: how many rows.
            folder: a new or empty one; with an executor of other machines, one that they see, too.
            where: as for ``sample``, the same for all rows.
            seed: the seed of the draw; None draws other rows each time, or goes on with that of the draw that is resumed.
            resume: go on with a draw that was interrupted: only parts that lack, or are not what they were, are drawn.

        Raises:
            NotFittedError: before ``fit``.
            ConfigError: if ``n`` is not a whole number of at least 1.
            DataError: if the condition cannot be met, the folder holds something else, or a rule makes every row look at all others.
            ResourceError: if the disk is full, or workers are lost again and again.
        """
        model, place = self._flat(), Path(folder)
        before = began(place) if resume and seed is None else None
        streams = self._streams_of_draw((before or {}).get("seed", seed), where)
        drawing = model.drawing(number_to_draw(n), where, streams)
        plan = plan_of(drawing, seed=int(streams.seed), where=where, model=model.digest())
        parts = Parts(drawing, place, plan, self.sample_origin_ or {})
        return parts.written(self.executor or Threads(), resume=resume)
