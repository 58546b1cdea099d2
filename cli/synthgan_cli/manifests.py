"""What a manifest says of how much was learned and how its file must be kept, in the words of every command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


WITHHELD_HEADINGS = ("withheld", "what was not learned", "drawn instead")


def withheld_rows(manifest: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A row for each column of which something was withheld; files of early versions do not say."""
    from synthgan.data.withheld import told_of

    return [(str(one["name"]), *told_of(one)) for one in manifest.get("withheld") or ()]


def columns_learned(manifest: Mapping[str, Any]) -> int:
    """How many columns were learned: those that are not made anew and not withheld."""
    not_learned = {one["name"] for one in manifest.get("withheld") or () if one["what"] == "column"}
    columns = manifest["schema"]["columns"]
    return sum(column["kind"] != "identifier" and column["name"] not in not_learned for column in columns)


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
    learned = manifest.get("groups", manifest["rows"])
    if manifest.get("privacy") or n <= learned:
        return None
    what = "groups" if "groups" in manifest else "rows" if "schema" in manifest else "images"
    return (
        f"{n:,} are more than the {learned:,} {what} learned: the more samples somebody holds, the more they give away "
        f"of those; a fit with --epsilon bounds it"
    )


def why_to_keep(manifest: Mapping[str, Any], model: Path) -> str | None:
    """What whoever draws from a confidential file should hear; None of any other."""
    if not manifest.get("confidential"):
        return None
    return (
        f"{model} is as confidential as {learned_things(manifest)}: {why_confidential(manifest)}; its samples may tell of those "
        f"learned, too"
    )


def learned_things(manifest: Mapping[str, Any]) -> str:
    """What was learned, in words."""
    return "the tables" if "parts" in manifest else "the table" if "schema" in manifest else "the images"


def file_note(manifest: Mapping[str, Any], model: Path) -> str:
    """What the file of a fit without epsilon may tell."""
    if manifest.get("confidential"):
        return f"Keep {model} as you keep {learned_things(manifest)}: {why_confidential(manifest)}."
    if found := check_found(manifest):
        return f"{model}: {found}."
    return f"Nothing is promised of {model}: no proof bounds what it tells of those learned."


def check_found(manifest: Mapping[str, Any]) -> str | None:
    """What the check of a file found, in words; None where there was none that found anything."""
    check = manifest.get("check")
    if not check or check["found"] is None:
        return None
    things = "images" if "images" in manifest else "rows"
    found = f"an attack on the file finds {check['found']:.1%} of the {things} learned, where 1% is chance"
    if check["by"] == "measured" and things == "images":
        return f"{found} (at most {check['high']:.1%}, in priors of thirds of them{_coarser(check, 'its prior')})"
    if check["by"] == "measured":
        kept = f"{check['kept_out']:,} rows were kept out to measure it"
        return f"{found} (at most {check['high']:.1%}; {kept}{_coarser(check)})"
    return f"{found} (at most, on benchmark tables of this size with these settings; nothing was measured here)"


def _coarser(check: Mapping[str, Any], what: str = "") -> str:
    """How often what was checked was made coarser, in words; nothing where it never was."""
    times = check["coarser"]
    made = {1: "once", 2: "twice"}.get(times, f"{times} times")
    return f"; {what + ' was ' if what else ''}made coarser {made}" if times else ""


def identifiers(keys: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Where the identifiers of each column come from."""
    for key in keys:
        sizes = [size for size, _ in key["sizes"]]
        missing = f"missing in {key['missing']:.0%} of the rows" if key["missing"] else ""
        shared = f"each shared by {min(sizes)} to {max(sizes)} rows" if sizes else ""
        yield f"identifier {key['column']}", "; ".join(filter(None, (key["says"], missing, shared)))


def linked_rows(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """A row for each of linked tables: its name, how many rows were learned, and what becomes of it."""
    words = {"kept": "kept as it is, as declared", "plain": "too small to be learned: each column by itself"}
    for part in manifest["parts"]:
        owner = manifest["linked"]["tables"][part["name"]].get("owner")
        learned = f"learned, given {owner['table']}" if owner else "learned"
        yield part["name"], f"{part['rows']:,}" if "rows" in part else "", words.get(part["role"], learned)
