"""The one function that work is spread by: ``Executor.map``, whose results do not tell who did the work."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from synthgan.checks import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

S = TypeVar("S")
R = TypeVar("R")
P = TypeVar("P")


class Executor(Protocol):
    """Where tasks are done.

    A task is a pure function of ``(shared, index)``, named at the top of a module: it may be done anywhere, twice, or
    again after a worker was lost. Its randomness comes from streams named by the index, never by the worker. What is
    summed over tasks is whole numbers; sums of floating-point numbers stay inside one task.
    """

    @property
    def workers(self) -> int:
        """How many tasks are done at a time."""

    def map(self, task: Callable[[S, int], R], indices: Iterable[int], shared: S) -> Iterator[R]:
        """The results of a task for each index, in the order of the indices.

        Args:
            task: what is to be done.
            indices: of what; they are taken as workers become free, so a long list costs no memory.
            shared: what every task reads; it is sent to each worker once, and must not be changed.

        Raises:
            ResourceError: if workers are lost again and again, or a cluster cannot be reached.
        """


def in_order(
    submit: Callable[[int], P], result: Callable[[P, int], R], indices: Iterable[int], ahead: int
) -> Iterator[R]:
    """Results in the order of indices, of which at most ``ahead`` are begun and not yet taken.

    Args:
        submit: begins a task; gives what waits for it.
        result: waits; gives what came of it.
        indices: of what.
        ahead: how many may be under way.
    """
    waiting: deque[tuple[P, int]] = deque()
    for index in indices:
        if len(waiting) >= ahead:
            yield result(*waiting.popleft())
        waiting.append((submit(index), index))
    while waiting:
        yield result(*waiting.popleft())


def check_executor(executor: object) -> None:
    """Raise ConfigError unless work can be spread by what was given; None does it here."""
    usable = executor is None or callable(getattr(executor, "map", None))
    require(usable, "executor", "None, Threads(...), Processes(...) or Ray(...)", executor)


class Stay:
    """An executor is a place and not a value: a copy of a synthesizer works at the same one."""

    def __deepcopy__(self, _: dict[int, Any]) -> Any:
        """The same."""
        return self
