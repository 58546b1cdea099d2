"""Throws mutants of model files, checkpoints and every input format at synthgan, and counts how it takes them.

``python -m benchmarks fuzz`` runs the whole campaign in a few hours and can be stopped and started again at any moment: what was
done stands in ``state.json`` of its folder. ``--replay KIND:SEED`` repeats one mutant and keeps its bytes. Everything but a refusal in one
line or a success is a finding; a campaign with findings ends with exit code 1.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from benchmarks.attacks.fuzz_children import BATCH, FINDINGS, FINE, OUTCOMES, Result, run_all
from benchmarks.attacks.fuzz_inputs import INPUTS
from benchmarks.attacks.fuzz_models import CHECKPOINTS, MODELS
from benchmarks.attacks.fuzz_mutants import byte_mutant, sealed_mutant
from synthgan.io.atomic import write_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Mutate = Callable[[bytes, random.Random], bytes]

COUNTS = {"bytes": 100_000, "sealed": 20_000}
INPUT_COUNT = 10_000
KEPT = 200  # findings of a kind in the state
TURN = 4 * BATCH


class Subject(Protocol):
    """A file that mutants are made of."""

    @property
    def name(self) -> str:
        """Its name."""

    def make(self, folder: Path) -> bytes:
        """The bytes of the sound file; what it needs stays in the folder."""

    def try_out(self, content: bytes, folder: Path) -> tuple[str, str]:
        """What comes of a file of such bytes: an outcome, and words."""


@dataclass(frozen=True)
class Kind:
    """A kind of mutants.

    Attributes:
        name: what it is called.
        subjects: what they are made of, one after the other.
        mutate: how.
        folder: holds the sound files.
        work: a copy of it in which mutants are tried.
    """

    name: str
    subjects: Sequence[Subject]
    mutate: Mutate
    folder: Path
    work: Path

    @cached_property
    def sound(self) -> list[bytes]:
        """The files, each of which is seen to be taken as it is: that loads whatever children need, too.

        Raises:
            RuntimeError: if one is not.
        """
        contents = [subject.make(self.folder) for subject in self.subjects]
        shutil.copytree(self.folder, self.work, dirs_exist_ok=True)
        for subject, content in zip(self.subjects, contents, strict=True):
            found = subject.try_out(content, self.work)
            if found[0] != FINE:
                raise RuntimeError(f"{subject.name} must be fine before it is changed, however: {found}")
        return contents

    def mutant(self, seed: int) -> bytes:
        """The mutant of a seed."""
        return self.mutate(self.sound[seed % len(self.sound)], random.Random(f"{self.name}:{seed}"))  # noqa: S311

    def try_out(self, seed: int) -> tuple[str, str]:
        """How the mutant of a seed is taken."""
        return self.subjects[seed % len(self.subjects)].try_out(self.mutant(seed), self.work)


def kinds(folder: Path, work: Path) -> dict[str, Kind]:
    """All kinds of mutants, with their sound files in a folder, to be tried in another."""
    folder.mkdir(parents=True, exist_ok=True)
    models = (*MODELS, *CHECKPOINTS)
    found = [
        Kind("bytes", models, byte_mutant, folder, work),
        Kind("sealed", models, sealed_mutant, folder, work),
        *(Kind(one.name, (one,), one.mutate, folder, work) for one in INPUTS),
    ]
    return {kind.name: kind for kind in found}


class State:
    """What a campaign has done, kept in a file.

    Attributes:
        path: the file.
        kinds: by name of a kind, how many mutants were tried, the count of each outcome, and the first findings.
    """

    def __init__(self, path: Path) -> None:
        """Go on where the file says."""
        self.path = path
        self.kinds: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}

    def of(self, kind: str) -> dict[str, Any]:
        """What was done of a kind."""
        return self.kinds.setdefault(kind, {"done": 0, "outcomes": dict.fromkeys(OUTCOMES, 0), "findings": []})

    def add(self, kind: str, results: Sequence[Result]) -> None:
        """Put results down."""
        own = self.of(kind)
        own["done"] += len(results)
        for result in results:
            own["outcomes"][result.outcome] += 1
            if result.is_finding and len(own["findings"]) < KEPT:
                own["findings"].append(f"{kind}:{result.seed} {result.outcome}: {result.what}")
        write_files({self.path: json.dumps(self.kinds, indent=1)})

    def lines(self) -> list[str]:
        """A line for each kind, as columns."""
        rows = [["kind", "mutants", *OUTCOMES]]
        rows += [
            [kind, f"{own['done']:,}", *(f"{own['outcomes'][name]:,}" for name in OUTCOMES)]
            for kind, own in self.kinds.items()
        ]
        return ["".join([row[0].ljust(14), *(word.rjust(11) for word in row[1:])]) for row in rows]

    @property
    def findings(self) -> int:
        """How many mutants were taken badly."""
        return sum(own["outcomes"][name] for own in self.kinds.values() for name in FINDINGS)


def campaign(
    folder: Path, counts: Mapping[str, int], *, seconds: float = math.inf, tell: Callable[[str], object] = print
) -> State:
    """Try the mutants that are still to be tried, a few of each kind in turns, as long as there is time."""
    state, until = State(folder / "state.json"), time.monotonic() + seconds
    waiting = {name: count for name, count in counts.items() if state.of(name)["done"] < count}
    with tempfile.TemporaryDirectory() as work:
        every = kinds(folder / "sound", Path(work))
        for name in waiting:
            assert every[name].sound
        while waiting and time.monotonic() < until:
            for name, count in list(waiting.items()):
                first = state.of(name)["done"]
                last = min(first + TURN, count)
                state.add(name, list(run_all(range(first, last), every[name].try_out)))
                if last == count:
                    del waiting[name]
            tell(state.lines()[-1])
    return state


def replay(folder: Path, words: str) -> tuple[str, str]:
    """Try one mutant by itself, and keep its bytes in the folder."""
    name, _, seed = words.rpartition(":")
    with tempfile.TemporaryDirectory() as work:
        kind = kinds(folder / "sound", Path(work))[name]
        path = folder / f"{name}-{seed}.mutant"
        path.write_bytes(kind.mutant(int(seed)))
        (result,) = run_all([int(seed)], kind.try_out)
    return result.outcome, f"{result.what} ({path})"


def main() -> None:
    """Run the campaign, or repeat one mutant."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="where everything is kept")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="the kinds of mutants; all by default")
    parser.add_argument("--count", type=int, help="mutants of each kind; by default as many as were promised")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after about that long")
    parser.add_argument("--replay", metavar="KIND:SEED", help="repeat one mutant and keep its bytes")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if given.replay:
        print(*replay(given.folder, given.replay))
        return
    names = given.kinds or ["bytes", "sealed", *(one.name for one in INPUTS)]
    counts = {name: given.count or COUNTS.get(name, INPUT_COUNT) for name in names}
    state = campaign(given.folder, counts, seconds=60 * given.minutes)
    print(*state.lines(), sep="\n")
    for name in names:
        print(*state.of(name)["findings"], sep="\n")
    sys.exit(bool(state.findings))
