"""Kills fits at random moments, without a warning, and sees that what is resumed comes out the same, byte for byte.

``python -m benchmarks kills`` does so for chains, networks and images. A fit that had kept nothing yet begins anew.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import torch

from benchmarks.attacks.fuzz_models import images, table
from synthgan import Chains, ImageSynthesizer, Network, Synthesizer

if TYPE_CHECKING:
    from collections.abc import Callable

    Fit = Synthesizer | ImageSynthesizer

MOMENTS = 200
LATEST = 1.1  # of the time that a fit takes: some kills come too late
SIZES = {"generator_width": 16, "critic_width": 16, "noise_width": 4, "blocks": 1, "classes": 4, "batch_rows": 64}
FITS: dict[str, tuple[Callable[[], Fit], Callable[[], Any]]] = {
    "chains": (lambda: Synthesizer(generator=Chains(chains=4, rounds=1), max_modes=20, device="cpu"), table),
    "network": (
        lambda: Synthesizer(generator=Network(steps=60, check_every=5, **SIZES), max_modes=20, device="cpu"),
        table,
    ),
    "images": (
        lambda: ImageSynthesizer(
            steps=24, check_every=4, width=4, noise_width=4, batch_images=16, rare_below=4, device="cpu"
        ),
        images,
    ),
}


@dataclass
class Tally:
    """What became of the fits of one kind.

    Attributes:
        killed: fits that were killed before they were done.
        resumed: those that had kept something to go on from.
        different: the moments, in seconds, after which the result was another one.
        seconds: what a fit takes that is left alone.
    """

    seconds: float
    killed: int = 0
    resumed: int = 0
    different: list[float] = field(default_factory=list)


def fit(kind: str, path: Path) -> None:
    """Fit a model and write it, from a checkpoint where there is one; it is kept as often as can be."""
    unfitted, data = FITS[kind]
    synthesizer, checkpoint = unfitted(), path.with_suffix(".checkpoint")
    with mock.patch("synthgan.tabular.checkpoint.SECONDS_BETWEEN_WRITES", 0.0):
        steps = synthesizer.fit_steps(data(), checkpoint=checkpoint, resume=checkpoint.exists())
        deque(steps, maxlen=0)
    synthesizer.save(path)


def child_of(action: Callable[[], object]) -> int:
    """A child of this process that does something, and says nothing."""
    child = os.fork()
    if child:
        return child
    try:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
        action()
        os._exit(0)
    finally:
        os._exit(1)


def wait_for(child: int) -> bool:
    """Whether a child was done, and not killed.

    Raises:
        RuntimeError: if it failed.
    """
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise RuntimeError(f"a fit must end well or be killed, however: exit code {status}")
    return status == 0


def kill_one(kind: str, path: Path, seconds: float, tally: Tally) -> bytes:
    """Kill a fit after some seconds, take it up again, and give the file that it writes in the end."""
    child = child_of(lambda: fit(kind, path))
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    if not wait_for(child):
        tally.killed += 1
        tally.resumed += path.with_suffix(".checkpoint").exists()
        wait_for(child_of(lambda: fit(kind, path)))
    return path.read_bytes()


def kill_many(kind: str, moments: int, folder: Path, seed: int = 0) -> Tally:
    """Kill fits of one kind at so many random moments."""
    path = folder / f"{kind}.synthgan"
    fit(kind, path)  # children inherit what it loads
    started = time.monotonic()
    wait_for(child_of(lambda: fit(kind, path)))
    tally, whole = Tally(time.monotonic() - started), path.read_bytes()
    source = random.Random(seed)  # noqa: S311
    for _ in range(moments):
        path.unlink()
        seconds = source.uniform(0, LATEST * tally.seconds)
        if kill_one(kind, path, seconds, tally) != whole:
            tally.different.append(seconds)
    return tally


def main() -> None:
    """Kill, resume, compare, and say how it went."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--moments", type=int, default=MOMENTS, help="kills in all, shared by the kinds of fits")
    parser.add_argument("--kinds", nargs="+", choices=FITS, default=list(FITS), help="the kinds of fits")
    parser.add_argument("--seed", type=int, default=0, help="decides the moments")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    print(f"{'fit':<10}{'seconds':>9}{'moments':>9}{'killed':>9}{'resumed':>9}{'different':>11}")
    different = 0
    for index, kind in enumerate(given.kinds):
        moments = len(range(index, given.moments, len(given.kinds)))
        with tempfile.TemporaryDirectory() as folder:
            tally = kill_many(kind, moments, Path(folder), given.seed)
        different += len(tally.different)
        print(
            f"{kind:<10}{tally.seconds:>9.2f}{moments:>9}{tally.killed:>9}{tally.resumed:>9}{len(tally.different):>11}",
            flush=True,
        )
    sys.exit(bool(different))
