"""What a worker does: one task, with what all tasks share."""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from synthgan.errors import SynthganError
from synthgan.io.atomic import passing_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

R = TypeVar("R")
_held: dict[str, Any] = {}  # a task and what is shared: read once by each worker


@contextmanager
def in_a_file(work: tuple[Callable[[Any, int], Any], object]) -> Iterator[str]:
    """Lends the path of a file that holds a task and what is shared; its owner alone reads it, and it is removed at the end."""
    with passing_file("shared") as (path, file):
        pickle.dump(work, file, protocol=pickle.HIGHEST_PROTOCOL)
        file.close()
        yield str(path)


def done_with_file(path: str, index: int) -> Any:
    """One task, as a file of this machine's own making holds it; what it refuses comes back as a value."""
    if path not in _held:
        use_one_thread()
        _held.clear()
        _held[path] = pickle.loads(Path(path).read_bytes())  # noqa: S301 (written by the process that began this one)
    task, shared = _held[path]
    return done(shared, task, index)


def done(shared: object, task: Callable[[Any, int], R], index: int) -> R | SynthganError:
    """One task; what it refuses comes back as a value, for it is one line and no fault of the worker."""
    try:
        return task(shared, index)
    except SynthganError as error:
        return error


def unwrapped(result: R | SynthganError) -> R:
    """The result of a task; raises what the task refused."""
    if isinstance(result, SynthganError):
        raise result
    return result


def use_one_thread() -> None:
    """As many workers as processors, each of one thread: threads of threads only stand in each other's way."""
    os.environ["OMP_NUM_THREADS"] = "1"
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
