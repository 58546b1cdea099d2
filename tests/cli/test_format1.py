"""Files of format 1 are shown and sampled from on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FILES = Path(__file__).parents[1] / "tabular" / "format1"


@pytest.mark.parametrize(("name", "generator"), [("chains", "chains"), ("network", "network"), ("private", "network")])
def test_inspect_and_sample(run, folder, name, generator):
    assert folder.exists()
    done = run("inspect", FILES / f"{name}.synthgan", "--json")
    assert (done.code, json.loads(done.out)["generator"]["name"]) == (0, generator)
    shown = run("inspect", FILES / f"{name}.synthgan")
    assert shown.code == 0
    assert f"generator {generator}" in " ".join(shown.out.split())
    assert ("as confidential as the table" in " ".join(shown.out.split())) == (name != "private")
    done = run("sample", FILES / f"{name}.synthgan", "-n", "20", "-o", "-")
    (heads, *rows), kept = done.out.splitlines(), (FILES / f"{name}.csv").read_text().splitlines()[1:]
    assert heads == '"sex","height","ill"'
    assert [row.casefold().replace('"', "") for row in rows] == [row.casefold().replace(".0", "") for row in kept]
