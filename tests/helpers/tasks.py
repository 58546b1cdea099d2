"""Tasks for executors: workers import them by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from synthgan.errors import DataError
from synthgan.runtime import Streams


def drawn(shared, index):
    return shared["scale"] * Streams(7).numpy("rows", index).integers(0, 1_000, 3)


def killed_once(shared, index):
    """The first worker that comes to index 3 is killed in it."""
    mark = Path(shared) / "killed"
    if index == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return index * index


def always_killed(shared, index):
    os.kill(os.getpid(), signal.SIGKILL)


def refusing(shared, index):
    raise DataError(f"row {index} must be whole, however: it is not", remedy="mend it")


def rights(shared, index):
    return [oct(path.stat().st_mode & 0o777) for path in Path(shared).glob("synthgan-*.shared")]


def slow(shared, index):
    time.sleep(shared)
    return index
