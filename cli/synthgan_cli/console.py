"""What the user sees: lines and live progress on stderr, tables on stdout.

All text for a terminal goes through here, and what it holds of files is escaped here: nothing else in this package writes.
"""

from __future__ import annotations

import sys
import time
import traceback
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self, cast

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from synthgan.escapes import EscapedStream, escaped, escaped_json, without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import RenderableType

PLAIN_AFTER_SECONDS = 5.0
PLAIN_EVERY_SECONDS = 30.0
REDRAWS_PER_SECOND = 4  # enough for the eye; training needs the processor more
STAGE_WIDTH = 10
BAR_WIDTH = 24
MIN_BAR_WIDTH = 6
_COLOURS = {"error": "bold red", "interrupted": "bold yellow", "note": "yellow", "asked": "yellow"}


class Stages(Protocol):
    """Progress over named stages."""

    def __enter__(self) -> Self:
        """Begins to draw."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the screen tidy."""

    def update(
        self,
        stage: str,
        done: int = 0,
        total: int | None = None,
        details: str = "",
        *,
        limit_seconds: float | None = None,
    ) -> None:
        """Says how far a stage has come.

        Args:
            stage: its name.
            done: what is done of it.
            total: what there is to do at most; None where nobody knows.
            details: how it goes.
            limit_seconds: the time after which it ends in any case.
        """


class Screen:
    """The terminal, or whatever stands in its place: plain and occasional where nobody is looking."""

    def __init__(self) -> None:
        self.messages = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.data = Console(highlight=False, markup=False, emoji=False)

    @property
    def live(self) -> bool:
        """Whether stderr is a terminal that can redraw lines."""
        return self.messages.is_terminal and not self.messages.is_dumb_terminal

    def say(self, message: str, *, label: str = "") -> None:
        """Prints one line to stderr, with a word before it such as ``note``."""
        line = Text()
        if label:
            line.append(f"{label}: ", style=_COLOURS[label])
        line.append(escaped(without_secrets(" ".join(message.splitlines()))))
        self.messages.print(line, soft_wrap=True)

    def heading(self, command: str) -> None:
        """Prints a command to stderr, set off as what is being done now."""
        self.messages.print()
        self.messages.print(Text(f"$ {escaped(command)}", style="bold"), soft_wrap=True)

    def trace(self) -> None:
        """Prints the traceback of the error that is being handled to stderr."""
        self.messages.print(Text(escaped(without_secrets(traceback.format_exc()), keep="\n")), soft_wrap=True, end="")

    def stages(self) -> Stages:
        """Progress that is redrawn on a terminal and told in occasional lines elsewhere."""
        return LiveStages(self) if self.live else PlainStages(self)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Prints a table to stdout.

        In a file or pipe it is plain text of any width, so that nothing is cut off. On a terminal too narrow for it, the
        last column of each row moves to a line of its own below the row.
        """
        lines = _aligned([headings, *rows])
        if not self.data.is_terminal:
            self.write("\n".join(lines))
            return
        if max(map(len, lines)) <= self.data.width:
            below = [""] * len(lines)
        else:
            lines = _aligned([row[:-1] for row in (headings, *rows)])
            below = ["", *(escaped(row[-1]) for row in rows)]
        for index, (line, rest) in enumerate(zip(lines, below, strict=True)):
            self.data.print(Text(line, style="" if index else "bold"), soft_wrap=True)
            if rest:
                self.data.print(Padding(Text(rest, style="dim"), (0, 0, 0, 2)))

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Prints names and what they stand for to stdout, one pair a line."""
        width = max(len(name) for name, _ in rows)
        for name, meaning in rows:
            line = Text(f"{escaped(name):<{width}}  ", style="bold")
            self.data.print(line.append(escaped(meaning), style="not bold"), soft_wrap=True)

    def write(self, text: str) -> None:
        """Writes lines of text to stdout."""
        sys.stdout.write(escaped(text if text.endswith("\n") else f"{text}\n", keep="\n"))

    def json(self, text: str) -> None:
        """Writes JSON to stdout."""
        sys.stdout.write(escaped_json(text if text.endswith("\n") else f"{text}\n"))

    def stream(self) -> BinaryIO:
        """Where rows go that are written to stdout: as they are, but on a terminal."""
        return cast("BinaryIO", EscapedStream(sys.stdout) if sys.stdout.isatty() else sys.stdout.buffer)

    def show(self, line: Text) -> None:
        """Prints a line of styled text to stdout, whose words were escaped."""
        self.data.print(line, soft_wrap=True)

    def flush(self) -> None:
        """Hands what was written on, so that messages do not overtake data."""
        sys.stdout.flush()


