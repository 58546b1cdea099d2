"""Errors in the language of the command line: what Python calls ``drop=["notes"]`` is ``--drop notes`` here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.errors import Known, Named, Option, joined
from synthgan_cli.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from synthgan import SynthganError
    from synthgan.errors import DataWarning

# The parameters of the library that a command calls by another name; all others are found by their own.
RENAMED = {"format": "form"}
# Reaches every hyper-parameter that has no flag of its own, where a command has it.
ANY_PARAMETER = "--set"


def in_flags(error: SynthganError | DataWarning, words: Sequence[str]) -> str:
    """The line that says an error, or a warning with a remedy, on the command line.

    Args:
        error: the error.
        words: the command line, which says what command was run.
    """
    flags = flags_of(words)
    message, remedy = error.message, error.remedy
    flag = _flag(error.parameter, flags) if error.parameter else None
    if flag and message.startswith(f"{error.parameter} "):
        message = (flag + message.removeprefix(str(error.parameter))).replace(
            f"however: {error.parameter}=", "however: ", 1
        )
    if remedy is None:
        return message
    choices = [_chosen(choice, flags) for choice in remedy.choices]
    return "; ".join(filter(None, (message, joined(list(filter(None, choices))) or str(remedy))))


def flags_of(words: Iterable[str]) -> dict[str, str]:
    """The flags of the command that is run, by the parameters they set; none where no command is."""
    from typer.main import get_command

    from synthgan_cli.commands import app

    commands: Mapping[str, object] = getattr(get_command(app), "commands", {})
    command = next((commands[word] for word in words if word in commands), None)
    options = {option.name: option.opts for option in getattr(command, "params", ())}
    return {name: opts[-1] for name, opts in options.items() if opts[-1].startswith("-")}


def _chosen(choice: Option | Known | str, flags: Mapping[str, str]) -> str:
    """An alternative in words; names that have flags of their own are not among those that ``--set`` knows."""
    if isinstance(choice, Option):
        return _written(choice, flags)
    if isinstance(choice, Known) and ANY_PARAMETER in flags.values():
        from synthgan_cli.settings import RENAMED_FLAGS

        return str(Known(tuple(name for name in choice.names if name not in flags and name not in RENAMED_FLAGS)))
    return str(choice)


def _flag(name: str, flags: Mapping[str, str]) -> str | None:
    return flags.get(name) or flags.get(RENAMED.get(name, name))


def _written(option: Option, flags: Mapping[str, str]) -> str:
    """An option with its flag; what it does in words, where this command has no such flag."""
    flag = _flag(option.name, flags)
    if flag is not None and isinstance(option.value, Named):
        text = " ".join([f"{flag} {option.value.name}", *(_any(*one) for one in option.value.parameters.items())])
    elif flag is not None:
        text = _set(flag, option.value)
    elif ANY_PARAMETER in flags.values() and option.value is not None:
        text = _any(option.name, option.value)
    else:
        text = ""
    if not text:
        return option.why
    return f"{text} ({option.why})" if option.why else text


def _any(name: str, value: object) -> str:
    """A parameter that has no flag of its own."""
    return f"{ANY_PARAMETER} {quoted(f'{name}={value}')}"


def _set(flag: str, value: object) -> str:
    """A flag and what to give it; empty where the command line has no word for that."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return flag if value else f"leave out {flag}"
    values = value if isinstance(value, (list, tuple)) else [value]
    # A value that begins with a dash would be taken for a flag of its own.
    return " ".join(f"{flag}{'=' if str(one).startswith('-') else ' '}{quoted(str(one))}" for one in values)
