"""Documents are plain, complete, and name what exists."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY
from typer.main import get_command

import synthgan
from synthgan_cli.commands import app

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
MAX_WORDS = 35
remote_resources = runpy.run_path(str(REPOSITORY / "tools" / "site.py"))["remote_resources"]
MAX_SHARE = 0.05


def sentences(text):
    """The sentences of a document: no code, no tables, no headings."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for line in text.splitlines() if not line.startswith(("|", "#", "<", "!"))]
    return [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z`*])", " ".join(lines)) if part.strip()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_few_sentences_are_long(path):
    found = sentences(path.read_text(encoding="utf-8"))
    long = [sentence for sentence in found if len(sentence.split()) > MAX_WORDS]
    assert len(long) <= MAX_SHARE * len(found), "\n\n".join(long)


def test_the_count_can_fail():
    assert len(sentences("One. Two words. `Code` starts the third.")) == 3
    assert len(sentences("word " * 50)[0].split()) > MAX_WORDS


def test_every_public_name_stands_in_the_reference():
    reference = "".join(path.read_text(encoding="utf-8") for path in REPOSITORY.glob("docs/reference/*.md"))
    lacking = [name for name in synthgan.__all__ if f"::: synthgan.{name}" not in reference]
    assert lacking == []


def test_the_navigation_names_what_exists():
    navigation = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[1]
    named = set(re.findall(r"[\w/-]+\.(?:md|ipynb)", navigation))
    assert len(named) > 10
    assert [name for name in named if not (REPOSITORY / "docs" / name).exists()] == []
    documents = {str(path.relative_to(REPOSITORY / "docs")) for path in DOCUMENTS if "docs" in path.parts}
    assert documents - named == set()


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("docs/tutorials/*.ipynb")), ids=lambda path: path.stem)
def test_tutorials_are_executed_and_end_without_an_error(path):
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert any(cell["outputs"] for cell in cells)
    assert not [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]


def test_contributing_names_files_that_exist():
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:synthgan|cli|tests|benchmarks)/[\w/.]*)`", text))
    assert len(named) > 8
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", '<script src="https://elsewhere.example/a.js"></script>'),
        ("page.html", '<img alt="x" src="//elsewhere.example/a.png">'),
        ("page.html", '<link rel="stylesheet" href="https://elsewhere.example/a.css">'),
        ("style.css", "@font-face { src: url(https://elsewhere.example/a.woff2) }"),
    ],
)
def test_what_a_page_would_load_from_another_host_is_seen(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    (found,) = remote_resources(tmp_path)
    assert found.startswith(f"{name}: ")


def test_links_that_a_reader_may_follow_load_nothing(tmp_path):
    (tmp_path / "page.html").write_text('<a href="https://elsewhere.example/">there</a><img src="here.png">')
    assert remote_resources(tmp_path) == []


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_loads_nothing_from_other_hosts(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is installed by `make docs`")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(list((tmp_path / "site").rglob("*.html"))) > 10
    assert remote_resources(tmp_path / "site") == []


def test_the_manual_page_has_every_command_and_option_and_groff_understands_it(tmp_path):
    page = runpy.run_path(str(REPOSITORY / "tools" / "man.py"))["page"]()
    for words in (
        ".SH synthgan fit",
        ".SH synthgan balance",
        r"\fB\-\-epsilon\fR",
        r"\fB\-o, \-\-output\fR",
        ".SH EXIT STATUS",
    ):
        assert words in page, words
    assert not re.search(r"(?m)^'", page)
    assert "[bold]" not in page
    if shutil.which("groff"):
        (tmp_path / "synthgan.1").write_text(page, encoding="utf-8")
        words = ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", str(tmp_path / "synthgan.1")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "exit code 6" in " ".join(done.stdout.split())


def test_the_image_runs_the_demonstration_by_words_that_the_command_knows():
    text = (REPOSITORY / "deploy" / "Dockerfile").read_text("utf-8")
    program, command, *options = json.loads(text.rpartition("CMD ")[2])
    assert (program, command) == ("synthgan", "demo")
    parsed = get_command(app).commands[command].make_context(command, options)
    assert parsed.params["folder"] == Path("demo")
