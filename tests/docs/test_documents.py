"""Documents are plain, complete, and name what exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest
from conftest import REPOSITORY

import synthgan

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
MAX_WORDS = 35
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


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_loads_nothing_from_other_hosts(tmp_path):
    if shutil.which("mkdocs", path=str(REPOSITORY / ".venv" / "bin")) is None:
        pytest.skip("mkdocs is installed by `make docs`")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    loading = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*(?:src|href)=[\"\']?(?:https?:)?//[^>]*>")
    for page in (tmp_path / "site").rglob("*.html"):
        tags = [tag for tag in loading.findall(page.read_text(encoding="utf-8")) if 'rel="canonical"' not in tag]
        assert tags == [], page.name
