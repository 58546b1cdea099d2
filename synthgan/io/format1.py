"""Model files of format 1, in which all parameters stood in one mapping, read as if they were of the present one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# The parameters of each generator as format 1 knew them.
_OF_CHAINS = ("chains", "chain_share", "leaf_rows", "rounds")
_OF_NETWORK = (
    *("objective", "steps", "batch_rows", "critic_steps", "learning_rate", "penalty", "penalty_every"),
    *("ema_halflife_steps", "conditional_share", "check_every", "patience", "holdout_share"),
    *("classes", "noise_width", "generator_width", "critic_width", "blocks", "packing"),
)

# The kinds of columns that it knew how to learn.
_OF_LEVELS = frozenset({"boolean", "category", "ordered"})
_OF_NUMBERS = frozenset({"integer", "decimal", "date", "datetime", "duration"})

# What tensors were called, by a part of their name.
_RENAMED = {
    r"(^|/)game/": r"\1state/",
    r"(^|/)watch/": r"\1monitor/",
    r"(^|/)told/": r"\1attributes/",
    r"\bstart\.": "prior.",
    r"\bplace_(means|deviations)$": r"residual_\1",
}


def renamed(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors of a file of format 1 by the names that the present format gives them."""
    return {_renamed(name): tensor for name, tensor in tensors.items()}


def _renamed(name: str) -> str:
    for old, new in _RENAMED.items():
        name = re.sub(old, new, name)
    return name


def upgraded(manifest: dict[str, Any], tensors: frozenset[str]) -> dict[str, Any]:
    """The manifest of a file of format 1 as the present format has it; what was no such manifest stays as it is.

    Args:
        manifest: the manifest as it was read.
        tensors: the names of the tensors in the file.
    """
    try:
        found = _of_images(manifest, tensors) if manifest["kind"] == "image" else _of_table(manifest, "", tensors)
        return found | ({"checkpoint": _checkpoint(found["checkpoint"])} if "checkpoint" in found else {})
    except (KeyError, TypeError, ValueError, AttributeError):  # whoever opens it says what is wrong
        return manifest


def _of_table(manifest: dict[str, Any], start: str, tensors: frozenset[str]) -> dict[str, Any]:
    """Split the parameters; the presence of a key used to say which generator it was."""
    encoding, config = _encoding(manifest["encoding"], manifest["schema"]["columns"]), manifest["config"]
    state = encoding.pop("generator", None)
    name, own = ("network", _OF_NETWORK) if state is None else ("chains", _OF_CHAINS)
    if state is None:
        state = {"moved": f"{start}generator/embedding.weight" in tensors}
    generator = {"name": name, "config": {key: config[key] for key in own}, "state": state}
    shared = {key: value for key, value in config.items() if key not in {"generator", *_OF_CHAINS, *_OF_NETWORK}}
    # Early files did not say whether rows can be read back out of them; all can but private ones.
    confidential = manifest.get("privacy") is None
    return manifest | {"encoding": encoding, "generator": generator, "config": shared, "confidential": confidential}


def _encoding(encoding: dict[str, Any], columns: list[dict[str, Any]]) -> dict[str, Any]:
    """Name the column and the codec of each encoder; they used to stand in the order of the columns that are learned."""
    learned = [column for column in columns if column["kind"] in _OF_LEVELS | _OF_NUMBERS]
    encoders = [
        {"codec": "levels" if column["kind"] in _OF_LEVELS else "numbers", "columns": [column["name"]]} | fields
        for column, fields in zip(learned, encoding["encoders"], strict=True)
    ]
    others = {name: value for name, value in encoding.items() if name != "relations"}
    return others | {"encoders": encoders, "constraints": encoding["relations"]}


def _checkpoint(checkpoint: dict[str, Any]) -> dict[str, Any]:
    """Call the monitor and its count of checks by their names."""
    others, watch = {name: value for name, value in checkpoint.items() if name != "watch"}, checkpoint.get("watch")
    if watch is None:
        return others
    monitor = {"checks_without_gain" if name == "looks_without_gain" else name: value for name, value in watch.items()}
    return others | {"monitor": monitor}


def _of_images(manifest: dict[str, Any], tensors: frozenset[str]) -> dict[str, Any]:
    """A model of images may hold one of their rows."""
    images = manifest["images"]
    rows = images.get("rows")
    if not rows:
        return manifest
    table = _of_table(rows["table"], "rows/table/", tensors)
    attributes = _encoding(rows["encoding"], rows["table"]["schema"]["columns"][1:])
    return manifest | {
        "images": images | {"rows": rows | {"encoding": attributes, "table": table}},
        "confidential": manifest.get("privacy") is None,
    }
