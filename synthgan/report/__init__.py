"""A report as people read it: one self-contained page, its figures as JSON beside it, and a table for notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.metrics.score import Report

__all__ = ["fragment", "json_beside", "write"]


def write(
    report: Report, path: str | Path, *, internal: bool = False, model: str | Path | Mapping[str, Any] | None = None
) -> None:
    """Write the page, and its figures as JSON beside it; each appears whole or not at all.

    Args:
        report: What ``evaluate`` found.
        path: Where the page goes; the JSON takes the same name with the ending ``.json``.
        internal: Show what only few people hold; the page is then stamped as not for release.
        model: The model the synthetic rows were drawn from, as a file or its manifest: the page then shows its privacy ledger.

    Raises:
        DataError: If the path cannot be written, or is its own JSON.
        ModelFileError: If the model file cannot be read.
        ResourceError: If the disk is full.
    """
    import json

    from synthgan.report.disclosure import released
    from synthgan.report.files import write_together
    from synthgan.report.images import pictures
    from synthgan.report.page import render
    from synthgan.report.privacy import privacy_of

    document = released(report, internal=internal) | {"privacy": privacy_of(model)}
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)
    page = render(document, pictures=pictures(report.details.images, internal=internal))
    write_together({json_beside(path): f"{text}\n", Path(path): page})


def json_beside(path: str | Path) -> Path:
    """Return where the figures of a page go: ``report.json`` beside ``report.html``.

    Raises:
        DataError: If the page itself has that name.
    """
    from synthgan.errors import DataError

    beside = Path(path).with_suffix(".json")
    if beside == Path(path):
        raise DataError(f"{path}: a page must not be named .json, however: its figures are; name it report.html")
    return beside


def fragment(report: Report) -> str:
    """Return the scores as a small HTML table, for a notebook."""
    from synthgan.report.disclosure import released
    from synthgan.report.page import render

    return render(released(report, internal=False), template="fragment.html")
