"""Tasks in processes of this machine: each has an interpreter of its own; one that is killed is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Self, TypeVar

from synthgan.checks import require_whole
from synthgan.distributed.executor import Stay, in_order
from synthgan.distributed.threads import Threads
from synthgan.distributed.work import done_with_file, in_a_file, unwrapped, use_one_thread
from synthgan.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

S = TypeVar("S")
R = TypeVar("R")
MAX_LOSSES = 5  # of workers, one after the other, without a task that was done


class Processes(Stay):
    """So many processes, begun when they are first needed and kept until ``close``, or the end.

    A script that uses it keeps its own work under ``if __name__ == "__main__":``, as new processes import it. What tasks
    share goes through a temporary file that its owner alone may read, and that is gone when the last task is done.

    Example:
        >>> from operator import mul
        >>> with Processes(2) as executor:
        ...     list(executor.map(mul, range(4), 10))
        [0, 10, 20, 30]
    """

    def __init__(self, workers: int) -> None:
        """Keep the number; raises ConfigError where it is none."""
        self.workers = workers
        require_whole(self, workers=1)
        self._pool: ProcessPoolExecutor | None = None

    def map(self, task: Callable[[S, int], R], indices: Iterable[int], shared: S) -> Iterator[R]:
        """The results of a task, in the order of the indices (see ``Executor``).

        Raises:
            ResourceError: if workers end again and again.
        """
        losses = 0

        def submit(index: int) -> Future[Any]:
            try:
                return self._started().submit(done_with_file, path, index)
            except BrokenProcessPool:  # of a task that is waited for later
                self._stop()
                return self._started().submit(done_with_file, path, index)

        def result(future: Future[Any], index: int) -> R:
            nonlocal losses
            while True:
                try:
                    found: R = unwrapped(future.result())
                except BrokenProcessPool as error:
                    losses += 1
                    if losses > MAX_LOSSES:
                        raise ResourceError(
                            f"workers must live until their task is done, however: {losses} ended before; give them more "
                            f"memory or have fewer of them, and in a script call this under if __name__ == '__main__':"
                        ) from error
                    if self._pool is not None and _is_broken(self._pool):
                        self._stop()
                    future = submit(index)
                else:
                    losses = 0
                    return found

        with in_a_file((task, shared)) as path:
            ended = False
            try:
                yield from in_order(submit, result, indices, 2 * self.workers)
                ended = True
            finally:
                if not ended:
                    self._stop()

    def close(self) -> None:
        """End the processes."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Processes({self.workers})"

    def __reduce__(self) -> tuple[Any, ...]:
        """In a worker, one thread: work that is spread is not spread again."""
        return Threads, (1,)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
            )
        return self._pool

    def _stop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        workers = list((pool._processes or {}).values())  # noqa: SLF001 (nothing else stops a task that is under way)
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


def _is_broken(pool: ProcessPoolExecutor) -> bool:
    return bool(pool._broken)  # noqa: SLF001


def _begin() -> None:
    """A worker ends with its parent, however that ends; an interrupt is the parent's to answer."""
    use_one_thread()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
