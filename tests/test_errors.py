"""Errors are one line, and their remedies are data: Python and the command line each write them in their own language."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import re

import pytest
from conftest import REPOSITORY

import synthgan
import synthgan.io
from synthgan.errors import Option, Remedy, SynthganError
from synthgan_cli.remedies import RENAMED, in_flags

SOURCES = sorted(REPOSITORY.glob("synthgan/**/*.py"))
FLAG = re.compile(r"(^|[\s(`'])--[a-z]")


def _calls(tree, *names):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                yield node


def _options():
    """The parameters that remedies of the library name."""
    found = set()
    for path in SOURCES:
        for call in _calls(ast.parse(path.read_text(encoding="utf-8")), "option", "Option"):
            if call.args and isinstance(call.args[0], ast.Constant):
                found.add(call.args[0].value)
    return sorted(found)


def test_no_message_of_the_library_speaks_the_command_line():
    offenders = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
        said += list(_calls(tree, "option", "Option", "Remedy"))
        texts = [part for node in said for part in ast.walk(node) if isinstance(part, ast.Constant)]
        offenders += [f"{path.name}: {part.value}" for part in texts if FLAG.search(str(part.value))]
    assert offenders == []


def test_every_option_of_a_remedy_is_a_parameter_of_the_library():
    faces = [getattr(face, name) for face in (synthgan, synthgan.io) for name in face.__all__]
    callables = [face for face in faces if callable(face)]
    callables += [
        method for face in callables if inspect.isclass(face) for _, method in inspect.getmembers(face, callable)
    ]
    known = set()
    for face in callables:
        try:
            known |= set(inspect.signature(face).parameters)
        except (TypeError, ValueError):
            continue
    assert [name for name in _options() if name not in known] == []
    assert len(_options()) > 5


def test_every_option_has_a_flag_or_words():
    from typer.main import get_command

    from synthgan_cli.commands import app

    flags = {
        RENAMED.get(option.name, option.name)
        for command in get_command(app).commands.values()
        for option in command.params
    }
    without = [name for name in _options() if name not in flags and RENAMED.get(name) not in flags]
    for name in without:  # then the command line says what it does in words, never a parameter that it lacks
        error = SynthganError("x", remedy=Remedy.option(name, 3, "say less"))
        assert in_flags(error, ["sample"]) == "x; say less"
        assert in_flags(error, ["fit"]) == f"x; --set {name}=3 (say less)"  # where any hyper-parameter can be set


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_errors_can_be_copied_and_pickled(copied):
    error = copied(synthgan.DataError("x must be y", remedy=Remedy.option("drop", ["notes"]), parameter="drop"))
    assert str(error) == "x must be y; drop=['notes']"
    assert error.remedy.choices == (Option("drop", ["notes"]),)
    assert error.parameter == "drop"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (["notes"], "--drop notes (leave it out)"),
        (["blood pressure", "it's"], "--drop 'blood pressure' --drop 'it'\"'\"'s' (leave it out)"),
        (["two\nlines"], "--drop $'two\\nlines' (leave it out)"),
        (["-x"], "--drop=-x (leave it out)"),
    ],
)
def test_the_command_line_writes_flags(value, shown):
    error = SynthganError("a must be b, however: c", remedy=Remedy.option("drop", value, "leave it out") | "shorten it")
    assert in_flags(error, ["fit"]) == f"a must be b, however: c; {shown} or shorten it"
    assert "\n" not in in_flags(error, ["fit"])
    assert str(error) == f"a must be b, however: c; drop={value!r} (leave it out) or shorten it"


def test_switches_are_left_out_or_given():
    assert in_flags(SynthganError("x", remedy=Remedy.option("i_know", value=True)), ["fit"]) == "x; --i-know"
    off = SynthganError("x", remedy=Remedy.option("keep_extremes", value=False))
    assert in_flags(off, ["fit"]) == "x; leave out --keep-extremes"
