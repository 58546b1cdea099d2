"""Jobs: one piece of work at a time for each user, each in a process that dies with the studio."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MAX_MESSAGES = 20


@dataclass(eq=False)
class Job:
    """One piece of work.

    Attributes:
        work: what is done: ``look``, ``fit``, ``sample`` or ``judge``.
        stage: what it is at.
        step: steps of this stage done.
        steps: steps of this stage at most; 0 where nobody knows.
        messages: what the user should hear.
        error: the one line that it failed with.
        running: whether it goes on.
    """

    work: str
    stage: str = "starting"
    step: int = 0
    steps: int = 0
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))
    error: str | None = None
    running: bool = True
    started: float = field(default_factory=time.monotonic)
    _process: subprocess.Popen[str] | None = None

    @property
    def seconds(self) -> int:
        """For how long it has run."""
        return int(time.monotonic() - self.started)

    def start(self, order: Mapping[str, Any], folder: Path, done: Callable[[dict[str, Any]], None]) -> None:
        """Start the process and listen to it; ``done`` takes what it found, before ``running`` ends."""
        environment = os.environ | {"PYTHONWARNINGS": "ignore", "TMPDIR": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "synthgan_cli.studio.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=folder,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for the studio, which ends its workers itself
        )
        threading.Thread(
            target=self._listen, args=(json.dumps({**order, "work": self.work}), done), daemon=True
        ).start()

    def _listen(self, order: str, done: Callable[[dict[str, Any]], None]) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        finished = False
        try:
            process.stdin.write(order + "\n")
            process.stdin.flush()
            for line in process.stdout:
                said = json.loads(line)
                if "done" in said:
                    done(said["done"])
                    finished = True
                    break
                if "error" in said:
                    self.error, finished = said["error"], True
                    break
                self.stage, self.step, self.steps = said["stage"], said["step"], said["steps"]
                if said["message"]:
                    self.messages.append(said["message"])
        except (OSError, ValueError):
            pass  # the process was killed, and left half a line: said below
        if not finished and self.error is None:
            self.error = "the work ended before it was done, perhaps for want of memory: try fewer rows or columns"
        self.stop()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not sent yet has nobody to read it
                pipe.close()
        self.running = False

    def stop(self, why: str | None = None) -> None:
        """End the process, if it goes on."""
        if why is not None and self.running:
            self.error = why
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
