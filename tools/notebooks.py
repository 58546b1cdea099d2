"""Executes the tutorials and keeps what they print: ``python tools/notebooks.py`` or with the names of some."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIALS = Path(__file__).parents[1] / "docs" / "tutorials"


def execute(path: Path) -> float:
    """Run one notebook in an empty folder and write its outputs back; gives the seconds it took."""
    notebook = nbformat.read(path, as_version=4)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}, record_timing=False).execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        if cell.cell_type == "code":
            # Progress and warnings on stderr are of this machine, not of the tutorial.
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata = {"language_info": {"name": "python"}}
    nbformat.write(notebook, path)
    return time.perf_counter() - began


def main() -> None:
    """Execute all tutorials, or those that are named."""
    named = [TUTORIALS / f"{name}.ipynb" for name in sys.argv[1:]]
    for path in named or sorted(TUTORIALS.glob("*.ipynb")):
        print(f"{path.name}: {execute(path):.0f} s")


if __name__ == "__main__":
    main()
