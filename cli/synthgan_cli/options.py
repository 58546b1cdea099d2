"""Options that mean something only together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from synthgan import ConfigError, PrivacyError
from synthgan_cli import files


def table_option(*names: str, does: str) -> Any:
    """An option that names a table to read: a file, a folder, or the URL of one.

    Args:
        names: of the option; none takes that of its parameter.
        does: what help says of it.
    """
    return typer.Option(*names, metavar="TABLE", parser=files.source_of, help=does, show_default=False)


def place_option(*names: str, ending: str) -> Any:
    """An option that names where a table goes: a file, or the URL of one that is not there yet.

    Args:
        names: of the option; none takes that of its parameter.
        ending: of the file that it is where nobody names one.
    """
    does = f"Default: <stem of TABLE>{ending}, in this folder."
    return typer.Option(*names, metavar="OUT", parser=files.source_of, help=does, show_default=False)


Source = TypeVar("Source", bound=str | Path)
LearnedArgument = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="Table (Parquet, CSV, Excel, SPSS, …); linked tables (a folder, SQLite, DuckDB, a URL); folder of images, or an .npz file.",
        show_default=False,
    ),
]
TableArgument = Annotated[
    Any,
    typer.Argument(
        metavar="TABLE",
        parser=files.source_of,
        help="Parquet, CSV, Excel, SPSS, Stata, SAS, JSON or Arrow file, a folder of them, or the URL of a table.",
        show_default=False,
    ),
]
UnitColumnOption = Annotated[
    str | None,
    typer.Option(
        "--unit",
        metavar="COL",
        help="The column that says whose a row is, such as a patient's number: all rows of one value go to one side.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="MODEL", help="Default: <stem of TABLE>.synthgan, in this folder."),
]
QueryOption = Annotated[
    str | None,
    typer.Option(
        metavar="SQL",
        help="With the URL of a database: what is asked of it (SELECT …), in place of a table. It can only read.",
        show_default=False,
    ),
]
IdOption = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="COL", help="A column to make anew as an identifier, never learned. Repeatable."),
]
DropOption = Annotated[
    list[str] | None, typer.Option("--drop", metavar="COL", help="A column to leave out. Repeatable.")
]
GroupOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        help="The column that says which rows belong together, such as a patient's number: whole groups are learned.",
    ),
]
OrderOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL", help="With --group: what its rows are in order of, such as a time. Default: as they stand."
    ),
]
MechanismOption = Annotated[
    str | None,
    typer.Option(
        help="What a private fit asks: marginals (noisy counts; of images: moments), the default, or dpsgd (also noisy gradients)."
    ),
]
ExtremesOption = Annotated[
    bool,
    typer.Option(
        "--keep-extremes",
        help="Keep each column's exact minimum and maximum, which are the values of single people. Not with --epsilon.",
    ),
]
ShiftOption = Annotated[
    int | None,
    typer.Option(
        metavar="DAYS",
        help="Of linked tables and groups: move all dates of a unit together by whole weeks, DAYS at most, before they are learned.",
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Refuse a table with a column that cannot be learned, such as free text. Default: it is withheld, and named.",
    ),
]
NoCheckOption = Annotated[
    bool,
    typer.Option(
        "--no-check",
        help="Learn every row, or all detail of images, and do not look at what that gives away. The file is then as confidential as they.",
    ),
]
EpsilonOption = Annotated[
    float | None,
    typer.Option(
        help="Differential privacy: how much the model, and all that is drawn from it, may tell of one row (or unit). "
        "1 is strong, 10 weak. Default: no guarantee."
    ),
]
DeltaOption = Annotated[float | None, typer.Option(help="The chance of failure epsilon is stated for. Default: 1e-6.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint that an interrupted fit left.")]
UnitOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        help="With --epsilon: the column that says whose a row is, such as a patient's number. All rows of one value are "
        "protected together. Default: each row by itself.",
    ),
]
AcceptOption = Annotated[
    bool,
    typer.Option(
        "--i-know",
        help="Accept an epsilon above 20, or a delta above 1 in the number of rows: both promise nothing. Or add up what "
        "earlier private fits to the same MODEL have spent.",
    ),
]


def _bound_memory(context: typer.Context, memory: str | None) -> str | None:
    """Holds for all that the command reads, and ends with it."""
    from synthgan.io.memory import memory_bound

    context.with_resource(memory_bound(memory))
    return memory


MemoryOption = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        callback=_bound_memory,
        help="What reading a file may take, such as 4GB; a larger one is refused unread. Default: three quarters of "
        "the machine's.",
    ),
]


def _allow_replacing(context: typer.Context, force: bool) -> bool:
    """Holds for all that the command writes, and ends with it."""
    context.with_resource(files.replacing(forced=force))
    return force


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ForceOption = Annotated[
    bool, typer.Option("--force", callback=_allow_replacing, help="Replace files that are there already.")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A report page that was asked for.

    Attributes:
        path: where it goes.
        model: the model whose privacy ledger it shows, if any.
        internal: show also what only few people hold.
    """

    path: Path
    model: Path | None
    internal: bool


