"""What is drawn from a model of a table, written: into a file, onto stdout, or into a folder of parts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from synthgan_cli import files
from synthgan_cli.console import duration
from synthgan_cli.files import STDOUT
from synthgan_cli.manifests import more_than_learned, why_to_keep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from synthgan_cli.console import Screen, Stages

T = TypeVar("T")


def draw(
    screen: Screen,
    model: Path,
    n: int,
    output: Path | str,
    executor: dict[str, Any],
    *,
    where: Sequence[str] = (),
    seed: int | None = None,
) -> None:
    """Samples rows from a model file into a table file, behind a URL, or as CSV onto stdout."""
    from synthgan import Synthesizer

    started = time.monotonic()
    with screen.stages() as stages:
        stages.update("opening")
        synthesizer = Synthesizer.load(model).set_params(**executor)
        batches = synthesizer.sample_batches(n, where=list(where) or None, seed=seed)
        rows = write_rows(screen, counted(batches, n, stages), output, synthesizer.sample_origin_)
    repeat = files.again(seed, synthesizer.sample_seed_)
    screen.say(f"Wrote {files.written(output, rows)} in {duration(time.monotonic() - started)}{repeat}.")
    _say_of_samples(screen, synthesizer.manifest(), model, n)


def write_rows(screen: Screen, rows: Any, place: Path | str, origin: Mapping[str, Any] | None = None) -> int:
    """Writes a table, or batches of one, into a file, behind a URL, or as CSV onto stdout; gives how many rows there were.

    Args:
        screen: whose stdout.
        rows: a frame, or frames one after another.
        place: a path, ``-``, or the URL of a table.
        origin: where synthetic rows come from; None where frames carry it, and of real ones.

    Raises:
        DataError: it cannot be written there.
        ResourceError: the disk is full.
    """
    if isinstance(place, str):
        from synthgan.io.tableurls import write_url

        return write_url(rows, place, origin)
    from synthgan.io.writers import write_csv, write_table

    return (
        write_csv(rows, screen.stream()) if place == STDOUT else write_table(rows, place, private=True, origin=origin)
    )


def _say_of_samples(screen: Screen, manifest: dict[str, Any], model: Path, n: int) -> None:
    """Says what whoever hands samples on should know."""
    for note in filter(None, (why_to_keep(manifest, model), more_than_learned(manifest, n))):
        screen.say(note, label="note")


def draw_parts(
    screen: Screen,
    model: Path,
    n: int,
    folder: Path,
    executor: dict[str, Any],
    *,
    where: Sequence[str],
    seed: int | None,
    resume: bool,
    again: str,
) -> None:
    """Samples rows from a model file into a folder of parts.

    Raises:
        KeyboardInterrupt: on Ctrl-C, with a message that says how to go on.
    """
    from synthgan import Synthesizer

    started, count = time.monotonic(), 0
    with screen.stages() as stages:
        stages.update("opening")
        synthesizer = Synthesizer.load(model).set_params(**executor)
        parts = synthesizer.sample_parts(n, folder, where=list(where) or None, seed=seed, resume=resume)
        done = 0
        stages.update("sampling", 0, n)
        try:
            for count, part in enumerate(parts, 1):  # noqa: B007 (counted)
                done += part.rows
                stages.update("sampling", done, n, f"{done / (time.monotonic() - started):,.0f} rows/s")
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(f"{count:,} parts are in {folder}; go on with: {again}") from error
    repeat = files.again(seed, synthesizer.sample_seed_)
    screen.say(f"Wrote {folder}: {n:,} rows in {count:,} parts, in {duration(time.monotonic() - started)}{repeat}.")
    _say_of_samples(screen, synthesizer.manifest(), model, n)


def counted(batches: Iterator[T], n: int, stages: Stages, unit: str = "rows") -> Iterator[T]:
    """The batches themselves; draws how many rows or images went by."""
    stages.update("sampling", 0, n)
    started, done = time.monotonic(), 0
    for batch in batches:
        yield batch
        done += len(batch)  # type: ignore[arg-type]
        stages.update("sampling", done, n, f"{done / (time.monotonic() - started):,.0f} {unit}/s")
