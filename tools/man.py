"""Writes the manual page of the command line: ``python tools/man.py FILE`` (``synthgan.1``, say)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
BOLD = re.compile(r"\[bold\](.*?)\[/\]")


def page() -> str:
    """The page of all commands, in the macros of man: whatever `--help` says."""
    from typer.main import get_command

    from synthgan import __version__
    from synthgan_cli.commands import app

    group: Any = get_command(app)
    lines = [f'.TH SYNTHGAN 1 "" "synthgan {__version__}" "User Commands"', ".SH NAME"]
    lines += ["synthgan \\- synthetic tables, linked tables and images, and what they give away", ".SH SYNOPSIS"]
    lines += [".B synthgan", "COMMAND [OPTIONS]", ".SH DESCRIPTION", *_text(group.help), ".SH OPTIONS"]
    lines += [line for parameter in group.params for line in _option(parameter)]
    for name, command in group.commands.items():
        lines += [f".SH synthgan {name}".replace("-", "\\-"), *_text(command.help)]
        lines += [line for parameter in command.params for line in _option(parameter)]
    codes = "0 fine, 1 a fault of synthgan, 2 wrong usage, 3 bad data or file, 4 a privacy rule refused, 5 out of resources, "
    lines += [".SH EXIT STATUS", *_text(codes + "6 the verdict is as bad as --fail-on says, 130 interrupted.")]
    return "\n".join(lines) + "\n"


def _option(parameter: Any) -> Iterator[str]:
    is_flag = getattr(parameter, "is_flag", False)
    word = "" if is_flag else parameter.metavar or "VALUE"
    names = ", ".join(parameter.opts) if parameter.param_type_name == "option" else ""
    yield ".TP"
    yield f"\\fB{_plain(names)}\\fR \\fI{_plain(word)}\\fR".replace(" \\fI\\fR", "").replace("\\fB\\fR ", "")
    yield from _text(getattr(parameter, "help", None) or "")


def _text(text: str) -> Iterator[str]:
    """Paragraphs; what is bold in help is bold here."""
    for number, paragraph in enumerate(filter(None, re.split(r"\n\s*\n", text.strip()))):
        if number:
            yield ".PP"
        parts = BOLD.split(" ".join(paragraph.split()))
        written = "".join(f"\\fB{_plain(part)}\\fR" if at % 2 else _plain(part) for at, part in enumerate(parts))
        yield f"\\&{written}" if written.startswith((".", "'")) else written


def _plain(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-")


def main() -> None:
    """Write the page to the file that is named."""
    sys.path[:0] = [str(ROOT), str(ROOT / "cli")]
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
