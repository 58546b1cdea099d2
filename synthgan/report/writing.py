"""Writes scores as a page with its figures as JSON beside it, and as a small table for notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan.io.atomic import write_files
from synthgan.report.disclosure import released
from synthgan.report.files import json_beside
from synthgan.report.images import pictures
from synthgan.report.page import render
from synthgan.report.privacy import privacy_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.metrics.scores import Scores


def write(
    found: Scores, path: str | Path, *, internal: bool = False, model: str | Path | Mapping[str, Any] | None = None
) -> None:
    """Write the page, and its figures as JSON beside it; each appears whole or not at all.

    Args:
        found: What ``evaluate`` found.
        path: Where the page goes; the JSON takes the same name with the ending ``.json``.
        internal: Show what only few people hold; the page is then stamped as not for release.
        model: The model the synthetic rows were drawn from, as a file or its manifest: the page then shows its privacy ledger.

    Raises:
        DataError: If the path cannot be written, or is its own JSON.
        ModelFileError: If the model file cannot be read.
        ResourceError: If the disk is full.
    """
    made = getattr(found, "made", None)
    privacy = privacy_of(model) or (made and made.privacy)
    document = released(found, internal=internal, privacy=privacy) | {"privacy": privacy}
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)
    page = render(document, pictures=pictures(found.details.images, internal=internal))
    write_files({json_beside(path): f"{text}\n", Path(path): page}, private=True)


def fragment(found: Scores) -> str:
    """Return the scores as a small HTML table, for a notebook."""
    return render(released(found, internal=False), template="fragment.html")
