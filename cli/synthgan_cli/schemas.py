"""Schemas on the command line: written from a table or from its head alone, and read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthgan import ConfigError
from synthgan_cli import files
from synthgan_cli.linked import SourceArgument, is_linked, write_keys
from synthgan_cli.options import DropOption, ForceOption, IdOption, MemoryOption, QueryOption, StrictOption, asked_of
from synthgan_cli.quoting import command_line
from synthgan_cli.reading import DecimalOption, EncodingOption, NaOption  # noqa: TC001 (typer reads the annotations)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan import Schema

PublicOption = Annotated[
    bool,
    typer.Option(
        "--public", help="Look at names and types alone, never at a row: what --schema of a fit with --epsilon needs."
    ),
]


def _describe(wanted: bool) -> None:
    if wanted:
        from importlib.resources import files as resources

        text = resources("synthgan.data").joinpath("schema.schema.json").read_text(encoding="utf-8")
        typer.echo(text, nl=False)
        raise typer.Exit


DescribedOption = Annotated[
    bool,
    typer.Option(
        "--json-schema",
        callback=_describe,
        is_eager=True,
        help="Print what such a file may say, as a JSON Schema for editors; no table is needed.",
    ),
]
CodebookOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="With --public: what is publicly known of the columns, as CSV (name, kind, levels, minimum, …) or JSON.",
    ),
]


def schema(
    source: SourceArgument,
    query: QueryOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: stdout.", show_default=False)
    ] = None,
    identifiers: IdOption = None,
    drop: DropOption = None,
    strict: StrictOption = False,
    public: PublicOption = False,
    codebook: CodebookOption = None,
    force: ForceOption = False,  # noqa: ARG001 (its callback allows it)
    described: DescribedOption = False,  # noqa: ARG001 (its callback prints it)
    encoding: EncodingOption = None,  # noqa: ARG001 (callbacks choose how files are read)
    decimal: DecimalOption = None,  # noqa: ARG001
    na: NaOption = None,  # noqa: ARG001
    memory: MemoryOption = None,  # noqa: ARG001 (its callback bounds what is read)
) -> None:
    """Write the inferred schema of a table as JSON, for editing; or, for a private fit, one of its head and a codebook.

    Of linked tables it says their keys, what each was found by, and which may be some.

    For example:

    [bold]synthgan schema patients.parquet -o patients.schema.json[/]

    [bold]synthgan fit patients.parquet --schema patients.schema.json[/]

    [bold]synthgan schema --public visits.csv --codebook codebook.csv -o visits.json[/]

    [bold]synthgan fit visits.csv --schema visits.json --epsilon 1[/]

    [bold]synthgan schema hospital.duckdb -o hospital.schema.json[/] (or a folder of tables, SQLite, a SQL URL)

    [bold]synthgan schema --json-schema > synthgan.schema.json[/] (name it as [bold]"$schema"[/] in the file that you edit)
    """
    from synthgan_cli.console import Screen

    if codebook is not None and not public:
        raise ConfigError("--codebook must come with --public, however: it stands alone; add --public or leave it out")
    if output == files.STDOUT:
        output = None
    named = {"identifiers": identifiers or (), "drop": drop or ()}
    source = asked_of(source, query)
    if is_linked(source):
        of_one = {"--public": public, "--strict": strict, "--id": identifiers, "--drop": drop}
        write_keys(Screen(), source, output, of_one)
        return
    table = files.source_of(source)
    files.require_readable(table)
    if output is not None:
        files.require_writable(output, inputs=(table, codebook))
    text = _infer(table, codebook, public=public, strict=strict, **named).to_json()
    if output is not None:
        files.write_text(text + "\n", output)
        private = ["--epsilon", "1"] if public else []
        Screen().say(
            f"Wrote {output}. Edit it, then: "
            f"{command_line(['synthgan', 'fit', files.shown(table), '--schema', str(output), *private])}"
        )
        return
    Screen().json(text)


def _infer(
    table: Path | str,
    codebook: Path | None,
    *,
    public: bool,
    strict: bool,
    identifiers: Sequence[str],
    drop: Sequence[str],
) -> Schema:
    """The schema of a table, from its rows; or from its head and a codebook, if it is to be public."""
    from synthgan import Schema
    from synthgan.data.formulas.find import with_formulas
    from synthgan.io.readers import head_of
    from synthgan.io.sources import as_frame
    from synthgan.io.tableurls import head_of_url

    if not public:
        from synthgan.tabular.encoding.listing import with_distances

        frame = as_frame(table)
        schema = with_formulas(Schema.infer(frame, identifiers=identifiers, drop=drop, strict=strict), frame)
        return with_distances(schema, frame)
    from synthgan.data.codebook import public_schema
    from synthgan.io.codebook import read_codebook

    said = () if codebook is None else read_codebook(codebook)
    head, typed = head_of_url(table) if isinstance(table, str) else head_of(table)
    return public_schema(head, said, typed=typed, identifiers=identifiers, drop=drop)


def read_schema(path: Path | None) -> Schema | None:
    """Reads a schema that was written by `synthgan schema` and perhaps edited since.

    Raises:
        SchemaError: if the file is no schema.
    """
    from synthgan import Schema, SchemaError
    from synthgan.io.plain import plain_file

    if path is None:
        return None
    plain_file(path, "a schema", SchemaError, remedy="make one with `synthgan schema TABLE`")
    try:
        return Schema.from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SchemaError(
            f"{path}: a schema must be UTF-8 text, however: it is not; make one with `synthgan schema TABLE`"
        ) from error
    except OSError as error:
        raise SchemaError(
            f"{path}: the schema cannot be read ({error.strerror}); make one with `synthgan schema TABLE`"
        ) from error
    except SchemaError as error:
        raise SchemaError(f"{path}: {error.message}", remedy=error.remedy) from error
