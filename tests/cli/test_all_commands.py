"""What holds for every command: tables may be behind URLs, secrets stand nowhere, and each option stands in a panel of help."""

from __future__ import annotations

import os
import re

import pandas as pd
import pyarrow as pa
import pytest
from helpers.store import SECRET, put_frames, url_of
from typer.utils import get_params_from_function

from synthgan import DataError
from synthgan_cli import files
from synthgan_cli.__main__ import main
from synthgan_cli.commands import app
from synthgan_cli.panels import PANELS, panel_of

COMMANDS = {command.callback.__name__: command.callback for command in app.registered_commands}
OF_TABLES = {"TABLE", "REAL", "SYNTHETIC", "OUT"}
WITHOUT_TABLES = {"card", "demo", "studio"}


@pytest.fixture
def store(people):
    """A store that holds the people, and people with gaps."""
    return put_frames(people=people, half=people.head(150))


def tables_of(command):
    """The parameters of a command that name tables."""
    return [
        one for one in get_params_from_function(command).values() if getattr(one.default, "metavar", "") in OF_TABLES
    ]


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - WITHOUT_TABLES))
def test_no_table_is_named_by_a_path_which_would_lose_a_slash_of_a_url(name):
    named = tables_of(COMMANDS[name])
    assert named
    for parameter in named:
        kept = parameter.annotation in {str, str | None} or parameter.default.parser is files.source_of
        assert kept, (name, parameter.name)


def test_only_those_commands_that_say_so_have_no_tables():
    assert {name for name, command in COMMANDS.items() if not tables_of(command)} == WITHOUT_TABLES


# What each command does with tables behind URLs, and the tables that it writes.
RUNS = {
    "schema": [(["schema", url_of("people.csv"), "-o", "people.json"], 0)],
    "fit": [(["fit", url_of("people.csv"), "--dry-run"], 0), (["fit", url_of("people.csv"), "--epsilon", 1], 4)],
    "sample": [
        (["sample", "m.synthgan", "-n", 5, "-o", url_of("made.csv")], 0),
        (["sample", "m.synthgan", "-n", 5, "-o", url_of("made.csv")], 3),
    ],
    "inspect": [(["inspect", "m.synthgan", "--attack", url_of("people.csv"), "--holdout", url_of("nobody.csv")], 3)],
    "evaluate": [
        (["evaluate", url_of("people.csv"), url_of("nobody.csv"), "--holdout", url_of("half.csv")], 3),
        (["evaluate", url_of("people.csv"), url_of("nobody.csv"), "--group", "ward"], 3),
    ],
    "split": [(["split", url_of("people.csv"), "--train", url_of("a.csv"), "--holdout", url_of("b.parquet")], 0)],
    "impute": [(["impute", url_of("half.csv"), "--model", "m.synthgan", "-o", url_of("filled.csv")], 0)],
    "complete": [
        (["complete", url_of("half.csv"), "--keep", "age", "--model", "m.synthgan", "-o", url_of("whole.csv")], 0)
    ],
    "balance": [
        (["balance", url_of("half.csv"), "--target", "nothing"], 3),
        (["balance", url_of("half.csv"), "--target", "ill", "--set", "chains=1", "-o", url_of("even.csv")], 0),
    ],
    "tune": [
        (["tune", url_of("half.csv"), "--trials", 0], 2),
        (["tune", url_of("half.csv"), "--epsilon", 1, "--public", url_of("nobody.csv")], 3),
    ],
}


def test_every_command_with_tables_is_run():
    assert set(RUNS) == set(COMMANDS) - WITHOUT_TABLES


# The commands whose first argument is a table; further tables are asked for by `?query=` in their URL.
ASKED = {
    "schema": [],
    "fit": ["--dry-run"],
    "split": [],
    "impute": ["--model", "m.synthgan"],
    "complete": ["--keep", "age", "--model", "m.synthgan"],
    "balance": ["--target", "ill"],
    "tune": [],
    "evaluate": ["people.csv"],
}


