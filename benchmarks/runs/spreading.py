"""Spreads the runs of a benchmark over processes; what comes out is the same as in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from synthgan.distributed.processes import Processes
from synthgan.distributed.threads import Threads

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

R = TypeVar("R")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Let the command line say how many processes there are."""
    parser.add_argument("--workers", type=int, default=1, help="processes that runs are spread over (default: 1)")


def spread(function: Callable[..., R], calls: Sequence[tuple[Any, ...]], workers: int) -> Iterator[R]:
    """What a function, named at the top of a module, gives for each of these arguments, in their order, as soon as it is there."""
    if workers == 1:
        yield from Threads().map(_called, range(len(calls)), (function, calls))
        return
    with Processes(workers) as executor:
        yield from executor.map(_called, range(len(calls)), (function, calls))


def _called(work: tuple[Callable[..., R], Sequence[tuple[Any, ...]]], index: int) -> R:
    function, calls = work
    return function(*calls[index])
