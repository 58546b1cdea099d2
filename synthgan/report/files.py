"""How the files of a report are called."""

from __future__ import annotations

from pathlib import Path

from synthgan.errors import DataError


def json_beside(path: str | Path) -> Path:
    """Return where the figures of a page go: ``report.json`` beside ``report.html``.

    Raises:
        DataError: If the page itself has that name.
    """
    beside = Path(path).with_suffix(".json")
    if beside == Path(path):
        raise DataError(f"{path}: a page must not be named .json, however: its figures are; name it report.html")
    return beside
