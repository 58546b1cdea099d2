"""Projects: what one user has brought and made, in a folder that only its owner may enter and that is deleted at the end."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from synthgan_cli.studio.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "synthgan-studio-"
MAX_PROJECTS: Final = 16
MADE: Final = {
    "synthetic.csv.zip": "application/zip",
    "synthetic.parquet": "application/vnd.apache.parquet",
    "model.synthgan": "application/octet-stream",
    "report.html": "text/html",
}
"""What may be downloaded, and nothing else."""
_FOUND: Final = {"look": "looked", "fit": "learned", "sample": "sampled", "judge": "judged"}
_WRITTEN: Final = {
    "fit": ("model.synthgan",),
    "sample": ("synthetic.csv", "synthetic.csv.synthetic.json", "synthetic.csv.zip", "synthetic.parquet"),
    "judge": ("report.html", "report.json"),
}
WORKS: Final = tuple(_FOUND)
"""What is done, one resting on the other."""


@dataclass(eq=False)
class Project:
    """What one user does.

    Attributes:
        folder: where its files lie, 0700.
        csrf: what its forms must bring back.
        table: the file brought, and ``name`` how the user called it.
        looked: the number of rows and the schema as found.
        asked: what the last fit was asked for: its schema, left out columns, the share kept aside, the generator.
        learned: what the fit came to; ``sampled`` and ``judged`` likewise.
        job: what goes on, or what went on last.
    """

    folder: Path
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    table: Path | None = None
    name: str = ""
    looked: dict[str, Any] | None = None
    asked: dict[str, Any] | None = None
    learned: dict[str, Any] | None = None
    sampled: dict[str, Any] | None = None
    judged: dict[str, Any] | None = None
    job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether something goes on."""
        return self.job is not None and self.job.running

    def file(self, name: str) -> Path:
        """Where a file of the project lies."""
        return self.folder / name

    def forget(self, *, since: str) -> None:
        """Forget what some work and all that rests on it came to, as it is done anew."""
        for work in WORKS[WORKS.index(since) :]:
            setattr(self, _FOUND[work], None)
            for name in _WRITTEN.get(work, ()):
                self.file(name).unlink(missing_ok=True)

    def start(self, work: str, order: dict[str, Any]) -> None:
        """Do some work anew, in a process of its own; what it finds is kept in ``looked``, ``learned``, ``sampled`` or ``judged``."""
        self.forget(since=work)
        job = Job(work)
        self.job = job
        job.start(order, self.folder, lambda found: setattr(self, _FOUND[work], found))


class Projects:
    """All projects of one studio, by the cookie of the browser they belong to."""

    def __init__(self) -> None:
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))  # 0700
        self._projects: dict[str, Project] = {}

    def __iter__(self) -> Iterator[Project]:
        return iter(self._projects.values())

    def open(self) -> str | None:
        """Begin a project; gives the cookie that it is found by, or None where there are too many."""
        if len(self._projects) >= MAX_PROJECTS:
            return None
        cookie = secrets.token_urlsafe(32)
        self._projects[cookie] = Project(Path(tempfile.mkdtemp(dir=self.folder)))
        return cookie

    def find(self, cookie: str | None) -> Project | None:
        """The project of a cookie."""
        return None if cookie is None else self._projects.get(cookie)

    def close(self) -> None:
        """End all work and delete everything."""
        for project in self:
            if project.job is not None:
                project.job.stop("the studio was closed")
        shutil.rmtree(self.folder, ignore_errors=True)


def _sweep() -> None:
    """Delete what a studio that was killed left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        try:
            mine = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
        except (AttributeError, OSError):
            continue
        if mine and owner.isdigit() and not _lives(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
