"""Names, levels and paths that hold commands for a terminal: every command shows them written out."""

from __future__ import annotations

import ast
import io
import json
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthgan_cli
from synthgan_cli.console import LiveStages, PlainStages, Screen
from synthgan_cli.quoting import command_line

EVIL = "\x1b]0;owned\x07\x9b2J\u202e\r"
SHOWN = "\\x1b]0;owned\\x07\\x9b2J\\u202e\\r"


def deceptive(text):
    return [one for one in text if one != "\n" and unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@pytest.fixture
def evil(folder):
    """A table whose names and levels, and whose own name, hold commands."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            f"sex{EVIL}": rng.choice(["F", f"M{EVIL}"], 200),
            "age": rng.integers(18, 90, 200),
            f"hospital{EVIL}": f"General{EVIL}",
        }
    )
    path = folder / "people\x1b[2J\u202e.parquet"
    frame.to_parquet(path)
    return path


@pytest.mark.usefixtures("small")
def test_every_command_writes_them_out(run, evil):
    model, synthetic = evil.with_suffix(".synthgan"), evil.with_name("drawn\x1b[2J.parquet")
    said = {
        "schema": run("schema", evil),
        "schema to a file": run("schema", evil, "-o", evil.with_suffix(".json")),
        "fit": run("fit", evil, "-o", model),
        "inspect": run("inspect", model),
        "inspect as JSON": run("inspect", model, "--json"),
        "sample": run("sample", model, "-n", 50, "-o", synthetic),
        "evaluate": run("evaluate", evil, synthetic, "--target", f"sex{EVIL}"),
        "evaluate as JSON": run("evaluate", evil, synthetic, "--json"),
        "dry run": run("fit", evil, "--dry-run"),
    }
    for name, done in said.items():
        assert done.code == 0, (name, done.err)
        assert (name, deceptive(done.out), deceptive(done.err)) == (name, [], [])
    assert SHOWN in said["inspect"].out
    assert SHOWN in said["dry run"].out
    for name in ("schema", "inspect as JSON", "evaluate as JSON"):
        json.loads(said[name].out)
    assert json.loads(said["schema"].out)["columns"][0]["name"] == f"sex{EVIL}"
    assert json.loads(said["inspect as JSON"].out)["schema"]["columns"][0]["name"] == f"sex{EVIL}"


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["usual", "debug"])
@pytest.mark.parametrize(
    "words",
    [
        ("fit", f"none{EVIL}.csv"),
        ("fit", "TABLE", "--drop", f"none{EVIL}"),
        ("fit", "TABLE", "--set", f"none{EVIL}=1"),
        ("fit", "TABLE", f"--none{EVIL}"),
        ("fit", "TABLE", "--epsilon", "1", "--unit", f"none{EVIL}"),
        ("inspect", "TABLE"),
        ("sample", f"none{EVIL}.synthgan", "-n", "1"),
        ("evaluate", "TABLE", "TABLE", "--target", f"none{EVIL}"),
        (f"none{EVIL}",),
    ],
    ids=ascii,
)
def test_every_error_writes_them_out(run, evil, words, debug):
    done = run(*(evil if word == "TABLE" else word for word in words), *debug)
    assert done.code in {2, 3, 4}, done.err
    assert (deceptive(done.out), deceptive(done.err)) == ([], [])
    assert done.lines[-1].startswith("error: ")


def test_a_fault_writes_them_out(run, evil, monkeypatch):
    def broken(*_words):
        raise RuntimeError(EVIL)

    monkeypatch.setattr("synthgan.io.sources.read_indexed", broken)
    for debug in ((), ("--debug",)):
        done = run("fit", evil, *debug)
        assert done.code == 1
        assert deceptive(done.err) == []
        assert SHOWN[:-2] in done.err  # the last is a line's end, of which a message has none


@pytest.fixture
def screen():
    """A screen that believes its streams to be terminals, without colours."""
    made = Screen()
    for console in (made.messages, made.data):
        console.file, console._force_terminal, console.no_color = io.StringIO(), True, True
    made.data.width = 200
    return made


def test_whatever_prints_writes_them_out(screen, monkeypatch, capsys):
    monkeypatch.setattr("synthgan_cli.console.PLAIN_AFTER_SECONDS", 0)
    monkeypatch.setattr("synthgan_cli.console.PLAIN_EVERY_SECONDS", 0)
    screen.say(EVIL)
    screen.heading(EVIL)
    screen.table((EVIL, "b"), [(EVIL, EVIL)])
    screen.pairs([(EVIL, EVIL)])
    screen.write(EVIL)
    screen.json(json.dumps(EVIL))
    plain = PlainStages(screen)
    plain.update(EVIL, 1, 3, EVIL)
    plain.update(EVIL, 2, 3, EVIL)
    live = LiveStages(screen)
    live.update(EVIL, 1, 3, EVIL)
    screen.data.print(live._draw())
    live._finish()
    text = screen.messages.file.getvalue() + screen.data.file.getvalue() + "".join(capsys.readouterr())
    for evil in ("\x1b]", "\x07", "\x9b", "\u202e", "\r"):
        assert evil not in text


def test_rows_on_a_terminal_are_written_out_and_in_a_pipe_they_stay(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout", terminal)
    Screen().stream().write(f"a,{EVIL}\n".encode())
    assert terminal.getvalue() == f"a,{SHOWN}\n"
    pipe = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", pipe)
    assert Screen().stream() is pipe.buffer


def test_a_command_to_copy_means_the_path_it_was_given():
    assert command_line(["fit", "a b\x1b.csv"]) == "fit $'a b\\U0000001b.csv'"


def test_nothing_but_the_console_writes():
    """All text for a terminal passes the console, which escapes it."""
    writers = {"print", "echo", "secho", "print_exc", "Console", "stdout", "stderr", "print_json"}
    allowed = {
        "__main__.py": {"stdout"},
        "commands.py": {"echo"},
        "schemas.py": {"echo"},
    }  # it is flushed and closed there; the version of synthgan; a file of ours, that holds no text of others
    for path in Path(synthgan_cli.__file__).parent.glob("*.py"):
        if path.name != "console.py":
            nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
            used = {node.id for node in nodes if isinstance(node, ast.Name)}
            used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
            assert (path.name, used & writers - allowed.get(path.name, set())) == (path.name, set())