class LiveStages:
    """One line that is redrawn for the stage that runs; a line that stays for each stage that is done."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._stage = self._details = ""
        self._started = time.monotonic()
        self._done = 0
        self._total: int | None = None
        self._live = Live(
            get_renderable=self._draw,
            console=screen.messages,
            refresh_per_second=REDRAWS_PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> Self:
        """Begins to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the redrawn line away, so that what follows stands by itself."""
        if error is None:
            self._finish()
        self._stage = ""
        self._live.stop()

    def update(
        self,
        stage: str,
        done: int = 0,
        total: int | None = None,
        details: str = "",
        *,
        limit_seconds: float | None = None,
    ) -> None:
        """Says how far a stage has come; it is drawn at the next redrawing."""
        stage = escaped(stage)
        if stage != self._stage:
            self._finish()
            self._stage, self._started = stage, time.monotonic()
        self._done, self._total = done, total
        left = time_left(done, total, time.monotonic() - self._started, limit_seconds)
        self._details = ", ".join(filter(None, (escaped(details), left)))

    def _finish(self) -> None:
        """Leaves a line for the stage that is over."""
        if self._stage:
            seconds = time.monotonic() - self._started
            words = "  ".join(filter(None, (self._count(), duration(seconds))))
            self._screen.say(f"{self._stage:<{STAGE_WIDTH}} {words}")

    def _count(self) -> str:
        return f"{self._done:,}/{self._total:,}" if self._total else ""

    def _draw(self) -> RenderableType:
        """The stage's name, a bar where there is room for one, and how it goes."""
        if not self._stage:
            return Text()
        seconds = duration(time.monotonic() - self._started)
        words = "  ".join(filter(None, (self._count(), self._details or seconds)))
        room = min(BAR_WIDTH, self._screen.messages.width - STAGE_WIDTH - len(words) - 4)
        line = Table.grid(padding=(0, 1))
        cells: list[RenderableType] = [Text(f"{self._stage:<{STAGE_WIDTH}}")]
        if room >= MIN_BAR_WIDTH:
            cells.append(ProgressBar(self._total or 100, self._done, width=room, pulse=self._total is None))
        line.add_row(*cells, Text(words, no_wrap=True, overflow="ellipsis"))
        return line


class PlainStages:
    """Nothing at first, so that quick work and refusals stay short; then a line for each stage and each half minute."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._stage = self._shown_stage = ""
        self._began = self._started = self._shown_at = time.monotonic()

    def __enter__(self) -> Self:
        """Begins to tell."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """There is nothing to tidy."""

    def update(
        self,
        stage: str,
        done: int = 0,
        total: int | None = None,
        details: str = "",
        *,
        limit_seconds: float | None = None,
    ) -> None:
        """Prints a line if it is time to."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._started = stage, now
        if now - self._began < PLAIN_AFTER_SECONDS:
            return
        if stage != self._shown_stage:
            self._shown_stage, self._shown_at = stage, now
            self._screen.say(f"{stage} ...")
        elif now - self._shown_at >= PLAIN_EVERY_SECONDS:
            self._shown_at = now
            count = f"{done:,} of {total:,}" if total else f"{done:,}"
            parts = (f"{stage}: {count}", details, time_left(done, total, now - self._started, limit_seconds))
            self._screen.say(", ".join(filter(None, parts)))


def time_left(done: int, total: int | None, seconds: float, limit_seconds: float | None = None) -> str:
    """The rest of a stage in words, at the pace so far; empty where nothing can be said yet.

    Example:
        >>> time_left(100, 400, seconds=30.0)
        '1 min 30 s left'
    """
    if not total or not 0 < done < total or seconds < 1:
        return ""
    left = seconds * (total - done) / done
    if limit_seconds is not None:
        left = max(0.0, min(left, limit_seconds - seconds))
    return f"{duration(left)} left"


def duration(seconds: float) -> str:
    """A time span in words: ``41 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 (seconds to a minute)
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 (minutes to an hour)
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as columns of plain text, two blanks apart."""
    shown = [[escaped(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in shown)
    return [line.rstrip() for line in lines]
