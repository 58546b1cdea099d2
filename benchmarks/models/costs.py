"""What a process has used; imports nothing but the standard library, for the peers' environment reads it too."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def peak_memory_gb() -> float:
    """The most memory this process ever held, in gigabytes.

    Linux hands the ``ru_maxrss`` of a parent on to the programs it starts, so that a small child of a large parent looks
    large; ``VmHWM`` starts afresh with each program.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii", errors="replace").splitlines() if status.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
