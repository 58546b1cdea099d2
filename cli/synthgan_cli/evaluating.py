"""The command that judges synthetic tables, linked tables and images, as typer reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.audit import ALONE, Audit, AuditOption, RefitsOption, deepen
from synthgan_cli.distributing import RayOption, WorkersOption, executor_of, refuse_of_images
from synthgan_cli.imageoptions import SpacingOption, refuse_options_of_images
from synthgan_cli.options import ForceOption, JsonOption, MemoryOption, OrderOption, QueryOption, asked_of
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001 (typer reads the annotations)
from synthgan_cli.verdicts import FAIL_ON


def _known_grade(grade: str | None) -> str | None:
    if grade not in {None, *FAIL_ON}:
        raise ConfigError(f"--fail-on must be stop or look, however: {grade}; name one of them")
    return grade


RealArgument = Annotated[
    str,
    typer.Argument(
        metavar="REAL",
        help="What was learned: a table, images, or linked tables (a folder, SQLite, DuckDB, FHIR, a SQL URL).",
        show_default=False,
    ),
]
SyntheticArgument = Annotated[str, typer.Argument(metavar="SYNTHETIC", help="What was made of it.", show_default=False)]
HoldoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE", help="Real rows or images that nothing was fitted on: the yardstick beside each score."
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        help="The column that a model would predict (utility); of linked tables TABLE.COL, of images that of their classes.",
    ),
]
SurvivalOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME,EVENT", help="The columns of times to an event and of whether it came (Cox regression)."
    ),
]
RulesOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What the table is (`synthgan schema` writes it): its rules and formulas are held against each row. Of linked "
        "tables: their keys.",
    ),
]
PeopleOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        help="The column that says whose a row is: people are counted by it. Of linked tables: the table of people.",
    ),
]
HistoriesOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        help="The column that says which rows belong together, such as a patient's number: whole groups are judged.",
    ),
]
FeaturesOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.pt",
        help="Of images: a TorchScript model to take features from (FID). Such a file is a program: only your own.",
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE.html", help="Write a page for people, and its figures to FILE.json beside it."),
]
AttackedOption = Annotated[
    Path | None,
    typer.Option(
        metavar="MODEL",
        help="With --holdout: attack the file, too. --report: show its ledger. --audit: refit it.",
    ),
]
FailOption = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="stop|look",
        callback=_known_grade,
        help="End with exit code 6 where the verdict is a stop, or (look) where anything needs a person's eyes.",
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="With --report: who asks for it. Default: the name that the system knows."),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Show every score with what it means, and notes, in the place of one screen.")
]


def evaluate(
    context: typer.Context,
    real: RealArgument,
    synthetic: SyntheticArgument,
    query: QueryOption = None,
    holdout: HoldoutOption = None,
    target: TargetOption = None,
    survival: SurvivalOption = None,
    schema: RulesOption = None,
    unit: PeopleOption = None,
    group: HistoriesOption = None,
    order: OrderOption = None,
    features: FeaturesOption = None,
    report: ReportOption = None,
    model: AttackedOption = None,
    spacing: SpacingOption = None,
    internal: Annotated[
        bool,
        typer.Option("--internal", help="With --report: show also what fewer than ten people hold. Not for release."),
    ] = False,
    audit: AuditOption = None,
    refits: RefitsOption = 16,
    workers: WorkersOption = None,
    ray: RayOption = None,
    encoding: EncodingOption = None,  # noqa: ARG001 (callbacks choose how files are read)
    decimal: DecimalOption = None,  # noqa: ARG001
    na: NaOption = None,  # noqa: ARG001
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    fail: FailOption = None,  # noqa: ARG001 (the verdict asks for it)
    everything: AllOption = False,  # noqa: ARG001
    by: ByOption = None,  # noqa: ARG001
    as_json: JsonOption = False,  # noqa: ARG001
) -> None:
    """Judge how good a synthetic table is, or synthetic linked tables or images.

    For example:

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --holdout test.parquet --target readmitted[/]

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --report report.html --model patients.synthgan[/]

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --holdout test.parquet --model patients.synthgan[/] (the file, too)

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --fail-on stop[/] (exit code 6 on an alarm)

    [bold]synthgan evaluate patients.parquet patients.synthetic.parquet --json > scores.json[/]

    [bold]synthgan evaluate hospital.duckdb synthetic/ --holdout unseen.duckdb --unit patients[/] (linked tables, by patient)

    [bold]synthgan evaluate visits.csv made.csv --holdout unseen.csv --group patient_id --order charttime[/] (histories)

    [bold]synthgan evaluate scans/ scans.synthetic/ --holdout unseen/ --report report.html[/]
    """
    from synthgan_cli.actions import score
    from synthgan_cli.console import Screen
    from synthgan_cli.judging import judge_linked
    from synthgan_cli.linked import is_linked
    from synthgan_cli.options import page_options
    from synthgan_cli.verdicts import conclude

    real = context.params["real"] = asked_of(real, query)
    if group is not None or is_linked(real):
        judge_linked(Screen(), context)
        return
    if order is not None:
        raise ConfigError("--order must come with --group, however: it stands alone; add --group or leave it out")
    first, second = files.source_of(real), files.source_of(synthetic)
    rest = None if holdout is None else files.source_of(holdout)
    inputs = (first, second, rest, schema, model, features)
    for path in inputs:
        if path is not None:
            files.require_readable(path)
    attacked = None if holdout is None else model
    if model is not None and attacked is None and report is None and audit is None:
        raise ConfigError(ALONE)
    if schema is not None and files.is_images(first):
        raise ConfigError(f"--schema must be for tables, however: {real} holds images; leave it out")
    if audit is not None and files.is_images(first):
        raise ConfigError(f"--audit must be for one table, however: {real} holds images; leave it out")
    if files.is_images(first):
        refuse_of_images(context.params)
    else:
        refuse_options_of_images(first, features=features, spacing=spacing)
    executor = executor_of(workers, ray)
    page, wanted = (
        page_options(report, inputs=inputs, model=model, internal=internal),
        Audit(audit, model, refits, executor),
    )
    screen, named = Screen(), None if survival is None else survival.split(",")
    if isinstance(first, Path) and files.is_images(first):
        from synthgan_cli.images import score_images

        options: dict[str, Any] = {"label": target, "features": features, "spacing": spacing, "model": attacked}
        unseen = None if rest is None else Path(rest)
        found = score_images(screen, context, first, Path(second), holdout=unseen, **options)
        conclude(screen, found, context.params, page)
        return
    of_table: dict[str, Any] = {"target": target, "survival": named, "schema": schema, "unit": unit} | executor
    found = score(screen, first, second, holdout=rest, model=attacked, **of_table)
    found = deepen(screen, found, first, wanted)
    conclude(screen, found, context.params, page)
