"""What the system says of a file, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def is_folder(path: Path) -> bool:
    """Says whether a path is a folder (a path that nothing can be at is none)."""
    try:
        return path.is_dir()
    except OSError:
        return False


def reason_of(error: OSError | ValueError) -> str:
    """Gives what the system says of a file, in lower case and without the path: "permission denied"."""
    return (getattr(error, "strerror", None) or one_line(error)).lower()


def one_line(error: BaseException) -> str:
    """Gives the first line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
