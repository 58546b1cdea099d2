"""What notebooks show: how far a fit has come, as one line that is redrawn, and small tables."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from markupsafe import escape

from synthgan.errors import ConfigError
from synthgan.escapes import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Watcher: TypeAlias = "bool | Callable[[Any], object] | None"
MAX_ROWS: Final = 60  # of a table in a notebook
_SECONDS: Final = 0.25  # between two drawings
_LEFT: Final = 'style="text-align:left;vertical-align:top"'


def run(steps: Iterator[Any], progress: Watcher) -> None:
    """Take all steps of a fit, and tell how far it has come.

    Args:
        steps: what ``fit_steps`` gives.
        progress: called with each step (``gan.train.Progress``); True draws one bar that is redrawn, in a notebook, too; None tells
            nothing.

    Raises:
        ConfigError: if ``progress`` is none of these.
    """
    if not progress:
        deque(steps, maxlen=0)
    elif callable(progress):
        for step in steps:
            progress(step)
    elif progress is True:
        (_draw_in_notebook if _in_notebook() else _draw)(steps)
    else:
        raise ConfigError(
            f"progress must be True, False or a function of one step, however: progress={progress!r}",
            parameter="progress",
        )


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def _draw(steps: Iterator[Any]) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, refresh_per_second=4) as bar:
        task = bar.add_task("fitting", total=None)
        for step in steps:
            bar.update(task, description=step.stage, completed=step.step, total=step.steps if step.steps > 1 else None)


def _draw_in_notebook(steps: Iterator[Any]) -> None:
    """One output that is drawn over: bars of rich and tqdm ask for widgets there, which few notebooks have."""
    from IPython.display import HTML, display

    began = shown = time.monotonic()
    handle = display(HTML("<progress></progress> fitting"), display_id=True)
    for step in steps:
        if time.monotonic() - shown >= _SECONDS:
            shown = time.monotonic()
            handle.update(HTML(_bar(step, shown - began)))
    handle.update(HTML(f"Fitted in {time.monotonic() - began:.0f} s."))


def _bar(step: Any, seconds: float) -> str:
    measured = f' value="{step.step}" max="{step.steps}"' if step.steps > 1 else ""
    of = f" {step.step:,} of {step.steps:,}" if step.steps > 1 else ""
    return f"<progress{measured}></progress> {escape(step.stage)}{of}, {seconds:.0f} s"


def html_table(headings: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> str:
    """A small table for a notebook: left-aligned, and whatever stands in a cell is text.

    Args:
        headings: of the columns.
        rows: as many cells each; of many rows the first.
        title: stands above it.

    Example:
        >>> print(html_table(["name"], [["<b>"]]).splitlines()[-2])
        <tr><td style="text-align:left;vertical-align:top">&lt;b&gt;</td></tr>
    """
    listed = list(rows)
    lines = [f"<p><strong>{escape(escaped(title))}</strong></p>"] if title else []
    lines += ["<table>", f"<thead>{_row('th', headings)}</thead>", "<tbody>"]
    lines += [_row("td", row) for row in listed[:MAX_ROWS]]
    if len(listed) > MAX_ROWS:
        lines.append(_row("td", [f"and {len(listed) - MAX_ROWS:,} more", *[""] * (len(headings) - 1)]))
    return "\n".join([*lines, "</tbody></table>"])


def _row(tag: str, cells: Iterable[object]) -> str:
    return f"<tr>{''.join(f'<{tag} {_LEFT}>{escape(escaped(str(cell)))}</{tag}>' for cell in cells)}</tr>"
