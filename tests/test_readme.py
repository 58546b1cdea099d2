"""The README tells the truth: its blocks run, in order, and what it names exists."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from synthgan import demo
from synthgan_cli.__main__ import main

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(bash|python)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def narrow_patients(monkeypatch):
    """The patients of the demonstration with fewer columns: all that is done is done, on less."""
    whole = demo.patients()
    monkeypatch.setattr(demo, "patients", lambda: whole[[*whole.columns[:5], demo.TARGET]])


def run_line(words):
    """One line of the terminal in this process: what starts `synthgan` as a process stands in `tests/cli/test_process.py`."""
    if words[0] == "cd":
        os.chdir(words[1])
    else:
        assert words[0] == "synthgan", words
        assert main(words[1:]) == 0, words


@pytest.mark.usefixtures("narrow_patients")
def test_the_tour_runs_from_its_first_block_to_its_last(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert len(BLOCKS) >= 6
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102 (our own words)
            continue
        for line in text.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                run_line(words)
    assert "c2st_holdout" in capfd.readouterr().out
    assert (tmp_path / "demo" / "malignant.csv").exists()


def test_links_and_the_drawing_of_the_house_name_what_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (REPOSITORY / target).exists(), target
    drawing = README.split("## The house")[1].split("```")[1]
    for name in re.findall(r"\b([a-z_]+\.py|[a-z_]+/(?= ))", drawing.split("cli/synthgan_cli/")[0]):
        if name != "synthgan/":
            assert any((REPOSITORY / "synthgan").rglob(name.rstrip("/"))), name


def test_every_folder_and_module_of_the_library_stands_in_the_drawing():
    drawing = README.split("## The house")[1].split("```")[1]
    library = REPOSITORY / "synthgan"
    folders = {f"{path.parent.name}/" for path in library.rglob("*.py")} - {"synthgan/"}
    for name in folders | {path.name for path in library.glob("*.py")}:
        assert name in drawing, name


def test_make_targets_exist():
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
