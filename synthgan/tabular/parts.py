"""Draws rows into a folder of parts: any worker writes any part, whole or not at all, and what is there is not drawn again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from synthgan._version import __version__
from synthgan.errors import DataError, Remedy
from synthgan.io.atomic import refused, write_files
from synthgan.io.hashing import sha256_of
from synthgan.io.writers import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthgan.distributed.executor import Executor
    from synthgan.tabular.drawing import Drawing

PLAN, MANIFEST = "_draw.json", "_manifest.json"  # readers of folders pass over names that begin so
FORMAT = 1
MIN_PARTS, MAX_FRAMES = 64, 8  # parts hold up to 8 frames, a million rows, once there is enough for so many workers


@dataclass(frozen=True, slots=True)
class Part:
    """A file of rows.

    Attributes:
        name: ``part-00000.parquet``.
        rows: how many it holds.
        bytes: its size.
        sha256: of the file.
    """

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Parts:
    """The parts of one draw: how many there are, and what each holds, is fixed by the draw alone.

    Attributes:
        drawing: the draw.
        folder: where they go; every worker must see it.
        plan: what was asked of which model, as JSON.
        origin: where the rows come from. The manifest says all of it; parts do not say when, as any may be drawn again later.
    """

    drawing: Drawing
    folder: Path
    plan: Mapping[str, Any]
    origin: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Refuse what no part can tell by itself.

        Raises:
            DataError: if rows must differ from all that were drawn before, or each have conditions of their own.
        """
        if self.drawing.looks_back:
            rule = next(rule for rule in self.drawing.transform.schema.rules if rule.kind == "unique")
            raise DataError(
                f"parts must be drawn each by itself, however: by the rule {str(rule)!r} rows look at all before them",
                remedy="write one file",
            )
        if self.drawing.requests.first:
            raise DataError(
                "conditions of parts must be the same for all rows, however: each row has its own",
                remedy="write one file",
            )

    def __len__(self) -> int:
        return len(range(0, len(self.drawing), self._frames))

    def written(self, executor: Executor, *, resume: bool) -> Iterator[Part]:
        """Write what lacks, yielding each part in turn, those that were there among them; the manifest comes last.

        Args:
            executor: where parts are drawn; the bytes are the same on any.
            resume: go on with what an interrupted draw left; else the folder must be new or empty.

        Raises:
            DataError: if the folder holds something else, or workers do not see it.
            ResourceError: if the disk is full.
        """
        there = self._begin(resume=resume)
        origin = (began(self.folder) or {}).get("origin", {})  # as it was when the draw began
        lacking = [index for index in range(len(self)) if index not in there]
        drawn = executor.map(Parts.write, lacking, self)
        parts = []
        for index in range(len(self)):
            part = there.get(index) or next(drawn)
            if not (self.folder / part.name).exists():
                raise DataError(
                    f"{self.folder} must be a folder that every worker sees, however: {part.name} was written elsewhere",
                    remedy="name a shared one",
                )
            parts.append(part)
            yield part
        manifest = {**self.plan, "origin": origin, "parts": [asdict(part) for part in parts]}
        write_files({self.folder / MANIFEST: json.dumps(manifest, indent=1) + "\n"}, private=True)
        (self.folder / PLAN).unlink(missing_ok=True)

    def write(self, index: int) -> Part:
        """Write one part."""
        path = self.folder / f"part-{index:05d}.parquet"
        origin = {name: value for name, value in self.origin.items() if name != "made"}
        rows = write_table((self.drawing.frame(at) for at in self._of(index)), path, private=True, origin=origin)
        return _measured(path, rows)

    @property
    def _frames(self) -> int:
        """How many frames a part holds."""
        return min(max(1, len(self.drawing) // MIN_PARTS), MAX_FRAMES)

    def _of(self, index: int) -> range:
        """The frames of a part."""
        return range(index * self._frames, min((index + 1) * self._frames, len(self.drawing)))

    def _begin(self, *, resume: bool) -> dict[int, Part]:
        """The parts that are there, by index; writes down what is asked where nobody has."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            names = {path.name for path in self.folder.iterdir()}
        except OSError as error:
            raise refused(self.folder, error) from error
        if names and not resume:
            raise DataError(
                f"{self.folder} must be an empty folder, however: it holds {min(names)}",
                remedy=Remedy.option("resume", value=True, why="goes on with a draw that was interrupted")
                | "name another",
            )
        if not names:
            asked = {**self.plan, "origin": dict(self.origin)}
            write_files({self.folder / PLAN: json.dumps(asked) + "\n"}, private=True)
            return {}
        known = {part.name: part for part in self._agreed()}
        found = {}
        for index in range(len(self)):
            path = self.folder / f"part-{index:05d}.parquet"
            rows = sum(self.drawing.rows(at) for at in self._of(index))
            if path.name in names and _rows(path) == rows:
                part = _measured(path, rows)
                if known.get(path.name, part) == part:
                    found[index] = part
        return found

    def _agreed(self) -> list[Part]:
        """The parts of a manifest, if there is one.

        Raises:
            DataError: if what the folder holds was drawn otherwise.
        """
        held = began(self.folder) or {}
        for name, asked in self.plan.items():
            if held.get(name) != asked:
                raise DataError(
                    f"{self.folder} must hold parts of the same draw, however: {name} is {held.get(name)!r} there and "
                    f"{asked!r} here",
                    remedy="name another folder",
                )
        return [Part(**part) for part in held.get("parts", ())]


def plan_of(drawing: Drawing, *, seed: int, where: object, model: str) -> dict[str, Any]:
    """What is asked of which model, as JSON.

    Args:
        drawing: the draw.
        seed: of the draw.
        where: its conditions.
        model: a digest of the model.
    """
    return {
        "format": FORMAT,
        "synthgan": __version__,
        "model": model,
        "rows": len(drawing.requests.of_row),
        "seed": seed,
        "where": json.loads(json.dumps(where, default=str)),
    }


def began(folder: str | Path) -> dict[str, Any] | None:
    """What a draw into a folder was asked, whether it was done or not; None where the folder holds none.

    Raises:
        DataError: if what says so cannot be read.
    """
    for name in (MANIFEST, PLAN):
        path = Path(folder) / name
        if path.exists():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise DataError(
                    f"{path} must say what was drawn, however: it is damaged", remedy="name another folder"
                ) from error
            return found if isinstance(found, dict) else {}
    return None


def _measured(path: Path, rows: int) -> Part:
    return Part(path.name, rows, path.stat().st_size, sha256_of(path).hex())


def _rows(path: Path) -> int | None:
    """How many rows a file holds; None where it is none of Parquet."""
    try:
        return int(pyarrow.parquet.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        return None
