"""Neighbouring data sets tested by replay: given the same answers, a run must release the same, whatever its records are.

A run on the first data set records every answer of its curator. The same run on the second is given those answers in place
of its own. What still differs (bytes of files, messages, the exit code, what is returned, which questions are asked) does not
come from a charged answer: it leaks.

    from benchmarks.attacks.neighbours import command, leaks

    def run(frame, folder):                                     # in Python: files go into the folder, the rest is returned
        Synthesizer(epsilon=1.0, seed=0).fit(frame).save(folder / "m.synthgan")
    assert leaks(run, frame, neighbour) == []

    fit = command("fit", "visits.csv", "--epsilon", "1", "--seed", "0", "-o", "m.synthgan")     # on the command line
    write = lambda frame: lambda folder: frame.to_csv(folder / "visits.csv", index=False)
    assert leaks(fit, write(frame), write(neighbour)) == []

Give a seed: without one a run draws its own, and the file says it. Randomness that only picks records (rows of a unit, those of
a step) needs no care, as the records have no say in what is replayed. Two equal data sets must differ in nothing (``leaks(run, frame,
frame)``); where they do, the run itself is not deterministic.
"""

from __future__ import annotations

import contextlib
import copy
import io
import math
import re
import tempfile
import warnings
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

import numpy as np

from synthgan.privacy.curator import Curator
from synthgan.privacy.gradients import NoisyGradient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

    Run = Callable[[Any, Path], object]

T = TypeVar("T")
QUESTIONS = ("count", "find", "choose", "sums", "second_moments", "gradient")
_CLOCK = re.compile(r"\b\d[\d.,:]*(?= ?(?:s|ms|h|min|seconds?|minutes?|hours?)\b)")
_SHOWN = 100  # characters of what differs


@dataclass(frozen=True)
class Release:
    """All that a run lets out.

    Attributes:
        parts: by what it is called: ``"stdout"``, ``"stderr"``, ``"ending"``, ``"file m.synthgan"``, ``"question 3"``, ...
    """

    parts: dict[str, bytes]

    def differences(self, other: Release) -> list[str]:
        """One line for each part that is not the same in both, with where it begins to differ."""
        names = [*self.parts, *(name for name in other.parts if name not in self.parts)]
        return [
            f"{name}: {_excerpts(self.parts.get(name), other.parts.get(name))}"
            for name in names
            if self.parts.get(name) != other.parts.get(name)
        ]


@dataclass
class Answers:
    """The answers of a curator in their order, first recorded and then given again."""

    held: deque[Any] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    again: bool = False

    def take(self, real: T) -> T:
        """The answer to give: the real one while recording, the one recorded after that."""
        if not self.again:
            self.held.append(copy.deepcopy(real))
            return real
        return self.held.popleft() if self.held else real

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Stands between every curator and who asks it; the real question is asked, too, so that it is charged and checked."""
        with contextlib.ExitStack() as patches:
            for name in QUESTIONS:
                patches.enter_context(mock.patch.object(Curator, name, self._asked(name)))
            patches.enter_context(mock.patch.object(NoisyGradient, "__call__", self._stepped()))
            yield

    def _asked(self, name: str) -> Callable[..., Any]:
        ask = getattr(Curator, name)

        def answer(curator: Curator, *questions: Any, **options: Any) -> Any:
            real = ask(curator, *questions, **options)
            shape = real.shape if isinstance(real, np.ndarray) else ""
            self.asked.append(f"{name} {curator.ledger.charges[-1]} {shape}")
            return real if name == "gradient" else self.take(real)  # a gradient's answers are its steps

        return answer

    def _stepped(self) -> Callable[..., Any]:
        step = NoisyGradient.__call__

        def stepped(gradient: NoisyGradient, model: torch.nn.Module, *words: Any) -> torch.Tensor:
            losses = step(gradient, model, *words)  # of generated samples alone; those are not replayed
            for parameter in model.parameters():
                parameter.grad = self.take(parameter.grad)
            return losses

        return stepped


def leaks(run: Run, first: Any, second: Any) -> list[str]:
    """What tells two data sets apart although the curator's answers are the same; nothing, if a private run keeps its word.

    Args:
        run: takes a data set and an empty folder, which is also where it works; leaves files there. An exception is an ending
            like any other, and what is returned counts as released.
        first: the data set whose answers are recorded.
        second: its neighbour.
    """
    answers = Answers()
    before = released(run, first, answers)
    answers.again, answers.asked = True, []
    after = released(run, second, answers)
    if answers.held:
        after.parts["answers"] = b"%d answers were not asked for" % len(answers.held)
    return before.differences(after)


def released(run: Run, data: Any, answers: Answers | None = None) -> Release:
    """Everything that one run lets out, with paths and times of the clock taken out."""
    answers = answers or Answers()
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as around:
        folder = Path(name).resolve()
        around.enter_context(contextlib.chdir(folder))
        around.enter_context(answers.listening())
        around.enter_context(contextlib.redirect_stdout(out))
        around.enter_context(contextlib.redirect_stderr(err))
        told = around.enter_context(warnings.catch_warnings(record=True, action="always"))
        try:
            ending = f"returned {run(data, folder)!r}"
        except Exception as error:  # noqa: BLE001 (whatever it is, the user sees it)
            ending = f"raised {type(error).__name__}: {error}"
        texts = {"ending": ending, "stdout": _text(out), "stderr": _text(err)}
        texts["warnings"] = "\n".join(str(warning.message) for warning in told)
        texts |= {f"question {index}": asked for index, asked in enumerate(answers.asked)}
        parts = {part: _CLOCK.sub("#", text.replace(name, ".")).encode() for part, text in texts.items()}
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        parts |= {f"file {path.relative_to(folder)}": path.read_bytes() for path in files}
    return Release(parts)


def command(*words: str) -> Run:
    """A run of ``synthgan`` with these words, inside this process; a data set is what writes its files into a folder.

    Those files are not released; all others that are there afterwards, or have changed, are.
    """

    def run(write: Callable[[Path], object], folder: Path) -> int:
        from synthgan_cli.__main__ import main

        write(folder)
        given = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with warnings.catch_warnings(), _unhurried():  # the command line shows warnings in its own way, on stderr
            code = main(list(words))
        for path, held in given.items():
            if path.exists() and path.read_bytes() == held:
                path.unlink()
        return code

    return run


@contextlib.contextmanager
def _unhurried() -> Iterator[None]:
    """Progress names every stage, and nothing else, however fast the machine is."""
    with (
        mock.patch("synthgan_cli.console.PLAIN_AFTER_SECONDS", 0.0),
        mock.patch("synthgan_cli.console.PLAIN_EVERY_SECONDS", math.inf),
    ):
        yield


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]


def _excerpts(one: bytes | None, other: bytes | None) -> str:
    """Where two parts begin to differ, from a little before it on."""
    if one is None or other is None:
        return f"only in the {'second' if one is None else 'first'}: {(one or other or b'')[:_SHOWN]!r}"
    at = next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    begin = max(0, at - _SHOWN // 4)
    return f"{one[begin : at + _SHOWN]!r} but {other[begin : at + _SHOWN]!r}"
