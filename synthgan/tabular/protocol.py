"""What a generator of tables is asked, and what it answers: the one interface that every generator keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from synthgan.distributed.executor import Executor
    from synthgan.gan.train import Progress
    from synthgan.runtime import Streams
    from synthgan.tabular.checkpoint import TableCheckpoint
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.continuous import Cut
    from synthgan.tabular.encoding.layout import Encoded, Layout
    from synthgan.tabular.encoding.table import TableTransform

    Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Prepared:
    """A table ready for training, and what training may use.

    Attributes:
        transform: its fitted encoders.
        train: the rows to train on.
        held_out: the rows that early stopping looks at; none where the table is small or the generator asks for none.
        fingerprint: SHA-256 of the encoded rows, by which a resumed run knows its data; kept in checkpoints only.
        device: where tensors are computed on.
        minutes: wall-clock limit of the training; None is no limit.
        executor: where work that can be spread is done; None does it here.
    """

    transform: TableTransform
    train: Encoded
    held_out: Encoded
    fingerprint: str
    device: torch.device
    minutes: float | None
    executor: Executor | None = None

    @property
    def rows(self) -> int:
        """All rows, those held out among them."""
        return len(self.train) + len(self.held_out)

    @property
    def layout(self) -> Layout:
        """What the codes and residuals mean."""
        return self.transform.layout


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of which some cells are known.

    Attributes:
        rows: the rows; what stands in an unknown cell is any code, and a residual drawn from a standard normal.
        cells: bool ``[rows, columns]``: which are known.
        gaps: whether an unknown cell may become a missing value, as often as one is.
    """

    rows: Encoded
    cells: NDArray[np.bool_]
    gaps: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What learning would take.

    Attributes:
        parameters: numbers that would be learned.
        seconds: the longest it would take on this machine.
        memory_bytes: on top of the table.
    """

    parameters: int
    seconds: float
    memory_bytes: float


class TableGenerator(Protocol):
    """A generator of tables: its parameters, and after ``fit`` or ``restore`` what was learned.

    ``synthgan.tabular.base.BaseGenerator`` has what all of them share. A new one is a folder (or a file) and a line in
    ``synthgan.tabular.registry``.

    Attributes:
        name: in model files and on the command line.
        cut: how finely it likes numbers cut into modes.
        takes_modes: the kinds of modes it can learn.
        keeps_rows: how training rows can be read back out of a model file, in words; None where they cannot. A class says so
            of itself alone, not of those derived from it; where it says nothing, it was not checked. Private fits ask nobody.
        checkable: whether a fit is checked for what its file gives away, where the generator does not keep rows.
        may_change: parameters that a resumed fit may change: they say how long it goes on, not what it computes.
    """

    name: ClassVar[str]
    cut: ClassVar[Cut]
    takes_modes: ClassVar[tuple[str, ...]]
    keeps_rows: ClassVar[str | None]
    checkable: ClassVar[bool]
    may_change: ClassVar[frozenset[str]]

    @property
    def holdout_share(self) -> float:
        """Share of the rows to set aside for early stopping."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Its parameters by name, as they were given."""

    def stated(self) -> dict[str, Any]:
        """The same as plain values that JSON can hold."""

    def settled(self) -> Self:
        """One of its own that learns as this one did, with all that its fit has chosen; nothing of what it learned."""

    def coarser(self, rows: int) -> Self | None:
        """One that would tell less of so many rows; None where there is none."""

    def check(self) -> None:
        """See that the parameters can be used; raises ConfigError where one cannot."""

    def fit(
        self, prepared: Prepared, streams: Streams, saved: TableCheckpoint
    ) -> Generator[Progress, None, dict[str, Any]]:
        """Learn a table, yielding progress; gives the training summary, as JSON.

        Args:
            prepared: the encoded rows, where to compute, and how long.
            streams: randomness.
            saved: keeps the state of a long fit, and holds what an interrupted one kept.
        """

    def rows_at_once(self) -> int:
        """How many rows it draws at once: the same for every draw of a fitted generator."""

    def sample(self, n: int, evidence: Evidence | None, streams: Streams, first: int = 0) -> Iterator[Encoded]:
        """Draw ``n`` rows that meet the evidence, in batches of ``rows_at_once`` (the last may be smaller).

        Args:
            n: how many.
            evidence: what they must meet.
            streams: randomness; each batch has its own, named by its index.
            first: the batch to begin with, as if those before had been drawn.
        """

    def log_evidence(self, evidence: Evidence) -> float:
        """The log probability that a row meets the evidence."""

    def complete(self, known: Known, streams: Streams) -> Encoded:
        """The rows with their unknown cells drawn given the known ones."""

    def log_likelihood(self, encoded: Encoded) -> NDArray[np.float64]:
        """The log density of each row: of its modes, and of its residuals as normal scores; ``[rows]``."""

    def cost(self, prepared: Prepared, rows: int, streams: Streams) -> Cost:
        """What ``fit`` would take for so many rows, from a short trial on those prepared; nothing is learned."""

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """What was learned, as JSON and arrays by name."""

    def restore(self, layout: Layout, state: dict[str, Any], arrays: Arrays, device: torch.device) -> None:
        """Take up what ``state`` put down.

        Raises:
            ValueError: if the parts do not fit each other or the layout.
            KeyError: if one is missing.
        """
