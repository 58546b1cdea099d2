"""Prints pip constraints that hold every dependency of pyproject.toml at its lower bound."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
chosen = [project["dependencies"], *(extras[name] for name in ("sdmetrics", "polars", "survival", "medical"))]
for requirement in (requirement for requirements in chosen for requirement in requirements):
    name, bound, marker = re.fullmatch(r"([\w-]+)>=([\d.]+)(;.*)?", requirement).groups()
    print(f"{name}=={bound}{marker or ''}")
