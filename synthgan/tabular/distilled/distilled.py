"""The generator ``distilled``: a teacher learns the rows, a student learns what the teacher draws, and only the student stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import clone

from synthgan.checks import require, require_whole
from synthgan.tabular.autoregressive.autoregressive import Autoregressive
from synthgan.tabular.base import BaseGenerator
from synthgan.tabular.chains.chains import Chains
from synthgan.tabular.checkpoint import TableCheckpoint
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.network.network import Network
from synthgan.tabular.pooled.pooled import Pooled
from synthgan.tabular.protocol import Cost

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import torch
    from numpy.typing import NDArray

    from synthgan.gan.train import Progress
    from synthgan.runtime import Streams
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.protocol import Arrays, Known, Prepared, TableGenerator

PARTS: dict[str, type[BaseGenerator]] = {kind.name: kind for kind in (Pooled, Autoregressive, Chains, Network)}
DRAWN_ROWS = 60_000  # drawn of a table where nothing else is asked for,
TIMES = (3, 20)  # but so many times its rows at least and at most
SMALL_TIMES = ((1_000, 5), (2_000, 10))  # of tables of fewer rows, each of which weighs more
FEW_TIMES = 10


class Distilled(BaseGenerator):
    """A student that is learned from rows which a teacher drew; the teacher, its seed and its draws are gone.

    What a file tells of a real row is then no more than so many samples tell.

    Args:
        teacher: learns the table: a generator, or its name.
        student: learns what the teacher draws, and is what is saved; None takes four chains of fine leaves without critics, for it
            has many rows to learn.
        times: how many rows are drawn for each that was learned; None takes 5 below 1,000 rows, 10 below 2,000,
            then 20 and at last 3.

    Example:
        >>> from synthgan import Chains, Distilled, Pooled, Synthesizer
        >>> synthesizer = Synthesizer(generator=Distilled(teacher=Pooled(leaf_rows=50), student=Chains(), times=5))
        >>> synthesizer.get_params()["generator__teacher__leaf_rows"]
        50
    """

    name = "distilled"
    cut = FINE
    takes_modes = ("quantile",)
    keeps_rows = None
    checkable = True

    def __init__(
        self,
        *,
        teacher: str | TableGenerator = Pooled.name,
        student: str | TableGenerator | None = None,
        times: int | None = None,
    ) -> None:
        """Store the parameters."""
        self.teacher = teacher
        self.student = student
        self.times = times

    def check(self) -> None:
        """See that the parameters can be used; raises ConfigError where one cannot."""
        if self.times is not None:
            require_whole(self, times=1)
        for name in ("teacher", "student"):
            _part(name, getattr(self, name)).check()
        require(
            not isinstance(_part("student", self.student), Pooled),
            "student",
            "one whose leaves hold what was drawn",
            self.student,
        )

    def coarser(self, rows: int) -> Self:
        """One of half as many draws; where these are few already, of a teacher whose leaves are twice as large, too."""
        teacher, times = _part("teacher", self.teacher), self._draws(rows) // rows
        if times <= FEW_TIMES:
            teacher = teacher.coarser(rows) or teacher
        return type(self)(teacher=teacher, student=self.student, times=max(1, times // 2))

    def stated(self) -> dict[str, Any]:
        """The parameters as JSON."""
        parts = {name: _part(name, getattr(self, name)) for name in ("teacher", "student")}
        return {name: {"name": part.name, "config": part.stated()} for name, part in parts.items()} | {
            "times": self.times
        }

    @classmethod
    def of_stated(cls, parameters: dict[str, Any]) -> Self:
        """The generator of which ``stated`` gave the parameters; raises KeyError where they are of no such parts."""
        parts = {name: parameters[name] for name in ("teacher", "student")}
        made = {name: PARTS[part["name"]].of_stated(part["config"]) for name, part in parts.items()}
        return cls(**made, times=parameters["times"])

    def fit(
        self, prepared: Prepared, streams: Streams, saved: TableCheckpoint
    ) -> Generator[Progress, None, dict[str, Any]]:
        """Let the teacher learn the rows, and the student what it draws."""
        teacher, self.student_ = _part("teacher", self.teacher), _part("student", self.student)
        own = prepared if prepared.minutes is None else replace(prepared, minutes=prepared.minutes / 2)
        yield from _named("teacher", teacher.fit(own, streams.below("teacher"), TableCheckpoint()))
        rows = self._draws(len(prepared.train))
        drawn = Encoded.joined(teacher.sample(rows, None, streams.below("draws")))
        del teacher
        aside = int(rows * self.student_.holdout_share)
        lesson = replace(own, train=drawn.take(np.arange(aside, rows)), held_out=drawn.take(np.arange(aside)))
        learned = yield from _named("student", self.student_.fit(lesson, streams.below("student"), saved))
        return {"drawn": rows} | learned

    def sample(self, n: int, evidence: Evidence | None, streams: Streams) -> Iterator[Encoded]:
        """Draw rows that meet the evidence, part by part."""
        return self.student_.sample(n, evidence, streams)

    def log_evidence(self, evidence: Evidence) -> float:
        """The log probability that a row meets the evidence."""
        return self.student_.log_evidence(evidence)

    def complete(self, known: Known, streams: Streams) -> Encoded:
        """The rows with their unknown cells drawn given the known ones."""
        return self.student_.complete(known, streams)

    def log_likelihood(self, encoded: Encoded) -> NDArray[np.float64]:
        """The log density of each row."""
        return self.student_.log_likelihood(encoded)

    def cost(self, prepared: Prepared, rows: int, streams: Streams) -> Cost:
        """What learning would take: the teacher of so many rows, then the student of as many as are drawn."""
        teacher = _part("teacher", self.teacher).cost(prepared, rows, streams)
        student = _part("student", self.student).cost(prepared, self._draws(rows), streams)
        memory = max(teacher.memory_bytes, student.memory_bytes)
        return Cost(student.parameters, teacher.seconds + student.seconds, memory)

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """The student, as JSON and arrays."""
        return self.student_.state()

    def restore(self, layout: Layout, state: dict[str, Any], arrays: Arrays, device: torch.device) -> None:
        """Take up what ``state`` put down."""
        self.student_ = _part("student", self.student)
        self.student_.restore(layout, state, arrays, device)

    def _draws(self, rows: int) -> int:
        """How many rows the teacher draws."""
        if self.times is not None:
            return rows * self.times
        usual = int(np.clip(DRAWN_ROWS // max(rows, 1), *TIMES))
        return rows * next((times for fewest, times in SMALL_TIMES if rows < fewest), usual)


def _part(name: str, given: str | TableGenerator | None) -> BaseGenerator:
    """A teacher or student of its own: of a name, a copy of an object, or the usual student."""
    if given is None and name == "student":
        return Chains(chains=4, leaf_rows=2, rounds=0)
    if not isinstance(given, str):
        known = isinstance(given, tuple(PARTS.values()))
        require(known, name, f"one of {', '.join(PARTS)}, or such an object", given)
        made: BaseGenerator = clone(given)
        return made
    require(given in PARTS, name, f"one of {', '.join(PARTS)}", given)
    return PARTS[given]()


def _named(part: str, steps: Generator[Progress, None, dict[str, Any]]) -> Generator[Progress, None, dict[str, Any]]:
    """The same steps, which say who takes them."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as done:
            return dict(done.value)
        yield replace(progress, stage=f"{progress.stage} ({part})")
