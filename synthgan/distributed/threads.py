"""Tasks in threads of this process: nothing is copied, and numerical libraries let go of the interpreter while they count."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from synthgan.checks import require_whole
from synthgan.distributed.executor import Stay, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True)
class Threads(Stay):
    """So many threads; one does the tasks where it stands.

    Example:
        >>> list(Threads(2).map(lambda shared, index: shared * index, range(4), 10))
        [0, 10, 20, 30]
    """

    workers: int = 1

    def __post_init__(self) -> None:
        """Check the number; raises ConfigError where it is none."""
        require_whole(self, workers=1)

    def map(self, task: Callable[[S, int], R], indices: Iterable[int], shared: S) -> Iterator[R]:
        """The results of a task, in the order of the indices (see ``Executor``)."""
        if self.workers == 1:
            yield from (task(shared, index) for index in indices)
            return
        pool = ThreadPoolExecutor(self.workers)

        def submit(index: int) -> Future[R]:
            return pool.submit(task, shared, index)

        try:
            yield from in_order(submit, lambda future, _: future.result(), indices, 2 * self.workers)
        finally:
            pool.shutdown(cancel_futures=True)
