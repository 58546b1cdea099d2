"""What the studio does with a table, in a process of its own: the page answers meanwhile, and a stop ends it at once.

An order comes as one line of JSON on stdin; progress and the outcome go as lines of JSON to stdout. Stdin stays open as long
as the studio lives: when it closes, the process ends.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import threading
import time
import warnings
import zipfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_SHOWN = 10  # synthetic rows on the page
SECONDS_BETWEEN = 0.3  # no more often is progress told


def look(order: Mapping[str, Any], _: Callable[..., None]) -> dict[str, Any]:
    """Read a table and say what it is taken to be."""
    from synthgan import Schema
    from synthgan.data.rows import number_of_rows
    from synthgan.io.sources import as_frame

    frame = as_frame(order["table"])
    schema = Schema.infer(frame)
    return {"rows": number_of_rows(frame), "schema": schema.to_dict()}


def fit(order: Mapping[str, Any], tell: Callable[..., None]) -> dict[str, Any]:
    """Keep rows aside, learn the others, save the model."""
    from synthgan import Schema, Synthesizer
    from synthgan.data.rows import number_of_rows

    learned, _ = _parts(order)
    schema = Schema.from_dict(order["schema"])
    synthesizer = Synthesizer(generator=order["generator"], minutes=order["minutes"], seed=order["seed"])
    for progress in synthesizer.fit_steps(learned, schema=schema, drop=order["drop"]):
        tell(progress.stage, progress.step, progress.steps, message=progress.message)
    synthesizer.save(order["model"])
    manifest = synthesizer.manifest()
    return {"rows": number_of_rows(learned), "confidential": bool(manifest.get("confidential"))}


def sample(order: Mapping[str, Any], _: Callable[..., None]) -> dict[str, Any]:
    """Draw rows from the model and write them in every format that the page offers, each with the mark that they are synthetic.

    A CSV file can hold no mark: it is packed with the file that says so.
    """
    from synthgan import Synthesizer
    from synthgan.data.rows import number_of_rows
    from synthgan.io.sidecar import place_beside
    from synthgan.io.writers import write_table

    frame = Synthesizer.load(order["model"]).sample(order["n"], where=order["where"] or None, seed=order["seed"])
    rows = Path(order["csv"])
    for path in (Path(order["parquet"]), rows):
        write_table(frame, path)
    with rows.open(newline="", encoding="utf-8-sig") as written:
        names, *head = islice(csv.reader(written), MAX_SHOWN + 1)
    with zipfile.ZipFile(f"{rows}.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in (rows, place_beside(rows)):
            packed.write(path, path.name)
            path.unlink()
    return {"rows": number_of_rows(frame), "seed": order["seed"], "names": names, "head": head}


def judge(order: Mapping[str, Any], tell: Callable[..., None]) -> dict[str, Any]:
    """Judge the synthetic rows, and what the model file gives away, beside the rows kept aside."""
    from synthgan import evaluate
    from synthgan.data.rows import select
    from synthgan.io.sources import as_frame

    learned, unseen = _parts(order)
    synthetic = as_frame(order["synthetic"])
    report = evaluate(
        select(learned, order["kept"]),
        synthetic,
        holdout=select(unseen, order["kept"]),
        target=order["target"],
        model=order["model"] if order["attack"] else None,
        progress=tell,
    )
    report.to_html(order["report"], model=order["model"])
    return {"verdict": report.verdict.to_dict()}


def _parts(order: Mapping[str, Any]) -> tuple[Any, Any]:
    """The rows to learn and those kept aside (None where none are): the same for the same table and seed."""
    from synthgan.data.splitting import split_rows
    from synthgan.io.sources import as_frame

    frame = as_frame(order["table"])
    return split_rows(frame, order["aside"], seed=order["seed"]) if order["aside"] else (frame, None)


WORK = {"look": look, "fit": fit, "sample": sample, "judge": judge}


def main() -> None:
    """Do what stdin asks for, and end when the studio does."""
    from synthgan.errors import DataWarning
    from synthgan_cli.exits import verdict

    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_studio, daemon=True).start()
    os.umask(0o077)
    last, heard = 0.0, []

    def tell(stage: str, step: int = 0, steps: int = 0, message: str | None = None) -> None:
        nonlocal last
        if message or step == 0 or time.monotonic() - last > SECONDS_BETWEEN:
            last = time.monotonic()
            _say({"stage": stage, "step": step, "steps": steps, "message": message})

    def warned(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if issubclass(category, DataWarning) and str(message) not in heard:
            heard.append(str(message))
            tell("reading", message=str(message))

    warnings.simplefilter("always", DataWarning)
    warnings.showwarning = warned
    try:
        _say({"done": WORK[order["work"]](order, tell)})
    except Exception as error:  # noqa: BLE001 (the page shows one line, whatever happened)
        _say({"error": verdict(error, ["studio"]).message or type(error).__name__})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _end_with_the_studio() -> None:
    while sys.stdin.readline():
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
