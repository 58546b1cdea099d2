"""Linked tables under epsilon on the command line: what is spent is kept beside the model until it carries it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from synthgan_cli import files
from synthgan_cli.options import private_options
from synthgan_cli.quoting import command_line
from synthgan_cli.settings import read_settings, with_settings
from synthgan_cli.spending import SpentFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from synthgan.data.linked import DatabaseSchema
    from synthgan_cli.console import Screen

OPTIONS = ("epsilon", "delta", "mechanism", "max_rows_per_unit", "i_know", "drop")


def private_given(given: Mapping[str, Any]) -> dict[str, Any]:
    """The hyper-parameters of a private fit, of which none makes sense alone; none without epsilon.

    Raises:
        PrivacyError: where one was given without epsilon.
    """
    two = {name: given[name] for name in ("delta", "mechanism")}
    own = private_options(given["epsilon"], two, None, given["max_rows_per_unit"], i_know=given["i_know"])
    return {name: value for name, value in own.items() if name != "unit"}


def fit_linked_privately(
    screen: Screen, given: Mapping[str, Any], source: str, keys: DatabaseSchema | None, model: Path
) -> None:
    """Learns linked tables under epsilon, and writes a model file.

    Args:
        screen: where progress goes.
        given: the options.
        source: of the tables.
        keys: all keys, where a schema was given.
        model: the file to write.
    """
    from synthgan import DatabaseSynthesizer
    from synthgan_cli.console import duration

    started = time.monotonic()
    options = {name: given[name] for name in ("seed", "minutes", "device", "keep_extremes", "generator", "shift_dates")}
    synthesizer = with_settings(
        DatabaseSynthesizer(**options, **private_given(given)), read_settings(given["settings"] or (), dict(given))
    )
    record = SpentFile.of(model, i_know=given["i_know"])
    if record.replaced is not None:
        screen.say(
            f"{model} holds a private model and will be replaced; {record.replaced} was spent on it, which adds to this fit if "
            f"anybody has it",
            label="note",
        )
    try:
        with screen.stages() as stages:
            stages.update("reading")
            steps = synthesizer.fit_steps(
                source, unit=given["unit"], keys=keys, drop=given["drop"] or (), record=record
            )
            for progress in steps:
                stages.update(progress.stage, progress.step, progress.steps if progress.steps > 1 else None)
                if progress.message:
                    screen.say(progress.message, label="note")
            synthesizer.save(model)
        record.settle()
    except (Exception, KeyboardInterrupt):
        if kept := record.words():
            screen.say(kept, label="note")
        raise
    manifest = synthesizer.manifest()
    learned, ledger = len(manifest["parts"]), manifest["privacy"]
    screen.say(f"Learned {learned} linked tables in {duration(time.monotonic() - started)}.")
    screen.say(f"Wrote {model} ({files.size(model)}).")
    words = ["synthgan", "sample", str(model), "-n", str(manifest["units"]), "-o", f"{files.stem(model)}.synthetic"]
    screen.say(f"Next: {command_line(words)}")
    for told in manifest["disclosures"]:
        screen.say(f"{told}: that is no part of the promise of epsilon {ledger['epsilon']:g}", label="note")
