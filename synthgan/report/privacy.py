"""What a model file says of its privacy, as far as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthgan.data.withheld import told_of
from synthgan.errors import ModelFileError
from synthgan.io.manifest import read_model
from synthgan.report.wording import plain

_SHOWN = 60  # letters of a name
_CHARGE = ("stage", "mechanism", "purpose", "steps", "sensitivity", "epsilon")


def privacy_of(model: str | Path | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the ledger of a model: what was promised, to whom, and every charge.

    Args:
        model: A model file, its manifest, or None.

    Returns:
        ``private`` says whether there is a promise at all; None without a model. The seed stays where it is.

    Raises:
        ModelFileError: If the file cannot be read, or the manifest is none.
    """
    if model is None:
        return None
    manifest = model if isinstance(model, Mapping) else read_model(Path(model))[0]
    if not {"privacy", "tensors_sha256"} & set(manifest):
        raise ModelFileError("model must be a model file or its manifest, however: found another mapping")
    ledger = manifest.get("privacy")
    made = {
        "tensors_sha256": manifest.get("tensors_sha256"),
        "disclosures": list(manifest.get("disclosures") or ()),
        "withheld": [_withheld(one) for one in manifest.get("withheld") or ()],
    }
    if ledger is None:
        return {"private": False, **made}
    return {
        "private": True,
        **made,
        "epsilon": ledger["epsilon"],
        "epsilon_replace_one": ledger.get("epsilon_replace_one"),
        "delta": ledger["delta"],
        "unit": ledger["unit"],
        "charges": [{key: charge[key] for key in _CHARGE} for charge in ledger["charges"]],
    }


def _withheld(given: Mapping[str, Any]) -> str:
    """What was not learned of one column, in a line."""
    what, drawn = told_of(given)
    return f"{plain(str(given['name']), longest=_SHOWN)}: {what}; drawn instead: {drawn}"
