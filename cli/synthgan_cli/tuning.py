"""The command that searches a generator's parameters."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError, PrivacyError
from synthgan_cli import files
from synthgan_cli.distributing import RayOption, WorkersOption, executor_of
from synthgan_cli.options import (
    ForceOption,
    MemoryOption,
    QueryOption,
    TableArgument,
    UnitColumnOption,
    asked_of,
    table_option,
)
from synthgan_cli.quoting import command_line
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001
from synthgan_cli.schemas import read_schema
from synthgan_cli.settings import GeneratorOption  # noqa: TC001

if TYPE_CHECKING:
    from synthgan.tuning.search import Tuned
    from synthgan_cli.console import Screen

SUFFIX = ".tuning.sqlite"


def tune(
    table: TableArgument,
    query: QueryOption = None,
    trials: Annotated[int, typer.Option(metavar="N", help="How many settings are tried at most.")] = 40,
    minutes: Annotated[float | None, typer.Option(help="Begin no further trial after so many minutes.")] = None,
    generator: GeneratorOption = None,
    schema: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What the table is. Default: inferred.", show_default=False)
    ] = None,
    unit: UnitColumnOption = None,
    epsilon: Annotated[float | None, typer.Option(help="Tune private fits, on rows that are --public.")] = None,
    delta: Annotated[float, typer.Option(help="With --epsilon: of these fits.")] = 1e-6,
    public: Annotated[
        Any, table_option(does="With --epsilon: public rows of the same kind, searched in the place of TABLE.")
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Keeps all trials (SQLite). Default: <stem of TABLE>{SUFFIX}, in this folder.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the trials of an earlier run.")] = False,
    workers: WorkersOption = None,
    ray: RayOption = None,
    seed: Annotated[int, typer.Option(help="The same table, seed and machine give the same search.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON, for machines.")] = False,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    encoding: EncodingOption = None,  # noqa: ARG001 (callbacks choose how files are read)
    decimal: DecimalOption = None,  # noqa: ARG001
    na: NaOption = None,  # noqa: ARG001
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
) -> None:
    """Search a generator's parameters for fidelity, where no more is given away than by the defaults.

    Rows kept out of each fit judge it; rows that no trial saw say in the end whether anything was won.

    For example:

    [bold]synthgan tune visits.parquet --trials 40 --minutes 30[/]

    [bold]synthgan tune visits.parquet --generator chains --unit patient_id --resume --workers 4[/]

    [bold]synthgan tune visits.parquet --epsilon 1 --public census.parquet[/] (private fits are tuned on public rows alone)
    """
    from synthgan_cli.console import Screen

    table = asked_of(table, query)
    executor = executor_of(workers, ray)
    screen, searched = Screen(), table if public is None else public
    _check(epsilon, public)
    files.require_readable(searched)
    study = study or files.named_after(table, SUFFIX)
    files.require_writable(study, inputs=(table, public), new=not resume)
    if not resume:
        study.unlink(missing_ok=True)
    with screen.stages() as stages:
        stages.update("reading")
        from synthgan.io.sources import as_frame

        described = read_schema(schema)
        frame = as_frame(searched, described)
        from synthgan.tuning.search import tune as search

        def told(done: int, of: int, best: float | None) -> None:
            stages.update("tuning", done, of, "" if best is None else f"best {best:.3f}")

        stages.update("tuning", 0, trials)
        asked: dict[str, Any] = {
            "generator": generator,
            "trials": trials,
            "minutes": minutes,
            "unit": unit,
        } | executor
        private: dict[str, Any] = {"epsilon": epsilon, "delta": delta, "public": public is not None}
        kept: dict[str, Any] = {"study": study, "resume": resume, "seed": seed}
        found = search(frame, schema=described, progress=told, **asked, **private, **kept)
    _tell(screen, found, table, as_json=as_json)


def _check(epsilon: float | None, public: Path | str | None) -> None:
    if epsilon is not None and public is None:
        raise PrivacyError(
            "--epsilon must come with --public TABLE, however: it stands alone; a search looks at rows again and again, and none of that "
            "is paid for; name public rows of the same kind, or fit with the defaults"
        )
    if public is not None and epsilon is None:
        raise ConfigError("--public must come with --epsilon, however: it stands alone; name the table itself")


def _tell(screen: Screen, found: Tuned, table: Path | str, *, as_json: bool) -> None:
    """Says what was won, and prints the command that takes it."""
    words = ["synthgan", "fit", files.shown(table)]
    for name, value in found.parameters.items():
        if name == "generator":
            words += ["--generator", str(value)]
        elif name == "mechanism":
            words += ["--mechanism", str(value)]
        else:
            text = f"{value:.4g}" if isinstance(value, float) else str(value)
            words += ["--set", f"{name.removeprefix('generator__')}={text}"]
    screen.say(f"{found.trials} trials, {found.pruned} of them ended early.")
    for what, figures in (("defaults", found.default), ("best found", found.best)):
        screen.say(f"{what:<11} fidelity {figures.fidelity:.3f}, found by an attack {figures.found:.1%}")
    gain = f"{found.gain:+.3f} ± {found.gain_error:.3f}"
    if found.parameters:
        screen.say(f"Fidelity gained on rows that no trial saw: {gain} (standard error, over seeds).")
    else:
        screen.say(f"Keep the defaults: what was found gains {gain} on rows that no trial saw, or gives away more.")
    if as_json:
        screen.json(json.dumps(found.to_dict(), indent=2))
    else:
        screen.write(command_line(words))
