"""The README tells the truth: its blocks run, in order, and what it names exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(bash|python)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_the_tour_runs_from_its_first_block_to_its_last(tmp_path, package_environment):
    """Its patients have fewer columns here: all that it says is done, on less."""
    narrow = str(REPOSITORY / "tests" / "helpers" / "small_demo")
    environment = package_environment | {"PYTHONPATH": os.pathsep.join((narrow, package_environment["PYTHONPATH"]))}
    command = f"{sys.executable} -m synthgan_cli"
    script = ["set -e", f'synthgan() {{ {command} "$@"; }}']
    for number, (language, text) in enumerate(BLOCKS):
        if language == "python":
            (tmp_path / f"block{number}.py").write_text(text)
        script.append(f"{sys.executable} {tmp_path}/block{number}.py\n" if language == "python" else text)
    assert len(BLOCKS) >= 6
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("the tour is written for bash")
    done = subprocess.run(
        [bash, "-c", "\n".join(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,  # a minute on a quiet machine
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "c2st_holdout" in done.stdout
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
