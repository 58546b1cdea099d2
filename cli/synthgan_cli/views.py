"""Reports, manifests and plans as people read them, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from synthgan import PrivacyError
from synthgan.data.summary import brief
from synthgan_cli import manifests
from synthgan_cli.columns import show_schema
from synthgan_cli.console import duration
from synthgan_cli.manifests import check_found, count_of, identifiers, learned_things, why_confidential

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from synthgan.audit.file import FileAttack
    from synthgan_cli.actions import Task
    from synthgan_cli.console import Screen

CONSTRAINTS_SHOWN = 6
_MISFIT_HEADINGS = ("cells that do not fit", "not of the kind: missing", "out of bounds: clipped", "other levels")
NOT_PRIVATE = (
    "the number of rows and the cells that do not fit are counted exactly: they are NOT private, and for the eyes of the data's "
    "owner only; the fit itself prints none of them"
)
_LEDGER_HEADINGS = ("stage", "mechanism", "asked", "times", "sensitivity", "noise", "rate", "epsilon alone")


def show_manifest(screen: Screen, model: Path, *, as_json: bool, attack: FileAttack | None = None) -> None:
    """Prints what a model file says of itself, and what an attack on it found; reads no weights, so torch is not needed."""
    from synthgan.io.manifest import read_model

    manifest, _ = read_model(model)
    if as_json:
        found = {} if attack is None else {"attack": attack.to_dict()}
        screen.json(json.dumps(manifest | found, indent=2, ensure_ascii=False))
        return
    screen.pairs(_summary(model, manifest))
    screen.write("")
    if "images" in manifest:
        images = manifest["images"]
        classes = zip(images["levels"], images["counts"], strict=True)
        screen.table((str(images["condition"] or ""), "images"), [(str(name), f"{n:,}") for name, n in classes])
        if images.get("rows"):
            screen.write("")
            show_schema(screen, images["rows"]["table"]["schema"])
    elif "parts" in manifest:
        screen.table(("table", "rows", "what becomes of it"), list(manifests.linked_rows(manifest)))
    else:
        show_schema(screen, manifest["schema"])
    if rows := manifests.withheld_rows(manifest):
        screen.write("")
        screen.table(manifests.WITHHELD_HEADINGS, rows)
    if manifest.get("privacy"):
        screen.write("")
        screen.table(_LEDGER_HEADINGS, _charges(manifest["privacy"]["charges"]))
    if attack is not None:
        screen.write("")
        screen.pairs(_found(attack))


def _found(attack: FileAttack) -> list[tuple[str, str]]:
    """What an attack found, in words."""
    tried = f"of {attack.learned:,} learned rows, where 1 % of {attack.others:,} others are taken for one"
    rates = [
        ("found by the file alone", attack.plain),
        (f"and by a reference of {attack.reference:,} rows", attack.calibrated),
    ]
    test = "leak detected" if attack.test.alarm else "leak not detected"
    return [
        *(
            (words, f"{rate.value:.1%} ({rate.low or 0:.1%} to {rate.high or 0:.1%}) {tried}; chance is 1 %")
            for words, rate in rates
        ),
        ("both together", f"{test} (p = {attack.test.p_value:.2g}; an alarm is p of at most .01)"),
    ]


def show_plan(screen: Screen, task: Task, *, resume: bool = False) -> None:
    """Prints what a fit would do.

    Raises:
        PrivacyError: if a private one was to be resumed.
    """
    if resume and task.private:
        raise PrivacyError(
            "--resume must be left out under epsilon, however: it was given; a private fit is made in one go, start anew"
        )
    with screen.stages() as stages:
        stages.update("reading")
        data = task.taken()
        stages.update("planning")
        plan = task.synthesizer().plan(data, **task.arguments())
    misfits = getattr(plan, "misfits", None)
    if hasattr(plan, "schema"):
        show_schema(screen, plan.schema.to_dict())
        screen.write("")
        screen.pairs([("rows", f"{plan.rows:,}"), *_cost(plan)])
    else:
        screen.write(plan.description)
        if cost := _cost(plan):
            screen.pairs(cost)
    if misfits:
        rows = [(str(one.name), f"{one.unfit:,}", f"{one.clipped:,}", f"{one.other:,}") for one in misfits]
        screen.write("")
        screen.table(_MISFIT_HEADINGS, rows)
        screen.flush()
        screen.say(NOT_PRIVATE, label="note")
    screen.flush()
    screen.say("Nothing was fitted (--dry-run).")


def _cost(plan: Any) -> list[tuple[str, str]]:
    """The memory and time of a fit, where they are known."""
    memory, seconds = plan.memory_bytes, plan.seconds
    return [
        *([] if memory is None else [("memory", f"about {memory / 1e9:.1f} GB")]),
        *([] if seconds is None else [("time", f"{duration(seconds)} at most, on this machine")]),
    ]


def _summary(model: Path, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What to know of a model before using it."""
    training, versions = manifest.get("training") or {}, manifest.get("versions") or {}
    encoding = manifest.get("encoding", {})
    rows = [
        ("model", f"{model} (format {manifest['format']})"),
        ("learned from", _learned(manifest)),
        *([("generator", manifest["generator"]["name"])] if "generator" in manifest else []),
        (
            "trained",
            ", ".join(
                f"{name} {brief(value)}" for name, value in training.items() if name != "history" and value is not None
            )
            or "no",
        ),
        *_enlarged(manifest.get("enlarging")),
        *([] if "images" in manifest else [("in every row", _constraints(encoding.get("constraints")))]),
        *identifiers(encoding.get("identifiers") or ()),
        *_hidden("distances", encoding.get("distances")),
        *_hidden("equal in some rows", encoding.get("equalities")),
        ("privacy", _privacy(manifest.get("privacy"))),
        ("noise", _source(manifest.get("privacy"))),
        ("disclosures", "; ".join(manifest.get("disclosures") or ()) or "none beyond the above"),
        ("release", _release(manifest)),
        ("seed", str(manifest.get("seed"))),
        ("made with", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("tensors", f"SHA-256 {manifest.get('tensors_sha256', 'unknown')}"),
    ]
    if "checkpoint" in manifest:
        rows.insert(1, ("state", "a checkpoint of an interrupted fit; go on with `synthgan fit ... --resume`"))
    return rows


def _enlarged(enlarging: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """How large images are made of the small ones that were learned first."""
    if enlarging is None:
        return []
    steps = [found.get("steps", 0) for found in enlarging["training"]]
    each = [f"{factor}-fold ({count:,} steps)" for factor, count in zip(enlarging["factors"], steps, strict=False)]
    return [("enlarged", ", then ".join(each) or "not learned yet")]


def _release(manifest: Mapping[str, Any]) -> str:
    """Whether the file may be handed on."""
    if manifest.get("confidential"):
        return f"as confidential as {learned_things(manifest)}: {why_confidential(manifest)}"
    ledger = manifest.get("privacy")
    if not ledger and (found := check_found(manifest)):
        return f"{found}; no proof bounds it"
    if not ledger:
        return "no guarantee: weights may remember images"
    return (
        f"this file and all its samples keep the promise above (epsilon {ledger['epsilon']:g} for {ledger['unit']}); "
        f"names of columns and declared values are public"
    )


def _learned(manifest: Mapping[str, Any]) -> str:
    """What a model was made from."""
    if "parts" in manifest:
        return f"{manifest['units']:,} {manifest['unit']}, with {count_of(manifest, 'rows')} in all tables"
    if "images" not in manifest:
        return f"{count_of(manifest, 'rows')}, {len(manifest['schema']['columns'])} columns"
    images = manifest["images"]
    colour = "grey" if images["channels"] == 1 else "colour"
    if images.get("depth"):
        size = f"{images['width']} x {images['height']} x {images['depth']} voxels"
        return f"{count_of(manifest, f'{colour} volumes')} of {size}, {images['dtype']}{_physical(images)}"
    size = f"{images['width']} x {images['height']} pixels"
    if images.get("frames"):
        what = f"{colour} clips of {images['frames']} frames"
        return f"{count_of(manifest, what)} of {size}, {images['dtype']}{_physical(images)}"
    return f"{count_of(manifest, f'{colour} images')} of {size}, {images['dtype']}{_physical(images)}"


def _physical(images: Mapping[str, Any]) -> str:
    """What the headers of all files said together, as far as a model keeps it."""
    physical = images.get("physical") or {}
    spacing, window = physical.get("spacing"), physical.get("window")
    said = [
        physical.get("modality"),
        spacing and f"{' x '.join(f'{side:g}' for side in spacing[::-1])} mm",
        window and f"window {window[0]:g} / {window[1]:g}",
        physical.get("frame_ms") and f"a frame every {physical['frame_ms']:g} ms",
    ]
    return "".join(f", {words}" for words in said if words)


def _constraints(constraints: Mapping[str, Any] | None) -> str:
    """What holds between columns in every row, the first few of it."""
    sums, orders = (constraints or {}).get("sums", []), (constraints or {}).get("orders", [])
    lines = [f"{found['target']} = {_weighted(found)}" for found in sums] + [f"{low} ≤ {high}" for low, high in orders]
    if len(lines) > CONSTRAINTS_SHOWN:
        lines[CONSTRAINTS_SHOWN:] = [f"and {len(lines) - CONSTRAINTS_SHOWN} more (--json)"]
    return "; ".join(lines) or "no constraint between numeric columns found"


def _hidden(title: str, columns: Iterable[Mapping[str, Any]] | None) -> list[tuple[str, str]]:
    """Columns that are learned and never released, such as distances; no line where there are none."""
    words = "; ".join(str(one["column"]["name"]) for one in columns or ())
    return [(title, words)] if words else []


def _weighted(found: Mapping[str, Any]) -> str:
    """A weighted sum as people write it: ``drugs + room``, ``1.8 celsius + 32``."""
    terms = [(weight, str(name)) for name, weight in found["parts"]] + [(found["constant"], "")] * bool(
        found["constant"]
    )
    text = ""
    for weight, name in sorted(terms, key=lambda term: (term[0] < 0, not term[1])):
        sign = ("- " if text else "-") if weight < 0 else "+ " if text else ""
        number = "" if name and abs(weight) == 1 else f"{abs(weight):g}{' ' * bool(name)}"
        text += f"{' ' * bool(text)}{sign}{number}{name}"
    return text


def _privacy(ledger: Mapping[str, Any] | None) -> str:
    if ledger is None:
        return "no guarantee (trained without --epsilon)"
    replaced, earlier = ledger.get("epsilon_replace_one"), ledger.get("earlier") or ()
    return (
        f"epsilon {ledger['epsilon']:g}, delta {ledger['delta']:g} when {ledger['unit']} is added or removed"
        f"{'' if replaced is None else f' (epsilon {replaced:g} when replaced)'}, in {len(ledger['charges'])} charges"
        f"{_earlier(earlier)}"
    )


def _earlier(earlier: Sequence[Mapping[str, Any]]) -> str:
    """What fits before this one have spent, as part of the sum."""
    parts = " and ".join(f"epsilon {part['epsilon']:g} (delta {part['delta']:g})" for part in earlier)
    return f", of which earlier fits of the same rows spent {parts}" if parts else ""


def _source(ledger: Mapping[str, Any] | None) -> str:
    """Where the randomness of the noise came from."""
    return "; ".join(sorted({charge["source"] for charge in (ledger or {}).get("charges", [])})) or "none"


def _charges(charges: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """A row for each charge of a ledger."""
    rows: list[tuple[str, ...]] = []
    for charge in charges:
        noise = f"σ {charge['sigma']:.4g}" if charge["sigma"] else f"ε {charge['epsilon_each']:.3g} each"
        if charge["delta"]:
            noise += f", δ {charge['delta']:.1g}"
        numbers = (f"{charge['steps']}", f"{charge['sensitivity']:g}", noise, f"{charge['sampling_rate']:g}")
        question = (charge["stage"], charge["mechanism"], charge["purpose"])
        rows.append((*question, *numbers, f"{charge['epsilon']:.4g}"))
    return rows
