"""Linked tables on the command line: their keys, what each was found by, and what is asked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli import files, linked_private
from synthgan_cli.linked_plan import show_linked_plan
from synthgan_cli.quoting import command_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthgan_cli.console import Screen

_FITTED = (
    *(
        "table",
        "output",
        "schema",
        "seed",
        "generator",
        "settings",
        "unit",
        "minutes",
        "device",
        "keep_extremes",
        "shift_dates",
        "memory",
        "dry_run",
        "force",
        *linked_private.OPTIONS,
    ),
)
_DRAWN = ("model", "n", "output", "where", "seed", "memory", "force")
SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="Parquet, CSV, Excel, SPSS, Stata, SAS or Arrow file; or linked tables: a folder, SQLite, DuckDB, a SQL URL.",
        show_default=False,
    ),
]


def is_linked(source: str) -> bool:
    """Whether a source holds linked tables: a URL, a file of SQLite or DuckDB, or a folder of tables of different columns."""
    from synthgan.io.databases.addresses import is_url
    from synthgan.io.databases.stores import is_database
    from synthgan.io.tableurls import is_table_url

    if is_url(source):
        return not is_table_url(source)
    # Images may have a table beside them, of which nothing is to be looked at here.
    return not files.is_images(Path(source)) and is_database(source)


def write_keys(screen: Screen, source: str, output: Path | None, options: Mapping[str, object]) -> None:
    """Writes the keys of linked tables, and what holds between these, as JSON, and says how the tables hang together.

    Args:
        screen: where to say it.
        source: of the tables.
        output: where the JSON goes; None for stdout.
        options: those that only tables have, which must not be given.

    Raises:
        ConfigError: one is.
        DataError: the tables cannot be read.
    """
    from synthgan import Database
    from synthgan.data.linkedrules import AGGREGATES
    from synthgan.io.databases.addresses import address_of, is_url
    from synthgan.relational.rules.finding import with_found_rules

    stray = next((name for name, given in options.items() if given), None)
    if stray is not None:
        raise ConfigError(f"{stray} must be for one table, however: linked tables were given; leave it out")
    if output is not None:
        files.require_writable(output, inputs=() if is_url(source) else (Path(source),))
    database = with_found_rules(Database.read(source))
    text = database.schema.to_json()
    if output is None:
        screen.json(text)
    else:
        files.write_text(text + "\n", output)
        screen.write(repr(database))
        for rule in database.schema.rules or ():
            if rule.relation in AGGREGATES:
                screen.write(str(rule))
        screen.say(
            f"Found {len(database.schema.rules or ())} rules of times, constants and totals that hold between tables."
        )
        place = address_of(source).shown if is_url(source) else source
        words = command_line(["synthgan", "fit", place, "--schema", str(output)])
        screen.say(f"Wrote {output}. Edit it, then: {words}")
    for question in database.schema.asked:
        screen.say(f"{question}: a key? If it is one, move it from asked to references.", label="asked")


def is_of_linked(model: Path) -> bool:
    """Whether a model file is one of linked tables."""
    from synthgan.io.modelfile import read

    return bool(read(model)[0].get("kind") == "database")


def fit_linked(screen: Screen, context: typer.Context, source: str, output: Path | None) -> None:
    """Learns linked tables, and writes a model file.

    Args:
        screen: where progress goes.
        context: the options that were given.
        source: of the tables.
        output: the model file; None calls it as the source.

    Raises:
        ConfigError: an option was given that only one table has.
        DataError: the tables cannot be learned.
    """
    given = context.params
    refuse_others(context, _FITTED)
    if given["dry_run"]:
        show_linked_plan(screen, given, source)
        return
    from synthgan import Database, DatabaseSynthesizer
    from synthgan.data.linked import DatabaseSchema
    from synthgan.io.databases.addresses import is_url
    from synthgan_cli.console import duration
    from synthgan_cli.settings import read_settings, with_settings

    model = output or Path(files.stem(Path("database" if is_url(source) else source).resolve()) + files.MODEL_SUFFIX)
    files.require_writable(model, inputs=() if is_url(source) else (Path(source),))
    started = time.monotonic()
    known: dict[str, Any] = {} if given["unit"] is None else {"unit": given["unit"]}
    if given["schema"] is not None:
        files.require_readable(given["schema"])
        known["schema"] = DatabaseSchema.from_json(given["schema"].read_text(encoding="utf-8"))
    if given["epsilon"] is not None:
        linked_private.fit_linked_privately(screen, given, source, known.get("schema"), model)
        return
    linked_private.private_given(given)  # none of them stands alone
    if given["drop"]:
        raise ConfigError("--drop must be for one table, however: linked tables were given; leave it out")
    options = {name: given[name] for name in ("seed", "minutes", "device", "keep_extremes", "generator", "shift_dates")}
    synthesizer = with_settings(DatabaseSynthesizer(**options), read_settings(given["settings"] or (), given))
    with screen.stages() as stages:
        stages.update("reading")
        for progress in synthesizer.fit_steps(Database.read(source, **known)):
            stages.update(progress.stage, progress.step, progress.steps if progress.steps > 1 else None)
        synthesizer.save(model)
    manifest = synthesizer.manifest()
    screen.say(f"Learned {len(manifest['parts'])} linked tables in {duration(time.monotonic() - started)}.")
    screen.say(f"Wrote {model} ({files.size(model)}).")
    words = ["synthgan", "sample", str(model), "-n", str(manifest["units"]), "-o", f"{files.stem(model)}.synthetic"]
    screen.say(f"Next: {command_line(words)}")
    screen.say(f"Keep {model} as you keep the tables: {'; '.join(manifest['disclosures'])}.", label="note")


def draw_linked(screen: Screen, context: typer.Context, model: Path, output: Path | str | None) -> None:
    """Draws linked tables from a model file into a new folder, a file of SQLite or DuckDB, or a database behind a URL.

    What names no kind becomes what was learned: a file of SQLite or DuckDB, FHIR, or a folder of files of the same format.

    Raises:
        ConfigError: an option was given that only one table has, or they were to go to stdout.
        DataError: a condition cannot be met, or the tables cannot be written.
    """
    given = context.params
    refuse_others(context, _DRAWN)
    place = output or Path(f"{files.stem(model)}.synthetic")
    _write_drawn(screen, context, model, place, {"n": given["n"], "where": given["where"] or None})


def draw_linked_onward(
    screen: Screen, context: typer.Context, model: Path, history: Path | str, output: Path | str | None
) -> None:
    """Writes histories of units with what a model draws after them, in the same places as ``draw_linked``.

    Raises:
        ConfigError: they were to go to stdout.
        DataError: the histories cannot be read or do not fit the model, or the tables cannot be written.
    """
    from synthgan.io.databases.addresses import address_of, is_url

    shown = address_of(str(history)).shown if is_url(history) else files.shown(history)
    if not is_url(history) and not Path(history).is_dir():
        files.require_readable(history)
    named = "history" if is_url(history) else files.stem(Path(history).resolve())
    place = output or Path(f"{named}.continued")
    _write_drawn(screen, context, model, place, {"history": str(history), "until": context.params["until"]})
    screen.say(f"The rows of {shown} stand in it as they are: keep it as you keep these.", label="note")


def _write_drawn(
    screen: Screen, context: typer.Context, model: Path, output: Path | str, asked: Mapping[str, Any]
) -> None:
    """Draws what is asked for, and writes it."""
    if output == files.STDOUT:
        raise ConfigError("linked tables must go to a folder or a database, however: -o - is stdout; name one")
    from synthgan import DatabaseSynthesizer
    from synthgan.io.databases.addresses import address_of
    from synthgan.io.databases.sql import check_free
    from synthgan.io.databases.stores import place_of
    from synthgan_cli.console import duration

    started, seed = time.monotonic(), context.params["seed"]
    with screen.stages() as stages:
        stages.update("opening")
        synthesizer = DatabaseSynthesizer.load(model)
        is_folder = isinstance(output, Path) and files.is_folder(output, context.obj)
        target = f"{output}/" if is_folder else output
        if there := place_of(target, synthesizer.model_.stored[0]):
            files.require_new(there)
        else:
            check_free(synthesizer.schema_.tables, str(target))
        stages.update("sampling")
        made = synthesizer.sample(seed=seed, **asked)
        written = synthesizer.write(target, made)
    rows = sum(map(len, made.values()))
    repeat = files.again(seed, synthesizer.sample_seed_)
    place = written or address_of(str(target)).shown
    screen.say(f"Wrote {place}: {len(made)} tables, {rows:,} rows, in {duration(time.monotonic() - started)}{repeat}.")


def refuse_others(context: typer.Context, allowed: Sequence[str], what: str = "linked tables") -> None:
    """Refuses options that what was given does not know.

    Raises:
        ConfigError: one was given.
    """
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in allowed and source is not None and source.name == "COMMANDLINE":
            option = {"identifiers": "--id", "form": "--format", "settings": "--set"}.get(
                name, f"--{name.replace('_', '-')}"
            )
            raise ConfigError(f"{option} must be for one table, however: {what} were given; leave it out")
