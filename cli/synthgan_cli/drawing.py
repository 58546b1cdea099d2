"""Options that say what is drawn from a model."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
MAX_NUMBER = 10**15  # of rows: what is longer would take long to read


def whole_number(text: str | int) -> int:
    """The whole number that a text stands for, also as 1e9.

    Raises:
        typer.BadParameter: if it stands for none.
    """
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = Decimal(text)
        if abs(number) < MAX_NUMBER and number == int(number):
            return int(number)
    except (ArithmeticError, ValueError):
        pass
    raise typer.BadParameter(f"{text!r} is not a valid integer.")


NumberOption = Annotated[
    int | None,
    typer.Option(
        "-n",
        metavar="N",
        parser=whole_number,
        help="How many rows (10000 or 1e9); of groups or linked tables, how many units.",
        show_default=False,
    ),
]
DrawnOption = Annotated[
    Any,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        parser=files.source_of,
        show_default=False,
        help="Default: <stem>.synthetic.parquet, in this folder; - is CSV on stdout; out/ a folder of Parquet parts.",
    ),
]
FormOption = Annotated[
    str | None,
    typer.Option("--format", help="Of images: png, npz, dicom or nifti. Default: as OUT ends; png, of volumes nifti."),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CONDITION",
        help='What every row must meet: "sex=F", "age>=65", "race=A|B", "race!=A", "x=" (missing). Repeatable; a range is two: '
        '--where "age>=15" --where "age<=18". Of linked tables: "patients.sex=F", "labs.value>=4" (at least one row of each '
        'unit), "all:labs.value<4" (every one).',
    ),
]


def check_draw(n: int | None, where: Sequence[str], rows: Path | str | None, sources: Path | None) -> None:
    """Refuse a draw that is not told how much of what.

    Raises:
        ConfigError: if it is not told by just one of a number, rows and sources, or a condition is none.
        DataError: if there are no such rows or sources.
    """
    if rows is not None:
        if n is not None or where or sources:
            raise ConfigError(
                "--rows must stand without -n, --where and --sources, however: one was given; it says what to draw"
            )
        files.require_readable(rows)
    elif sources is not None:
        if n is not None:
            raise ConfigError("--sources must stand without -n, however: it was given; each source gets one image")
        files.require_readable(sources)
    elif n is None:
        raise ConfigError("-n must say how many rows or images, however: it was left out; add it")
    elif n < 1:
        raise ConfigError(f"-n must be a whole number of at least 1, however: {n}")
    if not where:
        return
    from synthgan.data.clause_text import has_operator  # slow to import, and needed for this option only

    for condition in where:
        if not has_operator(condition):
            raise ConfigError(
                f'--where must be like "sex=F" or "age>=65", however: {condition!r}; quote it, as the shell takes > and |; '
                'a range is two: --where "age>=15" --where "age<=18"'
            )
