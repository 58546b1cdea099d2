"""The house: every room imports only what stands below it, and no file or function outgrows it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys

import grimp
import pytest
from conftest import REPOSITORY

MAX_LINES_IN_A_FILE = 300
MAX_LINES_IN_A_FUNCTION = 50
ROOMS = ("synthgan", "cli", "benchmarks")
SOURCES = sorted(path for room in ROOMS for path in REPOSITORY.glob(f"{room}/**/*.py"))
NAMES = [str(path.relative_to(REPOSITORY)) for path in SOURCES]

PLANTED = {
    "schema imports the tables above it": ("synthgan/data/schema.py", "import synthgan.io.sources"),
    "the core learns of a table": ("synthgan/gan/train.py", "import synthgan.io.sources"),
    "the core imports pandas": ("synthgan/gan/train.py", "import pandas"),
    "a measure sees a model": ("synthgan/metrics/score.py", "import synthgan.tabular.synthesizer"),
    "one room imports its neighbour": ("synthgan/metrics/score.py", "import synthgan.gan.train"),
    "one room of measures imports its neighbour": (
        "synthgan/metrics/utility/subgroups.py",
        "import synthgan.metrics.fidelity.distributions",
    ),
    "a statistic knows of scores": ("synthgan/metrics/statistics/intervals.py", "import synthgan.metrics.score"),
    "a measure looks at all others": ("synthgan/metrics/privacy/risks.py", "import synthgan.metrics.registry"),
    "a measure stands on no floor": ("synthgan/metrics/homeless.py", "import synthgan.errors"),
    "a score reaches up to the report": (
        "synthgan/metrics/score.py",
        "def page():\n    import synthgan.report.page",
    ),
    "tables learn of images": ("synthgan/tabular/prepare.py", "import synthgan.image.networks"),
    "tables learn of linked tables": ("synthgan/tabular/prepare.py", "import synthgan.relational.tree"),
    "links know the database": ("synthgan/data/links.py", "import synthgan.relational.database"),
    "one generator knows the other": ("synthgan/tabular/chains/grower.py", "import synthgan.tabular.network.critic"),
    "a codec knows a generator": ("synthgan/tabular/encoding/layout.py", "import synthgan.tabular.chains.generator"),
    "files of images know what is fitted": ("synthgan/image/io/writing.py", "import synthgan.image.records"),
    "what asks a curator reads rows": ("synthgan/tabular/private/rounds.py", "import synthgan.data.table"),
    "what asks a curator reads images": ("synthgan/image/private/prior.py", "import synthgan.image.records"),
    "the library imports its command line": ("synthgan/io/sources.py", "import synthgan_cli.console"),
    "errors import something": ("synthgan/errors.py", "import synthgan.config"),
    "the command line computes": ("cli/synthgan_cli/console.py", "import torch"),
    "reading a table needs torch": ("synthgan/io/sources.py", "import torch"),
    "the library imports a benchmark": ("synthgan/metrics/score.py", "import benchmarks.runs.judge"),
    "a data set knows what learns it": ("benchmarks/datasets/made.py", "import benchmarks.models.floors"),
    "a model knows its judge": ("benchmarks/models/floors.py", "import benchmarks.runs.judge"),
    "a run knows its page": ("benchmarks/runs/report.py", "import benchmarks.publish.page"),
    "a file stands on no floor": ("synthgan/homeless.py", "import synthgan.errors"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the house to plant things in."""
    copy = tmp_path_factory.mktemp("house")
    for name in ROOMS:
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "results"))
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    return copy


def _lint_imports(folder):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(folder / "cli")])}
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_floors_hold(house):
    done = _lint_imports(house)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("file", "line"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_wrong_import_is_refused(house, file, line):
    path = house / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    try:
        path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
        done = _lint_imports(house)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert done.returncode != 0
    assert "BROKEN" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_files_open_with_their_one_job_and_stay_short(path):
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a file opens with a sentence that says its one job"
    assert docstring.splitlines()[0].endswith(".")
    assert len(text.splitlines()) <= MAX_LINES_IN_A_FILE


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_functions_stay_short(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {function.name: _lines_of_code(function) for function in functions}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES_IN_A_FUNCTION} == {}


def _lines_of_code(function):
    """The lines of a function's body; its signature and docstring are there to be read, not to be shortened."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_files_import_each_other_in_a_circle():
    """Imports inside functions and for annotations alone count: a reader meets those, too."""
    house = grimp.build_graph("synthgan", "synthgan_cli", "benchmarks", cache_dir=None)
    imports = {module: house.find_modules_directly_imported_by(module) for module in house.modules}
    circles = [sorted(circle) for circle in _circles(imports)]
    assert circles == []


def test_a_circle_would_be_seen():
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}) == [{"a", "b", "c"}]


def _circles(imports):
    """The sets of files from each of which every other can be reached, of two files or more."""
    reached = {module: _reached(module, imports) for module in imports}
    circles = {frozenset(other for other in reached[module] if module in reached[other]) for module in imports}
    return [set(circle) for circle in sorted(circles, key=sorted) if len(circle) > 1]


def _reached(module, imports):
    found, ahead = set(), [module]
    while ahead:
        new = imports[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def test_fit_reads_like_a_table_of_contents():
    tree = ast.parse((REPOSITORY / "synthgan/tabular/synthesizer.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert _lines_of_code(functions["fit"]) + _lines_of_code(functions["fit_steps"]) < 40