def test_every_command_that_begins_with_a_table_takes_a_query():
    parameters = {name: list(get_params_from_function(command).values()) for name, command in COMMANDS.items()}
    named = {name: [one for one in said if one.name != "context"] for name, said in parameters.items()}
    begin = {name for name, said in named.items() if said and said[0].default.metavar in OF_TABLES}
    assert begin == {name for name, said in named.items() if "query" in [one.name for one in said]} == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_a_query_is_asked_in_the_place_of_a_table_and_can_only_read(
    run, folder, people, people_model, name, monkeypatch
):
    from synthgan.io import tableurls

    clinic = f"duckdb:///{folder}/clinic.duckdb"
    tableurls.write_url(pa.Table.from_pandas(people, preserve_index=False), f"{clinic}?table=people")
    people.to_csv("people.csv", index=False)
    os.link(people_model, folder / "m.synthgan")
    words = [name, clinic, *ASKED[name], "--query"]
    refused = run(*words, "DROP TABLE people")
    assert refused.code == 3
    assert "only reading is allowed" in refused.err
    read = tableurls.read_one

    def once(place):
        raise DataError(f"read {len(read(place))} rows")

    monkeypatch.setattr(tableurls, "read_one", once)
    assert f"read {(people['age'] >= 50).sum()} rows" in run(*words, "SELECT * FROM people WHERE age >= 50").err
    assert run(name, "people.csv", *ASKED[name], "--query", "SELECT 1").code == 2
    assert sorted(path.name for path in folder.iterdir()) == ["clinic.duckdb", "m.synthgan", "people.csv"]


@pytest.mark.parametrize("name", RUNS)
def test_tables_behind_urls_are_read_and_written_and_no_secret_stands_anywhere(run, folder, store, name, people_model):
    os.link(people_model, folder / "m.synthgan")
    for words, code in RUNS[name]:
        done = run(*words)
        assert done.code == code, done.err
        assert SECRET not in done.out + done.err, words
        debugged = run("--debug", *words) if code else done
        assert SECRET not in debugged.out + debugged.err.replace(str(words), ""), words
    for path in folder.iterdir():
        assert SECRET not in path.name
        assert SECRET.encode() not in path.read_bytes(), path
    for path, file in store.items():
        assert SECRET not in path
        assert SECRET.encode() not in file.getvalue(), path


def test_what_a_command_makes_of_a_table_behind_a_url_is_called_after_it(run, folder, store, people_model):
    os.link(people_model, folder / "m.synthgan")
    assert run("impute", url_of("half.csv")).code == 0
    assert run("split", url_of("half.csv")).code == 0
    made = {path.name for path in folder.iterdir()} - {"m.synthgan"}
    assert made == {"half.imputed.parquet", "half.train.parquet", "half.holdout.parquet"}
    assert len(pd.read_parquet(folder / "half.imputed.parquet")) == 150


def test_a_table_of_a_database_goes_in_and_out(run, folder, people, people_model):
    from synthgan.io.tableurls import read_url, write_url

    clinic = f"duckdb:///{folder}/clinic.duckdb"
    write_url(pa.Table.from_pandas(people, preserve_index=False), f"{clinic}?table=people")
    os.link(people_model, folder / "m.synthgan")
    done = run("impute", f"{clinic}?table=people", "-o", f"{clinic}?table=filled")
    assert done.code == 0, done.err
    assert f"Keep {clinic}?table=filled as you keep {clinic}?table=people" in done.err
    assert read_url(f"{clinic}?table=filled")["pressure"].null_count == 0
    done = run("schema", "--public", f"{clinic}?table=people")
    assert done.code == 0, done.err
    assert '"name": "pressure"' in done.out


def test_what_may_be_told_of_a_url_may_be_typed_again():
    assert (
        files.shown("postgresql://ann:pw@host/db?table=my+visits&sslmode=x") == "postgresql://host/db?table=my+visits"
    )
    assert files.shown(url_of("a.csv")) == "sftp://host/a.csv"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_stands_in_a_panel_of_help(run, name):
    options = [one for one, said in get_params_from_function(COMMANDS[name]).items() if is_option(said.default)]
    assert {panel_of(name, option) for option in options} <= set(PANELS)
    done = run(name, "--help")
    assert done.code == 0
    shown = re.findall(r"╭─ (.+?) ─", done.out)
    assert [one for one in shown if one in PANELS] == [one for one in PANELS if one in shown]
    assert set(shown) - set(PANELS) <= {"Arguments"}


def is_option(said):
    return type(said).__name__ == "OptionInfo"


def test_panels_name_options_that_there_are():
    known = {f"{name}.{one}" for name, command in COMMANDS.items() for one in get_params_from_function(command)}
    named = [one for names in PANELS.values() for one in names if one != "help"]
    assert [one for one in named if one not in known and not any(two.endswith(f".{one}") for two in known)] == []
    assert len(set(named)) == len(named)


def test_a_shell_completes_commands_and_options(monkeypatch, capfd):
    for words, expected in {"synthgan spl": {"split"}, "synthgan fit --eps": {"--epsilon"}}.items():
        monkeypatch.setenv("_SYNTHGAN_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        with pytest.raises(SystemExit) as ended:
            main([])
        assert ended.value.code == 0
        assert set(capfd.readouterr().out.split()) == expected
