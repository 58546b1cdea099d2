"""What the system says of a file, in one line."""

from __future__ import annotations

from typing import Final

MAX_TOLD: Final = 300  # letters


def reason_of(error: OSError | ValueError) -> str:
    """Gives what the system says of a file, in lower case and without the path: "permission denied"."""
    return (getattr(error, "strerror", None) or one_line(error)).lower()


def one_line(error: BaseException) -> str:
    """Gives the first line of an error's message, or the name of its class where it says nothing."""
    return _shown((str(error).strip() or type(error).__name__).splitlines()[0])


def told(error: BaseException) -> str:
    """What an error says, in one line that a terminal shows as it is."""
    return _shown(" ".join(str(error).split()))


def _shown(said: str) -> str:
    """Parts of a damaged file may stand in it: what is no letter is written out, and no more is shown than is read."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in said[: MAX_TOLD + 1])
    return shown if len(shown) <= MAX_TOLD else f"{shown[:MAX_TOLD]}..."
