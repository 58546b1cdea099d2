"""The entry point of the `synthgan` command: runs one command and turns whatever happens into an exit code."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Any

from synthgan_cli.exits import FINE, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


COMPLETING = "_SYNTHGAN_COMPLETE"  # the variable by which the scripts of `synthgan --install-completion` ask


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `synthgan` with the given arguments (default: those of the process) and returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        _listen_for_termination()
        _show_own_warnings_only(words, everything=debug)
        _run([word for word in words if word != "--debug"] or ["--help"])
        sys.stdout.flush()  # a full disk behind a pipe must be noticed here, not by the interpreter on its way out
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (the last resort of the program)
        outcome = verdict(error, words)
        _leave_stdout_quiet()
        if outcome.message:
            from synthgan_cli.console import Screen

            if debug:
                Screen().trace()
            Screen().say(outcome.message, label=outcome.label)
        return outcome.code
    return FINE


def _run(words: list[str]) -> None:
    """Parses the words and runs the command they name; unlike typer's own `main`, prints no error and never exits."""
    from typer.main import get_command

    from synthgan_cli.commands import app

    command = get_command(app)
    if COMPLETING in os.environ:
        command.main(prog_name="synthgan")  # a shell asks what may stand next; it ends the process
    with command.make_context("synthgan", words, obj=words) as context:
        command.invoke(context)


def _listen_for_termination() -> None:
    """Treats a polite kill and a closed terminal like Ctrl-C, so that they leave a usable checkpoint, too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP; `nohup` ignores it and must be left alone
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, interrupt)


def _show_own_warnings_only(words: Sequence[str], *, everything: bool) -> None:
    """Prints the library's warnings as one-line notes; those of other packages are of no use to the user."""

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any) -> None:
        from synthgan.errors import DataWarning
        from synthgan_cli.console import Screen
        from synthgan_cli.remedies import in_flags

        said = in_flags(message, words) if isinstance(message, DataWarning) else str(message)
        where = f" ({category.__name__}, {filename}:{lineno})" if everything else ""
        Screen().say(f"{said}{where}", label="note")

    warnings.showwarning = show
    if not everything:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("default", category=UserWarning, module=r"synthgan(_cli)?\b")


def _leave_stdout_quiet() -> None:
    """Points stdout nowhere where it is broken or full, so that the interpreter does not complain when it closes it."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
