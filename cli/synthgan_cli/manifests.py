"""What a manifest says of how much was learned and how its file must be kept, in the words of every command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def count_of(manifest: Mapping[str, Any], things: str) -> str:
    """How many rows or images were learned; a private fit knows about how many."""
    count = f"{manifest['rows']:,} {things}"
    return f"about {count} (a noisy count)" if manifest.get("privacy") else count


def why_confidential(manifest: Mapping[str, Any]) -> str:
    """Why a file must be kept as what it was learned from, as its manifest says; files of early versions do not."""
    told = [words for words in manifest.get("disclosures") or () if not words.startswith("keep_extremes")]
    return "; ".join(told) or "its rows can be read back out of this file"


def more_than_learned(manifest: Mapping[str, Any], n: int) -> str | None:
    """What drawing so many says of those that were learned; None where it says nothing more."""
    if manifest.get("privacy") or n <= manifest["rows"]:
        return None
    what = "rows" if "schema" in manifest else "images"
    return (
        f"{n:,} are more than the {manifest['rows']:,} {what} learned: the more samples somebody holds, the more they give away "
        f"of those; a fit with --epsilon bounds it"
    )


def file_note(manifest: Mapping[str, Any], model: Path) -> str:
    """What the file of a fit without epsilon may tell."""
    if manifest.get("confidential"):
        return f"Keep {model} as you keep {'the table' if 'schema' in manifest else 'the images'}: {why_confidential(manifest)}."
    return f"Nothing is promised of {model}: no proof bounds what it tells of those learned."
