"""One entry runs every benchmark, and lists them without importing what they need."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from conftest import REPOSITORY

from benchmarks import __main__ as entry

NAMES = [name for names in entry.COMMANDS.values() for name in names]
# Run by their path: in environments without synthgan, or by older revisions of it.
ELSEWHERE = {"models/peer.py", "models/private_peer.py", "models/container_worker.py"}


def _has_a_main(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


def test_every_file_with_a_main_is_listed_and_no_other():
    there = {f"{path.parent.name}/{path.name}" for path in entry.FOLDER.glob("*/*.py") if _has_a_main(path)}
    listed = {f"{folder}/{name}.py" for folder, names in entry.COMMANDS.items() for name in names}
    assert there - ELSEWHERE == listed
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_every_benchmark_is_listed_with_one_line(words, capsys):
    entry.main(words)
    lines = capsys.readouterr().out.splitlines()
    described = dict(line.split(maxsplit=1) for line in lines if line.startswith("  "))
    assert list(described) == NAMES
    assert all(line.endswith(".") for line in described.values())


def test_the_listing_imports_no_heavy_package():
    code = (
        "import sys; from benchmarks.__main__ import main; main([]);"
        "print({'torch', 'pandas', 'numpy', 'synthgan'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("name", "remedy"), [("imges", "did you mean 'images'?"), ("nothing like it", f"known: {NAMES[0]}, ")]
)
def test_an_unknown_name_is_one_line_and_code_2(name, remedy):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", name], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: a benchmark must be one of those that exist, however: {name!r}; {remedy}")


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_says_what_it_takes(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pytest"])
    with pytest.raises(SystemExit) as ended:
        entry.main([name, "--help"])
    assert not ended.value.code
    assert capsys.readouterr().out.startswith(f"usage: python -m benchmarks {name} ")


def test_what_follows_the_name_reaches_the_benchmark(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pytest"])
    with pytest.raises(SystemExit) as ended:
        entry.main(["tabular", "--seeds", "many"])
    assert ended.value.code == 2
    assert "argument --seeds: invalid int value: 'many'" in capsys.readouterr().err
