"""Where a report comes from: the files that were judged, with their hashes, the model and its promise, the day, and who asked."""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan.io.databases.addresses import address_of, is_url
from synthgan.io.hashing import sha256_of
from synthgan.io.sidecar import origin_of_source
from synthgan.report.privacy import privacy_of
from synthgan.report.wording import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_IN_MEMORY = "in memory, from no file"


@dataclass(frozen=True, slots=True)
class Source:
    """What stood on one side.

    Attributes:
        side: ``real``, ``synthetic``, ``holdout`` or ``model``.
        name: The file or folder as it was named, without its path; of a URL no secret; or that it came from no file.
        sha256: Of the file's bytes, of a folder of the names and bytes of all its files; None where there is no file.
    """

    side: str
    name: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """How a report came about.

    Attributes:
        sources: What was judged, side by side.
        day: When, as ``2026-11-30``.
        by: Who asked for it: the name that the system knows.
        privacy: What the model says of its privacy (``report.privacy.privacy_of``); None where no model was named.
        origins: By side, what it says of itself where it says that its rows are synthetic.
    """

    sources: tuple[Source, ...]
    day: str
    by: str
    privacy: Mapping[str, Any] | None = None
    origins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, *, model: Any = None, by: str | None = None, **sides: Any) -> Made:
        """Return where a report of these sides comes from.

        Args:
            model: A model file, a manifest, or None.
            by: Who asks; None takes the name of whoever runs this.
            sides: By ``real``, ``synthetic`` and ``holdout`` a path or URL, or anything else, which is in memory; None is left out.

        Raises:
            ModelFileError: If the model file cannot be read.
        """
        given = sides | {"model": model if isinstance(model, (str, Path)) else None}
        sources = tuple(_source(side, source) for side, source in given.items() if source is not None)
        told = {side: origin for side, source in sides.items() if (origin := origin_of_source(source)) is not None}
        return cls(sources, dt.datetime.now(tz=dt.UTC).date().isoformat(), by or _user(), privacy_of(model), told)

    def to_dict(self) -> dict[str, Any]:
        """Return the sources, the day and who asked as JSON; the promise stands elsewhere."""
        sources = [{"side": one.side, "name": plain(one.name), "sha256": one.sha256} for one in self.sources]
        return {"sources": sources, "day": self.day, "by": plain(self.by)}


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may know nobody
        return "unknown"


def _source(side: str, given: Any) -> Source:
    if not isinstance(given, (str, Path)):
        return Source(side, _IN_MEMORY, None)
    if is_url(str(given)):
        return Source(side, address_of(str(given)).shown, None)
    path = Path(given)
    return Source(side, path.name or str(path), hashed(path))


def hashed(path: Path) -> str | None:
    """Return the SHA-256 of a file, or of the names and bytes of all files of a folder; None where there is neither."""
    if path.is_file():
        return sha256_of(path).hex()
    if not path.is_dir():
        return None
    whole = hashlib.sha256()
    for file in sorted(one for one in path.rglob("*") if one.is_file()):
        whole.update(f"{file.relative_to(path).as_posix()}\n".encode(errors="surrogateescape"))
        whole.update(sha256_of(file))
    return whole.hexdigest()
