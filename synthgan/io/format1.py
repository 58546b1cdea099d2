"""Model files of format 1, in which all parameters stood in one mapping, read as if they were of the present one."""

from __future__ import annotations

from typing import Any

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


def upgraded(manifest: dict[str, Any], tensors: frozenset[str]) -> dict[str, Any]:
    """The manifest of a file of format 1 as the present format has it; what was no such manifest stays as it is.

    Args:
        manifest: the manifest as it was read.
        tensors: the names of the tensors in the file.
    """
    try:
        if manifest["kind"] == "image":
            return _of_images(manifest, tensors)
        return _of_table(manifest, "", tensors)
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
    # Early files did not say whether they keep rows; those of chains do.
    confidential = manifest.get("confidential", name == "chains")
    return manifest | {"encoding": encoding, "generator": generator, "config": shared, "confidential": confidential}


def _encoding(encoding: dict[str, Any], columns: list[dict[str, Any]]) -> dict[str, Any]:
    """Name the column and the codec of each encoder; they used to stand in the order of the columns that are learned."""
    learned = [column for column in columns if column["kind"] in _OF_LEVELS | _OF_NUMBERS]
    encoders = [
        {"codec": "levels" if column["kind"] in _OF_LEVELS else "numbers", "columns": [column["name"]]} | fields
        for column, fields in zip(learned, encoding["encoders"], strict=True)
    ]
    return encoding | {"encoders": encoders}


def _of_images(manifest: dict[str, Any], tensors: frozenset[str]) -> dict[str, Any]:
    """A model of images may hold one of their rows."""
    images = manifest["images"]
    rows = images.get("rows")
    if not rows:
        return manifest
    table = _of_table(rows["table"], "rows/table/", tensors)
    told = _encoding(rows["encoding"], rows["table"]["schema"]["columns"][1:])
    confidential = manifest.get("confidential", table["confidential"])
    return manifest | {
        "images": images | {"rows": rows | {"encoding": told, "table": table}},
        "confidential": confidential,
    }
