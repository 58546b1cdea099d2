"""The generator ``distilled``: teachers learn the rows, a student learns what they draw, and only the student stays."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import clone

from synthgan.checks import require, require_whole
from synthgan.tabular.autoregressive.autoregressive import Autoregressive
from synthgan.tabular.base import BaseGenerator
from synthgan.tabular.chains.chains import Chains
from synthgan.tabular.checkpoint import TableCheckpoint
from synthgan.tabular.distilled.likeness import by_likeness
from synthgan.tabular.distilled.teachers import BOTH, chosen, tried, worth_trying
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.network.network import Network
from synthgan.tabular.pooled.pooled import Pooled
from synthgan.tabular.protocol import Cost

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    import torch
    from numpy.typing import NDArray

    from synthgan.gan.train import Progress
    from synthgan.runtime import Streams
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.protocol import Arrays, Known, Prepared, TableGenerator

PARTS: dict[str, type[BaseGenerator]] = {kind.name: kind for kind in (Pooled, Autoregressive, Chains, Network)}
DRAWN_ROWS, FEWEST_TIMES = (
    60_000,
    3,
)  # drawn of a table where nothing else is asked for, and so many times its rows at least
TIMES = (
    (1_000, 5),
    (2_000, 10),
    (math.inf, 20),
)  # and at most, of fewer rows than so many: in a small table each weighs more
# Half of what several teachers draw is of networks, which tell less of each row and need more draws to be heard.
SEVERAL_ROWS, SEVERAL_TIMES = 120_000, ((2_000, 20), (math.inf, 40))
FEW_TIMES = 10
MOST_STAGES = 5  # two trials, two teachers and a student share the time that there is


class Distilled(BaseGenerator):
    """A student that is learned from rows which a teacher drew; the teacher, its seed and its draws are gone.

    What a file tells of a real row is then no more than so many samples tell.

    Args:
        teacher: learns the table: a generator, its name, or a list of several, each of which draws its part of the rows. None takes
            pooled chains, and small networks beside them where most of a table's cells are numbers and a trial finds them no worse.
        student: learns what the teacher draws, and is what is saved; None takes four chains of fine leaves without critics, for it
            has many rows to learn.
        times: how many rows are drawn for each that was learned; None takes 5 below 1,000 rows, 10 below 2,000,
            then 20 and at last 3; where networks teach, too, 20 below 2,000 rows, then 40 and at last 3.

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
        teacher: str | TableGenerator | Sequence[str | TableGenerator] | None = None,
        student: str | TableGenerator | None = None,
        times: int | None = None,
    ) -> None:
        """Store the parameters."""
        self.teacher = teacher
        self.student = student
        self.times = times

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name; those of a part (``teacher__leaf_rows``) make an object of the part that is named.

        Raises:
            ConfigError: if there is no parameter of such a name.
        """
        for name in ("teacher", "student"):
            given = parameters.get(name, getattr(self, name))
            if any(each.startswith(f"{name}__") for each in parameters) and (given is None or isinstance(given, str)):
                parameters[name] = Pooled() if given is None and name == "teacher" else _part(name, given)
        return super().set_params(**parameters)

    def check(self) -> None:
        """See that the parameters can be used; raises ConfigError where one cannot."""
        if self.times is not None:
            require_whole(self, times=1)
        for part in (*self._teachers(), _part("student", self.student)):
            part.check()
        require(
            not isinstance(_part("student", self.student), Pooled),
            "student",
            "one whose leaves hold what was drawn",
            self.student,
        )

    def coarser(self, rows: int) -> Self:
        """One of half as many draws; where these are few already, of teachers whose leaves are twice as large, too."""
        teachers, times = self._teachers(), self._draws(rows) // rows
        if times <= FEW_TIMES:
            teachers = tuple(teacher.coarser(rows) or teacher for teacher in teachers)
        return type(self)(teacher=teachers, student=self.student, times=max(1, times // 2))

    def settled(self) -> Self:
        """One that learns as this one did: its teachers are chosen already."""
        return type(self)(teacher=tuple(map(clone, self._teachers())), student=self.student, times=self.times)

    def stated(self) -> dict[str, Any]:
        """The parameters as JSON."""
        teachers = [_stated(part) for part in self._teachers()]
        given = teachers if len(teachers) > 1 else teachers[0]
        return {
            "teacher": None if self.teacher is None else given,
            "student": _stated(_part("student", self.student)),
            "times": self.times,
        }

    @classmethod
    def of_stated(cls, parameters: dict[str, Any]) -> Self:
        """The generator of which ``stated`` gave the parameters; raises KeyError where they are of no such parts."""
        given, teacher = parameters["teacher"], None
        if given is not None:
            teacher = tuple(map(_of_stated, given)) if isinstance(given, list) else _of_stated(given)
        return cls(teacher=teacher, student=_of_stated(parameters["student"]), times=parameters["times"])

    def fit(
        self, prepared: Prepared, streams: Streams, saved: TableCheckpoint
    ) -> Generator[Progress, None, dict[str, Any]]:
        """Let the teachers learn the rows, and the student what they draw."""
        self.student_ = _part("student", self.student)
        alike = by_likeness(prepared.train, prepared.train, prepared.layout, streams)
        prepared = replace(prepared, train=alike)
        stages = MOST_STAGES if self.teacher is None else len(self._teachers()) + 1
        own = prepared if prepared.minutes is None else replace(prepared, minutes=prepared.minutes / stages)
        found: dict[str, float] = {}
        if self.teacher is None:
            if worth_trying(prepared):
                found = yield from tried(own, streams)
            self.teachers_ = chosen(found)
        teachers, rows = tuple(map(clone, self._teachers())), self._draws(len(prepared.train))
        draws: list[Encoded] = []
        for index, teacher in enumerate(teachers):
            yield from _named("teacher", teacher.fit(own, streams.below("teacher", index), TableCheckpoint()))
            some = rows // len(teachers) + (index < rows % len(teachers))
            draws += teacher.sample(some, None, streams.below("draws", index))
        drawn, names = Encoded.joined(draws), [teacher.name for teacher in teachers]
        if len(teachers) > 1:
            drawn = drawn.take(streams.numpy("several teachers").permutation(rows))
        del teachers, draws
        aside = int(rows * self.student_.holdout_share)
        lesson = replace(own, train=drawn.take(np.arange(aside, rows)), held_out=drawn.take(np.arange(aside)))
        learned = yield from _named("student", self.student_.fit(lesson, streams.below("student"), saved))
        trial = {f"tried_{name}": value for name, value in found.items()}
        return {"teachers": names, "drawn": rows} | trial | learned

    def rows_at_once(self) -> int:
        """How many rows are drawn at once."""
        return self.student_.rows_at_once()

    def sample(self, n: int, evidence: Evidence | None, streams: Streams, first: int = 0) -> Iterator[Encoded]:
        """Draw rows that meet the evidence, batch by batch."""
        return self.student_.sample(n, evidence, streams, first)

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
        teachers: tuple[BaseGenerator, ...] = self._teachers()
        trial = 1
        if self.teacher is None and worth_trying(prepared):
            teachers, trial = BOTH, 2  # a trial of both, and then both
        costs = [teacher.cost(prepared, rows, streams) for teacher in teachers]
        student = _part("student", self.student).cost(prepared, self._draws(rows), streams)
        memory = max(cost.memory_bytes for cost in (*costs, student))
        return Cost(student.parameters, trial * sum(cost.seconds for cost in costs) + student.seconds, memory)

    def state(self) -> tuple[dict[str, Any], Arrays]:
        """The student, as JSON and arrays."""
        return self.student_.state()

    def restore(self, layout: Layout, state: dict[str, Any], arrays: Arrays, device: torch.device) -> None:
        """Take up what ``state`` put down."""
        self.student_ = _part("student", self.student)
        self.student_.restore(layout, state, arrays, device)

    def _teachers(self) -> tuple[BaseGenerator, ...]:
        """The teachers: those given, else those that a fit has chosen, else the usual ones."""
        if self.teacher is None:
            return getattr(self, "teachers_", chosen({}))
        given = self.teacher if isinstance(self.teacher, (tuple, list)) else (self.teacher,)
        require(len(given) > 0, "teacher", "one at least", self.teacher)
        return tuple(_part("teacher", one) for one in given)

    def _draws(self, rows: int) -> int:
        """How many rows the teachers draw."""
        if self.times is not None:
            return rows * self.times
        several = len(self._teachers()) > 1
        wanted, bounds = (SEVERAL_ROWS, SEVERAL_TIMES) if several else (DRAWN_ROWS, TIMES)
        most = next(times for fewer, times in bounds if rows < fewer)
        return rows * int(np.clip(wanted // max(rows, 1), FEWEST_TIMES, most))


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


def _stated(part: BaseGenerator) -> dict[str, Any]:
    return {"name": part.name, "config": part.stated()}


def _of_stated(part: dict[str, Any]) -> BaseGenerator:
    return PARTS[part["name"]].of_stated(part["config"])


def _named(part: str, steps: Generator[Progress, None, dict[str, Any]]) -> Generator[Progress, None, dict[str, Any]]:
    """The same steps, which say who takes them."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as done:
            return dict(done.value)
        yield replace(progress, stage=f"{progress.stage} ({part})")
