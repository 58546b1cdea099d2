"""Tasks on a Ray cluster: what they share lies once on each node; a task whose worker or node is lost is done again."""

from __future__ import annotations

import importlib
import os
import socket
from typing import TYPE_CHECKING, Any, TypeVar

from synthgan.distributed.executor import Stay, in_order
from synthgan.distributed.threads import Threads
from synthgan.distributed.work import done, unwrapped, use_one_thread
from synthgan.errors import ConfigError, ResourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

S = TypeVar("S")
R = TypeVar("R")
MAX_RETRIES = 10  # of one task
SECONDS_TO_ANSWER = 10.0


class Ray(Stay):
    """A Ray cluster, by its address; ``"auto"`` finds the one that this machine belongs to.

    Whoever reaches the address runs code there, and rows travel unencrypted: use it in networks that you trust. Every node
    needs synthgan, and sees the folder that is written to. Needs ``synthgan[ray]``.

    Args:
        address: ``"auto"``, ``"10.0.0.1:6379"`` or ``"ray://10.0.0.1:10001"``.

    Raises:
        ConfigError: if Ray is not installed.
        ResourceError: if no cluster answers, once tasks are given.
    """

    def __init__(self, address: str = "auto") -> None:
        """Keep the address."""
        self.address = address
        try:
            importlib.import_module("ray")
        except ImportError as error:
            raise ConfigError(
                "a Ray cluster needs the package ray, however: it is not installed",
                remedy="pip install 'synthgan[ray]'",
            ) from error

    @property
    def workers(self) -> int:
        """The processors of the cluster as it is now."""
        return max(1, int(self._ray().cluster_resources().get("CPU", 1)))

    def map(self, task: Callable[[S, int], R], indices: Iterable[int], shared: S) -> Iterator[R]:
        """The results of a task, in the order of the indices (see ``Executor``).

        Raises:
            ResourceError: if workers or nodes are lost again and again, or lack what they need.
        """
        ray = self._ray()
        place = ray.put(shared)
        remote = ray.remote(_done).options(
            max_retries=MAX_RETRIES, scheduling_strategy="SPREAD", runtime_env={"env_vars": {"OMP_NUM_THREADS": "1"}}
        )
        waiting: set[Any] = set()

        def submit(index: int) -> Any:
            reference = remote.remote(place, task, index)
            waiting.add(reference)
            return reference

        def result(reference: Any, _: int) -> R:
            try:
                found: R = unwrapped(ray.get(reference))
            except ray.exceptions.RaySystemError as error:
                raise ResourceError(
                    f"every node of a cluster must have the packages that are here, however: one says "
                    f"{str(error).strip().splitlines()[-1].strip()!r}; install the same synthgan there"
                ) from error
            except (ray.exceptions.WorkerCrashedError, ray.exceptions.ObjectLostError) as error:
                raise ResourceError(
                    f"a cluster must keep its workers and nodes until a task is done, however: it lost them {MAX_RETRIES} times; "
                    f"give them more memory"
                ) from error
            waiting.discard(reference)
            return found

        try:
            yield from in_order(submit, result, indices, 2 * self.workers)
        finally:
            for reference in waiting:
                ray.cancel(reference, force=True)

    def __repr__(self) -> str:
        return f"Ray({self.address!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """In a worker, one thread: work that is spread is not spread again."""
        return Threads, (1,)

    def _ray(self) -> Any:
        """Ray, connected."""
        ray = importlib.import_module("ray")
        if not ray.is_initialized():
            _require_answer(self.address)
            os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # GPUs are those that a task asks for
            try:
                ray.init(self.address, log_to_driver=False, logging_level="ERROR")
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise _no_cluster(self.address) from error
        return ray


def _require_answer(address: str) -> None:
    """See that somebody listens at an address: Ray itself waits for minutes, and then ends the process.

    Raises:
        ResourceError: if nobody does.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), SECONDS_TO_ANSWER).close()
        except OSError as error:
            raise _no_cluster(address) from error


def _no_cluster(address: str) -> ResourceError:
    return ResourceError(
        f"a Ray cluster must answer at {address}, however: none does; start one with `ray start --head`, or leave it out"
    )


def _done(shared: object, task: Callable[[Any, int], R], index: int) -> Any:
    """One task in a worker of the cluster."""
    use_one_thread()
    return done(shared, task, index)
