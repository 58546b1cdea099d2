"""The commands and their options, as typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from synthgan import ConfigError, __version__
from synthgan_cli import files
from synthgan_cli.distributing import LearnRowsOption, RayOption, WorkersOption, executor_of, rows_to_learn
from synthgan_cli.evaluating import evaluate
from synthgan_cli.further import FURTHER
from synthgan_cli.imageoptions import (
    BaseOption,
    ConditionOption,
    EnlargeOption,
    FramesOption,
    FromMasksOption,
    MinutesOption,
    RangeOption,
    SizeOption,
    SourcesOption,
    SpacingOption,
    StructuresOption,
    refuse_options_of_images,
)
from synthgan_cli.linked import fit_linked, is_linked
from synthgan_cli.options import (
    AcceptOption,
    DeltaOption,
    DropOption,
    EpsilonOption,
    ExtremesOption,
    ForceOption,
    GroupOption,
    IdOption,
    LearnedArgument,
    MechanismOption,
    MemoryOption,
    ModelOption,
    NoCheckOption,
    OrderOption,
    QueryOption,
    ResumeOption,
    ShiftOption,
    StrictOption,
    UnitOption,
    asked_of,
    check_options,
    private_options,
)
from synthgan_cli.panels import Panelled
from synthgan_cli.quoting import command_line
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001 (typer reads the annotations)
from synthgan_cli.sampling import sample
from synthgan_cli.settings import GeneratorOption, SetOption, read_settings

app = typer.Typer(
    name="synthgan",
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"synthgan {__version__}")
        raise typer.Exit


@app.callback()
def synthgan(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print a traceback where something fails.")] = False,
) -> None:
    """Learns a table of people and hands out a synthetic one that is as useful.

    For example: [bold]synthgan fit patients.parquet[/], then [bold]synthgan sample -n 10000[/], then
    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet[/]. Or see it all at work: [bold]synthgan demo[/].
    """


def fit(
    context: typer.Context,
    table: LearnedArgument,
    output: ModelOption = None,
    query: QueryOption = None,
    schema: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the table is (`synthgan schema` writes it). Default: inferred."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same table, seed and machine give the same model.")] = 0,
    generator: GeneratorOption = None,
    settings: SetOption = None,
    epsilon: EpsilonOption = None,
    delta: DeltaOption = None,
    mechanism: MechanismOption = None,
    unit: UnitOption = None,
    max_rows_per_unit: Annotated[
        int, typer.Option(metavar="N", help="Rows of a unit that are learned at most, chosen at random.")
    ] = 1,
    i_know: AcceptOption = False,
    value_range: RangeOption = None,
    minutes: MinutesOption = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    identifiers: IdOption = None,
    drop: DropOption = None,
    group: GroupOption = None,
    order: OrderOption = None,
    condition: ConditionOption = None,
    sources: SourcesOption = None,
    enlarge: EnlargeOption = None,
    from_masks: FromMasksOption = False,
    structures: StructuresOption = None,
    resolution: SizeOption = None,
    spacing: SpacingOption = None,
    frames: FramesOption = None,
    base: BaseOption = None,
    keep_extremes: ExtremesOption = False,
    shift_dates: ShiftOption = None,
    no_check: NoCheckOption = False,
    encoding: EncodingOption = None,  # noqa: ARG001 (callbacks choose how files are read)
    decimal: DecimalOption = None,  # noqa: ARG001
    na: NaOption = None,  # noqa: ARG001
    strict: StrictOption = False,
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
    workers: WorkersOption = None,
    ray: RayOption = None,
    learn_rows: LearnRowsOption = None,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    resume: ResumeOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show schema, memory and time; fit nothing.")] = False,
) -> None:
    """Learn a table, or images with their labels, and write a model file.

    For example:

    [bold]synthgan fit patients.parquet[/]

    [bold]synthgan fit visits.csv -o visits.synthgan --id patient_nbr --drop notes --minutes 10[/]

    [bold]synthgan fit visits.csv --generator network --set steps=5000 --set objective=wasserstein[/] (any hyper-parameter)

    [bold]synthgan fit hospital.duckdb --unit patients[/] (linked tables; or a folder of them, SQLite, a SQL URL)

    [bold]synthgan fit "postgresql://ann@host/hospital?table=visits"[/] (or [bold]--query "SELECT …"[/]; "s3://bucket/visits.parquet")

    [bold]synthgan fit visits.parquet --epsilon 1 --unit patient_nbr --max-rows-per-unit 3[/]

    [bold]synthgan fit visits.csv --schema visits.json --epsilon 1[/] (CSV says no types: `synthgan schema --public` does)

    [bold]synthgan fit scans/[/] (PNG, JPEG, DICOM or NIfTI files in a folder for each class, or with metadata.csv; or an .npz file)

    [bold]synthgan fit scans/ --condition label --condition age --condition sex[/] (columns of metadata.csv),
    [bold]synthgan fit late/ --sources early/[/] (from another; or [bold]--from-masks[/]), [bold]synthgan fit scans/ --enlarge 4[/],
    [bold]synthgan fit scans/ --size 64[/] (of any size), [bold]synthgan fit brains/ --spacing 4[/] (in millimetres)

    Ctrl-C leaves a checkpoint beside the model; the same command with [bold]--resume[/] goes on from it.
    """
    from synthgan_cli.actions import Task, learn
    from synthgan_cli.console import Screen

    table = asked_of(table, query)
    if is_linked(table):
        fit_linked(Screen(), context, table, output)
        return
    if shift_dates is not None and group is None:
        raise ConfigError(
            "--shift-dates must be for linked tables or rows in groups, however: one table was given without --group; name it, or "
            "leave it out"
        )
    path = files.source_of(table)
    given = read_settings(settings or (), context.params)
    options = {"seed": seed, "minutes": minutes, "device": device, "keep_extremes": keep_extremes}
    options |= {} if shift_dates is None else {"shift_dates": shift_dates}
    options |= check_options(epsilon, no_check=no_check) | ({} if generator is None else {"generator": generator})
    options |= executor_of(workers, ray) | rows_to_learn(learn_rows, epsilon)
    options |= private_options(
        epsilon, {"delta": delta, "mechanism": mechanism}, unit, max_rows_per_unit, i_know=i_know
    )
    names: dict[str, Any] = {"identifiers": identifiers or (), "drop": drop or (), "group": group, "order": order}
    task = Task(table=path, schema=schema, strict=strict, options=options, settings=given, **names)
    of_images = {"enlarge": enlarge, "value_range": value_range, "size": resolution, "spacing": spacing}
    of_images |= {"from_masks": from_masks or None, "structures": structures, "frames": frames, "base": base}
    if isinstance(path, Path) and files.is_images(path):
        from synthgan_cli.images import image_task

        task = image_task(context, path, given)
    else:
        refuse_options_of_images(path, condition=condition, sources=sources, **of_images)
    files.require_readable(path)
    if given:
        task.synthesizer()  # a wrong name is refused before the table is read
    if dry_run:
        from synthgan_cli.views import show_plan

        show_plan(Screen(), task, resume=resume)
        return
    model = output or files.named_after(path, files.MODEL_SUFFIX)
    files.require_writable(model, inputs=(path, schema, sources))
    again = command_line(["synthgan", *context.obj, *([] if resume else ["--resume"])])
    learn(Screen(), task, model, resume=resume, again=again)


for panel, commands in {"Learn, draw, judge": (fit, sample, evaluate), **FURTHER}.items():
    for command in commands:
        app.command(cls=Panelled, rich_help_panel=panel)(command)
