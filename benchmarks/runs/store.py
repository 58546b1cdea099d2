"""Keeps results in a JSON file, written after every run, so that an interrupted benchmark keeps what it has."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from synthgan import __version__
from synthgan.io.atomic import write_files

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("torch", "numpy", "pandas", "scikit-learn", "xgboost-cpu", "xgboost")
KEY = ("table", "model", "seed")


def describe(peers: dict[str, str]) -> dict[str, Any]:
    """The versions and the machine of this session."""
    versions: dict[str, Any] = {"synthgan": __version__}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    machine = {
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
    }
    return {"versions": versions | ({"peers": peers} if peers else {}), "machine": machine}


def peers_versions(wanted: list[str], python: Path, script: Path, target: str) -> dict[str, str]:
    """The versions in an environment of peers, where one is wanted; leaves with one line where it is missing.

    Args:
        wanted: those of its peers that are to run.
        python: the environment's interpreter.
        script: what runs its peers, and prints their versions when asked for ``versions``.
        target: of ``make``, which builds it.
    """
    if not wanted:
        return {}
    if not python.exists():
        sys.exit(
            f"error: {', '.join(wanted)} must have an environment of their own, however: none is there; `make {target}`"
        )
    done = subprocess.run([str(python), str(script), "versions"], capture_output=True, text=True, check=True)  # noqa: S603 (our own script)
    return json.loads(done.stdout)


def read(path: Path) -> dict[str, Any]:
    """The content of a file of results; leaves with one line where it is something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if {"sessions", "notes", "runs"} <= set(content):
            return content
    except (OSError, ValueError) as error:
        sys.exit(f"error: {path} must hold results of `python -m benchmarks tabular`, however: {error}")
    sys.exit(
        f"error: {path} must hold results of `python -m benchmarks tabular`, however: it lacks sessions; move it away"
    )


class Store:
    """The runs of one file (or of none), each with the number of the session that made it.

    Attributes:
        runs: one dictionary per (table, model, seed).
        sessions: versions and machine, as ``describe`` gives them.
        notes: remarks on what was left out.
    """

    def __init__(self, path: Path | None, session: dict[str, Any]) -> None:
        self.path = path
        found = read(path) if path and path.exists() else {}
        self.runs: list[dict[str, Any]] = found.get("runs", [])
        self.notes: list[str] = found.get("notes", [])
        self.sessions: list[dict[str, Any]] = found.get("sessions", [])
        if session not in self.sessions:
            self.sessions.append(session)
        self.session = self.sessions.index(session)

    def get(self, table: str, model: str, seed: int) -> dict[str, Any] | None:
        """The run already there, or None."""
        return next((run for run in self.runs if tuple(run[key] for key in KEY) == (table, model, seed)), None)

    def put(self, run: dict[str, Any]) -> None:
        """Add a run, in the place of one with the same table, model and seed, and write the file."""
        key = tuple(run[name] for name in KEY)
        self.notes = [note for note in self.notes if not note.startswith(_failing(*key))]
        self.runs = [known for known in self.runs if tuple(known[name] for name in KEY) != key]
        self.runs.append(run | {"session": self.session})
        self.write()

    def fail(self, table: str, model: str, seed: int, why: object) -> None:
        """Keep why a run is not there, until it is."""
        self.note(f"{_failing(table, model, seed)}{why}")
        self.write()

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        if text not in self.notes:
            self.notes.append(text)

    def write(self) -> None:
        """Write the file in one stroke."""
        if self.path is None:
            return
        content = {"sessions": self.sessions, "notes": self.notes, "runs": self.runs}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_files({self.path: json.dumps(content, indent=1, ensure_ascii=False) + "\n"})


def keep(path: Path | None, **found: Any) -> None:
    """Write what one session found, beside its versions and machine, where a file was asked for."""
    if path is not None:
        path.write_text(json.dumps({"session": describe({}), **found}, indent=1) + "\n", encoding="utf-8")


def _failing(table: str, model: str, seed: int) -> str:
    return f"failed: {table}, {model}, seed {seed}: "
