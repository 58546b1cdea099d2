"""A model card: what a model file says of itself, as Markdown in the form of the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan.estimator import learned_of
from synthgan.io.manifest import read_model
from synthgan.report.privacy import privacy_of
from synthgan.report.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#"})


def card_of(model: str | Path) -> str:
    """Return the card of a model file; the same file gives the same card.

    Raises:
        ModelFileError: If the file cannot be read.
    """
    path = Path(model)
    manifest: Mapping[str, Any] = read_model(path)[0]
    return "\n".join([*_head(manifest), *_body(path, manifest), *_promise(manifest), *_origin(manifest)]) + "\n"


def _text(words: object) -> str:
    return plain(str(words)).translate(_MARKS)


def _head(manifest: Mapping[str, Any]) -> Iterator[str]:
    kind = "image" if "images" in manifest else "tabular"
    yield from ("---", "library_name: synthgan", "tags:", "- synthetic-data", f"- {kind}")
    if manifest.get("privacy"):
        yield "- differential-privacy"
    yield "---"


def _body(path: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"# {_text(path.stem)}", "", f"A synthgan model that learned {_text(learned_of(manifest))}.")
    yield "All that it draws is synthetic: no row of a sample is a record of a person. That is no proof of privacy; see below."
    yield from ("", "```", f"synthgan sample {path.name} -n 1000", "```")
    if "schema" in manifest and "images" not in manifest:
        yield from ("", "## Columns", "", "| column | kind |", "|---|---|")
        yield from (f"| {_text(one['name'])} | {_text(one['kind'])} |" for one in manifest["schema"]["columns"])


def _promise(manifest: Mapping[str, Any]) -> Iterator[str]:
    found = privacy_of(manifest) or {}
    yield from ("", "## Privacy", "")
    if found.get("private"):
        yield (
            f"The fit is differentially private: ε = {found['epsilon']:g}, δ = {found['delta']:g} for {_text(found['unit'])}, in "
            f"{len(found['charges'])} charges of one ledger. Samples cost nothing more."
        )
    else:
        yield "Nothing is proved: the fit was not differentially private."
    if manifest.get("confidential"):
        yield "**The file is confidential**: keep it as you keep the rows that it learned."
    yield from (f"* Disclosed besides: {_text(one)}." for one in found.get("disclosures", ()))
    yield from (f"* Withheld: {_text(one)}." for one in found.get("withheld", ()))
    yield "Judge samples with `synthgan evaluate` and a holdout before they go out."


def _origin(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Origin", "", f"* Tensors: SHA-256 `{manifest.get('tensors_sha256')}`.")
    versions = ", ".join(f"{name} {version}" for name, version in (manifest.get("versions") or {}).items())
    yield f"* Made with {_text(versions)}."