def asked_of(source: Source, query: str | None) -> Source:
    """The source of a table, with what is asked of it: a URL as it was typed, or a path.

    Raises:
        ConfigError: if something is asked of what is no database.
    """
    from synthgan.io.databases.addresses import is_url

    if query is None:
        return source
    from synthgan.io.databases.onetable import with_query
    from synthgan.io.remote import is_file_url

    if not isinstance(source, str) or is_file_url(source) or not is_url(source):
        raise ConfigError(
            "--query must come with the URL of a database, however: TABLE is none; write duckdb:///FILE or sqlite:///FILE"
        )
    return with_query(source, query)  # type: ignore[return-value]


def private_options(
    epsilon: float | None, given: dict[str, Any], unit: str | None, max_rows_per_unit: int, *, i_know: bool
) -> dict[str, Any]:
    """The hyper-parameters of a private fit, of which none makes sense alone.

    Args:
        epsilon: the budget.
        given: delta and mechanism; None where the library's default is to stand.
        unit: the column of units.
        max_rows_per_unit: rows of a unit that take part.
        i_know: accept what means nothing.

    Raises:
        PrivacyError: where another was given without epsilon.
    """
    if epsilon is None:
        alone = {f"--{name}": value is not None for name, value in (given | {"unit": unit}).items()}
        for name, is_given in (alone | {"--max-rows-per-unit": max_rows_per_unit != 1, "--i-know": i_know}).items():
            if is_given:
                raise PrivacyError(
                    f"{name} must come with --epsilon, however: it stands alone; add --epsilon or leave it out"
                )
        return {}
    chosen = {"epsilon": epsilon, "unit": unit, "max_rows_per_unit": max_rows_per_unit, "i_know": i_know}
    return chosen | {name: value for name, value in given.items() if value is not None}


def check_options(epsilon: float | None, *, no_check: bool) -> dict[str, Any]:
    """Whether a fit is checked for what it gives away.

    Raises:
        PrivacyError: where it need not be.
    """
    if no_check and epsilon is not None:
        raise PrivacyError(
            "--no-check must stand without --epsilon, however: both were given; leave it out: what a private fit gives away is "
            "bounded, not measured"
        )
    return {"check": False} if no_check else {}


def page_options(
    path: Path | None, *, inputs: tuple[Path | str | None, ...], model: Path | None, internal: bool
) -> Page | None:
    """The page to write, if one was asked for.

    Raises:
        ConfigError: where an option of the page stands without it, or the page would replace an input.
        DataError: where it cannot be written.
    """
    if path is None:
        if internal:
            raise ConfigError(
                "--internal must come with --report, however: it stands alone; add --report FILE.html or leave it out"
            )
        return None
    from synthgan.report import json_beside

    files.require_writable(path, inputs=inputs)  # which has a name then
    files.require_writable(json_beside(path), inputs=inputs)
    return Page(path=path, model=model, internal=internal)
