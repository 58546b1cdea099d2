"""Runs trials in children of a fork server, each with limits, so that one that crashes, hangs or eats memory is just counted."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthgan import SynthganError
from synthgan_cli.exits import UNEXPECTED, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FINE, REFUSED, TRACEBACK, SIGNAL, HANG, MEMORY = "fine", "refused", "traceback", "signal", "hang", "memory"
OUTCOMES = (FINE, REFUSED, TRACEBACK, SIGNAL, HANG, MEMORY)  # from good to bad
FINDINGS = frozenset(OUTCOMES) - {FINE, REFUSED}
SECONDS = 10  # of the processor's time that one trial may take
WAITING_SECONDS = 90  # of the clock's, for what waits for nothing; a busy machine must not look like a hang
MEMORY_BYTES = 1 << 30  # on top of what the server holds
MAX_LETTERS = 2_000  # of a refusal: one line can be read
BATCH = 50
_LATE = {signal.SIGPROF, signal.SIGALRM, signal.SIGXCPU}


@dataclass(frozen=True)
class Result:
    """How a trial ended.

    Attributes:
        seed: which trial.
        outcome: one of ``OUTCOMES``.
        what: the refusal, the error or the signal, in words.
    """

    seed: int
    outcome: str
    what: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether synthgan is to be mended."""
        return self.outcome in FINDINGS


def outcome_of(action: Callable[[], object]) -> tuple[str, str]:
    """What an action comes to, as the command line would tell it.

    Example:
        >>> outcome_of(lambda: None), outcome_of(lambda: [][0])[0]
        (('fine', ''), 'traceback')
    """
    try:
        action()
    except MemoryError as error:
        return MEMORY, f"MemoryError: {error}"
    except (Exception, SystemExit) as error:  # noqa: BLE001 (this is what is looked for)
        return _judged(error)
    return FINE, ""


def _judged(error: BaseException) -> tuple[str, str]:
    told = f"{type(error).__name__}: {error}"
    if not isinstance(error, SynthganError):
        end = verdict(error, [])
        if "memory must suffice" in (end.message or ""):
            return MEMORY, told
        return (TRACEBACK if end.code == UNEXPECTED else REFUSED), f"{told} ({_place(error)})"
    one_line = len(told) <= MAX_LETTERS and told.isprintable()
    return (REFUSED, told) if one_line else (TRACEBACK, f"a refusal that is no line: {told[:MAX_LETTERS]!r}")


def _place(error: BaseException) -> str:
    """The last line of ours that an error came through."""
    ours, trace = "nowhere", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "/synthgan" in name or ours == "nowhere":
            ours = f"{Path(name).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return ours


def worst(steps: Sequence[Callable[[], object]]) -> tuple[str, str]:
    """The worst that several actions come to, each tried whatever the others did."""
    return max(map(outcome_of, steps), key=lambda found: OUTCOMES.index(found[0]))


def run_all(seeds: Sequence[int], trial: Callable[[int], tuple[str, str]]) -> Iterator[Result]:
    """The results of trials, in order, ``BATCH`` of them in each child; after one that dies a new child takes up the rest."""
    left = list(seeds)
    while left:
        results = _in_child(left[:BATCH], trial)
        yield from results
        left = left[len(results) :]


def _in_child(seeds: Sequence[int], trial: Callable[[int], tuple[str, str]]) -> list[Result]:
    """The results of as many trials as a child lived for, the last of which may have killed it."""
    gc.collect()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _live(seeds, trial, writing)
        finally:
            os._exit(2)  # whatever happens, a child must not go on as if it were the server
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        results = [Result(**json.loads(line)) for line in pipe]
    _, status = os.waitpid(child, 0)
    if len(results) == len(seeds):
        return results
    return [*results, _dead(seeds[len(results)], status)]


def _dead(seed: int, status: int) -> Result:
    if not os.WIFSIGNALED(status):
        return Result(seed, TRACEBACK, f"the process ended with exit code {os.waitstatus_to_exitcode(status)}")
    number = signal.Signals(os.WTERMSIG(status))
    return Result(seed, HANG if number in _LATE else SIGNAL, number.name)


def _live(seeds: Sequence[int], trial: Callable[[int], tuple[str, str]], writing: int) -> None:
    """What a child does; it never returns."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        for number in (1, 2):
            os.dup2(nowhere.fileno(), number)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY_BYTES, held + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in _LATE | {signal.SIGTERM, signal.SIGHUP}:
        signal.signal(number, signal.SIG_DFL)
    for seed in seeds:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_REAL, WAITING_SECONDS)
        with contextlib.suppress(BrokenPipeError):
            os.write(writing, (json.dumps(asdict(Result(seed, *trial(seed)))) + "\n").encode())
    os._exit(0)
