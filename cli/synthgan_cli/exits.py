"""What an exception means to the user: an exit code and one line."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthgan import (
    ConfigError,
    DataError,
    ModelFileError,
    NotFittedError,
    PrivacyError,
    ResourceError,
    SchemaError,
    SynthganError,
    TrainingError,
    WithheldError,
)
from synthgan_cli.quoting import command_line
from synthgan_cli.remedies import in_flags

if TYPE_CHECKING:
    from collections.abc import Sequence

FINE = 0
UNEXPECTED = 1
USAGE = 2
DATA = 3
PRIVACY = 4
RESOURCES = 5
INTERRUPTED = 130

_CODES: dict[type[SynthganError], int] = {
    ConfigError: USAGE,
    SchemaError: DATA,
    DataError: DATA,
    ModelFileError: DATA,
    NotFittedError: DATA,
    TrainingError: DATA,
    PrivacyError: PRIVACY,
    ResourceError: RESOURCES,
}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended.

    Attributes:
        code: the exit code.
        message: the one line to print; None prints nothing.
        label: the word before the line.
    """

    code: int
    message: str | None = None
    label: Literal["error", "interrupted"] = "error"


def verdict(error: BaseException, words: Sequence[str]) -> Outcome:
    """Decides how a command ends that ended with an exception.

    Args:
        error: the exception.
        words: the command line, quoted where a report of the failure is asked for.
    """
    if isinstance(error, WithheldError):
        return Outcome(UNEXPECTED, _reported(str(error), words))
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return Outcome(code, in_flags(error, words))
    if hasattr(error, "format_message"):  # typer's usage errors, whichever click stands behind it
        return Outcome(USAGE, _usage(error, words))
    if hasattr(error, "exit_code"):  # typer.Exit, raised by --help and --version
        return Outcome(int(error.exit_code))
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return Outcome(INTERRUPTED, str(error) or "nothing was written", "interrupted")
    if isinstance(error, BrokenPipeError):
        return Outcome(FINE)  # whoever read our output has seen enough
    if _is_out_of_memory(error):
        return Outcome(
            RESOURCES, "memory must suffice, however: it ran out; close other programs or take fewer rows or columns"
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        from synthgan.io.atomic import refused

        return Outcome(RESOURCES, str(refused(error.filename or "the output", error)))
    if isinstance(error, OSError) and error.strerror:
        return Outcome(DATA, f"{error.filename or 'file'}: cannot be used ({error.strerror})")
    return Outcome(UNEXPECTED, _unexpected(error, words))


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, be it the machine's or a GPU's (torch may not be imported here to ask for its class)."""
    kind = type(error).__name__
    return (
        isinstance(error, MemoryError)
        or kind == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def _usage(error: BaseException, words: Sequence[str]) -> str:
    """A usage error of typer as one line that names the help to read."""
    message = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "synthgan"
    hint = "" if "--help" in words else f"; see `{command} --help`"
    return message + hint


def _unexpected(error: BaseException, words: Sequence[str]) -> str:
    """One line on what nobody thought of."""
    return _reported(f"unexpected {type(error).__name__}: {error}", words)


def _reported(message: str, words: Sequence[str]) -> str:
    """A line that asks for a report."""
    command = command_line(["synthgan", "--debug", *[word for word in words if word != "--debug"]])
    return f"{message}; this is a fault of synthgan: please report it with what `{command}` prints"
